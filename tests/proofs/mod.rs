//! What is promised, shown to hold: budgets, races, restarts, receipts and caps in strangers' hands, outbound events,
//! the contract, the README.

mod budgets;
mod cap_budgets;
mod cap_policy;
pub mod commands;
mod contract;
mod demo;
mod dynamodb;
mod events;
mod faults;
mod fleet;
mod gate;
mod gateway;
mod guides;
mod outage;
mod parallel;
mod physics;
mod readme;
mod receipt;
mod restart;
mod rollover;

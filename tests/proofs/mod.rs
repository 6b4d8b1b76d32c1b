//! What is promised, shown to hold: budgets, races, restarts, receipts in strangers' hands, the contract, the README.

mod budgets;
pub mod commands;
mod contract;
mod demo;
mod guides;
mod outage;
mod parallel;
mod readme;
mod receipt;
mod restart;
mod rollover;

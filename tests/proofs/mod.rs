//! What is promised, shown to hold: budgets, races, restarts, receipts in strangers' hands, the contract, the README.

mod budgets;
pub mod commands;
mod contract;
mod demo;
mod dynamodb;
mod faults;
mod fleet;
mod parallel;
mod physics;
mod readme;
mod receipt;
mod restart;

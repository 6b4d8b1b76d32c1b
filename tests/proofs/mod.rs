//! What is promised, shown to hold: budgets, races, restarts, receipts in strangers' hands, the contract, the README.

mod budgets;
mod cap_policy;
pub mod commands;
mod contract;
mod demo;
mod gateway;
mod parallel;
mod readme;
mod receipt;
mod restart;

//! What the table's stream feeds: idempotent, and named by what they work off.

mod activity;
pub mod audit;
mod links;
mod payments;
mod stream;
pub mod work;

//! What no HTTP request reaches: what the table's stream feeds, what runs on a schedule, what operations call.
//! Idempotent, and named by what they work off.

mod activity;
pub mod audit;
mod links;
mod mail;
mod notices;
mod payments;
pub mod reminders;
pub mod service_tokens;
mod stream;
pub mod work;

//! What the vendor portal's business is: its words, rules and decisions.
//!
//! Pure: no async, no I/O, no AWS, no HTTP, no clock and no randomness. Whatever comes from outside is a parameter.

pub mod activity;
pub mod audit;
pub mod cap;
pub mod clock;
pub mod device;
pub mod error;
pub mod ids;
pub mod import;
pub mod money;
pub mod omni;
pub mod onboarding;
pub mod pricing;
pub mod profile;
pub mod rail;
pub mod terms;
pub mod text;
pub mod token;
pub mod vendor;

pub use error::{Error, FieldError};

//! What the vendor portal's business is: its words, rules and decisions.
//!
//! Pure: no async, no I/O, no AWS, no HTTP, no clock and no randomness. Whatever comes from outside is a parameter.

pub mod activity;
pub mod address;
pub mod audit;
pub mod branding;
pub mod cap;
pub mod cap_policy;
pub mod clock;
pub mod device;
pub mod error;
pub mod event;
pub mod ids;
pub mod import;
pub mod money;
pub mod omni;
pub mod onboarding;
pub mod pricing;
pub mod profile;
pub mod rail;
pub mod settings;
pub mod terms;
pub mod text;
pub mod token;
pub mod vendor;

pub use error::{Error, FieldError};

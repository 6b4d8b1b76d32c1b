//! `/v1/vendor/caps`

pub mod mint;
pub mod revoke;

//! `/v1/vendor/caps`

mod isolation;
mod mint;
mod revoke;

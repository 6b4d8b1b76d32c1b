//! `/v1/caps`

pub mod revoked;

//! `/v1/caps`

mod revoked;

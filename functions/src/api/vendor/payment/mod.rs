//! `/v1/vendor/payment`

pub mod get;
pub mod stripe_connect;

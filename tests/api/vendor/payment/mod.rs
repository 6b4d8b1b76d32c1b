//! `/v1/vendor/payment`

mod get;
mod payouts;
mod stripe_connect;

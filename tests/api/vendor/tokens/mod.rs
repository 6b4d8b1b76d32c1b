//! `/v1/vendor/tokens`

mod issue;
mod list;
mod new_address;
mod notices;
mod revoke;
mod rotate;

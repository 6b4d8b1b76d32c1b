//! `/v1/vendor/tokens`

pub mod issue;
pub mod list;
pub mod revoke;
pub mod rotate;
mod view;

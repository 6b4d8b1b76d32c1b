//! `/v1/vendor/branding`

pub mod get;
pub mod logo;
pub mod update;
mod view;

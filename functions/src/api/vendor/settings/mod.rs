//! `/v1/vendor/settings`

pub mod get;
pub mod update;
mod view;

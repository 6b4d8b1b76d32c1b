//! `/v1/vendor/devices`

pub(super) mod body;
pub mod get;
pub mod list;
pub mod register;
pub mod register_batch;
pub mod release;
mod view;

//! `/v1/vendor/devices`

pub mod register;
mod view;

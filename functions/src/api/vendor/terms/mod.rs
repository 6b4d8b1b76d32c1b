//! `/v1/vendor/terms`

pub mod accept;

//! `/v1/vendor/tokens`

pub mod issue;

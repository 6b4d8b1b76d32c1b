//! `/v1/vendor/audit`

pub mod list;

//! `/v1/vendor/audit`

mod list;

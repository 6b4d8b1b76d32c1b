//! `/v1/vendor/tokens`

mod issue;

//! `/v1/vendor/terms`

mod accept;

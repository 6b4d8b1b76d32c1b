//! `/schemas`

mod cap_policy;

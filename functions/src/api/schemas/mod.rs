//! `/schemas`

pub mod cap_policy;

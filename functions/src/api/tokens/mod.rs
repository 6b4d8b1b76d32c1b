//! `/v1/tokens`

pub mod introspect;

//! `/v1/tokens`

mod introspect;

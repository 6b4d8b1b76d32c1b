//! `/v1/legal`

pub mod document;
pub mod terms;

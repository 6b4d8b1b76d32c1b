//! `/v1/legal`

mod document;
mod terms;

//! The contract itself: `/openapi.json` and the explorer.

pub mod docs;
pub mod openapi;

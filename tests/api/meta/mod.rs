//! The contract itself: `/openapi.json` and `/docs`.

mod docs;
mod openapi;

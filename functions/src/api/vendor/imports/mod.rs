//! `/v1/vendor/imports`

pub mod create;
pub mod get;
mod lines;
pub mod list;
pub mod report;
pub mod upload;
mod view;

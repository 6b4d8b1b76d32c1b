//! `/v1/vendor/sessions`

mod create;
mod end;
mod exchange;
mod life;

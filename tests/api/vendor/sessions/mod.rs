//! `/v1/vendor/sessions`

mod create;
mod end;
mod everywhere;
mod exchange;
mod life;

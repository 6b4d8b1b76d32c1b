//! `/v1/vendor/devices`

mod get;
mod list;
mod register;
mod register_batch;
mod register_bodies;
mod register_keys;
mod release;

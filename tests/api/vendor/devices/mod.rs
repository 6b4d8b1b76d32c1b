//! `/v1/vendor/devices`

mod register;
mod register_bodies;
mod register_keys;

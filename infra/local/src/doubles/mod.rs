//! Doubles of payment providers.

pub mod stripe;

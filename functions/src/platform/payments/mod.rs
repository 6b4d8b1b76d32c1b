//! Payment providers.

pub mod stripe;
mod stripe_client;
pub mod stripe_signature;

//! How functions reach the world.

pub mod access;
pub mod app;
pub mod config;
pub mod events;
pub mod http;
pub mod i18n;
pub mod mailer;
pub mod parallel;
pub mod payments;
pub mod picture;
pub mod registry;
pub mod routes;
pub mod secret;
pub mod signer;
pub mod store;
pub mod telemetry;
pub mod token_use;
pub mod world;

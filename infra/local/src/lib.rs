//! The portal on one machine: every function of `ENDPOINTS` and `JOBS` in one process, with the real AWS SDK talking to
//! an embedded DynamoDB and to doubles of KMS, SES and Stripe at wire level. Only on loopback.

pub mod aws;
pub mod bench;
pub mod bridge;
mod clock;
pub mod demo;
pub mod doubles;
pub mod fleet;
mod mailbox;
mod pump;
mod routes;
mod runner;

pub use clock::LocalClock;
pub use runner::{KeyRing, Runner, RunnerOptions, STRIPE_WEBHOOK_SECRET};

/// Makes ring the process's TLS provider, which every reqwest client here needs. Twice is once.
pub fn install_tls_provider() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

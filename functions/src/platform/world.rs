//! The world as parameters: time, randomness and the environment come from outside.
//!
//! The real ones are made here and nowhere else; clippy's `disallowed-methods` sees to it.

use std::fmt;
use std::sync::Arc;

use domain::clock::Timestamp;
use ring::rand::SecureRandom;

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// The time in UTC.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// Gives random bytes.
#[derive(Clone)]
pub struct Random(Arc<dyn SecureRandom + Send + Sync>);

impl Random {
    /// The machine's cryptographic source.
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the system's random source")]
    pub fn system() -> Self {
        Self(Arc::new(ring::rand::SystemRandom::new()))
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// When the operating system has none to give; nothing safe can be done then.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// The source itself, for key pairs.
    pub fn source(&self) -> &(dyn SecureRandom + Send + Sync) {
        self.0.as_ref()
    }
}

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Answers for settings by name: a Lambda's environment variables.
#[derive(Clone)]
pub struct Env(Arc<Lookup>);

impl Env {
    /// Settings out of `get`.
    pub fn new(get: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(get))
    }

    /// The process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// The setting called `name`, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

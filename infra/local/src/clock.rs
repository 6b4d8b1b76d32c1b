//! The clock that can be moved forward. How far is kept, so that a restart does not go back in time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use functions::platform::world::Clock;
use jiff::{SignedDuration, Timestamp};

/// The machine's clock, moved forward by some seconds.
#[derive(Clone)]
pub struct LocalClock {
    system: Clock,
    ahead: Arc<AtomicI64>,
    file: Option<PathBuf>,
}

/// No clock is moved further, in seconds: ten years.
const FURTHEST: i64 = 10 * 366 * 24 * 3600;

impl LocalClock {
    /// The clock of a state folder, or one of its own.
    pub(crate) fn open(state_dir: Option<&Path>) -> Self {
        let file = state_dir.map(|dir| dir.join("clock-ahead-seconds"));
        let kept = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let ahead = kept.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Self { system: Clock::system(), ahead: Arc::new(AtomicI64::new(ahead)), file }
    }

    /// How far it is ahead, in seconds.
    pub fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::SeqCst)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        let now = self.system.now();
        now.checked_add(SignedDuration::from_secs(self.ahead())).unwrap_or(now)
    }

    /// As the functions take it.
    pub(crate) fn injected(&self) -> Clock {
        let clock = self.clone();
        Clock::new(move || clock.now())
    }

    /// Moves it forward.
    pub(crate) fn advance(&self, seconds: i64) -> Result<(), String> {
        if seconds < 0 || self.ahead().saturating_add(seconds) > FURTHEST {
            return Err("the clock moves forward only, and at most ten years".into());
        }
        let ahead = self.ahead.fetch_add(seconds, Ordering::SeqCst) + seconds;
        match &self.file {
            Some(file) => {
                std::fs::write(file, ahead.to_string()).map_err(|error| format!("{}: {error}", file.display()))
            }
            None => Ok(()),
        }
    }
}

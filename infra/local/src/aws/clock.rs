//! The engine's notion of time beside the injected clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dynoxide::storage_backend::Clock;

use super::Now;

/// The injected clock as the engine takes one.
pub(super) struct Injected(pub(super) Now);

impl Clock for Injected {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from((self.0)()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.now_unix_secs() as f64
    }
}

/// How far the injected clock is ahead of the engine's own.
///
/// The engine stamps each stream record, and over a file it does so by the machine's clock, while a developer may have
/// moved the injected one a month ahead. So each change of the distance is noted with the engine's time at which it was
/// seen, and a record's stamp is shifted by the distance that held when it was written.
pub(super) struct Drift {
    now: Now,
    own: Arc<dyn Clock>,
    /// (since when by the engine's clock, how many seconds ahead), in order.
    steps: Mutex<Vec<(i64, i64)>>,
}

impl Drift {
    pub(super) fn new(now: Now, own: Arc<dyn Clock>) -> Self {
        let steps = Mutex::default();
        Self { now, own, steps }
    }

    /// To be called before each call that may write.
    pub(super) fn note(&self) {
        let own = i64::try_from(self.own.now_unix_secs()).unwrap_or(i64::MAX);
        let ahead = (self.now)().saturating_sub(own);
        let mut steps = self.steps();
        // Both are whole seconds, cut off at two moments: one second apart is no step.
        if steps.last().is_none_or(|(_, last)| ahead.abs_diff(*last) > 1) {
            steps.push((own, ahead));
        }
    }

    /// The injected clock at the moment of that stamp.
    pub(super) fn shift(&self, stamp: i64) -> i64 {
        let steps = self.steps();
        let step = steps.iter().rev().find(|(since, _)| *since <= stamp).or_else(|| steps.first());
        stamp.saturating_add(step.map_or(0, |(_, ahead)| *ahead))
    }

    fn steps(&self) -> MutexGuard<'_, Vec<(i64, i64)>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use dynoxide::storage_backend::ManualClock;

    use super::*;

    #[test]
    fn a_stamp_is_shifted_by_the_distance_that_held_then() {
        let own = ManualClock::new(100);
        let injected = ManualClock::new(100);
        let now = injected.clone();
        let drift = Drift::new(Arc::new(move || now.now_unix_secs() as i64), own.arc());
        drift.note();
        own.set(200);
        injected.set(3800);
        drift.note();
        assert_eq!((drift.shift(50), drift.shift(150), drift.shift(200)), (50, 150, 3800));
    }
}

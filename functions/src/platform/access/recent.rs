//! What an instance remembers for a while of whom it let in.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use domain::clock::{Timestamp, plus_seconds};

use super::GATE_SECONDS;

/// How many tokens' states an instance remembers at most.
const REMEMBERED: usize = 1024;

/// What let somebody in during the last [`GATE_SECONDS`], by token.
pub struct Recent<K, V>(Mutex<HashMap<K, (Timestamp, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub(super) fn get(&self, key: K, now: Timestamp) -> Option<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, value) = known.get(&key)?;
        (*read_at <= now && now < plus_seconds(*read_at, GATE_SECONDS)).then(|| value.clone())
    }

    pub(super) fn put(&self, key: K, value: &V, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, (now, value.clone()));
    }
}

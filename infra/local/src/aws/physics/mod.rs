//! What AWS does and an embedded engine doesn't: conflicts of transactions, limits of partitions, reads that lag behind,
//! batches left half done; and, if asked for, what a network does to all that.
//!
//! It stands between the wire and the engine: every call of a function passes through here. How hard it is, is a
//! [`Physics`]: [`Physics::aws`] is an ordinary day on AWS and the default everywhere; [`Physics::faulty`] is a bad one.
//! Chances are drawn from seeded dice, so that a sequence of calls meets the same fate in every run.

mod conflicts;
mod faults;
mod lag;
mod laws;
mod limits;
mod touched;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(super) use conflicts::Held;
pub(super) use faults::{Aftermath, Fate, Trouble};
pub(super) use laws::Laws;

/// How AWS behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Physics {
    /// What the dice start from.
    pub seed: u64,
    /// How long a transaction holds its items before it commits. Whoever writes one of them meanwhile is turned away.
    pub transaction: Duration,
    /// What a partition takes; `None` for no limit.
    pub limits: Option<Limits>,
    /// How far an eventually consistent read lags behind at most, and half of it at least, by the machine's clock; zero
    /// for reads that are always fresh.
    pub lag: Duration,
    /// How many of a thousand such reads do lag.
    pub stale: u32,
    /// How many of a thousand batches are left half done.
    pub unprocessed: u32,
    /// What the network does.
    pub faults: Faults,
}

/// What one partition key takes, in the table as in an index ("Partitions and data distribution").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Write units a second.
    pub write_units: u32,
    /// Read units a second.
    pub read_units: u32,
}

/// Of a thousand calls, how many meet what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Done, and the answer is lost.
    pub lost: u32,
    /// Delivered twice; the second answer counts.
    pub duplicated: u32,
    /// Held back before they are done.
    pub delayed: u32,
    /// For how long at most, and half of it at least.
    pub longest_delay: Duration,
    /// Refused with a throttle.
    pub throttled: u32,
    /// Answered with a 500: half of them not done, half of them done.
    pub broken: u32,
    /// Batches of the table's stream that come a second time.
    pub redelivered: u32,
}

impl Physics {
    /// An AWS on which nothing else happens, for counting what a request costs: conflicts and limits, no lag.
    pub const fn calm() -> Self {
        let limits = Some(Limits { write_units: 1000, read_units: 3000 });
        let faults = Faults {
            lost: 0,
            duplicated: 0,
            delayed: 0,
            longest_delay: Duration::ZERO,
            throttled: 0,
            broken: 0,
            redelivered: 0,
        };
        let (transaction, lag) = (Duration::from_millis(2), Duration::ZERO);
        Self { seed: 1, transaction, limits, lag, stale: 0, unprocessed: 0, faults }
    }

    /// An ordinary day: with reads that lag, and batches left half done now and then.
    pub const fn aws() -> Self {
        Self { lag: Duration::from_millis(25), stale: 500, unprocessed: 30, ..Self::calm() }
    }

    /// A bad day: of twenty calls, three go wrong in some way.
    pub const fn faulty(seed: u64) -> Self {
        let faults = Faults {
            lost: 30,
            duplicated: 30,
            delayed: 50,
            longest_delay: Duration::from_millis(40),
            throttled: 30,
            broken: 30,
            redelivered: 100,
        };
        Self { seed, faults, ..Self::aws() }
    }
}

impl Default for Physics {
    fn default() -> Self {
        Self::aws()
    }
}

/// Seeded dice (SplitMix64). Not for secrets.
struct Dice(AtomicU64);

impl Dice {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(Self::STEP, Ordering::Relaxed).wrapping_add(Self::STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Whether that which happens so many times of a thousand happens now.
    fn hits(&self, of_a_thousand: u32) -> bool {
        of_a_thousand > 0 && self.next() % 1000 < u64::from(of_a_thousand)
    }

    /// A time between half of `most` and all of it.
    fn up_to(&self, most: Duration) -> Duration {
        most.mul_f64((self.next() % 501 + 500) as f64 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_fate_and_another_is_another() {
        let thrown = |seed| {
            let dice = Dice::new(seed);
            (0..64).map(|_| dice.hits(500)).collect::<Vec<bool>>()
        };
        assert_eq!(thrown(7), thrown(7));
        assert_ne!(thrown(7), thrown(8));
    }

    #[test]
    fn chances_are_what_they_say() {
        let dice = Dice::new(3);
        let hits = (0..100_000).filter(|_| dice.hits(30)).count();
        assert!((2_700..3_300).contains(&hits), "{hits} of 100,000 at 30 per mille");
        assert!((0..1000).all(|_| !dice.hits(0)));
        assert!((0..1000).all(|_| dice.hits(1000)));
    }
}

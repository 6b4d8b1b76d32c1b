//! What becomes of one call on its way: drawn when it comes.

use std::time::Duration;

use super::{Dice, Faults};

/// One call's fate.
pub(in crate::aws) struct Fate {
    /// Held back for so long.
    pub(in crate::aws) delay: Option<Duration>,
    /// Not done at all.
    pub(in crate::aws) trouble: Option<Trouble>,
    /// Done twice.
    pub(in crate::aws) twice: bool,
    /// What comes of the answer.
    pub(in crate::aws) after: Option<Aftermath>,
}

/// Why a call is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws) enum Trouble {
    /// Too many at once.
    Throttled,
    /// Something broke.
    Broken,
}

/// What comes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws) enum Aftermath {
    /// It is lost: the connection ends without it.
    Lost,
    /// It is replaced by a 500.
    Broken,
}

impl Fate {
    pub(super) fn draw(dice: &Dice, faults: &Faults) -> Self {
        let delay = dice.hits(faults.delayed).then(|| dice.up_to(faults.longest_delay));
        let throttled = dice.hits(faults.throttled).then_some(Trouble::Throttled);
        let broken = dice.hits(faults.broken);
        let done = broken && dice.hits(500);
        let lost = dice.hits(faults.lost).then_some(Aftermath::Lost);
        Self {
            delay,
            trouble: throttled.or((broken && !done).then_some(Trouble::Broken)),
            twice: dice.hits(faults.duplicated),
            after: lost.or(done.then_some(Aftermath::Broken)),
        }
    }
}

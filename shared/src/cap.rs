//! Namespaces, and what ends a cap before its time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::CapId;
use crate::omni::ActorOmni;

/// The longest life of a cap token, in seconds.
pub const MAX_CAP_SECONDS: u32 = 300;

/// A partition of a user's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// Who the user is.
    Profile,
    /// Work.
    Work,
    /// Family life.
    Family,
    /// What concerns a child.
    Child,
    /// Travel.
    Travel,
    /// What may be forgotten soon.
    Temp,
}

impl Namespace {
    /// The catalogue.
    pub const ALL: [Self; 6] = [Self::Profile, Self::Work, Self::Family, Self::Child, Self::Travel, Self::Temp];

    /// What a new vendor's devices may reach until the vendor says otherwise: what a toy or companion at home needs.
    pub const DEFAULT: [Self; 4] = [Self::Profile, Self::Family, Self::Child, Self::Temp];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Work => "work",
            Self::Family => "family",
            Self::Child => "child",
            Self::Travel => "travel",
            Self::Temp => "temp",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Namespace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|namespace| namespace.as_str() == text)
            .ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// What a revocation ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// One cap.
    CapId(CapId),
    /// All caps of an actor, whose binding was released.
    ActorOmni(ActorOmni),
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CapId(cap_id) => cap_id.fmt(f),
            Self::ActorOmni(actor_omni) => actor_omni.fmt(f),
        }
    }
}

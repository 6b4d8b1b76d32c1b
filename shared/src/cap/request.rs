//! What a vendor asks a cap for, in types that can't be built wrong.

use std::str::FromStr;

use super::{DEFAULT_CAP_SECONDS, MAX_CAP_SECONDS, Namespace};
use crate::omni::ActorOmni;

/// What a cap is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Read.
    Fetch,
    /// Write.
    Store,
}

impl Op {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Store => "store",
        }
    }
}

impl FromStr for Op {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Fetch, Self::Store].into_iter().find(|op| op.as_str() == text);
        known.ok_or_else(|| "expected fetch or store".into())
    }
}

/// What is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataClass {
    /// A user's memory.
    Memory,
}

impl DataClass {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
        }
    }
}

impl FromStr for DataClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Memory].into_iter().find(|class| class.as_str() == text);
        known.ok_or_else(|| "expected memory".into())
    }
}

/// The namespaces that a cap is asked for: at least one, each once, in the order of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedNamespaces(Vec<Namespace>);

impl AskedNamespaces {
    /// Takes `namespaces` in any order.
    ///
    /// # Errors
    /// A sentence for the caller when there is none, or one twice.
    pub fn new(mut namespaces: Vec<Namespace>) -> Result<Self, String> {
        let asked = namespaces.len();
        namespaces.sort_unstable();
        namespaces.dedup();
        match asked == namespaces.len() && asked > 0 {
            true => Ok(Self(namespaces)),
            false => Err(format!("expected 1 to {} namespaces, each once", Namespace::ALL.len())),
        }
    }

    /// The namespaces.
    pub fn into_vec(self) -> Vec<Namespace> {
        self.0
    }
}

/// How long a cap is asked to live: 1 to [`MAX_CAP_SECONDS`] seconds, or as is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapSeconds(Option<u32>);

impl CapSeconds {
    /// Checks what was asked for.
    ///
    /// # Errors
    /// A sentence for the caller.
    pub fn new(asked: Option<i64>) -> Result<Self, String> {
        let is_allowed = |seconds: &u32| (1..=MAX_CAP_SECONDS).contains(seconds);
        let parse = |seconds: i64| u32::try_from(seconds).ok().filter(is_allowed);
        match asked.map(parse) {
            Some(None) => Err(format!("expected 1 to {MAX_CAP_SECONDS} seconds")),
            Some(seconds) => Ok(Self(seconds)),
            None => Ok(Self(None)),
        }
    }

    /// The seconds, if they are `longest` or fewer; [`DEFAULT_CAP_SECONDS`], or `longest` where that is shorter, if
    /// nothing was asked for.
    pub fn within(self, longest: u32) -> Option<u32> {
        match self.0 {
            Some(seconds) => Some(seconds).filter(|seconds| *seconds <= longest),
            None => Some(DEFAULT_CAP_SECONDS.min(longest)),
        }
    }
}

/// What a vendor asks a cap for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapRequest {
    /// Who is to act.
    pub actor_omni: ActorOmni,
    /// What it is to do.
    pub op: Op,
    /// With what.
    pub data_class: DataClass,
    /// Where.
    pub namespaces: AskedNamespaces,
    /// For how long.
    pub life: CapSeconds,
}

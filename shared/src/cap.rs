//! Namespaces, and caps: what one may be for, and what ends it before its time. Deny by default.

mod id;
mod request;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use id::decide_revocation;
pub use request::{AskedNamespaces, CapRequest, CapSeconds, DataClass, Op};

use crate::Error;
use crate::clock::{Timestamp, plus_seconds, whole_second};
use crate::device::Binding;
use crate::ids::{CapId, VendorId};
use crate::omni::{ActorOmni, UserOmni};
use crate::token::LEEWAY_SECONDS;
use crate::vendor::Vendor;

/// The longest life of a cap token, in seconds.
pub const MAX_CAP_SECONDS: u32 = 300;

/// The life of a cap where none is asked for, in seconds.
pub const DEFAULT_CAP_SECONDS: u32 = 60;

/// How long after a cap was minted its revocation is told, in seconds: its longest life, and what the clocks of portal
/// and verifier may be apart. A verifier that grants a cap more than that would meet one that is told no more.
pub const REVOKED_SECONDS: i64 = MAX_CAP_SECONDS as i64 + LEEWAY_SECONDS;

/// The audience of every cap.
pub const AUDIENCE: &str = "agentkeys-mcp";

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

/// A cap: for a short while one actor may do one kind of thing in some namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Its name, by which it can be revoked.
    pub cap_id: CapId,
    /// Whose device acts.
    pub vendor_id: VendorId,
    /// Who acts.
    pub actor_omni: ActorOmni,
    /// For whom: whose memory it is.
    pub user_omni: UserOmni,
    /// What it may do.
    pub op: Op,
    /// With what.
    pub data_class: DataClass,
    /// Where, and nowhere else. Never empty.
    pub namespaces: Vec<Namespace>,
    /// When it was minted, to the second.
    pub issued_at: Timestamp,
    /// From when on it counts for nothing, to the second.
    pub expires_at: Timestamp,
}

/// Decides over a cap at `at`: what is asked for must lie within what the vendor allows now and what the device's policy
/// has allowed since its registration. Nothing is narrowed in silence: a cap is for all that was asked for, or is none.
///
/// # Errors
/// [`Error::NotFound`] when `binding` is not this vendor's or not this actor's, [`Error::NamespaceNotAllowed`] with what
/// goes too far, [`Error::ValidationFailed`] for a longer life than both allow.
pub fn decide_cap(
    asked: CapRequest,
    vendor: &Vendor,
    binding: &Binding,
    cap_id: CapId,
    at: Timestamp,
) -> Result<Cap, Error> {
    if binding.vendor_id != vendor.vendor_id || binding.actor_omni != asked.actor_omni {
        return Err(Error::NotFound);
    }
    let namespaces = asked.namespaces.into_vec();
    let (now, then) = (vendor.cap_limits(), &binding.limits);
    let allowed = |one: &Namespace| now.of(asked.op).contains(one) && then.of(asked.op).contains(one);
    let refused: Vec<Namespace> = namespaces.iter().copied().filter(|one| !allowed(one)).collect();
    if !refused.is_empty() {
        return Err(Error::NamespaceNotAllowed(refused));
    }
    let longest = now.max_ttl_seconds.min(then.max_ttl_seconds);
    let too_long = || Error::field("/ttl_seconds", format!("this device's policy allows {longest} seconds at most"));
    let life = asked.life.within(longest).ok_or_else(too_long)?;
    let issued_at = whole_second(at);
    Ok(Cap {
        cap_id,
        vendor_id: vendor.vendor_id,
        actor_omni: binding.actor_omni,
        user_omni: binding.user_omni,
        op: asked.op,
        data_class: asked.data_class,
        namespaces,
        issued_at,
        expires_at: plus_seconds(issued_at, life.into()),
    })
}

#[cfg(test)]
mod tests;

//! Prefixed identifiers: `ven_`, `tok_`, `bnd_` … and 26 characters of Crockford base32 (the text form of a ULID).
//!
//! They sort by the time they were made and name what they identify. They are no secrets.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;

/// What an identifier identifies.
pub trait Kind {
    /// The part before the underscore.
    const PREFIX: &'static str;
}

/// An identifier of one kind of thing.
pub struct Id<K>(u128, PhantomData<fn() -> K>);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

impl<K: Kind> Id<K> {
    /// An identifier from an instant and 80 random bits.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let milliseconds = u128::try_from(at.as_millisecond()).unwrap_or(0) & ((1 << 48) - 1);
        let entropy = random.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        Self((milliseconds << 80) | entropy, PhantomData)
    }

    /// The identifier of another kind with the same 128 bits: for things that are born together.
    pub fn cast<T: Kind>(self) -> Id<T> {
        Id(self.0, PhantomData)
    }

    /// The identifier of something that belongs to this: of the same time, the rest a digest of this and of `name`. The
    /// same name gives the same identifier, so that whoever makes the thing again makes the same.
    pub fn child<T: Kind>(self, name: &str) -> Id<T> {
        let digest = Sha256::digest(format!("{self}\0{name}"));
        let bits = digest.iter().take(10).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        Id(((self.0 >> 80) << 80) | bits, PhantomData)
    }

    /// An identifier from 128 given bits, for instance of a digest.
    pub fn from_bits(bits: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bits), PhantomData)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_", K::PREFIX)?;
        (0..LENGTH).rev().try_for_each(|digit| {
            let index = usize::try_from((self.0 >> (5 * digit)) & 31).unwrap_or(0);
            write!(f, "{}", char::from(ALPHABET[index]))
        })
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("expected {}_ and 26 characters of 0-9 A-Z without I, L, O, U", K::PREFIX);
        let digits = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or_else(wrong)?.as_bytes();
        if digits.len() != LENGTH || digits[0] > b'7' {
            return Err(wrong());
        }
        digits
            .iter()
            .try_fold(0_u128, |bits, digit| {
                let value = ALPHABET.iter().position(|letter| letter == digit)?;
                Some((bits << 5) | u128::try_from(value).ok()?)
            })
            .map(|bits| Self(bits, PhantomData))
            .ok_or_else(wrong)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $alias:ident, $kind:ident = $prefix:literal;)*) => {$(
        #[doc = concat!("Kind of `", $prefix, "_…`.")]
        #[derive(Debug)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

ids! {
    /// A vendor: the tenant.
    VendorId, VendorKind = "ven";
    /// A vendor token; its `jti`.
    TokenId, TokenKind = "tok";
    /// A binding of (vendor, device, user) to an actor omni.
    BindingId, BindingKind = "bnd";
    /// A row of the audit log.
    AuditId, AuditKind = "aud";
    /// A request for a one-time link by mail: a sign-up or a sign-in.
    LinkRequestId, LinkRequestKind = "req";
    /// A service token; its `jti`.
    ServiceTokenId, ServiceTokenKind = "svc";
    /// One visit to a payment provider's hosted page.
    AttemptId, AttemptKind = "att";
    /// A session of a vendor's person, as the audit log names it. Not the secret.
    SessionId, SessionKind = "ses";
    /// A cap token; its `jti`.
    CapId, CapKind = "cap";
    /// A lot import.
    ImportId, ImportKind = "imp";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_order() {
        let early = VendorId::new("2026-11-22T00:00:00Z".parse().unwrap(), [255; 10]);
        let late = VendorId::new("2026-11-22T00:00:01Z".parse().unwrap(), [0; 10]);
        assert!(early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse::<VendorId>().unwrap(), early);
        assert_eq!(early.to_string().len(), 30);
    }

    #[test]
    fn a_child_is_as_old_as_its_parent_and_the_same_each_time() {
        let parent = ImportId::new("2026-11-22T00:00:00Z".parse().unwrap(), [7; 10]);
        let child: BindingId = parent.child("1");
        assert_eq!(child, parent.child("1"));
        assert_ne!(child, parent.child("2"));
        assert_eq!(child.to_string()[4..14], parent.to_string()[4..14]);
    }

    #[test]
    fn refuses_what_it_would_not_print() {
        for text in [
            "",
            "ven_",
            "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1",
            "tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X",
            "ven_01jz8q6v3m4n5p6r7s8t9v0w1x",
            "ven_81JZ8Q6V3M4N5P6R7S8T9V0W1X",
            "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1I",
            "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1é",
        ] {
            assert!(text.parse::<VendorId>().is_err(), "{text}");
        }
        assert!("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse::<VendorId>().is_ok());
    }
}

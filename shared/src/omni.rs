//! Omnis, the 32-byte identities, and the derivation of an actor from its vendor, device and user.
//!
//! The derivation is fixed: other AgentKeys components recompute it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::device::DeviceId;
use crate::ids::VendorId;

/// Marks the identity of a consumer who owns devices.
#[derive(Debug)]
pub enum User {}
/// Marks the identity of an agent that acts for one user through one device of one vendor.
#[derive(Debug)]
pub enum Actor {}

/// A 32-byte identity of one kind. On the wire `0x` and 64 lower-case hex digits.
pub struct Omni<K>([u8; 32], PhantomData<fn() -> K>);

/// The consumer who owns a device.
pub type UserOmni = Omni<User>;
/// The agent identity of one (vendor, device, user).
pub type ActorOmni = Omni<Actor>;

impl<K> Omni<K> {
    /// The identity's 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// An identity from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes, PhantomData)
    }
}

impl<K> FromStr for Omni<K> {
    type Err = String;

    /// Reads 64 hex digits of either case, with or without `0x`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected 32 bytes as 64 hex digits, with or without 0x".to_owned();
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        if digits.len() != 64 {
            return Err(wrong());
        }
        let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| wrong())?;
        Ok(Self::from_bytes(bytes.try_into().map_err(|_| wrong())?))
    }
}

impl<K> fmt::Display for Omni<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", HEXLOWER.encode(&self.0))
    }
}

impl<K> fmt::Debug for Omni<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Omni<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Omni<K> {}

impl<K> PartialEq for Omni<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Omni<K> {}

impl<K> Serialize for Omni<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K> Deserialize<'de> for Omni<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How often a triple was released and registered anew; 0 for the first binding.
pub type Generation = u32;

/// The label of an actor in its user's identity tree: `v-` and 30 characters, always `^[a-z0-9-]{1,32}$`.
pub fn actor_label(vendor: VendorId, device: &DeviceId, generation: Generation) -> String {
    let mut hash = Sha256::new();
    hash.update(b"agentkeys-vendor-device-v1\0");
    hash.update(vendor.to_string().as_bytes());
    hash.update(b"\0");
    hash.update(device.as_str().as_bytes());
    hash.update(b"\0");
    hash.update(generation.to_be_bytes());
    let mut label = BASE32_NOPAD.encode(&hash.finalize()).to_ascii_lowercase();
    label.truncate(30);
    format!("v-{label}")
}

/// The actor omni of one (vendor, device, user, generation). A pure function: no retry can make a second actor.
pub fn actor_omni(vendor: VendorId, device: &DeviceId, user: UserOmni, generation: Generation) -> ActorOmni {
    let mut hash = Sha256::new();
    hash.update(b"agentkeys-hdkd-v1");
    hash.update(user.as_bytes());
    hash.update(b"//");
    hash.update(actor_label(vendor, device, generation).as_bytes());
    ActorOmni::from_bytes(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VENDOR: &str = "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X";

    #[test]
    fn vectors() {
        let rows = [
            (
                "FT-0001",
                "11",
                0,
                "v-7gp4wfz6j2gt3te2h3ofcd4bluycim",
                "0xdc4a1cf435d4f440952c1c40c583aca7ff4c23856fdf6409f371a34a94352ca3",
            ),
            (
                "FT-0001",
                "11",
                1,
                "v-j654fxef3elswjkj5dtxw3ii4nqplz",
                "0x8967651a8974251794c0838b008f8da9b0d77d6445adaafe9f0f7243f38c8454",
            ),
            (
                "AA:BB:CC:DD:EE:FF",
                "ab",
                0,
                "v-i3dvbyx2mveyqqigcw53ehywh2q4bo",
                "0x6f3d597fd037038245a8588cc539adee2e463fc81b59a731d8e79503a423d262",
            ),
        ];
        for (device, user, generation, label, actor) in rows {
            let (vendor, device) = (VENDOR.parse().unwrap(), device.parse().unwrap());
            let user = user.repeat(32).parse().unwrap();
            assert_eq!(actor_label(vendor, &device, generation), label);
            assert_eq!(actor_omni(vendor, &device, user, generation).to_string(), actor);
        }
    }

    #[test]
    fn reads_any_hex_and_writes_one_form() {
        let canonical = format!("0x{}", "ab".repeat(32));
        for text in
            ["ab".repeat(32), "AB".repeat(32), format!("0x{}", "aB".repeat(32)), format!("0X{}", "AB".repeat(32))]
        {
            assert_eq!(text.parse::<UserOmni>().unwrap().to_string(), canonical);
        }
        for text in [
            String::new(),
            "0x".into(),
            "a".repeat(63),
            "a".repeat(65),
            "g".repeat(64),
            format!("0x0x{}", "a".repeat(62)),
        ] {
            assert!(text.parse::<UserOmni>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn labels_keep_their_shape(device in "[!-~]{1,128}", generation: u32) {
            let label = actor_label(VENDOR.parse().unwrap(), &device.parse().unwrap(), generation);
            prop_assert_eq!(label.len(), 32);
            prop_assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }

        #[test]
        fn a_different_triple_is_a_different_actor(a in "[!-~]{1,20}", b in "[!-~]{1,20}", user: [u8; 32]) {
            let (vendor, user) = (VENDOR.parse().unwrap(), UserOmni::from_bytes(user));
            let (first, second): (DeviceId, DeviceId) = (a.parse().unwrap(), b.parse().unwrap());
            prop_assert_eq!(first == second, actor_omni(vendor, &first, user, 0) == actor_omni(vendor, &second, user, 0));
        }
    }
}

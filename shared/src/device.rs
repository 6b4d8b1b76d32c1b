//! Devices, their registration and the binding that results.
//!
//! The three rules of registration:
//!
//! 1. **Same triple:** the same (vendor, device, user) is the same binding, actor and receipt for ever, until released.
//! 2. **Same key, other payload:** an `Idempotency-Key` that made a binding in the last 24 h is refused with another
//!    payload. With the same payload it is answered as the first time, byte for byte, whatever happened in between: a
//!    retry that comes late, after a release, neither undoes the release nor hears of another binding than its own.
//!    (A key that only met known triples made nothing and is not on record.)
//! 3. **Released triple:** registered again, by another key, it gets the next generation, hence a new actor.
//!
//! A batch is one payload with one key, and the rules hold for it as a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::cap::Namespace;
use crate::clock::{Timestamp, plus_seconds};
use crate::ids::{BindingId, VendorId};
use crate::omni::{ActorOmni, Generation, UserOmni};
use crate::text;

/// How long an idempotency record answers for its key, in seconds (24 h).
pub const IDEMPOTENCY_SECONDS: i64 = 24 * 3600;

/// How much JSON a device's metadata may be, in bytes.
pub const METADATA_BYTES: usize = 4096;

/// How many keys a device's metadata may have.
pub const METADATA_KEYS: usize = 20;

macro_rules! visible_ascii {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if text.is_empty() || text.len() > $max || !text.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err(format!("expected 1 to {} visible ASCII characters without spaces", $max));
                }
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

visible_ascii! {
    /// The vendor's own name for a device (a serial number, a MAC address): 1 to 128 visible ASCII characters, as given.
    DeviceId, 128
}

visible_ascii! {
    /// What a caller names a request by, so that a retry is known as one: 1 to 255 visible ASCII characters.
    IdempotencyKey, 255
}

/// The vendor's name for a kind of device, 1 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Model(String);

impl FromStr for Model {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text::line(text, 64).map(Self)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a vendor notes on a device: at most 20 keys, texts, numbers and booleans, at most 4 KB as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, Value>);

impl Metadata {
    /// Checks and takes the entries.
    ///
    /// # Errors
    /// A sentence for the caller when a bound is broken.
    pub fn new(entries: BTreeMap<String, Value>) -> Result<Self, String> {
        if entries.len() > METADATA_KEYS {
            return Err(format!("expected at most {METADATA_KEYS} keys, got {}", entries.len()));
        }
        if let Some(key) = entries.keys().find(|key| key.is_empty() || key.chars().count() > 64) {
            return Err(format!("a key has 1 to 64 characters, got {}", key.chars().count()));
        }
        if let Some((key, _)) =
            entries.iter().find(|(_, value)| !(value.is_string() || value.is_number() || value.is_boolean()))
        {
            return Err(format!("the value of {key:?} must be a text, a number or a boolean"));
        }
        let metadata = Self(entries);
        let bytes = metadata.to_json().len();
        if bytes > METADATA_BYTES {
            return Err(format!("expected at most {METADATA_BYTES} bytes as JSON, got {bytes}"));
        }
        Ok(metadata)
    }

    /// Whether nothing is noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries by key.
    pub fn entries(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    /// The one JSON text of these entries: keys sorted, no space.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

/// What a vendor asks for when it registers a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The device.
    pub device_id: DeviceId,
    /// The user that the device acts for.
    pub user_omni: UserOmni,
    /// Its kind, if told.
    pub model: Option<Model>,
    /// The vendor's notes on it.
    pub metadata: Metadata,
}

impl Registration {
    /// What the payload means.
    pub fn fingerprint(&self) -> Fingerprint {
        let model = self.model.as_ref().map(Model::to_string);
        let canonical = serde_json::json!([
            "register",
            self.device_id.as_str(),
            self.user_omni.to_string(),
            model,
            self.metadata.entries(),
        ]);
        Sha256::digest(canonical.to_string().as_bytes()).into()
    }
}

/// The record that ties (vendor, device, user) to an actor omni.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Its name.
    pub binding_id: BindingId,
    /// Whose device it is.
    pub vendor_id: VendorId,
    /// The device.
    pub device_id: DeviceId,
    /// The user it acts for.
    pub user_omni: UserOmni,
    /// The agent identity.
    pub actor_omni: ActorOmni,
    /// How often this triple was released before.
    pub generation: Generation,
    /// When it was made, to the second.
    pub registered_at: Timestamp,
    /// The device's kind, if told.
    pub model: Option<Model>,
    /// The vendor's notes on it.
    pub metadata: Metadata,
    /// What the policy suggested at registration lets a cap reach.
    pub namespaces: Vec<Namespace>,
}

/// SHA-256 of a payload in one canonical form: equal meaning, equal fingerprint.
pub type Fingerprint = [u8; 32];

/// What an idempotency key was first used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The first payload's fingerprint.
    pub fingerprint: Fingerprint,
    /// For each of its triples in order, the generation that the answer tells of.
    pub generations: Vec<Generation>,
    /// From when on the key is as good as new.
    pub expires_at: Timestamp,
}

impl KeyRecord {
    /// A record of a payload that came at `now`.
    pub fn new(fingerprint: Fingerprint, generations: Vec<Generation>, now: Timestamp) -> Self {
        Self { fingerprint, generations, expires_at: plus_seconds(now, IDEMPOTENCY_SECONDS) }
    }
}

/// What the record of a key says of a payload that comes with it at `now`: nothing for a key that is new or whose time
/// is over, else the generations that its answer tells of.
///
/// # Errors
/// [`Error::IdempotencyKeyReused`] when the record is alive and names another payload (rule 2).
pub fn recall<'a>(
    fingerprint: &Fingerprint,
    key: Option<&'a KeyRecord>,
    now: Timestamp,
) -> Result<Option<&'a [Generation]>, Error> {
    match key.filter(|record| now < record.expires_at) {
        Some(record) if record.fingerprint != *fingerprint => Err(Error::IdempotencyKeyReused),
        Some(record) => Ok(Some(&record.generations)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(device: &str) -> Registration {
        Registration {
            device_id: device.parse().unwrap(),
            user_omni: "11".repeat(32).parse().unwrap(),
            model: None,
            metadata: Metadata::default(),
        }
    }

    #[test]
    fn device_ids() {
        for good in ["FT-0001", "AA:BB:CC:DD:EE:FF", "a#b", &"x".repeat(128)] {
            assert!(good.parse::<DeviceId>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\nb", "设备", "a\u{7f}", &"x".repeat(129)] {
            assert!(bad.parse::<DeviceId>().is_err(), "{bad:?}");
        }
        assert!("k".repeat(255).parse::<IdempotencyKey>().is_ok());
        assert!("k".repeat(256).parse::<IdempotencyKey>().is_err());
    }

    #[test]
    fn metadata_bounds() {
        let many = |n: usize| (0..n).map(|i| (format!("k{i}"), Value::from(i))).collect::<BTreeMap<_, _>>();
        assert!(Metadata::new(many(20)).is_ok());
        assert!(Metadata::new(many(21)).is_err());
        assert!(Metadata::new([("a".to_owned(), serde_json::json!({}))].into()).is_err());
        assert!(Metadata::new([("a".to_owned(), Value::from("x".repeat(5000)))].into()).is_err());
        assert!(Metadata::new([(String::new(), Value::from(1))].into()).is_err());
    }

    #[test]
    fn what_a_key_recalls() {
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let (this, other) = (registration("FT-0001").fingerprint(), registration("FT-0002").fingerprint());
        let record = KeyRecord::new(this, vec![3], now);
        assert_eq!(recall(&this, None, now), Ok(None));
        assert_eq!(recall(&this, Some(&record), now), Ok(Some([3].as_slice())));
        assert_eq!(recall(&other, Some(&record), now), Err(Error::IdempotencyKeyReused));
        let last = plus_seconds(now, IDEMPOTENCY_SECONDS - 1);
        assert_eq!(recall(&other, Some(&record), last), Err(Error::IdempotencyKeyReused));
        let tomorrow = plus_seconds(now, IDEMPOTENCY_SECONDS);
        assert_eq!(recall(&this, Some(&record), tomorrow), Ok(None));
        assert_eq!(recall(&other, Some(&record), tomorrow), Ok(None));
    }
}

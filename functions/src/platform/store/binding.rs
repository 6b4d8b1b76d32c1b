//! Bindings: the record of truth of a device, found by its actor omni.
//!
//! An item stays under one kilobyte, index entry included, so that a registration costs three write units. So it says
//! nothing twice: vendor, device and user are read back from its keys.
//!
//! A triple's generations are items of their own, as each has an actor of its own. The first one's item, the triple's
//! root, also says how many were released: whoever has read it knows the actor that counts now. A released item leaves
//! the index, keeps everything else, and is never deleted: its receipt stays valid, and its actor is never given again.

use domain::Error;
use domain::cap::Namespace;
use domain::clock::Timestamp;
use domain::device::{Binding, DeviceId, Metadata, Model};
use domain::ids::{BindingId, VendorId};
use domain::omni::{ActorOmni, Generation, UserOmni};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Entity, Item, Key, Row, broken};
use crate::platform::signer::Receipt;

/// The attributes of a binding's item beside its keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredBinding {
    #[serde(skip)]
    place: Option<Place>,
    binding_id: BindingId,
    generation: Generation,
    registered_at: Timestamp,
    /// Names with spaces between them.
    namespaces: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<Model>,
    /// As JSON text: a DynamoDB number has no exponent beyond 125, a JSON number may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(with = "serde_bytes")]
    receipt: Vec<u8>,
    /// Of a root: how many generations were released.
    #[serde(default, skip_serializing_if = "is_zero")]
    released: Generation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    released_at: Option<Timestamp>,
    /// What the keys of the index said before the release.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    whose: Option<Whose>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &Generation) -> bool {
    *count == 0
}

/// What the keys of a binding's item say.
#[derive(Clone, Debug)]
struct Place {
    whose: Whose,
    actor_omni: ActorOmni,
}

/// The triple.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Whose {
    vendor_id: VendorId,
    device_id: DeviceId,
    user_omni: UserOmni,
}

impl Whose {
    /// Reads the index's keys back. The user omni has a fixed length, so a `#` in a device id does no harm.
    fn parse(v_pk: &str, v_sk: &str) -> Option<Self> {
        let (device_id, user_omni) = v_sk.rsplit_once('#')?;
        Some(Self {
            vendor_id: v_pk.strip_prefix("DEVICES#")?.parse().ok()?,
            device_id: device_id.parse().ok()?,
            user_omni: user_omni.parse().ok()?,
        })
    }
}

/// The actor that a key names.
fn actor(pk: &str) -> Option<ActorOmni> {
    pk.strip_prefix("ACTOR#")?.parse().ok()
}

/// Where the binding of `actor_omni` is.
pub(super) fn binding_key(actor_omni: ActorOmni) -> Key {
    Key::new(format!("ACTOR#{actor_omni}"), "BINDING")
}

/// A vendor's devices in the index: one partition, in the order of their ids, so that a page is one query and a prefix
/// is a range. It takes 1,000 new devices a second for each vendor, which is DynamoDB's bound for one partition key.
pub(super) fn devices_partition(vendor_id: VendorId) -> String {
    format!("DEVICES#{vendor_id}")
}

impl Entity for StoredBinding {
    const KIND: &'static str = "binding";

    fn key(&self) -> Key {
        let actor = self.place.as_ref().map(|place| place.actor_omni.to_string()).unwrap_or_default();
        Key::new(format!("ACTOR#{actor}"), "BINDING")
    }

    fn by_vendor(&self) -> Option<Key> {
        let Place { whose, .. } = self.place.as_ref().filter(|_| self.released_at.is_none())?;
        let sk = format!("{}#{}", whose.device_id, whose.user_omni);
        Some(Key::new(devices_partition(whose.vendor_id), sk))
    }
}

/// A binding with its receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The binding.
    pub binding: Binding,
    /// Its receipt.
    pub receipt: Receipt,
}

/// A binding's item as it stands: live or released.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// What was registered.
    pub registered: Registered,
    /// When it was released, if it was.
    pub released_at: Option<Timestamp>,
    /// Of generation 0: how many generations of the triple were released.
    pub released: Generation,
}

impl Slot {
    /// A binding just made.
    pub(super) fn live(registered: Registered) -> Self {
        Self { registered, released_at: None, released: 0 }
    }

    /// Whether its actor counts.
    pub fn is_live(&self) -> bool {
        self.released_at.is_none()
    }

    pub(super) fn to_stored(&self) -> StoredBinding {
        let Registered { binding, receipt } = &self.registered;
        let Binding { vendor_id, user_omni, actor_omni, .. } = *binding;
        let whose = Whose { vendor_id, device_id: binding.device_id.clone(), user_omni };
        StoredBinding {
            whose: self.released_at.map(|_| whose.clone()),
            place: Some(Place { whose, actor_omni }),
            binding_id: binding.binding_id,
            generation: binding.generation,
            registered_at: binding.registered_at,
            namespaces: binding.namespaces.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" "),
            model: binding.model.clone(),
            metadata: (!binding.metadata.is_empty()).then(|| binding.metadata.to_json()),
            receipt: receipt.pack(),
            released: self.released,
            released_at: self.released_at,
        }
    }

    pub(super) fn from_item(item: Item) -> Result<Self, Error> {
        let Row { pk, v_pk, v_sk, item: stored, .. } = Row::<StoredBinding>::from_item(item)?;
        let whose = v_pk.zip(v_sk).and_then(|(pk, sk)| Whose::parse(&pk, &sk)).or(stored.whose);
        let (whose, actor_omni) = whose.zip(actor(&pk)).ok_or_else(|| broken("keys of a binding"))?;
        let namespaces: Result<Vec<Namespace>, _> = stored.namespaces.split_whitespace().map(str::parse).collect();
        let metadata = stored.metadata.as_deref().map_or(Ok(Metadata::default()), serde_json::from_str);
        let binding = Binding {
            binding_id: stored.binding_id,
            vendor_id: whose.vendor_id,
            device_id: whose.device_id,
            user_omni: whose.user_omni,
            actor_omni,
            generation: stored.generation,
            registered_at: stored.registered_at,
            model: stored.model,
            metadata: metadata.map_err(broken)?,
            namespaces: namespaces.map_err(broken)?,
        };
        let registered = Registered { binding, receipt: Receipt::unpack(&stored.receipt)? };
        Ok(Self { registered, released_at: stored.released_at, released: stored.released })
    }
}

/// Adds to a binding's item what its keys say, for who reads the item without this module: the audit log.
pub fn spell_out(item: &mut Map<String, Value>) {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let (whose, actor) = (Whose::parse(text("v_pk"), text("v_sk")), actor(text("pk")));
    if let Some(whose) = whose {
        item.insert("vendor_id".into(), whose.vendor_id.to_string().into());
        item.insert("device_id".into(), whose.device_id.as_str().into());
        item.insert("user_omni".into(), whose.user_omni.to_string().into());
    }
    if let Some(actor) = actor {
        item.insert("actor_omni".into(), actor.to_string().into());
    }
}

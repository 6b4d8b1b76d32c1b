//! Bindings: the record of truth of a device, found by its actor omni.
//!
//! An item stays under one kilobyte, index entry included, so that a registration costs three write units. So it says
//! nothing twice: vendor, device and user are read back from its keys.

use domain::Error;
use domain::audit::By;
use domain::cap::{MAX_CAP_SECONDS, Namespace};
use domain::cap_policy::CapLimits;
use domain::clock::Timestamp;
use domain::device::{Binding, DeviceId, Metadata, Model};
use domain::ids::{BindingId, VendorId};
use domain::omni::{ActorOmni, Generation, UserOmni};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Created, Entity, Item, Key, Read, Row, VendorStore, broken};
use crate::platform::signer::Receipt;

/// How many partitions a vendor's devices are spread over in the indexes: one takes 1,000 writes a second.
pub const SHARDS: u8 = 16;

/// The attributes of a binding's item beside its keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredBinding {
    #[serde(skip)]
    place: Option<Place>,
    binding_id: BindingId,
    generation: Generation,
    registered_at: Timestamp,
    /// What may be read: names with spaces between them.
    namespaces: String,
    /// What may be written, where it is not the same: a bit for each place in the catalogue, which only grows. Names would
    /// not fit into the kilobyte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store_mask: Option<u32>,
    /// The longest life of a cap, where it is shorter than any cap's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cap_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<Model>,
    /// As JSON text: a DynamoDB number has no exponent beyond 125, a JSON number may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(with = "serde_bytes")]
    receipt: Vec<u8>,
}

/// What the keys of a binding's item say.
#[derive(Clone, Debug)]
struct Place {
    vendor_id: VendorId,
    device_id: DeviceId,
    user_omni: UserOmni,
    actor_omni: ActorOmni,
}

impl Place {
    fn by_vendor(&self) -> Key {
        let pk = shard_partition(self.vendor_id, shard(&self.device_id));
        Key::new(pk, format!("{}#{}", self.device_id, self.user_omni))
    }

    /// Reads the keys back. The user omni has a fixed length, so a `#` in a device id does no harm.
    fn parse(pk: &str, v_pk: &str, v_sk: &str) -> Option<Self> {
        let (device_id, user_omni) = v_sk.rsplit_once('#')?;
        let (vendor_id, _shard) = v_pk.strip_prefix("DEVICES#")?.split_once('#')?;
        Some(Self {
            vendor_id: vendor_id.parse().ok()?,
            device_id: device_id.parse().ok()?,
            user_omni: user_omni.parse().ok()?,
            actor_omni: pk.strip_prefix("ACTOR#")?.parse().ok()?,
        })
    }
}

impl Entity for StoredBinding {
    const KIND: &'static str = "binding";

    fn key(&self) -> Key {
        let actor = self.place.as_ref().map(|place| place.actor_omni.to_string()).unwrap_or_default();
        Key::new(format!("ACTOR#{actor}"), "BINDING")
    }

    fn by_vendor(&self) -> Option<Key> {
        self.place.as_ref().map(Place::by_vendor)
    }
}

fn shard(device_id: &DeviceId) -> u8 {
    Sha256::digest(device_id.as_str().as_bytes())[0] % SHARDS
}

fn shard_partition(vendor_id: VendorId, shard: u8) -> String {
    format!("DEVICES#{vendor_id}#{shard:02}")
}

fn join(namespaces: &[Namespace]) -> String {
    namespaces.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

fn mask(namespaces: &[Namespace]) -> u32 {
    let places = Namespace::ALL.iter().enumerate().filter(|(_, name)| namespaces.contains(name));
    places.fold(0, |mask, (at, _)| mask | 1 << at)
}

fn unmask(mask: u32) -> Vec<Namespace> {
    let places = Namespace::ALL.into_iter().enumerate().filter(|(at, _)| mask & (1 << at) != 0);
    places.map(|(_, name)| name).collect()
}

/// A binding with its receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The binding.
    pub binding: Binding,
    /// Its receipt.
    pub receipt: Receipt,
}

impl Registered {
    fn to_stored(&self) -> StoredBinding {
        let Binding { vendor_id, device_id, user_omni, actor_omni, limits, .. } = self.binding.clone();
        StoredBinding {
            place: Some(Place { vendor_id, device_id, user_omni, actor_omni }),
            binding_id: self.binding.binding_id,
            generation: self.binding.generation,
            registered_at: self.binding.registered_at,
            namespaces: join(&limits.fetch),
            store_mask: (limits.store != limits.fetch).then(|| mask(&limits.store)),
            cap_seconds: (limits.max_ttl_seconds != MAX_CAP_SECONDS).then_some(limits.max_ttl_seconds),
            model: self.binding.model.clone(),
            metadata: (!self.binding.metadata.is_empty()).then(|| self.binding.metadata.to_json()),
            receipt: self.receipt.pack(),
        }
    }

    fn from_item(item: Item) -> Result<Self, Error> {
        let row: Row<StoredBinding> = Row::from_item(item)?;
        let stored = row.item;
        let (v_pk, v_sk) = (row.v_pk.unwrap_or_default(), row.v_sk.unwrap_or_default());
        let place = Place::parse(&row.pk, &v_pk, &v_sk).ok_or_else(|| broken("keys of a binding"))?;
        let fetch = stored.namespaces.split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>();
        let fetch = fetch.map_err(broken)?;
        let store = stored.store_mask.map_or_else(|| fetch.clone(), unmask);
        let max_ttl_seconds = stored.cap_seconds.unwrap_or(MAX_CAP_SECONDS);
        let metadata = stored.metadata.as_deref().map_or(Ok(Metadata::default()), serde_json::from_str);
        let binding = Binding {
            binding_id: stored.binding_id,
            vendor_id: place.vendor_id,
            device_id: place.device_id,
            user_omni: place.user_omni,
            actor_omni: place.actor_omni,
            generation: stored.generation,
            registered_at: stored.registered_at,
            model: stored.model,
            metadata: metadata.map_err(broken)?,
            limits: CapLimits { fetch, store, max_ttl_seconds },
        };
        Ok(Self { binding, receipt: Receipt::unpack(&stored.receipt)? })
    }
}

/// Adds to a binding's item what its keys and its mask say, for who reads the item without this module: the audit log.
pub fn spell_out(item: &mut Map<String, Value>) {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    if let Some(place) = Place::parse(text("pk"), text("v_pk"), text("v_sk")) {
        item.insert("vendor_id".into(), place.vendor_id.to_string().into());
        item.insert("device_id".into(), place.device_id.as_str().into());
        item.insert("user_omni".into(), place.user_omni.to_string().into());
        item.insert("actor_omni".into(), place.actor_omni.to_string().into());
    }
    if let Some(store) = item.remove("store_mask").and_then(|mask| u32::try_from(mask.as_u64()?).ok()) {
        item.insert("store_namespaces".into(), join(&unmask(store)).into());
    }
}

impl VendorStore {
    /// Where the binding of `actor_omni` is.
    pub fn binding_key(&self, actor_omni: ActorOmni) -> Key {
        Key::new(format!("ACTOR#{actor_omni}"), "BINDING")
    }

    /// The binding in an item that was read. Another vendor's is none.
    ///
    /// # Errors
    /// [`Error::Internal`] when the item is no binding.
    pub fn registered(&self, item: Option<Item>) -> Result<Option<Registered>, Error> {
        let found = item.map(Registered::from_item).transpose()?;
        Ok(found.filter(|found| found.binding.vendor_id == self.vendor_id))
    }

    /// The binding of `actor_omni`, read so that one of a moment ago is seen. Another vendor's is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn registered_for_sure(&self, actor_omni: ActorOmni) -> Result<Option<Registered>, Error> {
        self.registered(self.store.get_item(&self.binding_key(actor_omni), Read::Consistent).await?)
    }

    /// Makes a binding, unless its triple has one. The one that was first, if it was not this.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_binding(&self, registered: &Registered, by: &By) -> Result<Option<Registered>, Error> {
        match self.store.create(&registered.to_stored(), by, None).await? {
            Created::New => Ok(None),
            Created::Existing(item) => {
                let first = self.registered(Some(*item))?;
                first.map(Some).ok_or_else(|| broken("an actor of two vendors"))
            }
        }
    }

    /// Whether the vendor ever registered a device. Asks all shards at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn has_device(&self) -> Result<bool, Error> {
        let mut asked = tokio::task::JoinSet::new();
        for shard in 0..SHARDS {
            let (store, partition) = (self.store.clone(), shard_partition(self.vendor_id, shard));
            asked.spawn(async move { store.any_in_index(partition).await });
        }
        while let Some(answer) = asked.join_next().await {
            if answer.map_err(|error| Error::Internal(error.to_string()))?? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

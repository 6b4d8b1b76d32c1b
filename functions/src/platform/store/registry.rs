//! A vendor's registry of devices: finding, making and releasing bindings.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Error;
use domain::audit::By;
use domain::omni::ActorOmni;

use super::binding::{Registered, Slot, StoredBinding, binding_key, devices_partition};
use super::{Created, Item, Key, Read, Row, Still, Transacted, VendorStore, Write, broken, unavailable};

/// How many keys one batch read takes.
const BATCH: usize = 100;

/// How often a release is tried against others at the same items.
const ATTEMPTS: u32 = 4;

impl VendorStore {
    /// Where the binding of `actor_omni` is.
    pub fn binding_key(&self, actor_omni: ActorOmni) -> Key {
        binding_key(actor_omni)
    }

    /// The binding's item, live or released. Another vendor's is none.
    ///
    /// # Errors
    /// [`Error::Internal`] when the item is no binding.
    pub fn slot(&self, item: Option<Item>) -> Result<Option<Slot>, Error> {
        let found = item.map(Slot::from_item).transpose()?;
        Ok(found.filter(|found| found.registered.binding.vendor_id == self.vendor_id))
    }

    /// The live binding in an item that was read. A released one is none, and so is another vendor's.
    ///
    /// # Errors
    /// [`Error::Internal`] when the item is no binding.
    pub fn registered(&self, item: Option<Item>) -> Result<Option<Registered>, Error> {
        Ok(self.slot(item)?.filter(Slot::is_live).map(|slot| slot.registered))
    }

    /// The item of an actor, read consistently.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn read_slot(&self, actor_omni: ActorOmni) -> Result<Option<Slot>, Error> {
        self.slot(self.store.get_item(&binding_key(actor_omni), Read::Consistent).await?)
    }

    /// The items of many actors by their keys, read consistently, a hundred a call.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn read_slots(&self, actors: &[ActorOmni]) -> Result<HashMap<Key, Slot>, Error> {
        let mut keys: Vec<Key> = actors.iter().copied().map(binding_key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut slots = HashMap::new();
        for keys in keys.chunks(BATCH) {
            for (key, item) in self.store.batch_get(keys, Read::Consistent).await? {
                slots.extend(self.slot(Some(item))?.map(|slot| (key, slot)));
            }
        }
        Ok(slots)
    }

    /// Makes a binding, unless its actor has one. The one that was first, if it was not this.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_binding(&self, registered: &Registered, by: &By) -> Result<Option<Registered>, Error> {
        match self.store.create(&Slot::live(registered.clone()).to_stored(), by, None).await? {
            Created::New => Ok(None),
            Created::Existing(item) => {
                let first = self.slot(Some(*item))?;
                first.map(|slot| Some(slot.registered)).ok_or_else(|| broken("an actor of two vendors"))
            }
        }
    }

    /// Releases `current`, the live generation of the triple whose root is `root`. Of two that release it at once one
    /// wins; `false` for the other, which has freed nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn release_binding(&self, root: &Slot, current: &Slot, by: &By) -> Result<bool, Error> {
        let generation = current.registered.binding.generation;
        let released = Slot { released_at: Some(by.at), ..current.clone() };
        if generation == 0 {
            // A root that counts no release is a live one.
            let root = Slot { released: 1, ..released };
            let item = Row::new(&root.to_stored(), by).into_item()?;
            let first = self.store.change(item, Still::Lacks("released")).await?;
            return Ok(first || self.is_own(&root, by).await?);
        }
        let root = Slot { released: generation + 1, ..root.clone() };
        let count = AttributeValue::N(generation.to_string());
        for _ in 0..ATTEMPTS {
            let writes = vec![
                Write::Change(Row::new(&released.to_stored(), by).into_item()?, Still::Lacks("released_at")),
                Write::Change(Row::new(&root.to_stored(), by).into_item()?, Still::Says("released", count.clone())),
            ];
            match self.store.transact(writes).await? {
                Transacted::Done => return Ok(true),
                Transacted::Refused(_) => return self.is_own(&released, by).await,
                // Whoever was at it may be done with it, and to look is in nobody's way.
                Transacted::Busy => {
                    let now = self.read_slot(current.registered.binding.actor_omni).await?;
                    if !now.is_some_and(|slot| slot.is_live()) {
                        return self.is_own(&released, by).await;
                    }
                }
            }
        }
        Err(Error::Unavailable("others keep releasing the same binding".into()))
    }

    /// Whether the item of `slot` was last changed by this very request: its answer was lost and the SDK tried again.
    async fn is_own(&self, slot: &Slot, by: &By) -> Result<bool, Error> {
        let key = binding_key(slot.registered.binding.actor_omni);
        let row: Option<Row<StoredBinding>> = self.store.get(&key, Read::Consistent).await?;
        Ok(row.is_some_and(|row| row.by == *by))
    }

    /// Whether the vendor has a device: half a read unit.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn has_device(&self) -> Result<bool, Error> {
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .index_name(super::BY_VENDOR)
            .key_condition_expression("v_pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(devices_partition(self.vendor_id)))
            .limit(1)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(answer.count > 0)
    }
}

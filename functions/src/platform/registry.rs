//! The one way in which devices are registered and released: alone, in a batch, or by lot.
//!
//! The actor is derived, the condition on its item decides who was first, and whoever was not answers with what the
//! first one stored.

use domain::Error;
use domain::audit::By;
use domain::cap::{MAX_CAP_SECONDS, Namespace, Revoked};
use domain::clock::{plus_seconds, whole_second};
use domain::device::{Binding, DeviceId, Registration};
use domain::ids::BindingId;
use domain::omni::{ActorOmni, Generation, UserOmni, actor_omni};
use domain::token::LEEWAY_SECONDS;

use super::app::App;
use super::parallel;
use super::store::VendorStore;
use super::store::binding::{Registered, Slot};

/// How many bindings one request makes at a time.
const AT_ONCE: usize = 32;
/// How often a triple is looked at again because others released it in between.
const ATTEMPTS: u32 = 4;

/// Registers for one vendor on behalf of one caller.
#[derive(Clone)]
pub struct Registry {
    app: App,
    store: VendorStore,
    namespaces: Vec<Namespace>,
    by: By,
}

/// Where a triple stands: its generation that counts now, and the binding if it is there.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The generation to answer with, or to make.
    pub generation: Generation,
    /// Its binding.
    pub registered: Option<Registered>,
}

/// A binding to be made.
pub struct Order {
    /// Of what.
    pub registration: Registration,
    /// Which generation of its triple.
    pub generation: Generation,
    /// Under which name.
    pub binding_id: BindingId,
}

impl Registry {
    /// A registry whose new devices may reach `namespaces`.
    pub fn new(app: &App, store: VendorStore, namespaces: Vec<Namespace>, by: By) -> Self {
        Self { app: app.clone(), store, namespaces, by }
    }

    fn actor(&self, registration: &Registration, generation: Generation) -> ActorOmni {
        actor_omni(self.store.vendor_id(), &registration.device_id, registration.user_omni, generation)
    }

    /// Where a triple stands whose root was read; or `told`, the generation that its caller's key tells of.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also when others release it over and over.
    pub async fn standing(
        &self,
        registration: &Registration,
        root: Option<Slot>,
        told: Option<Generation>,
    ) -> Result<Standing, Error> {
        let mut root = root;
        for _ in 0..ATTEMPTS {
            let generation = told.unwrap_or_else(|| root.as_ref().map_or(0, |root| root.released));
            let slot = match generation {
                0 => root,
                later => self.store.read_slot(self.actor(registration, later)).await?,
            };
            match slot {
                // Released since the root was read, or the read lagged behind.
                Some(slot) if told.is_none() && !slot.is_live() => {
                    root = self.store.read_slot(self.actor(registration, 0)).await?;
                }
                slot => return Ok(Standing { generation, registered: slot.map(|slot| slot.registered) }),
            }
        }
        Err(Error::Unavailable("others keep releasing this binding".into()))
    }

    /// Where many triples stand; `told` has a generation for each, or is empty. One read a hundred triples, and another
    /// for those that were released before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn standings(&self, registrations: &[Registration], told: &[Generation]) -> Result<Vec<Standing>, Error> {
        let roots: Vec<ActorOmni> = registrations.iter().map(|one| self.actor(one, 0)).collect();
        let slots = self.store.read_slots(&roots).await?;
        let root = |at: usize| slots.get(&self.store.binding_key(roots[at]));
        let generation = |at: usize| told.get(at).copied().or_else(|| root(at).map(|root| root.released)).unwrap_or(0);
        let later: Vec<ActorOmni> = (0..registrations.len())
            .filter(|at| generation(*at) > 0)
            .map(|at| self.actor(&registrations[at], generation(at)))
            .collect();
        let later = if later.is_empty() { Default::default() } else { self.store.read_slots(&later).await? };
        let mut standings = Vec::new();
        for (at, registration) in registrations.iter().enumerate() {
            let generation = generation(at);
            let actor = self.store.binding_key(self.actor(registration, generation));
            let slot = if generation == 0 { root(at) } else { later.get(&actor) };
            standings.push(match slot {
                Some(slot) if told.is_empty() && !slot.is_live() => {
                    let root = self.store.read_slot(roots[at]).await?;
                    self.standing(registration, root, None).await?
                }
                slot => Standing { generation, registered: slot.map(|slot| slot.registered.clone()) },
            });
        }
        Ok(standings)
    }

    /// Makes a binding; the one that was first, if it was not this. The flag tells whether this was.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn make(&self, order: Order) -> Result<(Registered, bool), Error> {
        let Order { registration, generation, binding_id } = order;
        let binding = Binding {
            binding_id,
            vendor_id: self.store.vendor_id(),
            actor_omni: self.actor(&registration, generation),
            device_id: registration.device_id,
            user_omni: registration.user_omni,
            generation,
            registered_at: whole_second(self.by.at),
            model: registration.model,
            metadata: registration.metadata,
            namespaces: self.namespaces.clone(),
        };
        let receipt = self.app.signer()?.receipt(&binding).await?;
        let registered = Registered { binding, receipt };
        Ok(match self.store.create_binding(&registered, &self.by).await? {
            // Our own name: an answer was lost and somebody tried again.
            Some(first) => {
                let ours = first.binding.binding_id == binding_id;
                (first, ours)
            }
            None => (registered, true),
        })
    }

    /// Makes many bindings at once, in the order of `orders`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when one could not be made. The others are, and are found by the retry.
    pub async fn make_all(&self, orders: Vec<Order>) -> Result<Vec<(Registered, bool)>, Error> {
        // DynamoDB's batch of writes knows no conditions, so each is a put of its own.
        let make = |order: Order| {
            let registry = self.clone();
            async move { registry.make(order).await }
        };
        parallel::all(AT_ONCE, orders.into_iter().map(make)).await
    }
}

/// Releases the binding of a device and a user: it frees the triple, and ends the caps of its actor.
///
/// # Errors
/// [`Error::NotFound`] when there is no live binding, also because another release was faster; [`Error::Unavailable`].
pub async fn release(store: &VendorStore, device_id: &DeviceId, user_omni: UserOmni, by: &By) -> Result<(), Error> {
    let actor = |generation| actor_omni(store.vendor_id(), device_id, user_omni, generation);
    let root = store.read_slot(actor(0)).await?.ok_or(Error::NotFound)?;
    let current = match root.released {
        0 => root.clone(),
        generation => store.read_slot(actor(generation)).await?.ok_or(Error::NotFound)?,
    };
    if !current.is_live() {
        return Err(Error::NotFound);
    }
    // First the caps: were they last, a crash in between would leave caps of a released actor. A cap lives for
    // MAX_CAP_SECONDS, and whoever checks it may be as lenient as we are.
    let actor = current.registered.binding.actor_omni;
    let over = plus_seconds(by.at, i64::from(MAX_CAP_SECONDS) + LEEWAY_SECONDS);
    store.revoke(Revoked::ActorOmni(actor), over, by).await?;
    match store.release_binding(&root, &current, by).await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

//! A vendor's objects at Stripe.

use domain::Error;
use domain::audit::By;
use domain::ids::AttemptId;
use domain::rail::StripeObjects;

use super::vendor::vendor_partition;
use super::{Created, Entity, Key, Read, Row, VendorStore};

impl Entity for StripeObjects {
    const KIND: &'static str = "stripe";

    fn key(&self) -> Key {
        Key::new(vendor_partition(self.vendor_id), "RAIL#stripe")
    }
}

impl VendorStore {
    /// What the vendor has at Stripe, if it was ever sent there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn stripe_objects(&self) -> Result<Option<StripeObjects>, Error> {
        let key = Key::new(vendor_partition(self.vendor_id), "RAIL#stripe");
        let row: Option<Row<StripeObjects>> = self.store.get(&key, Read::Consistent).await?;
        Ok(row.map(|row| row.item))
    }

    /// Writes down a new visit before Stripe hears of it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another visit begins at the same moment; [`Error::Unavailable`].
    pub async fn begin_stripe_attempt(&self, attempt: AttemptId, by: &By) -> Result<StripeObjects, Error> {
        match self.stripe_objects().await? {
            Some(objects) => self.put_stripe_objects(StripeObjects { attempt, ..objects }, by).await,
            None => {
                let objects = StripeObjects::new(self.vendor_id, attempt);
                match self.store.create(&objects, by, None).await? {
                    Created::New => Ok(objects),
                    // Our own item: an answer was lost and the SDK tried again.
                    Created::Existing(_) => self.as_written(objects).await,
                }
            }
        }
    }

    /// Writes the next version of `objects`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when somebody else was faster; [`Error::Unavailable`].
    pub async fn put_stripe_objects(&self, objects: StripeObjects, by: &By) -> Result<StripeObjects, Error> {
        let next = StripeObjects { version: objects.version + 1, ..objects };
        match self.store.replace(&next, next.version, by).await? {
            true => Ok(next),
            false => self.as_written(next).await,
        }
    }

    /// `objects` if they are what is stored: a write whose answer was lost finds its own result.
    async fn as_written(&self, objects: StripeObjects) -> Result<StripeObjects, Error> {
        match self.stripe_objects().await? {
            Some(stored) if stored == objects => Ok(objects),
            Some(_) | None => Err(busy()),
        }
    }
}

fn busy() -> Error {
    Error::Conflict("the payment connection is being changed by another request; try again")
}

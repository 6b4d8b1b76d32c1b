//! What no cap counts for any more: single caps and whole actors, until their caps would have ended by themselves.
//!
//! One partition, in the order of the ends: the list is one query of what still matters. Revoking is rare, so nothing
//! hot is shared.

use domain::Error;
use domain::audit::By;
use domain::cap::Revoked;
use domain::clock::{Timestamp, sortable};
use domain::ids::VendorId;
use serde::{Deserialize, Serialize};

use super::{Entity, Key, VendorStore};

/// The partition of all revocations.
pub(super) const PARTITION: &str = "REVOKED";

/// A cap or an actor that is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// What is revoked.
    #[serde(flatten)]
    pub what: Revoked,
    /// From when on it does not matter, as no cap lives longer.
    pub expires_at: Timestamp,
}

impl Entity for Revocation {
    const KIND: &'static str = "revocation";

    fn key(&self) -> Key {
        Key::new(PARTITION, format!("{}#{}", sortable(self.expires_at), self.what))
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl VendorStore {
    /// Revokes a cap, or all caps of an actor, until `expires_at`. Revoked twice is revoked once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoke(&self, what: Revoked, expires_at: Timestamp, by: &By) -> Result<(), Error> {
        let revocation = Revocation { vendor_id: self.vendor_id, what, expires_at };
        self.store.create(&revocation, by, None).await.map(drop)
    }
}

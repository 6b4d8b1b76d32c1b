//! Idempotency records: what a key was first used for, for 24 h.

use data_encoding::HEXLOWER;
use domain::Error;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::device::{IdempotencyKey, KeyRecord, Registration};
use domain::ids::VendorId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Created, Entity, Item, Key, Row, VendorStore, broken};

/// A key's record. The answer is not in it: it is the binding's, which the same read finds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Idempotency {
    /// Whose key it is.
    pub vendor_id: VendorId,
    /// SHA-256 of the key, in hex.
    pub key_hash: String,
    /// SHA-256 of the first payload, in hex.
    pub fingerprint: String,
    /// From when on the key is as good as new.
    pub expires_at: Timestamp,
}

impl Entity for Idempotency {
    const KIND: &'static str = "idempotency";

    fn key(&self) -> Key {
        Key::new(format!("IDEM#{}#{}", self.vendor_id, self.key_hash), "REQUEST")
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

fn hash(key: &IdempotencyKey) -> String {
    HEXLOWER.encode(&Sha256::digest(key.as_str().as_bytes()))
}

fn record(item: Item) -> Result<KeyRecord, Error> {
    let Row { item: Idempotency { fingerprint, expires_at, .. }, .. } = Row::from_item(item)?;
    let bytes = HEXLOWER.decode(fingerprint.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(KeyRecord { fingerprint: bytes.ok_or_else(|| broken("fingerprint"))?, expires_at })
}

impl VendorStore {
    /// Where the record of `key` is.
    pub fn idempotency_key(&self, key: &IdempotencyKey) -> Key {
        Key::new(format!("IDEM#{}#{}", self.vendor_id, hash(key)), "REQUEST")
    }

    /// The record in an item that was read.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is none.
    pub fn key_record(&self, item: Option<Item>) -> Result<Option<KeyRecord>, Error> {
        item.map(record).transpose()
    }

    /// Takes `key` for `registration`. The record of whoever took it first, unless that one is over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn claim_key(
        &self,
        key: &IdempotencyKey,
        registration: &Registration,
        by: &By,
    ) -> Result<Option<KeyRecord>, Error> {
        let KeyRecord { fingerprint, expires_at } = KeyRecord::new(registration, by.at);
        let (vendor_id, key_hash) = (self.vendor_id, hash(key));
        let item = Idempotency { vendor_id, key_hash, fingerprint: HEXLOWER.encode(&fingerprint), expires_at };
        match self.store.create(&item, by, Some(by.at)).await? {
            Created::New => Ok(None),
            Created::Existing(item) => record(*item).map(Some),
        }
    }
}

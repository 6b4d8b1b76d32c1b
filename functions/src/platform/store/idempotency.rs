//! Idempotency records: what a key was first used for, for 24 h.

use data_encoding::HEXLOWER;
use domain::Error;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::device::{Fingerprint, IdempotencyKey, KeyRecord};
use domain::ids::VendorId;
use domain::omni::Generation;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Created, Entity, Item, Key, Row, VendorStore, broken};

/// A key's record. The answer is not in it: it is the bindings', whose items keep it for ever.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Idempotency {
    /// Whose key it is.
    pub vendor_id: VendorId,
    /// SHA-256 of the key, in hex.
    pub key_hash: String,
    /// SHA-256 of the first payload, in hex.
    pub fingerprint: String,
    /// The generations that the answer tells of, with spaces between them; none where all are 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generations: Option<String>,
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
    let Row { item: Idempotency { fingerprint, generations, expires_at, .. }, .. } = Row::from_item(item)?;
    let bytes = HEXLOWER.decode(fingerprint.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let generations: Result<Vec<Generation>, _> =
        generations.unwrap_or_default().split_whitespace().map(str::parse).collect();
    Ok(KeyRecord {
        fingerprint: bytes.ok_or_else(|| broken("fingerprint"))?,
        generations: generations.map_err(broken)?,
        expires_at,
    })
}

/// What is written of generations: nothing where all are 0, as nearly always.
fn written(generations: &[Generation]) -> Option<String> {
    let words = || generations.iter().map(Generation::to_string).collect::<Vec<_>>().join(" ");
    generations.iter().any(|generation| *generation > 0).then(words)
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

    /// Takes `key` for a payload whose answer tells of these generations. The record of whoever took it first, unless
    /// that one is over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn claim_key(
        &self,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        generations: Vec<Generation>,
        by: &By,
    ) -> Result<Option<KeyRecord>, Error> {
        let KeyRecord { fingerprint, generations, expires_at } = KeyRecord::new(fingerprint, generations, by.at);
        let item = Idempotency {
            vendor_id: self.vendor_id,
            key_hash: hash(key),
            fingerprint: HEXLOWER.encode(&fingerprint),
            generations: written(&generations),
            expires_at,
        };
        match self.store.create(&item, by, Some(by.at)).await? {
            Created::New => Ok(None),
            Created::Existing(item) => record(*item).map(Some),
        }
    }
}

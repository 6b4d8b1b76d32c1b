//! What no cap counts for any more: single caps and whole actors, until their caps would have ended by themselves.
//!
//! One partition, in the order of the ends: the list is one query of what still matters. Revoking is rare, so nothing
//! hot is shared.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Error;
use domain::audit::By;
use domain::cap::Revoked;
use domain::clock::{Timestamp, sortable};
use domain::ids::VendorId;
use serde::{Deserialize, Serialize};

use super::{Entity, Key, Row, Store, VendorStore, unavailable};

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
        // With its vendor: nobody can take the place of another's revocation.
        Key::new(PARTITION, format!("{}#{}#{}", sortable(self.expires_at), self.what, self.vendor_id))
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

/// How many revocations an answer holds: some 200 bytes each, and all in one query of less than a megabyte.
const PAGE: i32 = 1000;

/// A part of the list.
pub struct RevokedPage {
    /// What is revoked, the first to end first.
    pub revoked: Vec<Revocation>,
    /// The sort key to go on after, if there is more.
    pub next: Option<String>,
}

impl Store {
    /// What is revoked at `now`, at most 1,000 entries, after the sort key `after`. Everybody's: whoever checks a cap
    /// must know. Read consistently: a revocation that was answered is in it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoked(&self, now: Timestamp, after: Option<&str>) -> Result<RevokedPage, Error> {
        let from = sortable(now);
        // DynamoDB refuses a start outside the range that is asked for: by now that entry is over, and all before it.
        let after = after.filter(|sk| *sk > from.as_str());
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk > :now")
            .expression_attribute_values(":pk", AttributeValue::S(PARTITION.to_owned()))
            .expression_attribute_values(":now", AttributeValue::S(from))
            .limit(PAGE)
            .set_exclusive_start_key(after.map(|sk| Key::new(PARTITION, sk).attributes()))
            .send()
            .await
            .map_err(unavailable)?;
        let next = answer.last_evaluated_key.map(|key| Key::of(&key).map(|key| key.sk)).transpose()?;
        let rows = answer.items.unwrap_or_default().into_iter().map(Row::from_item);
        let revoked = rows.map(|row| row.map(|row: Row<Revocation>| row.item)).collect::<Result<_, _>>()?;
        Ok(RevokedPage { revoked, next })
    }
}

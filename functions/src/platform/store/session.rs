//! Sessions of a vendor's person.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::ids::{SessionId, VendorId};
use domain::{Error, clock};
use serde::{Deserialize, Serialize};

use super::vendor::vendor_partition;
use super::{Entity, Key, Read, Row, Store, VendorStore, unavailable};
use crate::platform::secret::Hashed;

/// A session that is not used for this long is over, in seconds (12 h).
pub const IDLE_SECONDS: i64 = 12 * 3600;
/// No session lives longer, in seconds (7 days).
pub const MAX_SECONDS: i64 = 7 * 24 * 3600;
/// How many items one call reads.
const BATCH: usize = 100;
/// A session's use is noted at most this often, in seconds, so that not every request writes.
const SLIDE_SECONDS: i64 = 60;

/// A session. Its key is the hash of what the browser carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// SHA-256 of the value, in hex.
    pub hash: String,
    /// How the audit log names it.
    pub session_id: SessionId,
    /// Whose it is.
    pub vendor_id: VendorId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to a minute.
    pub last_seen_at: Timestamp,
    /// When its person ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Optimistic lock.
    pub version: u64,
}

impl Entity for Session {
    const KIND: &'static str = "session";

    fn key(&self) -> Key {
        Self::key_of(&self.hash)
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at().as_second())
    }
}

/// A vendor's session as it is found from the vendor: made together with the session, so that all of a vendor's can be
/// ended for sure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRef {
    /// SHA-256 of the session's value, in hex.
    pub hash: String,
    /// How the audit log names it.
    pub session_id: SessionId,
    /// Whose it is.
    pub vendor_id: VendorId,
    /// When it is over at the latest.
    pub expires_at: Timestamp,
}

impl Entity for SessionRef {
    const KIND: &'static str = "session_ref";

    fn key(&self) -> Key {
        Key::new(vendor_partition(self.vendor_id), format!("SESSION#{}", self.session_id))
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl Session {
    /// Its reference.
    pub fn reference(&self) -> SessionRef {
        let Self { hash, session_id, vendor_id, created_at, .. } = self.clone();
        SessionRef { hash, session_id, vendor_id, expires_at: clock::plus_seconds(created_at, MAX_SECONDS) }
    }

    fn key_of(hash: &str) -> Key {
        Key::new(format!("SESSION#{hash}"), "SESSION")
    }

    /// A session that begins at `at`.
    pub fn start(session_id: SessionId, hash: &Hashed, vendor_id: VendorId, at: Timestamp) -> Self {
        let hash = hash.as_str().to_owned();
        Self { hash, session_id, vendor_id, created_at: at, last_seen_at: at, ended_at: None, version: 0 }
    }

    /// When it is over if it is not used again.
    pub fn expires_at(&self) -> Timestamp {
        clock::plus_seconds(self.last_seen_at, IDLE_SECONDS).min(clock::plus_seconds(self.created_at, MAX_SECONDS))
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at()
    }
}

impl Store {
    /// The live session of this hash. Its use is noted if that was not done lately.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is none, [`Error::Unavailable`].
    pub async fn session(&self, hash: &Hashed, now: Timestamp) -> Result<Session, Error> {
        let row: Option<Row<Session>> = self.get(&Session::key_of(hash.as_str()), Read::Consistent).await?;
        let Some(Row { item: session, by, .. }) = row.filter(|row| row.item.is_live(now)) else {
            return Err(Error::Unauthenticated("no live session"));
        };
        if clock::plus_seconds(session.last_seen_at, SLIDE_SECONDS) <= now {
            let seen = Session { last_seen_at: now, version: session.version + 1, ..session };
            // The author stays who began it.
            if self.replace(&seen, seen.version, &by).await? {
                return Ok(seen);
            }
            // Somebody else slid it on, which is as good, or ended it, which counts.
            let row: Option<Row<Session>> = self.get(&Session::key_of(hash.as_str()), Read::Consistent).await?;
            let row = row.filter(|row| row.item.is_live(now));
            return row.map(|row| row.item).ok_or(Error::Unauthenticated("no live session"));
        }
        Ok(session)
    }

    /// Ends a session. Ended twice is ended once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_session(&self, session: &Session, by: &By) -> Result<(), Error> {
        for _ in 0..3 {
            let row: Option<Row<Session>> = self.get(&session.key(), Read::Consistent).await?;
            let Some(Row { item: current, .. }) = row.filter(|row| row.item.ended_at.is_none()) else {
                return Ok(());
            };
            let ended = Session { ended_at: Some(by.at), version: current.version + 1, ..current };
            if self.replace(&ended, ended.version, by).await? {
                return Ok(());
            }
        }
        Err(Error::Conflict("the session is in use; try again"))
    }
}

impl VendorStore {
    /// The vendor's live sessions, newest first, each with who began it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sessions(&self, now: Timestamp) -> Result<Vec<Row<Session>>, Error> {
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :session)")
            .expression_attribute_values(":pk", AttributeValue::S(vendor_partition(self.vendor_id)))
            .expression_attribute_values(":session", AttributeValue::S("SESSION#".into()))
            .scan_index_forward(false)
            .consistent_read(true)
            .send()
            .await
            .map_err(unavailable)?;
        let refs = answer.items.unwrap_or_default().into_iter().map(Row::<SessionRef>::from_item);
        let refs = refs.collect::<Result<Vec<_>, _>>()?.into_iter().map(|row| row.item);
        let keys: Vec<Key> = refs.filter(|one| now < one.expires_at).map(|one| Session::key_of(&one.hash)).collect();
        let mut live: Vec<Row<Session>> = Vec::new();
        for keys in keys.chunks(BATCH) {
            let mut found = self.store.batch_get(keys, Read::Consistent).await?;
            let rows = keys.iter().filter_map(|key| found.remove(key)).map(Row::from_item);
            live.extend(rows.collect::<Result<Vec<_>, _>>()?);
        }
        live.retain(|row| row.item.is_live(now));
        Ok(live)
    }

    /// Ends every session of the vendor.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one of them keeps being used at the same moment; [`Error::Unavailable`].
    pub async fn end_sessions(&self, by: &By) -> Result<(), Error> {
        for row in self.sessions(by.at).await? {
            self.store.end_session(&row.item, by).await?;
        }
        Ok(())
    }
}

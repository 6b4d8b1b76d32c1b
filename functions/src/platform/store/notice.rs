//! Notices to a vendor: each written down once under its name, and mailed by the job that the table's stream feeds.

use domain::Error;
use domain::audit::By;
use domain::clock::{Timestamp, plus_seconds};
use domain::ids::{TokenId, VendorId};
use serde::{Deserialize, Serialize};

use super::{Created, Entity, Key, Read, Row, Store, VendorStore};

/// At most one mail an hour and token tells of new addresses, in seconds.
const NEW_ADDRESS_SECONDS: i64 = 3600;
/// How long the record of a mailed expiry notice is kept, in seconds (60 days): longer than a token's last month.
const EXPIRY_SECONDS: i64 = 60 * 24 * 3600;

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum About {
    /// A token's life ends in so many days or fewer.
    TokenExpiry {
        /// The token.
        token_id: TokenId,
        /// Which of the notices.
        days: u8,
    },
    /// A token was used from an address that it was not used from before.
    NewAddress {
        /// The token.
        token_id: TokenId,
        /// The address, or the /64.
        address: String,
    },
}

/// A mail that a vendor gets once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom it goes to.
    pub vendor_id: VendorId,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// When it was mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// From when on the same may be told again.
    pub expires_at: Timestamp,
    /// Optimistic lock.
    pub version: u64,
}

impl Entity for Notice {
    const KIND: &'static str = "notice";

    fn key(&self) -> Key {
        Key::new(format!("NOTICE#{}", self.about.name()), "NOTICE")
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl About {
    /// What makes it the same notice.
    fn name(&self) -> String {
        match self {
            Self::TokenExpiry { token_id, days } => format!("token-expiry#{token_id}#{days}"),
            Self::NewAddress { token_id, .. } => format!("new-address#{token_id}"),
        }
    }

    fn seconds(&self) -> i64 {
        match self {
            Self::TokenExpiry { .. } => EXPIRY_SECONDS,
            Self::NewAddress { .. } => NEW_ADDRESS_SECONDS,
        }
    }
}

impl VendorStore {
    /// Writes a notice down, unless the same stands already: `true` if it was written. The mail follows from the stream.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn give_notice(&self, about: About, by: &By) -> Result<bool, Error> {
        let expires_at = plus_seconds(by.at, about.seconds());
        let notice = Notice { vendor_id: self.vendor_id, about, done_at: None, expires_at, version: 0 };
        let created = self.store.create(&notice, by, Some(by.at)).await?;
        Ok(matches!(created, Created::New))
    }
}

impl Store {
    /// A notice as it stands.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn notice(&self, notice: &Notice) -> Result<Option<Notice>, Error> {
        let row: Option<Row<Notice>> = self.get(&notice.key(), Read::Consistent).await?;
        Ok(row.map(|row| row.item))
    }

    /// Notes that a notice was mailed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn notice_done(&self, notice: Notice, by: &By) -> Result<(), Error> {
        let done = Notice { done_at: Some(by.at), version: notice.version + 1, ..notice };
        self.replace(&done, done.version, by).await.map(drop)
    }
}

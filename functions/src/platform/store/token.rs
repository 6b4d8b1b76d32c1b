//! Vendor tokens: what is known of them, and the slot that lets one be live at a time.

use domain::Error;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::ids::{TokenId, VendorId};
use domain::token::VendorToken;
use serde::{Deserialize, Serialize};

use super::vendor::vendor_partition;
use super::{Entity, Key, Read, Row, Transacted, VendorStore, Write};

impl Entity for VendorToken {
    const KIND: &'static str = "token";

    fn key(&self) -> Key {
        token_key(self.vendor_id, self.token_id)
    }
}

/// The key of a token.
pub fn token_key(vendor_id: VendorId, token_id: TokenId) -> Key {
    Key::new(vendor_partition(vendor_id), format!("TOKEN#{token_id}"))
}

/// Which token is a vendor's live one. Two requests that issue at once meet here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenSlot {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// The live token.
    pub token_id: TokenId,
    /// When its life ends.
    pub expires_at: Timestamp,
    /// Optimistic lock.
    pub version: u64,
}

impl Entity for TokenSlot {
    const KIND: &'static str = "token_slot";

    fn key(&self) -> Key {
        Self::key_of(self.vendor_id)
    }
}

impl TokenSlot {
    fn key_of(vendor_id: VendorId) -> Key {
        Key::new(vendor_partition(vendor_id), "TOKENS")
    }
}

impl VendorStore {
    /// Keeps a token that was just signed, if no other is live.
    ///
    /// # Errors
    /// [`Error::TokenExists`] when one is, also when it was issued at this very moment; [`Error::Unavailable`].
    pub async fn create_token(&self, token: &VendorToken, by: &By) -> Result<(), Error> {
        let before = self.token_slot().await?;
        if before.as_ref().is_some_and(|slot| by.at < slot.expires_at) {
            return Err(Error::TokenExists);
        }
        let version = before.as_ref().map_or(0, |slot| slot.version + 1);
        let (vendor_id, token_id, expires_at) = (self.vendor_id, token.token_id, token.expires_at);
        let slot = Row::new(&TokenSlot { vendor_id, token_id, expires_at, version }, by).into_item()?;
        let slot = if before.is_some() { Write::Replace(slot, version) } else { Write::Create(slot) };
        let token = Write::Create(Row::new(token, by).into_item()?);
        match self.store.transact(vec![token, slot]).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(_) => Err(Error::TokenExists),
            Transacted::Busy => Err(Error::Unavailable("two requests at one vendor's tokens at once".into())),
        }
    }

    /// The id of the token that is live at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn live_token(&self, now: Timestamp) -> Result<Option<TokenId>, Error> {
        let slot = self.token_slot().await?;
        Ok(slot.filter(|slot| now < slot.expires_at).map(|slot| slot.token_id))
    }

    async fn token_slot(&self) -> Result<Option<TokenSlot>, Error> {
        let row = self.store.get(&TokenSlot::key_of(self.vendor_id), Read::Consistent).await?;
        Ok(row.map(|row: Row<TokenSlot>| row.item))
    }
}

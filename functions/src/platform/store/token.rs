//! Vendor tokens: what is known of them, and the slot that lets one be live at a time.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Error;
use domain::audit::By;
use domain::clock::{Timestamp, whole_second};
use domain::ids::{TokenId, VendorId};
use domain::token::{NOTHING_TO_ROTATE, VendorToken};
use serde::{Deserialize, Serialize};

use super::vendor::vendor_partition;
use super::{Entity, Item, Key, Read, Row, Store, Transacted, VendorStore, Write, unavailable};

/// How often the end of a token is tried against others' changes at the same moment.
const ATTEMPTS: u32 = 3;

impl Entity for VendorToken {
    const KIND: &'static str = "token";

    fn key(&self) -> Key {
        token_key(self.vendor_id, self.token_id)
    }

    /// Under the day on which it ends, for who gives notice of that. One that was ended or replaced needs none.
    fn by_vendor(&self) -> Option<Key> {
        let goes_on = self.revoked_at.is_none() && self.rotated_at.is_none();
        goes_on.then(|| Key::new(ending_partition(self.expires_at), format!("{}#{}", self.vendor_id, self.token_id)))
    }
}

fn ending_partition(at: Timestamp) -> String {
    format!("TOKENS_ENDING#{}", at.strftime("%Y-%m-%d"))
}

/// The key of a token.
pub fn token_key(vendor_id: VendorId, token_id: TokenId) -> Key {
    Key::new(vendor_partition(vendor_id), format!("TOKEN#{token_id}"))
}

/// Which tokens of a vendor are valid. Requests that issue, replace or end at once meet here: every change of a token is
/// one transaction with the next version of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSlot {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// The active token.
    pub token_id: TokenId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The token that it replaced, while that one is in its grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Optimistic lock.
    pub version: u64,
}

/// A replaced token in its grace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// The token.
    pub token_id: TokenId,
    /// When it ends.
    pub valid_until: Timestamp,
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

impl TokenSlot {
    fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The token in its grace at `now`.
    fn in_grace(&self, now: Timestamp) -> Option<Previous> {
        self.previous.clone().filter(|previous| now < previous.valid_until)
    }
}

/// Told to whoever was slower.
const SLOWER: Error =
    Error::Conflict("another request changes this vendor's tokens at this moment; look and try again");

impl VendorStore {
    /// Keeps a token that was just signed, if no other is active.
    ///
    /// # Errors
    /// [`Error::TokenExists`] when one is, also when it was issued at this very moment; [`Error::Unavailable`].
    pub async fn create_token(&self, token: &VendorToken, by: &By) -> Result<(), Error> {
        let before = self.token_slot().await?;
        if before.as_ref().is_some_and(|slot| slot.is_live(by.at)) {
            return Err(Error::TokenExists);
        }
        let version = before.as_ref().map_or(0, |slot| slot.version + 1);
        let (vendor_id, token_id, expires_at) = (self.vendor_id, token.token_id, token.expires_at);
        let previous = before.as_ref().and_then(|slot| slot.in_grace(by.at));
        let slot = Row::new(&TokenSlot { vendor_id, token_id, expires_at, previous, version }, by).into_item()?;
        let slot = if before.is_some() { Write::Replace(slot, version) } else { Write::Create(slot) };
        let token = Write::Create(Row::new(token, by).into_item()?);
        match self.store.transact(vec![token, slot]).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(_) => Err(Error::TokenExists),
            Transacted::Busy => Err(Error::Unavailable("two requests at one vendor's tokens at once".into())),
        }
    }

    /// The active token with the slot that names it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when none is active, [`Error::Unavailable`].
    pub async fn active_token(&self, now: Timestamp) -> Result<(TokenSlot, VendorToken), Error> {
        let none = || Error::Conflict(NOTHING_TO_ROTATE);
        let slot = self.token_slot().await?.filter(|slot| slot.is_live(now)).ok_or_else(none)?;
        let token = self.token(slot.token_id).await?.ok_or_else(none)?;
        Ok((slot, token))
    }

    /// Keeps a token that was just signed in place of the one in `slot`, which becomes `before`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a third token would be valid, and for whoever was slower; [`Error::Unavailable`].
    pub async fn replace_token(
        &self,
        slot: &TokenSlot,
        before: &VendorToken,
        token: &VendorToken,
        by: &By,
    ) -> Result<(), Error> {
        let in_grace = slot.in_grace(by.at);
        let (token_id, valid_until) = (before.token_id, before.ends_at());
        let goes_on = before.revoked_at.is_none() && by.at < valid_until;
        let previous = match (in_grace, goes_on) {
            (Some(_), true) => {
                return Err(Error::Conflict(
                    "the token before the active one is still in its grace, and two are valid at most; end it with \
                     DELETE /v1/vendor/tokens/{token_id}, or rotate with revoke_previous",
                ));
            }
            (None, true) => Some(Previous { token_id, valid_until }),
            (older, false) => older,
        };
        let version = slot.version + 1;
        let (token_id, expires_at) = (token.token_id, token.expires_at);
        let slot = TokenSlot { token_id, expires_at, previous, version, ..slot.clone() };
        let writes = vec![
            Write::Replace(Row::new(&slot, by).into_item()?, version),
            Write::Create(Row::new(token, by).into_item()?),
            Write::Overwrite(Row::new(before, by).into_item()?),
        ];
        match self.store.transact(writes).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(_) | Transacted::Busy => Err(SLOWER),
        }
    }

    /// Ends a token. One that is over already stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another vendor's; [`Error::Conflict`] when others keep being faster;
    /// [`Error::Unavailable`].
    pub async fn revoke_token(&self, token_id: TokenId, by: &By) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let (slot, token) = tokio::try_join!(self.token_slot(), self.token(token_id))?;
            let (slot, token) = slot.zip(token).ok_or(Error::NotFound)?;
            let ended = token.clone().revoked(whole_second(by.at));
            if ended == token {
                return Ok(());
            }
            let version = slot.version + 1;
            let previous = slot.in_grace(by.at).filter(|previous| previous.token_id != token_id);
            let expires_at = if slot.token_id == token_id { by.at } else { slot.expires_at };
            let slot = TokenSlot { expires_at, previous, version, ..slot };
            let writes = vec![
                Write::Replace(Row::new(&slot, by).into_item()?, version),
                Write::Overwrite(Row::new(&ended, by).into_item()?),
            ];
            if self.store.transact(writes).await? == Transacted::Done {
                return Ok(());
            }
        }
        Err(SLOWER)
    }

    /// A token.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn token(&self, token_id: TokenId) -> Result<Option<VendorToken>, Error> {
        let row = self.store.get(&token_key(self.vendor_id, token_id), Read::Consistent).await?;
        Ok(row.map(|row: Row<VendorToken>| row.item))
    }

    /// The id of the token that is live at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn live_token(&self, now: Timestamp) -> Result<Option<TokenId>, Error> {
        let slot = self.token_slot().await?;
        Ok(slot.filter(|slot| slot.is_live(now)).map(|slot| slot.token_id))
    }

    async fn token_slot(&self) -> Result<Option<TokenSlot>, Error> {
        let row = self.store.get(&TokenSlot::key_of(self.vendor_id), Read::Consistent).await?;
        Ok(row.map(|row: Row<TokenSlot>| row.item))
    }
}

impl Store {
    /// A page of all vendors' tokens that end on the day of `at`, after the place `after`, and where to go on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn tokens_ending(
        &self,
        at: Timestamp,
        after: Option<Item>,
    ) -> Result<(Vec<VendorToken>, Option<Item>), Error> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(super::BY_VENDOR)
            .key_condition_expression("v_pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(ending_partition(at)))
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(unavailable)?;
        let rows = answer.items.unwrap_or_default().into_iter().map(Row::from_item);
        let tokens = rows.map(|row| row.map(|row: Row<VendorToken>| row.item)).collect::<Result<_, _>>()?;
        Ok((tokens, answer.last_evaluated_key))
    }
}

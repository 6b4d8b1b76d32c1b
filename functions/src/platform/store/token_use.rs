//! Who uses a token: when last, from where first, and who still does after it was replaced.
//!
//! Nothing here is on the hot path but the first use of an hour and the first from an address, of each instance.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Error;
use domain::address::AddressBlock;
use domain::audit::By;
use domain::clock::{Timestamp, plus_seconds, rfc3339, whole_hour};
use domain::ids::{TokenId, VendorId};
use domain::token::{VENDOR_TOKEN_SECONDS, VendorToken};
use serde::{Deserialize, Serialize};

use super::token::token_key;
use super::vendor::vendor_partition;
use super::{Created, Entity, Item, Key, Row, VendorStore, broken, unavailable};

/// How long the record of a token's use is kept after the token's longest life, in seconds (30 days).
const KEEP_SECONDS: i64 = 30 * 24 * 3600;
/// How many addresses that still use a replaced token are told at most.
pub const USERS: usize = 20;

/// A token's last use. It lies beside the token, so that one query reads both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// The token.
    pub token_id: TokenId,
    /// The hour of its last use, by its start.
    pub last_used_at: Timestamp,
    /// From where that was, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

impl Entity for TokenUse {
    const KIND: &'static str = "token_use";

    fn key(&self) -> Key {
        let Key { pk, sk } = token_key(self.vendor_id, self.token_id);
        Key::new(pk, format!("{sk}#USE"))
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

/// What an address is to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The first of all, which later ones differ from.
    Baseline,
    /// A later one.
    New,
    /// One that used the token in its grace.
    InGrace,
}

/// An address that a token was used from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAddress {
    /// Whose the token is.
    pub vendor_id: VendorId,
    /// The token.
    pub token_id: TokenId,
    /// What the address is to it.
    pub role: Role,
    /// The address, or the /64.
    pub address: String,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

impl Entity for TokenAddress {
    const KIND: &'static str = "token_address";

    fn key(&self) -> Key {
        match self.role {
            // One a token: the condition on it decides which address was the first.
            Role::Baseline => Key::new(format!("TOKENIP#{}", self.token_id), "BASELINE"),
            Role::New => Key::new(format!("TOKENIP#{}", self.token_id), self.address.clone()),
            Role::InGrace => Key::new(grace_partition(self.token_id), self.address.clone()),
        }
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl TokenAddress {
    fn of(token: &VendorToken, address: AddressBlock, role: Role) -> Self {
        let VendorToken { vendor_id, token_id, .. } = *token;
        Self { vendor_id, token_id, role, address: address.to_string(), expires_at: forgotten(token) }
    }
}

fn grace_partition(token_id: TokenId) -> String {
    format!("TOKENGRACE#{token_id}")
}

fn forgotten(token: &VendorToken) -> Timestamp {
    plus_seconds(token.issued_at, VENDOR_TOKEN_SECONDS + KEEP_SECONDS)
}

/// A token as the list shows it.
pub struct ListedToken {
    /// The token.
    pub token: VendorToken,
    /// Its last use, if it was used.
    pub last_use: Option<TokenUse>,
}

/// A page of a vendor's tokens.
pub struct TokenPage {
    /// Newest first.
    pub tokens: Vec<ListedToken>,
    /// The token to go on after, if there is more.
    pub next: Option<TokenId>,
}

impl VendorStore {
    /// Notes that a token is used in this hour. The hour's first is enough.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_token_use(
        &self,
        token: &VendorToken,
        address: Option<AddressBlock>,
        by: &By,
    ) -> Result<(), Error> {
        let hour = whole_hour(by.at);
        let address = address.map(|address| address.to_string());
        let VendorToken { vendor_id, token_id, .. } = *token;
        let item = TokenUse { vendor_id, token_id, last_used_at: hour, address, expires_at: forgotten(token) };
        let put = self
            .store
            .client
            .put_item()
            .table_name(&self.store.table)
            .set_item(Some(Row::new(&item, by).into_item()?))
            .condition_expression("attribute_not_exists(pk) OR last_used_at < :hour")
            .expression_attribute_values(":hour", AttributeValue::S(rfc3339(hour)));
        super::changed(super::send_put(put).await).map(drop)
    }

    /// Notes the address that a token is used from. The very first of a token is what later ones differ from; each
    /// later one is noted once, and the table's stream tells the vendor.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_token_address(&self, token: &VendorToken, address: AddressBlock, by: &By) -> Result<(), Error> {
        match self.store.create(&TokenAddress::of(token, address, Role::Baseline), by, None).await? {
            Created::New => Ok(()),
            Created::Existing(item) => {
                let first: Row<TokenAddress> = Row::from_item(*item)?;
                match first.item.address == address.to_string() {
                    true => Ok(()),
                    false => self.store.create(&TokenAddress::of(token, address, Role::New), by, None).await.map(drop),
                }
            }
        }
    }

    /// Notes that an address uses a token in its grace.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_grace_use(&self, token: &VendorToken, address: AddressBlock, by: &By) -> Result<(), Error> {
        self.store.create(&TokenAddress::of(token, address, Role::InGrace), by, None).await.map(drop)
    }

    /// The first [`USERS`] addresses that used a token in its grace, each with its first use there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn grace_users(&self, token_id: TokenId) -> Result<Vec<Row<TokenAddress>>, Error> {
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(grace_partition(token_id)))
            .limit(i32::try_from(USERS).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let rows = answer.items.unwrap_or_default().into_iter().map(Row::from_item);
        let rows: Vec<Row<TokenAddress>> = rows.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter(|row| row.item.vendor_id == self.vendor_id).collect())
    }

    /// Tokens newest first, at most `limit`, after the token `after`, each with its last use: one query reads both.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn token_page(&self, limit: usize, after: Option<TokenId>) -> Result<TokenPage, Error> {
        let start = after.map(|after| token_key(self.vendor_id, after).attributes());
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :token)")
            .expression_attribute_values(":pk", AttributeValue::S(vendor_partition(self.vendor_id)))
            .expression_attribute_values(":token", AttributeValue::S("TOKEN#".into()))
            .scan_index_forward(false)
            .consistent_read(true)
            // A token is two items at most; one token more tells that there is a next page.
            .limit(i32::try_from(2 * (limit + 1)).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        let mut page = TokenPage { tokens: Vec::new(), next: None };
        let mut uses: HashMap<TokenId, TokenUse> = HashMap::new();
        for item in answer.items.unwrap_or_default() {
            if kind(&item)? == TokenUse::KIND {
                let last_use = Row::<TokenUse>::from_item(item)?.item;
                uses.insert(last_use.token_id, last_use);
                continue;
            }
            if page.tokens.len() == limit {
                page.next = page.tokens.last().map(|listed: &ListedToken| listed.token.token_id);
                break;
            }
            let token = Row::<VendorToken>::from_item(item)?.item;
            page.tokens.push(ListedToken { last_use: uses.remove(&token.token_id), token });
        }
        Ok(page)
    }
}

fn kind(item: &Item) -> Result<String, Error> {
    item.get("kind").and_then(|kind| kind.as_s().ok()).cloned().ok_or_else(|| broken("no kind"))
}

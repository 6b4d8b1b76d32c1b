//! The one table. Reads, conditional writes and transactions; each entity's keys and shape are in a file of its own.
//!
//! Every write is conditional and derived from its request, so that a retry finds its own result.

pub mod activity;
pub mod actor_day;
pub mod audit;
pub mod binding;
pub mod devices;
pub mod idempotency;
pub mod import;
pub mod link;
pub mod logo;
pub mod notice;
pub mod onboarding;
pub mod provider_event;
pub mod registry;
pub mod revocation;
pub mod row;
pub mod service_token;
pub mod session;
pub mod stripe;
pub mod token;
pub mod token_use;
pub mod vendor;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem,
};
use aws_types::SdkConfig;
use domain::Error;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::ids::VendorId;

pub use row::{Entity, Item, Key, Row};

use super::config::TableConfig;

/// The index by vendor, for lists.
pub const BY_VENDOR: &str = "by-vendor";

/// The table, for whoever answers for whom it reads.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
}

/// The door to one vendor's data, and to no other's.
#[derive(Clone)]
pub struct VendorStore {
    store: Store,
    vendor_id: VendorId,
}

impl VendorStore {
    /// Whose data this is.
    pub fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }
}

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// All that was written before is seen. A read unit for 4 KB.
    Consistent,
    /// May lag a little; for what a later condition decides. Half a unit.
    Eventual,
}

/// What a write that must be the first came to.
#[derive(Debug)]
pub enum Created {
    /// It was the first.
    New,
    /// Something was there: this.
    Existing(Box<Item>),
}

/// One write of a transaction.
pub enum Write {
    /// Put an item that must not exist.
    Create(Item),
    /// Put an item over the version before its own.
    Replace(Item, u64),
    /// Put an item over one that must exist. Another write of the transaction holds its version.
    Overwrite(Item),
    /// Put over an item of the same key that must exist and still be as told.
    Change(Item, Still),
    /// Delete an item that must exist.
    Take(Key),
}

/// What an item that is changed must still be like: how its writer knows that nobody was faster.
#[derive(Clone, Debug, PartialEq)]
pub enum Still {
    /// This attribute is not there.
    Lacks(&'static str),
    /// This attribute has this value.
    Says(&'static str, AttributeValue),
}

impl Still {
    /// As a condition, with the names and values in it.
    fn condition(self) -> (&'static str, HashMap<String, String>, Option<Item>) {
        let name = |field: &str| HashMap::from([("#field".to_owned(), field.to_owned())]);
        match self {
            Self::Lacks(field) => ("attribute_exists(pk) AND attribute_not_exists(#field)", name(field), None),
            Self::Says(field, value) => ("#field = :still", name(field), Some([(":still".to_owned(), value)].into())),
        }
    }
}

/// What a transaction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// All of it happened.
    Done,
    /// Nothing happened: the conditions of the writes at these places did not hold.
    Refused(Vec<usize>),
    /// Nothing happened: another request was at the same items. Read again and try again.
    Busy,
}

/// How many times a batch read asks again for what DynamoDB left out.
const BATCH_ATTEMPTS: u32 = 5;
/// How many times a write is tried that meets a transaction on one of its items. The SDK tries no such write again.
const CONFLICT_ATTEMPTS: u32 = 5;

impl Store {
    /// The table named in `config`.
    pub fn new(sdk: &SdkConfig, config: &TableConfig) -> Self {
        Self { client: Client::new(sdk), table: config.name.clone() }
    }

    /// The door to `vendor_id`'s data. Called where a credential of that vendor was checked, and by jobs on its behalf.
    pub fn of(&self, vendor_id: VendorId) -> VendorStore {
        VendorStore { store: self.clone(), vendor_id }
    }

    /// One item.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when DynamoDB does not answer, as for all calls here.
    pub async fn get<T: Entity>(&self, key: &Key, read: Read) -> Result<Option<Row<T>>, Error> {
        self.get_item(key, read).await?.map(Row::from_item).transpose()
    }

    async fn get_item(&self, key: &Key, read: Read) -> Result<Option<Item>, Error> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key.attributes()));
        let answer = get.consistent_read(read == Read::Consistent).send().await.map_err(unavailable)?;
        Ok(answer.item)
    }

    /// Up to 100 items in one call, by key.
    ///
    /// # Errors
    /// [`Error::Unavailable`] also when DynamoDB keeps leaving some out.
    pub async fn batch_get(&self, keys: &[Key], read: Read) -> Result<HashMap<Key, Item>, Error> {
        let mut found = HashMap::new();
        let attributes: Vec<_> = keys.iter().map(Key::attributes).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(attributes));
        let wanted = wanted.consistent_read(read == Read::Consistent).build().map_err(broken)?;
        let mut request = HashMap::from([(self.table.clone(), wanted)]);
        for attempt in 0..BATCH_ATTEMPTS {
            let answer =
                self.client.batch_get_item().set_request_items(Some(request)).send().await.map_err(unavailable)?;
            for item in answer.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                found.insert(Key::of(&item)?, item);
            }
            request = answer.unprocessed_keys.unwrap_or_default();
            if request.is_empty() {
                return Ok(found);
            }
            pause(attempt).await;
        }
        Err(Error::Unavailable("DynamoDB left keys unprocessed".into()))
    }

    /// Puts an item that must not exist, or only one whose `ttl` is over at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create<T: Entity>(&self, item: &T, by: &By, now: Option<Timestamp>) -> Result<Created, Error> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Row::new(item, by).into_item()?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(now) = now {
            put = put
                .condition_expression("attribute_not_exists(pk) OR #ttl <= :now")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()));
        }
        match send_put(put).await {
            Ok(_) => Ok(Created::New),
            Err(SdkError::ServiceError(error)) => match error.into_err() {
                PutItemError::ConditionalCheckFailedException(failed) => {
                    Ok(Created::Existing(Box::new(failed.item.unwrap_or_default())))
                }
                error => Err(unavailable(error)),
            },
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Puts `item` over the version before its own. `false` when somebody else was faster.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn replace<T: Entity>(&self, item: &T, version: u64, by: &By) -> Result<bool, Error> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Row::new(item, by).into_item()?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", AttributeValue::N((version - 1).to_string()));
        changed(send_put(put).await)
    }

    /// Puts `item` over the one of its key, if that is still as told. `false` when somebody else was faster.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn change(&self, item: Item, still: Still) -> Result<bool, Error> {
        let (condition, names, values) = still.condition();
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).condition_expression(condition);
        let put = put.set_expression_attribute_names(Some(names)).set_expression_attribute_values(values);
        changed(send_put(put).await)
    }

    /// All of `writes` or none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn transact(&self, writes: Vec<Write>) -> Result<Transacted, Error> {
        let items = writes.into_iter().map(|write| self.transact_item(write)).collect::<Result<Vec<_>, _>>()?;
        for attempt in 0..CONFLICT_ATTEMPTS {
            match self.transact_once(items.clone()).await? {
                Transacted::Busy => pause(attempt).await,
                done => return Ok(done),
            }
        }
        Ok(Transacted::Busy)
    }

    async fn transact_once(&self, items: Vec<TransactWriteItem>) -> Result<Transacted, Error> {
        match self.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(Transacted::Done),
            Err(SdkError::ServiceError(error)) => match error.into_err() {
                TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                    let reasons = cancelled.cancellation_reasons.unwrap_or_default();
                    let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
                    let refused: Vec<usize> =
                        reasons.iter().enumerate().filter_map(|(at, reason)| failed(reason).then_some(at)).collect();
                    Ok(if refused.is_empty() { Transacted::Busy } else { Transacted::Refused(refused) })
                }
                error => Err(unavailable(error)),
            },
            Err(error) => Err(unavailable(error)),
        }
    }

    fn transact_item(&self, write: Write) -> Result<TransactWriteItem, Error> {
        let put = |item: Item| Put::builder().table_name(&self.table).set_item(Some(item));
        let item = TransactWriteItem::builder();
        Ok(match write {
            Write::Create(new) => {
                let put = put(new).condition_expression("attribute_not_exists(pk)");
                item.put(put.build().map_err(broken)?).build()
            }
            Write::Replace(new, version) => {
                let before = AttributeValue::N((version - 1).to_string());
                let put = put(new).condition_expression("version = :before");
                item.put(put.expression_attribute_values(":before", before).build().map_err(broken)?).build()
            }
            Write::Overwrite(new) => {
                let put = put(new).condition_expression("attribute_exists(pk)");
                item.put(put.build().map_err(broken)?).build()
            }
            Write::Change(new, still) => {
                let (condition, names, values) = still.condition();
                let put = put(new).condition_expression(condition).set_expression_attribute_names(Some(names));
                item.put(put.set_expression_attribute_values(values).build().map_err(broken)?).build()
            }
            Write::Take(key) => {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key.attributes()));
                item.delete(delete.condition_expression("attribute_exists(pk)").build().map_err(broken)?).build()
            }
        })
    }
}

/// Waits before another attempt: 20 ms, and twice as long each time.
async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
}

/// Puts an item, again while a transaction is at it: what the transaction leaves behind, the condition decides on.
async fn send_put(put: PutItemFluentBuilder) -> Result<PutItemOutput, SdkError<PutItemError>> {
    for attempt in 1..CONFLICT_ATTEMPTS {
        match put.clone().send().await {
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_transaction_conflict_exception) => {
                pause(attempt).await;
            }
            done => return done,
        }
    }
    put.send().await
}

/// Whether a conditional put was the first.
fn changed(outcome: Result<PutItemOutput, SdkError<PutItemError>>) -> Result<bool, Error> {
    match outcome {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
            Ok(false)
        }
        Err(error) => Err(unavailable(error)),
    }
}

/// An error of the SDK, which nobody but the log may read.
fn unavailable(error: impl std::error::Error) -> Error {
    Error::Unavailable(format!("DynamoDB: {}", DisplayErrorContext(error)))
}

/// A request or an item that can't be built: a bug.
fn broken(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("DynamoDB item: {error}"))
}

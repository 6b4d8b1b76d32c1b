//! Audit rows: append only, written by the stream's consumer alone.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::Error;
use domain::audit::AuditRow;
use domain::clock::{Timestamp, sortable};
use domain::ids::VendorId;
use serde::{Deserialize, Serialize};

use super::{BATCH_ATTEMPTS, Entity, Item, Key, Row, Store, VendorStore, broken, pause, unavailable};

/// Whose log a row is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Owner {
    /// A vendor's own.
    Vendor(VendorId),
    /// That of operations: what is no vendor's.
    Operations(Operations),
}

/// The name of operations' log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operations {
    /// There is one.
    #[serde(rename = "operations")]
    Log,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vendor(vendor_id) => vendor_id.fmt(f),
            Self::Operations(Operations::Log) => f.write_str("operations"),
        }
    }
}

/// A row with whose log it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredAudit {
    /// Whose log.
    #[serde(rename = "vendor_id")]
    pub owner: Owner,
    /// The stream's sequence number, which puts the rows of one moment in order.
    pub sequence: String,
    /// The row. Its author is the item's `by`.
    pub row: AuditRow,
}

impl Entity for StoredAudit {
    const KIND: &'static str = "audit";

    fn key(&self) -> Key {
        let (at, id) = (sortable(self.row.by.at), self.row.audit_id);
        Key::new(partition(self.owner), format!("{at}#{:0>40}#{id}", self.sequence))
    }
}

fn partition(owner: Owner) -> String {
    format!("AUDIT#{owner}")
}

/// A page of the log.
pub struct AuditPage {
    /// The rows, newest first.
    pub rows: Vec<AuditRow>,
    /// The sort key to go on after, if there is more.
    pub next: Option<String>,
}

/// Which rows.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this type only.
    pub kind: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// How many calls a page may cost: a filter by type reads past rows that it does not show.
const PAGE_CALLS: u32 = 4;

impl Store {
    /// Appends rows, 25 a call. The same row twice is one row: its id comes from the stream's record.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn append_audit(&self, rows: &[StoredAudit]) -> Result<(), Error> {
        let mut items: HashMap<Key, Item> = HashMap::new();
        for row in rows {
            items.insert(row.key(), Row::new(row, &row.row.by).into_item()?);
        }
        let items: Vec<Item> = items.into_values().collect();
        for chunk in items.chunks(25) {
            self.put_all(chunk).await?;
        }
        Ok(())
    }

    async fn put_all(&self, items: &[Item]) -> Result<(), Error> {
        let write = |item: &Item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().map_err(broken)?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        let writes = items.iter().map(write).collect::<Result<Vec<_>, Error>>()?;
        let mut request = HashMap::from([(self.table.clone(), writes)]);
        for attempt in 0..BATCH_ATTEMPTS {
            let answer =
                self.client.batch_write_item().set_request_items(Some(request)).send().await.map_err(unavailable)?;
            request = answer.unprocessed_items.unwrap_or_default();
            if request.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(Error::Unavailable("DynamoDB left items unprocessed".into()))
    }
}

impl VendorStore {
    /// Rows newest first, at most `limit`, after the sort key `after`. With a filter by type a page may be shorter than
    /// asked for, and still have a next one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn audit_page(
        &self,
        filter: &AuditFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<AuditPage, Error> {
        let mut rows = Vec::new();
        // DynamoDB refuses a start outside the range that is asked for.
        let mut after = match after {
            Some(sk) if filter.from.is_some_and(|from| sk < sortable(from).as_str()) => {
                return Ok(AuditPage { rows: Vec::new(), next: None });
            }
            Some(sk) if filter.to.is_some_and(|to| sk > sortable(to).as_str()) => None,
            after => after.map(str::to_owned),
        };
        if filter.from.zip(filter.to).is_some_and(|(from, to)| from > to) {
            return Ok(AuditPage { rows: Vec::new(), next: None });
        }
        for _ in 0..PAGE_CALLS {
            let (found, more) = self.audit_query(filter, limit, after.as_deref()).await?;
            rows.extend(found);
            after = more;
            if after.is_none() || rows.len() > limit {
                break;
            }
        }
        // One row more than asked for is read, so that a next page is told of only where there is one.
        if rows.len() > limit {
            rows.truncate(limit);
            after = rows.last().map(|row: &Row<StoredAudit>| row.sk.clone());
        }
        Ok(AuditPage { rows: rows.into_iter().map(|row| row.item.row).collect(), next: after })
    }

    async fn audit_query(
        &self,
        filter: &AuditFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<(Vec<Row<StoredAudit>>, Option<String>), Error> {
        let partition = partition(Owner::Vendor(self.vendor_id));
        // A moment sorts before its own rows; `~` sorts after every moment.
        let bound = |at: Option<Timestamp>, open: &str| AttributeValue::S(at.map_or_else(|| open.to_owned(), sortable));
        let mut query = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(partition.clone()))
            .expression_attribute_values(":from", bound(filter.from, "0"))
            .expression_attribute_values(":to", bound(filter.to, "~"))
            .scan_index_forward(false)
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.map(|sk| Key::new(partition, sk).attributes()));
        if let Some(kind) = &filter.kind {
            query = query
                .filter_expression("#row.#type = :type")
                .expression_attribute_names("#row", "row")
                .expression_attribute_names("#type", "type")
                .expression_attribute_values(":type", AttributeValue::S(kind.clone()));
        }
        let answer = query.send().await.map_err(unavailable)?;
        let more = answer.last_evaluated_key.map(|key| Key::of(&key).map(|key| key.sk)).transpose()?;
        let rows = answer.items.unwrap_or_default().into_iter().map(Row::from_item).collect::<Result<_, _>>()?;
        Ok((rows, more))
    }
}

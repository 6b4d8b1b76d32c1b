//! Audit rows: append only, written by the stream's consumer alone.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::Error;
use domain::audit::AuditRow;
use domain::clock::sortable;
use domain::ids::VendorId;
use serde::{Deserialize, Serialize};

use super::{BATCH_ATTEMPTS, Entity, Item, Key, Row, Store, VendorStore, broken, unavailable};

/// A row with whose log it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredAudit {
    /// Whose log.
    pub vendor_id: VendorId,
    /// The row. Its author is the item's `by`.
    pub row: AuditRow,
}

impl Entity for StoredAudit {
    const KIND: &'static str = "audit";

    fn key(&self) -> Key {
        Key::new(
            partition(self.vendor_id),
            format!("{}#{}", sortable(self.row.by.at), self.row.audit_id),
        )
    }
}

fn partition(vendor_id: VendorId) -> String {
    format!("AUDIT#{vendor_id}")
}

/// A page of the log.
pub struct AuditPage {
    /// The rows, newest first.
    pub rows: Vec<AuditRow>,
    /// The sort key to go on after, if there is more.
    pub next: Option<String>,
}

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
            let put = PutRequest::builder()
                .set_item(Some(item.clone()))
                .build()
                .map_err(broken)?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        let writes = items.iter().map(write).collect::<Result<Vec<_>, Error>>()?;
        let mut request = HashMap::from([(self.table.clone(), writes)]);
        for attempt in 0..BATCH_ATTEMPTS {
            let answer = self
                .client
                .batch_write_item()
                .set_request_items(Some(request))
                .send()
                .await
                .map_err(unavailable)?;
            request = answer.unprocessed_items.unwrap_or_default();
            if request.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
        }
        Err(Error::Unavailable("DynamoDB left items unprocessed".into()))
    }
}

impl VendorStore {
    /// Rows newest first, at most `limit`, after the sort key `after`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn audit_page(&self, limit: i32, after: Option<&str>) -> Result<AuditPage, Error> {
        let partition = partition(self.vendor_id);
        let start = after.map(|sk| Key::new(partition.clone(), sk).attributes());
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .scan_index_forward(false)
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        let next = answer
            .last_evaluated_key
            .map(|key| Key::of(&key).map(|key| key.sk))
            .transpose()?;
        let rows = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(Row::<StoredAudit>::from_item);
        let rows = rows
            .map(|row| row.map(|row| row.item.row))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(AuditPage { rows, next })
    }
}

//! DynamoDB: the embedded engine with the product's one table.
//!
//! The engine is called in process through its typed API; what goes in and comes out is DynamoDB's own JSON. It always
//! reads strongly, never throttles and knows no transaction conflicts: that is what [`super::physics`] is for. It forgets
//! nothing of the table's stream and looks through all of it to number the next record: after some ten thousand writes
//! each further one takes milliseconds.

use std::path::Path;
use std::sync::Arc;

use dynoxide::storage_backend::{Clock, SystemClock};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::clock::{Drift, Injected};
use super::{Now, Refusal};

/// The product's one table.
pub(super) const TABLE: &str = "agentkeys-vendor-portal";
/// An index of the table.
#[derive(Clone, Copy)]
pub(super) struct Index {
    pub(super) name: &'static str,
    /// Its partition key.
    pub(super) partition: &'static str,
    /// Its sort key.
    pub(super) sort: &'static str,
    /// Whether it holds the keys alone, or whole items.
    pub(super) keys_only: bool,
}

/// All of them.
pub(super) const INDEXES: [Index; 2] = [
    Index { name: "by-vendor", partition: "v_pk", sort: "v_sk", keys_only: false },
    Index { name: "by-activity", partition: "a_pk", sort: "a_sk", keys_only: true },
];
/// The attribute that says when an item may be deleted.
const TTL: &str = "ttl";

/// The table as template.yaml defines it.
fn definition() -> Value {
    let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let keys = |partition: &str, sort: &str| json!([key(partition, "HASH"), key(sort, "RANGE")]);
    let index = |Index { name, partition, sort, keys_only }: Index| {
        let projection = json!({"ProjectionType": if keys_only { "KEYS_ONLY" } else { "ALL" }});
        json!({"IndexName": name, "KeySchema": keys(partition, sort), "Projection": projection})
    };
    let attributes = ["pk", "sk", "v_pk", "v_sk", "a_pk", "a_sk"].map(text);
    json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": keys("pk", "sk"),
        "GlobalSecondaryIndexes": INDEXES.map(index),
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    })
}

/// The engine, its table, and its notion of time.
pub(super) struct Engine {
    database: Database,
    drift: Drift,
    stream_arn: String,
}

impl Engine {
    /// Opens the table in `portal.db` of `dir`, or in memory, and makes it where it is missing.
    pub(super) fn open(dir: Option<&Path>, now: Now) -> Result<Self, String> {
        // A database in a file takes the machine's clock and no other: see `Drift`.
        let (database, own): (_, Arc<dyn Clock>) = match dir.map(|dir| dir.join("portal.db")) {
            Some(path) => {
                let name = path.to_str().ok_or_else(|| format!("{}: not UTF-8", path.display()))?;
                (Database::new(name), SystemClock::arc())
            }
            None => {
                let injected: Arc<dyn Clock> = Arc::new(Injected(now.clone()));
                (Database::memory_with_clock(injected.clone()), injected)
            }
        };
        let database = database.map_err(|error| format!("the DynamoDB engine does not open: {error}"))?;
        let mut engine = Self { database, drift: Drift::new(now, own), stream_arn: String::new() };
        engine.stream_arn = engine.prepare()?;
        Ok(engine)
    }

    /// Makes what of the table is missing: a run may have been cut off between two steps.
    fn prepare(&self) -> Result<String, String> {
        let metadata = || self.database.get_table_metadata(TABLE).map_err(|error| error.to_string());
        if metadata()?.is_none() {
            self.demand("CreateTable", &definition())?;
        }
        if !metadata()?.is_some_and(|table| table.ttl_enabled) {
            let specification = json!({"AttributeName": TTL, "Enabled": true});
            self.demand("UpdateTimeToLive", &json!({"TableName": TABLE, "TimeToLiveSpecification": specification}))?;
        }
        let label = metadata()?.and_then(|table| table.stream_label);
        label.map(|label| dynoxide::streams::stream_arn(TABLE, &label)).ok_or_else(|| format!("{TABLE} has no stream"))
    }

    pub(super) fn demand(&self, operation: &str, request: &Value) -> Result<Value, String> {
        match self.call(operation, request) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(refusal)) => Err(format!("{operation}: {}", refusal.body)),
            None => Err(format!("{operation}: unknown")),
        }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn drift(&self) -> &Drift {
        &self.drift
    }

    pub(super) fn stream_arn(&self) -> &str {
        &self.stream_arn
    }

    /// The item as it is; `None` if there is none.
    pub(super) fn item(&self, (partition, sort): &(String, String)) -> Option<Value> {
        let key = json!({"pk": {"S": partition}, "sk": {"S": sort}});
        let request = json!({"TableName": TABLE, "Key": key, "ConsistentRead": true});
        self.demand("GetItem", &request).ok()?.get_mut("Item").map(Value::take)
    }

    /// All items.
    pub(super) fn items(&self) -> Result<Vec<Value>, String> {
        let (mut items, mut request) = (Vec::new(), json!({"TableName": TABLE, "ConsistentRead": true}));
        loop {
            let mut page = self.demand("Scan", &request)?;
            if let Some(Value::Array(found)) = page.get_mut("Items").map(Value::take) {
                items.extend(found);
            }
            match page.get_mut("LastEvaluatedKey").map(Value::take) {
                Some(last) => request["ExclusiveStartKey"] = last,
                None => return Ok(items),
            }
        }
    }

    /// Puts many items at once, past the stream: all or, on an error, none.
    pub(super) fn import<'a>(&self, items: impl Iterator<Item = &'a Value>) -> Result<usize, String> {
        let items = items.map(<dynoxide::Item as serde::Deserialize>::deserialize).collect::<Result<Vec<_>, _>>();
        let items = items.map_err(|error| error.to_string())?;
        let imported = self.database.import_items(TABLE, items, dynoxide::ImportOptions::default());
        imported.map(|done| done.items_imported).map_err(|error| error.to_string())
    }

    /// One call of DynamoDB or of its streams, by the name on the wire; `None` for a name that is not served.
    pub(super) fn call(&self, operation: &str, request: &Value) -> Option<Result<Value, Refusal>> {
        self.drift.note();
        let db = &self.database;
        Some(match operation {
            "GetItem" => answer(request, |request| db.get_item(request)),
            "BatchGetItem" => answer(request, |request| db.batch_get_item(request)),
            "Query" => answer(request, |request| db.query(request)),
            "Scan" => answer(request, |request| db.scan(request)),
            "TransactGetItems" => answer(request, |request| db.transact_get_items(request)),
            "PutItem" => answer(request, |request| db.put_item(request)),
            "UpdateItem" => answer(request, |request| db.update_item(request)),
            "DeleteItem" => answer(request, |request| db.delete_item(request)),
            "BatchWriteItem" => answer(request, |request| db.batch_write_item(request)),
            "TransactWriteItems" => answer(request, |request| db.transact_write_items(request)),
            "CreateTable" => answer(request, |request| db.create_table(request)),
            "DescribeTable" => answer(request, |request| db.describe_table(request)),
            "ListTables" => answer(request, |request| db.list_tables(request)),
            "UpdateTable" => answer(request, |request| db.update_table(request)),
            "DeleteTable" => answer(request, |request| db.delete_table(request)),
            "DescribeTimeToLive" => answer(request, |request| db.describe_time_to_live(request)),
            "UpdateTimeToLive" => answer(request, |request| db.update_time_to_live(request)),
            "ListStreams" => answer(request, |request| db.list_streams(request)),
            "DescribeStream" => answer(request, |request| db.describe_stream(request)),
            "GetShardIterator" => answer(request, |request| db.get_shard_iterator(request)),
            "GetRecords" => answer(request, |request| db.get_records(request)),
            _ => return None,
        })
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    request: &Value,
    operation: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Result<Value, Refusal> {
    let request = <Q as serde::Deserialize>::deserialize(request).map_err(|error| refusal(&unreadable(&error)))?;
    let answer = operation(request).map_err(|error| refusal(&error))?;
    serde_json::to_value(answer).map_err(|error| refusal(&DynoxideError::InternalServerError(error.to_string())))
}

fn refusal(error: &DynoxideError) -> Refusal {
    Refusal { status: error.status_code(), body: serde_json::from_str(&error.to_json()).unwrap_or_default() }
}

/// The engine's decoders name the class of an error by a marker before its message, as its own HTTP server reads it;
/// an unmarked one is a `SerializationException` where the JSON type is wrong, else a `ValidationException`.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let after = |markers: &[&str]| markers.iter().find_map(|marker| text.strip_prefix(*marker)).map(str::to_owned);
    if let Some(message) = after(&["SERIALIZATION_AS_READ:", "SERIALIZATION:"]) {
        return DynoxideError::SerializationException(message);
    }
    if let Some(message) = after(&["VALIDATION_REQUEST:", "VALIDATION_AS_READ:", "VALIDATION:"]) {
        return DynoxideError::ValidationException(message);
    }
    let of_value = ["missing field", "unknown variant", "invalid type: null", "AttributeValue"];
    if of_value.iter().any(|sign| text.contains(*sign)) {
        DynoxideError::ValidationException(text)
    } else {
        DynoxideError::SerializationException(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn opening_a_second_time_finds_the_same_table() {
        let dir = std::env::temp_dir().join(format!("agentkeys-engine-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let first = Engine::open(Some(&dir), Arc::new(|| NOW)).unwrap().stream_arn;
        let second = Engine::open(Some(&dir), Arc::new(|| NOW)).unwrap();
        assert_eq!(second.stream_arn, first);
        let table = second.demand("DescribeTable", &json!({"TableName": TABLE})).unwrap();
        let indexes = table["Table"]["GlobalSecondaryIndexes"].as_array().map(Vec::len);
        assert_eq!(indexes, Some(2));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_request_that_cannot_be_read_is_refused_as_dynamodb_does() {
        let engine = Engine::open(None, Arc::new(|| NOW)).unwrap();
        let refused = engine.call("GetItem", &json!({"TableName": 5})).unwrap().unwrap_err();
        let code = json!("com.amazon.coral.service#SerializationException");
        assert_eq!((refused.status, &refused.body["__type"]), (400, &code));
    }
}

//! The table's stream as Lambda hands it over.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use domain::Error;
use serde::Serialize;
use serde_dynamo::{AttributeValue, Item};
use serde_json::{Map, Value};

/// What Lambda wants back (`ReportBatchItemFailures`): the first record that failed; it comes again with all after it.
#[derive(Default, Serialize)]
pub(super) struct Outcome {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<FailedItem>,
}

#[derive(Serialize)]
struct FailedItem {
    #[serde(rename = "itemIdentifier")]
    sequence_number: String,
}

impl Outcome {
    pub(super) fn failed_at(record: &EventRecord) -> Self {
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        Self { failures: vec![FailedItem { sequence_number }] }
    }

    pub(super) fn into_value(self) -> Result<Value, Error> {
        serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))
    }
}

/// The records of an event.
pub(super) fn records(event: Value) -> Result<Vec<EventRecord>, Error> {
    let event: Event =
        serde_json::from_value(event).map_err(|error| Error::Internal(format!("not a stream event: {error}")))?;
    Ok(event.records)
}

/// An image as JSON; binary values as their length, since nobody reads them. `None` for no image.
pub(super) fn image(item: &Item) -> Result<Option<Map<String, Value>>, Error> {
    let mut attributes = item.clone().into_inner();
    if attributes.is_empty() {
        return Ok(None);
    }
    for value in attributes.values_mut() {
        if let AttributeValue::B(bytes) = value {
            *value = AttributeValue::S(format!("{} bytes", bytes.len()));
        }
    }
    let json = serde_dynamo::from_item(Item::from(attributes));
    json.map(Some).map_err(|error| Error::Internal(format!("an image is not JSON: {error}")))
}

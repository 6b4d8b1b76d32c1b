//! The table's stream, and the time to live whose deletions appear in it.

use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::{GetRecordsRequest, Record};
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use serde_json::Value;

use super::{Aws, REGION};

/// The most records a Lambda function gets at once by default ("Using AWS Lambda with Amazon DynamoDB": BatchSize 100).
const BATCH: usize = 100;

impl Aws {
    /// Deletes the items whose time to live is over, as AWS does within days, and answers how many there were.
    /// Expiry is by the injected clock in memory, by the machine's over a file.
    pub async fn sweep(&self) -> Result<usize, String> {
        self.0.engine.drift().note();
        let database = self.database().clone();
        let deleted = on_a_thread(move || database.sweep_ttl()).await?;
        if deleted > 0 {
            self.announce_write();
        }
        Ok(deleted)
    }
}

async fn on_a_thread<A: Send + 'static>(
    call: impl FnOnce() -> dynoxide::Result<A> + Send + 'static,
) -> Result<A, String> {
    let outcome = tokio::task::spawn_blocking(call).await.map_err(|error| error.to_string())?;
    outcome.map_err(|error| error.to_string())
}

/// Reads the table's stream in order, as Lambda's event source mapping does for a function.
///
/// It keeps nothing: whoever reads saves [`StreamReader::checkpoint`] once a batch has been dealt with, and opens with
/// it the next time.
pub struct StreamReader {
    aws: Aws,
    iterator: String,
    checkpoint: Option<String>,
}

impl StreamReader {
    /// Opens the stream after that sequence number; from its beginning where there is none, or the stream does not
    /// (any longer) hold it, for instance because it is another database.
    pub fn open(aws: &Aws, after: Option<String>) -> Result<Self, String> {
        let (database, stream_arn) = (aws.database(), aws.0.engine.stream_arn());
        let request = DescribeStreamRequest { stream_arn: stream_arn.to_owned(), ..Default::default() };
        let stream = database.describe_stream(request).map_err(|error| error.to_string())?.stream_description;
        let shard = stream.shards.first().ok_or("the stream has no shard")?;
        let range = &shard.sequence_number_range;
        // Sequence numbers here all have 21 digits, so that their order is the order of their text.
        let held = |after: &String| match (&range.starting_sequence_number, &range.ending_sequence_number) {
            (Some(first), Some(last)) => after.len() == last.len() && first <= after && after <= last,
            (None, _) | (_, None) => false,
        };
        let checkpoint = after.filter(held);
        let kind = if checkpoint.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let request = GetShardIteratorRequest {
            stream_arn: stream_arn.to_owned(),
            shard_id: shard.shard_id.clone(),
            shard_iterator_type: kind.to_owned(),
            sequence_number: checkpoint.clone(),
        };
        let iterator = database.get_shard_iterator(request).map_err(|error| error.to_string())?.shard_iterator;
        let iterator = iterator.ok_or("the stream has no iterator")?;
        Ok(Self { aws: aws.clone(), iterator, checkpoint })
    }

    /// The next records, a hundred at most, as the elements of `Records` in a function's event ("Using AWS Lambda with
    /// Amazon DynamoDB"); empty when there is none at present, and [`Aws::written`] tells when to look again.
    pub async fn next_batch(&mut self) -> Result<Vec<Value>, String> {
        let database = self.aws.database().clone();
        let request = GetRecordsRequest { shard_iterator: self.iterator.clone(), limit: Some(BATCH) };
        let answer = on_a_thread(move || database.get_records(request)).await?;
        let events = answer.records.iter().map(|record| self.event(record)).collect::<Result<Vec<_>, _>>()?;
        if let Some(last) = answer.records.last() {
            self.checkpoint = Some(last.dynamodb.sequence_number.clone());
        }
        if let Some(next) = answer.next_shard_iterator {
            self.iterator = next;
        }
        Ok(events)
    }

    /// The sequence number of the last record that was handed out, to open with the next time.
    pub fn checkpoint(&self) -> Option<String> {
        self.checkpoint.clone()
    }

    fn event(&self, record: &Record) -> Result<Value, String> {
        let engine = &self.aws.0.engine;
        let mut event = serde_json::to_value(record).map_err(|error| error.to_string())?;
        let written = engine.drift().shift(record.dynamodb.approximate_creation_date_time as i64);
        event["dynamodb"]["ApproximateCreationDateTime"] = written.into();
        event["awsRegion"] = REGION.into();
        // The engine names a region of its own in its ARNs.
        event["eventSourceARN"] = engine.stream_arn().replace(dynoxide::streams::LOCAL_REGION, REGION).into();
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use serde_json::json;

    use super::super::{AwsOptions, Physics};
    use super::*;

    const NOW: i64 = 1_800_000_000;

    async fn aws() -> Aws {
        Aws::start(AwsOptions { state_dir: None, now: Arc::new(|| NOW), physics: Physics::calm() }, Router::new())
            .await
            .unwrap()
    }

    fn put(aws: &Aws, sk: &str, ttl: i64) {
        let item = json!({"pk": {"S": "P"}, "sk": {"S": sk}, "raw": {"B": "AAE="}, "ttl": {"N": ttl.to_string()}});
        aws.0.engine.demand("PutItem", &json!({"TableName": Aws::table_name(), "Item": item})).unwrap();
    }

    #[tokio::test]
    async fn the_stream_is_read_in_the_shape_of_a_lambda_event() {
        let aws = aws().await;
        put(&aws, "1", NOW + 1);
        let mut reader = StreamReader::open(&aws, None).unwrap();
        let batch = reader.next_batch().await.unwrap();
        assert_eq!(batch.len(), 1);
        let event = &batch[0];
        assert_eq!((&event["eventName"], &event["eventSource"]), (&json!("INSERT"), &json!("aws:dynamodb")));
        assert_eq!((&event["awsRegion"], &event["eventVersion"]), (&json!(REGION), &json!("1.1")));
        let arn = event["eventSourceARN"].as_str().unwrap();
        assert!(arn.starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/agentkeys-vendor-portal/stream/"));
        let change = &event["dynamodb"];
        assert_eq!(change["ApproximateCreationDateTime"], json!(NOW));
        assert_eq!(change["Keys"], json!({"pk": {"S": "P"}, "sk": {"S": "1"}}));
        assert_eq!(change["NewImage"]["raw"], json!({"B": "AAE="}));
        assert_eq!(change.get("OldImage"), None);
        assert_eq!(change["SequenceNumber"].as_str().map(str::to_owned), reader.checkpoint());
        assert!(reader.next_batch().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn reading_goes_on_after_the_checkpoint_and_starts_over_after_an_unknown_one() {
        let aws = aws().await;
        put(&aws, "1", NOW + 1);
        let mut reader = StreamReader::open(&aws, None).unwrap();
        reader.next_batch().await.unwrap();
        put(&aws, "2", NOW + 1);
        let mut next = StreamReader::open(&aws, reader.checkpoint()).unwrap();
        assert_eq!(next.next_batch().await.unwrap()[0]["dynamodb"]["Keys"]["sk"]["S"], "2");
        for unknown in ["5", "999999999999999999999", "no number"] {
            let mut again = StreamReader::open(&aws, Some(unknown.to_owned())).unwrap();
            assert_eq!(again.next_batch().await.unwrap().len(), 2, "{unknown}");
        }
    }

    #[tokio::test]
    async fn a_sweep_deletes_what_has_expired_by_the_injected_clock() {
        let aws = aws().await;
        put(&aws, "over", NOW - 1);
        put(&aws, "not yet", NOW + 1);
        assert_eq!(aws.sweep().await.unwrap(), 1);
        let mut reader = StreamReader::open(&aws, None).unwrap();
        let batch = reader.next_batch().await.unwrap();
        assert_eq!(batch[2]["eventName"], "REMOVE");
        assert_eq!(batch[2]["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
    }
}

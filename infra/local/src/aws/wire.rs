//! The wire: which service a request is for, and its answer in that service's protocol.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::billing::{self, Asked, Units};
use super::meter::Service;
use super::{Aws, ses};

/// The largest request DynamoDB takes ("Service, account, and table quotas in Amazon DynamoDB": 16 MB for a batch).
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Content type of the protocol "AWS JSON 1.0", DynamoDB's.
const JSON_1_0: &str = "application/x-amz-json-1.0";
/// Content type of the protocol "AWS JSON 1.1", KMS's.
const JSON_1_1: &str = "application/x-amz-json-1.1";

impl Aws {
    /// One call, whole: which service, what it answers, what it costs.
    fn serve(&self, request_id: &str, function: &str, target: Option<&str>, body: &[u8]) -> Answer {
        match target.and_then(|target| target.split_once('.')) {
            Some(("DynamoDB_20120810", operation)) => self.dynamodb(function, operation, body),
            Some(("DynamoDBStreams_20120810", operation)) => self.streams(operation, body),
            Some(("TrentService", operation)) => self.kms(function, operation, body),
            Some(_) => Answer::unknown_operation(JSON_1_0),
            None => self.ses(request_id, function, body),
        }
    }

    fn dynamodb(&self, function: &str, operation: &str, body: &[u8]) -> Answer {
        let mut request = match parse(body) {
            Ok(request) => request,
            Err(refusal) => return Answer::json(JSON_1_0, Err(refusal)),
        };
        let asked = Asked::add_to(operation, &mut request);
        let Some(mut outcome) = self.0.engine.call(operation, &request) else {
            return Answer::unknown_operation(JSON_1_0);
        };
        let units = billing::units(operation, &request, &outcome);
        self.0.meter.record(function, Service::DynamoDb, operation, units);
        if outcome.is_ok() && billing::writes(operation) {
            self.announce_write();
        }
        asked.take_from(&mut outcome);
        Answer::json(JSON_1_0, outcome)
    }

    /// Lambda's own polling of a stream is free ("Amazon DynamoDB pricing"), so nothing is metered.
    fn streams(&self, operation: &str, body: &[u8]) -> Answer {
        match parse(body).map(|request| self.0.engine.call(operation, &request)) {
            Ok(Some(outcome)) => Answer::json(JSON_1_0, outcome),
            Ok(None) => Answer::unknown_operation(JSON_1_0),
            Err(refusal) => Answer::json(JSON_1_0, Err(refusal)),
        }
    }

    fn kms(&self, function: &str, operation: &str, body: &[u8]) -> Answer {
        let outcome = match parse(body).map(|request| self.0.keys.call(operation, &request)) {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Answer::unknown_operation(JSON_1_1),
            Err(refusal) => return Answer::json(JSON_1_1, Err(refusal)),
        };
        self.0.meter.record(function, Service::Kms, operation, Units::default());
        Answer::json(JSON_1_1, outcome)
    }

    fn ses(&self, request_id: &str, function: &str, body: &[u8]) -> Answer {
        let form = ses::Form::parse(body);
        if form.action() != Some(ses::SEND_RAW_EMAIL) {
            return Answer::unknown_operation(JSON_1_0);
        }
        self.0.meter.record(function, Service::Ses, ses::SEND_RAW_EMAIL, Units::default());
        let (status, body) = match ses::send_raw_email(&self.0.mailbox, &form) {
            Ok(message_id) => (StatusCode::OK, ses::sent(&message_id, request_id)),
            Err(error) => (StatusCode::BAD_REQUEST, ses::refused(&error, request_id)),
        };
        Answer { status, content_type: "text/xml", body }
    }
}

/// An error as the AWS JSON protocols write it: `{"__type": …, "message": …}`.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Refusal {
    pub(super) fn new(code: &str, message: &str) -> Self {
        Self { status: 400, body: json!({"__type": code, "message": message}) }
    }
}

/// An HTTP answer in the making.
struct Answer {
    status: StatusCode,
    content_type: &'static str,
    body: String,
}

impl Answer {
    fn json(content_type: &'static str, outcome: Result<Value, Refusal>) -> Self {
        let (status, body) = match outcome {
            Ok(body) => (StatusCode::OK, body),
            Err(refusal) => {
                (StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), refusal.body)
            }
        };
        Self { status, content_type, body: body.to_string() }
    }

    fn unknown_operation(content_type: &'static str) -> Self {
        let code = "com.amazon.coral.service#UnknownOperationException";
        Self::json(content_type, Err(Refusal::new(code, "The local AWS does not serve this operation.")))
    }
}

fn parse(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new("com.amazon.coral.service#SerializationException", &error.to_string()))
}

/// An SDK posts to its endpoint's path with or without a final slash, depending on the language.
pub(super) fn router(aws: Aws) -> Router {
    Router::new()
        .route("/fn/{function}", post(answer))
        .route("/fn/{function}/", post(answer))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(aws)
}

/// Engine and files make their caller wait, hence the thread. A call that has begun runs to its end although its
/// client may have hung up, as on AWS.
async fn answer(State(aws): State<Aws>, Path(function): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let request_id = format!("00000000-0000-4000-8000-{:012x}", aws.0.requests.fetch_add(1, Ordering::Relaxed));
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id = request_id.clone();
    let answer = tokio::task::spawn_blocking(move || aws.serve(&id, &function, target.as_deref(), &body))
        .await
        .unwrap_or_else(|failed| {
            tracing::error!(error = %failed, "a call to the local AWS failed");
            let body = json!({"__type": "InternalServerError", "message": "The local AWS failed."}).to_string();
            Answer { status: StatusCode::INTERNAL_SERVER_ERROR, content_type: JSON_1_0, body }
        });
    let headers = [("content-type", answer.content_type.to_owned()), ("x-amzn-requestid", request_id)];
    (answer.status, headers, answer.body).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::AwsOptions;
    use super::*;

    async fn aws() -> Aws {
        Aws::start(AwsOptions { state_dir: None, now: Arc::new(|| 1_800_000_000_i64) }, Router::new()).await.unwrap()
    }

    fn put(aws: &Aws, function: &str, request: &Value) -> Answer {
        aws.serve("r", function, Some("DynamoDB_20120810.PutItem"), request.to_string().as_bytes())
    }

    /// An item in one of the indexes, of about 100 bytes.
    fn binding() -> Value {
        let (pk, sk) = (json!({"S": "ACTOR#1"}), json!({"S": "BINDING"}));
        let (v_pk, v_sk) = (json!({"S": "DEVICES#v#0"}), json!({"S": "d"}));
        let item = json!({"pk": pk, "sk": sk, "v_pk": v_pk, "v_sk": v_sk});
        json!({"TableName": Aws::table_name(), "Item": item, "ConditionExpression": "attribute_not_exists(pk)"})
    }

    #[tokio::test]
    async fn a_call_is_metered_under_its_function_and_answered_as_asked() {
        let aws = aws().await;
        let answer = put(&aws, "devices-register", &binding());
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{}"));
        let write = json!({"calls": 1, "read_units": 0, "write_units": 2});
        assert_eq!(aws.meter().by_function()["devices-register"]["dynamodb"]["PutItem"], write);
        assert_eq!(aws.meter().snapshot(|function| function == "other")["dynamodb"], json!({}));
    }

    #[tokio::test]
    async fn a_failed_condition_is_billed_and_shows_no_item_that_was_not_asked_for() {
        let aws = aws().await;
        put(&aws, "first", &binding());
        let answer = put(&aws, "second", &binding());
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        assert_eq!((body["__type"].as_str(), body.get("Item")), (Some(code), None));
        let refused = json!({"calls": 1, "read_units": 0, "write_units": 1});
        assert_eq!(aws.meter().by_function()["second"]["dynamodb"]["PutItem"], refused);
    }

    #[tokio::test]
    async fn a_write_leaves_a_permit_for_the_reader_of_the_stream() {
        let aws = aws().await;
        put(&aws, "f", &binding());
        aws.written().notified().await;
    }

    #[tokio::test]
    async fn what_is_not_served_is_an_unknown_operation() {
        let aws = aws().await;
        for target in [Some("DynamoDB_20120810.Nothing"), Some("TrentService.Decrypt"), Some("Logs.Put"), None] {
            let answer = aws.serve("r", "f", target, b"{}");
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            assert!(answer.body.contains("UnknownOperationException"), "{target:?}: {}", answer.body);
        }
    }
}

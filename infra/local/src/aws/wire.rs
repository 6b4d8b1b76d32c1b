//! The wire: which service a request is for, and its answer in that service's protocol.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body::Frame;
use serde_json::{Value, json};

use super::billing::{self, Asked, Units};
use super::meter::Service;
use super::physics::{Aftermath, Held, Trouble};
use super::{Aws, ses};

/// The largest request DynamoDB takes ("Service, account, and table quotas in Amazon DynamoDB": 16 MB for a batch).
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// Content type of the protocol "AWS JSON 1.0", DynamoDB's.
const JSON_1_0: &str = "application/x-amz-json-1.0";
/// Content type of the protocol "AWS JSON 1.1", KMS's and EventBridge's.
const JSON_1_1: &str = "application/x-amz-json-1.1";

impl Aws {
    /// One call, whole: which service, what it answers, what it costs.
    fn serve(&self, request_id: &str, function: &str, target: Option<&str>, body: &[u8]) -> Answer {
        match target.and_then(|target| target.split_once('.')) {
            Some(("DynamoDB_20120810", operation)) => self.dynamodb(function, operation, body),
            Some(("DynamoDBStreams_20120810", operation)) => self.streams(operation, body),
            Some(("TrentService", operation)) => self.kms(function, operation, body),
            Some(("AWSEvents", operation)) => self.events(function, operation, body),
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
        let Some(mut outcome) = self.0.laws.call(&self.0.engine, operation, &request) else {
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

    fn events(&self, function: &str, operation: &str, body: &[u8]) -> Answer {
        let outcome = match parse(body).map(|request| self.0.event_bus.call(operation, &request)) {
            Ok(Some(outcome)) => outcome,
            Ok(None) => return Answer::unknown_operation(JSON_1_1),
            Err(refusal) => return Answer::json(JSON_1_1, Err(refusal)),
        };
        self.0.meter.record(function, Service::Events, operation, Units::default());
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
            Err(error) => (StatusCode::BAD_REQUEST, ses::refused("InvalidParameterValue", &error, request_id)),
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
    fn into_response(self, request_id: &str) -> Response {
        let headers = [("content-type", self.content_type), ("x-amzn-requestid", request_id)];
        (self.status, headers, self.body).into_response()
    }

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

/// One call as it came.
struct Call {
    request_id: String,
    function: String,
    target: Option<String>,
    body: Bytes,
}

impl Call {
    /// The service that is called.
    fn service(&self) -> Service {
        match self.target.as_deref() {
            Some(target) if target.starts_with("TrentService.") => Service::Kms,
            Some(target) if target.starts_with("AWSEvents.") => Service::Events,
            Some(_) => Service::DynamoDb,
            None => Service::Ses,
        }
    }

    /// The operation of DynamoDB that is called, and with what.
    fn transaction(&self) -> Option<(&str, Value)> {
        let operation = self.target.as_deref()?.strip_prefix("DynamoDB_20120810.")?;
        let request = operation.starts_with("Transact").then(|| parse(&self.body).ok()).flatten()?;
        Some((operation, request))
    }

    /// What a service says that does not do what it was asked.
    fn refused(&self, trouble: Trouble) -> Answer {
        let (code, message) = match trouble {
            Trouble::Throttled => ("ThrottlingException", "Rate exceeded"),
            Trouble::Broken => ("InternalServerError", "The request could not be completed."),
        };
        let status = if trouble == Trouble::Throttled { 400 } else { 500 };
        let refusal = |code: &str| Refusal { status, body: json!({"__type": code, "message": message}) };
        match self.service() {
            Service::DynamoDb => {
                Answer::json(JSON_1_0, Err(refusal(&format!("com.amazonaws.dynamodb.v20120810#{code}"))))
            }
            Service::Kms | Service::Events => Answer::json(JSON_1_1, Err(refusal(code))),
            Service::Ses => {
                let body = ses::refused(
                    if status == 400 { "Throttling" } else { "InternalFailure" },
                    message,
                    &self.request_id,
                );
                let status = if status == 400 { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
                Answer { status, content_type: "text/xml", body }
            }
        }
    }
}

/// A call on its way: what the physics make of it, and its answer.
async fn answer(State(aws): State<Aws>, Path(function): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let request_id = format!("00000000-0000-4000-8000-{:012x}", aws.0.requests.fetch_add(1, Ordering::Relaxed));
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Arc::new(Call { request_id, function, target, body });
    let fate = aws.0.laws.fate();
    if let Some(delay) = fate.delay {
        tokio::time::sleep(delay).await;
    }
    if let Some(trouble) = fate.trouble {
        return call.refused(trouble).into_response(&call.request_id);
    }
    let mut answer = run(&aws, &call).await;
    if fate.twice {
        answer = run(&aws, &call).await;
    }
    match fate.after {
        Some(Aftermath::Lost) => lost(),
        Some(Aftermath::Broken) => call.refused(Trouble::Broken).into_response(&call.request_id),
        None => answer.into_response(&call.request_id),
    }
}

/// Engine and files make their caller wait, hence the thread. A call that has begun runs to its end although its
/// client may have hung up, as on AWS, and a transaction holds its items until then.
async fn run(aws: &Aws, call: &Arc<Call>) -> Answer {
    let held = match begin(aws, call).await {
        Ok(held) => held,
        Err(answer) => return answer,
    };
    // Nobody closes it; and without a turn a call is as good as with one.
    let turn = aws.0.turns.acquire().await.ok();
    let (serving, call) = (aws.clone(), call.clone());
    let served = tokio::task::spawn_blocking(move || {
        let _held = held;
        serving.serve(&call.request_id, &call.function, call.target.as_deref(), &call.body)
    });
    let served = served.await;
    drop(turn);
    served.unwrap_or_else(|failed| {
        tracing::error!(error = %failed, "a call to the local AWS failed");
        let body = json!({"__type": "InternalServerError", "message": "The local AWS failed."}).to_string();
        Answer { status: StatusCode::INTERNAL_SERVER_ERROR, content_type: JSON_1_0, body }
    })
}

/// Lets a transaction begin. One that is cancelled for meeting another is billed like any cancelled one.
async fn begin(aws: &Aws, call: &Call) -> Result<Option<Held>, Answer> {
    let Some((operation, request)) = call.transaction() else {
        return Ok(None);
    };
    aws.0.laws.begin(operation, &request).await.map_err(|refusal| {
        let outcome = Err(refusal);
        let units = billing::units(operation, &request, &outcome);
        aws.0.meter.record(&call.function, Service::DynamoDb, operation, units);
        Answer::json(JSON_1_0, outcome)
    })
}

/// An answer that breaks off: what the client sees when a connection ends after the work was done.
fn lost() -> Response {
    struct BrokenOff;
    impl HttpBody for BrokenOff {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
        }
    }
    Response::new(Body::new(BrokenOff))
}

#[cfg(test)]
mod tests {
    use super::super::{AwsOptions, Physics};
    use super::*;

    async fn aws() -> Aws {
        let now = Arc::new(|| 1_800_000_000_i64);
        Aws::start(AwsOptions { state_dir: None, now, physics: Physics::calm() }, Router::new()).await.unwrap()
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

//! `/_local/*`: the handles of the local runner. Not deployed.

use axum::extract::{Extension, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json as View, Router};
use domain::clock::rfc3339;
use domain::{Error, FieldError};
use functions::platform::app::App;
use functions::platform::http::{Failure, Json, service};
use functions::{ENDPOINTS, JOBS, Job};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::{Aws, Event, Mail};
use crate::clock::LocalClock;
use crate::doubles::stripe::{CompleteError, Outcome, StripeDouble};
use crate::mailbox;
use crate::pump::Pump;
use crate::runner::World;

/// What the handles turn.
#[derive(Clone)]
pub(crate) struct Local {
    pub(crate) aws: Aws,
    pub(crate) clock: LocalClock,
    pub(crate) pump: Pump,
    pub(crate) stripe: StripeDouble,
    pub(crate) jobs: Vec<(&'static Job, App)>,
    /// What operations have in hand.
    pub(crate) operations: App,
    /// What every function is started with.
    pub(crate) world: World,
}

/// The handles.
pub(crate) fn router(local: Local) -> Router {
    let operations = local.operations.clone();
    let routes = Router::new()
        .route("/", get(|| async { Redirect::temporary("/docs") }))
        .route("/_local/nothing", get(|| async { StatusCode::NO_CONTENT }))
        .route("/_local/mail", get(mails))
        .route("/_local/mail/{id}", get(mail))
        .route("/_local/mail/{id}/html", get(mail_html))
        .route("/_local/mailbox", get(mailbox_page))
        .route("/_local/events", get(events))
        .route("/_local/clock", get(clock).post(advance))
        .route("/_local/functions/{function}", get(function))
        .route("/_local/run/{function}", post(run))
        .route("/_local/meter", get(meter).delete(reset_meter))
        .route("/_local/service-tokens", post(service_token))
        .route("/_local/rails/stripe/complete", post(complete))
        .layer(Extension(local));
    service("local", routes, operations)
}

/// What was sent, oldest first, once all that is under way is sent.
async fn mails(Extension(local): Extension<Local>) -> View<Vec<Mail>> {
    local.pump.settle().await;
    View(local.aws.mailbox().list())
}

async fn mail(Extension(local): Extension<Local>, Path(id): Path<String>) -> Result<View<Mail>, Failure> {
    local.aws.mailbox().get(&id).map(View).ok_or_else(|| Error::NotFound.into())
}

async fn mail_html(Extension(local): Extension<Local>, Path(id): Path<String>) -> Result<Response, Failure> {
    let mail = local.aws.mailbox().get(&id).ok_or(Error::NotFound)?;
    Ok(mailbox::html(mail.html))
}

async fn mailbox_page(Extension(local): Extension<Local>) -> Response {
    local.pump.settle().await;
    mailbox::page(&local.aws.mailbox().list())
}

/// What was published, oldest first, once all that is under way is.
async fn events(Extension(local): Extension<Local>) -> View<Vec<Event>> {
    local.pump.settle().await;
    View(local.aws.event_bus().list())
}

fn clock_view(clock: &LocalClock) -> View<Value> {
    View(json!({ "now": rfc3339(clock.now()), "ahead_seconds": clock.ahead() }))
}

async fn clock(Extension(local): Extension<Local>) -> View<Value> {
    clock_view(&local.clock)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn advance(Extension(local): Extension<Local>, Json(body): Json<Advance>) -> Result<View<Value>, Failure> {
    local.clock.advance(body.advance_seconds).map_err(|detail| Error::field("/advance_seconds", detail))?;
    Ok(clock_view(&local.clock))
}

/// What a function's own binary needs to run beside this portal: its environment, and the routes that lead to it.
async fn function(Extension(local): Extension<Local>, Path(function): Path<String>) -> Result<View<Value>, Failure> {
    let own = ENDPOINTS.iter().filter(|endpoint| endpoint.function == function);
    let routes: Vec<_> = own.map(|endpoint| (endpoint.method, endpoint.path)).collect();
    if routes.is_empty() && !JOBS.iter().any(|job| job.function == function) {
        return Err(Error::NotFound.into());
    }
    Ok(View(json!({ "environment": local.world.environment(&function), "routes": routes })))
}

/// Runs a job now. Without a body, on an event without records.
async fn run(
    Extension(local): Extension<Local>,
    Path(function): Path<String>,
    body: bytes::Bytes,
) -> Result<View<Value>, Failure> {
    let (job, app) = local.jobs.iter().find(|(job, _)| job.function == function).ok_or(Error::NotFound)?;
    let payload = match body.is_empty() {
        true => json!({ "Records": [] }),
        false => serde_json::from_slice(&body)
            .map_err(|_| Error::InvalidRequest(vec![FieldError::new("", "the payload is not JSON")]))?,
    };
    Ok(View((job.run)(app.clone(), payload).await?))
}

#[derive(Deserialize)]
struct MeterQuery {
    by: Option<String>,
}

/// What answering requests cost. What jobs cost afterwards is in `?by=function`, where every function has its own.
async fn meter(Extension(local): Extension<Local>, Query(query): Query<MeterQuery>) -> View<Value> {
    let serves = |function: &str| ENDPOINTS.iter().any(|endpoint| endpoint.function == function);
    View(match query.by.as_deref() {
        Some("function") => local.aws.meter().by_function(),
        Some(_) | None => local.aws.meter().snapshot(serves),
    })
}

async fn reset_meter(Extension(local): Extension<Local>) -> StatusCode {
    local.pump.settle().await;
    local.aws.meter().reset();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceToken {
    scope: String,
}

/// A service token for a day, issued by the function that operations call.
async fn service_token(
    Extension(local): Extension<Local>,
    Json(body): Json<ServiceToken>,
) -> Result<(StatusCode, View<Value>), Failure> {
    let (job, app) = local.jobs.iter().find(|(job, _)| job.function == "service-tokens").ok_or(Error::NotFound)?;
    let asked = json!({ "action": "issue", "operator": "local", "name": "local", "scope": body.scope, "days": 1 });
    Ok((StatusCode::CREATED, View((job.run)(app.clone(), asked).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Complete {
    url: String,
    #[serde(default)]
    outcome: Option<Outcome>,
}

/// Does on a hosted page what a person would, until the webhook was answered and worked off.
async fn complete(Extension(local): Extension<Local>, Json(body): Json<Complete>) -> Result<View<Value>, Failure> {
    let done = local.stripe.complete(&body.url, body.outcome.unwrap_or(Outcome::Approve)).await;
    let returned_to = done.map_err(|error| match &error {
        CompleteError::UnknownPage => Error::field("/url", error.to_string()),
        CompleteError::AlreadyCompleted => Error::Conflict("this page was completed already"),
        CompleteError::WebhookRefused(_) | CompleteError::WebhookUnreachable(_) => {
            Error::Unavailable(error.to_string())
        }
    })?;
    local.pump.settle().await;
    Ok(View(json!({ "returned_to": returned_to })))
}

/// A page with a policy of its own.
pub(crate) fn page(html: String, policy: &'static str) -> Response {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("x-frame-options", "SAMEORIGIN"),
    ];
    (headers, html).into_response()
}

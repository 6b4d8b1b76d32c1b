//! A stack that is deployed on a local AWS, behind one address that has the runner's handles: so the same journeys run
//! against it. Mails are read from the local AWS's inbox, Stripe is the runner's double, everything else is passed on.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::clock::rfc3339;
use functions::platform::world::Clock;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::doubles::stripe::{Outcome, StripeDouble, StripeOptions};
use crate::runner::{STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET};

/// The one path that a function URL serves.
const WEBHOOK: &str = "/webhooks/stripe";
/// The largest body that is passed on, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// Where the stack is.
pub struct BridgeOptions {
    /// The port on 127.0.0.1; the stack's `PortalUrl` names it.
    pub port: u16,
    /// The local AWS: one address for everything, told apart by `Host`.
    pub gateway: String,
    /// The HTTP API's host.
    pub api_host: String,
    /// The host of the Stripe webhook's function URL.
    pub webhook_host: String,
}

#[derive(Clone)]
struct Bridge {
    client: Client,
    options: Arc<BridgeOptions>,
    stripe: StripeDouble,
}

/// Serves until the process ends.
///
/// # Errors
/// A sentence for who started it.
pub async fn serve(options: BridgeOptions) -> Result<(), String> {
    crate::install_tls_provider();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(|error| error.to_string())?;
    let clock = Clock::system();
    let stripe = StripeDouble::open(StripeOptions {
        state_file: None,
        public_url: format!("http://127.0.0.1:{}", options.port),
        webhook_url: format!("http://127.0.0.1:{}{WEBHOOK}", options.port),
        webhook_secret: STRIPE_WEBHOOK_SECRET.into(),
        secret_key: STRIPE_SECRET_KEY.into(),
        now: Arc::new(move || clock.now().as_second()),
    })
    .map_err(|error| error.to_string())?;
    let client = Client::builder().no_proxy().redirect(Policy::none()).build().map_err(|error| error.to_string())?;
    let bridge = Bridge { client, options: Arc::new(options), stripe: stripe.clone() };
    let app = Router::new()
        .route("/_local/clock", get(time))
        .route("/_local/mail", get(mails))
        .route("/_local/rails/{rail}/complete", post(complete))
        .fallback(pass_on)
        .with_state(bridge)
        .merge(stripe.pages())
        .nest("/stripe", stripe.api());
    axum::serve(listener, app).await.map_err(|error| error.to_string())
}

/// What can't be passed on: 502, so that nobody takes it for an answer.
type Broken = (StatusCode, String);

fn broken(error: impl std::fmt::Display) -> Broken {
    (StatusCode::BAD_GATEWAY, error.to_string())
}

/// Nobody moves it here.
async fn time() -> Json<Value> {
    Json(json!({ "now": rfc3339(Clock::system().now()), "ahead_seconds": 0 }))
}

/// What the stack mailed, in the runner's form.
async fn mails(State(bridge): State<Bridge>) -> Result<Json<Value>, Broken> {
    let answer = bridge
        .client
        .get(format!("{}/_ministack/ses/messages", bridge.options.gateway))
        .send()
        .await
        .map_err(broken)?;
    let inbox: Value = answer.json().await.map_err(broken)?;
    // By account: {"messages": {"000000000000": [{"To": […], "Subject": …, "BodyText": …, "BodyHtml": …}]}}
    let accounts = inbox.get("messages").and_then(Value::as_object).into_iter().flatten();
    let messages = accounts.filter_map(|(_, list)| list.as_array()).flatten();
    let mail = |(at, message): (usize, &Value)| {
        json!({
            "id": at.to_string(), "to": message.pointer("/To/0"), "subject": message.get("Subject"),
            "text": message.get("BodyText"), "html": message.get("BodyHtml"), "attachments": [],
        })
    };
    Ok(Json(messages.enumerate().map(mail).collect()))
}

#[derive(Deserialize)]
struct Complete {
    url: String,
    outcome: Option<Outcome>,
}

async fn complete(State(bridge): State<Bridge>, Path(_): Path<String>, Json(body): Json<Complete>) -> Response {
    match bridge.stripe.complete(&body.url, body.outcome.unwrap_or(Outcome::Approve)).await {
        Ok(returned_to) => Json(json!({ "returned_to": returned_to })).into_response(),
        Err(error) => (StatusCode::CONFLICT, error.to_string()).into_response(),
    }
}

/// Passes a request on to the API, and its answer back.
async fn pass_on(State(bridge): State<Bridge>, request: Request) -> Result<Response, Broken> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY).await.map_err(broken)?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    let options = &bridge.options;
    let host = if path == WEBHOOK { &options.webhook_host } else { &options.api_host };
    headers.insert(HOST, host.parse().map_err(broken)?);
    headers.remove(CONTENT_LENGTH);
    let call = bridge.client.request(parts.method, format!("{}{path}", options.gateway)).headers(headers).body(body);
    let answer = call.send().await.map_err(broken)?;
    let mut response = StatusCode::into_response(answer.status());
    *response.headers_mut() = answer.headers().clone();
    response.headers_mut().remove(TRANSFER_ENCODING);
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = answer.bytes().await.map_err(broken)?.into();
    Ok(response)
}

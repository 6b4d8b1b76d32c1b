//! `POST /webhooks/stripe`, a function URL where it is deployed.

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use domain::audit::Principal;
use domain::rail::Rail;
use domain::{Error, FieldError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::Faults;
use crate::platform::app::App;
use crate::platform::http::{Failure, Problem, RequestMeta};
use crate::platform::payments::stripe_signature;
use crate::platform::store::provider_event::ProviderEvent;

/// The largest event that is read, in bytes. Stripe's are far smaller.
const MAX_EVENT: usize = 256 * 1024;

/// What is read of an event. The rest may be of any version: the worker asks Stripe how the object stands.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    object: Object,
}

#[derive(Default, Deserialize)]
struct Object {
    #[serde(default)]
    id: Option<String>,
}

/// Kept.
#[derive(Serialize, ToSchema)]
struct Received {
    /// Always true.
    #[schema(examples(true))]
    received: bool,
}

/// Stripe's notifications
///
/// Signed by Stripe over the raw body. An event is kept once by its id and worked off afterwards; one of an unknown type
/// or version is kept and acknowledged.
#[utoipa::path(post, path = "/webhooks/stripe", tag = "webhooks", operation_id = "stripe_webhook",
    request_body(content = Value, description = "A Stripe event", content_type = "application/json",
        example = json!({"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": false,
            "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}}})),
    responses((status = 200, description = "Kept", body = Received),
        (status = 400, description = "`invalid_request`: not an event", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthenticated`: unsigned, wrongly signed or stale", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: an event of the other mode", body = Problem, content_type = "application/problem+json"),
        Faults),
    security(("stripe_signature" = [])))]
async fn receive(State(app): State<App>, meta: RequestMeta, request: Request) -> Result<View<Received>, Failure> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_EVENT).await.map_err(|_| Error::BodyTooLarge(MAX_EVENT))?;
    let header = parts.headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let (config, now) = (app.stripe_webhook()?, app.now());
    stripe_signature::verify(header.ok_or(Error::Unauthenticated("no credential"))?, &body, &config.secrets, now)?;
    let event: Envelope = serde_json::from_slice(&body)
        .map_err(|_| Error::InvalidRequest(vec![FieldError::new("", "the body is not a Stripe event")]))?;
    if event.livemode != config.livemode {
        return Err(Error::field("/livemode", "an event of the other mode").into());
    }
    // Ids become keys and parts of URLs: nothing but what Stripe's look like.
    let is_id =
        |id: &str| (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_id(&event.id) {
        return Err(Error::field("/id", "expected an event id").into());
    }
    if event.kind.len() > 128 {
        return Err(Error::field("/type", "expected an event type").into());
    }
    let kept = ProviderEvent {
        rail: Rail::Stripe,
        event_id: event.id,
        kind: event.kind,
        object_id: event.data.object.id.filter(|id| is_id(id)),
        received_at: now,
    };
    app.store_of_all_vendors()?.keep_event(&kept, &meta.by(Principal::Provider("stripe"), now)).await?;
    Ok(View(Received { received: true }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(receive)
}

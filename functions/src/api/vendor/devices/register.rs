//! `POST /v1/vendor/devices/register`
//!
//! Three calls in sequence for a new device (one read, two conditional writes), one for a known one. The actor is derived,
//! the condition on its item decides who was first, and whoever was not answers with what the first one stored.

use std::collections::BTreeMap;

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::clock::whole_second;
use domain::device::{Binding, Decision, IdempotencyKey, Metadata, Registration, decide};
use domain::error::FieldErrors;
use domain::omni::actor_omni;
use domain::token::Scope;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::view::{RegisteredView, metadata_schema};
use crate::openapi::{BodyFaults, Faults, TokenFaults};
use crate::platform::access::{BearerToken, VendorCaller};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json};
use crate::platform::store::binding::Registered;

/// A device and the user that it acts for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegisterRequest {
    /// The vendor's own name for the device: 1 to 128 visible ASCII characters.
    #[schema(examples("FT-0001"), min_length = 1, max_length = 128)]
    device_id: String,
    /// The user: 64 hex digits, with or without `0x`.
    #[schema(examples("0x1111111111111111111111111111111111111111111111111111111111111111"))]
    user_omni: String,
    /// The vendor's name for this kind of device, 1 to 64 characters.
    #[schema(examples("bunny-2"), min_length = 1, max_length = 64)]
    model: Option<String>,
    /// Notes: at most 20 keys; texts, numbers and booleans; at most 4 KB.
    #[schema(schema_with = metadata_schema)]
    metadata: Option<BTreeMap<String, Value>>,
}

fn parse(body: RegisterRequest) -> Result<Registration, Error> {
    let mut faults = FieldErrors::default();
    let device_id = faults.take("/device_id", body.device_id.parse());
    let user_omni = faults.take("/user_omni", body.user_omni.parse());
    let model = faults.take("/model", body.model.map(|model| model.parse()).transpose());
    let metadata = faults.take("/metadata", Metadata::new(body.metadata.unwrap_or_default()));
    match (device_id, user_omni, model, metadata) {
        (Some(device_id), Some(user_omni), Some(model), Some(metadata)) => {
            Ok(Registration { device_id, user_omni, model, metadata })
        }
        _ => Err(faults.into_error()),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Error> {
    let mut values = headers.get_all("idempotency-key").iter();
    let (value, more) = (values.next(), values.next());
    let value = value.filter(|_| more.is_none()).ok_or(Error::IdempotencyKeyRequired)?;
    value.to_str().ok().and_then(|text| text.parse().ok()).ok_or(Error::IdempotencyKeyRequired)
}

/// What a registration came to.
struct Answer {
    status: StatusCode,
    replayed: bool,
    registered: Registered,
}

/// Register a device
///
/// Binds a device to a user and answers with the actor omni, a signed receipt and the suggested cap policy. The same
/// device and user always give the same actor: 201 the first time, 200 afterwards. A retry with the same
/// `Idempotency-Key` also says `Idempotency-Replayed: true`; the same key with another payload within 24 hours is refused.
#[utoipa::path(post, path = "/v1/vendor/devices/register", tag = "devices", operation_id = "register_device",
    request_body = RegisterRequest,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, kept for 24 hours",
        min_length = 1, max_length = 255, example = "ft-0001-first-boot")),
    responses((status = 201, description = "Registered", body = RegisteredView),
        (status = 200, description = "Was registered already; `Idempotency-Replayed: true` if by this key", body = RegisteredView,
            headers(("Idempotency-Replayed" = String, description = "`true` when the key came before"))),
        BodyFaults, TokenFaults, Faults,
        (status = 400, description = "`invalid_request` or `idempotency_key_required`", body = crate::platform::http::Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed` or `idempotency_key_reused`", body = crate::platform::http::Problem,
            content_type = "application/problem+json")),
    security(("vendor_token" = [])))]
async fn register(
    State(app): State<App>,
    token: BearerToken,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Failure> {
    let asked = read(&headers, request, &app).await;
    let (key, registration) = match asked {
        Ok(asked) => asked,
        // Who may not come in hears that, not what is wrong with the body.
        Err(fault) => return Err(token.open(Scope::DevicesWrite, |_| Vec::new()).await.map(|_| fault)?),
    };
    let Answer { status, replayed, registered } = decide_and_commit(&app, token, &key, registration).await?;
    let view = View(RegisteredView::of(registered)?);
    Ok(match replayed {
        true => (status, [("idempotency-replayed", "true")], view).into_response(),
        false => (status, view).into_response(),
    })
}

async fn read(headers: &HeaderMap, request: Request, app: &App) -> Result<(IdempotencyKey, Registration), Failure> {
    let Json(body) = Json::<RegisterRequest>::from_request(request, app).await?;
    Ok((idempotency_key(headers)?, parse(body)?))
}

async fn decide_and_commit(
    app: &App,
    token: BearerToken,
    key: &IdempotencyKey,
    registration: Registration,
) -> Result<Answer, Failure> {
    let actor = actor_omni(token.vendor_id(), &registration.device_id, registration.user_omni, 0);
    let (caller, mut found) =
        token.open(Scope::DevicesWrite, |store| vec![store.idempotency_key(key), store.binding_key(actor)]).await?;
    let VendorCaller { gate, store, by } = caller;
    let record = store.key_record(found.remove(&store.idempotency_key(key)))?;
    let bound = store.registered(found.remove(&store.binding_key(actor)))?;

    let mut replayed = match decide(&registration, record.as_ref(), bound.is_some(), by.at)? {
        Decision::Known { replayed } | Decision::New { claimed: replayed } => replayed,
    };
    if let Some(registered) = bound {
        return Ok(Answer { status: StatusCode::OK, replayed, registered });
    }
    if !replayed && let Some(first) = store.claim_key(key, &registration, &by).await? {
        // Another request came between the read and the write with this key: by the same rule.
        decide(&registration, Some(&first), false, by.at)?;
        replayed = true;
    }
    let binding = Binding {
        binding_id: app.new_id(),
        vendor_id: store.vendor_id(),
        device_id: registration.device_id,
        user_omni: registration.user_omni,
        actor_omni: actor,
        generation: 0,
        registered_at: whole_second(by.at),
        model: registration.model,
        metadata: registration.metadata,
        namespaces: gate.vendor.allowed_namespaces,
    };
    let receipt = app.signer()?.receipt(&binding).await?;
    let registered = Registered { binding, receipt };
    Ok(match store.create_binding(&registered, &by).await? {
        // Our own item: an answer was lost and the SDK tried again.
        Some(first) if first.binding.binding_id != registered.binding.binding_id => {
            Answer { status: StatusCode::OK, replayed, registered: first }
        }
        Some(_) | None => Answer { status: StatusCode::CREATED, replayed: false, registered },
    })
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(register)
}

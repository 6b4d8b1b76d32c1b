//! `POST /v1/vendor/devices/register`
//!
//! Three calls in sequence for a new device (one read, two conditional writes), one for a known one; one more where the
//! device and user were released before.

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::device::{IdempotencyKey, Registration, recall};
use domain::omni::{Generation, actor_omni};
use domain::token::Scope;

use super::body::{DeviceRequest, idempotency_key};
use super::view::RegisteredView;
use crate::openapi::{BodyFaults, Faults, TokenFaults};
use crate::platform::access::{BearerToken, VendorCaller};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json};
use crate::platform::registry::{Order, Registry};
use crate::platform::store::binding::Registered;

/// What a registration came to.
struct Answer {
    status: StatusCode,
    replayed: bool,
    registered: Registered,
}

/// Register a device
///
/// Binds a device to a user and answers with the actor omni, a signed receipt and the suggested cap policy. Three rules:
///
/// 1. The same device and user always give the same actor, until they are released: 201 the first time, 200 afterwards.
/// 2. The same `Idempotency-Key` within 24 hours repeats the first answer, byte for byte, with `Idempotency-Replayed:
///    true`, also when the binding was released in between; with another payload it is refused. A key that only met
///    devices that were known already is not kept.
/// 3. A device and user that were released, registered again by another key, give a new actor of the next `generation`.
#[utoipa::path(post, path = "/v1/vendor/devices/register", tag = "devices", operation_id = "register_device",
    request_body = DeviceRequest,
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
    let Json(body) = Json::<DeviceRequest>::from_request(request, app).await?;
    Ok((idempotency_key(headers)?, body.parse("")?))
}

/// The generation that a key's record tells of; 0 where it says none.
fn generation(generations: &[Generation]) -> Generation {
    generations.first().copied().unwrap_or(0)
}

async fn decide_and_commit(
    app: &App,
    token: BearerToken,
    key: &IdempotencyKey,
    registration: Registration,
) -> Result<Answer, Failure> {
    let root = actor_omni(token.vendor_id(), &registration.device_id, registration.user_omni, 0);
    let (caller, mut found) =
        token.open(Scope::DevicesWrite, |store| vec![store.idempotency_key(key), store.binding_key(root)]).await?;
    let VendorCaller { gate, store, by } = caller;
    let record = store.key_record(found.remove(&store.idempotency_key(key)))?;
    let root = store.slot(found.remove(&store.binding_key(root)))?;
    let registry = Registry::new(app, store.clone(), gate.vendor.cap_limits(), by.clone());

    let fingerprint = registration.fingerprint();
    let mut told = recall(&fingerprint, record.as_ref(), by.at)?.map(generation);
    let mut standing = registry.standing(&registration, root, told).await?;
    if standing.registered.is_none()
        && told.is_none()
        && let Some(first) = store.claim_key(key, fingerprint, vec![standing.generation], &by).await?
    {
        // Another request came between the read and the write with this key: by the same rule.
        told = recall(&fingerprint, Some(&first), by.at)?.map(generation);
        standing = registry.standing(&registration, None, told).await?;
    }
    let replayed = told.is_some();
    if let Some(registered) = standing.registered {
        return Ok(Answer { status: StatusCode::OK, replayed, registered });
    }
    let order = Order { registration, generation: standing.generation, binding_id: app.new_id() };
    Ok(match registry.make(order).await? {
        (registered, true) => Answer { status: StatusCode::CREATED, replayed: false, registered },
        (registered, false) => Answer { status: StatusCode::OK, replayed, registered },
    })
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(register)
}

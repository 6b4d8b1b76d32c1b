//! `POST /v1/vendor/devices/register-batch`
//!
//! Registers as `register` does, by the same code. What a store's failure leaves undone is not told device by device:
//! the whole is a 503 then, which every client retries, and the retry with the same key does the rest.

use std::collections::HashMap;

use axum::Json as View;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::device::{Fingerprint, IdempotencyKey, Registration, recall};
use domain::omni::Generation;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::body::{DeviceRequest, idempotency_key};
use super::view::RegisteredView;
use crate::openapi::{BodyFaults, Faults, TokenFaults};
use crate::platform::access::{BearerToken, VendorCaller};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json, LARGE_BODY, Problem, RequestMeta};
use crate::platform::registry::{Order, Registry, Standing};
use crate::platform::routes::{Routes, routes};
use crate::platform::store::binding::Registered;

/// How many devices a batch has at most.
const LARGEST: usize = 100;

/// Devices to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchRequest {
    /// 1 to 100 of them.
    #[schema(min_items = 1, max_items = 100)]
    devices: Vec<DeviceRequest>,
}

/// What each device came to.
#[derive(Serialize, ToSchema)]
struct BatchView {
    /// One for each device, in the order of the request.
    results: Vec<ResultView>,
}

/// A registered device, or the problem with it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum ResultView {
    /// It is registered.
    Registered(Box<RegisteredResult>),
    /// It is not.
    Refused(Box<Problem>),
}

/// A registered device.
#[derive(Serialize, ToSchema)]
struct RegisteredResult {
    /// 201 if this request registered it, 200 if it was registered already.
    #[schema(examples(201))]
    status: u16,
    #[serde(flatten)]
    device: RegisteredView,
}

/// The devices of a batch: each triple once, and for each device of the request its triple or its fault.
struct Batch {
    triples: Vec<Registration>,
    places: Vec<Result<usize, Error>>,
    fingerprint: Fingerprint,
}

fn parse(body: BatchRequest) -> Result<Batch, Error> {
    let count = body.devices.len();
    if !(1..=LARGEST).contains(&count) {
        return Err(Error::field("/devices", format!("expected 1 to {LARGEST} devices, got {count}")));
    }
    let (mut triples, mut places, mut known) = (Vec::new(), Vec::new(), HashMap::new());
    let mut digest = Sha256::new_with_prefix("register-batch");
    for (at, device) in body.devices.into_iter().enumerate() {
        let raw = serde_json::to_vec(&device).map_err(|error| Error::Internal(error.to_string()))?;
        places.push(match device.parse(&format!("/devices/{at}")) {
            Ok(registration) => {
                digest.update(registration.fingerprint());
                let triple = (registration.device_id.clone(), *registration.user_omni.as_bytes());
                Ok(*known.entry(triple).or_insert_with(|| {
                    triples.push(registration);
                    triples.len() - 1
                }))
            }
            Err(fault) => {
                digest.update(Sha256::digest(raw));
                Err(fault)
            }
        });
    }
    Ok(Batch { triples, places, fingerprint: digest.finalize().into() })
}

/// Register up to 100 devices
///
/// Each device is registered, or refused with its own problem, as by `POST /v1/vendor/devices/register`; the results are in
/// the order of the request. A device that is there twice is registered once: 201, then 200. One `Idempotency-Key` stands
/// for the whole batch, by the same three rules: sent again within 24 hours it repeats the results (with 200 for 201) and
/// says `Idempotency-Replayed: true`. After a 503 some devices may be registered: send the same batch with the same key,
/// and the rest is.
#[utoipa::path(post, path = "/v1/vendor/devices/register-batch", tag = "devices", operation_id = "register_devices",
    request_body = BatchRequest,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, kept for 24 hours",
        min_length = 1, max_length = 255, example = "lot-7-batch-12")),
    responses((status = 200, description = "A result for each device; `Idempotency-Replayed: true` if this very batch came before",
            body = BatchView, headers(("Idempotency-Replayed" = String, description = "`true` when the key came before"))),
        BodyFaults, TokenFaults, Faults,
        (status = 400, description = "`invalid_request` or `idempotency_key_required`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed` (the number of devices) or `idempotency_key_reused`", body = Problem,
            content_type = "application/problem+json")),
    security(("vendor_token" = [])))]
async fn register_batch(
    State(app): State<App>,
    token: BearerToken,
    meta: RequestMeta,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Failure> {
    let (key, batch) = match read(&headers, request).await {
        Ok(asked) => asked,
        // Who may not come in hears that, not what is wrong with the body.
        Err(fault) => return Err(token.open(Scope::DevicesWrite, |_| Vec::new()).await.map(|_| fault)?.into()),
    };
    let (registered, replayed) = register_all(&app, token, &key, &batch).await?;
    let view = View(view(&app, &meta, batch, &registered)?);
    Ok(match replayed {
        true => ([("idempotency-replayed", "true")], view).into_response(),
        false => view.into_response(),
    })
}

async fn read(headers: &HeaderMap, request: Request) -> Result<(IdempotencyKey, Batch), Error> {
    let Json(body) = Json::<BatchRequest>::within(LARGE_BODY, request).await?;
    Ok((idempotency_key(headers)?, parse(body)?))
}

/// The generations that a key's record tells of, one for each of `count` triples; 0 where it says none.
fn generations(told: &[Generation], count: usize) -> Vec<Generation> {
    (0..count).map(|at| told.get(at).copied().unwrap_or(0)).collect()
}

/// Each triple's binding with whether this request made it; and whether all of it is a replay.
async fn register_all(
    app: &App,
    token: BearerToken,
    key: &IdempotencyKey,
    batch: &Batch,
) -> Result<(Vec<(Registered, bool)>, bool), Error> {
    let (caller, mut found) = token.open(Scope::DevicesWrite, |store| vec![store.idempotency_key(key)]).await?;
    let VendorCaller { gate, store, by } = caller;
    let record = store.key_record(found.remove(&store.idempotency_key(key)))?;
    let registry = Registry::new(app, store.clone(), gate.vendor.cap_limits(), by.clone());
    let Batch { triples, fingerprint, .. } = batch;

    let recalled = recall(fingerprint, record.as_ref(), by.at)?;
    let mut told = recalled.map(|told| generations(told, triples.len()));
    let mut standings = registry.standings(triples, told.as_deref().unwrap_or_default()).await?;
    let all_known = standings.iter().all(|standing| standing.registered.is_some());
    if !all_known && told.is_none() {
        let wanted = standings.iter().map(|standing| standing.generation).collect();
        if let Some(first) = store.claim_key(key, *fingerprint, wanted, &by).await? {
            // The same batch came twice at once: by the same rule.
            told = recall(fingerprint, Some(&first), by.at)?.map(|told| generations(told, triples.len()));
            standings = registry.standings(triples, told.as_deref().unwrap_or_default()).await?;
        }
    }
    let registered = complete(app, &registry, triples, standings).await?;
    let replayed = told.is_some() && registered.iter().all(|(_, new)| !new);
    Ok((registered, replayed))
}

/// Makes what is missing.
async fn complete(
    app: &App,
    registry: &Registry,
    triples: &[Registration],
    standings: Vec<Standing>,
) -> Result<Vec<(Registered, bool)>, Error> {
    let missing = triples.iter().zip(&standings).filter(|(_, standing)| standing.registered.is_none());
    let order = |(registration, standing): (&Registration, &Standing)| Order {
        registration: registration.clone(),
        generation: standing.generation,
        binding_id: app.new_id(),
    };
    let mut made = registry.make_all(missing.map(order).collect()).await?.into_iter();
    let each =
        standings.into_iter().map(|standing| standing.registered.map(|known| (known, false)).or_else(|| made.next()));
    each.collect::<Option<_>>().ok_or_else(|| Error::Internal("fewer bindings than orders".into()))
}

fn view(app: &App, meta: &RequestMeta, batch: Batch, registered: &[(Registered, bool)]) -> Result<BatchView, Error> {
    let portal = &app.portal()?.url;
    let mut told = vec![false; registered.len()];
    let mut results = Vec::new();
    for place in batch.places {
        results.push(match place {
            Ok(at) => {
                let (registered, new) = &registered[at];
                // The second of the same device in one batch finds the first.
                let first = !std::mem::replace(&mut told[at], true);
                let status = if *new && first { 201 } else { 200 };
                let device = RegisteredView::of(registered.clone())?;
                ResultView::Registered(Box::new(RegisteredResult { status, device }))
            }
            Err(fault) => ResultView::Refused(Box::new(Problem::of(&fault, &meta.request_id, portal))),
        });
    }
    Ok(BatchView { results })
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(register_batch)
}

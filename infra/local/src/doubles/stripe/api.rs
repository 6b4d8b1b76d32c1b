//! The API at the wire: authentication, parameters, idempotency, envelopes and headers.

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use super::endpoints::{self, Call, Endpoint};
use super::errors::ApiError;
use super::form::Form;
use super::idempotency::{MAX_KEY_LENGTH, Replay};
use super::store::new_id;
use super::{API_VERSION, StripeDouble};

/// More than any request of the v1 API needs.
const MAX_BODY: usize = 1 << 20;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const IDEMPOTENT_REPLAYED: &str = "idempotent-replayed";
const ORIGINAL_REQUEST: &str = "original-request";
const REQUEST_ID: &str = "request-id";
const STRIPE_VERSION: &str = "stripe-version";

pub(super) fn router(double: StripeDouble) -> Router {
    Router::new()
        .route("/v1/accounts", on_post(&endpoints::CREATE_ACCOUNT))
        .route("/v1/accounts/{id}", on_get(&endpoints::RETRIEVE_ACCOUNT))
        .route("/v1/account_links", on_post(&endpoints::CREATE_ACCOUNT_LINK))
        .route("/v1/checkout/sessions", on_post(&endpoints::CREATE_SESSION))
        .route("/v1/checkout/sessions/{id}", on_get(&endpoints::RETRIEVE_SESSION))
        .route("/v1/customers", on_post(&endpoints::CREATE_CUSTOMER))
        .route("/v1/customers/{id}", on_get(&endpoints::RETRIEVE_CUSTOMER).merge(on_post(&endpoints::UPDATE_CUSTOMER)))
        .route("/v1/payment_methods/{id}", on_get(&endpoints::RETRIEVE_PAYMENT_METHOD))
        .route("/v1/setup_intents/{id}", on_get(&endpoints::RETRIEVE_SETUP_INTENT))
        .fallback(unrecognized)
        .method_not_allowed_fallback(unrecognized)
        .with_state(double)
}

fn on_get(endpoint: &'static Endpoint) -> MethodRouter<StripeDouble> {
    get(move |state: State<StripeDouble>, id: Option<Path<String>>, request: Request| {
        serve(state, id, request, endpoint)
    })
}

fn on_post(endpoint: &'static Endpoint) -> MethodRouter<StripeDouble> {
    post(move |state: State<StripeDouble>, id: Option<Path<String>>, request: Request| {
        serve(state, id, request, endpoint)
    })
}

async fn serve(
    State(double): State<StripeDouble>,
    id: Option<Path<String>>,
    request: Request,
    endpoint: &'static Endpoint,
) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = new_id("req_");
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let result = match to_bytes(body, MAX_BODY).await {
        Ok(body) => double.answer(endpoint, &id, &parts, &body, &request_id),
        Err(error) => Err(ApiError::invalid(format!("The request body could not be read: {error}"))),
    };
    let response = match result {
        Ok(answer) => answer.into_response(&parts.headers),
        Err(error) => refusal(&error),
    };
    stamped(response, &parts.headers, &request_id)
}

async fn unrecognized(request: Request) -> Response {
    let error = ApiError::unrecognized_url(request.method().as_str(), request.uri().path());
    stamped(refusal(&error), request.headers(), &new_id("req_"))
}

/// An answer of an endpoint, new or replayed.
struct Answer {
    replay: Replay,
    replayed: bool,
}

impl StripeDouble {
    /// Runs an endpoint, unless its idempotency key has an answer already.
    ///
    /// One lock is held from looking the key up to keeping the answer, so that of two requests in flight with the same
    /// key the second sees the first's answer and nothing happens twice.
    fn answer(
        &self,
        endpoint: &Endpoint,
        id: &str,
        parts: &Parts,
        body: &Bytes,
        request_id: &str,
    ) -> Result<Answer, ApiError> {
        authenticate(&parts.headers, self.secret_key())?;
        let form = parameters(parts, body)?;
        let key = idempotency_key(parts)?;
        let name = format!("{} {}", parts.method, parts.uri.path());
        let params = form.canonical();
        let now = self.now();

        let mut store = self.store();
        if let Some(key) = key
            && let Some(replay) = store.keys.find(key, &name, &params, now)?
        {
            return Ok(Answer { replay: replay.clone(), replayed: true });
        }
        endpoint.check(&form)?;
        let call = Call { id, form: &form, now, public_url: self.public_url() };
        let mut object = (endpoint.run)(&mut store, &call)?;
        for path in form.list("expand") {
            endpoints::expand(&store, &mut object, path);
        }
        let replay = Replay {
            endpoint: name,
            params,
            request_id: request_id.to_owned(),
            stored_at: now,
            status: StatusCode::OK.as_u16(),
            body: object.to_string(),
        };
        if let Some(key) = key {
            store.keys.keep(key, replay.clone());
        }
        if parts.method == Method::POST {
            self.save(&store).map_err(|error| ApiError::internal(format!("The state could not be saved: {error}")))?;
        }
        Ok(Answer { replay, replayed: false })
    }
}

impl Answer {
    fn into_response(self, request: &HeaderMap) -> Response {
        let status = StatusCode::from_u16(self.replay.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json_response(status, self.replay.body);
        let headers = response.headers_mut();
        if let Some(key) = request.get(IDEMPOTENCY_KEY) {
            headers.insert(IDEMPOTENCY_KEY, key.clone());
            if let Ok(original) = HeaderValue::try_from(self.replay.request_id) {
                headers.insert(ORIGINAL_REQUEST, original);
            }
        }
        if self.replayed {
            headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// Checks the key, which Stripe's libraries send as a bearer token; <https://docs.stripe.com/api/authentication>.
fn authenticate(headers: &HeaderMap, secret_key: &str) -> Result<(), ApiError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match header.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(key) if key == secret_key => Ok(()),
        Some(_) => Err(ApiError::unauthorized("Invalid API Key provided.")),
        None => Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )),
    }
}

/// The parameters: of a POST in its body, of a GET in the query.
fn parameters(parts: &Parts, body: &Bytes) -> Result<Form, ApiError> {
    if parts.method != Method::POST {
        return Ok(Form::parse(parts.uri.query().unwrap_or_default().as_bytes()));
    }
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !body.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(ApiError::invalid(format!(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded): '{kind}'."
        )));
    }
    Ok(Form::parse(body))
}

/// The idempotency key. On a GET it has no effect.
fn idempotency_key(parts: &Parts) -> Result<Option<&str>, ApiError> {
    let Some(header) = parts.headers.get(IDEMPOTENCY_KEY).filter(|_| parts.method == Method::POST) else {
        return Ok(None);
    };
    match header.to_str() {
        Ok(key) if (1..=MAX_KEY_LENGTH).contains(&key.len()) => Ok(Some(key)),
        Ok(_) | Err(_) => Err(ApiError::idempotency(format!(
            "Idempotency keys must be visible ASCII of 1 to {MAX_KEY_LENGTH} characters."
        ))),
    }
}

fn refusal(error: &ApiError) -> Response {
    let mut response = json_response(error.status, error.envelope().to_string());
    if error.status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Stripe\""));
    }
    response
}

fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// Adds what every answer of Stripe carries: <https://docs.stripe.com/api/request_ids> and the version that was spoken.
fn stamped(mut response: Response, request: &HeaderMap, request_id: &str) -> Response {
    let version = request.get(STRIPE_VERSION).cloned().unwrap_or(HeaderValue::from_static(API_VERSION));
    let headers = response.headers_mut();
    headers.insert(STRIPE_VERSION, version);
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    response
}

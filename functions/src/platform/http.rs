//! HTTP around the handlers: problem documents, bodies, request ids, headers, one log line a request.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, USER_AGENT, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json as AxumJson, Router};
use domain::audit::{AGENT_BYTES, By, Principal};
use domain::clock::Timestamp;
use domain::onboarding::Step;
use domain::{Error, FieldError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa::ToSchema;

use super::app::App;

/// The largest JSON or form body that is read, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The header with the request's id, on every response.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// One fault in a body.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// RFC 6901 JSON pointer of the field.
    #[schema(examples("/user_omni"))]
    pub pointer: String,
    /// What is wrong and what is expected.
    pub detail: String,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A URL that ends in the code.
    #[serde(rename = "type")]
    #[schema(examples("https://portal.agentkeys.example/problems/validation_failed"))]
    pub kind: String,
    /// What kind of problem this is, in words.
    pub title: String,
    /// The HTTP status.
    #[schema(examples(422))]
    pub status: u16,
    /// What went wrong and what to do.
    pub detail: String,
    /// The code, for programs.
    #[schema(examples("validation_failed"))]
    pub code: String,
    /// Quote it when you ask for help.
    pub request_id: String,
    /// The faults in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemField>,
    /// With `onboarding_incomplete`: the steps that are missing, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<String>)]
    pub missing: Vec<Step>,
}

/// What a status and code say to a client: everything of a problem that does not depend on the request.
struct Face {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
}

fn face(error: &Error) -> Face {
    use StatusCode as S;
    let (status, code, title, detail): (_, _, _, String) = match error {
        Error::InvalidRequest(_) => (
            S::BAD_REQUEST,
            "invalid_request",
            "Invalid request",
            "The request's form is wrong; see errors.".into(),
        ),
        Error::ValidationFailed(_) => (
            S::UNPROCESSABLE_ENTITY,
            "validation_failed",
            "Validation failed",
            "A value breaks a rule; see errors.".into(),
        ),
        Error::IdempotencyKeyRequired => (
            S::BAD_REQUEST,
            "idempotency_key_required",
            "Idempotency-Key required",
            "Send an Idempotency-Key header of 1 to 255 visible ASCII characters.".into(),
        ),
        Error::Unauthenticated(_) => (
            S::UNAUTHORIZED,
            "unauthenticated",
            "Unauthenticated",
            "Send a valid credential for this endpoint.".into(),
        ),
        Error::TokenExpired => (
            S::UNAUTHORIZED,
            "token_expired",
            "Token expired",
            "Issue a new vendor token in the portal.".into(),
        ),
        Error::TokenRevoked => (
            S::UNAUTHORIZED,
            "token_revoked",
            "Token revoked",
            "This token was revoked; use the vendor's current one.".into(),
        ),
        Error::OnboardingIncomplete(_) => (
            S::FORBIDDEN,
            "onboarding_incomplete",
            "Onboarding incomplete",
            "Finish the missing steps first; GET /v1/vendor/onboarding shows how.".into(),
        ),
        Error::VendorSuspended => (
            S::FORBIDDEN,
            "vendor_suspended",
            "Vendor suspended",
            "This vendor is suspended; contact support.".into(),
        ),
        Error::InsufficientScope(scope) => (
            S::FORBIDDEN,
            "insufficient_scope",
            "Insufficient scope",
            format!("This endpoint needs the scope {scope}."),
        ),
        Error::NotFound => (
            S::NOT_FOUND,
            "not_found",
            "Not found",
            "There is nothing here for this credential.".into(),
        ),
        Error::TokenExists => (
            S::CONFLICT,
            "token_exists",
            "A token exists",
            "This vendor has a live token; replace it with POST /v1/vendor/tokens/rotate.".into(),
        ),
        Error::Conflict(detail) => (S::CONFLICT, "conflict", "Conflict", (*detail).into()),
        Error::BodyTooLarge(limit) => (
            S::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "Body too large",
            format!("At most {limit} bytes are read."),
        ),
        Error::UnsupportedMediaType(expected) => (
            S::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
            format!("Send the body as {expected}."),
        ),
        Error::IdempotencyKeyReused => (
            S::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "Idempotency-Key reused",
            "This key came with another payload in the last 24 hours; use a new key for a new request.".into(),
        ),
        Error::Unavailable(_) => (
            S::SERVICE_UNAVAILABLE,
            "unavailable",
            "Unavailable",
            "Something this needs does not answer. Nothing is lost; retry with the same Idempotency-Key.".into(),
        ),
        Error::Internal(_) => (
            S::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal error",
            "Our fault. Quote the request_id when you ask.".into(),
        ),
    };
    Face {
        status,
        code,
        title,
        detail,
    }
}

/// `WWW-Authenticate` where the credential is at fault (RFC 6750 section 3).
fn challenge(error: &Error) -> Option<String> {
    match error {
        Error::Unauthenticated("no credential") => Some("Bearer".into()),
        Error::Unauthenticated(_) => Some(r#"Bearer error="invalid_token""#.into()),
        Error::TokenExpired => Some(r#"Bearer error="invalid_token", error_description="token expired""#.into()),
        Error::TokenRevoked => Some(r#"Bearer error="invalid_token", error_description="token revoked""#.into()),
        Error::InsufficientScope(scope) => Some(format!(r#"Bearer error="insufficient_scope", scope="{scope}""#)),
        Error::InvalidRequest(_)
        | Error::ValidationFailed(_)
        | Error::IdempotencyKeyRequired
        | Error::OnboardingIncomplete(_)
        | Error::VendorSuspended
        | Error::NotFound
        | Error::TokenExists
        | Error::Conflict(_)
        | Error::BodyTooLarge(_)
        | Error::UnsupportedMediaType(_)
        | Error::IdempotencyKeyReused
        | Error::Unavailable(_)
        | Error::Internal(_) => None,
    }
}

/// What a handler answers when it fails: a domain error on its way to a [`Problem`].
#[derive(Clone, Debug)]
pub struct Failure(pub Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    /// The status with the error attached. The outermost layer, which knows the request id and the portal's URL, writes
    /// the document and the log line.
    fn into_response(self) -> Response {
        let mut response = face(&self.0).status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn problem(error: &Error, request_id: &str, portal: &str) -> Response {
    let Face {
        status,
        code,
        title,
        detail,
    } = face(error);
    let (faults, missing): (&[FieldError], &[Step]) = match error {
        Error::InvalidRequest(faults) | Error::ValidationFailed(faults) => (faults, &[]),
        Error::OnboardingIncomplete(missing) => (&[], missing),
        _ => (&[], &[]),
    };
    let field = |fault: &FieldError| ProblemField {
        pointer: fault.pointer.clone(),
        detail: fault.detail.clone(),
    };
    let document = Problem {
        kind: format!("{portal}/problems/{code}"),
        title: title.to_owned(),
        status: status.as_u16(),
        detail,
        code: code.to_owned(),
        request_id: request_id.to_owned(),
        errors: faults.iter().map(field).collect(),
        missing: missing.to_vec(),
    };
    let mut response = (status, AxumJson(document)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(challenge) = challenge(error).and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The caller's address, put into a request's extensions by a server that is no API Gateway.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The request as the audit log and the log lines name it.
#[derive(Clone, Debug)]
pub struct RequestMeta {
    /// Its id: Lambda's own where there is one.
    pub request_id: String,
    /// The caller's address, as API Gateway saw it. Never a header that the caller could write.
    pub address: Option<IpAddr>,
    /// The caller's user agent, cut short.
    pub agent: Option<String>,
}

impl RequestMeta {
    fn of(request: &Request, app: &App) -> Self {
        use lambda_http::request::RequestContext;
        let extensions = request.extensions();
        let gateway = match extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        };
        let peer = || extensions.get::<Peer>().map(|peer| peer.0);
        let lambda = extensions
            .get::<lambda_http::Context>()
            .map(|context| context.request_id.clone());
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self {
            request_id: lambda.unwrap_or_else(|| app.new_id::<domain::ids::LinkRequestKind>().to_string()),
            address: gateway.map_or_else(peer, |ip| ip.parse().ok()),
            agent: agent.map(|agent| agent.chars().take(AGENT_BYTES).collect()),
        }
    }

    /// The author of a change that this request makes.
    pub fn by(&self, who: Principal, at: Timestamp) -> By {
        let ip = self.address.map(|address| address.to_string());
        By {
            at,
            who,
            req: self.request_id.clone(),
            ip,
            ua: self.agent.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestMeta {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::Internal("no request meta".into()).into())
    }
}

/// A body as JSON, in the form that `T` has. Unknown fields are refused where `T` says so.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let is_json = media_type(request.headers()).is_some_and(|kind| kind == "application/json");
        let bytes = read(request).await?;
        if !is_json {
            return Err(Error::UnsupportedMediaType("application/json").into());
        }
        Ok(Self(parse_json(&bytes)?))
    }
}

/// A body as an HTML form.
pub struct Form(pub BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let is_form = media_type(request.headers()).is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        let bytes = read(request).await?;
        if !is_form {
            return Err(Error::UnsupportedMediaType("application/x-www-form-urlencoded").into());
        }
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

/// Reads a body of at most [`MAX_BODY`] bytes.
///
/// # Errors
/// [`Error::BodyTooLarge`].
pub async fn read(request: Request) -> Result<bytes::Bytes, Error> {
    to_bytes(request.into_body(), MAX_BODY)
        .await
        .map_err(|_| Error::BodyTooLarge(MAX_BODY))
}

/// Parses JSON and tells, by a pointer, where it does not have the form of `T`.
///
/// # Errors
/// [`Error::InvalidRequest`].
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let fault = |pointer: String, detail: &str| Error::InvalidRequest(vec![FieldError::new(pointer, detail)]);
    let text = std::str::from_utf8(bytes).map_err(|_| fault(String::new(), "the body is not UTF-8"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let cause = error.inner();
        if !cause.is_data() {
            return fault(String::new(), &format!("the body is not JSON: {cause}"));
        }
        let message = cause.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let mut pointer = pointer(error.path());
        // serde puts a missing or unknown field at its parent and names it in the text.
        if let Some(name) = ["missing field `", "unknown field `", "duplicate field `"]
            .iter()
            .find_map(|prefix| message.strip_prefix(prefix)?.split('`').next())
        {
            let unnamed = !pointer.ends_with(&format!("/{name}"));
            pointer = if unnamed {
                format!("{pointer}/{}", escape(name))
            } else {
                pointer
            };
        }
        fault(pointer, message)
    })?;
    json.end()
        .map_err(|_| fault(String::new(), "there is something after the JSON value"))?;
    Ok(value)
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

/// A function's routes as a service: with its state, and with what every response has.
pub fn service(function: &'static str, routes: Router<App>, app: App) -> Router {
    routes
        .layer(CatchPanicLayer::custom(|_| {
            Failure(Error::Internal("panic".into())).into_response()
        }))
        .layer(middleware::from_fn(around))
        .layer(Extension(app.clone()))
        .layer(Extension(Function(function)))
        .with_state(app)
}

/// The name of the function that answers.
#[derive(Clone, Copy)]
struct Function(&'static str);

/// Names the request, lets it be answered, writes the problem document, the headers and the log line.
async fn around(
    Extension(Function(function)): Extension<Function>,
    Extension(app): Extension<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let meta = RequestMeta::of(&request, &app);
    let request_id = meta.request_id.clone();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", function, request_id, vendor_id = tracing::field::Empty);
    request.extensions_mut().insert(meta);
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let portal = app.portal().map_or("", |portal| portal.url.as_str());
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        match error {
            Error::Unavailable(_) | Error::Internal(_) => tracing::error!(%method, path, %error, "failed"),
            _ => tracing::info!(%method, path, %error, "refused"),
        }
        response = problem(&error, &request_id, portal);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allow = response.headers_mut().remove(ALLOW);
        response = problem(&Error::NotFound, &request_id, portal);
        response.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
    } else {
        tracing::info!(%method, path, status = response.status().as_u16(), "answered");
    }
    finish(&mut response, &request_id);
    response
}

fn finish(response: &mut Response<Body>, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        (REFERRER_POLICY, "same-origin"),
        (STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// What answers where no function has a route.
pub fn nothing_here(app: App) -> Router {
    let routes = Router::new().fallback(|| async { Failure(Error::NotFound) });
    service("none", routes, app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their parsing matters")]
    struct Body {
        name: String,
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their parsing matters")]
    struct Inner {
        n: u8,
    }

    #[test]
    fn pointers() {
        let rows: [(&[u8], &str); 9] = [
            (br#"{"list":[]}"#, "/name"),
            (br#"{"name":1,"list":[]}"#, "/name"),
            (br#"{"name":"a","list":[{"n":1},{"n":"x"}]}"#, "/list/1/n"),
            (br#"{"name":"a","list":[{}]}"#, "/list/0/n"),
            (br#"{"name":"a","list":[],"x/y":1}"#, "/x~1y"),
            (br#"{"name":"a","name":"b","list":[]}"#, "/name"),
            (b"{", ""),
            (b"\xff", ""),
            (br#"{"name":"a","list":[]} x"#, ""),
        ];
        for (body, pointer) in rows {
            let Err(Error::InvalidRequest(faults)) = parse_json::<Body>(body) else {
                panic!("{body:?} was accepted")
            };
            assert_eq!(faults[0].pointer, pointer, "{}", String::from_utf8_lossy(body));
        }
    }
}

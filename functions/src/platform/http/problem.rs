//! Problem documents (RFC 9457), and the one place that knows what a domain error is in HTTP.

use axum::Json;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::onboarding::Step;
use domain::{Error, FieldError};
use serde::Serialize;
use utoipa::ToSchema;

/// One fault in a body.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// RFC 6901 JSON pointer of the field.
    #[schema(examples("/user_omni"))]
    pub pointer: String,
    /// What is wrong and what is expected.
    #[schema(examples("expected 32 bytes as 64 hex digits, with or without 0x"))]
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
    #[schema(examples("Validation failed"))]
    pub title: String,
    /// The HTTP status.
    #[schema(examples(422))]
    pub status: u16,
    /// What went wrong and what to do.
    #[schema(examples("A value breaks a rule; see errors."))]
    pub detail: String,
    /// The code, for programs.
    #[schema(examples("validation_failed"))]
    pub code: String,
    /// Quote it when you ask for help.
    #[schema(examples("req_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    pub request_id: String,
    /// The faults in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemField>,
    /// With `onboarding_incomplete`: the steps that are missing, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<String>, examples("accept_terms"))]
    pub missing: Vec<Step>,
}

/// Status, code and title of an error.
#[deny(clippy::wildcard_enum_match_arm)]
fn face(error: &Error) -> (StatusCode, &'static str, &'static str) {
    use StatusCode as S;
    match error {
        Error::InvalidRequest(_) => (S::BAD_REQUEST, "invalid_request", "Invalid request"),
        Error::ValidationFailed(_) => (S::UNPROCESSABLE_ENTITY, "validation_failed", "Validation failed"),
        Error::IdempotencyKeyRequired => (S::BAD_REQUEST, "idempotency_key_required", "Idempotency-Key required"),
        Error::Unauthenticated(_) => (S::UNAUTHORIZED, "unauthenticated", "Unauthenticated"),
        Error::TokenExpired => (S::UNAUTHORIZED, "token_expired", "Token expired"),
        Error::TokenRevoked => (S::UNAUTHORIZED, "token_revoked", "Token revoked"),
        Error::OnboardingIncomplete(_) => (S::FORBIDDEN, "onboarding_incomplete", "Onboarding incomplete"),
        Error::VendorSuspended => (S::FORBIDDEN, "vendor_suspended", "Vendor suspended"),
        Error::InsufficientScope(_) => (S::FORBIDDEN, "insufficient_scope", "Insufficient scope"),
        Error::NotFound => (S::NOT_FOUND, "not_found", "Not found"),
        Error::TokenExists => (S::CONFLICT, "token_exists", "A token exists"),
        Error::Conflict(_) => (S::CONFLICT, "conflict", "Conflict"),
        Error::BodyTooLarge(_) => (S::PAYLOAD_TOO_LARGE, "body_too_large", "Body too large"),
        Error::UnsupportedMediaType(_) => {
            (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type")
        }
        Error::IdempotencyKeyReused => (S::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency-Key reused"),
        Error::Unavailable(_) => (S::SERVICE_UNAVAILABLE, "unavailable", "Unavailable"),
        Error::ProviderRefused { .. } | Error::Internal(_) => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
    }
}

/// What went wrong and what to do, for the caller. Nothing that only the log may read.
#[deny(clippy::wildcard_enum_match_arm)]
fn detail(error: &Error) -> String {
    let text = match error {
        Error::InvalidRequest(_) => "The request's form is wrong; see errors.",
        Error::ValidationFailed(_) => "A value breaks a rule; see errors.",
        Error::IdempotencyKeyRequired => "Send one Idempotency-Key header of 1 to 255 visible ASCII characters.",
        Error::Unauthenticated(_) => "Send a valid credential for this endpoint.",
        Error::TokenExpired => "Issue a new vendor token in the portal.",
        Error::TokenRevoked => "This token was revoked; use the vendor's current one.",
        Error::OnboardingIncomplete(_) => "Finish the missing steps first; GET /v1/vendor/onboarding shows how.",
        Error::VendorSuspended => "This vendor is suspended; contact support.",
        Error::InsufficientScope(scope) => return format!("This endpoint needs the scope {scope}."),
        Error::NotFound => "There is nothing here for this credential.",
        Error::TokenExists => "This vendor has a live token; replace it with POST /v1/vendor/tokens/rotate.",
        Error::Conflict(detail) => detail,
        Error::BodyTooLarge(limit) => return format!("At most {limit} bytes are read."),
        Error::UnsupportedMediaType(expected) => return format!("Send the body as {expected}."),
        Error::IdempotencyKeyReused => {
            "This key came with another payload in the last 24 hours; use a new key for a new request."
        }
        Error::Unavailable(_) => {
            "Something this needs does not answer. Nothing is lost; retry with the same Idempotency-Key."
        }
        Error::ProviderRefused { .. } | Error::Internal(_) => "Our fault. Quote the request_id when you ask.",
    };
    text.to_owned()
}

/// `WWW-Authenticate` where the credential is at fault (RFC 6750 section 3).
#[deny(clippy::wildcard_enum_match_arm)]
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
        | Error::ProviderRefused { .. }
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
        let mut response = face(&self.0).0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    /// The problem that an error is.
    pub fn of(error: &Error, request_id: &str, portal: &str) -> Self {
        let (status, code, title) = face(error);
        let (faults, missing): (&[FieldError], &[Step]) = match error {
            Error::InvalidRequest(faults) | Error::ValidationFailed(faults) => (faults, &[]),
            Error::OnboardingIncomplete(missing) => (&[], missing),
            _ => (&[], &[]),
        };
        let field = |fault: &FieldError| ProblemField { pointer: fault.pointer.clone(), detail: fault.detail.clone() };
        Self {
            kind: format!("{portal}/problems/{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail(error),
            code: code.to_owned(),
            request_id: request_id.to_owned(),
            errors: faults.iter().map(field).collect(),
            missing: missing.to_vec(),
        }
    }
}

/// The document of an error, by the outermost layer.
pub(super) fn document(error: &Error, request_id: &str, portal: &str) -> Response {
    let status = face(error).0;
    let mut response = respond(status, Problem::of(error, request_id, portal));
    let headers = response.headers_mut();
    if let Some(challenge) = challenge(error).and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The document for what the router itself refused, before any handler: a method, a path or a query that it can't read.
/// `None` for every other answer.
pub(super) fn of_router(response: &mut Response, request_id: &str, portal: &str) -> Option<Response> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| !kind.starts_with("text/plain")) {
        return None;
    }
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            let code = "method_not_allowed";
            let mut refusal = respond(
                StatusCode::METHOD_NOT_ALLOWED,
                Problem {
                    kind: format!("{portal}/problems/{code}"),
                    title: "Method not allowed".into(),
                    status: 405,
                    detail: "This path has other methods; see Allow.".into(),
                    code: code.into(),
                    request_id: request_id.to_owned(),
                    errors: Vec::new(),
                    missing: Vec::new(),
                },
            );
            refusal.headers_mut().extend(response.headers_mut().remove(ALLOW).map(|allow| (ALLOW, allow)));
            Some(refusal)
        }
        StatusCode::NOT_FOUND => Some(document(&Error::NotFound, request_id, portal)),
        StatusCode::BAD_REQUEST => {
            let fault = FieldError::new("", "the path or the query can't be read");
            Some(document(&Error::InvalidRequest(vec![fault]), request_id, portal))
        }
        _ => None,
    }
}

fn respond(status: StatusCode, problem: Problem) -> Response {
    let mut response = (status, Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

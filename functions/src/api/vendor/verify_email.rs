//! `POST /v1/vendor/verify-email`

use crate::platform::routes::{Routes, routes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::sessions::exchange::SessionStarted;
use crate::openapi::{BodyFaults, Faults};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json, RequestMeta};

/// What the mail carries.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyRequest {
    /// The `token` of the mailed link.
    #[schema(examples("0FNk4m2d9bWvYh8oYcHqZ0q3b1Jx7l5uTz2aVwS6iEo"))]
    token: String,
}

/// Prove an e-mail address
///
/// Uses the link up, and begins a session. A link is good for 24 hours and for one use.
#[utoipa::path(post, path = "/v1/vendor/verify-email", tag = "account", operation_id = "verify_email",
    request_body = VerifyRequest,
    responses((status = 200, description = "Proved; a session has begun, also as a cookie", body = SessionStarted),
        (status = 403, description = "`vendor_suspended`", body = crate::platform::http::Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: the link is still good, try again", body = crate::platform::http::Problem,
            content_type = "application/problem+json"), BodyFaults, Faults),
    security(()))]
async fn verify_email(
    State(app): State<App>,
    meta: RequestMeta,
    headers: HeaderMap,
    Json(body): Json<VerifyRequest>,
) -> Result<Response, Failure> {
    let link = app.store_of_all_vendors()?.verification_link(&body.token, app.now()).await?;
    let started = SessionStarted::by_link(&app, &meta, &headers, link).await?;
    started.into_response(app.portal()?)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(verify_email)
}

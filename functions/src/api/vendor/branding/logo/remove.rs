//! `DELETE /v1/vendor/branding/logo`

use axum::extract::State;
use axum::http::StatusCode;
use domain::Error;
use domain::vendor::Vendor;

use super::super::view;
use crate::openapi::{Faults, PreconditionFaults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, IfMatch, Problem};
use crate::platform::routes::{Routes, routes};

/// Remove the logo
///
/// Whoever has it already may keep it. `If-Match` takes the `ETag` of the branding, or `*`.
#[utoipa::path(delete, path = "/v1/vendor/branding/logo", tag = "settings", operation_id = "remove_logo",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` seen, or `*`; 428 without", example = "*")),
    responses((status = 204, description = "It is gone"),
        (status = 403, description = "`vendor_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there was none", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        PreconditionFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn remove(State(app): State<App>, caller: SessionCaller, seen: IfMatch) -> Result<StatusCode, Failure> {
    let (seen, portal) = (seen.required()?, app.portal()?);
    let as_seen = |vendor: &Vendor| {
        seen.check(&view::current(vendor, portal))?;
        vendor.logo.is_some().then_some(()).ok_or(Error::NotFound)
    };
    caller.store.change_logo(None, &caller.by, as_seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(remove)
}

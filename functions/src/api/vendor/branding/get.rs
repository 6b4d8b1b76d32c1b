//! `GET /v1/vendor/branding`

use axum::extract::State;
use axum::response::Response;

use super::view::{self, BrandingView};
use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::Failure;
use crate::platform::routes::{Routes, routes};

/// The branding
///
/// How the vendor looks to parents; until it says something, its own name in the portal's colour. `ETag` is for
/// `If-Match` of a change.
#[utoipa::path(get, path = "/v1/vendor/branding", tag = "settings", operation_id = "get_branding",
    responses((status = 200, description = "The branding", body = BrandingView,
            headers(("ETag" = String, description = "For `If-Match`"))),
        SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn get(State(app): State<App>, caller: SessionCaller) -> Result<Response, Failure> {
    Ok(view::respond(&caller.store.vendor().await?, app.portal()?))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

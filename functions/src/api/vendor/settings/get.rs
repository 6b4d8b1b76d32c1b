//! `GET /v1/vendor/settings`

use axum::response::Response;

use super::view::{self, SettingsView};
use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::Failure;
use crate::platform::routes::{Routes, routes};

/// The settings
///
/// What the vendor chose: what its devices may reach, how their cap policy is narrower than that, which mails it gets and
/// in which language. `ETag` is for `If-Match` of a change.
#[utoipa::path(get, path = "/v1/vendor/settings", tag = "settings", operation_id = "get_settings",
    responses((status = 200, description = "The settings", body = SettingsView,
            headers(("ETag" = String, description = "For `If-Match`"))),
        SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn get(caller: SessionCaller) -> Result<Response, Failure> {
    Ok(view::respond(&caller.store.vendor().await?)?)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

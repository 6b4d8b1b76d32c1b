//! `GET /schemas/cap-policy/1.json`

use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::openapi::Faults;
use crate::platform::routes::{Routes, routes};

/// JSON Schema of cap policies
///
/// What a `cap_policy` that names this as its `$schema` looks like. It never changes: another form is another version.
#[utoipa::path(get, path = "/schemas/cap-policy/1.json", tag = "devices", operation_id = "get_cap_policy_schema",
    responses((status = 200, description = "JSON Schema 2020-12", body = Object, content_type = "application/schema+json"), Faults),
    security(()))]
async fn get() -> Response {
    let headers = [
        (CONTENT_TYPE, "application/schema+json"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, include_str!("../../../assets/schemas/cap-policy-1.json")).into_response()
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

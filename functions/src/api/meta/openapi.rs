//! `GET /openapi.json`

use crate::platform::routes::{Routes, routes};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::openapi::Faults;

/// The contract
///
/// This document. It is made of the routes when the project is built, and kept beside the code; a test compares.
#[utoipa::path(get, path = "/openapi.json", tag = "pages", operation_id = "get_openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json"), Faults),
    security(()))]
async fn get() -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=300"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, include_str!("../../../openapi.json")).into_response()
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

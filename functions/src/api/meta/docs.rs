//! `GET /docs` and `GET /docs/{asset}`: the API explorer, all of it from here.

use crate::platform::routes::{Routes, routes};
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::Error;

use crate::openapi::{Faults, QueryFaults};
use crate::platform::http::{Failure, Problem};

/// Nothing from elsewhere, no inline script or style.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The API explorer
///
/// Shows this document and lets you try the calls.
#[utoipa::path(get, path = "/docs", tag = "pages", operation_id = "get_docs",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), Faults),
    security(()))]
async fn show() -> Response {
    asset("text/html; charset=utf-8", include_bytes!("../../../assets/docs/index.html"))
}

/// A part of the explorer
///
/// Its scripts and styles.
#[utoipa::path(get, path = "/docs/{asset}", tag = "pages", operation_id = "get_docs_asset",
    params(("asset" = String, Path, description = "A file name", example = "docs.css")),
    responses((status = 200, description = "A script or a style", body = String, content_type = "text/css"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"), QueryFaults, Faults),
    security(()))]
async fn part(Path(name): Path<String>) -> Result<Response, Failure> {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const STYLE: &str = "text/css; charset=utf-8";
    match name.as_str() {
        "docs.css" => Ok(asset(STYLE, include_bytes!("../../../assets/docs/docs.css"))),
        "docs.js" => Ok(asset(SCRIPT, include_bytes!("../../../assets/docs/docs.js"))),
        "swagger-ui.css" => Ok(asset(STYLE, include_bytes!("../../../assets/swagger-ui/swagger-ui.css"))),
        "swagger-ui-bundle.js" => Ok(asset(SCRIPT, include_bytes!("../../../assets/swagger-ui/swagger-ui-bundle.js"))),
        _ => Err(Error::NotFound.into()),
    }
}

fn asset(kind: &'static str, bytes: &'static [u8]) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, bytes).into_response()
}

/// The page.
pub fn page() -> Routes {
    routes!(show).compressed()
}

/// Its parts.
pub fn assets() -> Routes {
    routes!(part).compressed()
}

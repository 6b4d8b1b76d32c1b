//! `GET /v1/vendor/branding/logo/{vendor_id}/{file}`

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::ids::VendorId;

use super::PictureFile;
use crate::openapi::{Faults, QueryFaults};
use crate::platform::app::App;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};

/// A vendor's logo
///
/// For everybody. The name of the file is the hash of the picture, so it may be kept for ever.
#[utoipa::path(get, path = "/v1/vendor/branding/logo/{vendor_id}/{file}", tag = "settings", operation_id = "get_logo",
    params(("vendor_id" = String, Path, description = "Whose it is", example = "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X"),
        ("file" = String, Path, description = "As the branding's `logo.url` names it",
            example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.png")),
    responses((status = 200, description = "The picture", content((PictureFile = "image/png"), (PictureFile = "image/webp"))),
        (status = 304, description = "The picture is as `If-None-Match` names it"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
        QueryFaults, Faults),
    security(()))]
async fn get(
    State(app): State<App>,
    Path((vendor_id, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let vendor_id: VendorId = vendor_id.parse().map_err(|_| Error::NotFound)?;
    let (sha256, ending) = file.split_once('.').ok_or(Error::NotFound)?;
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        return Err(Error::NotFound.into());
    }
    let logo = app.store_of_all_vendors()?.public_logo(vendor_id, sha256).await?;
    let logo = logo.filter(|logo| logo.media_type.ending() == ending).ok_or(Error::NotFound)?;
    let etag = format!("\"{sha256}\"");
    let known = headers.get(IF_NONE_MATCH).is_some_and(|seen| *seen == *etag);
    let about = [
        (CONTENT_TYPE, logo.media_type.as_str()),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    Ok(match known {
        true => (StatusCode::NOT_MODIFIED, about, [(ETAG, etag)]).into_response(),
        false => (about, [(ETAG, etag)], logo.picture).into_response(),
    })
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

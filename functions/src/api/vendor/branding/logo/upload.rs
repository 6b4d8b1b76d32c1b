//! `PUT /v1/vendor/branding/logo`

use axum::extract::State;
use axum::response::Response;
use data_encoding::HEXLOWER;
use domain::Error;
use domain::branding::{LOGO_BYTES, Logo, Media};
use sha2::{Digest, Sha256};

use super::super::view::{self, BrandingView};
use super::PictureFile;
use crate::openapi::{Faults, PreconditionFaults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, IfMatch, Problem, Raw};
use crate::platform::picture::Picture;
use crate::platform::routes::{Routes, routes};

fn read(upload: &Raw<LOGO_BYTES>) -> Result<(Logo, Vec<u8>), Error> {
    let media_type = upload.media_type.as_deref().and_then(|kind| kind.parse::<Media>().ok());
    let media_type = media_type.ok_or(Error::UnsupportedMediaType("image/png or image/webp"))?;
    let picture = Picture::read(media_type, &upload.bytes).map_err(|detail| Error::field("", detail))?;
    let size = u32::try_from(picture.bytes.len()).map_err(|error| Error::Internal(error.to_string()))?;
    let sha256 = HEXLOWER.encode(&Sha256::digest(&picture.bytes));
    Ok((Logo { sha256, media_type, width: picture.width, height: picture.height, size }, picture.bytes))
}

/// Upload the logo
///
/// The picture itself as the body: PNG or WebP, at most 100 KB and 1024 pixels a side, not animated. It is decoded, and
/// everything but the picture (texts, EXIF, colour profiles) is taken out. The logo that was there is gone. `If-Match`
/// takes the `ETag` of the branding, or `*`.
#[utoipa::path(put, path = "/v1/vendor/branding/logo", tag = "settings", operation_id = "upload_logo",
    request_body(description = "The picture", content((PictureFile = "image/png"), (PictureFile = "image/webp"))),
    params(("If-Match" = Option<String>, Header, description = "The `ETag` seen, or `*`; 428 without", example = "*")),
    responses((status = 200, description = "The branding now", body = BrandingView,
            headers(("ETag" = String, description = "For the next `If-Match`"))),
        (status = 403, description = "`vendor_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: `errors` says what is wrong with the picture", body = Problem,
            content_type = "application/problem+json"),
        PreconditionFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn upload(
    State(app): State<App>,
    caller: SessionCaller,
    seen: IfMatch,
    upload: Raw<LOGO_BYTES>,
) -> Result<Response, Failure> {
    let logo = read(&upload)?;
    let (seen, portal) = (seen.required()?, app.portal()?);
    let as_seen = |vendor: &domain::vendor::Vendor| seen.check(&view::current(vendor, portal));
    let vendor = caller.store.change_logo(Some(logo), &caller.by, as_seen).await?;
    Ok(view::respond(&vendor, portal))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(upload)
}

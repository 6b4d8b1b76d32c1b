//! `PUT /v1/vendor/branding`

use axum::extract::State;
use axum::response::Response;
use domain::branding::Branding;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{self, BrandingView};
use crate::openapi::{BodyFaults, Faults, PreconditionFaults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, IfMatch, Json, Problem};
use crate::platform::routes::{Routes, routes};

/// How the vendor shall look to parents. The logo is an endpoint of its own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BrandingRequest {
    /// The name that parents know, 1 to 64 characters.
    #[schema(examples("FoloToy 火火兔"), min_length = 1, max_length = 64)]
    display_name: String,
    /// The colour of buttons and links: `#` and six hex digits.
    #[schema(examples("#1f4fd8"), pattern = "^#[0-9A-Fa-f]{6}$")]
    accent_color: String,
    /// Where parents ask for help: an https URL with a domain name, no user, no port, at most 255 bytes. None if left out.
    #[schema(examples("https://help.example.com/toys"))]
    support_url: Option<String>,
}

/// Change the branding
///
/// Says all of it anew; what is left out is gone, and the logo stays. `If-Match` takes the `ETag` of the branding that
/// the change was made from, or `*` to overwrite whatever is there.
#[utoipa::path(put, path = "/v1/vendor/branding", tag = "settings", operation_id = "update_branding",
    request_body = BrandingRequest,
    params(("If-Match" = Option<String>, Header, description = "The `ETag` seen, or `*`; 428 without", example = "*")),
    responses((status = 200, description = "The branding now", body = BrandingView,
            headers(("ETag" = String, description = "For the next `If-Match`"))),
        (status = 403, description = "`vendor_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        PreconditionFaults, BodyFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn update(
    State(app): State<App>,
    caller: SessionCaller,
    seen: IfMatch,
    Json(body): Json<BrandingRequest>,
) -> Result<Response, Failure> {
    let branding = Branding::parse(&body.display_name, &body.accent_color, body.support_url.as_deref())?;
    let (seen, portal) = (seen.required()?, app.portal()?);
    let apply = |vendor: domain::vendor::Vendor| {
        seen.check(&view::current(&vendor, portal))?;
        vendor.change_branding(branding.clone())
    };
    let vendor = caller.store.change_vendor(&caller.by, apply).await?;
    Ok(view::respond(&vendor, portal))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(update)
}

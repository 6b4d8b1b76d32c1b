//! Branding as the API shows it.

use axum::Json as View;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use domain::branding::{Branding, Contrast, Logo};
use domain::ids::VendorId;
use domain::vendor::Vendor;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::platform::config::PortalConfig;
use crate::platform::http::Current;

/// How the vendor looks to parents.
#[derive(Serialize, ToSchema)]
pub(super) struct BrandingView {
    /// The name that parents know.
    #[schema(examples("FoloToy 火火兔"))]
    display_name: String,
    /// The colour of buttons and links.
    #[schema(examples("#1f4fd8"))]
    accent_color: String,
    /// How that colour stands out.
    contrast: ContrastView,
    /// Where parents ask for help, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("https://help.example.com/toys"))]
    support_url: Option<String>,
    /// The logo, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = LogoView, required = false)]
    logo: Option<LogoView>,
}

/// Contrast ratios of the accent colour by WCAG 2.2, 1 to 21: text needs 4.5.
#[derive(Serialize, ToSchema)]
struct ContrastView {
    /// Against white.
    #[schema(examples(6.62))]
    with_white: f64,
    /// Against black.
    #[schema(examples(3.16))]
    with_black: f64,
    /// The colour to write with on the accent colour: white or black, whichever stands out more. It always does enough.
    #[schema(examples("#ffffff"))]
    text_color: String,
}

/// A logo.
#[derive(Serialize, ToSchema)]
struct LogoView {
    /// Where everybody can see it. Another picture has another URL.
    #[schema(examples(
        "https://portal.agentkeys.example/v1/vendor/branding/logo/ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.png"
    ))]
    url: String,
    /// `image/png` or `image/webp`.
    #[schema(examples("image/png"))]
    media_type: &'static str,
    /// In pixels.
    #[schema(examples(512))]
    width: u32,
    /// In pixels.
    #[schema(examples(512))]
    height: u32,
    /// In bytes.
    #[schema(examples(20480))]
    size: u32,
}

impl LogoView {
    fn of(logo: &Logo, vendor_id: VendorId, portal: &PortalConfig) -> Self {
        let Logo { sha256, media_type, width, height, size } = logo;
        let (portal, ending) = (&portal.url, media_type.ending());
        Self {
            url: format!("{portal}/v1/vendor/branding/logo/{vendor_id}/{sha256}.{ending}"),
            media_type: media_type.as_str(),
            width: *width,
            height: *height,
            size: *size,
        }
    }
}

/// What the entity tag is made of.
pub(super) fn current(vendor: &Vendor, portal: &PortalConfig) -> Current {
    let logo = vendor.logo.as_ref().map(|logo| LogoView::of(logo, vendor.vendor_id, portal));
    let Branding { display_name, accent_color, support_url } = vendor.shown_branding();
    Current(vec![
        ("display_name", json!(display_name)),
        ("accent_color", json!(accent_color)),
        ("support_url", json!(support_url)),
        ("logo", json!(logo)),
    ])
}

/// The branding with its entity tag.
pub(super) fn respond(vendor: &Vendor, portal: &PortalConfig) -> Response {
    let Branding { display_name, accent_color, support_url } = vendor.shown_branding();
    let contrast = accent_color.contrast();
    let Contrast { with_white, with_black } = contrast;
    let view = BrandingView {
        display_name,
        accent_color: accent_color.to_string(),
        contrast: ContrastView { with_white, with_black, text_color: contrast.text().to_string() },
        support_url: support_url.map(|url| url.as_str().to_owned()),
        logo: vendor.logo.as_ref().map(|logo| LogoView::of(logo, vendor.vendor_id, portal)),
    };
    ([(ETAG, current(vendor, portal).etag())], View(view)).into_response()
}

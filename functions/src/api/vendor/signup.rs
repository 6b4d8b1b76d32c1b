//! `POST /v1/vendor/signup`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use axum::http::StatusCode;
use domain::audit::Principal;
use domain::profile::SignUp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::{BodyFaults, Faults};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json, RequestMeta};
use crate::platform::store::link::{LinkRequest, Wish};

/// Who signs up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpRequest {
    /// Where to reach the vendor, at most 254 ASCII characters.
    #[schema(examples("ops@folotoy.example"), max_length = 254)]
    email: String,
    /// The name that the vendor shows, 1 to 100 characters.
    #[schema(examples("FoloToy"), min_length = 1, max_length = 100)]
    display_name: String,
    /// The language of mails and pages.
    #[schema(examples("en"), pattern = "^(en|zh-CN)$")]
    locale: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(examples("CN"), pattern = "^[A-Z]{2}$")]
    country: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SignUpAccepted {
    /// Always `verification_sent`, whether the address is known or not.
    #[schema(examples("verification_sent"))]
    status: &'static str,
}

/// Sign up
///
/// Mails a link that proves the address, good for 24 hours. The answer is the same for a known address: that one gets a
/// mail that says so.
#[utoipa::path(post, path = "/v1/vendor/signup", tag = "account", operation_id = "sign_up", request_body = SignUpRequest,
    responses((status = 202, description = "A mail is on its way", body = SignUpAccepted), BodyFaults, Faults),
    security(()))]
async fn signup(
    State(app): State<App>,
    meta: RequestMeta,
    Json(body): Json<SignUpRequest>,
) -> Result<(StatusCode, View<SignUpAccepted>), Failure> {
    let SignUpRequest { email, display_name, locale, country } = body;
    let profile = SignUp::parse(&email, &display_name, locale.as_deref(), country.as_deref())?;
    let now = app.now();
    let request = LinkRequest::new(app.new_id(), Wish::SignUp { profile }, now);
    app.store_of_all_vendors()?.request_link(&request, &meta.by(Principal::Visitor, now)).await?;
    Ok((StatusCode::ACCEPTED, View(SignUpAccepted { status: "verification_sent" })))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(signup)
}

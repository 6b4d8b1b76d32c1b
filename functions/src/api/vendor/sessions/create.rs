//! `POST /v1/vendor/sessions`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::audit::Principal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::set_cookie;
use crate::openapi::{BodyFaults, Faults};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json, RequestMeta};
use crate::platform::store::link::{LinkRequest, SIGN_IN_SECONDS, Wish};

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInRequest {
    /// The address that the vendor signed up with.
    #[schema(examples("ops@folotoy.example"))]
    email: String,
}

#[derive(Serialize, ToSchema)]
struct SignInAccepted {
    /// Always `sign_in_link_sent`, whether the address is known or not.
    #[schema(examples("sign_in_link_sent"))]
    status: &'static str,
    /// Keep it: the link opens only together with it. A browser has it as a cookie.
    #[schema(examples("p3dUu2c0l7QzVn9sWm4Yb8kTf6Xj1HgReA5oLiC2vNw"))]
    request_id: String,
}

/// Ask for a sign-in link
///
/// Mails a link that is good for 10 minutes and one use, and only together with the `request_id` of this answer. The
/// answer is the same for an unknown address, which gets no mail.
#[utoipa::path(post, path = "/v1/vendor/sessions", tag = "account", operation_id = "ask_for_sign_in_link",
    request_body = SignInRequest,
    responses((status = 202, description = "If the address is known, a mail is on its way", body = SignInAccepted),
        BodyFaults, Faults),
    security(()))]
async fn create(
    State(app): State<App>,
    meta: RequestMeta,
    Json(body): Json<SignInRequest>,
) -> Result<Response, Failure> {
    let email = body.email.parse().map_err(|fault: String| Error::field("/email", fault))?;
    let (now, secret) = (app.now(), app.new_secret());
    let wish = Wish::SignIn { email, request_hash: secret.hashed().as_str().to_owned() };
    let request = LinkRequest::new(app.new_id(), wish, now);
    app.store_of_all_vendors()?.request_link(&request, &meta.by(Principal::Visitor, now)).await?;
    let cookie = set_cookie(app.portal()?, "signin", secret.reveal(), SIGN_IN_SECONDS)?;
    let view = SignInAccepted { status: "sign_in_link_sent", request_id: secret.reveal().to_owned() };
    Ok((StatusCode::ACCEPTED, [(SET_COOKIE, cookie)], View(view)).into_response())
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(create)
}

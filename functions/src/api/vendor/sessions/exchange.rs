//! `POST /v1/vendor/sessions/exchange`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::audit::{By, Principal};
use domain::clock::rfc3339;
use domain::ids::SessionId;
use domain::vendor::{Status, Vendor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::set_cookie;
use crate::openapi::{BodyFaults, Faults};
use crate::platform::access::{cookie, cookie_name};
use crate::platform::app::App;
use crate::platform::config::PortalConfig;
use crate::platform::http::{Failure, Json, RequestMeta};
use crate::platform::secret::Secret;
use crate::platform::store::link::Link;
use crate::platform::store::session::MAX_SECONDS;

/// What the mail carries, and what the asking browser kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExchangeRequest {
    /// The `token` of the mailed link.
    #[schema(examples("0FNk4m2d9bWvYh8oYcHqZ0q3b1Jx7l5uTz2aVwS6iEo"))]
    token: String,
    /// The `request_id` that asking for the link gave.
    #[schema(examples("p3dUu2c0l7QzVn9sWm4Yb8kTf6Xj1HgReA5oLiC2vNw"))]
    request_id: String,
}

/// A session has begun.
#[derive(Serialize, ToSchema)]
pub struct SessionStarted {
    /// The vendor.
    #[schema(examples("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    pub vendor_id: String,
    /// Where the vendor is in its life.
    #[schema(value_type = String, examples("onboarding"))]
    pub status: Status,
    /// The session's value: `Authorization: Session <value>`. A browser has it as a cookie.
    #[schema(examples("Zq8vXo2m1cTn5yKd7RwLb3sHf9Jg4PeUa6iQkV0xMzE"))]
    pub session: String,
    /// When the session is over if it is not used: 12 hours after its last use, at most 7 days after its start.
    #[schema(examples("2026-11-22T20:00:00Z"))]
    pub session_expires_at: String,
}

impl SessionStarted {
    /// Uses `link` up and begins a session. The one that the browser had with this vendor ends: what it carried before it
    /// signed in is worth nothing afterwards.
    ///
    /// # Errors
    /// As [`crate::platform::store::VendorStore::use_link`].
    pub async fn by_link(app: &App, meta: &RequestMeta, headers: &HeaderMap, link: Link) -> Result<Self, Failure> {
        let (secret, session_id): (_, SessionId) = (app.new_secret(), app.new_id());
        let by = meta.by(Principal::Person(session_id), app.now());
        let store = app.store_of_all_vendors()?.of(link.vendor_id);
        let (vendor, session) = store.use_link(link, (session_id, &secret.hashed()), &by).await?;
        if let Some(before) = cookie(headers, &cookie_name(app.portal()?, "session")) {
            end_before(app, before, &vendor, &by).await;
        }
        Ok(Self {
            vendor_id: vendor.vendor_id.to_string(),
            status: vendor.status,
            session: secret.reveal().to_owned(),
            session_expires_at: rfc3339(session.expires_at()),
        })
    }

    /// The answer, with the session also as a cookie.
    ///
    /// # Errors
    /// [`domain::Error::Internal`] when the cookie can't be written.
    pub fn into_response(self, portal: &PortalConfig) -> Result<Response, Failure> {
        let cookie = set_cookie(portal, "session", &self.session, MAX_SECONDS)?;
        Ok(([(SET_COOKIE, cookie)], View(self)).into_response())
    }
}

/// Ends the browser's session of before. One that can't be ended now ends by itself, and the new one is there all the same.
async fn end_before(app: &App, value: &str, vendor: &Vendor, by: &By) {
    let ended = async {
        let Ok(secret) = value.parse::<Secret>() else { return Ok(()) };
        let store = app.store_of_all_vendors()?;
        match store.session(&secret.hashed(), by.at).await {
            Ok(session) if session.vendor_id == vendor.vendor_id => store.end_session(&session, by).await,
            Ok(_) | Err(Error::Unauthenticated(_)) => Ok(()),
            Err(error) => Err(error),
        }
    };
    if let Err(error) = ended.await {
        tracing::warn!(%error, "the session of before could not be ended");
    }
}

/// Sign in
///
/// Uses a sign-in link up, together with the `request_id` of whoever asked for it, and begins a session.
#[utoipa::path(post, path = "/v1/vendor/sessions/exchange", tag = "account", operation_id = "sign_in",
    request_body = ExchangeRequest,
    responses((status = 200, description = "Signed in; the session is also a cookie", body = SessionStarted),
        (status = 403, description = "`vendor_suspended`", body = crate::platform::http::Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: the link is still good, try again", body = crate::platform::http::Problem,
            content_type = "application/problem+json"), BodyFaults, Faults),
    security(()))]
async fn exchange(
    State(app): State<App>,
    meta: RequestMeta,
    headers: HeaderMap,
    Json(body): Json<ExchangeRequest>,
) -> Result<Response, Failure> {
    let link = app.store_of_all_vendors()?.sign_in_link(&body.token, &body.request_id, app.now()).await?;
    SessionStarted::by_link(&app, &meta, &headers, link).await?.into_response(app.portal()?)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(exchange)
}

//! `DELETE /v1/vendor/sessions`

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};

use super::set_cookie;
use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};

/// Sign out everywhere
///
/// Ends all sessions of the vendor at once, this one too.
#[utoipa::path(delete, path = "/v1/vendor/sessions", tag = "account", operation_id = "sign_out_everywhere",
    responses((status = 204, description = "All ended"),
        (status = 409, description = "`conflict`: a session is in use; try again", body = Problem,
            content_type = "application/problem+json"), SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn end_all(State(app): State<App>, caller: SessionCaller) -> Result<Response, Failure> {
    caller.store.end_sessions(&caller.by).await?;
    let cookie = set_cookie(app.portal()?, "session", "", 0)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(end_all)
}

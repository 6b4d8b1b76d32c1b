//! `DELETE /v1/vendor/sessions/current`

use crate::platform::routes::{Routes, routes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};

use super::set_cookie;
use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, Problem};

/// Sign out
///
/// Ends the session of this request at once.
#[utoipa::path(delete, path = "/v1/vendor/sessions/current", tag = "account", operation_id = "sign_out",
    responses((status = 204, description = "Ended"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"), SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn end(State(app): State<App>, caller: SessionCaller) -> Result<Response, Failure> {
    app.store_of_all_vendors()?.end_session(&caller.session, &caller.by).await?;
    let cookie = set_cookie(app.portal()?, "session", "", 0)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(end)
}

//! `GET /v1/vendor/sessions`

use axum::Json as View;
use domain::clock::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::Failure;
use crate::platform::routes::{Routes, routes};
use crate::platform::store::Row;
use crate::platform::store::session::Session;

/// A session, without its value.
#[derive(Serialize, ToSchema)]
struct SessionView {
    /// How the audit log names it.
    #[schema(examples("ses_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    session_id: String,
    /// Whether it is the one of this request.
    #[schema(examples(true))]
    current: bool,
    /// When it began.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    created_at: String,
    /// When it was last used, to a minute.
    #[schema(examples("2026-11-22T08:30:00Z"))]
    last_seen_at: String,
    /// When it is over if it is not used again.
    #[schema(examples("2026-11-22T20:30:00Z"))]
    expires_at: String,
    /// From where it was begun.
    #[schema(examples("203.0.113.7"))]
    address: Option<String>,
    /// With which browser or program.
    #[schema(examples("Mozilla/5.0"))]
    user_agent: Option<String>,
}

/// All live sessions.
#[derive(Serialize, ToSchema)]
struct SessionList {
    /// Newest first.
    data: Vec<SessionView>,
    /// Always `null`: the list is whole.
    #[schema(value_type = Option<String>, examples(json!(null)))]
    next_cursor: Option<()>,
}

/// List the vendor's sessions
///
/// All that are live: where and with what they were begun.
#[utoipa::path(get, path = "/v1/vendor/sessions", tag = "account", operation_id = "list_sessions",
    responses((status = 200, description = "All live sessions", body = SessionList), SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn list(caller: SessionCaller) -> Result<View<SessionList>, Failure> {
    let current = caller.session.session_id;
    let view = |Row { item: session, by, .. }: Row<Session>| SessionView {
        session_id: session.session_id.to_string(),
        current: session.session_id == current,
        created_at: rfc3339(session.created_at),
        last_seen_at: rfc3339(session.last_seen_at),
        expires_at: rfc3339(session.expires_at()),
        address: by.ip,
        user_agent: by.ua,
    };
    let data = caller.store.sessions(caller.by.at).await?.into_iter().map(view).collect();
    Ok(View(SessionList { data, next_cursor: None }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(list)
}

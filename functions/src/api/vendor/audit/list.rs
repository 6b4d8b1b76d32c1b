//! `GET /v1/vendor/audit`

use axum::Json as View;
use axum::extract::Query;
use data_encoding::BASE64URL_NOPAD;
use domain::Error;
use domain::audit::{AuditRow, Change};
use domain::clock::sortable;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, Problem};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Rows on a page, 1 to 100; 50 if not told.
    #[param(minimum = 1, maximum = 100, value_type = Option<u8>, example = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// One change.
#[derive(Serialize, ToSchema)]
struct AuditView {
    /// Its name.
    #[schema(examples("aud_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    audit_id: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(examples("device.registered"))]
    kind: String,
    /// To what.
    #[schema(examples("device:FT-0001"))]
    subject: String,
    /// When.
    #[schema(examples("2026-11-22T08:00:00.123Z"))]
    at: String,
    /// By whom and from where.
    by: AuthorView,
    /// What changed.
    changes: Vec<ChangeView>,
}

/// Who changed something.
#[derive(Serialize, ToSchema)]
struct AuthorView {
    /// `visitor`, `person:ses_…`, `token:tok_…`, `provider:…` or `system:…`.
    #[schema(examples("token:tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    who: String,
    /// The request's id.
    request_id: String,
    /// From which address.
    #[schema(examples("203.0.113.9"))]
    address: Option<String>,
    /// With which user agent, cut short.
    #[schema(examples("curl/8.5.0"))]
    user_agent: Option<String>,
}

/// One field's change.
#[derive(Serialize, ToSchema)]
struct ChangeView {
    /// The field.
    #[schema(examples("status"))]
    field: String,
    /// Its value before; left out if it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// Its value after; left out if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

/// A page, newest first.
#[derive(Serialize, ToSchema)]
struct AuditList {
    /// The rows.
    data: Vec<AuditView>,
    /// Where to go on, if there is more.
    next_cursor: Option<String>,
}

impl From<AuditRow> for AuditView {
    fn from(
        AuditRow {
            audit_id,
            kind,
            subject,
            by,
            changes,
        }: AuditRow,
    ) -> Self {
        let change = |Change { field, before, after }| ChangeView { field, before, after };
        Self {
            audit_id: audit_id.to_string(),
            kind,
            subject,
            at: sortable(by.at),
            by: AuthorView {
                who: by.who.to_string(),
                request_id: by.req,
                address: by.ip,
                user_agent: by.ua,
            },
            changes: changes.into_iter().map(change).collect(),
        }
    }
}

fn limit(text: Option<&str>) -> Result<i32, Error> {
    let limit = text.map_or(Ok(50), str::parse);
    let limit = limit.ok().filter(|limit| (1..=100).contains(limit));
    limit.ok_or_else(|| Error::field("/limit", "expected a number from 1 to 100"))
}

/// A cursor is the sort key of the last row. It is looked for in the caller's own log only, so nothing else can be reached
/// with a forged one.
fn position(cursor: Option<&str>) -> Result<Option<String>, Error> {
    let decode = |text: &str| {
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .ok()
            .filter(|bytes| (1..=128).contains(&bytes.len()))?;
        String::from_utf8(bytes).ok()
    };
    let wrong = || Error::field("/cursor", "expected the next_cursor of the page before");
    cursor.map(|text| decode(text).ok_or_else(wrong)).transpose()
}

/// The audit log
///
/// Every change of the vendor's things: what, when, by whom and from where. Rows appear moments after the change.
#[utoipa::path(get, path = "/v1/vendor/audit", tag = "audit", operation_id = "list_audit", params(PageQuery),
    responses((status = 200, description = "A page, newest first", body = AuditList),
        (status = 422, description = "`validation_failed`: limit or cursor", body = Problem,
            content_type = "application/problem+json"),
        SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn list(caller: SessionCaller, Query(query): Query<PageQuery>) -> Result<View<AuditList>, Failure> {
    let (limit, after) = (limit(query.limit.as_deref())?, position(query.cursor.as_deref())?);
    let page = caller.store.audit_page(limit, after.as_deref()).await?;
    let next_cursor = page.next.map(|sk| BASE64URL_NOPAD.encode(sk.as_bytes()));
    Ok(View(AuditList {
        data: page.rows.into_iter().map(AuditView::from).collect(),
        next_cursor,
    }))
}

/// The endpoint.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

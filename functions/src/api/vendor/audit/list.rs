//! `GET /v1/vendor/audit`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::Query;
use data_encoding::BASE64URL_NOPAD;
use domain::Error;
use domain::audit::{AuditRow, Change};
use domain::clock::{Timestamp, sortable};
use domain::error::FieldErrors;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::{Faults, QueryFaults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::{Failure, Problem};
use crate::platform::store::audit::AuditFilter;

/// Which rows, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Rows on a page, 1 to 100; 50 if not told.
    #[param(minimum = 1, maximum = 100, value_type = Option<u8>, example = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 200, example = "MjAyNi0xMS0yMlQwODowMDowMC4xMjNaIzAjYXVkXzAx")]
    cursor: Option<String>,
    /// Rows of this type only. A page may then be short and still have a next one.
    #[serde(rename = "type")]
    #[param(max_length = 64, example = "device.registered")]
    kind: Option<String>,
    /// Rows from this moment on (RFC 3339).
    #[param(format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Option<String>,
    /// Rows before this moment (RFC 3339).
    #[param(format = DateTime, example = "2026-12-01T00:00:00Z")]
    to: Option<String>,
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
    /// `visitor`, `person:ses_…`, `token:tok_…`, `provider:…`, `service:svc_…`, `operations:…` or `portal`.
    #[schema(examples("token:tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    who: String,
    /// The request's id.
    #[schema(examples("req_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
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
    #[schema(schema_with = any_json)]
    before: Option<Value>,
    /// Its value after; left out if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = any_json)]
    after: Option<Value>,
}

/// Any JSON value.
fn any_json() -> Schema {
    let any = ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .description(Some("Of any type; left out if it had none."));
    any.examples([json!("active")]).into()
}

/// A page, newest first.
#[derive(Serialize, ToSchema)]
struct AuditList {
    /// The rows.
    data: Vec<AuditView>,
    /// Where to go on, if there is more.
    #[schema(examples("MjAyNi0xMS0yMlQwODowMDowMC4xMjNaIzAjYXVkXzAx"))]
    next_cursor: Option<String>,
}

impl From<AuditRow> for AuditView {
    fn from(AuditRow { audit_id, kind, subject, by, changes }: AuditRow) -> Self {
        let change = |Change { field, before, after }| ChangeView { field, before, after };
        Self {
            audit_id: audit_id.to_string(),
            kind,
            subject,
            at: sortable(by.at),
            by: AuthorView { who: by.who.to_string(), request_id: by.req, address: by.ip, user_agent: by.ua },
            changes: changes.into_iter().map(change).collect(),
        }
    }
}

fn limit(text: Option<&str>) -> Result<usize, String> {
    let limit = text.map_or(Ok(50), str::parse);
    limit.ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| "expected a number from 1 to 100".into())
}

fn moment(text: Option<&str>) -> Result<Option<Timestamp>, String> {
    // Before 1970 there is nothing, and years of other than four digits do not sort.
    let parse = |text: &str| text.parse().ok().filter(|at| *at >= Timestamp::UNIX_EPOCH);
    text.map(|text| parse(text).ok_or_else(|| "expected a time such as 2026-11-22T08:00:00Z".into())).transpose()
}

/// The type of a row: dots, letters, underscores.
fn kind(text: Option<String>) -> Result<Option<String>, String> {
    let known = |text: &String| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_')
    };
    match text {
        Some(text) if !known(&text) => Err("expected a type such as device.registered".into()),
        text => Ok(text),
    }
}

/// What is asked for, with every fault told at once. The pointers name query parameters.
fn parse(query: PageQuery) -> Result<(AuditFilter, usize, Option<String>), Error> {
    let mut faults = FieldErrors::default();
    let limit = faults.take("/limit", limit(query.limit.as_deref()));
    let after = faults.take("/cursor", position(query.cursor.as_deref()));
    let kind = faults.take("/type", kind(query.kind));
    let from = faults.take("/from", moment(query.from.as_deref()));
    let to = faults.take("/to", moment(query.to.as_deref()));
    match (limit, after, kind, from, to) {
        (Some(limit), Some(after), Some(kind), Some(from), Some(to)) => {
            Ok((AuditFilter { kind, from, to }, limit, after))
        }
        _ => Err(faults.into_error()),
    }
}

/// A cursor is the sort key of the last row. It is looked for in the caller's own log only, so nothing else can be reached
/// with a forged one.
fn position(cursor: Option<&str>) -> Result<Option<String>, String> {
    let decode = |text: &str| {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| (1..=128).contains(&bytes.len()))?;
        // A sort key begins with a year; DynamoDB refuses a start outside the range that is asked for.
        String::from_utf8(bytes).ok().filter(|key| key.is_ascii() && key.starts_with(|c: char| c.is_ascii_digit()))
    };
    cursor.map(|text| decode(text).ok_or_else(|| "expected the next_cursor of the page before".into())).transpose()
}

/// The audit log
///
/// Every change of the vendor's things: what, when, by whom and from where. Rows appear moments after the change.
#[utoipa::path(get, path = "/v1/vendor/audit", tag = "audit", operation_id = "list_audit", params(PageQuery),
    responses((status = 200, description = "A page, newest first", body = AuditList),
        (status = 422, description = "`validation_failed`: a query parameter; `errors` names it", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn list(caller: SessionCaller, Query(query): Query<PageQuery>) -> Result<View<AuditList>, Failure> {
    let (filter, limit, after) = parse(query)?;
    let page = caller.store.audit_page(&filter, limit, after.as_deref()).await?;
    let next_cursor = page.next.map(|sk| BASE64URL_NOPAD.encode(sk.as_bytes()));
    Ok(View(AuditList { data: page.rows.into_iter().map(AuditView::from).collect(), next_cursor }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(list)
}

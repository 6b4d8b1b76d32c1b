//! `POST /v1/vendor/imports`

use axum::Json as View;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::error::FieldErrors;
use domain::import::{CHUNK_LINES, Format, Import, MAX_LINES};
use domain::token::Scope;
use domain::{Error, text};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ImportView;
use crate::openapi::{BodyFaults, BusinessFaults, CallerFaults, Faults};
use crate::platform::access::{AnyCaller, AnyCredential};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json, MAX_BODY};
use crate::platform::routes::{Routes, routes};

/// A lot to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateRequest {
    /// What you call it, 1 to 64 characters.
    #[schema(examples("lot 7"), min_length = 1, max_length = 64)]
    name: Option<String>,
    /// `ndjson`: a JSON object on each line, as `POST /v1/vendor/devices/register` takes it. `csv`: RFC 4180.
    #[schema(examples("csv"), pattern = "^(ndjson|csv)$")]
    format: String,
    /// How many lines (devices) will come in all: 1 to 100,000. A CSV header is no line.
    #[schema(examples(100_000), minimum = 1, maximum = 100_000)]
    total_lines: u32,
    /// How many lines a chunk has: 100 to 500, 500 if not told. Choose fewer where 500 lines are more than a megabyte.
    #[schema(examples(500), minimum = 100, maximum = 500)]
    chunk_lines: Option<u32>,
    /// Only tell what would be registered; `false` if not told.
    #[schema(examples(true))]
    dry_run: Option<bool>,
}

fn parse(body: CreateRequest, app: &App, caller: &AnyCaller) -> Result<Import, Error> {
    let mut faults = FieldErrors::default();
    let name = faults.take("/name", body.name.map(|name| text::line(&name, 64)).transpose());
    let format = match body.format.as_str() {
        "ndjson" => Ok(Format::Ndjson),
        "csv" => Ok(Format::Csv),
        _ => Err("expected ndjson or csv".to_owned()),
    };
    let format = faults.take("/format", format);
    let within = |lines: u32, from: u32, to: u32| match (from..=to).contains(&lines) {
        true => Ok(lines),
        false => Err(format!("expected {from} to {to}, got {lines}")),
    };
    let total_lines = faults.take("/total_lines", within(body.total_lines, 1, MAX_LINES));
    let (smallest, largest) = (*CHUNK_LINES.start(), *CHUNK_LINES.end());
    let chunk_lines = faults.take("/chunk_lines", within(body.chunk_lines.unwrap_or(largest), smallest, largest));
    match (name, format, total_lines, chunk_lines) {
        (Some(name), Some(format), Some(total_lines), Some(chunk_lines)) => Ok(Import {
            import_id: app.new_id(),
            vendor_id: caller.store.vendor_id(),
            name,
            format,
            total_lines,
            chunk_lines,
            dry_run: body.dry_run.unwrap_or(false),
            created_at: caller.by.at,
        }),
        _ => Err(faults.into_error()),
    }
}

/// Begin a lot import
///
/// For a factory's file of up to 100,000 devices. Say how many lines there are, then upload them in chunks of
/// `chunk_lines` to `POST /v1/vendor/imports/{import_id}/chunks`, in any order and side by side. Any number of imports may
/// be under way. An import has no end to declare: it is complete when all its lines are done.
#[utoipa::path(post, path = "/v1/vendor/imports", tag = "imports", operation_id = "create_import",
    request_body = CreateRequest,
    responses((status = 201, description = "Begun", body = ImportView), BodyFaults, CallerFaults, BusinessFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn create(
    State(app): State<App>,
    caller: AnyCredential,
    request: Request,
) -> Result<(StatusCode, View<ImportView>), Failure> {
    let caller = caller.open(Some(Scope::DevicesWrite))?;
    let Json(body) = Json::within(MAX_BODY, request).await?;
    let import = parse(body, &app, &caller)?;
    caller.active_vendor().await?;
    caller.store.create_import(&import, &caller.by).await?;
    Ok((StatusCode::CREATED, View((&import).into())))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(create)
}

//! `GET /v1/vendor/imports/{import_id}/report`

use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_TYPE, LINK};
use axum::response::{IntoResponse, Response};
use csv::Writer;
use domain::Error;
use domain::error::FieldErrors;
use domain::ids::BindingId;
use domain::import::{Format, Import, Line, MAX_LINES};
use domain::omni::actor_omni;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::openapi::{CallerFaults, Faults, QueryFaults, ScopeFaults};
use crate::platform::access::AnyCredential;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};

/// How many chunks a page has at most: 5,000 lines, as far as one read of the store goes.
const PAGE_CHUNKS: usize = 10;

/// Which lines, and how they are written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ReportQuery {
    /// `ndjson` (if not told) or `csv`.
    #[param(value_type = Option<String>, pattern = "^(ndjson|csv)$", example = "csv")]
    format: Option<String>,
    /// The first line to tell of; 1 if not told.
    #[param(minimum = 1, maximum = 100_000, value_type = Option<u32>, example = 1)]
    from_line: Option<String>,
}

/// One line of the report.
#[derive(Default, Serialize)]
struct LineView {
    line: u32,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_omni: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_omni: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultView>,
}

#[derive(Serialize)]
struct FaultView {
    pointer: String,
    detail: String,
}

impl LineView {
    fn of(import: &Import, line: u32, outcome: Line) -> Self {
        let device = |status, device_id, user_omni, generation, binding_id: Option<BindingId>| Self {
            line,
            status,
            actor_omni: Some(actor_omni(import.vendor_id, &device_id, user_omni, generation).to_string()),
            device_id: Some(device_id.to_string()),
            user_omni: Some(user_omni.to_string()),
            binding_id: binding_id.map(|id| id.to_string()),
            errors: Vec::new(),
        };
        match outcome {
            Line::Registered(device_id, user_omni, generation) => {
                let made = (!import.dry_run).then(|| import.binding_id(line, generation));
                device("registered", device_id, user_omni, generation, made)
            }
            Line::Known(device_id, user_omni, generation, binding_id) => {
                device("known", device_id, user_omni, generation, Some(binding_id))
            }
            Line::Rejected(faults) => {
                let fault = |(pointer, detail)| FaultView { pointer, detail };
                let errors = faults.into_iter().map(fault).collect();
                Self { line, status: "rejected", errors, ..Self::default() }
            }
        }
    }

    fn cells(self) -> [String; 7] {
        let errors = self.errors.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail));
        let errors = errors.map(|text| text.trim().to_owned()).collect::<Vec<_>>().join("; ");
        let cell = |text: Option<String>| harmless(text.unwrap_or_default());
        let (device_id, user_omni) = (cell(self.device_id), cell(self.user_omni));
        let (actor_omni, binding_id) = (cell(self.actor_omni), cell(self.binding_id));
        [self.line.to_string(), self.status.into(), device_id, user_omni, actor_omni, binding_id, harmless(errors)]
    }
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(text: String) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text,
    }
}

fn parse(query: &ReportQuery) -> Result<(Format, u32), Error> {
    let mut faults = FieldErrors::default();
    let format = match query.format.as_deref() {
        None | Some("ndjson") => Ok(Format::Ndjson),
        Some("csv") => Ok(Format::Csv),
        Some(_) => Err("expected ndjson or csv".into()),
    };
    let format = faults.take("/format", format);
    let line = query.from_line.as_deref().map_or(Ok(1), str::parse).ok().filter(|line| (1..=MAX_LINES).contains(line));
    match (format, faults.take("/from_line", line.ok_or_else(|| format!("expected a number from 1 to {MAX_LINES}")))) {
        (Some(format), Some(line)) => Ok((format, line)),
        _ => Err(faults.into_error()),
    }
}

/// An import's report
///
/// What each line that is done came to: `registered` (in a dry run: would be), `known` or `rejected`, with the device, its
/// actor and binding, or the faults. Lines are in order; those not done yet are left out. A page has up to 5,000 lines:
/// where there is more, the header `Link` names the next page (`rel="next"`). As CSV the first page has a header line,
/// and a cell that a spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/v1/vendor/imports/{import_id}/report", tag = "imports", operation_id = "get_import_report",
    params(("import_id" = String, Path, description = "The import", example = "imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X"), ReportQuery),
    responses((status = 200, description = "Lines", content((String = "application/x-ndjson"), (String = "text/csv")),
            headers(("Link" = String, description = "The next page, if there is one"))),
        (status = 404, description = "`not_found`: no such import of this vendor", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: a query parameter; `errors` names it", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, CallerFaults, ScopeFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn report(
    caller: AnyCredential,
    Path(import_id): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Failure> {
    let caller = caller.open(Some(Scope::DevicesRead))?;
    let (format, from_line) = parse(&query)?;
    let import_id = import_id.parse().map_err(|_| Error::NotFound)?;
    let import = caller.store.import(import_id, caller.by.at).await?;
    let page = caller.store.report_page(&import, import.chunk_of(from_line), PAGE_CHUNKS).await?;
    let last = page.chunks.last().and_then(|(first, _)| import.last_line(*first).ok());
    let lines = page.chunks.into_iter().flat_map(|(first, lines)| (first..).zip(lines));
    let lines = lines.filter(|(line, _)| *line >= from_line);
    let views = lines.map(|(line, outcome)| LineView::of(&import, line, outcome));
    let body = match format {
        Format::Ndjson => ndjson(views)?,
        Format::Csv => csv_text(views, from_line == 1)?,
    };
    let kind = if format == Format::Csv { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    let mut response = ([(CONTENT_TYPE, kind)], body).into_response();
    if let Some(last) = last.filter(|_| page.more) {
        let format = if format == Format::Csv { "csv" } else { "ndjson" };
        let next = format!("/v1/vendor/imports/{import_id}/report?format={format}&from_line={}", last + 1);
        let link = format!("<{next}>; rel=\"next\"").parse().map_err(|_| Error::Internal("a link".into()))?;
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a report: {error}"))
}

fn ndjson(lines: impl Iterator<Item = LineView>) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, &line).map_err(broken)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn csv_text(lines: impl Iterator<Item = LineView>, header: bool) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::from_writer(Vec::new());
    if header {
        let names = ["line", "status", "device_id", "user_omni", "actor_omni", "binding_id", "errors"];
        writer.write_record(names).map_err(broken)?;
    }
    for line in lines {
        writer.write_record(line.cells()).map_err(broken)?;
    }
    writer.into_inner().map_err(broken)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(report)
}

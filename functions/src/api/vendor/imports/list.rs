//! `GET /v1/vendor/imports`

use axum::Json as View;
use axum::extract::Query;
use domain::Error;
use domain::error::FieldErrors;
use domain::ids::ImportId;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::ImportView;
use crate::openapi::{CallerFaults, Faults, QueryFaults, ScopeFaults};
use crate::platform::access::AnyCredential;
use crate::platform::http::{Failure, Problem, cursor};
use crate::platform::routes::{Routes, routes};

/// Which page of the imports.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// Imports on a page, 1 to 100; 50 if not told.
    #[param(minimum = 1, maximum = 100, value_type = Option<u8>, example = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 400, example = "c0nT1nU3aW1wXzAx")]
    cursor: Option<String>,
}

/// A page, newest first.
#[derive(Serialize, ToSchema)]
struct ImportList {
    /// The imports.
    data: Vec<ImportView>,
    /// Where to go on, if there is more.
    #[schema(examples("c0nT1nU3aW1wXzAx"))]
    next_cursor: Option<String>,
}

fn parse(query: &PageQuery, list: &str) -> Result<(usize, Option<ImportId>), Error> {
    let mut faults = FieldErrors::default();
    let limit = query.limit.as_deref().map_or(Ok(50), str::parse).ok().filter(|limit| (1..=100).contains(limit));
    let limit = faults.take("/limit", limit.ok_or_else(|| "expected a number from 1 to 100".into()));
    let after = query.cursor.as_ref().map(|text| cursor::decode(list, text)?.parse()).transpose();
    match (limit, faults.take("/cursor", after)) {
        (Some(limit), Some(after)) => Ok((limit, after)),
        _ => Err(faults.into_error()),
    }
}

/// The vendor's imports
///
/// Newest first, for 90 days. How far one is, `GET /v1/vendor/imports/{import_id}` tells.
#[utoipa::path(get, path = "/v1/vendor/imports", tag = "imports", operation_id = "list_imports", params(PageQuery),
    responses((status = 200, description = "A page", body = ImportList),
        (status = 422, description = "`validation_failed`: a query parameter; `errors` names it", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, CallerFaults, ScopeFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn list(caller: AnyCredential, Query(query): Query<PageQuery>) -> Result<View<ImportList>, Failure> {
    let caller = caller.open(Some(Scope::DevicesRead))?;
    let list = format!("{} imports", caller.store.vendor_id());
    let (limit, after) = parse(&query, &list)?;
    let (imports, next) = caller.store.imports_page(limit, after).await?;
    // DynamoDB may take two days to delete what is over.
    let kept = imports.iter().filter(|import| caller.by.at < import.expires_at());
    let next_cursor = next.map(|last| cursor::encode(&list, &last.to_string()));
    Ok(View(ImportList { data: kept.map(ImportView::from).collect(), next_cursor }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(list)
}

//! `GET /v1/vendor/imports/{import_id}`

use axum::Json as View;
use axum::extract::Path;
use domain::Error;
use domain::token::Scope;

use super::view::ProgressView;
use crate::openapi::{CallerFaults, Faults, QueryFaults, ScopeFaults};
use crate::platform::access::AnyCredential;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};

/// How far an import is
///
/// What its lines came to so far, which are done, and where to go on. The counts are exact however often chunks were sent.
#[utoipa::path(get, path = "/v1/vendor/imports/{import_id}", tag = "imports", operation_id = "get_import",
    params(("import_id" = String, Path, description = "The import", example = "imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X")),
    responses((status = 200, description = "The import", body = ProgressView),
        (status = 404, description = "`not_found`: no such import of this vendor", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, CallerFaults, ScopeFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn get(caller: AnyCredential, Path(import_id): Path<String>) -> Result<View<ProgressView>, Failure> {
    let caller = caller.open(Some(Scope::DevicesRead))?;
    let import_id = import_id.parse().map_err(|_| Error::NotFound)?;
    let import = caller.store.import(import_id, caller.by.at).await?;
    let done = caller.store.done_chunks(&import).await?;
    Ok(View(ProgressView::of(&import, import.progress(&done))))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

//! `GET /v1/legal/{document}/{version}`

use crate::platform::routes::{Routes, routes};
use axum::extract::{Path, Query};
use axum::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::profile::Locale;
use domain::terms::Document;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::openapi::{Faults, QueryFaults};
use crate::platform::http::{Failure, Problem};

/// The text of a document. A version that was ever published stays.
///
/// # Errors
/// [`Error::NotFound`].
pub fn text(document: Document, version: &str, locale: Locale) -> Result<&'static str, Error> {
    macro_rules! legal {
        ($path:literal) => {
            include_str!(concat!("../../../assets/legal/", $path))
        };
    }
    match (document, version, locale) {
        (Document::Tos, "2026-11-22", Locale::En) => Ok(legal!("tos/2026-11-22.en.md")),
        (Document::Tos, "2026-11-22", Locale::ZhCn) => Ok(legal!("tos/2026-11-22.zh-CN.md")),
        (Document::Dpa, "2026-11-22", Locale::En) => Ok(legal!("dpa/2026-11-22.en.md")),
        (Document::Dpa, "2026-11-22", Locale::ZhCn) => Ok(legal!("dpa/2026-11-22.zh-CN.md")),
        (Document::Tos | Document::Dpa, _, Locale::En | Locale::ZhCn) => Err(Error::NotFound),
    }
}

/// Which language.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Language {
    /// `en` or `zh-CN`; English if not told.
    #[param(example = "en", pattern = "^(en|zh-CN)$")]
    lang: Option<String>,
}

/// A legal document
///
/// The text as Markdown, the same bytes for ever.
#[utoipa::path(get, path = "/v1/legal/{document}/{version}", tag = "terms", operation_id = "get_legal_document",
    params(("document" = String, Path, description = "`tos` or `dpa`", example = "tos", pattern = "^(tos|dpa)$"),
        ("version" = String, Path, description = "As `/v1/legal/terms` names it", example = "2026-11-22"), Language),
    responses((status = 200, description = "The text", body = String, content_type = "text/markdown"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"), QueryFaults, Faults),
    security(()))]
async fn get(
    Path((document, version)): Path<(String, String)>,
    Query(language): Query<Language>,
) -> Result<Response, Failure> {
    let locale = language.lang.as_deref().map_or(Ok(Locale::En), str::parse).map_err(|_| Error::NotFound)?;
    let text = text(document.parse()?, &version, locale)?;
    let headers = [
        (CONTENT_TYPE, "text/markdown; charset=utf-8"),
        (CONTENT_LANGUAGE, locale.as_str()),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    Ok((headers, text).into_response())
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

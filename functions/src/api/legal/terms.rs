//! `GET /v1/legal/terms`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use data_encoding::HEXLOWER;
use domain::profile::Locale;
use domain::terms::{CURRENT_VERSION, Document};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::document::text;
use crate::openapi::Faults;
use crate::platform::app::App;
use crate::platform::http::Failure;

/// The documents in force.
#[derive(Serialize, ToSchema)]
struct Terms {
    /// Terms of service.
    tos: DocumentView,
    /// Data processing addendum.
    dpa: DocumentView,
}

/// One document in English, with its translation.
#[derive(Serialize, ToSchema)]
struct DocumentView {
    /// Name it when you accept.
    #[schema(examples("2026-11-22"))]
    version: &'static str,
    /// SHA-256 of the English text, in hex.
    #[schema(examples("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))]
    sha256: String,
    /// Where the English text is.
    #[schema(examples("https://portal.agentkeys.example/v1/legal/tos/2026-11-22"))]
    url: String,
    /// The same in Simplified Chinese.
    zh_cn: TranslationView,
}

/// A translation.
#[derive(Serialize, ToSchema)]
struct TranslationView {
    /// SHA-256 of the text, in hex.
    #[schema(examples("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"))]
    sha256: String,
    /// Where the text is.
    #[schema(examples("https://portal.agentkeys.example/v1/legal/tos/2026-11-22?lang=zh-CN"))]
    url: String,
}

fn view(portal: &str, document: Document) -> Result<DocumentView, domain::Error> {
    let sha256 = |locale| text(document, CURRENT_VERSION, locale).map(|text| HEXLOWER.encode(&Sha256::digest(text)));
    let url = format!("{portal}/v1/legal/{document}/{CURRENT_VERSION}");
    let zh_cn = TranslationView { sha256: sha256(Locale::ZhCn)?, url: format!("{url}?lang=zh-CN") };
    Ok(DocumentView { version: CURRENT_VERSION, sha256: sha256(Locale::En)?, url, zh_cn })
}

/// The terms in force
///
/// Which versions to accept, and where to read them.
#[utoipa::path(get, path = "/v1/legal/terms", tag = "terms", operation_id = "get_terms",
    responses((status = 200, description = "The documents in force", body = Terms), Faults),
    security(()))]
async fn get(State(app): State<App>) -> Result<View<Terms>, Failure> {
    let portal = &app.portal()?.url;
    Ok(View(Terms { tos: view(portal, Document::Tos)?, dpa: view(portal, Document::Dpa)? }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

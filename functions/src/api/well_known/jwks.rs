//! `GET /.well-known/jwks.json`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::Faults;
use crate::platform::app::App;
use crate::platform::http::Failure;
use crate::platform::signer::Jwk;

/// A key set (RFC 7517).
#[derive(Serialize, ToSchema)]
struct KeySet<'a> {
    /// P-256 keys for ES256; `kid` is the RFC 7638 thumbprint.
    #[schema(value_type = Vec<Jwk>)]
    keys: Vec<&'a Jwk>,
}

/// K1's public keys
///
/// What vendor tokens, and the certificates in receipts, are verified with. To verify a receipt: (1) verify the `k1_cert`
/// in its header with a key from here, (2) verify the receipt with the certificate's `cnf.jwk`, (3) check that the
/// receipt's `iat` lies between the certificate's `iat` and `exp`.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", operation_id = "get_jwks",
    responses((status = 200, description = "The keys, good to cache for five minutes", body = KeySet), Faults),
    security(()))]
async fn get(State(app): State<App>) -> Result<Response, Failure> {
    let keys = app.signer()?.published().await?.map(|key| key.jwk()).collect();
    Ok(([(CACHE_CONTROL, "public, max-age=300")], View(KeySet { keys })).into_response())
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

//! `POST /v1/vendor/caps/{cap_id}/revoke`
//!
//! Caps are not stored: whose one is and until when it may live is read from its id.

use axum::extract::Path;
use axum::http::StatusCode;
use domain::Error;
use domain::cap::{Revoked, decide_revocation};
use domain::token::Scope;

use crate::openapi::{Faults, QueryFaults, TokenFaults};
use crate::platform::access::{BearerToken, VendorCaller};
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};

/// Revoke a cap
///
/// Ends one of the vendor's caps before its time: from now on `GET /v1/caps/revoked` lists it, until it would have ended
/// by itself. Whoever checks caps reads that list, an answer of which may be ten seconds old, so a cap that is revoked is
/// refused at the latest ten seconds and one reading interval later. Revoking twice is revoking once, and a cap that is
/// over needs no revocation: both are 204. An id that no cap of this vendor can have (another vendor's, a mistyped one)
/// is 404.
#[utoipa::path(post, path = "/v1/vendor/caps/{cap_id}/revoke", tag = "caps", operation_id = "revoke_cap",
    params(("cap_id" = String, Path, description = "The cap's `cap_id`, its `jti`",
        example = "cap_01JZ8Q6V3M4N5P6R7S8T9V0W1X", pattern = "^cap_[0-7][0-9A-HJKMNP-TV-Z]{25}$")),
    responses((status = 204, description = "Revoked, or over"),
        (status = 404, description = "`not_found`: no cap of this vendor", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, TokenFaults, Faults),
    security(("vendor_token" = [])))]
async fn revoke(token: BearerToken, Path(cap_id): Path<String>) -> Result<StatusCode, Failure> {
    let (VendorCaller { store, by, .. }, _) = token.open(Scope::CapsMint, |_| Vec::new()).await?;
    let cap_id = cap_id.parse().map_err(|_| Error::NotFound)?;
    if let Some(until) = decide_revocation(cap_id, store.vendor_id(), by.at)? {
        store.revoke(Revoked::CapId(cap_id), until, &by).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(revoke)
}

//! `DELETE /v1/vendor/tokens/{token_id}`

use axum::extract::Path;
use axum::http::StatusCode;
use domain::Error;

use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};

/// Revoke a vendor token
///
/// Ends it: within 30 seconds no endpoint accepts it, and introspection says so at once. One that is over already stays
/// as it is.
#[utoipa::path(delete, path = "/v1/vendor/tokens/{token_id}", tag = "tokens", operation_id = "revoke_token",
    params(("token_id" = String, Path, description = "The token's id", example = "tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X")),
    responses((status = 204, description = "Ended"),
        (status = 404, description = "`not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: another request changes the tokens; try again", body = Problem,
            content_type = "application/problem+json"), SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn revoke(caller: SessionCaller, Path(token_id): Path<String>) -> Result<StatusCode, Failure> {
    let token_id = token_id.parse().map_err(|_| Error::NotFound)?;
    caller.store.revoke_token(token_id, &caller.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(revoke)
}

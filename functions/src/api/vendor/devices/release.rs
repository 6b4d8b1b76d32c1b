//! `DELETE /v1/vendor/devices/{device_id}/bindings/{user_omni}`

use axum::extract::Path;
use axum::http::StatusCode;
use domain::Error;
use domain::token::Scope;

use crate::openapi::{CallerFaults, Faults, QueryFaults, ScopeFaults};
use crate::platform::access::AnyCredential;
use crate::platform::http::{Failure, Problem, gateway};
use crate::platform::registry;
use crate::platform::routes::{Routes, routes};

/// Release a device's binding
///
/// Frees the device and user, and ends the caps of their actor at once: its binding is gone, no cap is minted for it, and
/// `GET /v1/caps/revoked` lists it until its last cap is over. Registered again they get a new actor. The receipt of the
/// released binding stays valid as proof of what was. A second release is 404, and frees nothing that was registered since.
#[utoipa::path(delete, path = "/v1/vendor/devices/{device_id}/bindings/{user_omni}", tag = "devices",
    operation_id = "release_device",
    params(("device_id" = String, Path, example = "FT-0001",
            description = "The device, percent-encoded; or `~` and its base64url, which an id with `/` or `?` needs"),
        ("user_omni" = String, Path, description = "The user: 64 hex digits, with or without `0x`",
            example = "0x1111111111111111111111111111111111111111111111111111111111111111")),
    responses((status = 204, description = "Released"),
        (status = 404, description = "`not_found`: no such binding, or released before", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, CallerFaults, ScopeFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn release(
    caller: AnyCredential,
    Path((device_id, user_omni)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    // A suspended vendor may release too: its users' wish to be forgotten does not wait.
    let caller = caller.open(Some(Scope::DevicesWrite))?;
    // What is no id is nobody's.
    let device_id = gateway::device(&device_id).map_err(|_| Error::NotFound)?;
    let user_omni = user_omni.parse().map_err(|_| Error::NotFound)?;
    registry::release(&caller.store, &device_id, user_omni, &caller.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(release)
}

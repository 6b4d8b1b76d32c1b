//! `GET /v1/vendor/devices/{device_id}`

use axum::Json as View;
use axum::extract::Path;
use domain::Error;
use domain::activity::first_active_day;
use domain::clock::rfc3339;
use domain::token::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::RegisteredView;
use crate::openapi::{CallerFaults, Faults, QueryFaults, ScopeFaults};
use crate::platform::access::AnyCredential;
use crate::platform::http::{Failure, Problem, gateway};
use crate::platform::routes::{Routes, routes};

/// A device.
#[derive(Serialize, ToSchema)]
struct DeviceView {
    /// The device.
    #[schema(examples("FT-0001"))]
    device_id: String,
    /// Whether it had an authority event in the trailing 30 days (UTC, today included).
    active: bool,
    /// The first day, in UTC, on which it had one.
    #[schema(format = Date, examples("2026-11-22"))]
    first_active_day: Option<String>,
    /// The last one.
    #[schema(format = Date, examples("2026-11-22"))]
    last_active_day: Option<String>,
    /// When the oldest of its bindings was made.
    #[schema(format = DateTime, examples("2026-11-22T08:00:00Z"))]
    first_registered_at: String,
    /// Its bindings, in the order of users; of more than a hundred the first hundred.
    bindings: Vec<RegisteredView>,
}

/// A device
///
/// What is known of it: its users with their actors and receipts, and when it was active. A registration, and a day's first
/// event, are seen here a moment later. A device whose last binding was released is gone.
#[utoipa::path(get, path = "/v1/vendor/devices/{device_id}", tag = "devices", operation_id = "get_device",
    params(("device_id" = String, Path, example = "FT-0001",
        description = "The device, percent-encoded; or `~` and its base64url, which an id with `/` or `?` needs")),
    responses((status = 200, description = "The device", body = DeviceView),
        (status = 404, description = "`not_found`: no such device of this vendor", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, CallerFaults, ScopeFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn get(caller: AnyCredential, Path(device_id): Path<String>) -> Result<View<DeviceView>, Failure> {
    let caller = caller.open(Some(Scope::DevicesRead))?;
    // What is no id is nobody's.
    let device_id = gateway::device(&device_id).map_err(|_| Error::NotFound)?;
    let (bindings, activity) =
        tokio::try_join!(caller.store.bindings_of(&device_id), caller.store.activity(&device_id))?;
    let first = bindings.iter().map(|one| one.binding.registered_at).min().ok_or(Error::NotFound)?;
    let window = first_active_day(caller.by.at);
    let (first_day, last_day) = activity.map(|days| (days.first_active_day, days.last_active_day)).unzip();
    Ok(View(DeviceView {
        device_id: device_id.to_string(),
        active: last_day.as_ref().is_some_and(|last| *last >= window),
        first_active_day: first_day,
        last_active_day: last_day,
        first_registered_at: rfc3339(first),
        bindings: bindings.into_iter().map(RegisteredView::of).collect::<Result<_, _>>()?,
    }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

//! `GET /v1/vendor/devices`

use axum::Json as View;
use axum::extract::Query;
use domain::Error;
use domain::activity::first_active_day;
use domain::clock::{Timestamp, rfc3339};
use domain::device::{Binding, Model};
use domain::error::FieldErrors;
use domain::ids::VendorId;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::view::{metadata_schema, notes};
use crate::openapi::{CallerFaults, Faults, QueryFaults, ScopeFaults};
use crate::platform::access::AnyCredential;
use crate::platform::http::{Failure, Problem, cursor};
use crate::platform::routes::{Routes, routes};
use crate::platform::store::binding::Registered;
use crate::platform::store::devices::DeviceFilter;

/// Which devices, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// Entries on a page, 1 to 100; 50 if not told.
    #[param(minimum = 1, maximum = 100, value_type = Option<u8>, example = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before, with the same filters.
    #[param(max_length = 400, example = "c0nT1nU3Rk9MTy0wMDAx")]
    cursor: Option<String>,
    /// Devices whose ids begin with this.
    #[param(max_length = 128, example = "FT-")]
    q: Option<String>,
    /// Devices of this kind.
    #[param(max_length = 64, example = "bunny-2")]
    model: Option<String>,
    /// Devices of this user: 64 hex digits, with or without `0x`.
    #[param(max_length = 66, example = "0x1111111111111111111111111111111111111111111111111111111111111111")]
    user: Option<String>,
    /// `true`: devices with an authority event in the trailing 30 days (UTC, today included); `false`: the others.
    #[param(value_type = Option<bool>, example = true)]
    active: Option<String>,
}

/// A device and one of its users.
#[derive(Serialize, ToSchema)]
struct EntryView {
    /// The device.
    #[schema(examples("FT-0001"))]
    device_id: String,
    /// The user.
    #[schema(examples("0x1111111111111111111111111111111111111111111111111111111111111111"))]
    user_omni: String,
    /// Their agent identity.
    #[schema(examples("0xdc4a1cf435d4f440952c1c40c583aca7ff4c23856fdf6409f371a34a94352ca3"))]
    actor_omni: String,
    /// The record that ties them.
    #[schema(examples("bnd_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    binding_id: String,
    /// How often this device and user were released before.
    #[schema(examples(0))]
    generation: u32,
    /// When they were registered.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    registered_at: String,
    /// Kind of device, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("bunny-2"))]
    model: Option<String>,
    /// Notes, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = metadata_schema)]
    metadata: Option<BTreeMap<String, Value>>,
}

/// A page, in the order of device ids.
#[derive(Serialize, ToSchema)]
struct DeviceList {
    /// The entries: one for each device and user.
    data: Vec<EntryView>,
    /// Where to go on, if there is more.
    #[schema(examples("c0nT1nU3Rk9MTy0wMDAx"))]
    next_cursor: Option<String>,
}

impl From<Registered> for EntryView {
    fn from(Registered { binding, .. }: Registered) -> Self {
        let Binding { device_id, user_omni, actor_omni, binding_id, generation, metadata, .. } = binding;
        Self {
            device_id: device_id.to_string(),
            user_omni: user_omni.to_string(),
            actor_omni: actor_omni.to_string(),
            binding_id: binding_id.to_string(),
            generation,
            registered_at: rfc3339(binding.registered_at),
            model: binding.model.as_ref().map(Model::to_string),
            metadata: notes(&metadata),
        }
    }
}

fn limit(text: Option<&str>) -> Result<usize, String> {
    let limit = text.map_or(Ok(50), str::parse);
    limit.ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| "expected a number from 1 to 100".into())
}

/// The beginning of a device id; the empty one is every device's.
fn prefix(text: Option<String>) -> Result<String, String> {
    let text = text.unwrap_or_default();
    match text.len() <= 128 && text.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(text),
        false => Err("expected the beginning of a device id: at most 128 visible ASCII characters".into()),
    }
}

fn active(text: Option<&str>, now: Timestamp) -> Result<Option<(bool, String)>, String> {
    match text {
        None => Ok(None),
        Some("true") => Ok(Some((true, first_active_day(now)))),
        Some("false") => Ok(Some((false, first_active_day(now)))),
        Some(_) => Err("expected true or false".into()),
    }
}

/// What a list is, for its cursors.
fn name(vendor_id: VendorId, filter: &DeviceFilter) -> String {
    let DeviceFilter { prefix, model, user, active } = filter;
    let active = active.as_ref().map(|(active, _)| active);
    format!("{vendor_id} devices {prefix:?} {model:?} {user:?} {active:?}")
}

/// What is asked for, with every fault told at once. The pointers name query parameters.
fn parse(
    query: PageQuery,
    vendor_id: VendorId,
    now: Timestamp,
) -> Result<(DeviceFilter, usize, Option<String>), Error> {
    let mut faults = FieldErrors::default();
    let limit = faults.take("/limit", limit(query.limit.as_deref()));
    let prefix = faults.take("/q", prefix(query.q));
    let model = faults.take("/model", query.model.map(|text| text.parse()).transpose());
    let user = faults.take("/user", query.user.map(|text| text.parse()).transpose());
    let active = faults.take("/active", active(query.active.as_deref(), now));
    let (Some(limit), Some(prefix), Some(model), Some(user), Some(active)) = (limit, prefix, model, user, active)
    else {
        return Err(faults.into_error());
    };
    let filter = DeviceFilter { prefix, model, user, active };
    let list = name(vendor_id, &filter);
    let after = query.cursor.map(|text| cursor::decode(&list, &text)).transpose();
    match faults.take("/cursor", after) {
        Some(after) => Ok((filter, limit, after)),
        None => Err(faults.into_error()),
    }
}

/// The vendor's devices
///
/// One entry for each device and user, in the order of device ids, so pages stay the same while devices are
/// added: what is registered in between appears in its place. A new device is in the list a moment after its registration.
/// With a filter other than `q` a page may be short, or empty, and still have a next one.
#[utoipa::path(get, path = "/v1/vendor/devices", tag = "devices", operation_id = "list_devices", params(PageQuery),
    responses((status = 200, description = "A page", body = DeviceList),
        (status = 422, description = "`validation_failed`: a query parameter; `errors` names it", body = Problem,
            content_type = "application/problem+json"),
        QueryFaults, CallerFaults, ScopeFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn list(caller: AnyCredential, Query(query): Query<PageQuery>) -> Result<View<DeviceList>, Failure> {
    let caller = caller.open(Some(Scope::DevicesRead))?;
    let vendor_id = caller.store.vendor_id();
    let (filter, limit, after) = parse(query, vendor_id, caller.by.at)?;
    let page = caller.store.devices_page(&filter, limit, after).await?;
    let next_cursor = page.next.map(|place| cursor::encode(&name(vendor_id, &filter), &place));
    Ok(View(DeviceList { data: page.rows.into_iter().map(EntryView::from).collect(), next_cursor }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(list)
}

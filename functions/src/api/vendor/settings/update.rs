//! `PATCH /v1/vendor/settings`

use axum::response::Response;
use domain::settings::{SettingsChange, Wish};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::view::{self, SettingsView, chosen_schema, namespaces_schema};
use crate::openapi::{BodyFaults, Faults, PreconditionFaults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::{Failure, IfMatch, Json, Problem};
use crate::platform::routes::{Routes, routes};

/// What to change. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsRequest {
    /// What the vendor's devices may reach at most. What is taken away here leaves `cap_policy` too.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = namespaces_schema, required = false)]
    allowed_namespaces: Option<Vec<String>>,
    /// How the policy of new devices is narrower than that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = CapChoiceRequest, required = false)]
    cap_policy: Option<CapChoiceRequest>,
    /// Which mails the vendor gets.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = NotificationsRequest, required = false)]
    notifications: Option<NotificationsRequest>,
    /// The language of mails and pages: `en` or `zh-CN`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, examples("zh-CN"))]
    locale: Option<String>,
}

/// How the cap policy of a device that is registered from now on is narrower than `allowed_namespaces`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CapChoiceRequest {
    /// What may be read, out of `allowed_namespaces`; `null` for all of them.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = chosen_schema, required = false)]
    fetch: Option<Option<Vec<String>>>,
    /// What may be written, out of `allowed_namespaces`; `null` for all of them.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = chosen_schema, required = false)]
    store: Option<Option<Vec<String>>>,
    /// The longest life of a cap, in seconds.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 300, examples(60))]
    max_ttl_seconds: Option<i64>,
    /// May be sent back as it is, and not changed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Vec<String>, required = false, examples("payment"))]
    require_approval: Option<Vec<String>>,
}

/// Which mails the vendor gets.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NotificationsRequest {
    /// May be sent back as `true`: mails about security can't be switched off.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    security: Option<bool>,
    /// The token is used from an address for the first time.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    new_address: Option<bool>,
    /// The token's life ends soon.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    token_expiry: Option<bool>,
    /// An invoice is there.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    invoices: Option<bool>,
    /// What is new in the product.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool, required = false)]
    product: Option<bool>,
}

/// A field that is there. By itself serde would take `null` for a field that is not.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn parse(body: SettingsRequest) -> Result<SettingsChange, domain::Error> {
    let caps = body.cap_policy.unwrap_or_default();
    let mails = body.notifications.unwrap_or_default();
    SettingsChange::parse(Wish {
        allowed_namespaces: body.allowed_namespaces,
        fetch: caps.fetch,
        store: caps.store,
        max_ttl_seconds: caps.max_ttl_seconds,
        require_approval: caps.require_approval,
        security: mails.security,
        new_address: mails.new_address,
        token_expiry: mails.token_expiry,
        invoices: mails.invoices,
        product: mails.product,
        locale: body.locale,
    })
}

/// Change the settings
///
/// Changes what is sent and leaves the rest. Narrower namespaces count for devices registered and caps minted from then
/// on, within 30 seconds. `If-Match` takes the `ETag` of the settings that the change was made from, or `*` to overwrite
/// whatever is there; a change by somebody else in between is 412 and named in `changed`.
#[utoipa::path(patch, path = "/v1/vendor/settings", tag = "settings", operation_id = "update_settings",
    request_body = SettingsRequest,
    params(("If-Match" = Option<String>, Header, description = "The `ETag` seen, or `*`; 428 without", example = "*")),
    responses((status = 200, description = "The settings now", body = SettingsView,
            headers(("ETag" = String, description = "For the next `If-Match`"))),
        (status = 403, description = "`vendor_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        PreconditionFaults, BodyFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn update(caller: SessionCaller, seen: IfMatch, Json(body): Json<SettingsRequest>) -> Result<Response, Failure> {
    let (change, seen) = (parse(body)?, seen.required()?);
    let apply = |vendor: domain::vendor::Vendor| {
        seen.check(&view::current(&vendor)?)?;
        vendor.change_settings(&change)
    };
    let vendor = caller.store.change_vendor(&caller.by, apply).await?;
    Ok(view::respond(&vendor)?)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(update)
}

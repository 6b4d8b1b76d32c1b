//! Settings as the API shows them.

use axum::Json as View;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::cap::{MAX_CAP_SECONDS, Namespace};
use domain::cap_policy::REQUIRE_APPROVAL;
use domain::profile::Locale;
use domain::vendor::Vendor;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Schema, Type};

use crate::platform::http::Current;

/// What the vendor chose.
#[derive(Serialize, ToSchema)]
pub(super) struct SettingsView {
    /// What its devices may reach at most.
    #[schema(schema_with = namespaces_schema)]
    allowed_namespaces: Vec<Namespace>,
    /// How the policy of its new devices is narrower than that.
    cap_policy: CapChoiceView,
    /// Which mails it gets.
    notifications: NotificationsView,
    /// The language of mails and pages: `en` or `zh-CN`.
    #[schema(value_type = String, examples("en"))]
    locale: Locale,
}

/// How the cap policy of a device that is registered from now on is narrower than `allowed_namespaces`.
#[derive(Serialize, ToSchema)]
struct CapChoiceView {
    /// What may be read; `null` is all that is allowed.
    #[schema(schema_with = chosen_schema)]
    fetch: Option<Vec<Namespace>>,
    /// What may be written; `null` is all that is allowed.
    #[schema(schema_with = chosen_schema)]
    store: Option<Vec<Namespace>>,
    /// The longest life of a cap, in seconds: 1 to 300.
    #[schema(examples(300))]
    max_ttl_seconds: u32,
    /// What always needs the user's approval. This can't be changed.
    #[schema(examples("payment"))]
    require_approval: [&'static str; 3],
}

/// Which mails the vendor gets.
#[derive(Serialize, ToSchema)]
struct NotificationsView {
    /// Links, and what happens to tokens. These always come.
    security: bool,
    /// The token is used from an address for the first time.
    new_address: bool,
    /// The token's life ends soon.
    token_expiry: bool,
    /// An invoice is there.
    invoices: bool,
    /// What is new in the product.
    product: bool,
}

impl From<&Vendor> for SettingsView {
    fn from(vendor: &Vendor) -> Self {
        let (caps, mails) = (&vendor.cap_policy, vendor.notifications);
        Self {
            allowed_namespaces: vendor.allowed_namespaces.clone(),
            cap_policy: CapChoiceView {
                fetch: caps.fetch.clone(),
                store: caps.store.clone(),
                max_ttl_seconds: caps.max_ttl_seconds.unwrap_or(MAX_CAP_SECONDS),
                require_approval: REQUIRE_APPROVAL,
            },
            notifications: NotificationsView {
                security: true,
                new_address: mails.new_address,
                token_expiry: mails.token_expiry,
                invoices: mails.invoices,
                product: mails.product,
            },
            locale: vendor.profile.locale,
        }
    }
}

/// What the entity tag is made of: the settings alone, so that no other change of the vendor outdates it.
pub(super) fn current(vendor: &Vendor) -> Result<Current, Error> {
    let view = SettingsView::from(vendor);
    let json = |value: Result<Value, serde_json::Error>| value.map_err(|error| Error::Internal(error.to_string()));
    Ok(Current(vec![
        ("allowed_namespaces", json(serde_json::to_value(&view.allowed_namespaces))?),
        ("cap_policy", json(serde_json::to_value(&view.cap_policy))?),
        ("notifications", json(serde_json::to_value(&view.notifications))?),
        ("locale", json(serde_json::to_value(view.locale))?),
    ]))
}

/// The settings with their entity tag.
pub(super) fn respond(vendor: &Vendor) -> Result<Response, Error> {
    Ok(([(ETAG, current(vendor)?.etag())], View(SettingsView::from(vendor))).into_response())
}

fn namespaces() -> ArrayBuilder {
    let names = Namespace::ALL.map(Namespace::as_str);
    let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    ArrayBuilder::new().items(name).unique_items(true).max_items(Some(Namespace::ALL.len()))
}

/// Namespaces, each once.
pub(super) fn namespaces_schema() -> Schema {
    let words = "What the vendor's devices may reach at most: each namespace once, none for nothing at all.";
    let array: Array = namespaces().description(Some(words)).examples([json!(["profile", "child"])]).build();
    array.into()
}

/// Namespaces, each once, or `null`.
pub(super) fn chosen_schema() -> Schema {
    let words = "Out of `allowed_namespaces`, each once; `null` follows them.";
    let array = namespaces()
        .schema_type([Type::Array, Type::Null].into_iter().collect::<utoipa::openapi::schema::SchemaType>());
    array.description(Some(words)).examples([json!(["profile"])]).build().into()
}

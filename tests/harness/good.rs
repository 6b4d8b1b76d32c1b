//! A good request for every endpoint: what each would accept from the right caller, and whom that is.

use functions::Endpoint;
use functions::platform::access::Access;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Auth, Portal, TERMS, Vendor, omni};

/// The body of a good request.
pub enum Body {
    /// There is none.
    None,
    /// JSON.
    Json(Value),
    /// A form.
    Form(&'static str),
    /// JSON Lines.
    Lines(&'static str),
}

/// A link's or session's secret that nobody has.
pub const NOBODYS_SECRET: &str = "0FNk4m2d9bWvYh8oYcHqZ0q3b1Jx7l5uTz2aVwS6iEo";
/// The form of a page that was opened with it.
const NOBODYS_FORM: &str = "token=0FNk4m2d9bWvYh8oYcHqZ0q3b1Jx7l5uTz2aVwS6iEo";

/// A binding that nobody has.
const NOBODYS_BINDING: &str =
    "/v1/vendor/devices/FT-NOBODYS/bindings/0x7777777777777777777777777777777777777777777777777777777777777777";

/// The path of a good request to `endpoint`.
pub fn path(endpoint: &Endpoint) -> &'static str {
    match endpoint.path {
        "/v1/legal/{document}/{version}" => "/v1/legal/tos/2026-11-22",
        "/docs/{asset}" => "/docs/docs.css",
        "/v1/vendor/devices/{device_id}" => "/v1/vendor/devices/FT-NOBODYS",
        "/v1/vendor/devices/{device_id}/bindings/{user_omni}" => NOBODYS_BINDING,
        "/v1/vendor/imports/{import_id}" => "/v1/vendor/imports/imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X",
        "/v1/vendor/imports/{import_id}/chunks" => {
            "/v1/vendor/imports/imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X/chunks?first_line=1"
        }
        "/v1/vendor/imports/{import_id}/report" => "/v1/vendor/imports/imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X/report",
        path => {
            assert!(!path.contains('{'), "say here what {path} is with its parameters");
            path
        }
    }
}

/// The body of a good request to `endpoint`.
pub fn body(endpoint: &Endpoint) -> Body {
    match endpoint.function {
        "vendor-signup" => Body::Json(json!({
            "email": "ropet@example.com", "display_name": "Ropet", "locale": "en", "country": "CN",
        })),
        "vendor-verify-email" => Body::Json(json!({ "token": NOBODYS_SECRET })),
        "sessions-create" => Body::Json(json!({ "email": "nobody@example.com" })),
        "sessions-exchange" => Body::Json(json!({ "token": NOBODYS_SECRET, "request_id": NOBODYS_SECRET })),
        "terms-accept" => Body::Json(json!({
            "tos_version": TERMS, "dpa_version": TERMS, "signatory_name": "Han Meimei", "signatory_title": "COO",
        })),
        "stripe-connect" => Body::Json(json!({ "purpose": "payments", "country": "US" })),
        "stripe-webhook" => Body::Json(super::stripe::event("evt_good", "customer.updated", "cus_nobody")),
        "tokens-issue" => Body::Json(json!({ "name": "firmware 1.0", "scopes": ["devices:read"] })),
        "devices-register" => Body::Json(json!({
            "device_id": "FT-GOOD", "user_omni": omni("77"), "model": "bunny-2", "metadata": { "firmware": "1.0.3" },
        })),
        "devices-register-batch" => {
            let devices = [json!({ "device_id": "FT-GOOD", "user_omni": omni("77"), "model": "bunny-2" })];
            Body::Json(json!({ "devices": devices }))
        }
        "imports-create" => {
            Body::Json(json!({ "name": "lot 7", "format": "ndjson", "total_lines": 1, "chunk_lines": 500 }))
        }
        "imports-upload" => Body::Lines("{}\n"),
        "page-verify-email" | "page-sign-in" if endpoint.method == "POST" => Body::Form(NOBODYS_FORM),
        "sessions-end" | "devices-release" => Body::None,
        function => {
            assert_eq!(endpoint.method, "GET", "say here what a good request to {function} is");
            Body::None
        }
    }
}

/// A good request to `endpoint`, but for the caller's credential.
pub fn request(portal: &Portal, endpoint: &Endpoint) -> RequestBuilder {
    let method: Method = endpoint.method.parse().expect("a method");
    let mut request = portal.request(method, path(endpoint), Auth::None);
    if ["devices-register", "devices-register-batch"].contains(&endpoint.function) {
        request = request.header("idempotency-key", "good");
    }
    match body(endpoint) {
        Body::None => request,
        Body::Json(body) => request.json(&body),
        Body::Lines(lines) => request.header("content-type", "application/x-ndjson").body(lines),
        Body::Form(form) => request.header("content-type", "application/x-www-form-urlencoded").body(form),
    }
}

/// The credential of the right caller, as `Authorization`; none where none is needed.
pub fn authorization(endpoint: &Endpoint, vendor: &Vendor) -> Option<String> {
    match endpoint.access {
        Access::Public | Access::ProviderSignature => None,
        Access::Session => Some(format!("Session {}", vendor.session)),
        Access::VendorToken(_) | Access::SessionOrVendorToken(_) => Some(format!("Bearer {}", vendor.token)),
    }
}

//! The objects of the payer's side, and events, as they go over the wire: complete, with `null` where Stripe says
//! `null`, because generated clients refuse an object that lacks a field.

use serde_json::{Value, json};

use super::API_VERSION;
use super::store::{new_id, random_text, text};

/// How long a Checkout Session stays open, <https://docs.stripe.com/api/checkout/sessions/object>.
const SESSION_SECONDS: i64 = 24 * 60 * 60;

/// A test card, <https://docs.stripe.com/testing>.
pub(super) struct Card {
    last4: &'static str,
}

impl Card {
    /// 4242 4242 4242 4242: everything succeeds.
    pub(super) const GOOD: Self = Self { last4: "4242" };
    /// 4000 0000 0000 0002: the bank declines.
    pub(super) const DECLINED: Self = Self { last4: "0002" };
}

/// <https://docs.stripe.com/api/customers/object>
pub(super) fn customer(now: i64) -> Value {
    let object = json!({
        "id": new_id("cus_"),
        "object": "customer",
        "balance": 0,
        "created": now,
        "delinquent": false,
        "invoice_prefix": random_text(8).to_ascii_uppercase(),
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": null,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    });
    with_nulls(
        object,
        &[
            "address",
            "business_name",
            "currency",
            "customer_account",
            "default_source",
            "description",
            "discount",
            "email",
            "individual_name",
            "name",
            "phone",
            "shipping",
            "test_clock",
        ],
    )
}

/// A Checkout Session in setup mode, open, with its setup intent;
/// <https://docs.stripe.com/api/checkout/sessions/object>.
pub(super) fn checkout_session(intent: &Value, page_url: impl FnOnce(&str) -> String, now: i64) -> Value {
    let id = new_id("cs_test_");
    let object = json!({
        "url": page_url(&id),
        "id": id,
        "object": "checkout.session",
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "created": now,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null,
            "shipping_address": null,
            "submit": null,
            "terms_of_service_acceptance": null,
        },
        "customer": intent["customer"],
        "expires_at": now + SESSION_SECONDS,
        "livemode": false,
        "metadata": {},
        "mode": "setup",
        "payment_method_collection": "always",
        "payment_method_options": {},
        "payment_method_types": intent["payment_method_types"],
        "payment_status": "no_payment_required",
        "phone_number_collection": { "enabled": false },
        "setup_intent": intent["id"],
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
    });
    with_nulls(object, SESSION_NULLS)
}

const SESSION_NULLS: &[&str] = &[
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "amount_subtotal",
    "amount_total",
    "billing_address_collection",
    "branding_settings",
    "cancel_url",
    "client_reference_id",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency",
    "currency_conversion",
    "customer_account",
    "customer_creation",
    "customer_details",
    "customer_email",
    "integration_identifier",
    "invoice",
    "invoice_creation",
    "locale",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "shipping_address_collection",
    "shipping_cost",
    "submit_type",
    "subscription",
    "success_url",
    "total_details",
];

/// <https://docs.stripe.com/api/setup_intents/object>
pub(super) fn setup_intent(customer: &Value, now: i64) -> Value {
    let id = new_id("seti_");
    let object = json!({
        "client_secret": format!("{id}_secret_{}", random_text(24)),
        "id": id,
        "object": "setup_intent",
        "created": now,
        "customer": customer,
        "livemode": false,
        "metadata": {},
        "payment_method_options": {
            "card": { "mandate_options": null, "network": null, "request_three_d_secure": "automatic" },
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    });
    with_nulls(
        object,
        &[
            "allowed_payment_method_types",
            "application",
            "automatic_payment_methods",
            "cancellation_reason",
            "customer_account",
            "description",
            "flow_directions",
            "last_setup_error",
            "latest_attempt",
            "mandate",
            "next_action",
            "on_behalf_of",
            "payment_method",
            "payment_method_configuration_details",
            "single_use_mandate",
        ],
    )
}

/// A card, saved for a customer (or for nobody: null); <https://docs.stripe.com/api/payment_methods/object>.
pub(super) fn payment_method(card: &Card, customer: &Value, email: &Value, now: i64) -> Value {
    json!({
        "id": new_id("pm_"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": with_nulls(json!({}), &["city", "country", "line1", "line2", "postal_code", "state"]),
            "email": email,
            "name": null,
            "phone": null,
            "tax_id": null,
        },
        "card": {
            "brand": "visa",
            "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
            "country": "US",
            "display_brand": "visa",
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": random_text(16),
            "funding": "credit",
            "generated_from": null,
            "last4": card.last4,
            "networks": { "available": ["visa"], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        },
        "created": now,
        "customer": customer,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

/// What a declined card leaves on its setup intent, <https://docs.stripe.com/error-codes>.
pub(super) fn card_declined(payment_method: &Value) -> Value {
    json!({
        "code": "card_declined",
        "decline_code": "generic_decline",
        "doc_url": "https://docs.stripe.com/error-codes#card-declined",
        "message": "Your card was declined.",
        "payment_method": payment_method,
        "type": "card_error",
    })
}

/// An event about an object, <https://docs.stripe.com/api/events/object>. What happens on a connected account carries
/// that account's id at the top.
pub(super) fn event(kind: &str, object: &Value, now: i64) -> Value {
    let mut event = json!({
        "id": new_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": { "object": object },
        "livemode": false,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "type": kind,
    });
    if text(&object["object"]) == "account" {
        event["account"] = object["id"].clone();
    }
    event
}

/// Adds fields that have no value.
pub(super) fn with_nulls(mut object: Value, names: &[&str]) -> Value {
    for name in names {
        object[*name] = Value::Null;
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_overwritten_with_null() {
        let intent = setup_intent(&json!("cus_1"), 7);
        let session = checkout_session(&intent, |id| format!("http://x/{id}"), 7);
        for name in ["id", "url", "setup_intent", "customer", "payment_method_types", "status", "mode"] {
            assert!(!session[name].is_null(), "{name}");
        }
        assert_eq!(session["url"], format!("http://x/{}", text(&session["id"])));
        assert_eq!(session["expires_at"], 7 + SESSION_SECONDS);
    }
}

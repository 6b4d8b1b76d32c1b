//! Connected accounts, the payee's side, as they go over the wire.

use serde_json::{Value, json};

use super::objects::with_nulls;
use super::store::new_id;

/// What a vendor would have to tell Stripe on the onboarding page.
const ONBOARDING_FIELDS: [&str; 4] = ["business_type", "external_account", "tos_acceptance.date", "tos_acceptance.ip"];

/// A connected account before onboarding, without capabilities; <https://docs.stripe.com/api/accounts/object>.
///
/// Like Stripe's, it is born with its requirements past due: `disabled_reason` alone does not tell a person who has
/// not begun from one who was refused, `details_submitted` does.
pub(super) fn account(country: &str, now: i64) -> Value {
    let id = new_id("acct_");
    let object = json!({
        "object": "account",
        "business_profile": with_nulls(json!({}), &[
            "annual_revenue", "estimated_worker_count", "mcc", "name", "product_description", "support_address",
            "support_email", "support_phone", "support_url", "url",
        ]),
        "capabilities": {},
        "charges_enabled": false,
        "country": country,
        "created": now,
        "default_currency": currency_of(country),
        "details_submitted": false,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": false,
            "total_count": 0,
            "url": format!("/v1/accounts/{id}/external_accounts"),
        },
        "future_requirements": requirements(&[], false),
        "id": id,
        "metadata": {},
        "payouts_enabled": false,
        "requirements": requirements(&ONBOARDING_FIELDS, true),
        "settings": account_settings(),
        "tos_acceptance": { "date": null, "ip": null, "user_agent": null },
    });
    with_nulls(object, &["business_type", "email"])
}

fn account_settings() -> Value {
    json!({
        "branding": with_nulls(json!({}), &["icon", "logo", "primary_color", "secondary_color"]),
        "card_issuing": { "tos_acceptance": { "date": null, "ip": null } },
        "card_payments": {
            "decline_on": { "avs_failure": false, "cvc_failure": false },
            "statement_descriptor_prefix": null,
            "statement_descriptor_prefix_kana": null,
            "statement_descriptor_prefix_kanji": null,
        },
        "dashboard": { "display_name": null, "timezone": "Etc/UTC" },
        "payments": with_nulls(json!({}), &[
            "statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji",
            "statement_descriptor_prefix_kana", "statement_descriptor_prefix_kanji",
        ]),
        "payouts": {
            "debit_negative_balances": true,
            "schedule": { "delay_days": 2, "interval": "daily" },
            "statement_descriptor": null,
        },
        "sepa_debit_payments": {},
    })
}

/// What Stripe still wants to know, <https://docs.stripe.com/connect/handling-api-verification>.
fn requirements(due: &[&str], disabled: bool) -> Value {
    json!({
        "alternatives": [],
        "current_deadline": null,
        "currently_due": due,
        "disabled_reason": disabled.then_some("requirements.past_due"),
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    })
}

/// Onboarding is finished and everything verified: what was requested is active. With transfers alone an account can
/// be paid out and cannot charge.
pub(super) fn verify(account: &mut Value, now: i64) {
    set_capabilities(account, "active");
    account["charges_enabled"] = json!(account["capabilities"]["card_payments"] == "active");
    account["details_submitted"] = json!(true);
    account["payouts_enabled"] = json!(true);
    account["requirements"] = requirements(&[], false);
    account["tos_acceptance"]["date"] = json!(now);
    account["tos_acceptance"]["ip"] = json!("127.0.0.1");
}

/// Onboarding is finished and Stripe could not verify the details: what was due stays due.
pub(super) fn refuse(account: &mut Value) {
    set_capabilities(account, "inactive");
    account["charges_enabled"] = json!(false);
    account["details_submitted"] = json!(true);
    account["payouts_enabled"] = json!(false);
    account["requirements"] = requirements(&ONBOARDING_FIELDS, true);
    account["requirements"]["errors"] = json!([{
        "code": "verification_failed_other",
        "reason": "The details could not be verified.",
        "requirement": "external_account",
    }]);
}

fn set_capabilities(account: &mut Value, status: &str) {
    if let Some(capabilities) = account["capabilities"].as_object_mut() {
        for capability in capabilities.values_mut() {
            *capability = json!(status);
        }
    }
}

/// <https://docs.stripe.com/api/account_links/object>
pub(super) fn account_link(url: &str, now: i64, expires_at: i64) -> Value {
    json!({ "object": "account_link", "created": now, "expires_at": expires_at, "url": url })
}

/// The currency in which Stripe would settle with an account in this country.
fn currency_of(country: &str) -> &'static str {
    match country {
        "AT" | "BE" | "CY" | "DE" | "EE" | "ES" | "FI" | "FR" | "GR" | "HR" | "IE" | "IT" | "LT" | "LU" | "LV"
        | "MT" | "NL" | "PT" | "SI" | "SK" => "eur",
        "AU" => "aud",
        "CA" => "cad",
        "CH" => "chf",
        "GB" => "gbp",
        "HK" => "hkd",
        "JP" => "jpy",
        "NZ" => "nzd",
        "SG" => "sgd",
        _ => "usd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn onboarding_ends_either_way() {
        let mut account = account("DE", 7);
        account["capabilities"]["transfers"] = json!("inactive");
        assert_eq!(account["default_currency"], "eur");

        refuse(&mut account);
        assert_eq!(account["payouts_enabled"], false);
        assert_eq!(account["requirements"]["disabled_reason"], "requirements.past_due");
        assert_eq!(account["requirements"]["currently_due"], json!(ONBOARDING_FIELDS));

        verify(&mut account, 9);
        assert_eq!(account["capabilities"]["transfers"], "active");
        assert_eq!(account["charges_enabled"], false);
        assert_eq!(account["payouts_enabled"], true);
        assert_eq!(account["requirements"]["disabled_reason"], Value::Null);
        assert_eq!(account["requirements"]["currently_due"], json!([]));
    }
}

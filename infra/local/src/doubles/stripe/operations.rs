//! What the endpoints do. Every check comes before the first change, so a refused request changes nothing.

use serde_json::{Map, Value, json};

use super::accounts;
use super::endpoints::Call;
use super::errors::ApiError;
use super::form::Form;
use super::hosted::Page;
use super::objects;
use super::store::{Link, Store, random_text};

/// How long an account link lives; Stripe's page on account links says no more than "a few minutes".
const LINK_SECONDS: i64 = 5 * 60;

/// The object that the path names.
pub(super) fn find(store: &Store, kind: &str, id: &str) -> Result<Value, ApiError> {
    store.get_kind(kind, id).cloned().ok_or_else(|| ApiError::not_found(kind, id))
}

pub(super) fn create_customer(store: &mut Store, call: &Call<'_>) -> Result<Value, ApiError> {
    let mut customer = objects::customer(call.now);
    fill_customer(&mut customer, call.form)?;
    Ok(store.put(customer))
}

pub(super) fn update_customer(store: &mut Store, call: &Call<'_>) -> Result<Value, ApiError> {
    const DEFAULT: &str = "invoice_settings[default_payment_method]";
    let mut customer = find(store, "customer", call.id)?;
    if let Some(id) = call.form.given(DEFAULT) {
        let attached = store.get_kind("payment_method", id).is_some_and(|method| method["customer"] == call.id);
        if !attached && !id.is_empty() {
            return Err(ApiError::invalid(format!(
                "The customer does not have a payment method with the ID {id}. The payment method must be attached \
                 to the customer."
            ))
            .code("resource_missing")
            .param(DEFAULT));
        }
        customer["invoice_settings"]["default_payment_method"] = or_null(id);
    }
    fill_customer(&mut customer, call.form)?;
    Ok(store.put(customer))
}

fn fill_customer(customer: &mut Value, form: &Form) -> Result<(), ApiError> {
    let email = form.text("email");
    if email.is_some_and(|email| !email.contains('@')) {
        let message = format!("Invalid email address: {}", email.unwrap_or_default());
        return Err(ApiError::invalid(message).code("email_invalid").param("email"));
    }
    for name in ["business_name", "description", "email", "name", "phone"] {
        if let Some(value) = form.given(name) {
            customer[name] = or_null(value);
        }
    }
    let locales = form.list("preferred_locales");
    if !locales.is_empty() {
        customer["preferred_locales"] = json!(locales);
    }
    for (line, value) in form.entries("address") {
        if !["city", "country", "line1", "line2", "postal_code", "state"].contains(&line) {
            return Err(ApiError::unknown_parameter(&format!("address[{line}]")));
        }
        customer["address"][line] = or_null(value);
    }
    fill_metadata(customer, form, "metadata");
    Ok(())
}

pub(super) fn retrieve_session(store: &mut Store, call: &Call<'_>) -> Result<Value, ApiError> {
    store.session(call.id, call.now).ok_or_else(|| ApiError::not_found("checkout.session", call.id))
}

pub(super) fn create_session(store: &mut Store, call: &Call<'_>) -> Result<Value, ApiError> {
    let form = call.form;
    one_of(form, "mode", &["setup"], "setup")?;
    one_of(form, "ui_mode", &["hosted_page"], "hosted_page")?;
    web_address(form, "success_url")?;
    web_address(form, "cancel_url")?;
    let types = form.list("allowed_payment_method_types");
    if let Some(other) = types.iter().find(|kind| **kind != "card") {
        let message = format!("The payment method type \"{other}\" is invalid: the double knows cards only.");
        return Err(ApiError::invalid(message).param("allowed_payment_method_types"));
    }
    // In setup mode Stripe takes the methods from the list or, without one, finds them by currency.
    if types.is_empty() && form.text("currency").is_none() {
        return Err(ApiError::missing_parameter("currency"));
    }
    let customer = form.text("customer");
    if let Some(id) = customer
        && store.get_kind("customer", id).is_none()
    {
        return Err(ApiError::no_such("customer", id, "customer"));
    }

    let mut intent = objects::setup_intent(&json!(customer), call.now);
    intent["description"] = json!(form.text("setup_intent_data[description]"));
    fill_metadata(&mut intent, form, "setup_intent_data[metadata]");
    let page_url = |id: &str| Page::Checkout(id.to_owned()).url(call.public_url);
    let mut session = objects::checkout_session(&intent, page_url, call.now);
    for name in ["billing_address_collection", "cancel_url", "client_reference_id", "currency", "locale", "success_url"]
    {
        session[name] = json!(form.text(name));
    }
    if !types.is_empty() {
        session["allowed_payment_method_types"] = json!(types);
        intent["allowed_payment_method_types"] = json!(types);
    }
    fill_metadata(&mut session, form, "metadata");
    store.put(intent);
    Ok(store.put(session))
}

/// Makes an account whose `controller` says who pays, who bears losses and which dashboard it has: the successor of
/// the account types, <https://docs.stripe.com/connect/migrate-to-controller-properties>.
pub(super) fn create_account(store: &mut Store, call: &Call<'_>) -> Result<Value, ApiError> {
    let form = call.form;
    let country = form.text("country").unwrap_or("US");
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        let message = format!("Country '{country}' is unknown. Try using a 2-character alphanumeric country code.");
        return Err(ApiError::invalid(message).code("country_code_invalid").param("country"));
    }
    let dashboard = one_of(form, "controller[stripe_dashboard][type]", &["express", "full", "none"], "full")?;
    let controller = json!({
        "type": "application",
        "fees": { "payer": one_of(form, "controller[fees][payer]", &["account", "application"], "account")? },
        "is_controller": true,
        "losses": { "payments": one_of(form, "controller[losses][payments]", &["application", "stripe"], "stripe")? },
        "requirement_collection":
            one_of(form, "controller[requirement_collection]", &["application", "stripe"], "stripe")?,
        "stripe_dashboard": { "type": dashboard },
    });
    let mut capabilities = Map::new();
    for name in ["card_payments", "transfers"] {
        let parameter = format!("capabilities[{name}][requested]");
        if one_of(form, &parameter, &["false", "true"], "false")? == "true" {
            capabilities.insert(name.to_owned(), json!("inactive"));
        }
    }
    let kinds = ["company", "government_entity", "individual", "non_profit"];
    let business_type = one_of(form, "business_type", &kinds, "")?;
    let agreement = one_of(form, "tos_acceptance[service_agreement]", &["full", "recipient"], "full")?;

    let mut account = accounts::account(country, call.now);
    account["business_type"] = or_null(business_type);
    account["capabilities"] = Value::Object(capabilities);
    account["controller"] = controller;
    account["email"] = json!(form.text("email"));
    account["tos_acceptance"]["service_agreement"] = json!(agreement);
    account["type"] = json!(if dashboard == "full" { "standard" } else { dashboard });
    for (name, value) in form.entries("business_profile") {
        account["business_profile"][name] = or_null(value);
    }
    fill_metadata(&mut account, form, "metadata");
    Ok(store.put(account))
}

pub(super) fn create_account_link(store: &mut Store, call: &Call<'_>) -> Result<Value, ApiError> {
    let form = call.form;
    // `account_update` is for accounts whose requirements the platform collects itself.
    one_of(form, "type", &["account_onboarding"], "account_onboarding")?;
    one_of(form, "collection_options[fields]", &["currently_due", "eventually_due"], "currently_due")?;
    one_of(form, "collection_options[future_requirements]", &["include", "omit"], "omit")?;
    let account = form.text("account").unwrap_or_default();
    if store.get_kind("account", account).is_none() {
        return Err(ApiError::no_such("account", account, "account"));
    }
    let link = Link {
        account: account.to_owned(),
        expires_at: call.now + LINK_SECONDS,
        refresh_url: web_address(form, "refresh_url")?.to_owned(),
        return_url: web_address(form, "return_url")?.to_owned(),
        used: false,
    };
    let token = random_text(24);
    let url = Page::Onboarding(token.clone()).url(call.public_url);
    let object = accounts::account_link(&url, call.now, link.expires_at);
    store.links.insert(token, link);
    Ok(object)
}

/// Merges metadata as Stripe does: keys that are not sent stay, an empty value removes its key, and an empty
/// `metadata` removes all; <https://docs.stripe.com/api/metadata>.
fn fill_metadata(object: &mut Value, form: &Form, name: &str) {
    if form.given(name).is_some() {
        object["metadata"] = json!({});
    }
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return;
    };
    for (key, value) in form.entries(name) {
        if value.is_empty() {
            metadata.remove(key);
        } else {
            metadata.insert(key.to_owned(), json!(value));
        }
    }
}

/// A parameter that must be one of a few words.
fn one_of<'a>(form: &'a Form, name: &str, words: &[&str], default: &'a str) -> Result<&'a str, ApiError> {
    let word = form.text(name).unwrap_or(default);
    if word == default || words.contains(&word) {
        return Ok(word);
    }
    Err(ApiError::invalid(format!("Invalid {name}: must be one of {}", words.join(", "))).param(name))
}

/// A parameter that must be an absolute URL, fit for a `Location` header; empty if it was not sent.
fn web_address<'a>(form: &'a Form, name: &str) -> Result<&'a str, ApiError> {
    let url = form.text(name).unwrap_or_default();
    let absolute = url.starts_with("http://") || url.starts_with("https://");
    if url.is_empty() || (absolute && url.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Ok(url);
    }
    Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(name))
}

fn or_null(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { json!(value) }
}

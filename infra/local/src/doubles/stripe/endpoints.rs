//! The endpoints as data: which parameters each takes, which it needs, and the operation that it runs.

use serde_json::Value;

use super::errors::ApiError;
use super::form::Form;
use super::operations;
use super::store::Store;

/// An endpoint, as its reference page describes it.
pub(super) struct Endpoint {
    /// The parameters that the double models. Anything else is refused, also what Stripe itself would take.
    accepts: &'static [&'static str],
    requires: &'static [&'static str],
    /// Parameters that this API version no longer has, with the code that says so.
    removed: &'static [(&'static str, &'static str)],
    /// The fields that `expand` may name, <https://docs.stripe.com/api/expanding_objects>.
    expands: &'static [&'static str],
    pub(super) run: fn(&mut Store, &Call<'_>) -> Result<Value, ApiError>,
}

/// One call of an endpoint, authenticated and with its parameters checked.
pub(super) struct Call<'a> {
    /// The id in the path; empty where the path has none.
    pub(super) id: &'a str,
    pub(super) form: &'a Form,
    pub(super) now: i64,
    pub(super) public_url: &'a str,
}

/// <https://docs.stripe.com/api/customers/create>
pub(super) const CREATE_CUSTOMER: Endpoint = Endpoint {
    accepts: &[
        "address[*]",
        "business_name",
        "description",
        "email",
        "metadata",
        "metadata[*]",
        "name",
        "phone",
        "preferred_locales[*]",
    ],
    requires: &[],
    removed: &[],
    expands: &[],
    run: operations::create_customer,
};

/// <https://docs.stripe.com/api/customers/update>
pub(super) const UPDATE_CUSTOMER: Endpoint = Endpoint {
    accepts: &[
        "address[*]",
        "business_name",
        "description",
        "email",
        "invoice_settings[default_payment_method]",
        "metadata",
        "metadata[*]",
        "name",
        "phone",
        "preferred_locales[*]",
    ],
    requires: &[],
    removed: &[],
    expands: &["invoice_settings.default_payment_method"],
    run: operations::update_customer,
};

/// <https://docs.stripe.com/api/customers/retrieve>
pub(super) const RETRIEVE_CUSTOMER: Endpoint = Endpoint {
    accepts: &[],
    requires: &[],
    removed: &[],
    expands: &["invoice_settings.default_payment_method"],
    run: |store, call| operations::find(store, "customer", call.id),
};

/// <https://docs.stripe.com/api/checkout/sessions/create>
pub(super) const CREATE_SESSION: Endpoint = Endpoint {
    accepts: &[
        "allowed_payment_method_types[*]",
        "billing_address_collection",
        "cancel_url",
        "client_reference_id",
        "currency",
        "customer",
        "locale",
        "metadata[*]",
        "mode",
        "setup_intent_data[description]",
        "setup_intent_data[metadata][*]",
        "success_url",
        "ui_mode",
    ],
    requires: &["mode", "success_url"],
    removed: &[("payment_method_types", "payment_method_types_no_longer_supported")],
    expands: &["customer", "setup_intent"],
    run: operations::create_session,
};

/// <https://docs.stripe.com/api/checkout/sessions/retrieve>
pub(super) const RETRIEVE_SESSION: Endpoint = Endpoint {
    accepts: &[],
    requires: &[],
    removed: &[],
    expands: &["customer", "setup_intent", "setup_intent.payment_method"],
    run: operations::retrieve_session,
};

/// <https://docs.stripe.com/api/setup_intents/retrieve>
pub(super) const RETRIEVE_SETUP_INTENT: Endpoint = Endpoint {
    accepts: &["client_secret"],
    requires: &[],
    removed: &[],
    expands: &["customer", "payment_method"],
    run: |store, call| operations::find(store, "setup_intent", call.id),
};

/// <https://docs.stripe.com/api/payment_methods/retrieve>
pub(super) const RETRIEVE_PAYMENT_METHOD: Endpoint = Endpoint {
    accepts: &[],
    requires: &[],
    removed: &[],
    expands: &["customer"],
    run: |store, call| operations::find(store, "payment_method", call.id),
};

/// <https://docs.stripe.com/api/accounts/create>
pub(super) const CREATE_ACCOUNT: Endpoint = Endpoint {
    accepts: &[
        "business_profile[name]",
        "business_profile[url]",
        "business_type",
        "capabilities[card_payments][requested]",
        "capabilities[transfers][requested]",
        "controller[fees][payer]",
        "controller[losses][payments]",
        "controller[requirement_collection]",
        "controller[stripe_dashboard][type]",
        "country",
        "email",
        "metadata[*]",
        "tos_acceptance[service_agreement]",
    ],
    requires: &[],
    removed: &[],
    expands: &[],
    run: operations::create_account,
};

/// <https://docs.stripe.com/api/accounts/retrieve>
pub(super) const RETRIEVE_ACCOUNT: Endpoint = Endpoint {
    accepts: &[],
    requires: &[],
    removed: &[],
    expands: &[],
    run: |store, call| operations::find(store, "account", call.id),
};

/// <https://docs.stripe.com/api/account_links/create>
pub(super) const CREATE_ACCOUNT_LINK: Endpoint = Endpoint {
    accepts: &[
        "account",
        "collection_options[fields]",
        "collection_options[future_requirements]",
        "refresh_url",
        "return_url",
        "type",
    ],
    requires: &["account", "refresh_url", "return_url", "type"],
    removed: &[],
    expands: &[],
    run: operations::create_account_link,
};

impl Endpoint {
    /// Refuses what the reference page does not allow, before anything is done.
    pub(super) fn check(&self, form: &Form) -> Result<(), ApiError> {
        for &(name, code) in self.removed {
            if form.given(name).is_some() || !form.entries(name).is_empty() {
                return Err(ApiError::invalid(format!("The parameter {name} is no longer supported."))
                    .code(code)
                    .param(name));
            }
        }
        let accepted = [self.accepts, &["expand[*]"]].concat();
        if let Some(unknown) = form.first_not_in(&accepted) {
            return Err(ApiError::unknown_parameter(&unknown));
        }
        for field in form.list("expand") {
            if !self.expands.contains(&field) {
                return Err(ApiError::invalid(format!("This property cannot be expanded ({field}).")).param("expand"));
            }
        }
        match self.requires.iter().find(|name| form.text(name).is_none()) {
            Some(missing) => Err(ApiError::missing_parameter(missing)),
            None => Ok(()),
        }
    }
}

/// Replaces the id at `path` by the object that it names.
pub(super) fn expand(store: &Store, object: &mut Value, path: &str) {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let Some(field) = object.get_mut(head) else { return };
    let named = field.as_str().and_then(|id| store.get(id)).cloned();
    if let Some(named) = named {
        *field = named;
    }
    if let Some(rest) = rest {
        expand(store, field, rest);
    }
}

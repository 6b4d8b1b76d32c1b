//! What the portal asks of Stripe: typed requests over our own client.
//!
//! Keys are deterministic (`cus:{vendor}:v1`): a call that is made again after a crash or a lost answer is the same call.

use std::collections::HashMap;

use domain::Error;
use domain::ids::VendorId;
use domain::profile::Country;
use domain::rail::{Payouts, StripeObjects};
use domain::vendor::Vendor;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes, CreateCheckoutSessionSetupIntentData,
    RetrieveCheckoutSession,
};
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_connect::account::{
    CreateAccount, CreateAccountCapabilities, CreateAccountCapabilitiesTransfers, CreateAccountController,
    CreateAccountControllerFees, CreateAccountControllerFeesPayer, CreateAccountControllerLosses,
    CreateAccountControllerLossesPayments, CreateAccountControllerRequirementCollection,
    CreateAccountControllerStripeDashboard, CreateAccountControllerStripeDashboardType, RetrieveAccount,
};
use stripe_connect::account_link::{CreateAccountLink, CreateAccountLinkType};
use stripe_core::customer::{CreateCustomer, UpdateCustomer, UpdateCustomerInvoiceSettings};
use stripe_core::setup_intent::RetrieveSetupIntent;
use stripe_shared::{CheckoutSessionMode, SetupIntentStatus};

use super::stripe_client::Client;
use crate::platform::config::StripeConfig;

/// Stripe's API.
pub struct Stripe(Client);

/// A visit to the hosted page.
pub struct CheckoutVisit {
    /// `cs_…`
    pub id: String,
    /// Where the page is.
    pub url: String,
}

/// A visit as Stripe has it now.
pub struct CheckoutState {
    /// Whose it is, by the metadata that we gave it.
    pub vendor_id: Option<VendorId>,
    /// `cus_…`
    pub customer: Option<String>,
    /// `seti_…`
    pub setup_intent: Option<String>,
}

/// An account as Stripe has it now.
pub struct AccountState {
    /// Whose it is, by the metadata that we gave it.
    pub vendor_id: Option<VendorId>,
    /// Whether payouts flow.
    pub payouts: Payouts,
}

fn key(text: String) -> Result<RequestStrategy, Error> {
    let key = IdempotencyKey::new(text).map_err(|_| Error::Internal("no idempotency key for Stripe".into()))?;
    Ok(RequestStrategy::Idempotent(key))
}

fn vendor_metadata(vendor_id: VendorId) -> HashMap<String, String> {
    HashMap::from([("vendor_id".to_owned(), vendor_id.to_string())])
}

fn vendor_of(metadata: Option<&HashMap<String, String>>) -> Option<VendorId> {
    metadata?.get("vendor_id")?.parse().ok()
}

impl Stripe {
    /// A client for the account whose key is in `config`.
    ///
    /// # Errors
    /// [`Error::Internal`] when TLS can't be set up.
    pub fn new(config: StripeConfig) -> Result<Self, Error> {
        Client::new(config).map(Self)
    }

    /// Who pays: `cus_…`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when Stripe does not answer, [`Error::ProviderRefused`] when it refuses, as for all calls here.
    pub async fn create_customer(&self, vendor: &Vendor) -> Result<String, Error> {
        let request = CreateCustomer::new()
            .email(vendor.profile.email.as_str())
            .name(vendor.profile.display_name.as_str())
            .metadata(vendor_metadata(vendor.vendor_id));
        let key = key(format!("cus:{}:v1", vendor.vendor_id))?;
        Ok(request.customize().request_strategy(key).send(&self.0).await?.id.to_string())
    }

    /// A page where a card is saved, for the visit named in `objects`.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn create_checkout_session(&self, objects: &StripeObjects, portal: &str) -> Result<CheckoutVisit, Error> {
        let StripeObjects { vendor_id, attempt, customer, .. } = objects;
        let customer = customer.as_deref().ok_or_else(|| Error::Internal("no customer".into()))?;
        let setup = CreateCheckoutSessionSetupIntentData {
            description: Some("AgentKeys device fees".into()),
            metadata: Some(vendor_metadata(*vendor_id)),
            on_behalf_of: None,
        };
        let request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Setup)
            .customer(customer)
            .allowed_payment_method_types(vec![CreateCheckoutSessionAllowedPaymentMethodTypes::Card])
            .client_reference_id(vendor_id.to_string())
            .success_url(format!("{portal}/docs?payment=saved&session_id={{CHECKOUT_SESSION_ID}}"))
            .cancel_url(format!("{portal}/docs?payment=cancelled"))
            .metadata(vendor_metadata(*vendor_id))
            .setup_intent_data(setup);
        let key = key(format!("cs:{vendor_id}:{attempt}"))?;
        let session = request.customize().request_strategy(key).send(&self.0).await?;
        let url = session.url.ok_or_else(|| Error::Internal("Stripe gave a page without a URL".into()))?;
        Ok(CheckoutVisit { id: session.id.to_string(), url })
    }

    /// A visit as it stands.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn checkout_session(&self, id: &str) -> Result<CheckoutState, Error> {
        let session = RetrieveCheckoutSession::new(id).send(&self.0).await?;
        Ok(CheckoutState {
            vendor_id: vendor_of(session.metadata.as_ref()),
            customer: session.customer.map(|customer| customer.id().to_string()),
            setup_intent: session.setup_intent.map(|intent| intent.id().to_string()),
        })
    }

    /// The method that a set-up saved, if it succeeded: `pm_…`.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn saved_method(&self, setup_intent: &str) -> Result<Option<String>, Error> {
        let intent = RetrieveSetupIntent::new(setup_intent).send(&self.0).await?;
        let succeeded = intent.status == SetupIntentStatus::Succeeded;
        Ok(intent.payment_method.filter(|_| succeeded).map(|method| method.id().to_string()))
    }

    /// Makes a saved method the one that invoices are charged to. Setting it up does not.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn set_default_method(&self, vendor_id: VendorId, customer: &str, method: &str) -> Result<(), Error> {
        let mut settings = UpdateCustomerInvoiceSettings::new();
        settings.default_payment_method = Some(method.to_owned());
        let request = UpdateCustomer::new(customer).invoice_settings(settings);
        let key = key(format!("cusdef:{vendor_id}:{method}"))?;
        request.customize().request_strategy(key).send(&self.0).await?;
        Ok(())
    }

    /// Who is paid: `acct_…`. Controller properties instead of the retired `type=express`.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn create_account(&self, vendor: &Vendor, country: &Country) -> Result<String, Error> {
        let mut controller = CreateAccountController::new();
        controller.fees =
            Some(CreateAccountControllerFees { payer: Some(CreateAccountControllerFeesPayer::Application) });
        controller.losses =
            Some(CreateAccountControllerLosses { payments: Some(CreateAccountControllerLossesPayments::Application) });
        controller.requirement_collection = Some(CreateAccountControllerRequirementCollection::Stripe);
        controller.stripe_dashboard = Some(CreateAccountControllerStripeDashboard {
            type_: Some(CreateAccountControllerStripeDashboardType::Express),
        });
        let mut capabilities = CreateAccountCapabilities::new();
        capabilities.transfers = Some(CreateAccountCapabilitiesTransfers { requested: Some(true) });
        let request = CreateAccount::new()
            .controller(controller)
            .capabilities(capabilities)
            .country(country.as_str())
            .email(vendor.profile.email.as_str())
            .metadata(vendor_metadata(vendor.vendor_id));
        let key = key(format!("acct:{}:v1", vendor.vendor_id))?;
        Ok(request.customize().request_strategy(key).send(&self.0).await?.id.to_string())
    }

    /// A page where the account's owner gives what Stripe must know. For one use and some minutes: never kept.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn create_account_link(&self, account: &str, portal: &str) -> Result<String, Error> {
        let request = CreateAccountLink::new(account, CreateAccountLinkType::AccountOnboarding)
            .refresh_url(format!("{portal}/docs?payouts=again"))
            .return_url(format!("{portal}/docs?payouts=returned"));
        Ok(request.send(&self.0).await?.url)
    }

    /// An account as it stands. That somebody returned from its page proves nothing; this does.
    ///
    /// # Errors
    /// See [`Stripe::create_customer`].
    pub async fn account(&self, id: &str) -> Result<AccountState, Error> {
        let account = RetrieveAccount::new(id).send(&self.0).await?;
        let transfers = account.capabilities.as_ref().and_then(|capabilities| capabilities.transfers.as_ref());
        let active = matches!(transfers, Some(stripe_shared::AccountCapabilitiesStatus::Active));
        let due = account.requirements.as_ref().is_some_and(|needs| {
            needs.currently_due.as_ref().is_some_and(|fields| !fields.is_empty()) || needs.disabled_reason.is_some()
        });
        let payouts = match (account.payouts_enabled == Some(true) && active, account.details_submitted, due) {
            (true, _, _) => Payouts::Enabled,
            (false, Some(true), true) => Payouts::ActionRequired,
            (false, _, _) => Payouts::Pending,
        };
        Ok(AccountState { vendor_id: vendor_of(account.metadata.as_ref()), payouts })
    }
}

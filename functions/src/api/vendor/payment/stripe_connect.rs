//! `POST /v1/vendor/payment/stripe/connect`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use domain::Error;
use domain::audit::By;
use domain::profile::Country;
use domain::rail::{Payouts, Rail, StripeObjects};
use domain::vendor::Vendor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::{BodyFaults, Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, OptionalJson, Problem};
use crate::platform::store::VendorStore;

/// What to connect. The body may be left out.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectRequest {
    /// `payments` (the default): save a card that invoices are charged to. `payouts`: open the account that revenue
    /// share is paid to.
    #[schema(examples("payments"), pattern = "^(payments|payouts)$")]
    purpose: Option<String>,
    /// For `payouts`: where the account is at home (ISO 3166-1 alpha-2), if not told at sign-up.
    #[schema(examples("US"), pattern = "^[A-Z]{2}$")]
    country: Option<String>,
}

/// Where to go.
#[derive(Serialize, ToSchema)]
struct Redirect {
    /// Stripe's page: send the vendor's person there. Not to be kept or mailed.
    #[schema(examples("https://checkout.stripe.com/c/pay/cs_test_a1b2c3"))]
    redirect_url: String,
}

enum Purpose {
    Payments,
    Payouts(Country),
}

impl Purpose {
    fn parse(request: ConnectRequest, vendor: &Vendor) -> Result<Self, Error> {
        let country = request.country.map(|code| code.parse()).transpose();
        let country: Option<Country> = country.map_err(|fault: String| Error::field("/country", fault))?;
        match request.purpose.as_deref() {
            None | Some("payments") => Ok(Self::Payments),
            Some("payouts") => match country.or_else(|| vendor.profile.country.clone()) {
                Some(country) => Ok(Self::Payouts(country)),
                None => Err(Error::field("/country", "tell the country of the account that is to be paid")),
            },
            Some(_) => Err(Error::field("/purpose", "expected payments or payouts")),
        }
    }
}

/// Connect Stripe
///
/// Begins a visit to Stripe's page, where the vendor saves a card (or, for `payouts`, opens its account). The connection
/// stands once Stripe's webhook has come, not when the person returns: `GET /v1/vendor/payment` tells. A connected vendor
/// may connect again to replace its card.
#[utoipa::path(post, path = "/v1/vendor/payment/stripe/connect", tag = "payment", operation_id = "connect_stripe",
    request_body(content = Option<ConnectRequest>, description = "May be left out"),
    responses((status = 200, description = "Where to send the vendor's person", body = Redirect),
        (status = 403, description = "`vendor_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        BodyFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn connect(
    State(app): State<App>,
    caller: SessionCaller,
    OptionalJson(request): OptionalJson<ConnectRequest>,
) -> Result<View<Redirect>, Failure> {
    let (store, by) = (&caller.store, &caller.by);
    let vendor = store.vendor().await?;
    vendor.clone().payment_started(Rail::Stripe)?;
    let redirect_url = match Purpose::parse(request, &vendor)? {
        Purpose::Payments => card(&app, store, by, &vendor).await?,
        Purpose::Payouts(country) => account(&app, store, by, &vendor, &country).await?,
    };
    Ok(View(Redirect { redirect_url }))
}

/// A visit to save a card. Each object is written down as soon as it is known, and its key before it is asked for: a
/// second try after a crash finds the same customer.
async fn card(app: &App, store: &VendorStore, by: &By, vendor: &Vendor) -> Result<String, Error> {
    let (stripe, portal) = (app.stripe()?, &app.portal()?.url);
    let mut objects = store.begin_stripe_attempt(app.new_id(), by).await?;
    if objects.customer.is_none() {
        let customer = stripe.create_customer(vendor).await?;
        objects = store.put_stripe_objects(StripeObjects { customer: Some(customer), ..objects }, by).await?;
    }
    let session = stripe.create_checkout_session(&objects, portal).await?;
    let checkout_session = Some(session.id);
    store.put_stripe_objects(StripeObjects { checkout_session, ..objects }, by).await?;
    store.change_vendor(by, |vendor| vendor.payment_started(Rail::Stripe)).await?;
    Ok(session.url)
}

/// A visit to open, or go on opening, the account that is paid.
async fn account(app: &App, store: &VendorStore, by: &By, vendor: &Vendor, country: &Country) -> Result<String, Error> {
    let (stripe, portal) = (app.stripe()?, &app.portal()?.url);
    let mut objects = store.begin_stripe_attempt(app.new_id(), by).await?;
    if let Some(account) = &objects.account {
        return stripe.create_account_link(account, portal).await;
    }
    if objects.account_country.is_none() {
        let account_country = Some(country.clone());
        objects = store.put_stripe_objects(StripeObjects { account_country, ..objects }, by).await?;
    }
    let country = objects.account_country.as_ref().unwrap_or(country);
    let account = match stripe.create_account(vendor, country).await {
        Err(Error::ProviderRefused { param, .. }) if param == "country" => {
            store.put_stripe_objects(StripeObjects { account_country: None, ..objects }, by).await?;
            return Err(Error::field("/country", "Stripe can't pay an account in this country"));
        }
        opened => opened?,
    };
    let opened = StripeObjects { account: Some(account.clone()), payouts: Payouts::Pending, ..objects };
    store.put_stripe_objects(opened, by).await?;
    stripe.create_account_link(&account, portal).await
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(connect)
}

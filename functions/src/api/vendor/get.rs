//! `GET /v1/vendor`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use domain::Error;
use domain::money::Money;
use domain::pricing::Plan;
use domain::profile::Locale;
use domain::rail::Rail;
use domain::vendor::{Status, Vendor};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::{CallerFaults, Faults};
use crate::platform::access::AnyCredential;
use crate::platform::http::Failure;

/// An amount in minor units.
#[derive(Serialize, ToSchema)]
struct MoneyView {
    /// Minor units: cents or fen.
    #[schema(examples(200))]
    amount: i64,
    /// ISO 4217.
    #[schema(examples("USD"))]
    currency: &'static str,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency.code() }
    }
}

/// A vendor.
#[derive(Serialize, ToSchema)]
struct VendorView {
    /// Its name for good.
    #[schema(examples("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    vendor_id: String,
    /// `pending_verification`, `onboarding`, `active`, `suspended` or `closed`.
    #[schema(value_type = String, examples("active"))]
    status: Status,
    /// The name that it shows.
    #[schema(examples("FoloToy"))]
    display_name: String,
    /// The language of mails and pages.
    #[schema(value_type = String, examples("en"))]
    locale: Locale,
    /// `pilot` or `standard`.
    #[schema(value_type = String, examples("pilot"))]
    plan: Plan,
    /// Price of one active device for one month, in the rail's currency.
    price: MoneyView,
    /// The price version that was accepted with the terms.
    #[schema(examples("2026-11"))]
    price_version: Option<String>,
    /// `stripe` or `alipay`, once chosen.
    #[schema(value_type = Option<String>, examples("stripe"))]
    rail: Option<Rail>,
}

impl TryFrom<Vendor> for VendorView {
    type Error = Error;

    fn try_from(vendor: Vendor) -> Result<Self, Error> {
        Ok(Self {
            vendor_id: vendor.vendor_id.to_string(),
            status: vendor.status,
            plan: vendor.plan,
            price: vendor.price()?.into(),
            rail: vendor.payment.rail(),
            price_version: vendor.price_version,
            display_name: vendor.profile.display_name,
            locale: vendor.profile.locale,
        })
    }
}

/// The vendor
///
/// Who the caller is, and what it pays.
#[utoipa::path(get, path = "/v1/vendor", tag = "account", operation_id = "get_vendor",
    responses((status = 200, description = "The vendor", body = VendorView), CallerFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn get(caller: AnyCredential) -> Result<View<VendorView>, Failure> {
    Ok(View(caller.open(None)?.store.vendor().await?.try_into()?))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

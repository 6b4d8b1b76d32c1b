//! `GET /v1/vendor/payment`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use domain::rail::{Payment, Payouts, Rail};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::Failure;

/// How the payment connection stands.
#[derive(Serialize, ToSchema)]
struct PaymentView {
    /// `stripe` or `alipay`, once chosen.
    #[schema(value_type = Option<String>, examples("stripe"))]
    rail: Option<Rail>,
    /// `none`, `pending` (sent to the provider's page), `connected` or `action_required`.
    #[schema(examples("connected"))]
    status: &'static str,
    /// How the account stands that revenue share is paid to: `none`, `pending`, `enabled` or `action_required`.
    #[schema(value_type = Option<String>, examples("none"))]
    payouts_status: Option<Payouts>,
}

/// The payment connection
///
/// By which rail the vendor pays, how far the connection is, and whether revenue share can be paid out.
#[utoipa::path(get, path = "/v1/vendor/payment", tag = "payment", operation_id = "get_payment",
    responses((status = 200, description = "The connection", body = PaymentView), SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn get(caller: SessionCaller) -> Result<View<PaymentView>, Failure> {
    let vendor = caller.store.vendor().await?;
    let objects = caller.store.stripe_objects().await?;
    let status = match vendor.payment {
        Payment::None => "none",
        Payment::Pending { .. } => "pending",
        Payment::Connected { .. } => "connected",
    };
    let payouts_status = objects.map(|objects| objects.payouts);
    Ok(View(PaymentView { rail: vendor.payment.rail(), status, payouts_status }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

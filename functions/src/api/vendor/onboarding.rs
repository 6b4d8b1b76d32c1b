//! `GET /v1/vendor/onboarding`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use domain::onboarding::{Step, StepStatus};
use domain::vendor::Status;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::{Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::Failure;
use crate::platform::store::onboarding::Onboarding;

/// How far a vendor is.
#[derive(Serialize, ToSchema)]
struct OnboardingView {
    /// The vendor's status.
    #[schema(value_type = String, examples("onboarding"))]
    status: Status,
    /// All steps in order.
    steps: Vec<StepView>,
}

/// One step.
#[derive(Serialize, ToSchema)]
struct StepView {
    /// `verify_email`, `accept_terms`, `connect_payment`, `issue_token` or `register_device`.
    #[schema(value_type = String, examples("accept_terms"))]
    step: Step,
    /// `done`, `todo`, or `blocked` by an earlier step.
    #[schema(value_type = String, examples("todo"))]
    status: StepStatus,
    /// What to call for a step that can be done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("https://portal.agentkeys.example/v1/vendor/terms/accept"))]
    action_url: Option<String>,
}

fn action(step: Step) -> &'static str {
    match step {
        Step::VerifyEmail => "/v1/vendor/verify-email",
        Step::AcceptTerms => "/v1/vendor/terms/accept",
        Step::ConnectPayment => "/v1/vendor/payment/stripe/connect",
        Step::IssueToken => "/v1/vendor/tokens",
        Step::RegisterDevice => "/v1/vendor/devices/register",
    }
}

/// The way to the first device
///
/// The five steps, what is done and what is next.
#[utoipa::path(get, path = "/v1/vendor/onboarding", tag = "account", operation_id = "get_onboarding",
    responses((status = 200, description = "The steps", body = OnboardingView), SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn get(State(app): State<App>, caller: SessionCaller) -> Result<View<OnboardingView>, Failure> {
    let Onboarding { status, steps } = Onboarding::read(&caller.store, caller.by.at).await?;
    let portal = &app.portal()?.url;
    let view = |(step, status)| {
        let action_url = (status == StepStatus::Todo).then(|| format!("{portal}{}", action(step)));
        StepView { step, status, action_url }
    };
    Ok(View(OnboardingView { status, steps: steps.into_iter().map(view).collect() }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(get)
}

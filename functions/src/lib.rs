//! How the vendor portal runs on AWS: one Lambda function per endpoint.
//!
//! [`ENDPOINTS`] and [`JOBS`] are the whole list; the binaries, the template, the local runner, the OpenAPI document and
//! the tests all follow them. A request's way is told in the README.

pub mod api;
pub mod jobs;
pub mod openapi;
pub mod platform;
pub mod portal;
pub mod webhooks;

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use domain::Error;
use domain::token::Scope;
use platform::access::Access;
use platform::app::App;
use platform::config;
use platform::routes::Routes;
use platform::world::Env;
use serde_json::Value;

/// An HTTP endpoint and the function that serves it.
pub struct Endpoint {
    /// The function: name of its binary.
    pub function: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// What it asks of its caller.
    pub access: Access,
    /// Its route with its documentation.
    pub routes: fn() -> Routes,
}

const fn endpoint(
    function: &'static str,
    method: &'static str,
    path: &'static str,
    access: Access,
    routes: fn() -> Routes,
) -> Endpoint {
    Endpoint { function, method, path, access, routes }
}

/// Every endpoint, in the order in which a vendor meets them.
#[rustfmt::skip]
pub const ENDPOINTS: &[Endpoint] = &[
    endpoint("vendor-signup", "POST", "/v1/vendor/signup", Access::Public, api::vendor::signup::routes),
    endpoint("vendor-verify-email", "POST", "/v1/vendor/verify-email", Access::Public, api::vendor::verify_email::routes),
    endpoint("sessions-create", "POST", "/v1/vendor/sessions", Access::Public, api::vendor::sessions::create::routes),
    endpoint("sessions-exchange", "POST", "/v1/vendor/sessions/exchange", Access::Public, api::vendor::sessions::exchange::routes),
    endpoint("sessions-list", "GET", "/v1/vendor/sessions", Access::Session, api::vendor::sessions::list::routes),
    endpoint("sessions-end-all", "DELETE", "/v1/vendor/sessions", Access::Session, api::vendor::sessions::end_all::routes),
    endpoint("sessions-end", "DELETE", "/v1/vendor/sessions/current", Access::Session, api::vendor::sessions::end::routes),
    endpoint("vendor-get", "GET", "/v1/vendor", Access::SessionOrVendorToken(None), api::vendor::get::routes),
    endpoint("onboarding-get", "GET", "/v1/vendor/onboarding", Access::Session, api::vendor::onboarding::routes),
    endpoint("legal-terms", "GET", "/v1/legal/terms", Access::Public, api::legal::terms::routes),
    endpoint("legal-document", "GET", "/v1/legal/{document}/{version}", Access::Public, api::legal::document::routes),
    endpoint("terms-accept", "POST", "/v1/vendor/terms/accept", Access::Session, api::vendor::terms::accept::routes),
    endpoint("payment-get", "GET", "/v1/vendor/payment", Access::Session, api::vendor::payment::get::routes),
    endpoint("stripe-connect", "POST", "/v1/vendor/payment/stripe/connect", Access::Session, api::vendor::payment::stripe_connect::routes),
    endpoint("stripe-webhook", "POST", "/webhooks/stripe", Access::ProviderSignature, webhooks::stripe::routes),
    endpoint("tokens-issue", "POST", "/v1/vendor/tokens", Access::Session, api::vendor::tokens::issue::routes),
    endpoint("tokens-list", "GET", "/v1/vendor/tokens", Access::Session, api::vendor::tokens::list::routes),
    endpoint("tokens-rotate", "POST", "/v1/vendor/tokens/rotate", Access::Session, api::vendor::tokens::rotate::routes),
    endpoint("tokens-revoke", "DELETE", "/v1/vendor/tokens/{token_id}", Access::Session, api::vendor::tokens::revoke::routes),
    endpoint("tokens-introspect", "POST", "/v1/tokens/introspect", Access::ServiceToken(Scope::TokensIntrospect), api::tokens::introspect::routes),
    endpoint("jwks-get", "GET", "/.well-known/jwks.json", Access::Public, api::well_known::jwks::routes),
    endpoint("devices-register", "POST", "/v1/vendor/devices/register", Access::VendorToken(Scope::DevicesWrite), api::vendor::devices::register::routes),
    endpoint("caps-mint", "POST", "/v1/vendor/caps", Access::VendorToken(Scope::CapsMint), api::vendor::caps::mint::routes),
    endpoint("caps-revoke", "POST", "/v1/vendor/caps/{cap_id}/revoke", Access::VendorToken(Scope::CapsMint), api::vendor::caps::revoke::routes),
    endpoint("caps-revoked", "GET", "/v1/caps/revoked", Access::Public, api::caps::revoked::routes),
    endpoint("schemas-cap-policy", "GET", "/schemas/cap-policy/1.json", Access::Public, api::schemas::cap_policy::routes),
    endpoint("settings-get", "GET", "/v1/vendor/settings", Access::Session, api::vendor::settings::get::routes),
    endpoint("settings-update", "PATCH", "/v1/vendor/settings", Access::Session, api::vendor::settings::update::routes),
    endpoint("branding-get", "GET", "/v1/vendor/branding", Access::Session, api::vendor::branding::get::routes),
    endpoint("branding-update", "PUT", "/v1/vendor/branding", Access::Session, api::vendor::branding::update::routes),
    endpoint("logo-upload", "PUT", "/v1/vendor/branding/logo", Access::Session, api::vendor::branding::logo::upload::routes),
    endpoint("logo-remove", "DELETE", "/v1/vendor/branding/logo", Access::Session, api::vendor::branding::logo::remove::routes),
    endpoint("logo-get", "GET", "/v1/vendor/branding/logo/{vendor_id}/{file}", Access::Public, api::vendor::branding::logo::get::routes),
    endpoint("devices-register-batch", "POST", "/v1/vendor/devices/register-batch", Access::VendorToken(Scope::DevicesWrite), api::vendor::devices::register_batch::routes),
    endpoint("devices-list", "GET", "/v1/vendor/devices", Access::SessionOrVendorToken(Some(Scope::DevicesRead)), api::vendor::devices::list::routes),
    endpoint("devices-get", "GET", "/v1/vendor/devices/{device_id}", Access::SessionOrVendorToken(Some(Scope::DevicesRead)), api::vendor::devices::get::routes),
    endpoint("devices-release", "DELETE", "/v1/vendor/devices/{device_id}/bindings/{user_omni}", Access::SessionOrVendorToken(Some(Scope::DevicesWrite)), api::vendor::devices::release::routes),
    endpoint("imports-create", "POST", "/v1/vendor/imports", Access::SessionOrVendorToken(Some(Scope::DevicesWrite)), api::vendor::imports::create::routes),
    endpoint("imports-list", "GET", "/v1/vendor/imports", Access::SessionOrVendorToken(Some(Scope::DevicesRead)), api::vendor::imports::list::routes),
    endpoint("imports-get", "GET", "/v1/vendor/imports/{import_id}", Access::SessionOrVendorToken(Some(Scope::DevicesRead)), api::vendor::imports::get::routes),
    endpoint("imports-upload", "POST", "/v1/vendor/imports/{import_id}/chunks", Access::SessionOrVendorToken(Some(Scope::DevicesWrite)), api::vendor::imports::upload::routes),
    endpoint("imports-report", "GET", "/v1/vendor/imports/{import_id}/report", Access::SessionOrVendorToken(Some(Scope::DevicesRead)), api::vendor::imports::report::routes),
    endpoint("audit-list", "GET", "/v1/vendor/audit", Access::Session, api::vendor::audit::list::routes),
    endpoint("openapi-get", "GET", "/openapi.json", Access::Public, api::meta::openapi::routes),
    endpoint("docs-get", "GET", "/docs", Access::Public, api::meta::docs::page),
    endpoint("docs-get", "GET", "/docs/{asset}", Access::Public, api::meta::docs::assets),
    endpoint("page-verify-email", "GET", "/verify-email", Access::Public, portal::verify_email::show),
    endpoint("page-verify-email", "POST", "/verify-email", Access::Public, portal::verify_email::submit),
    endpoint("page-sign-in", "GET", "/sign-in", Access::Public, portal::sign_in::show),
    endpoint("page-sign-in", "POST", "/sign-in", Access::Public, portal::sign_in::submit),
];

/// What a job answers.
pub type JobFuture = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

/// What makes a job run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Changes of the table.
    TableStream,
    /// A schedule, as EventBridge Scheduler's expression says it.
    Schedule(&'static str),
    /// Operations, by `aws lambda invoke`: IAM decides who they are.
    Operations,
}

/// A function that no HTTP request reaches.
pub struct Job {
    /// The function: name of its binary.
    pub function: &'static str,
    /// What makes it run.
    pub trigger: Trigger,
    /// Runs it on an event as Lambda hands it over.
    pub run: fn(App, Value) -> JobFuture,
}

/// Every job. A table's stream bears two consumers, and the first two are they.
pub const JOBS: &[Job] = &[
    Job { function: "stream-audit", trigger: Trigger::TableStream, run: jobs::audit::run },
    Job { function: "stream-work", trigger: Trigger::TableStream, run: jobs::work::run },
    Job { function: "tokens-remind", trigger: Trigger::Schedule("cron(0 6 * * ? *)"), run: jobs::reminders::run },
    Job { function: "service-tokens", trigger: Trigger::Operations, run: jobs::service_tokens::run },
];

/// Runs the function called `function` with these routes on Lambda. A binary's whole `main`.
///
/// # Errors
/// A sentence on a missing setting, before anything is served; afterwards what the Lambda runtime reports.
pub fn serve(
    function: &'static str,
    routes: impl Into<Router<App>>,
) -> impl Future<Output = Result<(), lambda_http::Error>> {
    // Here and not in the future: so the compiler sees that nobody asks for the documentation, and leaves it out.
    let routes = routes.into();
    async move {
        let app = start(function)?;
        let service = platform::http::service(function, routes, app);
        lambda_http::run(tower::util::MapRequest::new(service, platform::http::gateway::restore_path)).await
    }
}

/// Runs the job called `function` on Lambda. A binary's whole `main`.
///
/// # Errors
/// A sentence on a missing setting, before anything is done; afterwards what the Lambda runtime reports.
pub async fn work(function: &'static str, run: fn(App, Value) -> JobFuture) -> Result<(), lambda_runtime::Error> {
    let app = start(function)?;
    lambda_runtime::run(lambda_runtime::service_fn(move |event: lambda_runtime::LambdaEvent<Value>| {
        let app = app.clone();
        async move { run(app, event.payload).await.map_err(|error| error.to_string()) }
    }))
    .await
}

/// What every function does once: logs, and a look whether its settings are there.
fn start(function: &str) -> Result<App, Error> {
    let env = Env::process();
    platform::telemetry::init(&env);
    config::check(function, &env).inspect_err(|error| tracing::error!(function, %error, "not started"))?;
    Ok(App::on_lambda())
}

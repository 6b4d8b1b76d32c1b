//! HTTP around the handlers: request ids, problem documents, headers, one log line a request.

mod body;
pub mod cursor;
pub mod gateway;
mod problem;

use std::any::Any;
use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, USER_AGENT,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use domain::Error;
use domain::audit::{AGENT_BYTES, By, Principal};
use domain::clock::Timestamp;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

pub use body::{Form, Json, LARGE_BODY, MAX_BODY, OptionalJson, media_type, parse_json, read};
pub use problem::{Failure, Problem, ProblemField};

use super::app::App;

/// The header with the request's id, on every response.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's address, put into a request's extensions by a server that is no API Gateway.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The request as the audit log and the log lines name it.
#[derive(Clone, Debug)]
pub struct RequestMeta {
    /// Its id: Lambda's own where there is one.
    pub request_id: String,
    /// The caller's address, as API Gateway saw it. Never a header that the caller could write.
    pub address: Option<IpAddr>,
    /// The caller's user agent, cut short.
    pub agent: Option<String>,
}

impl RequestMeta {
    fn of(request: &Request, app: &App) -> Self {
        use lambda_http::request::RequestContext;
        let extensions = request.extensions();
        let gateway = match extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            _ => None,
        };
        let peer = || extensions.get::<Peer>().map(|peer| peer.0);
        let lambda = extensions.get::<lambda_http::Context>().map(|context| context.request_id.clone());
        let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self {
            request_id: lambda.unwrap_or_else(|| app.new_id::<domain::ids::LinkRequestKind>().to_string()),
            address: gateway.map_or_else(peer, |ip| ip.parse().ok()),
            agent: agent.map(|agent| agent.chars().take(AGENT_BYTES).collect()),
        }
    }

    /// The author of a change that this request makes.
    pub fn by(&self, who: Principal, at: Timestamp) -> By {
        let ip = self.address.map(|address| address.to_string());
        By { at, who, req: self.request_id.clone(), ip, ua: self.agent.clone() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestMeta {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Error::Internal("no request meta".into()).into())
    }
}

/// A function's routes as a service: with its state, and with what every response has.
pub fn service(function: &'static str, routes: Router<App>, app: App) -> Router {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(around))
        .layer(Extension(app.clone()))
        .layer(Extension(Function(function)))
        .with_state(app)
}

/// A handler panicked: a bug, which the log hears of and the caller does not.
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
    Failure(Error::Internal(format!("panic: {text}"))).into_response()
}

/// The name of the function that answers.
#[derive(Clone, Copy)]
struct Function(&'static str);

/// Names the request, lets it be answered, writes the problem document, the headers and the log line.
async fn around(
    Extension(Function(function)): Extension<Function>,
    Extension(app): Extension<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let meta = RequestMeta::of(&request, &app);
    let request_id = meta.request_id.clone();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", function, request_id, vendor_id = tracing::field::Empty);
    request.extensions_mut().insert(meta);
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let portal = app.portal().map_or("", |portal| portal.url.as_str());
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        match &error {
            Error::Unavailable(_) | Error::ProviderRefused { .. } | Error::Internal(_) => {
                tracing::error!(%method, path, %error, "failed")
            }
            error => tracing::info!(%method, path, %error, "refused"),
        }
        response = problem::document(&error, &request_id, portal);
    } else if let Some(refusal) = problem::of_router(&mut response, &request_id, portal) {
        tracing::info!(%method, path, status = refusal.status().as_u16(), "refused");
        response = refusal;
    } else {
        tracing::info!(%method, path, status = response.status().as_u16(), "answered");
    }
    finish(&mut response, &request_id);
    response
}

fn finish(response: &mut Response<Body>, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
        (REFERRER_POLICY, "same-origin"),
        (STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// What answers where no function has a route.
pub fn nothing_here(app: App) -> Router {
    let routes = Router::new().fallback(|| async { Failure(Error::NotFound) });
    service("none", routes, app)
}

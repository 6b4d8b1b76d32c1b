//! Stripe's transport over reqwest: the same key on every try, jitter between tries, time limits, request ids kept, and
//! errors without anybody's data.

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use domain::Error as DomainError;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use stripe_client_core::{
    ConfigOverride, CustomizedStripeRequest, RequestStrategy, StripeClient, StripeClientErr, StripeMethod, VERSION,
};

use crate::platform::config::StripeConfig;

/// One try may take this long: a function makes two calls of three tries at most within its 29 seconds.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How often a call is tried that may be tried again.
const ATTEMPTS: u32 = 3;

/// A client of Stripe.
pub(super) struct Client {
    http: reqwest::Client,
    config: StripeConfig,
}

/// What came of a call.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Stripe refused. Final: the same call would be refused again.
    #[error("Stripe refused: {status} {kind} {code} {param} (request {request_id})")]
    Refused { status: u16, kind: String, code: String, param: String, request_id: String },
    /// No answer, or none that tells: it may have happened. Try again with the same key.
    #[error("Stripe did not answer: {0}")]
    Unknown(String),
    /// It happened, and the answer does not have the form that we know.
    #[error("Stripe's answer is not understood: {0}")]
    Decode(String),
}

impl StripeClientErr for Error {
    fn deserialize_err(message: impl Display) -> Self {
        Self::Decode(message.to_string())
    }
}

impl From<Error> for DomainError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { ref param, .. } => {
                Self::ProviderRefused { param: param.clone(), cause: error.to_string() }
            }
            Error::Decode(_) => Self::Internal(error.to_string()),
            Error::Unknown(_) => Self::Unavailable(error.to_string()),
        }
    }
}

/// One try's end.
enum Tried {
    Done(Bytes),
    Final(Error),
    Again(Error),
}

impl Client {
    pub(super) fn new(config: StripeConfig) -> Result<Self, DomainError> {
        // reqwest takes the process's provider; whoever set one first has set the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(3))
            .user_agent(concat!("agentkeys-vendor-portal/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| DomainError::Internal(format!("Stripe's client: {error}")))?;
        Ok(Self { http, config })
    }

    async fn attempt(&self, request: &stripe_client_core::RequestBuilder, settings: &ConfigOverride) -> Tried {
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}v1{}{query}", self.config.api_base, request.path);
        let mut call = match request.method {
            StripeMethod::Get => self.http.get(url),
            StripeMethod::Post => self.http.post(url),
            StripeMethod::Delete => self.http.delete(url),
        };
        call = call.bearer_auth(&self.config.secret_key).header("stripe-version", VERSION.as_str());
        if let Some(RequestStrategy::Idempotent(key)) = &settings.request_strategy {
            call = call.header("idempotency-key", key.as_str());
        }
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        }
        match call.send().await {
            Ok(response) => Self::judge(response).await,
            Err(error) => Tried::Again(Error::Unknown(error.without_url().to_string())),
        }
    }

    async fn judge(response: Response) -> Tried {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (request_id, hint) = (header("request-id").unwrap_or_default(), header("stripe-should-retry"));
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Tried::Again(Error::Unknown(error.without_url().to_string())),
        };
        if status.is_success() {
            return Tried::Done(body);
        }
        // Of the error only what names no person and no card is kept.
        let envelope: Value = serde_json::from_slice(&body).unwrap_or_default();
        let field = |name| envelope.pointer(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, code, param) = (field("/error/type"), field("/error/code"), field("/error/param"));
        let unknown = || Error::Unknown(format!("{status} {kind} {code} (request {request_id})"));
        let again = match hint.as_deref() {
            Some("true") => true,
            Some("false") => false,
            Some(_) | None => {
                status.is_server_error() || matches!(status, StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS)
            }
        };
        match status {
            _ if again => Tried::Again(unknown()),
            // Our key is at fault, not the call: it may be made again once the key is right.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Tried::Final(unknown()),
            _ if status.is_server_error() => Tried::Final(unknown()),
            _ => Tried::Final(Error::Refused { status: status.as_u16(), kind, code, param, request_id }),
        }
    }
}

impl StripeClient for Client {
    type Err = Error;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, Error> {
        let (request, settings) = request.into_pieces();
        // A POST without a key is never sent twice: it could happen twice.
        let keyed = matches!(settings.request_strategy, Some(RequestStrategy::Idempotent(_)));
        let attempts = if keyed || matches!(request.method, StripeMethod::Get) { ATTEMPTS } else { 1 };
        let mut attempt = 1;
        loop {
            match self.attempt(&request, &settings).await {
                Tried::Done(body) => return Ok(body),
                Tried::Final(error) => return Err(error),
                Tried::Again(error) if attempt >= attempts => return Err(error),
                Tried::Again(error) => tracing::warn!(%error, attempt, "trying Stripe again"),
            }
            tokio::time::sleep(backoff(attempt)).await;
            attempt += 1;
        }
    }
}

/// 0.25 s, 0.5 s, 1 s …, and up to as much again by chance, so that instances do not knock in step.
fn backoff(attempt: u32) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let base = 250_u64 << (attempt - 1).min(4);
    Duration::from_millis(base + RandomState::new().hash_one(attempt) % base)
}

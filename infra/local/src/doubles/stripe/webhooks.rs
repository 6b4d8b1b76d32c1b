//! Signed delivery of events, <https://docs.stripe.com/webhooks>.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use data_encoding::HEXLOWER;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use ring::hmac;

use super::CompleteError;

/// The pauses before the second, third and fourth attempt. Stripe goes on for days; a person is waiting here.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];

/// How long the portal may take to answer one attempt.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Posts events to the portal.
pub(super) struct Sender {
    url: String,
    secret: String,
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    http: OnceLock<Client>,
}

impl Sender {
    pub(super) fn new(url: String, secret: String, now: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        Self { url, secret, now, http: OnceLock::new() }
    }

    /// Posts an event's body until the portal accepts it. No answer and a 5xx are worth another attempt, a 4xx is the
    /// portal's last word.
    pub(super) async fn deliver(&self, body: &str) -> Result<(), CompleteError> {
        let mut result = self.attempt(body).await;
        for pause in PAUSES {
            if !result.as_ref().is_err_and(worth_retrying) {
                break;
            }
            tokio::time::sleep(pause).await;
            result = self.attempt(body).await;
        }
        result
    }

    async fn attempt(&self, body: &str) -> Result<(), CompleteError> {
        let request = self
            .client()?
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            // Each attempt is signed anew, so that a late one is not refused for its age.
            .header("stripe-signature", signature(&self.secret, (self.now)(), body))
            .body(body.to_owned());
        let status = request.send().await.map_err(|error| no_answer(&error))?.status();
        if status.is_success() { Ok(()) } else { Err(CompleteError::WebhookRefused(status.as_u16())) }
    }

    /// The client, built when the first event leaves: until then the process need not have chosen its TLS provider,
    /// which reqwest insists on even for plain HTTP.
    fn client(&self) -> Result<&Client, CompleteError> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            // The portal is on the loopback interface: trust no certificate rather than load the system's.
            .tls_certs_only(Vec::<Certificate>::new())
            .build()
            .map_err(|error| no_answer(&error))?;
        Ok(self.http.get_or_init(|| client))
    }
}

/// The `Stripe-Signature` header, <https://docs.stripe.com/webhooks#verify-manually>.
fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    format!("t={timestamp},v1={}", HEXLOWER.encode(tag.as_ref()))
}

fn worth_retrying(error: &CompleteError) -> bool {
    match error {
        CompleteError::WebhookUnreachable(_) => true,
        CompleteError::WebhookRefused(status) => *status >= 500,
        CompleteError::UnknownPage | CompleteError::AlreadyCompleted => false,
    }
}

/// An error with its causes: the outermost alone says no more than "error sending request".
fn no_answer(error: &dyn Error) -> CompleteError {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        reason = format!("{reason}: {inner}");
        cause = inner.source();
    }
    CompleteError::WebhookUnreachable(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_stripes() {
        assert_eq!(
            signature("whsec_test", 1_492_774_577, r#"{"id":"evt_1","type":"x"}"#),
            "t=1492774577,v1=d31342a3baeb4b7aa51afa83ac24fa06b1c635e621c7ba3e4527b434850d877e"
        );
    }

    #[test]
    fn only_what_may_pass_is_retried() {
        assert!(worth_retrying(&CompleteError::WebhookUnreachable(String::new())));
        assert!(worth_retrying(&CompleteError::WebhookRefused(503)));
        assert!(!worth_retrying(&CompleteError::WebhookRefused(400)));
    }
}

//! Stripe, as far as it knocks on the portal's door: a person's visit to its page, and its signed notifications.

use data_encoding::HEXLOWER;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};

use super::{Answer, Auth, Portal};

/// What the local runner's endpoint is signed with.
use local::STRIPE_WEBHOOK_SECRET as SECRET;

/// The `Stripe-Signature` of a body.
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", HEXLOWER.encode(tag.as_ref()))
}

/// A notification of this name and type about an object.
pub fn event(id: &str, kind: &str, object: &str) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "livemode": false, "api_version": "2026-09-30.endive",
        "data": { "object": { "id": object } },
    })
}

impl Portal {
    /// Begins a visit to Stripe's page: its URL.
    pub async fn visit_stripe(&self, session: &str, body: Value) -> String {
        let path = "/v1/vendor/payment/stripe/connect";
        let answer = self.post(path, Auth::Session(session), body).await;
        answer.expect(200).str("/redirect_url").to_owned()
    }

    /// Does on that page what a person would: `approve`, `decline` or `cancel`.
    pub async fn complete_stripe(&self, url: &str, outcome: &str) -> Answer {
        let body = json!({ "url": url, "outcome": outcome });
        self.post("/_local/rails/stripe/complete", Auth::None, body).await
    }

    /// A header that proves this body to be Stripe's, made so many seconds ago.
    pub async fn stripe_signature(&self, body: &str, seconds_ago: i64) -> String {
        signature(SECRET, self.now().await.as_second() - seconds_ago, body)
    }

    /// Delivers a body with that signature, or without any.
    pub async fn deliver(&self, body: &str, signature: Option<&str>) -> Answer {
        let request = self.request(Method::POST, "/webhooks/stripe", Auth::None);
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let signed = match signature {
            Some(signature) => request.header("stripe-signature", signature),
            None => request,
        };
        let answer = self.send(signed).await;
        self.settle().await;
        answer
    }

    /// Delivers an event as Stripe does.
    pub async fn notify(&self, event: &Value) -> Answer {
        let body = event.to_string();
        let signature = self.stripe_signature(&body, 0).await;
        self.deliver(&body, Some(&signature)).await
    }

    /// `rail` and `status` of the vendor's connection, and how payouts stand.
    pub async fn payment(&self, session: &str) -> (Value, String, Value) {
        let answer = self.get("/v1/vendor/payment", Auth::Session(session)).await.expect(200);
        let body = &answer.body;
        (body["rail"].clone(), answer.str("/status").to_owned(), body["payouts_status"].clone())
    }
}

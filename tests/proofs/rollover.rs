//! K1 rolled over, step by step as infra/README.md tells operations: nobody who verifies is ever left without a key.

use local::{KeyRing, Runner, RunnerOptions};
use reqwest::{Certificate, Client, Method};
use serde_json::{Value, json};

use super::commands::Folder;
use super::receipt::verify;
use crate::harness::jwt;

/// A portal after a deployment: the same state, at the same address, with these keys.
struct Portal {
    runner: Runner,
    client: Client,
}

impl Portal {
    async fn deployed(folder: &Folder, port: u16, keys: Option<KeyRing>) -> Result<Self, String> {
        let state_dir = Some(folder.path().to_owned());
        let runner = Runner::start(RunnerOptions { port, state_dir, keys, ..RunnerOptions::default() }).await?;
        let no_certificates = Vec::<Certificate>::new();
        let client = Client::builder().no_proxy().tls_certs_only(no_certificates).build().expect("an HTTP client");
        Ok(Self { runner, client })
    }

    async fn ask(&self, method: Method, path: &str, authorization: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.runner.url());
        let mut request = self.client.request(method, url).header("idempotency-key", body.to_string());
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    async fn post(&self, path: &str, authorization: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, authorization, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    async fn keys(&self) -> Value {
        self.ask(Method::GET, "/.well-known/jwks.json", "", Value::Null).await.1
    }

    /// A person's session, by the mailed link.
    async fn sign_in(&self, email: &str) -> String {
        let asked = self.post("/v1/vendor/sessions", "", json!({ "email": email })).await;
        let token = self.link().await;
        let exchange = json!({ "token": token, "request_id": asked["request_id"] });
        session(&self.post("/v1/vendor/sessions/exchange", "", exchange).await)
    }

    async fn link(&self) -> String {
        let mails = self.ask(Method::GET, "/_local/mail", "", Value::Null).await.1;
        let text = mails.as_array().unwrap().last().unwrap()["text"].as_str().unwrap().to_owned();
        text.split_once("token=").unwrap().1.split_whitespace().next().unwrap().to_owned()
    }

    /// A vendor with a token: the token.
    async fn vendor(&self, email: &str) -> String {
        self.post("/v1/vendor/signup", "", json!({ "email": email, "display_name": "Folo" })).await;
        let token = self.link().await;
        let session = session(&self.post("/v1/vendor/verify-email", "", json!({ "token": token })).await);
        let terms = json!({
            "tos_version": crate::harness::TERMS, "dpa_version": crate::harness::TERMS,
            "signatory_name": "Li Lei", "signatory_title": "CEO",
        });
        self.post("/v1/vendor/terms/accept", &session, terms).await;
        let page = self.post("/v1/vendor/payment/stripe/connect", &session, Value::Null).await;
        self.post("/_local/rails/stripe/complete", "", json!({ "url": page["redirect_url"] })).await;
        self.token("tokens", &session).await
    }

    async fn token(&self, path: &str, session: &str) -> String {
        let issued = self.post(&format!("/v1/vendor/{path}"), session, json!({})).await;
        issued["token"].as_str().unwrap().to_owned()
    }

    /// Registers a device: the status, and the receipt.
    async fn register(&self, token: &str, device: &str) -> (u16, String) {
        let body = json!({ "device_id": device, "user_omni": crate::harness::omni("11") });
        let path = "/v1/vendor/devices/register";
        let (status, answer) = self.ask(Method::POST, path, &format!("Bearer {token}"), body).await;
        (status, answer["receipt"].as_str().unwrap_or_default().to_owned())
    }
}

fn session(answer: &Value) -> String {
    format!("Session {}", answer["session"].as_str().unwrap())
}

fn kids(keys: &Value) -> Vec<&str> {
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

fn ring(accepted: &[&String], retired: &[&String]) -> Option<KeyRing> {
    let owned = |ids: &[&String]| ids.iter().map(|id| (*id).clone()).collect();
    Some(KeyRing { accepted: owned(accepted), retired: owned(retired) })
}

#[tokio::test(flavor = "multi_thread")]
async fn published_then_signing_then_withdrawn() {
    const EMAIL: &str = "ops@folotoy.example";
    let folder = Folder::new();
    // Below the range from which the system gives ports to others.
    let mut port = 21_000 + u16::try_from(std::process::id() % 5_000).unwrap();
    let first = loop {
        match Portal::deployed(&folder, port, None).await {
            Ok(portal) => break portal,
            Err(_) => port += 1,
        }
    };
    let old_token = first.vendor(EMAIL).await;
    let (_, old_receipt) = first.register(&old_token, "FT-1").await;
    let old = first.runner.aws().key_id().to_owned();
    let next = first.runner.aws().add_key().unwrap();
    let old_kid = kids(&first.keys().await)[0].to_owned();
    first.runner.stop().await;

    // 1. The next key is published, and signs nothing. Whoever verifies takes it into its cache.
    let published = Portal::deployed(&folder, port, ring(&[&old, &next], &[])).await.unwrap();
    let cached = published.keys().await;
    assert_eq!(kids(&cached).len(), 2);
    let next_kid = kids(&cached)[1].to_owned();
    let session = published.sign_in(EMAIL).await;
    let middle_token = published.token("tokens/rotate", &session).await;
    assert_eq!(jwt::header(&middle_token)["kid"], old_kid.as_str());
    published.runner.stop().await;

    // 2. It signs. What the old one signed is accepted, and the cached keys verify all of it.
    let switched = Portal::deployed(&folder, port, ring(&[&next, &old], &[])).await.unwrap();
    let (status, new_receipt) = switched.register(&middle_token, "FT-2").await;
    assert_eq!(status, 201);
    assert_eq!(jwt::header(jwt::header(&new_receipt)["k1_cert"].as_str().unwrap())["kid"], next_kid.as_str());
    assert_eq!(switched.register(&old_token, "FT-1").await.0, 200, "in its grace");
    let other = switched.vendor("ops@ropet.example").await;
    assert_eq!(jwt::header(&other)["kid"], next_kid.as_str());
    for receipt in [&old_receipt, &new_receipt] {
        assert!(verify(receipt, &cached).is_some());
    }
    switched.runner.stop().await;

    // 3. When the last token of the old key is over it is withdrawn: accepted for no token, published for its receipts.
    let withdrawn = Portal::deployed(&folder, port, ring(&[&next], &[&old])).await.unwrap();
    let keys = withdrawn.keys().await;
    assert_eq!(kids(&keys), [next_kid.as_str(), old_kid.as_str()]);
    assert_eq!(withdrawn.register(&middle_token, "FT-3").await.0, 401);
    assert_eq!(withdrawn.register(&other, "RP-1").await.0, 201);
    for receipt in [&old_receipt, &new_receipt] {
        assert!(verify(receipt, &keys).is_some());
    }
    withdrawn.runner.stop().await;
}

//! What is kept outlives the process: vendor, token, K1, mails, clock, Stripe's objects, devices and their receipts.

use std::future::Future;
use std::path::Path;

use local::{Runner, RunnerOptions};
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::{Value, json};

use super::commands::Folder;

/// A runner over a state folder, and somebody who asks it.
struct Portal {
    runner: Runner,
    client: Client,
}

/// What the first life leaves to the second.
struct Kept {
    port: u16,
    session: String,
    token: String,
    /// Stripe's page, opened and not finished.
    page: String,
    registration: Value,
    /// Answers that must be the same afterwards.
    answers: Vec<Value>,
    audit: Vec<Value>,
}

impl Portal {
    /// On the first port of a few that is free. The port is part of the portal's URL, hence of its tokens: the second
    /// life takes the same one. Below the range from which the system gives ports to others.
    async fn start(folder: &Path, ports: impl IntoIterator<Item = u16>) -> (Self, u16) {
        let mut refused = String::new();
        for port in ports {
            let state_dir = Some(folder.to_owned());
            match Runner::start(RunnerOptions { port, state_dir, ..RunnerOptions::default() }).await {
                Ok(runner) => {
                    let client = Client::builder()
                        .no_proxy()
                        .tls_certs_only(Vec::<Certificate>::new())
                        .build()
                        .expect("an HTTP client");
                    return (Self { runner, client }, port);
                }
                Err(error) => refused = error,
            }
        }
        panic!("no port is free: {refused}")
    }

    async fn ask(&self, method: Method, path: &str, authorization: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.runner.url());
        let mut request = self.client.request(method, url).header("idempotency-key", "restart");
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str, authorization: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, authorization, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, authorization: &str, body: Value) -> Value {
        let (status, body) = self.ask(Method::POST, path, authorization, body).await;
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    async fn connect(&self, session: &str) -> String {
        let answer = self.post("/v1/vendor/payment/stripe/connect", session, Value::Null).await;
        text(&answer, "redirect_url")
    }

    async fn complete(&self, page: &str) {
        self.post("/_local/rails/stripe/complete", "", json!({ "url": page })).await;
    }

    /// What must be the same before and after.
    async fn answers(&self, session: &str, token: &str) -> Vec<Value> {
        vec![
            self.get("/v1/vendor", session).await,
            self.get("/v1/vendor", token).await,
            self.get("/v1/vendor/onboarding", session).await,
            self.get("/v1/vendor/payment", session).await,
            self.get("/.well-known/jwks.json", "").await,
            self.get("/_local/mail", "").await,
            self.get("/_local/clock", "").await["ahead_seconds"].clone(),
        ]
    }

    async fn audit(&self, session: &str) -> Vec<Value> {
        self.runner.settle().await;
        let answer = self.get("/v1/vendor/audit?limit=100", session).await;
        answer["data"].as_array().cloned().unwrap_or_default()
    }
}

fn text(answer: &Value, field: &str) -> String {
    let text = answer[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}

fn device(id: &str) -> Value {
    json!({ "device_id": id, "user_omni": "11".repeat(32) })
}

const REGISTER: &str = "/v1/vendor/devices/register";

/// From the sign-up to the first device; then the runner is stopped.
async fn first_life(folder: &Path) -> Kept {
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("four digits");
    let (portal, port) = Portal::start(folder, first..first + 50).await;
    portal.post("/_local/clock", "", json!({ "advance_seconds": 86_400 })).await;
    let body = json!({ "email": "kept@example.com", "display_name": "Kept" });
    portal.post("/v1/vendor/signup", "", body).await;
    let mails = portal.get("/_local/mail", "").await;
    let mail = text(&mails[0], "text");
    let (_, link) = mail.split_once("token=").expect("a link");
    let link = link.split_whitespace().next().unwrap_or_default();
    let answer = portal.post("/v1/vendor/verify-email", "", json!({ "token": link })).await;
    let session = format!("Session {}", text(&answer, "session"));
    let terms = portal.get("/v1/legal/terms", "").await;
    let body = json!({
        "tos_version": terms["tos"]["version"], "dpa_version": terms["dpa"]["version"],
        "signatory_name": "Li Lei", "signatory_title": "CEO",
    });
    portal.post("/v1/vendor/terms/accept", &session, body).await;
    portal.complete(&portal.connect(&session).await).await;
    let issued = portal.post("/v1/vendor/tokens", &session, json!({})).await;
    let token = format!("Bearer {}", text(&issued, "token"));
    let registration = portal.post(REGISTER, &token, device("FT-0001")).await;
    let page = portal.connect(&session).await;
    let audit = portal.audit(&session).await;
    let answers = portal.answers(&session, &token).await;
    portal.runner.stop().await;
    Kept { port, session, token, page, registration, answers, audit }
}

/// All is as it was, and goes on.
async fn second_life(folder: &Path, kept: &Kept) {
    let Kept { session, token, .. } = kept;
    let (portal, _) = Portal::start(folder, [kept.port]).await;
    assert_eq!(portal.answers(session, token).await, kept.answers);
    assert_eq!(portal.audit(session).await, kept.audit, "a row was lost, or written again");

    let (status, again) = portal.ask(Method::POST, REGISTER, token, device("FT-0001")).await;
    assert_eq!((status, &again), (StatusCode::OK, &kept.registration));
    let (status, reused) = portal.ask(Method::POST, REGISTER, token, device("FT-0002")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "the key is remembered: {reused}");
    let request = portal.client.post(format!("{}{REGISTER}", portal.runner.url()));
    let request = request.header("idempotency-key", "after").header("authorization", token);
    let new = request.json(&device("FT-0002")).send().await.expect("an answer");
    assert_eq!(new.status(), StatusCode::CREATED);

    // Stripe's double knows the page that was open, and the customer it is for.
    portal.complete(&kept.page).await;
    let audit = portal.audit(session).await;
    let news: Vec<&Value> = audit.iter().filter(|row| !kept.audit.contains(row)).collect();
    assert!(audit.len() > kept.audit.len() && news.len() == audit.len() - kept.audit.len(), "{news:#?}");
    assert!(news.iter().any(|row| row["by"]["who"] == "provider:stripe"), "{news:#?}");
    portal.runner.stop().await;
}

/// A process's life: a runtime of its own, with which all its tasks end.
pub fn life<T>(work: impl Future<Output = T>) -> T {
    local::install_tls_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

#[test]
fn what_is_kept_outlives_the_process() {
    let folder = Folder::new();
    let kept = life(first_life(folder.path()));
    life(second_life(folder.path(), &kept));
}

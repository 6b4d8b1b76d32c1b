//! A portal of a test's own, and what people, software and browsers do with it.
//!
//! Where `PORTAL_BASE_URL` names a deployed stack (see `infra/deploy/stack_test.py`), tests that need HTTP alone run there:
//! the journeys do. Nobody's clock is moved then, and what happens behind a request is waited for.

mod answer;
pub mod browser;
pub mod good;
pub mod jwt;
pub mod operations;
mod people;
pub mod pictures;
pub mod stripe;

pub use answer::Answer;
pub use people::{Person, Vendor};

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::Timestamp;
use local::aws::Physics;
use local::{Runner, RunnerOptions};
use reqwest::header::AUTHORIZATION;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder};
use serde_json::{Value, json};

/// The version of both legal documents that is in force.
pub const TERMS: &str = "2026-11-22";

/// How long something that happens behind a request may take on a deployed stack.
const PATIENCE: Duration = Duration::from_secs(60);

/// The portal, in memory, on a port of its own. It goes with the test's runtime. Or the one that is deployed.
pub struct Portal {
    place: Place,
    client: Client,
    /// Of each address, the secret that was last taken out of its mails.
    taken: Mutex<BTreeMap<String, String>>,
}

enum Place {
    Own(Runner),
    /// Its URL, and what makes this test's addresses its own there.
    Deployed(String, u32),
}

#[expect(clippy::disallowed_methods, reason = "a test is the edge of its program; the deployed-stack test says where")]
fn deployed() -> Option<String> {
    std::env::var("PORTAL_BASE_URL").ok().filter(|url| !url.is_empty())
}

/// A caller's credential.
#[derive(Clone, Copy, Debug)]
pub enum Auth<'a> {
    /// None at all.
    None,
    /// A person's, as a script sends it.
    Session(&'a str),
    /// A token.
    Bearer(&'a str),
}

/// 32 times the same byte, given in hex: `omni("11")`.
pub fn omni(byte: &str) -> String {
    format!("0x{}", byte.repeat(32))
}

/// The types of audit rows, in their order.
pub fn types(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["type"].as_str()).collect()
}

fn client() -> ClientBuilder {
    let no_certificates = Vec::<Certificate>::new();
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .tls_certs_only(no_certificates)
        .timeout(Duration::from_secs(120))
}

/// How the wire works: requests, mail, clock and meter.
impl Portal {
    /// A fresh one, on an AWS with all its ways.
    pub async fn start() -> Self {
        Self::start_under(Physics::aws()).await
    }

    /// A fresh one on an AWS that behaves so; or the one that is deployed.
    pub async fn start_under(physics: Physics) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        match deployed() {
            Some(url) => Self::at(Place::Deployed(url, COUNT.fetch_add(1, Ordering::Relaxed))),
            None => {
                let options = RunnerOptions { physics, ..RunnerOptions::default() };
                Self::with(Runner::start(options).await.expect("the runner starts"))
            }
        }
    }

    /// The portal of a runner.
    pub fn with(runner: Runner) -> Self {
        Self::at(Place::Own(runner))
    }

    fn at(place: Place) -> Self {
        local::install_tls_provider();
        let client = client().build().expect("an HTTP client");
        Self { place, client, taken: Mutex::default() }
    }

    /// A client that calls from another address of loopback.
    pub fn client_at(&self, address: &str) -> Client {
        client().local_address(Some(address.parse().expect("an address"))).build().expect("an HTTP client")
    }

    /// The runner, for what no deployed stack lets a test do.
    pub fn runner(&self) -> &Runner {
        match &self.place {
            Place::Own(runner) => runner,
            Place::Deployed(..) => panic!("this test needs a portal of its own: run it without PORTAL_BASE_URL"),
        }
    }

    /// Until all that is under way is done, where that can be known; elsewhere tests wait for what they expect.
    pub async fn settle(&self) {
        if let Place::Own(runner) = &self.place {
            runner.settle().await;
        }
    }

    /// What `look` finds, once it does. With a portal of one's own that is now or never.
    pub async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        self.settle().await;
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            let over = matches!(self.place, Place::Own(_)) || tokio::time::Instant::now() > until;
            assert!(!over, "{what} did not come");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// An address at `example.com` that no other test has.
    pub fn address(&self, name: &str) -> String {
        match &self.place {
            Place::Own(_) => format!("{name}@example.com"),
            Place::Deployed(_, number) => format!("{name}-{number}@example.com"),
        }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn url(&self, path: &str) -> String {
        let base = match &self.place {
            Place::Own(runner) => runner.url(),
            Place::Deployed(url, _) => url,
        };
        format!("{base}{path}")
    }

    /// A request in the making.
    pub fn request(&self, method: Method, path: &str, auth: Auth<'_>) -> RequestBuilder {
        let request = self.client.request(method, self.url(path));
        match auth {
            Auth::None => request,
            Auth::Session(value) => request.header(AUTHORIZATION, format!("Session {value}")),
            Auth::Bearer(value) => request.header(AUTHORIZATION, format!("Bearer {value}")),
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the portal answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the answer is whole");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, body, text }
    }

    pub async fn get(&self, path: &str, auth: Auth<'_>) -> Answer {
        self.send(self.request(Method::GET, path, auth)).await
    }

    /// Posts JSON; `Value::Null` posts no body at all.
    pub async fn post(&self, path: &str, auth: Auth<'_>, body: Value) -> Answer {
        let request = self.request(Method::POST, path, auth);
        match body.is_null() {
            true => self.send(request).await,
            false => self.send(request.json(&body)).await,
        }
    }

    pub async fn delete(&self, path: &str, auth: Auth<'_>) -> Answer {
        self.send(self.request(Method::DELETE, path, auth)).await
    }

    /// The mails to an address, oldest first, once all that is under way has come.
    pub async fn mails_to(&self, email: &str) -> Vec<Value> {
        let answer = self.get("/_local/mail", Auth::None).await.expect(200);
        let mails = answer.body.as_array().expect("a list of mails").iter();
        mails.filter(|mail| mail["to"] == email).cloned().collect()
    }

    /// The secret in the link of the newest mail to an address. On a deployed stack, one that was not there before.
    pub async fn link_token(&self, email: &str) -> String {
        let before = match &self.place {
            Place::Own(_) => None,
            Place::Deployed(..) => self.taken().get(email).cloned(),
        };
        let newest = async || {
            let mails = self.mails_to(email).await;
            let link = |mail: &Value| Some(mail["text"].as_str()?.split_once("token=")?.1.to_owned());
            let rest = mails.iter().rev().find_map(link)?;
            let secret = rest.split_whitespace().next().map(str::to_owned);
            secret.filter(|secret| before.as_ref() != Some(secret))
        };
        let secret = self.eventually(&format!("a mail with a link to {email}"), newest).await;
        self.taken().insert(email.to_owned(), secret.clone());
        secret
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the portal's clock forward, after all that is under way.
    pub async fn advance(&self, seconds: i64) {
        self.runner().settle().await;
        let body = json!({ "advance_seconds": seconds });
        self.post("/_local/clock", Auth::None, body).await.expect(200);
    }

    /// Moves the clock to the beginning of an hour: none turns soon, whose first use of a token would be noted.
    pub async fn on_the_hour(&self) {
        let past = self.now().await.as_second().rem_euclid(3600);
        self.advance(3600 - past).await;
    }

    /// The portal's time.
    pub async fn now(&self) -> Timestamp {
        let answer = self.get("/_local/clock", Auth::None).await.expect(200);
        answer.str("/now").parse().expect("an instant")
    }

    pub async fn meter(&self) -> Value {
        self.get("/_local/meter", Auth::None).await.expect(200).body
    }

    pub async fn reset_meter(&self) {
        let answer = self.delete("/_local/meter", Auth::None).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
    }
}

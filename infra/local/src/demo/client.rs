//! Requests to the portal, shown or silent, and their answers.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::DemoError;
use super::print::Paper;

/// How long something that happens behind the request may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(25);

/// One request.
#[derive(Clone)]
pub struct Call {
    method: Method,
    path: &'static str,
    authorization: Option<String>,
    idempotency_key: Option<String>,
    body: Option<Value>,
}

impl Call {
    /// `GET path`.
    pub fn get(path: &'static str) -> Self {
        Self { method: Method::GET, path, authorization: None, idempotency_key: None, body: None }
    }

    /// `POST path`.
    pub fn post(path: &'static str) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    /// With the session of the vendor's person.
    pub fn session(self, session: &str) -> Self {
        Self { authorization: Some(format!("Session {session}")), ..self }
    }

    /// With the vendor token.
    pub fn bearer(self, token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), ..self }
    }

    /// With an `Idempotency-Key`.
    pub fn idempotency_key(self, key: &str) -> Self {
        Self { idempotency_key: Some(key.to_owned()), ..self }
    }

    /// With a JSON body.
    pub fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The request's line as it is printed.
    pub fn line(&self) -> String {
        let key = self.idempotency_key.as_ref().map(|key| format!("   Idempotency-Key: {key}"));
        format!("{self}{}", key.unwrap_or_default())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// One answer.
pub struct Answer {
    call: String,
    status: StatusCode,
    /// Whether it is marked with `Idempotency-Replayed: true`.
    pub replayed: bool,
    /// Its JSON, or null when it has no body.
    pub body: Value,
}

impl Answer {
    /// The answer, if it has the status that the contract promises.
    pub fn promised(self, status: u16) -> Result<Self, DemoError> {
        if self.status.as_u16() == status { Ok(self) } else { Err(self.unexpected(status)) }
    }

    /// The text at a path such as `tos/version`.
    pub fn text(&self, path: &str) -> Result<String, DemoError> {
        let text = self.body.pointer(&format!("/{path}")).and_then(Value::as_str);
        text.map(str::to_owned)
            .ok_or_else(|| DemoError::Broken(format!("{} answered without {path}: {}", self.call, self.body)))
    }

    /// The answer's line as it is printed.
    fn line(&self) -> String {
        let replayed = if self.replayed { "   Idempotency-Replayed: true" } else { "" };
        format!("{}{replayed}", self.status)
    }

    fn unexpected(&self, promised: u16) -> DemoError {
        let Self { call, status, body, .. } = self;
        DemoError::Broken(format!("{call} answered {status} where {promised} was promised: {body}"))
    }
}

/// The portal as a client sees it, and the paper on which the conversation is printed.
pub struct Portal {
    client: Client,
    base_url: String,
    /// Where the journey is told.
    pub paper: Paper,
}

impl Portal {
    /// The portal at this address.
    pub fn new(client: Client, base_url: &str, paper: Paper) -> Self {
        Self { client, base_url: base_url.trim_end_matches('/').to_owned(), paper }
    }

    /// The address, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Asks without a word.
    pub async fn ask(&self, call: &Call) -> Result<Answer, DemoError> {
        let mut request = self.client.request(call.method.clone(), format!("{}{}", self.base_url, call.path));
        if let Some(authorization) = &call.authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let unreachable = |source| DemoError::Unreachable { call: call.to_string(), source };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let replayed = response.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
        let text = response.text().await.map_err(unreachable)?;
        let body = if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text) };
        let body =
            body.map_err(|error| DemoError::Broken(format!("{call} answered {status} without JSON: {error}")))?;
        Ok(Answer { call: call.to_string(), status, replayed, body })
    }

    /// Prints the request, asks, prints the answer, and checks its status.
    pub async fn show(&self, call: &Call, promised: u16) -> Result<Answer, DemoError> {
        let answer = self.ask(call).await?;
        self.print(call, &answer);
        answer.promised(promised)
    }

    /// Like `show`, for an answer whose body says nothing new.
    pub async fn show_status(&self, call: &Call, promised: u16) -> Result<Answer, DemoError> {
        let answer = self.ask(call).await?;
        self.paper.request(&call.line(), None);
        self.paper.answer(&answer.line(), answer.status.is_success(), None);
        answer.promised(promised)
    }

    /// Prints a request and its answer.
    pub fn print(&self, call: &Call, answer: &Answer) {
        self.paper.request(&call.line(), call.body.as_ref());
        self.paper.answer(&answer.line(), answer.status.is_success(), Some(&answer.body));
    }

    /// Asks again and again until `find` finds what it looks for.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        call: &Call,
        find: impl Fn(&Value) -> Option<T>,
    ) -> Result<(Answer, T), DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask(call).await?.promised(200)?;
            if let Some(found) = find(&answer.body) {
                return Ok((answer, found));
            }
            if Instant::now() >= deadline {
                let seconds = PATIENCE.as_secs();
                return Err(DemoError::Broken(format!("{what} did not come within {seconds} seconds ({call})")));
            }
            sleep(PAUSE).await;
        }
    }
}

//! A double of Stripe at wire level, for the local runner and the tests.
//!
//! The product talks to it exactly as it talks to Stripe: form-encoded requests, JSON objects, error envelopes,
//! idempotency keys, hosted pages and signed webhooks. It models what onboarding needs (customers, Checkout in setup
//! mode, setup intents, payment methods, connected accounts and account links) and refuses a parameter it does not
//! model, so that nothing is accepted here that would silently mean nothing.
//!
//! The story of a request: `api` authenticates it, finds an `idempotency` replay or checks it against one of the
//! `endpoints`, whose `operations` make and change `objects` and `accounts` in the `store`. The story of a person:
//! `pages` shows the hosted page, `hosted` decides what a pressed button means, `webhooks` tells the portal.
//!
//! The wire follows <https://docs.stripe.com/api>, version `2026-09-30.endive`.

mod accounts;
mod api;
mod endpoints;
mod errors;
mod form;
mod hosted;
mod html;
mod idempotency;
mod objects;
mod operations;
mod pages;
mod store;
mod webhooks;

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use serde::Deserialize;

use hosted::Page;
use store::Store;
use webhooks::Sender;

/// The version whose shapes the double speaks, the one that the product's Stripe types are generated from.
/// Requests may name another; see <https://docs.stripe.com/api/versioning>.
const API_VERSION: &str = "2026-09-30.endive";

/// What the double needs to know.
pub struct StripeOptions {
    /// Where the state is kept between runs, as JSON, written atomically after each change. `None` keeps it in memory.
    pub state_file: Option<PathBuf>,
    /// The origin under which the hosted pages are reached, e.g. `http://127.0.0.1:8787`.
    pub public_url: String,
    /// Where signed webhooks are posted, e.g. `http://127.0.0.1:8787/webhooks/stripe`. Plain HTTP only.
    pub webhook_url: String,
    /// The endpoint's signing secret, `whsec_…`.
    pub webhook_secret: String,
    /// The only API key that is accepted, `sk_test_…`.
    pub secret_key: String,
    /// The injected clock, in Unix seconds.
    pub now: Arc<dyn Fn() -> i64 + Send + Sync>,
}

/// The double. Cheap to clone; clones share one state.
#[derive(Clone)]
pub struct StripeDouble(Arc<Inner>);

struct Inner {
    options: StripeOptions,
    store: Mutex<Store>,
    webhooks: Sender,
}

/// What a person does on a hosted page.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Saves the card, or finishes onboarding.
    Approve,
    /// Uses a card that the bank refuses, or details that Stripe cannot verify.
    Decline,
    /// Leaves without doing anything.
    Cancel,
}

/// Why a hosted page could not be completed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CompleteError {
    /// The URL is none of the double's pages, or a Checkout page that has expired.
    UnknownPage,
    /// The Checkout page was completed before.
    AlreadyCompleted,
    /// The portal answered the webhook with this status, also after the retries that a 5xx gets.
    WebhookRefused(u16),
    /// The portal did not answer the webhook at all.
    WebhookUnreachable(String),
}

impl Display for CompleteError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPage => f.write_str("this is not an open page of the Stripe double"),
            Self::AlreadyCompleted => f.write_str("this page was already completed"),
            Self::WebhookRefused(status) => write!(f, "the webhook was answered with status {status}"),
            Self::WebhookUnreachable(reason) => write!(f, "the webhook got no answer: {reason}"),
        }
    }
}

impl Error for CompleteError {}

impl StripeDouble {
    /// Opens the double with the state that its file holds, or with none.
    ///
    /// # Errors
    ///
    /// If the state file exists and cannot be read or understood.
    pub fn open(mut options: StripeOptions) -> io::Result<Self> {
        let store = match &options.state_file {
            Some(path) => Store::load(path)?,
            None => Store::default(),
        };
        let origin = options.public_url.trim_end_matches('/').len();
        options.public_url.truncate(origin);
        let webhooks =
            Sender::new(options.webhook_url.clone(), options.webhook_secret.clone(), Arc::clone(&options.now));
        Ok(Self(Arc::new(Inner { options, store: Mutex::new(store), webhooks })))
    }

    /// The API: routes `/v1/…`, to be nested below the prefix that the product's base URL names.
    pub fn api(&self) -> Router {
        api::router(self.clone())
    }

    /// The hosted pages: routes `/_local/stripe/…`, to be merged at the root of `public_url`.
    pub fn pages(&self) -> Router {
        pages::router(self.clone())
    }

    /// Does what a person would on the hosted page `url`, and returns the URL that the person's browser would be sent
    /// to, once every webhook that follows from it was answered with 2xx.
    ///
    /// A declined card leads back to the page itself; an expired or used account link leads to its `refresh_url`.
    /// After a webhook failed, the same call again delivers the same event again.
    ///
    /// # Errors
    ///
    /// If there is no such open page, or if the portal did not accept a webhook.
    pub async fn complete(&self, url: &str, outcome: Outcome) -> Result<String, CompleteError> {
        let page = Page::parse(self.public_url(), url).ok_or(CompleteError::UnknownPage)?;
        self.act(&page, outcome).await
    }

    fn now(&self) -> i64 {
        (self.0.options.now)()
    }

    fn public_url(&self) -> &str {
        &self.0.options.public_url
    }

    fn secret_key(&self) -> &str {
        &self.0.options.secret_key
    }

    /// The state, locked. Never held across an await; a panic elsewhere leaves whole objects, so poison is no reason
    /// to stop.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the state to its file. The caller holds the lock, so files follow each other in the order of changes.
    fn save(&self, store: &Store) -> io::Result<()> {
        match &self.0.options.state_file {
            Some(path) => store.save(path),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

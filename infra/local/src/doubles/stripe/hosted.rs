//! What a person does on the hosted pages, and what follows from it.

use serde_json::{Value, json};

use super::accounts;
use super::objects::{self, Card};
use super::store::{Store, Undelivered, text};
use super::{CompleteError, Outcome, StripeDouble};

/// Where the Checkout pages are; the session's id follows.
const CHECKOUT: &str = "/_local/stripe/checkout/";
/// Where the onboarding pages are; the link's token follows.
const ONBOARDING: &str = "/_local/stripe/onboarding/";

/// A hosted page.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Page {
    /// Stripe Checkout in setup mode, by the session's id.
    Checkout(String),
    /// Connect onboarding, by the link's token.
    Onboarding(String),
}

impl Page {
    /// The page that a URL leads to, if it is one of the double's.
    pub(super) fn parse(public_url: &str, url: &str) -> Option<Self> {
        let local = url.strip_prefix(public_url)?;
        let path = local.split(['?', '#']).next().unwrap_or_default();
        let session = path.strip_prefix(CHECKOUT).map(|id| Self::Checkout(id.to_owned()));
        session.or_else(|| path.strip_prefix(ONBOARDING).map(|token| Self::Onboarding(token.to_owned())))
    }

    pub(super) fn url(&self, public_url: &str) -> String {
        match self {
            Self::Checkout(id) => format!("{public_url}{CHECKOUT}{id}"),
            Self::Onboarding(token) => format!("{public_url}{ONBOARDING}{token}"),
        }
    }

    fn key(&self) -> &str {
        match self {
            Self::Checkout(key) | Self::Onboarding(key) => key,
        }
    }
}

impl StripeDouble {
    /// Does what a pressed button means, and returns where the browser goes once the portal has heard of it.
    ///
    /// An event that was not delivered stays with its page: the next press delivers it first.
    pub(super) async fn act(&self, page: &Page, outcome: Outcome) -> Result<String, CompleteError> {
        let destination = self.decide(page, outcome)?;
        while let Some(next) = self.next_undelivered(page) {
            self.0.webhooks.deliver(&next.body).await?;
            self.delivered(&next);
        }
        Ok(destination)
    }

    /// The first half of [`Self::act`]: changes the state and queues the event.
    pub(super) fn decide(&self, page: &Page, outcome: Outcome) -> Result<String, CompleteError> {
        let now = self.now();
        let mut store = self.store();
        let destination = match page {
            Page::Checkout(id) => checkout(&mut store, id, outcome, &page.url(self.public_url()), now),
            Page::Onboarding(token) => onboarding(&mut store, token, outcome, now),
        }?;
        self.save_or_log(&store);
        Ok(destination)
    }

    fn next_undelivered(&self, page: &Page) -> Option<Undelivered> {
        self.store().next_undelivered(page.key()).cloned()
    }

    fn delivered(&self, delivered: &Undelivered) {
        let mut store = self.store();
        store.delivered(&delivered.event);
        self.save_or_log(&store);
    }

    /// A page cannot tell the person about a full disk; the next change that is saved makes up for it.
    fn save_or_log(&self, store: &Store) {
        if let Err(error) = self.save(store) {
            tracing::error!(%error, "the Stripe double could not save its state");
        }
    }
}

fn checkout(store: &mut Store, id: &str, outcome: Outcome, page_url: &str, now: i64) -> Result<String, CompleteError> {
    let session = store.session(id, now).ok_or(CompleteError::UnknownPage)?;
    let status = text(&session["status"]);
    if status == "complete" {
        let waiting = store.next_undelivered(id).is_some();
        return if waiting { Ok(success_url(&session)) } else { Err(CompleteError::AlreadyCompleted) };
    }
    if status != "open" {
        return Err(CompleteError::UnknownPage);
    }
    Ok(match outcome {
        Outcome::Approve => {
            save_card(store, &session, now);
            success_url(&session)
        }
        Outcome::Decline => {
            decline_card(store, &session, now);
            page_url.to_owned()
        }
        Outcome::Cancel => cancel_url(&session).unwrap_or(page_url).to_owned(),
    })
}

/// Stripe attaches the method to the customer and does not make it the default: that is left to the product.
fn save_card(store: &mut Store, session: &Value, now: i64) {
    let (customer, email) = payer(store, session);
    let method = store.put(objects::payment_method(&Card::GOOD, &session["customer"], &email, now));
    store.change(text(&session["setup_intent"]), |intent| {
        intent["last_setup_error"] = Value::Null;
        intent["payment_method"] = method["id"].clone();
        intent["status"] = json!("succeeded");
    });
    let id = text(&session["id"]);
    let session = store.change(id, |session| {
        session["customer_details"] = json!({
            "address": null,
            "business_name": null,
            "email": email,
            "individual_name": null,
            "name": customer["name"],
            "phone": customer["phone"],
            "tax_exempt": "none",
            "tax_ids": [],
        });
        session["status"] = json!("complete");
        session["url"] = Value::Null;
    });
    store.queue(id, &objects::event("checkout.session.completed", &session, now));
}

fn decline_card(store: &mut Store, session: &Value, now: i64) {
    let (_, email) = payer(store, session);
    let method = objects::payment_method(&Card::DECLINED, &Value::Null, &email, now);
    let intent = store.change(text(&session["setup_intent"]), |intent| {
        intent["last_setup_error"] = objects::card_declined(&method);
    });
    store.queue(text(&session["id"]), &objects::event("setup_intent.setup_failed", &intent, now));
}

/// The session's customer, and the customer's address; null if the session is for nobody.
fn payer(store: &Store, session: &Value) -> (Value, Value) {
    let customer = store.get(text(&session["customer"])).cloned().unwrap_or_default();
    let email = customer["email"].clone();
    (customer, email)
}

fn onboarding(store: &mut Store, token: &str, outcome: Outcome, now: i64) -> Result<String, CompleteError> {
    let waiting = store.next_undelivered(token).is_some();
    let link = store.links.get_mut(token).ok_or(CompleteError::UnknownPage)?;
    if link.used && waiting {
        return Ok(link.return_url.clone());
    }
    if !link.is_open(now) {
        return Ok(link.refresh_url.clone());
    }
    link.used = true;
    let link = link.clone();
    let account = match outcome {
        Outcome::Approve => store.change(&link.account, |account| accounts::verify(account, now)),
        Outcome::Decline => store.change(&link.account, accounts::refuse),
        Outcome::Cancel => return Ok(link.return_url),
    };
    store.queue(token, &objects::event("account.updated", &account, now));
    Ok(link.return_url)
}

/// Where a completed session leads, with the placeholder that Stripe documents for it;
/// <https://docs.stripe.com/payments/checkout/custom-success-page>.
pub(super) fn success_url(session: &Value) -> String {
    text(&session["success_url"]).replace("{CHECKOUT_SESSION_ID}", text(&session["id"]))
}

/// Where a person who gives up goes. A session need not have such a place.
pub(super) fn cancel_url(session: &Value) -> Option<&str> {
    session["cancel_url"].as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_known_by_their_urls() {
        let origin = "http://127.0.0.1:8787";
        for page in [Page::Checkout("cs_test_1".to_owned()), Page::Onboarding("t".to_owned())] {
            let url = page.url(origin);
            assert_eq!(Page::parse(origin, &url).as_ref(), Some(&page));
            assert_eq!(Page::parse(origin, &(url + "?x=1#y")), Some(page));
        }
        assert_eq!(Page::parse(origin, "http://127.0.0.1:8787/billing"), None);
        assert_eq!(Page::parse(origin, "https://checkout.stripe.com/c/pay/cs_test_1"), None);
    }
}

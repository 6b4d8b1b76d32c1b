//! The double's state: one JSON document.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::idempotency::Keys;

/// Everything the double remembers. Objects are kept as they go over the wire: the state is what a client would read.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Store {
    objects: BTreeMap<String, Value>,
    /// Account links by the token in their URL.
    pub(super) links: BTreeMap<String, Link>,
    pub(super) keys: Keys,
    undelivered: Vec<Undelivered>,
}

/// An account link. Stripe never shows it again, so it is no object; <https://docs.stripe.com/api/account_links>.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Link {
    pub(super) account: String,
    pub(super) expires_at: i64,
    pub(super) refresh_url: String,
    pub(super) return_url: String,
    pub(super) used: bool,
}

impl Link {
    /// Whether the link still leads to the onboarding page. It works once: here, until a button was pressed.
    pub(super) fn is_open(&self, now: i64) -> bool {
        !self.used && now < self.expires_at
    }
}

/// An event whose webhook the portal has not accepted yet.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Undelivered {
    pub(super) event: String,
    /// The id or token of the hosted page that caused it.
    page: String,
    /// The exact bytes, so that a second delivery is the same event.
    pub(super) body: String,
}

impl Store {
    /// Reads the state file; without one the state is empty.
    pub(super) fn load(path: &Path) -> io::Result<Self> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("{}: {error}", path.display())))
    }

    /// Writes the state file. The rename makes it whole or absent, however the process ends.
    pub(super) fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let partial = path.with_extension("partial");
        fs::write(&partial, serde_json::to_vec(self)?)?;
        fs::rename(&partial, path)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.objects.get(id)
    }

    /// The object with this id, if it is one of this kind (`customer`, `checkout.session`, …).
    pub(super) fn get_kind(&self, kind: &str, id: &str) -> Option<&Value> {
        self.get(id).filter(|object| object["object"] == kind)
    }

    /// A Checkout Session, which expires by the clock alone.
    pub(super) fn session(&mut self, id: &str, now: i64) -> Option<Value> {
        let session = self.objects.get_mut(id).filter(|object| object["object"] == "checkout.session")?;
        let expires_at = session["expires_at"].as_i64().unwrap_or(i64::MAX);
        if session["status"] == "open" && now >= expires_at {
            session["status"] = json!("expired");
            session["url"] = Value::Null;
        }
        Some(session.clone())
    }

    /// Creates or replaces an object, and returns it.
    pub(super) fn put(&mut self, object: Value) -> Value {
        self.objects.insert(text(&object["id"]).to_owned(), object.clone());
        object
    }

    /// Changes an object, and returns it as it is then: null, if there is none.
    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut Value)) -> Value {
        let Some(object) = self.objects.get_mut(id) else {
            return Value::Null;
        };
        change(object);
        object.clone()
    }

    /// Remembers that an event has to be delivered on behalf of a hosted page.
    pub(super) fn queue(&mut self, page: &str, event: &Value) {
        let id = text(&event["id"]).to_owned();
        self.undelivered.push(Undelivered { event: id, page: page.to_owned(), body: event.to_string() });
    }

    /// The oldest event of a page that was not delivered.
    pub(super) fn next_undelivered(&self, page: &str) -> Option<&Undelivered> {
        self.undelivered.iter().find(|waiting| waiting.page == page)
    }

    /// Forgets an event that the portal has accepted.
    pub(super) fn delivered(&mut self, event: &str) {
        self.undelivered.retain(|waiting| waiting.event != event);
    }
}

/// A JSON string's text; empty for anything else.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A new object id: the kind's prefix and 24 random characters.
pub(super) fn new_id(prefix: &str) -> String {
    prefix.to_owned() + &random_text(24)
}

/// Random letters and digits.
#[expect(clippy::disallowed_methods, reason = "the provider invents its ids itself; nothing may depend on them")]
pub(super) fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // The largest multiple of 62 that fits a byte: bytes above it would favour the start of the alphabet.
    const FAIR: u8 = 248;
    let random = SystemRandom::new();
    let mut characters = String::with_capacity(length + 32);
    while characters.len() < length {
        let mut bytes = [0_u8; 32];
        random.fill(&mut bytes).expect("the operating system has random bytes");
        let fair = bytes.into_iter().filter(|byte| *byte < FAIR);
        characters.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    characters.truncate(length);
    characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_alphanumeric_and_differ() {
        let (one, other) = (new_id("cus_"), new_id("cus_"));
        assert_ne!(one, other);
        let random = one.strip_prefix("cus_").expect("the prefix");
        assert_eq!(random.len(), 24);
        assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_session_expires_by_the_clock() {
        let mut store = Store::default();
        store.put(json!({
            "id": "cs_test_1", "object": "checkout.session", "status": "open", "url": "http://x", "expires_at": 100,
        }));
        assert_eq!(store.session("cs_test_1", 99).expect("a session")["status"], "open");
        let expired = store.session("cs_test_1", 100).expect("a session");
        assert_eq!(expired["status"], "expired");
        assert_eq!(expired["url"], Value::Null);
    }
}

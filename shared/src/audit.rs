//! The audit log: who changed what, when and from where, told from an item's image before and after.
//!
//! Every stored item carries [`By`] of its last change and a `kind`. [`describe`] turns one change into one row; a kind
//! that it does not know is recorded all the same, so that no new item can escape the log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::ids::{AuditId, SessionId, TokenId};

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody without a credential: a sign-up.
    Visitor,
    /// The vendor's person, by session.
    Person(SessionId),
    /// The vendor's software, by vendor token.
    Token(TokenId),
    /// A payment provider, by a signed notification.
    Provider(&'static str),
}

/// The providers that a stored principal may name.
const KNOWN: [&str; 2] = ["stripe", "alipay"];

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visitor => f.write_str("visitor"),
            Self::Person(session) => write!(f, "person:{session}"),
            Self::Token(token) => write!(f, "token:{token}"),
            Self::Provider(name) => write!(f, "provider:{name}"),
        }
    }
}

impl FromStr for Principal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, id) = text.split_once(':').unwrap_or((text, ""));
        let known = || KNOWN.into_iter().find(|name| *name == id).ok_or_else(|| format!("unknown principal {text}"));
        match kind {
            "visitor" => Ok(Self::Visitor),
            "person" => id.parse().map(Self::Person),
            "token" => id.parse().map(Self::Token),
            "provider" => known().map(Self::Provider),
            _ => Err(format!("unknown principal {text}")),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The author of an item's last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// When, by the injected clock.
    pub at: Timestamp,
    /// Who.
    pub who: Principal,
    /// In which request.
    pub req: String,
    /// From which address, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// With which user agent, cut to [`AGENT_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ua: Option<String>,
}

/// How much of a user agent is kept, in bytes: enough to tell an SDK from a browser.
pub const AGENT_BYTES: usize = 64;

/// One field's change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// Its value before, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value after, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Derived from the stream's record: a record delivered again writes the same row.
    pub audit_id: AuditId,
    /// What happened: `device.registered`, `token.issued` …
    #[serde(rename = "type")]
    pub kind: String,
    /// To what: `device:FT-0001`, `token:tok_…`.
    pub subject: String,
    /// Who, when and from where.
    pub by: By,
    /// What changed.
    pub changes: Vec<Change>,
}

/// Bookkeeping and keys, which say nothing to a reader of the log.
const HIDDEN: [&str; 11] = ["pk", "sk", "v_pk", "v_sk", "a_pk", "a_sk", "kind", "by", "version", "ttl", "vendor_id"];

/// What is never shown, only that it changed.
const MASKED: [&str; 3] = ["hash", "receipt", "request_hash"];

type Item = Map<String, Value>;

/// The row for one change of one item, or `None` for a change that another item's row tells or that is none:
/// bookkeeping, and items that go because their time is over.
///
/// `record` names the stream's record.
///
/// # Errors
/// A sentence for the log when the item does not say who changed it: nothing changes without its row.
pub fn describe(record: &str, before: Option<&Item>, after: Option<&Item>) -> Result<Option<AuditRow>, String> {
    let Some(item) = after else { return Ok(None) };
    let kind = item.get("kind").and_then(Value::as_str).ok_or("an item without a kind")?;
    let Some(event) = event(kind, before, item) else {
        return Ok(None);
    };
    let by = item.get("by").cloned().unwrap_or_default();
    let by = serde_json::from_value(by).map_err(|error| format!("a {kind} without an author: {error}"))?;
    let digest: [u8; 32] = Sha256::digest(record.as_bytes()).into();
    let mut bits = [0; 16];
    bits.copy_from_slice(&digest[..16]);
    Ok(Some(AuditRow {
        audit_id: AuditId::from_bits(bits),
        kind: event,
        subject: subject(kind, item),
        by,
        changes: changes(before, item),
    }))
}

/// The type of the event, or `None` where another item's row tells it.
fn event(kind: &str, before: Option<&Item>, after: &Item) -> Option<String> {
    let new = before.is_none();
    let gained =
        |field: &str| after.get(field).is_some() && before.is_some_and(|item| item.get(field) != after.get(field));
    let name = match kind {
        // Each is written together with, or only leads to, an item that has its own row.
        "audit" | "email" | "link_request" | "idempotency" | "token_slot" => return None,
        // What an event of a device leads to.
        "device_activity" | "user_device" => return None,
        "vendor" if new => "vendor.signed_up",
        "vendor" if gained("email_verified_at") => "vendor.email_verified",
        "vendor" if gained("terms") => "vendor.terms_accepted",
        "vendor" if gained("payment") => match after.get("payment")?.get("status")?.as_str()? {
            "connected" => "payment.connected",
            _ => "payment.started",
        },
        "link" if new => "link.sent",
        "session" if new => "session.started",
        "session" if gained("ended_at") => "session.ended",
        "session" => return None, // it slid on: its use, not a change
        "token" if new => "token.issued",
        "token" if gained("revoked_at") => "token.revoked",
        "stripe" if gained("payouts") => "payouts.changed",
        "stripe" => "payment.details_changed",
        "binding" if new => "device.registered",
        "binding" if gained("released_at") => "device.released",
        "binding" => return None, // a root that counts the release of a later generation
        "import" if new => "import.created",
        "import_chunk" if gained("counts") => "import.chunk_worked_off",
        // Begun, and told line by line: the bindings have rows of their own.
        "import_chunk" | "import_result" => return None,
        "provider_event" if new => return None, // kept for the worker; what it changes has a row
        _ if new => return Some(format!("{kind}.created")),
        _ => return Some(format!("{kind}.updated")),
    };
    Some(name.to_owned())
}

fn subject(kind: &str, item: &Item) -> String {
    let (name, field) = match kind {
        "binding" => ("device", "device_id"),
        "token" => ("token", "token_id"),
        "session" => ("session", "session_id"),
        "import" | "import_chunk" => ("import", "import_id"),
        _ => ("vendor", "vendor_id"),
    };
    format!("{name}:{}", item.get(field).and_then(Value::as_str).unwrap_or("?"))
}

fn changes(before: Option<&Item>, after: &Item) -> Vec<Change> {
    let none = Item::new();
    let before = before.unwrap_or(&none);
    let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let shown = |field: &str, value: Option<&Value>| match MASKED.contains(&field) {
        true => value.map(|_| Value::from("•••")),
        false => value.cloned(),
    };
    fields
        .into_iter()
        .filter(|field| !HIDDEN.contains(&field.as_str()) && before.get(*field) != after.get(*field))
        .map(|field| Change {
            field: field.clone(),
            before: shown(field, before.get(field)),
            after: shown(field, after.get(field)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(fields: Value) -> Item {
        let mut item = json!({
            "pk": "VENDOR#x", "sk": "PROFILE", "kind": "vendor", "vendor_id": "ven_1", "version": 1,
            "by": {"at": "2026-11-22T00:00:00Z", "who": "visitor", "req": "r1"},
        });
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        item.as_object().unwrap().clone()
    }

    #[test]
    fn a_change_names_its_fields_and_nothing_else() {
        let before = item(json!({"status": "pending_verification", "receipt": "a"}));
        let after = item(json!({"status": "onboarding", "email_verified_at": "2026-11-22T00:00:00Z", "receipt": "b"}));
        let row = describe("record-1", Some(&before), Some(&after)).unwrap().unwrap();
        assert_eq!(row.kind, "vendor.email_verified");
        assert_eq!(row.subject, "vendor:ven_1");
        let fields: Vec<_> = row.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["email_verified_at", "receipt", "status"]);
        assert_eq!(row.changes[1].after, Some("•••".into()));
        assert_eq!(row.changes[2].before, Some("pending_verification".into()));
        assert_eq!(describe("record-1", Some(&before), Some(&after)), Ok(Some(row)));
    }

    #[test]
    fn a_kind_that_nobody_thought_of_is_recorded() {
        let row = describe("r", None, Some(&item(json!({"kind": "novelty"})))).unwrap().unwrap();
        assert_eq!(row.kind, "novelty.created");
    }

    #[test]
    fn a_change_without_an_author_is_not_passed_over() {
        let mut nobodys = item(json!({}));
        nobodys.remove("by");
        assert!(describe("r", None, Some(&nobodys)).is_err());
    }

    #[test]
    fn principals_round_trip() {
        for text in [
            "visitor",
            "person:ses_01JZ8Q6V3M4N5P6R7S8T9V0W1X",
            "token:tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X",
            "provider:stripe",
        ] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
        assert!("provider:nobody".parse::<Principal>().is_err());
    }
}

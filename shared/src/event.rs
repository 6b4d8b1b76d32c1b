//! Outbound events: what a vendor's audit log tells the world outside, once it is in the log.
//!
//! An event has the id of the row that it tells, so whoever gets it twice knows. It names what happened and to what, and
//! nothing of what changed: who wants to know more asks the API, with a credential.

use serde::Serialize;

use crate::audit::AuditRow;
use crate::clock::rfc3339;
use crate::ids::{AuditId, VendorId};

/// The version of the envelope. A field may be added to it; one that goes or changes its meaning is another version.
pub const VERSION: u8 = 1;

/// The types of audit rows that are told under their own name.
const OUTBOUND: [&str; 7] = [
    "token.issued",
    "token.rotated",
    "token.revoked",
    "device.registered",
    "device.released",
    "cap.revoked",
    "vendor.settings_changed",
];

/// What a vendor's row is told as that made the vendor active, whatever else it did.
const ACTIVATED: &str = "vendor.activated";

/// One event on its way out, as JSON its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboundEvent {
    /// [`VERSION`].
    pub version: u8,
    /// The audit row's id: the same event has the same id whenever it comes.
    pub id: AuditId,
    /// What happened: `device.registered`, `vendor.activated` …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whose it is.
    pub vendor_id: VendorId,
    /// When, RFC 3339 in UTC, to the second.
    pub occurred_at: String,
    /// To what: `device:FT-0001`, `token:tok_…`.
    pub subject: String,
}

impl OutboundEvent {
    /// The event that tells this row of a vendor's log, or `None` for a row that stays inside.
    pub fn of(vendor_id: VendorId, row: &AuditRow) -> Option<Self> {
        let kind = if activates(row) { ACTIVATED } else { OUTBOUND.into_iter().find(|name| *name == row.kind)? };
        Some(Self {
            version: VERSION,
            id: row.audit_id,
            kind,
            vendor_id,
            occurred_at: rfc3339(row.by.at),
            subject: row.subject.clone(),
        })
    }
}

/// Whether the row is of the vendor itself and made it active, for the first time or after a suspension.
fn activates(row: &AuditRow) -> bool {
    let becomes_active = || {
        let mut status = row.changes.iter().filter(|change| change.field == "status");
        status.any(|change| change.after.as_ref().is_some_and(|after| after == "active"))
    };
    row.subject.starts_with("vendor:") && becomes_active()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Change, describe};
    use serde_json::{Map, Value, json};

    fn item(fields: Value) -> Map<String, Value> {
        let mut item = json!({
            "kind": "vendor", "vendor_id": "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X",
            "by": {"at": "2026-11-22T08:00:00.5Z", "who": "visitor", "req": "r1", "ip": "192.0.2.1"},
        });
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        item.as_object().unwrap().clone()
    }

    fn vendor_id() -> VendorId {
        "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse().unwrap()
    }

    /// The event of an item's change, if there is one.
    fn told(before: Option<Value>, after: Value) -> Option<OutboundEvent> {
        let before = before.map(item);
        let row = describe("record-1", before.as_ref(), Some(&item(after))).unwrap().unwrap();
        OutboundEvent::of(vendor_id(), &row)
    }

    fn kind(before: Option<Value>, after: Value) -> Option<&'static str> {
        told(before, after).map(|event| event.kind)
    }

    #[test]
    fn the_envelope_names_what_happened_and_nothing_of_what_changed() {
        let device = json!({"kind": "binding", "device_id": "FT-0001", "user_omni": "0x11", "receipt": "secret"});
        let row = describe("record-1", None, Some(&item(device))).unwrap().unwrap();
        let event = OutboundEvent::of(vendor_id(), &row).unwrap();
        let envelope = json!({
            "version": 1,
            "id": row.audit_id.to_string(),
            "type": "device.registered",
            "vendor_id": "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X",
            "occurred_at": "2026-11-22T08:00:00Z",
            "subject": "device:FT-0001",
        });
        assert_eq!(serde_json::to_value(&event).unwrap(), envelope);
    }

    #[test]
    fn a_vendor_is_activated_by_whatever_made_it_active_and_by_nothing_else() {
        let connected = json!({"status": "active", "payment": {"status": "connected"}});
        let onboarding = json!({"status": "onboarding"});
        assert_eq!(kind(Some(onboarding.clone()), connected.clone()), Some("vendor.activated"));
        assert_eq!(kind(Some(json!({"status": "suspended"})), json!({"status": "active"})), Some("vendor.activated"));
        let still = json!({"status": "active", "payment": {"status": "connected", "account": "other"}});
        assert_eq!(kind(Some(connected), still), None);
        assert_eq!(kind(Some(onboarding), json!({"status": "suspended"})), None);
        assert_eq!(kind(None, json!({"status": "pending_verification"})), None);
        assert_eq!(kind(None, json!({"kind": "import", "import_id": "i", "status": "active"})), None);
    }

    #[test]
    fn settings_tokens_and_caps_are_told_and_sessions_and_services_are_not() {
        let settings = kind(Some(json!({"locale": "en"})), json!({"locale": "zh-CN"}));
        assert_eq!(settings, Some("vendor.settings_changed"));
        let token = json!({"kind": "token", "token_id": "t"});
        let revoked = json!({"kind": "token", "token_id": "t", "revoked_at": "2026-11-22T08:00:00Z"});
        assert_eq!(kind(None, token.clone()), Some("token.issued"));
        assert_eq!(kind(Some(token), revoked), Some("token.revoked"));
        assert_eq!(kind(None, json!({"kind": "revocation", "cap_id": "c"})), Some("cap.revoked"));
        for inside in ["session", "link", "service_token", "novelty"] {
            assert_eq!(told(None, json!({"kind": inside})), None, "{inside}");
        }
    }

    #[test]
    fn each_outbound_type_is_told_under_its_own_name() {
        let mut row = describe("r", None, Some(&item(json!({})))).unwrap().unwrap();
        row.changes = vec![Change { field: "status".into(), before: None, after: Some("onboarding".into()) }];
        for name in OUTBOUND {
            row.kind = name.to_owned();
            assert_eq!(OutboundEvent::of(vendor_id(), &row).map(|event| event.kind), Some(name));
        }
    }
}

//! The wire shape of every stored item. Items outlive a deployment: what is pinned here is what an older or newer
//! version will meet. A field that comes must be optional to who reads; one that goes must have been.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::table::{items, of_kind, size, string, typed};
use crate::harness::{Auth, Person, Portal, Vendor, omni};

/// For each kind its attributes with their types; `?` where not every item has it. All items also have `pk`, `sk`,
/// `kind` and `by`, which [`has_bookkeeping`] checks.
const SHAPES: [(&str, &str); 18] = [
    ("audit", "row.audit_id:S row.changes:L row.subject:S row.type:S sequence:S vendor_id:S"),
    (
        "binding",
        "binding_id:S device_id?:S generation:N metadata?:S model?:S namespaces:S receipt:B registered_at:S \
         released?:N released_at?:S user_omni?:S v_pk?:S v_sk?:S vendor_id?:S",
    ),
    ("device_activity", "a_pk:S a_sk:S device_id:S first_active_day:S last_active_day:S vendor_id:S"),
    ("email", "digest:S vendor_id:S"),
    ("idempotency", "expires_at:S fingerprint:S generations?:S key_hash:S ttl:N vendor_id:S"),
    ("import", "chunk_lines:N created_at:S dry_run:BOOL format:S import_id:S name?:S total_lines:N ttl:N vendor_id:S"),
    (
        "import_chunk",
        "counts.known:N counts.registered:N counts.rejected:N digest:S expires_at:S first_line:N import_id:S ttl:N \
         vendor_id:S version:N",
    ),
    ("import_result", "expires_at:S first_line:N import_id:S lines:S ttl:N vendor_id:S"),
    (
        "link",
        "expires_at:S hash:S profile.display_name?:S profile.email?:S profile.locale?:S purpose:S request_hash?:S ttl:N vendor_id:S",
    ),
    (
        "link_request",
        "done_at:S email?:S expires_at:S profile.country?:S profile.display_name?:S profile.email?:S \
         profile.locale?:S request_hash?:S request_id:S ttl:N version:N wish:S",
    ),
    ("provider_event", "event_id:S event_type:S object_id:S rail:S received_at:S ttl:N"),
    ("revocation", "actor_omni:S expires_at:S ttl:N vendor_id:S"),
    ("session", "created_at:S ended_at?:S hash:S last_seen_at:S session_id:S ttl:N vendor_id:S version:N"),
    (
        "stripe",
        "account?:S account_country?:S attempt:S checkout_session:S customer:S payment_method:S payouts:S vendor_id:S version:N",
    ),
    ("token", "expires_at:S issued_at:S name?:S scopes:S token_id:S vendor_id:S"),
    ("token_slot", "expires_at:S token_id:S vendor_id:S version:N"),
    ("user_device", "device_id:S generation:N user_omni:S vendor_id:S"),
    (
        "vendor",
        "allowed_namespaces:L country?:S created_at:S display_name:S email:S email_verified_at?:S locale:S \
         payment.rail?:S payment.since?:S payment.status:S plan:S price_version?:S status:S terms.accepted_at?:S \
         terms.address?:S terms.dpa_version?:S terms.signatory_name?:S terms.signatory_title?:S terms.tos_version?:S \
         vendor_id:S version:N",
    ),
];

/// The kinds whose shapes are pinned.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    SHAPES.iter().map(|(kind, _)| *kind)
}

type Shapes = BTreeMap<String, BTreeSet<String>>;

fn pinned() -> Shapes {
    let words = |(kind, shape): &(&str, &str)| {
        let attributes = shape.split_whitespace().map(str::to_owned);
        ((*kind).to_owned(), attributes.collect::<BTreeSet<_>>())
    };
    SHAPES.iter().map(words).collect()
}

fn found(items: &[Value]) -> Shapes {
    let mut kinds: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for item in items {
        let mut attributes = BTreeMap::new();
        flatten("", item, &mut attributes);
        kinds.entry(string(item, "kind").to_owned()).or_default().push(attributes);
    }
    let shape = |items: &[BTreeMap<String, String>]| -> BTreeSet<String> {
        let all: BTreeSet<(&String, &String)> = items.iter().flatten().collect();
        let mark = |name: &String| match items.iter().all(|item| item.contains_key(name)) {
            true => "",
            false => "?",
        };
        all.into_iter().map(|(name, kind)| format!("{name}{}:{kind}", mark(name))).collect()
    };
    kinds.iter().map(|(kind, items)| (kind.clone(), shape(items))).collect()
}

/// Attributes with their types, those of a map by their path.
fn flatten(path: &str, map: &Value, attributes: &mut BTreeMap<String, String>) {
    for (name, attribute) in map.as_object().into_iter().flatten() {
        let path = format!("{path}{name}");
        if ["pk", "sk", "kind", "by", "row.by"].contains(&path.as_str()) {
            continue;
        }
        match typed(attribute) {
            ("M", fields) => flatten(&format!("{path}."), fields, attributes),
            (kind, _) => drop(attributes.insert(path, kind.to_owned())),
        }
    }
}

/// Keys and kind are texts, and the author of the last change is there: without it the audit log has no row.
fn has_bookkeeping(item: &Value) -> bool {
    let by = &item["by"]["M"];
    let author = ["at", "who", "req"].iter().all(|field| !string(by, field).is_empty());
    let known = ["at", "who", "req", "ip", "ua"];
    let fields = by.as_object().into_iter().flatten();
    let only = fields
        .map(|(name, attribute)| (name.as_str(), typed(attribute).0))
        .all(|(name, kind)| known.contains(&name) && kind == "S");
    let keys = ["pk", "sk", "kind"].iter().all(|name| !string(item, name).is_empty());
    keys && author && only
}

/// A portal in which everything has happened once, and what must never lie in its table.
struct Lived {
    portal: Portal,
    vendor: Vendor,
    secrets: Vec<String>,
}

impl Lived {
    async fn through_everything() -> Self {
        let portal = Portal::start().await;
        let vendor = portal.vendor("ropet").await;
        let mut secrets = vec![vendor.session.clone(), vendor.token.clone()];
        register(&portal, &vendor).await;
        release_and_import(&portal, &vendor).await;
        open_payouts(&portal, &vendor).await;
        secrets.extend(sign_in_and_out(&portal, &vendor).await);
        secrets.extend(other_vendors(&portal).await);
        Self { portal, vendor, secrets }
    }
}

async fn register(portal: &Portal, Vendor { token, .. }: &Vendor) {
    let plain = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(token, "plain", plain).await.expect(201);
    let told = json!({
        "device_id": "FT-0002", "user_omni": omni("11"), "model": "bunny-2", "metadata": { "firmware": "1.0.3" },
    });
    portal.register(token, "told", told).await.expect(201);
}

/// Releases what was registered and registers it again; then two imports, one with a name.
async fn release_and_import(portal: &Portal, Vendor { token, .. }: &Vendor) {
    portal.release(Auth::Bearer(token), "FT-0001", "11").await.expect(204);
    let again = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(token, "again", again).await.expect(201);
    for name in [Value::Null, json!("lot 7")] {
        let import = portal.import(token, json!({ "format": "ndjson", "total_lines": 1, "name": name })).await;
        portal.upload(token, &import, 1, "{}\n").await.expect(200);
    }
}

async fn open_payouts(portal: &Portal, vendor: &Vendor) {
    let session = Auth::Session(&vendor.session);
    let body = json!({ "purpose": "payouts", "country": "US" });
    let answer = portal.post("/v1/vendor/payment/stripe/connect", session, body).await;
    let page = json!({ "url": answer.expect(200).str("/redirect_url") });
    portal.post("/_local/rails/stripe/complete", Auth::None, page).await.expect(200);
}

/// Signs in and out, and asks for a second link that nobody uses.
async fn sign_in_and_out(portal: &Portal, vendor: &Vendor) -> Vec<String> {
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let body = json!({ "email": vendor.email });
        let asked = portal.post("/v1/vendor/sessions", Auth::None, body).await.expect(202);
        secrets.push(asked.str("/request_id").to_owned());
        secrets.push(portal.link_token(&vendor.email).await);
    }
    // The first link still opens: asking again takes nothing away.
    let mails = portal.mails_to(&vendor.email).await;
    let first = mails[mails.len() - 2]["text"].as_str().unwrap_or_default();
    assert!(first.contains(&secrets[1]), "{first}");
    let body = json!({ "token": secrets[1], "request_id": secrets[0] });
    let answer = portal.post("/v1/vendor/sessions/exchange", Auth::None, body).await;
    let session = answer.expect(200).str("/session").to_owned();
    let ended = portal.delete("/v1/vendor/sessions/current", Auth::Session(&session)).await;
    ended.expect(204);
    secrets.push(session);
    secrets
}

/// One that told more at sign-up, one whose token has a name, and one who never pressed the button.
async fn other_vendors(portal: &Portal) -> Vec<String> {
    let path = "/v1/vendor/signup";
    let told = json!({ "email": "folo@example.com", "display_name": "火火兔", "locale": "zh-CN", "country": "CN" });
    portal.post(path, Auth::None, told).await.expect(202);
    let told = portal.link_token("folo@example.com").await;
    let verified = portal.post("/v1/vendor/verify-email", Auth::None, json!({ "token": told })).await;
    let opened = verified.expect(200).str("/session").to_owned();

    let Person { session, .. } = portal.sign_up("bubble@example.com").await;
    portal.accept_terms(&session).await;
    portal.connect_stripe(&session).await;
    let named = json!({ "name": "line 1", "scopes": ["devices:write"] });
    let answer = portal.post("/v1/vendor/tokens", Auth::Session(&session), named).await;
    let token = answer.expect(201).str("/token").to_owned();

    let shy = json!({ "email": "shy@example.com", "display_name": "Shy" });
    portal.post(path, Auth::None, shy).await.expect(202);
    let unused = portal.link_token("shy@example.com").await;
    vec![told, opened, session, token, unused]
}

#[tokio::test]
async fn shapes_are_as_pinned() {
    let lived = Lived::through_everything().await;
    let items = items(&lived.portal).await;
    let (found, pinned) = (found(&items), pinned());
    for kind in found.keys().chain(pinned.keys()) {
        assert_eq!(found.get(kind), pinned.get(kind), "the shape of {kind}");
    }
    let anonymous: Vec<&Value> = items.iter().filter(|item| !has_bookkeeping(item)).collect();
    assert!(anonymous.is_empty(), "{anonymous:#?}");
}

#[tokio::test]
async fn no_secret_lies_in_the_table() {
    let Lived { portal, vendor, secrets } = Lived::through_everything().await;
    let items = items(&portal).await;
    assert_eq!(secrets.iter().collect::<BTreeSet<_>>().len(), 12, "twelve secrets");
    for item in &items {
        let text = item.to_string();
        let leaked = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert_eq!(leaked, None, "{item:#}");
    }
    // What does lie there is their hashes; so the search looked at the right table.
    let hash = HEXLOWER.encode(&Sha256::digest(vendor.session.as_bytes()));
    let sessions = of_kind(&items, "session");
    assert!(sessions.iter().any(|item| string(item, "pk") == format!("SESSION#{hash}")));
}

/// A write unit is a kilobyte begun, and a binding is written twice, to table and index: one byte more costs two units.
#[tokio::test]
async fn a_binding_with_the_longest_device_id_fits_into_a_kilobyte() {
    /// What is longer on AWS than here: a caller's IPv6 address (39, not 9), a request's id (36, not 30), and the
    /// portal's URL in the receipt (40, not 22).
    const ON_AWS: usize = 30 + 6 + 18;
    let portal = Portal::start().await;
    let vendor = portal.vendor("long").await;
    let request = portal
        .client()
        .post(portal.url("/v1/vendor/devices/register"))
        .bearer_auth(&vendor.token)
        .header("idempotency-key", "k".repeat(255))
        .header("user-agent", "u".repeat(200))
        .json(&json!({ "device_id": "d".repeat(128), "user_omni": omni("11") }));
    portal.send(request).await.expect(201);
    let items = items(&portal).await;
    let bindings = of_kind(&items, "binding");
    let sizes: Vec<usize> = bindings.into_iter().map(size).collect();
    assert!(matches!(sizes.as_slice(), [one] if one + ON_AWS <= 1024), "{sizes:?} bytes");
}

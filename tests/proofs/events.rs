//! Outbound events: each of them once under ordinary conditions and at least once under bad ones, always under the id of
//! its audit row, and no secret in any.

use std::collections::BTreeMap;

use local::aws::{Faults, Physics};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Auth, Portal, Vendor, omni};

/// What [`life`] is told as, and how often.
const TOLD: [(&str, usize); 8] = [
    // The cap, and all caps of the actor whose device was released.
    ("cap.revoked", 2),
    ("device.registered", 2),
    ("device.released", 1),
    ("token.issued", 2),
    ("token.revoked", 1),
    ("token.rotated", 1),
    ("vendor.activated", 1),
    ("vendor.settings_changed", 1),
];

/// A vendor does everything once that is told outside: the vendor, and every secret that it was given.
async fn life(portal: &Portal) -> (Vendor, Vec<String>) {
    let folotoy = portal.vendor("folotoy").await;
    let (session, token) = (Auth::Session(&folotoy.session), folotoy.token.as_str());
    let actor = portal.actor(token, "FT-0001").await;
    let second = json!({ "device_id": "FT-0002", "user_omni": omni("11") });
    let receipt = portal.register(token, "second", second).await.expect(201).str("/receipt").to_owned();
    portal.runner().settle().await;
    portal.release(Auth::Bearer(token), "FT-0002", "11").await.expect(204);
    let minted = portal.mint(token, &actor, &["profile"]).await.expect(201);
    portal.revoke_cap(token, minted.str("/cap_id")).await.expect(204);
    let settings = portal.request(Method::PATCH, "/v1/vendor/settings", session).header("if-match", "*");
    portal.send(settings.json(&json!({ "locale": "zh-CN" }))).await.expect(200);
    let rotated = portal.post("/v1/vendor/tokens/rotate", session, json!({})).await.expect(201);
    let revoke = format!("/v1/vendor/tokens/{}", rotated.str("/token_id"));
    portal.delete(&revoke, session).await.expect(204);
    let cap = minted.str("/cap").to_owned();
    let secrets = vec![folotoy.session.clone(), folotoy.token.clone(), rotated.str("/token").to_owned(), receipt, cap];
    (folotoy, secrets)
}

/// What was published.
async fn published(portal: &Portal) -> Vec<Value> {
    let answer = portal.get("/_local/events", Auth::None).await.expect(200);
    answer.body.as_array().expect("a list").clone()
}

/// Each event by its id: what it says, and how often it came. The same id always says the same.
fn by_id(events: &[Value]) -> BTreeMap<&str, (&Value, usize)> {
    let mut found = BTreeMap::new();
    for event in events {
        let detail = &event["detail"];
        assert_eq!(event["source"], "agentkeys.portal");
        assert_eq!(event["detail-type"], detail["type"]);
        let (first, count) = found.entry(detail["id"].as_str().expect("an id")).or_insert((detail, 0));
        assert_eq!(*first, detail);
        *count += 1;
    }
    found
}

/// How many different events there are of each type.
fn types<'a>(events: &BTreeMap<&str, (&'a Value, usize)>) -> Vec<(&'a str, usize)> {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for (detail, _) in events.values() {
        *types.entry(detail["type"].as_str().expect("a type")).or_default() += 1;
    }
    types.into_iter().collect()
}

/// Every event is that of a row of the vendor's log.
async fn are_of_the_log(portal: &Portal, vendor: &Vendor, events: &BTreeMap<&str, (&Value, usize)>) {
    let rows = portal.audit(&vendor.session).await;
    for (id, (detail, _)) in events {
        let row = rows.iter().find(|row| row["audit_id"] == **id).unwrap_or_else(|| panic!("no row of {detail}"));
        assert_eq!(detail["subject"], row["subject"]);
        assert!(detail["type"] == row["type"] || detail["type"] == "vendor.activated", "{detail} of {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_comes_once_under_its_rows_id_and_says_no_secret() {
    let portal = Portal::start().await;
    // What is no vendor's is told to nobody.
    portal.service_token("tokens:introspect").await;
    let (folotoy, secrets) = life(&portal).await;
    let all = published(&portal).await;
    let events = by_id(&all);
    assert_eq!(types(&events), TOLD);
    assert!(events.values().all(|(_, times)| *times == 1), "{all:#?}");
    are_of_the_log(&portal, &folotoy, &events).await;
    let revoked = events.values().filter(|(detail, _)| detail["type"] == "cap.revoked");
    let mut whose: Vec<_> = revoked.filter_map(|(detail, _)| detail["subject"].as_str()?.split(':').next()).collect();
    whose.sort_unstable();
    assert_eq!(whose, ["actor", "cap"]);
    for (detail, _) in events.values() {
        let fields: Vec<&String> = detail.as_object().expect("an object").keys().collect();
        assert_eq!(fields, ["id", "occurred_at", "subject", "type", "vendor_id", "version"]);
        assert_eq!((&detail["version"], &detail["vendor_id"]), (&json!(1), &json!(folotoy.vendor_id)));
    }
    let text = Value::from(all.clone()).to_string();
    for secret in secrets {
        assert!(secret.len() > 20 && !text.contains(&secret), "{secret}");
    }
    assert!(!text.contains(&folotoy.email));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_comes_again_tells_the_same_events() {
    let faults = Faults { redelivered: 1000, ..Faults::default() };
    let portal = Portal::start_under(Physics { faults, ..Physics::calm() }).await;
    let (folotoy, _) = life(&portal).await;
    let all = published(&portal).await;
    let events = by_id(&all);
    assert_eq!(types(&events), TOLD);
    assert!(events.values().all(|(_, times)| *times == 2), "{all:#?}");
    are_of_the_log(&portal, &folotoy, &events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bus_did_not_take_comes_again_and_the_log_is_whole() {
    let portal = Portal::start_under(Physics::calm()).await;
    let folotoy = portal.vendor("folotoy").await;
    portal.runner().settle().await;
    let before = published(&portal).await.len();
    portal.runner().hold_stream(true);
    // More than a call takes, so that one call fails in the middle of a batch.
    let devices: Vec<Value> =
        (0..15).map(|n| json!({ "device_id": format!("FT-{n:04}"), "user_omni": omni("11") })).collect();
    portal.register_batch(&folotoy.token, "batch", json!({ "devices": devices })).await.expect(200);
    portal.runner().aws().event_bus().refuse(3);
    portal.runner().hold_stream(false);
    let all = published(&portal).await;
    let events = by_id(&all[before..]);
    assert_eq!(types(&events), [("device.registered", 15)]);
    let again = events.values().filter(|(_, times)| *times > 1).count();
    assert_eq!(again, 7, "of the first ten the seven that were taken: {all:#?}");
    are_of_the_log(&portal, &folotoy, &events).await;
}

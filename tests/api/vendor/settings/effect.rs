//! What settings do elsewhere.

use serde_json::{Value, json};

use super::{change, see};
use crate::harness::{Auth, Portal, Vendor, omni};

/// Registers a device and returns its policy.
async fn policy(portal: &Portal, vendor: &Vendor, device: &str, status: u16) -> Value {
    let body = json!({ "device_id": device, "user_omni": omni("11") });
    let answer = portal.register(&vendor.token, device, body).await.expect(status);
    answer.body["cap_policy"].clone()
}

fn rules(fetch: &[&str], store: &[&str]) -> Value {
    json!([
        { "op": "fetch", "data_class": "memory", "namespaces": fetch },
        { "op": "store", "data_class": "memory", "namespaces": store },
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_device_gets_the_narrower_policy_and_the_one_before_keeps_its_own() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let session = &folotoy.session;
    let first = policy(&portal, &folotoy, "FT-1", 201).await;
    let all = ["profile", "family", "child", "temp"];
    assert_eq!(first["allow"], rules(&all, &all));

    let narrow = json!({ "cap_policy": { "fetch": ["profile", "child"], "store": ["child"], "max_ttl_seconds": 60 } });
    change(&portal, session, "*", narrow).await.expect(200);
    // Within the 30 seconds for which the vendor's state is remembered.
    portal.advance(31).await;
    let second = policy(&portal, &folotoy, "FT-2", 201).await;
    assert_eq!((&second["allow"], &second["max_ttl_seconds"]), (&rules(&["profile", "child"], &["child"]), &json!(60)));

    change(&portal, session, "*", json!({ "allowed_namespaces": ["profile"] })).await.expect(200);
    assert_eq!(see(&portal, session).await.body["cap_policy"]["store"], json!([]));
    portal.advance(31).await;
    let third = policy(&portal, &folotoy, "FT-3", 201).await;
    assert_eq!(third["allow"], rules(&["profile"], &[]));
    change(&portal, session, "*", json!({ "allowed_namespaces": [] })).await.expect(200);
    portal.advance(31).await;
    let fourth = policy(&portal, &folotoy, "FT-4", 201).await;
    assert_eq!(fourth["allow"], rules(&[], &[]));

    let audit = portal.audit(session).await;
    let told = audit.iter().find(|row| row["subject"] == "device:FT-2").unwrap()["changes"].as_array().unwrap();
    let after = |field: &str| told.iter().find(|change| change["field"] == field).unwrap()["after"].clone();
    assert_eq!((after("namespaces"), after("store_namespaces")), (json!("profile child"), json!("child")));

    for (device, policy_then) in [("FT-1", first), ("FT-2", second), ("FT-3", third), ("FT-4", fourth)] {
        assert_eq!(policy(&portal, &folotoy, device, 200).await, policy_then, "{device}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_come_in_the_language_that_was_chosen() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let subject = async || {
        portal.sign_in(&folotoy.email).await;
        portal.mails_to(&folotoy.email).await.last().unwrap()["subject"].as_str().unwrap().to_owned()
    };
    let before = subject().await;
    change(&portal, &folotoy.session, "*", json!({ "locale": "zh-CN" })).await.expect(200);
    let after = subject().await;
    assert!(before.is_ascii() && !after.is_ascii(), "{before}, then {after}");
    let vendor = portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.expect(200);
    assert_eq!(vendor.str("/locale"), "zh-CN");
}

//! What settings do elsewhere.

use serde_json::{Value, json};

use super::{change, see};
use crate::harness::{Auth, Portal, Vendor, jwt, omni, types};

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
async fn the_next_cap_is_within_the_settings_whatever_the_device_was_registered_with() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    policy(&portal, &folotoy, "FT-1", 201).await;
    let actor = portal.actor(&folotoy.token, "FT-1").await;
    let mint = async |op: &str, namespace: &str, seconds: Option<u32>| {
        let mut body = json!({ "actor_omni": actor, "op": op, "data_class": "memory", "namespaces": [namespace] });
        if let Some(seconds) = seconds {
            body["ttl_seconds"] = seconds.into();
        }
        portal.post("/v1/vendor/caps", Auth::Bearer(&folotoy.token), body).await
    };
    mint("store", "profile", Some(300)).await.expect(201);
    let narrow = json!({ "cap_policy": { "store": ["child"], "max_ttl_seconds": 45 } });
    change(&portal, &folotoy.session, "*", narrow).await.expect(200);
    portal.advance(31).await;
    let refused = mint("store", "profile", None).await.problem(403, "namespace_not_allowed");
    assert_eq!(refused.body["namespaces"], json!(["profile"]));
    for (op, namespace) in [("store", "child"), ("fetch", "profile")] {
        let refused = mint(op, namespace, Some(46)).await.problem(422, "validation_failed");
        assert_eq!(refused.pointers(), ["/ttl_seconds"]);
        // Nothing asked for is what is allowed, where that is less than a minute.
        let cap = mint(op, namespace, None).await.expect(201);
        let claims = jwt::claims(cap.str("/cap"));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 45);
    }
    // A device that is registered under the narrow policy keeps it when the settings are wide again.
    policy(&portal, &folotoy, "FT-2", 201).await;
    let back = json!({ "cap_policy": { "store": null, "max_ttl_seconds": 300 } });
    change(&portal, &folotoy.session, "*", back).await.expect(200);
    portal.advance(31).await;
    mint("store", "profile", Some(300)).await.expect(201);
    let second = portal.actor(&folotoy.token, "FT-2").await;
    let body = json!({ "actor_omni": second, "op": "store", "data_class": "memory", "namespaces": ["profile"] });
    let refused = portal.post("/v1/vendor/caps", Auth::Bearer(&folotoy.token), body).await;
    refused.problem(403, "namespace_not_allowed");
}

/// Registers a device from this address of the machine.
async fn register_from(portal: &Portal, vendor: &Vendor, address: &str) {
    let body = json!({ "device_id": address, "user_omni": omni("11") });
    let request = portal.client_at(address).post(portal.url("/v1/vendor/devices/register"));
    let request = request.bearer_auth(&vendor.token).header("idempotency-key", address);
    portal.send(request.json(&body)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_switched_off_does_not_come() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let off = json!({ "notifications": { "token_expiry": false, "new_address": false } });
    change(&portal, &folotoy.session, "*", off).await.expect(200);
    let mails = async |vendor: &Vendor| portal.mails_to(&vendor.email).await.len();
    let before = (mails(&folotoy).await, mails(&ropet).await);
    for vendor in [&folotoy, &ropet] {
        register_from(&portal, vendor, "127.0.0.2").await;
        register_from(&portal, vendor, "127.0.0.3").await;
    }
    portal.advance(61 * 24 * 3600).await;
    portal.operate("tokens-remind", json!({})).await;
    portal.runner().settle().await;
    assert_eq!(mails(&ropet).await, before.1 + 2, "the second address, and the token's end");
    assert_eq!(mails(&folotoy).await, before.0);
    // The log has the address all the same.
    let audit = portal.audit(&portal.sign_in(&folotoy.email).await).await;
    assert!(types(&audit).contains(&"vendor_token_used_from_new_ip"));
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

//! `POST /v1/vendor/devices/register`: what a device gets, and that it gets the same for ever.

use serde_json::{Value, json};

use crate::harness::{Auth, Portal, jwt, omni};

fn device(device_id: &str, user: &str) -> Value {
    json!({ "device_id": device_id, "user_omni": omni(user) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_gets_an_actor_a_receipt_and_a_policy() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let answer = portal.register(&folotoy.token, "first", device("FT-0001", "11")).await.expect(201);
    assert!(answer.headers.get("idempotency-replayed").is_none());
    let mut members: Vec<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(
        members,
        [
            "actor_label",
            "actor_omni",
            "binding_id",
            "cap_policy",
            "device_id",
            "generation",
            "receipt",
            "registered_at",
            "user_omni",
        ]
    );
    let namespaces = json!(["profile", "family", "child", "temp"]);
    let cedar = answer.str("/cap_policy/cedar");
    assert!(cedar.contains(answer.str("/actor_omni")), "{cedar}");
    let policy = json!({
        "$schema": "/schemas/cap-policy/1.json", "version": 1, "default": "deny",
        "allow": [
            { "op": "fetch", "data_class": "memory", "namespaces": namespaces },
            { "op": "store", "data_class": "memory", "namespaces": namespaces },
        ],
        "require_approval": ["payment", "credentials", "delegation"], "max_ttl_seconds": 300,
        "cedar": cedar,
    });
    assert_eq!(answer.body["cap_policy"], policy);
}

/// That its signatures hold is proved elsewhere; this is what it says.
#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_says_what_the_answer_says() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let answer = portal.register(&folotoy.token, "first", device("FT-0001", "11")).await.expect(201);
    let receipt = answer.str("/receipt");
    let registered: domain::clock::Timestamp = answer.str("/registered_at").parse().unwrap();
    let claims = json!({
        "iss": portal.url(""), "sub": answer.body["actor_omni"], "vendor_id": folotoy.vendor_id,
        "device_id": "FT-0001", "user_omni": omni("11"), "binding_id": answer.body["binding_id"],
        "generation": 0, "iat": registered.as_second(),
    });
    assert_eq!(jwt::claims(receipt), claims);

    let header = jwt::header(receipt);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("agentkeys-binding+jwt")));
    let certificate = header["k1_cert"].as_str().unwrap();
    let k1 = jwt::header(&folotoy.token)["kid"].clone();
    let expected = json!({ "alg": "ES256", "typ": "agentkeys-key+jwt", "kid": k1 });
    assert_eq!(jwt::header(certificate), expected);
    let certified = jwt::claims(certificate);
    assert_eq!((&certified["iss"], &certified["use"]), (&json!(portal.url("")), &json!(["receipt", "cap"])));
    let (from, until) = (certified["iat"].as_i64().unwrap(), certified["exp"].as_i64().unwrap());
    assert!((from..until).contains(&registered.as_second()), "{certified}");
    assert!(until - from <= 3600, "{certified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn model_and_metadata_are_kept() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let mut body = device("FT-0001", "11");
    body["model"] = json!(" Bunny 2 小兔 ");
    body["metadata"] = json!({ "firmware": "1.0.3", "batch": 7, "beta": true, "weight": 0.5, "说明": "样机" });
    let first = portal.register(&folotoy.token, "first", body.clone()).await.expect(201);
    assert_eq!(first.str("/model"), "Bunny 2 小兔");
    assert_eq!(first.body["metadata"], body["metadata"]);
    // What a later request says of a device that is known changes nothing.
    body["model"] = json!("Bunny 3");
    body["metadata"] = json!({});
    let later = portal.register(&folotoy.token, "later", body).await.expect(200);
    assert_eq!(later.text, first.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_device_and_user_are_the_same_actor_for_ever() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.register(&folotoy.token, "first", device("FT-0001", "11")).await.expect(201);
    for (key, days) in [("second", 0), ("third", 1), ("first", 30), ("first", 0)] {
        portal.advance(days * 24 * 3600).await;
        let again = portal.register(&folotoy.token, key, device("FT-0001", "11")).await.expect(200);
        assert_eq!(again.text, first.text, "{key} after {days} days");
        assert!(again.headers.get("idempotency-replayed").is_none(), "{key} after {days} days");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_omni_has_one_form_however_it_is_written() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.register(&folotoy.token, "first", device("FT-0001", "ab")).await.expect(201);
    assert_eq!(first.str("/user_omni"), omni("ab"));
    let digits = "ab".repeat(32);
    for (key, text) in [
        ("second", digits.clone()),
        ("third", digits.to_uppercase()),
        ("fourth", format!("0x{}", digits.to_uppercase())),
        ("fifth", format!("0x{}", "aB".repeat(32))),
    ] {
        let body = json!({ "device_id": "FT-0001", "user_omni": text });
        let again = portal.register(&folotoy.token, key, body).await.expect(200);
        assert_eq!(again.text, first.text, "{text}");
    }
    // Written otherwise it is also the same payload for the same key.
    let body = json!({ "device_id": "FT-0001", "user_omni": digits, "metadata": {} });
    let replay = portal.register(&folotoy.token, "first", body).await.expect(200);
    assert_eq!(replay.header("idempotency-replayed"), "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_triple_has_an_actor_of_its_own() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let rows = [
        (&folotoy, device("FT-0001", "11")),
        (&folotoy, device("FT-0001", "22")), // a family toy
        (&folotoy, device("FT-0002", "11")),
        (&folotoy, device("ft-0001", "11")),
        (&ropet, device("FT-0001", "11")), // another vendor's device of the same name
    ];
    let (mut actors, mut bindings) = (Vec::new(), Vec::new());
    for (vendor, body) in rows {
        let key = format!("key-{}", actors.len());
        let answer = portal.register(&vendor.token, &key, body).await.expect(201);
        actors.push(answer.str("/actor_omni").to_owned());
        bindings.push(answer.str("/binding_id").to_owned());
        assert_eq!(jwt::claims(answer.str("/receipt"))["vendor_id"], vendor.vendor_id);
    }
    for mut names in [actors, bindings] {
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_one_row_in_the_audit_log_and_retries_leave_none() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.audit(&folotoy.session).await.len();
    for key in ["first", "first", "second"] {
        let request =
            portal.request(reqwest::Method::POST, "/v1/vendor/devices/register", Auth::Bearer(&folotoy.token));
        let request = request.header("idempotency-key", key).header("user-agent", "FoloToy/2.1");
        let answer = portal.send(request.json(&device("FT-0001", "11"))).await;
        assert!(answer.status < 300, "{}", answer.text);
    }
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(audit.len(), before + 1);
    assert_eq!((&audit[0]["type"], &audit[0]["subject"]), (&json!("device.registered"), &json!("device:FT-0001")));
    let by = &audit[0]["by"];
    assert_eq!(by["who"], format!("token:{}", folotoy.token_id));
    assert_eq!((&by["address"], &by["user_agent"]), (&json!("127.0.0.1"), &json!("FoloToy/2.1")));
}

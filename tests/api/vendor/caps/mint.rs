//! `POST /v1/vendor/caps`

use std::collections::BTreeSet;

use domain::clock::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Auth, Portal, Vendor, jwt, omni, types};
use crate::ledgers::table::{items, of_kind, string};

const PATH: &str = "/v1/vendor/caps";

/// A good body for `actor` with one field replaced; `Value::Null` leaves it out.
fn with(actor: &str, field: &str, value: Value) -> Value {
    let mut body = json!({
        "actor_omni": actor, "op": "fetch", "data_class": "memory", "namespaces": ["profile"], "ttl_seconds": 60,
    });
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body
}

async fn folotoy() -> (Portal, Vendor, String) {
    let portal = Portal::start().await;
    let vendor = portal.vendor("folotoy").await;
    let actor = portal.actor(&vendor.token, "FT-0001").await;
    (portal, vendor, actor)
}

async fn post(portal: &Portal, vendor: &Vendor, body: Value) -> Answer {
    portal.post(PATH, Auth::Bearer(&vendor.token), body).await
}

fn seconds(answer: &Answer, pointer: &str) -> i64 {
    answer.str(pointer).parse::<Timestamp>().expect("a time").as_second()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_says_what_was_asked_for_and_no_more() {
    let (portal, vendor, actor) = folotoy().await;
    let body = json!({
        "actor_omni": actor, "op": "store", "data_class": "memory", "namespaces": ["temp", "profile"], "ttl_seconds": 300,
    });
    let now = portal.now().await.as_second();
    let minted = post(&portal, &vendor, body).await.expect(201);
    assert_eq!(minted.header("cache-control"), "no-store");
    assert_eq!(minted.body["namespaces_allowed"], json!(["profile", "temp"]));
    assert_eq!(minted.body.as_object().unwrap().len(), 4, "{}", minted.text);

    let (header, claims) = (jwt::header(minted.str("/cap")), jwt::claims(minted.str("/cap")));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&header), "alg k1_cert kid typ");
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("agentkeys-cap+jwt")));
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), seconds(&minted, "/expires_at"));
    assert!((now..now + 30).contains(&iat), "{claims}");
    let expected = json!({
        "iss": portal.url(""), "aud": "agentkeys-mcp", "sub": actor, "operator_omni": omni("11"),
        "vendor_id": vendor.vendor_id, "op": "store", "data_class": "memory",
        "namespaces_allowed": ["profile", "temp"], "jti": minted.str("/cap_id"), "iat": iat, "exp": iat + 300,
    });
    assert_eq!(claims, expected);
    assert_eq!(exp, iat + 300);
    assert!(minted.str("/cap").len() < 2048, "{} bytes", minted.str("/cap").len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_lives_a_minute_if_nothing_is_said_and_is_another_each_time() {
    let (portal, vendor, actor) = folotoy().await;
    let first = post(&portal, &vendor, with(&actor, "ttl_seconds", Value::Null)).await.expect(201);
    let claims = jwt::claims(first.str("/cap"));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    // The actor in another form of hex is the same actor.
    let shouted = actor[2..].to_uppercase();
    let second = post(&portal, &vendor, with(&shouted, "ttl_seconds", json!(1))).await.expect(201);
    assert_eq!(jwt::claims(second.str("/cap"))["sub"], actor);
    assert_ne!(first.str("/cap_id"), second.str("/cap_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_a_rule_is_pointed_at_and_counts_nothing() {
    let (portal, vendor, actor) = folotoy().await;
    let seven = json!(["profile", "work", "family", "child", "travel", "temp", "profile"]);
    let rows = [
        (with(&actor, "actor_omni", json!("0x12")), "/actor_omni"),
        (with(&actor, "op", json!("delete")), "/op"),
        (with(&actor, "op", json!("Fetch")), "/op"),
        (with(&actor, "data_class", json!("payment")), "/data_class"),
        (with(&actor, "namespaces", json!([])), "/namespaces"),
        (with(&actor, "namespaces", json!(["profile", "profile"])), "/namespaces"),
        (with(&actor, "namespaces", seven), "/namespaces"),
        (with(&actor, "namespaces", json!(["profile", "*"])), "/namespaces/1"),
        (with(&actor, "ttl_seconds", json!(0)), "/ttl_seconds"),
        (with(&actor, "ttl_seconds", json!(301)), "/ttl_seconds"),
        (with(&actor, "ttl_seconds", json!(-60)), "/ttl_seconds"),
    ];
    for (body, pointer) in rows {
        let answer = post(&portal, &vendor, body.clone()).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    let all = json!({ "actor_omni": "", "op": "", "data_class": "", "namespaces": [""], "ttl_seconds": 0 });
    let answer = post(&portal, &vendor, all).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/actor_omni", "/op", "/data_class", "/namespaces/0", "/ttl_seconds"]);
    for field in ["actor_omni", "op", "data_class", "namespaces"] {
        let answer = post(&portal, &vendor, with(&actor, field, Value::Null)).await.problem(400, "invalid_request");
        assert_eq!(answer.pointers(), [format!("/{field}")]);
    }
    assert!(of_kind(&items(&portal).await, "actor_day").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_of_before_its_vendor_was_narrowed_and_one_after() {
    let (portal, vendor, actor) = folotoy().await;
    let refused = portal.mint(&vendor.token, &actor, &["travel", "profile", "work"]).await;
    let refused = refused.problem(403, "namespace_not_allowed");
    assert_eq!(refused.body["namespaces"], json!(["work", "travel"]));
    portal.mint(&vendor.token, &actor, &["profile", "child"]).await.expect(201);

    // Within the 30 seconds for which a gate may be remembered.
    portal.set_namespaces(&vendor.vendor_id, &["profile", "work"]).await;
    portal.advance(30).await;
    let refused = portal.mint(&vendor.token, &actor, &["profile", "child"]).await;
    assert_eq!(refused.problem(403, "namespace_not_allowed").body["namespaces"], json!(["child"]));
    portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);

    // What the vendor allows later is not in the policy of a device that was registered before.
    let refused = portal.mint(&vendor.token, &actor, &["work"]).await;
    assert_eq!(refused.problem(403, "namespace_not_allowed").body["namespaces"], json!(["work"]));
    let newer = portal.actor(&vendor.token, "FT-0002").await;
    portal.mint(&vendor.token, &newer, &["work"]).await.expect(201);

    // Nothing at all may be allowed.
    portal.set_namespaces(&vendor.vendor_id, &[]).await;
    portal.advance(30).await;
    portal.mint(&vendor.token, &actor, &["profile"]).await.problem(403, "namespace_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_and_a_suspended_vendor_stop_minting_within_30_seconds() {
    let (portal, vendor, actor) = folotoy().await;
    let mint = || portal.mint(&vendor.token, &actor, &["profile"]);
    mint().await.expect(201);
    portal.set_status(&vendor.vendor_id, "suspended").await;
    for _ in 0..2 {
        portal.advance(15).await;
        mint().await;
    }
    mint().await.problem(403, "vendor_suspended");
    portal.set_status(&vendor.vendor_id, "active").await;
    mint().await.expect(201);
    portal.delete(&format!("/v1/vendor/tokens/{}", vendor.token_id), Auth::Session(&vendor.session)).await.expect(204);
    portal.advance(30).await;
    mint().await.problem(401, "token_revoked");
}

/// The marks in the table: actor, device, user, and the day, which is that of the first cap.
async fn marks(portal: &Portal) -> Vec<[String; 4]> {
    let mark = |item: &&Value| {
        assert_eq!(string(item, "day"), &string(item, "first_at")[..10]);
        ["day", "device_id", "actor_omni", "user_omni"].map(|name| string(item, name).to_owned())
    };
    let mut marks: Vec<_> = of_kind(&items(portal).await, "actor_day").iter().map(mark).collect();
    marks.sort();
    marks
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actors_day_is_marked_once_and_makes_no_audit_row() {
    let (portal, vendor, actor) = folotoy().await;
    let other = portal.actor(&vendor.token, "FT-0002").await;
    let before = portal.audit(&vendor.session).await;
    for actor in [&actor, &actor, &other] {
        portal.mint(&vendor.token, actor, &["profile"]).await.expect(201);
    }
    let today = marks(&portal).await;
    let of = |device: &str, actor: &str| [device.to_owned(), actor.to_owned(), omni("11")];
    assert_eq!(
        today.iter().map(|mark| &mark[1..]).collect::<Vec<_>>(),
        [&of("FT-0001", &actor), &of("FT-0002", &other)]
    );
    assert_eq!(types(&portal.audit(&vendor.session).await), types(&before));

    portal.advance(24 * 3600).await;
    portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);
    let both_days = marks(&portal).await;
    assert_eq!(both_days[..2], today[..]);
    assert_eq!(both_days[2..].iter().map(|mark| &mark[1..]).collect::<Vec<_>>(), [&of("FT-0001", &actor)]);
    assert!(both_days[2][0] > today[1][0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_are_a_hundred_caps_and_one_mark() {
    let (portal, vendor, actor) = folotoy().await;
    let mut asked = JoinSet::new();
    for _ in 0..100 {
        let request = portal.request(Method::POST, PATH, Auth::Bearer(&vendor.token));
        asked.spawn(request.json(&with(&actor, "op", json!("store"))).send());
    }
    let mut ids = BTreeSet::new();
    for answer in asked.join_all().await {
        let answer: Value = answer.expect("an answer").json().await.expect("JSON");
        ids.insert(answer["cap_id"].as_str().expect("a cap").to_owned());
    }
    assert_eq!(ids.len(), 100);
    assert_eq!(marks(&portal).await.len(), 1);
}

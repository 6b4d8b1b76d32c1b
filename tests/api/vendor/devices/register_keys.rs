//! `POST /v1/vendor/devices/register`: the `Idempotency-Key`.

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, omni};

const DAY: i64 = 24 * 3600;

fn device(n: u8) -> Value {
    json!({ "device_id": format!("FT-{n:04}"), "user_omni": omni("11") })
}

/// Registers with any number of keys, whatever they are.
async fn register(portal: &Portal, token: &str, keys: &[HeaderValue]) -> Answer {
    let mut request = portal.request(Method::POST, "/v1/vendor/devices/register", Auth::Bearer(token));
    for key in keys {
        request = request.header("idempotency-key", key);
    }
    portal.send(request.json(&device(1))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn there_must_be_exactly_one_and_it_must_be_readable() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    let text = |text: &str| HeaderValue::from_str(text).unwrap();
    let rows = [
        ("none", vec![]),
        ("an empty one", vec![text("")]),
        ("256 characters", vec![text(&"k".repeat(256))]),
        ("a space", vec![text("first second")]),
        ("two", vec![text("first"), text("second")]),
        ("the same twice", vec![text("first"), text("first")]),
        ("letters that are not ASCII", vec![HeaderValue::from_bytes("火火兔".as_bytes()).unwrap()]),
    ];
    for (fault, keys) in rows {
        let answer = register(&portal, &folotoy.token, &keys).await;
        assert_eq!((answer.status, answer.code()), (400, "idempotency_key_required"), "{fault}");
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    let longest = text(&"k".repeat(255));
    register(&portal, &folotoy.token, &[longest]).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_repeats_the_first_answer_and_says_so() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.register(&folotoy.token, "key", device(1)).await.expect(201);
    for _ in 0..3 {
        portal.advance(3600).await;
        let replay = portal.register(&folotoy.token, "key", device(1)).await.expect(200);
        assert_eq!(replay.header("idempotency-replayed"), "true");
        assert_eq!(replay.text, first.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_repeats_every_number_to_its_last_digit() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let mut body = device(1);
    body["metadata"] = json!({
        "large": 18_446_744_073_709_551_615_u64, "small": -9_223_372_036_854_775_808_i64,
        "fraction": 0.1, "tiny": 8.124624385145419e-35, "huge": 2.4413412430759123e190,
    });
    let first = portal.register(&folotoy.token, "key", body.clone()).await.expect(201);
    let replay = portal.register(&folotoy.token, "key", body).await.expect(200);
    assert_eq!(replay.text, first.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_gets_the_same_answer_without_the_mark() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.register(&folotoy.token, "key", device(1)).await.expect(201);
    let other = portal.register(&folotoy.token, "other", device(1)).await.expect(200);
    assert_eq!(other.text, first.text);
    assert!(other.headers.get("idempotency-replayed").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_for_something_else_is_refused_and_changes_nothing() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.register(&folotoy.token, "key", device(1)).await.expect(201);
    portal.register(&folotoy.token, "other", device(2)).await.expect(201);
    let before = portal.state(&folotoy.session).await;
    let changed = |field: &str, value: Value| {
        let mut body = device(1);
        body[field] = value;
        body
    };
    for body in [
        device(3),
        device(2), // known by another key
        changed("user_omni", json!(omni("22"))),
        changed("model", json!("bunny-2")),
        changed("metadata", json!({ "firmware": "1.0.3" })),
    ] {
        let answer = portal.register(&folotoy.token, "key", body).await;
        answer.problem(422, "idempotency_key_reused");
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    portal.register(&folotoy.token, "key", device(1)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_a_key_is_as_good_as_new() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.register(&folotoy.token, "key", device(1)).await.expect(201);
    portal.advance(DAY - 600).await;
    portal.register(&folotoy.token, "key", device(2)).await.problem(422, "idempotency_key_reused");

    portal.advance(600).await;
    let second = portal.register(&folotoy.token, "key", device(2)).await.expect(201);
    // From now on it is the second one's.
    portal.register(&folotoy.token, "key", device(1)).await.problem(422, "idempotency_key_reused");
    let replay = portal.register(&folotoy.token, "key", device(2)).await.expect(200);
    assert_eq!((replay.header("idempotency-replayed"), &replay.text), ("true", &second.text));
    // The binding does not end with the key.
    let known = portal.register(&folotoy.token, "new key", device(1)).await;
    known.problem(400, "idempotency_key_required");
    let known = portal.register(&folotoy.token, "new-key", device(1)).await.expect(200);
    assert_eq!(known.text, first.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_its_vendors_own() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    portal.register(&folotoy.token, "key", device(1)).await.expect(201);
    portal.register(&ropet.token, "key", device(2)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_for_two_devices_at_once_registers_one() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let (one, other) = tokio::join!(
        portal.register(&folotoy.token, "key", device(1)),
        portal.register(&folotoy.token, "key", device(2))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", one.text, other.text);
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(audit.iter().filter(|row| row["type"] == "device.registered").count(), 1);
}

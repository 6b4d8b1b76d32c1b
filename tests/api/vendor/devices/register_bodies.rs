//! `POST /v1/vendor/devices/register`: bodies that break a rule. What breaks the form is in `api::bodies`.

use serde_json::{Map, Value, json};

use crate::harness::{Portal, Vendor, omni};

/// A good body with one field replaced.
fn with(field: &str, value: Value) -> Value {
    let mut body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    body[field] = value;
    body
}

/// Each body is refused with that code at that field, and nothing changes.
async fn refuses(portal: &Portal, vendor: &Vendor, status: u16, code: &str, rows: Vec<(Value, &str)>) {
    let before = portal.state(&vendor.session).await;
    for (body, pointer) in rows {
        let answer = portal.register(&vendor.token, "broken", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{body}: {}", answer.text);
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    assert_eq!(portal.state(&vendor.session).await, before);
    // Nor is the key spent.
    let good = with("model", json!("bunny-2"));
    portal.register(&vendor.token, "broken", good).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_missing_or_null() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let rows = vec![
        (json!({ "user_omni": omni("11") }), "/device_id"),
        (json!({ "device_id": "FT-0001" }), "/user_omni"),
        (with("device_id", Value::Null), "/device_id"),
        (with("user_omni", Value::Null), "/user_omni"),
        (with("device_id", json!(1)), "/device_id"),
        (with("metadata", json!([])), "/metadata"),
    ];
    refuses(&portal, &folotoy, 400, "invalid_request", rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_id_out_of_bounds() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let ids = [
        "".to_owned(),
        "x".repeat(129),
        "FT 0001".to_owned(),
        " FT-0001".to_owned(),
        "FT-0001\n".to_owned(),
        "FT\u{0}1".to_owned(),
        "FT\u{7f}".to_owned(),
        "火火兔-1".to_owned(),
        "FT\u{200b}1".to_owned(),
    ];
    let rows = ids.into_iter().map(|id| (with("device_id", id.into()), "/device_id")).collect();
    refuses(&portal, &folotoy, 422, "validation_failed", rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_id_within_bounds() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let longest = "x".repeat(128);
    for id in ["x", "AA:BB:CC:DD:EE:FF", "a#b#c", "!~", "../..", "%00", r#""\"#, &longest] {
        let body = with("device_id", id.into());
        let answer = portal.register(&folotoy.token, id, body).await.expect(201);
        assert_eq!(answer.str("/device_id"), id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_is_no_omni() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let users = [
        String::new(),
        "0x".to_owned(),
        "1".repeat(63),
        "1".repeat(65),
        format!("0x{}", "1".repeat(63)),
        format!("0x{}", "1".repeat(65)),
        format!("0x{}g", "1".repeat(63)),
        format!("x{}", "1".repeat(64)),
        format!("{} ", omni("11")),
        format!("0x0x{}", "1".repeat(62)),
        format!("0x{}", "１".repeat(64)),
    ];
    let rows = users.into_iter().map(|user| (with("user_omni", user.into()), "/user_omni")).collect();
    refuses(&portal, &folotoy, 422, "validation_failed", rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_out_of_bounds() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let models = ["", "  ", "two\nlines", "\u{202e}bunny", &"兔".repeat(65)].map(str::to_owned);
    let rows = models.into_iter().map(|model| (with("model", model.into()), "/model")).collect();
    refuses(&portal, &folotoy, 422, "validation_failed", rows).await;
}

/// So many keys of metadata.
fn keys(count: usize) -> Value {
    (0..count).map(|n| (format!("key{n}"), json!(n))).collect::<Map<_, _>>().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_out_of_bounds() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let rows = [
        keys(21),
        json!({ "large": "x".repeat(4097) }),
        json!({ "": 1 }),
        json!({ "nested": {} }),
        json!({ "list": [1] }),
        json!({ "nothing": null }),
    ];
    let rows = rows.into_iter().map(|metadata| (with("metadata", metadata), "/metadata")).collect();
    refuses(&portal, &folotoy, 422, "validation_failed", rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_within_bounds() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let largest = json!({ "large": "x".repeat(4096 - r#"{"large":""}"#.len()) });
    for (key, metadata) in [("twenty", keys(20)), ("4096 bytes", largest)] {
        let mut body = with("metadata", metadata.clone());
        body["device_id"] = key.replace(' ', "-").into();
        let answer = portal.register(&folotoy.token, &key.replace(' ', "-"), body).await.expect(201);
        assert_eq!(answer.body["metadata"], metadata);
    }
    // None is none, however it is said.
    for (key, body) in [("null", with("metadata", Value::Null)), ("empty", with("metadata", json!({})))] {
        let answer = portal.register(&folotoy.token, key, body).await;
        assert!(answer.status < 300 && answer.body.get("metadata").is_none(), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_told_at_once() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = json!({ "device_id": "", "user_omni": "11", "model": "", "metadata": { "list": [] } });
    let answer = portal.register(&folotoy.token, "broken", body).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/device_id", "/user_omni", "/model", "/metadata"]);
}

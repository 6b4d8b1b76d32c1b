//! What the registry costs on AWS, read from `GET /_local/meter`. The budgets are promises about money and load.

use local::aws::Physics;
use serde_json::{Value, json};

use crate::harness::{Auth, Portal, Vendor, omni};

/// Calls and request units of all operations of one service.
#[derive(Debug, Default, PartialEq)]
pub struct Cost {
    pub calls: u64,
    pub reads: f64,
    pub writes: f64,
}

pub fn cost(meter: &Value, service: &str) -> Cost {
    let operations = meter[service].as_object().unwrap_or_else(|| panic!("no {service} in {meter}"));
    let number = |operation: &Value, field: &str| operation[field].as_f64().expect("a number");
    operations.values().fold(Cost::default(), |sum, operation| Cost {
        calls: sum.calls + operation["calls"].as_u64().expect("a count"),
        reads: sum.reads + number(operation, "read_units"),
        writes: sum.writes + number(operation, "write_units"),
    })
}

/// A portal whose instance of the function is warm, and a vendor that it knows. On a calm AWS: budgets are for requests
/// that nothing keeps from what they want; a batch left half done, or a read that lags, is one more call.
async fn warm() -> (Portal, Vendor) {
    let portal = Portal::start_under(Physics::calm()).await;
    let vendor = portal.vendor("warm").await;
    portal.on_the_hour().await;
    register(&portal, &vendor, "first", "FT-0000", 201).await;
    (portal, vendor)
}

/// Registers a device and returns the meter of that request alone.
async fn register(portal: &Portal, vendor: &Vendor, key: &str, device: &str, status: u16) -> Value {
    portal.reset_meter().await;
    let body = json!({ "device_id": device, "user_omni": omni("11") });
    portal.register(&vendor.token, key, body).await.expect(status);
    portal.meter().await
}

#[track_caller]
fn is_within_new(meter: &Value) {
    let Cost { calls, reads, writes } = cost(meter, "dynamodb");
    assert!(calls <= 3 && writes <= 3.0 && reads <= 2.0, "{meter:#}");
    assert_eq!(meter["dynamodb"].get("TransactWriteItems"), None, "{meter:#}");
    assert_eq!(cost(meter, "kms").calls, 0, "{meter:#}");
}

#[track_caller]
fn is_within_known(meter: &Value) {
    let Cost { calls, reads, writes } = cost(meter, "dynamodb");
    assert!(calls == 1 && writes == 0.0 && reads <= 2.0, "{meter:#}");
    assert_eq!(cost(meter, "kms").calls, 0, "{meter:#}");
}

#[tokio::test]
async fn a_new_device() {
    let (portal, vendor) = warm().await;
    is_within_new(&register(&portal, &vendor, "new", "FT-0001", 201).await);
    portal.advance(31).await;
    is_within_new(&register(&portal, &vendor, "newer", "FT-0002", 201).await);
}

#[tokio::test]
async fn a_replay_and_a_known_triple() {
    let (portal, vendor) = warm().await;
    is_within_known(&register(&portal, &vendor, "first", "FT-0000", 200).await);
    is_within_known(&register(&portal, &vendor, "other", "FT-0000", 200).await);
    portal.advance(31).await;
    is_within_known(&register(&portal, &vendor, "first", "FT-0000", 200).await);
    portal.advance(31).await;
    is_within_known(&register(&portal, &vendor, "another", "FT-0000", 200).await);
}

#[tokio::test]
async fn a_bad_signature() {
    let (portal, mut vendor) = warm().await;
    let (signed, _) = vendor.token.rsplit_once('.').expect("a JWT");
    vendor.token = format!("{signed}.{}", "A".repeat(86));
    let meter = register(&portal, &vendor, "bad", "FT-0001", 401).await;
    for service in ["dynamodb", "kms", "ses"] {
        assert_eq!(cost(&meter, service), Cost::default(), "{meter:#}");
    }
}

/// What is remembered of a vendor and its token lives 30 seconds from when it was read, however often it is used: else
/// the token of a busy vendor could never be revoked. Read anew, it makes the first read of a batch
/// three items long instead of one.
#[tokio::test]
async fn a_busy_token_is_looked_up_again_after_30_seconds() {
    let (portal, vendor) = warm().await;
    let mut reads = Vec::new();
    for (key, device) in [("o", "FT-0000"), ("a", "FT-0001"), ("b", "FT-0002"), ("c", "FT-0003"), ("d", "FT-0004")] {
        portal.reset_meter().await;
        let body = json!({ "devices": [{ "device_id": device, "user_omni": omni("11") }] });
        portal.register_batch(&vendor.token, key, body).await.expect(200);
        reads.push(cost(&portal.meter().await, "dynamodb").reads);
        portal.advance(16).await;
    }
    // The key's record consistently, or three items eventually; and the device.
    assert_eq!(reads, [2.5, 2.0, 2.5, 2.0, 2.5], "read units 0, 16, 32, 48 and 64 seconds after the first look");
}

/// The cost of one request after the first of its kind, all functions together.
async fn second(portal: &Portal, path: &str, auth: Auth<'_>) -> Cost {
    portal.get(path, auth).await.expect(200);
    portal.reset_meter().await;
    portal.get(path, auth).await.expect(200);
    cost(&portal.meter().await, "dynamodb")
}

/// A vendor with that many devices, `FT-0000` and so on, of one user.
async fn with_devices(count: usize) -> (Portal, Vendor) {
    let portal = Portal::start_under(Physics::calm()).await;
    let vendor = portal.vendor("large").await;
    portal.on_the_hour().await;
    let numbers: Vec<usize> = (0..count).collect();
    for (at, numbers) in numbers.chunks(100).enumerate() {
        let device = |n: &usize| json!({ "device_id": format!("FT-{n:04}"), "user_omni": omni("11") });
        let devices: Vec<Value> = numbers.iter().map(device).collect();
        let body = json!({ "devices": devices });
        portal.register_batch(&vendor.token, &format!("batch-{at}"), body).await.expect(200);
    }
    portal.runner().settle().await;
    (portal, vendor)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_devices() {
    let (portal, vendor) = with_devices(230).await;
    let session = Auth::Session(&vendor.session);
    for auth in [session, Auth::Bearer(&vendor.token)] {
        let mut path = "/v1/vendor/devices?limit=100".to_owned();
        loop {
            let page = second(&portal, &path, auth).await;
            assert!(page.calls <= 2 && page.writes == 0.0 && page.reads <= 16.0, "{path}: {page:?}");
            let answer = portal.get(&path, auth).await.expect(200);
            let Some(cursor) = answer.body["next_cursor"].as_str() else { break };
            path = format!("/v1/vendor/devices?limit=100&cursor={cursor}");
        }
    }
    let one = second(&portal, "/v1/vendor/devices/FT-0100", session).await;
    assert!(one.calls <= 3 && one.reads <= 2.5, "{one:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_a_hundred() {
    let (portal, vendor) = with_devices(0).await;
    let device = |n: usize| json!({ "device_id": format!("FT-{n:04}"), "user_omni": omni("11") });
    let body = json!({ "devices": (0..100).map(device).collect::<Vec<_>>() });
    // The function's first request: from now on it knows the token's hour and address.
    let first = json!({ "devices": [{ "device_id": "FT-first", "user_omni": omni("11") }] });
    portal.register_batch(&vendor.token, "first", first).await.expect(200);
    portal.reset_meter().await;
    portal.register_batch(&vendor.token, "batch", body.clone()).await.expect(200);
    let meter = portal.meter().await;
    let Cost { calls, reads, writes } = cost(&meter, "dynamodb");
    // Gate and key, a hundred roots, the key's record, a hundred bindings with their index entries.
    assert!(calls <= 103 && reads <= 102.0 && writes <= 201.0, "{meter:#}");
    assert!(cost(&meter, "kms").calls <= 3, "{meter:#}");
    portal.reset_meter().await;
    portal.register_batch(&vendor.token, "batch", body).await.expect(200);
    let replay = cost(&portal.meter().await, "dynamodb");
    assert!(replay.calls <= 2 && replay.writes == 0.0, "{replay:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release() {
    let (portal, vendor) = with_devices(2).await;
    portal.release(Auth::Bearer(&vendor.token), "FT-0000", "11").await.expect(204);
    portal.reset_meter().await;
    portal.release(Auth::Bearer(&vendor.token), "FT-0001", "11").await.expect(204);
    let meter = portal.meter().await;
    // Vendor and token, the binding; the revocation, the binding and its index entry.
    let release = cost(&meter, "dynamodb");
    assert!(release.calls <= 4 && release.writes <= 4.0, "{meter:#}");
    assert_eq!(meter["dynamodb"].get("TransactWriteItems"), None, "{meter:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_active_devices() {
    let (portal, vendor) = with_devices(600).await;
    let first = domain::activity::first_active_day(portal.now().await);
    let store = portal.store_of(&vendor.vendor_id);
    portal.reset_meter().await;
    assert_eq!(store.active_devices(&first).await.unwrap(), 600);
    let meter = portal.get("/_local/meter?by=function", Auth::None).await.expect(200).body["test"].clone();
    let Cost { calls, reads, writes } = cost(&meter, "dynamodb");
    assert_eq!((calls, writes), (16, 0.0), "{meter:#}");
    // Each query is rounded up to half a unit.
    assert!(reads <= 0.0125 * 600.0 + 16.0 * 0.5, "{meter:#}");
    // An entry is 0.0125 units at most: 102 bytes.
    portal.advance(30 * 24 * 3600).await;
    let first = domain::activity::first_active_day(portal.now().await);
    assert_eq!(store.active_devices(&first).await.unwrap(), 0);
}

//! What a registration costs on AWS, read from `GET /_local/meter`. The budgets are promises about money and load.

use local::aws::Physics;
use serde_json::{Value, json};

use crate::harness::{Portal, Vendor, omni};

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
/// the token of a busy vendor could never be revoked. Read anew, it makes the batch four items long instead of two.
#[tokio::test]
async fn a_busy_token_is_looked_up_again_after_30_seconds() {
    let (portal, vendor) = warm().await;
    let mut reads = Vec::new();
    for (key, device) in [("a", "FT-0001"), ("b", "FT-0002"), ("c", "FT-0003"), ("d", "FT-0004")] {
        portal.advance(16).await;
        let meter = register(&portal, &vendor, key, device, 201).await;
        reads.push(cost(&meter, "dynamodb").reads);
    }
    assert_eq!(reads, [1.0, 2.0, 1.0, 2.0], "read units 16, 32, 48 and 64 seconds after the first look");
}

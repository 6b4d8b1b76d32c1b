//! What a cap costs on AWS, read from `GET /_local/meter`: minting is what devices do all day.

use serde_json::{Value, json};

use super::budgets::{Cost, cost};
use crate::harness::{Auth, Portal, Vendor};

/// A portal whose function has minted before, a vendor, and an actor that has no cap of today.
async fn warm() -> (Portal, Vendor, String) {
    let portal = Portal::start().await;
    let vendor = portal.vendor("warm").await;
    portal.on_the_hour().await;
    let (first, actor) = (portal.actor(&vendor.token, "FT-0000").await, portal.actor(&vendor.token, "FT-0001").await);
    portal.mint(&vendor.token, &first, &["profile"]).await.expect(201);
    (portal, vendor, actor)
}

/// Mints and returns the meter of that request alone.
async fn mint(portal: &Portal, vendor: &Vendor, actor: &str) -> Value {
    portal.reset_meter().await;
    portal.mint(&vendor.token, actor, &["profile"]).await.expect(201);
    let meter = portal.get("/_local/meter?by=function", Auth::None).await.expect(200).body;
    meter["caps-mint"].clone()
}

/// One read call, and as many writes of one unit as given; nothing of KMS.
#[track_caller]
fn is_one_read_and(writes: u64, meter: &Value) {
    let Cost { calls, reads, writes: units } = cost(meter, "dynamodb");
    assert_eq!((calls, units), (1 + writes, writes as f64), "{meter:#}");
    assert_eq!(meter["dynamodb"]["BatchGetItem"]["calls"], 1, "{meter:#}");
    assert!(reads <= 2.0, "{meter:#}");
    assert_eq!(meter["kms"], json!({}), "{meter:#}");
}

#[tokio::test]
async fn the_first_cap_of_a_day_is_a_read_and_a_write_and_the_others_a_read() {
    let (portal, vendor, actor) = warm().await;
    is_one_read_and(1, &mint(&portal, &vendor, &actor).await);
    // Also when vendor and token have to be looked up again.
    for seconds in [1, 31, 600] {
        portal.advance(seconds).await;
        is_one_read_and(0, &mint(&portal, &vendor, &actor).await);
    }
}

#[tokio::test]
async fn a_new_certificate_is_the_only_call_of_kms_in_an_hour() {
    let (portal, vendor, actor) = warm().await;
    portal.reset_meter().await;
    for _ in 0..6 {
        portal.advance(600).await;
        portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);
    }
    let meter = portal.get("/_local/meter?by=function", Auth::None).await.expect(200).body;
    assert_eq!(cost(&meter["caps-mint"], "kms").calls, 1, "{meter:#}");
}

#[tokio::test]
async fn a_revocation_is_a_write_and_the_list_a_read() {
    let (portal, vendor, actor) = warm().await;
    let minted = portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);
    portal.revoke_cap(&vendor.token, minted.str("/cap_id")).await.expect(204);
    portal.reset_meter().await;
    let again = portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);
    portal.revoke_cap(&vendor.token, again.str("/cap_id")).await.expect(204);
    portal.revoked_caps().await;
    let meter = portal.get("/_local/meter?by=function", Auth::None).await.expect(200).body;
    assert_eq!(cost(&meter["caps-revoke"], "dynamodb"), Cost { calls: 1, reads: 0.0, writes: 1.0 }, "{meter:#}");
    assert_eq!(cost(&meter["caps-revoked"], "dynamodb"), Cost { calls: 1, reads: 1.0, writes: 0.0 }, "{meter:#}");
}

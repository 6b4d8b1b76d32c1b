//! What stops a token that is signed well: its vendor's and its own state, within 30 seconds.

use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, Vendor, omni};

/// A registration that was made before: it changes nothing, and is let through or not.
async fn knock(portal: &Portal, vendor: &Vendor) -> Answer {
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&vendor.token, "first", body).await
}

/// Knocks every ten seconds of half a minute and a bit more: the last answer.
async fn knock_for_half_a_minute(portal: &Portal, vendor: &Vendor) -> Answer {
    let mut last = knock(portal, vendor).await;
    for _ in 0..4 {
        portal.advance(10).await;
        last = knock(portal, vendor).await;
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_within_30_seconds_however_busy_it_is() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    knock(&portal, &folotoy).await.expect(201);
    let path = format!("/v1/vendor/tokens/{}", folotoy.token_id);
    portal.delete(&path, Auth::Session(&folotoy.session)).await.expect(204);
    let answer = knock_for_half_a_minute(&portal, &folotoy).await.problem(401, "token_revoked");
    let challenge = r#"Bearer error="invalid_token", error_description="token revoked""#;
    assert_eq!(answer.header("www-authenticate"), challenge);
    // Where nothing is remembered it is refused at once.
    let answer = portal.get("/v1/vendor", Auth::Bearer(&folotoy.token)).await;
    answer.problem(401, "token_revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_vendor_is_stopped_within_30_seconds_and_may_come_back() {
    let portal = Portal::start().await;
    let ropet = portal.vendor("ropet").await;
    knock(&portal, &ropet).await.expect(201);
    portal.set_status(&ropet.vendor_id, "suspended").await;
    knock_for_half_a_minute(&portal, &ropet).await.problem(403, "vendor_suspended");
    let session = Auth::Session(&ropet.session);
    let issue = portal.post("/v1/vendor/tokens", session, json!({})).await;
    issue.problem(403, "vendor_suspended");
    // It can still look.
    for auth in [session, Auth::Bearer(&ropet.token)] {
        let seen = portal.get("/v1/vendor", auth).await.expect(200);
        assert_eq!(seen.str("/status"), "suspended");
    }
    // Somebody who was refused is not remembered: the way back is open at once.
    portal.set_status(&ropet.vendor_id, "active").await;
    knock(&portal, &ropet).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_registered_stays_registered_while_its_vendor_is_suspended() {
    let portal = Portal::start().await;
    let ropet = portal.vendor("ropet").await;
    knock(&portal, &ropet).await.expect(201);
    portal.set_status(&ropet.vendor_id, "suspended").await;
    let onboarding = portal.get("/v1/vendor/onboarding", Auth::Session(&ropet.session)).await;
    assert_eq!(onboarding.expect(200).body["steps"][4]["status"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_k1s_costs_no_call_of_aws() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    knock(&portal, &folotoy).await.expect(201);
    portal.reset_meter().await;
    let forged = Vendor { token: format!("{}AAAA", &folotoy.token[..folotoy.token.len() - 4]), ..folotoy };
    knock(&portal, &forged).await.problem(401, "unauthenticated");
    let nothing = Value::Object(serde_json::Map::new());
    let meter = portal.meter().await;
    assert_eq!((&meter["dynamodb"], &meter["kms"]), (&nothing, &nothing), "{meter}");
}

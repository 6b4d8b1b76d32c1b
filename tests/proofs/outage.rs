//! KMS away: devices don't notice for as long as the issuing key is certified, and are told clearly afterwards. And KMS
//! there: how often it is asked.

use serde_json::{Value, json};

use crate::harness::{Answer, Portal, Vendor, omni};

async fn register(portal: &Portal, vendor: &Vendor, device: &str) -> Answer {
    let body = json!({ "device_id": device, "user_omni": omni("11") });
    portal.register(&vendor.token, device, body).await
}

fn kms(meter: &Value, operation: &str) -> u64 {
    meter["kms"][operation]["calls"].as_u64().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_within_the_hour_is_not_noticed_and_a_longer_one_is_told() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    register(&portal, &folotoy, "FT-0").await.expect(201);
    portal.runner().aws().set_kms_down(true);
    for minutes in (5..60).step_by(5) {
        portal.advance(300).await;
        register(&portal, &folotoy, &format!("FT-{minutes}")).await.expect(201);
    }
    portal.advance(200).await;
    register(&portal, &folotoy, "FT-last").await.expect(201);
    portal.advance(120).await;
    let refused = register(&portal, &folotoy, "FT-late").await.problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    // What is registered already needs no signature.
    register(&portal, &folotoy, "FT-0").await.expect(200);
    portal.runner().aws().set_kms_down(false);
    register(&portal, &folotoy, "FT-late").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_an_hour_and_instance_and_one_a_token() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    register(&portal, &folotoy, "FT-0").await.expect(201);
    portal.reset_meter().await;
    for ten_minutes in 0..24 {
        for device in 0..3 {
            register(&portal, &folotoy, &format!("FT-{ten_minutes}-{device}")).await.expect(201);
        }
        portal.advance(600).await;
    }
    let meter = portal.meter().await;
    assert!(kms(&meter, "Sign") <= 4 && kms(&meter, "GetPublicKey") == 0, "in four hours: {meter:#}");

    let session = portal.sign_in(&folotoy.email).await;
    portal.reset_meter().await;
    for _ in 0..3 {
        let path = "/v1/vendor/tokens/rotate";
        let body = json!({ "revoke_previous": true });
        portal.post(path, crate::harness::Auth::Session(&session), body).await.expect(201);
    }
    let meter = portal.meter().await;
    assert_eq!((kms(&meter, "Sign"), kms(&meter, "GetPublicKey")), (3, 1), "three tokens, one new instance");
}

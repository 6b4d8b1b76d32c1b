//! `POST /v1/vendor/payment/stripe/connect` for payouts: the account that revenue share is paid to.

use serde_json::json;

use crate::harness::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn pending_until_stripe_says_that_payouts_flow() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let body = json!({ "purpose": "payouts", "country": "US" });
    let url = portal.visit_stripe(&folotoy.session, body).await;
    let (_, status, payouts) = portal.payment(&folotoy.session).await;
    assert_eq!((status.as_str(), payouts), ("none", json!("pending")), "to be paid is not to pay");

    // To return from the page proves nothing.
    portal.complete_stripe(&url, "cancel").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.2, "pending");

    let again = portal.visit_stripe(&folotoy.session, json!({ "purpose": "payouts", "country": "US" })).await;
    assert_ne!(again, url, "a page is for one use");
    portal.complete_stripe(&again, "approve").await.expect(200);
    let (_, status, payouts) = portal.payment(&folotoy.session).await;
    assert_eq!((status.as_str(), payouts), ("none", json!("enabled")));
}

#[tokio::test(flavor = "multi_thread")]
async fn details_that_stripe_refuses_ask_for_action() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let body = json!({ "purpose": "payouts", "country": "US" });
    let url = portal.visit_stripe(&folotoy.session, body.clone()).await;
    portal.complete_stripe(&url, "decline").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.2, "action_required");
    let url = portal.visit_stripe(&folotoy.session, body).await;
    portal.complete_stripe(&url, "approve").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.2, "enabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_country_of_the_sign_up_will_do() {
    let portal = Portal::start().await;
    let profile = json!({ "email": "ops@ropet.example", "display_name": "Ropet", "country": "DE" });
    let ropet = portal.sign_up_as(profile).await;
    portal.visit_stripe(&ropet.session, json!({ "purpose": "payouts" })).await;
    assert_eq!(portal.payment(&ropet.session).await.2, "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn does_not_disturb_the_card() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = json!({ "purpose": "payouts", "country": "US" });
    let url = portal.visit_stripe(&folotoy.session, body).await;
    portal.complete_stripe(&url, "approve").await.expect(200);
    let connected = (json!("stripe"), "connected".to_owned(), json!("enabled"));
    assert_eq!(portal.payment(&folotoy.session).await, connected);
}

//! `POST /webhooks/stripe`

use serde_json::{Value, json};

use crate::harness::{Person, Portal, stripe, types};

/// A vendor on its way to Stripe's page, with the name of its visit there.
async fn on_the_way(portal: &Portal, email: &str) -> (Person, String, String) {
    let person = portal.sign_up(email).await;
    let url = portal.visit_stripe(&person.session, Value::Null).await;
    let visit = url.rsplit('/').next().unwrap().to_owned();
    assert!(visit.starts_with("cs_"), "{url}");
    (person, url, visit)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_by_stripe_is_refused() {
    let portal = Portal::start().await;
    let (folotoy, _, visit) = on_the_way(&portal, "ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let body = stripe::event("evt_forged", "checkout.session.completed", &visit).to_string();
    let now = portal.now().await.as_second();
    let good = portal.stripe_signature(&body, 0).await;
    let (_, hex) = good.split_once("v1=").unwrap();
    let rows = [
        ("another secret", stripe::signature("whsec_other", now, &body)),
        ("another body", portal.stripe_signature("{}", 0).await),
        ("ten minutes old", portal.stripe_signature(&body, 600).await),
        ("ten minutes ahead", portal.stripe_signature(&body, -600).await),
        ("no time", format!("v1={hex}")),
        ("another time", format!("t={},v1={hex}", now - 7)),
        ("the test scheme", good.replace("v1=", "v0=")),
        ("cut short", good[..good.len() - 2].to_owned()),
        ("empty", String::new()),
        ("garbage", "t=,v1=".to_owned()),
    ];
    for (fault, signature) in rows {
        let answer = portal.deliver(&body, Some(&signature)).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{fault}");
        assert!(!answer.header("www-authenticate").is_empty(), "{fault}");
    }
    portal.deliver(&body, None).await.problem(401, "unauthenticated");
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_signatures_is_enough_while_a_secret_is_rolled() {
    let portal = Portal::start().await;
    let body = stripe::event("evt_rolled", "customer.updated", "cus_nobody").to_string();
    let now = portal.now().await.as_second();
    let (old, good) = (stripe::signature("whsec_old", now, &body), portal.stripe_signature(&body, 0).await);
    let (_, hex) = good.split_once(",v1=").unwrap();
    let time = good.split(',').next().unwrap();
    let (_, old) = old.split_once(",v1=").unwrap();
    let answer = portal.deliver(&body, Some(&format!("{time}, v1={old}, v1={hex}"))).await;
    assert_eq!(answer.expect(200).body, json!({ "received": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_is_refused_though_it_is_signed() {
    let portal = Portal::start().await;
    for body in ["", "no JSON", "[]", "{}", r#"{"id": 1, "type": "x", "livemode": false}"#, r#"{"id": "evt_1"}"#] {
        let signature = portal.stripe_signature(body, 0).await;
        let answer = portal.deliver(body, Some(&signature)).await.problem(400, "invalid_request");
        assert_eq!(answer.pointers(), [""], "{body}");
    }
    let mut nameless = stripe::event("", "customer.updated", "cus_nobody");
    let answer = portal.notify(&nameless).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/id"]);
    nameless["id"] = "e".repeat(256).into();
    portal.notify(&nameless).await.problem(422, "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_the_other_mode_changes_nothing() {
    let portal = Portal::start().await;
    let (folotoy, url, visit) = on_the_way(&portal, "ops@folotoy.example").await;
    portal.complete_stripe(&url, "approve").await.expect(200);
    let before = portal.state(&folotoy.session).await;
    let mut event = stripe::event("evt_live", "checkout.session.completed", &visit);
    event["livemode"] = json!(true);
    let answer = portal.notify(&event).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/livemode"]);
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_larger_than_any_of_stripes_is_refused() {
    let portal = Portal::start().await;
    let mut event = stripe::event("evt_large", "customer.updated", "cus_nobody");
    event["data"]["object"]["description"] = "x".repeat(300 * 1024).into();
    portal.notify(&event).await.problem(413, "body_too_large");
    event["data"]["object"]["description"] = "x".repeat(200 * 1024).into();
    portal.notify(&event).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_an_unknown_type_or_shape_is_kept_and_left_alone() {
    let portal = Portal::start().await;
    let (folotoy, _, visit) = on_the_way(&portal, "ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let thin =
        json!({ "id": "evt_thin", "object": "v2.core.event", "type": "v2.core.account.updated", "livemode": false });
    for event in [
        stripe::event("evt_1", "checkout.session.teleported", &visit),
        stripe::event("evt_2", "checkout.session.expired", &visit),
        thin,
    ] {
        let answer = portal.notify(&event).await.expect(200);
        assert_eq!(answer.body, json!({ "received": true }));
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_believed_only_as_far_as_stripe_confirms_it() {
    let portal = Portal::start().await;
    let (folotoy, _, visit) = on_the_way(&portal, "ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    // The visit is ours, but nobody has saved a card there.
    let event = stripe::event("evt_early", "checkout.session.completed", &visit);
    portal.notify(&event).await.expect(200);
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_about_what_is_not_ours_changes_nothing_and_holds_nothing_up() {
    let portal = Portal::start().await;
    let (folotoy, url, _) = on_the_way(&portal, "ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    for (id, kind, object) in [
        ("evt_foreign_visit", "checkout.session.completed", "cs_test_ofAnotherPortal"),
        ("evt_foreign_account", "account.updated", "acct_ofAnotherPortal"),
    ] {
        portal.notify(&stripe::event(id, kind, object)).await.expect(200);
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    portal.complete_stripe(&url, "approve").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.1, "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_vendors_visit_does_nothing_for_another() {
    let portal = Portal::start().await;
    let (folotoy, url, _) = on_the_way(&portal, "ops@folotoy.example").await;
    let (ropet, _, _) = on_the_way(&portal, "ops@ropet.example").await;
    let before = portal.state(&ropet.session).await;
    portal.complete_stripe(&url, "approve").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.1, "connected");
    assert_eq!(portal.state(&ropet.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn told_again_it_changes_nothing() {
    let portal = Portal::start().await;
    let (folotoy, url, visit) = on_the_way(&portal, "ops@folotoy.example").await;
    portal.complete_stripe(&url, "approve").await.expect(200);
    let before = portal.state(&folotoy.session).await;
    // The same event twice, and the same news by another event.
    for id in ["evt_again", "evt_again", "evt_more"] {
        let event = stripe::event(id, "checkout.session.completed", &visit);
        portal.notify(&event).await.expect(200);
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    let audit = portal.audit(&folotoy.session).await;
    let connected = audit.iter().filter(|row| row["type"] == "payment.connected").collect::<Vec<_>>();
    assert_eq!(connected.len(), 1, "{:?}", types(&audit));
    assert_eq!(connected[0]["by"]["who"], "provider:stripe");
}

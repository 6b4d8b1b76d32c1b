//! `POST /v1/vendor/payment/stripe/connect`, to save a card; for payouts see `payouts`.

use serde_json::{Value, json};

use crate::harness::{Auth, Portal, types};

const PATH: &str = "/v1/vendor/payment/stripe/connect";

fn count(rows: &[Value], kind: &str) -> usize {
    types(rows).into_iter().filter(|found| *found == kind).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_the_person_to_stripes_page_and_back() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let answer = portal.post(PATH, Auth::Session(&folotoy.session), Value::Null).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let page = portal.send(portal.client().get(answer.str("/redirect_url"))).await.expect(200);
    assert!(page.text.contains("<form"), "{}", page.text);
    let back = portal.complete_stripe(answer.str("/redirect_url"), "approve").await.expect(200);
    assert!(back.str("/returned_to").starts_with(&portal.url("/")), "{}", back.text);
    let landed = portal.send(portal.client().get(back.str("/returned_to"))).await;
    landed.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_may_be_left_out_empty_or_say_payments() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    for body in [Value::Null, json!({}), json!({ "purpose": "payments" }), json!({ "purpose": null })] {
        portal.visit_stripe(&folotoy.session, body).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_or_a_way_back_connects_nothing() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let url = portal.visit_stripe(&folotoy.session, Value::Null).await;
    for outcome in ["cancel", "decline"] {
        portal.complete_stripe(&url, outcome).await.expect(200);
        assert_eq!(portal.payment(&folotoy.session).await.1, "pending", "{outcome}");
    }
    let vendor = portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.expect(200);
    assert_eq!(vendor.str("/status"), "onboarding");
    // The same page, with a better card.
    portal.complete_stripe(&url, "approve").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.1, "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_completed_twice_connects_once() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let url = portal.visit_stripe(&folotoy.session, Value::Null).await;
    portal.complete_stripe(&url, "approve").await.expect(200);
    let before = portal.state(&folotoy.session).await;
    portal.complete_stripe(&url, "approve").await;
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_vendor_may_replace_its_card() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let url = portal.visit_stripe(&folotoy.session, Value::Null).await;
    assert_eq!(portal.payment(&folotoy.session).await.1, "connected", "while the person is away");
    portal.complete_stripe(&url, "approve").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.1, "connected");
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(count(&audit, "payment.connected"), 1, "connected since the first time");
    let card = |row: &Value| {
        let changes = row["changes"].as_array().unwrap().iter();
        changes.filter(|change| change["field"] == "payment_method").count()
    };
    assert_eq!(audit.iter().map(card).sum::<usize>(), 2, "two cards, one after the other");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_of_two_visits_counts_too() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let first = portal.visit_stripe(&folotoy.session, Value::Null).await;
    let second = portal.visit_stripe(&folotoy.session, Value::Null).await;
    assert_ne!(first, second);
    portal.complete_stripe(&first, "approve").await.expect(200);
    assert_eq!(portal.payment(&folotoy.session).await.1, "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at_and_nothing_begins() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    for (body, pointer) in [
        (json!({ "purpose": "" }), "/purpose"),
        (json!({ "purpose": "donations" }), "/purpose"),
        (json!({ "purpose": "payouts" }), "/country"),
        (json!({ "purpose": "payouts", "country": "us" }), "/country"),
        (json!({ "purpose": "payouts", "country": "USA" }), "/country"),
        (json!({ "purpose": "payouts", "country": "" }), "/country"),
    ] {
        let answer = portal.post(PATH, Auth::Session(&folotoy.session), body.clone()).await;
        assert_eq!(answer.problem(422, "validation_failed").pointers(), [pointer], "{body}");
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

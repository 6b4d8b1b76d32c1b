//! `POST /v1/vendor/sessions/exchange`

use serde_json::json;

use crate::harness::browser::set_cookie;
use crate::harness::{Answer, Auth, Portal, good};

const FOLOTOY: &str = "ops@folotoy.example";

/// The two halves of a sign-in: the mailed one, and the asking browser's.
async fn ask(portal: &Portal, email: &str) -> (String, String) {
    let answer = portal.post("/v1/vendor/sessions", Auth::None, json!({ "email": email })).await;
    let request_id = answer.expect(202).str("/request_id").to_owned();
    (portal.link_token(email).await, request_id)
}

async fn exchange(portal: &Portal, token: &str, request_id: &str) -> Answer {
    let body = json!({ "token": token, "request_id": request_id });
    portal.post("/v1/vendor/sessions/exchange", Auth::None, body).await
}

#[track_caller]
fn refused(answer: Answer) {
    let answer = answer.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/token"]);
    assert!(answer.headers.get("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn both_halves_make_a_session() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up(FOLOTOY).await;
    let (token, request_id) = ask(&portal, FOLOTOY).await;
    let answer = exchange(&portal, &token, &request_id).await.expect(200);
    assert_eq!(answer.str("/vendor_id"), folotoy.vendor_id);
    assert_eq!(answer.str("/status"), "onboarding");
    assert_eq!(set_cookie(&answer, "session").unwrap()[0], answer.str("/session"));
    // A second session beside the first.
    for session in [answer.str("/session"), &folotoy.session] {
        portal.get("/v1/vendor", Auth::Session(session)).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailed_half_alone_opens_nothing_and_is_not_used_up() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (token, request_id) = ask(&portal, FOLOTOY).await;
    let (_, others) = ask(&portal, FOLOTOY).await;
    for wrong in ["", "garbage", good::NOBODYS_SECRET, &others, &token] {
        refused(exchange(&portal, &token, wrong).await);
    }
    exchange(&portal, &token, &request_id).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn works_once() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (token, request_id) = ask(&portal, FOLOTOY).await;
    let (one, other) = tokio::join!(exchange(&portal, &token, &request_id), exchange(&portal, &token, &request_id));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    refused(exchange(&portal, &token, &request_id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn works_for_ten_minutes() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (token, request_id) = ask(&portal, FOLOTOY).await;
    portal.advance(300).await;
    exchange(&portal, &token, &request_id).await.expect(200);

    let (token, request_id) = ask(&portal, FOLOTOY).await;
    portal.advance(600).await;
    refused(exchange(&portal, &token, &request_id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_proves_an_address_signs_nobody_in() {
    let portal = Portal::start().await;
    let body = json!({ "email": FOLOTOY, "display_name": "FoloToy" });
    portal.post("/v1/vendor/signup", Auth::None, body).await.expect(202);
    let proof = portal.link_token(FOLOTOY).await;
    let (_, request_id) = ask(&portal, FOLOTOY).await;
    refused(exchange(&portal, &proof, &request_id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_portals_link_is_foreign() {
    let (portal, elsewhere) = (Portal::start().await, Portal::start().await);
    for each in [&portal, &elsewhere] {
        each.sign_up(FOLOTOY).await;
    }
    let (token, request_id) = ask(&elsewhere, FOLOTOY).await;
    refused(exchange(&portal, &token, &request_id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_halves_have_to_be_there() {
    let portal = Portal::start().await;
    let path = "/v1/vendor/sessions/exchange";
    for (body, pointer) in [
        (json!({ "request_id": good::NOBODYS_SECRET }), "/token"),
        (json!({ "token": good::NOBODYS_SECRET }), "/request_id"),
    ] {
        let answer = portal.post(path, Auth::None, body).await;
        assert_eq!(answer.problem(400, "invalid_request").pointers(), [pointer]);
    }
}

//! `GET` and `DELETE /v1/vendor/sessions`

use crate::harness::{Auth, Portal, types};

#[tokio::test(flavor = "multi_thread")]
async fn all_live_sessions_are_listed_and_none_of_anothers() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    portal.advance(5).await;
    let second = portal.sign_in(&folotoy.email).await;
    portal.advance(5).await;
    let third = portal.sign_in(&folotoy.email).await;
    portal.delete("/v1/vendor/sessions/current", Auth::Session(&second)).await.expect(204);
    let list = portal.get("/v1/vendor/sessions", Auth::Session(&third)).await.expect(200);
    let current: Vec<bool> = list.body["data"].as_array().unwrap().iter().map(|one| one["current"] == true).collect();
    assert_eq!(current, [true, false], "the newest first: {}", list.text);
    assert_eq!(list.str("/data/0/address"), "127.0.0.1");
    for secret in [&folotoy.session, &third, &ropet.session] {
        assert!(!list.text.contains(secret.as_str()));
    }
    portal.advance(12 * 3600).await;
    let fresh = portal.sign_in(&folotoy.email).await;
    let list = portal.get("/v1/vendor/sessions", Auth::Session(&fresh)).await.expect(200);
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_out_everywhere() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let second = portal.sign_in(&folotoy.email).await;
    let answer = portal.delete("/v1/vendor/sessions", Auth::Session(&second)).await.expect(204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{:?}", answer.headers);
    for session in [&folotoy.session, &second] {
        portal.get("/v1/vendor", Auth::Session(session)).await.problem(401, "unauthenticated");
    }
    portal.get("/v1/vendor", Auth::Session(&ropet.session)).await.expect(200);
    // The software goes on, and so does whoever signs in again.
    portal.get("/v1/vendor", Auth::Bearer(&folotoy.token)).await.expect(200);
    let again = portal.sign_in(&folotoy.email).await;
    let audit = portal.audit(&again).await;
    assert_eq!(types(&audit).iter().filter(|kind| **kind == "session.ended").count(), 2);
}

/// Whoever signs in anew in a browser leaves no session behind there; other browsers keep theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_has_one_session() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let elsewhere = portal.sign_in(&folotoy.email).await;
    let body = serde_json::json!({ "email": folotoy.email });
    let asked = portal.post("/v1/vendor/sessions", Auth::None, body).await.expect(202);
    let link = portal.link_token(&folotoy.email).await;
    let exchange = serde_json::json!({ "token": link, "request_id": asked.str("/request_id") });
    let request = portal.request(reqwest::Method::POST, "/v1/vendor/sessions/exchange", Auth::None);
    let request = request.header("cookie", format!("theme=dark; session={}", folotoy.session)).json(&exchange);
    let fresh = portal.send(request).await.expect(200);
    portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.problem(401, "unauthenticated");
    for session in [&elsewhere, fresh.str("/session")] {
        portal.get("/v1/vendor", Auth::Session(session)).await.expect(200);
    }
}

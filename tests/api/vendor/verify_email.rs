//! `POST /v1/vendor/verify-email`

use domain::clock::Timestamp;
use serde_json::json;

use crate::harness::browser::set_cookie;
use crate::harness::{Answer, Auth, Portal, good};

const FOLOTOY: &str = "ops@folotoy.example";
const DAY: i64 = 24 * 3600;

async fn verify(portal: &Portal, token: &str) -> Answer {
    let body = json!({ "token": token });
    portal.post("/v1/vendor/verify-email", Auth::None, body).await
}

async fn signed_up(portal: &Portal) -> String {
    let body = json!({ "email": FOLOTOY, "display_name": "FoloToy" });
    portal.post("/v1/vendor/signup", Auth::None, body).await.expect(202);
    portal.link_token(FOLOTOY).await
}

#[track_caller]
fn refused(answer: Answer) {
    let answer = answer.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/token"]);
    assert!(answer.headers.get("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn proves_the_address_and_begins_a_session() {
    let portal = Portal::start().await;
    let token = signed_up(&portal).await;
    let answer = verify(&portal, &token).await.expect(200);
    assert!(answer.str("/vendor_id").starts_with("ven_"));
    assert_eq!(answer.str("/status"), "onboarding");
    let until: Timestamp = answer.str("/session_expires_at").parse().unwrap();
    let hours = until.as_second() - portal.now().await.as_second();
    assert!((12 * 3600 - 60..=12 * 3600).contains(&hours), "{hours} s");

    let cookie = set_cookie(&answer, "session").expect("the session as a cookie");
    assert_eq!(cookie[0], answer.str("/session"));
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=604800"] {
        assert!(cookie.iter().any(|part| part == attribute), "{cookie:?}");
    }
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn works_once() {
    let portal = Portal::start().await;
    let token = signed_up(&portal).await;
    let session = verify(&portal, &token).await.expect(200).str("/session").to_owned();
    let before = portal.state(&session).await;
    refused(verify(&portal, &token).await);
    assert_eq!(portal.state(&session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn works_once_also_when_pressed_twice_at_once() {
    let portal = Portal::start().await;
    let token = signed_up(&portal).await;
    let (one, other) = tokio::join!(verify(&portal, &token), verify(&portal, &token));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
}

#[tokio::test(flavor = "multi_thread")]
async fn works_for_24_hours() {
    let portal = Portal::start().await;
    let token = signed_up(&portal).await;
    portal.advance(DAY - 600).await;
    verify(&portal, &token).await.expect(200);

    let late = Portal::start().await;
    let token = signed_up(&late).await;
    late.advance(DAY).await;
    refused(verify(&late, &token).await);
    // A new one is only a sign-up away.
    let token = signed_up(&late).await;
    verify(&late, &token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_of_ours_is_refused_like_an_old_one() {
    let (portal, elsewhere) = (Portal::start().await, Portal::start().await);
    let foreign = signed_up(&elsewhere).await;
    let ours = signed_up(&portal).await;
    let padded = format!("{ours}=");
    for token in ["", "garbage", good::NOBODYS_SECRET, &foreign, &padded, &ours[1..], "' OR 1=1 --", "令牌"] {
        refused(verify(&portal, token).await);
    }
    verify(&portal, &ours).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_sign_in_proves_nothing_here() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up(FOLOTOY).await;
    let body = json!({ "email": folotoy.email });
    portal.post("/v1/vendor/sessions", Auth::None, body).await.expect(202);
    let token = portal.link_token(FOLOTOY).await;
    refused(verify(&portal, &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_has_to_be_there() {
    let portal = Portal::start().await;
    let answer = portal.post("/v1/vendor/verify-email", Auth::None, json!({})).await;
    assert_eq!(answer.problem(400, "invalid_request").pointers(), ["/token"]);
}

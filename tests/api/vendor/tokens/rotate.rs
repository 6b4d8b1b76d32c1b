//! `POST /v1/vendor/tokens/rotate`

use domain::clock::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, Vendor, types};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn rotate(portal: &Portal, session: &str, body: Value) -> Answer {
    portal.post("/v1/vendor/tokens/rotate", Auth::Session(session), body).await
}

/// What a token gets where nothing is remembered.
async fn knock(portal: &Portal, token: &str) -> (u16, String) {
    let answer = portal.get("/v1/vendor", Auth::Bearer(token)).await;
    (answer.status, answer.code().to_owned())
}

fn instant(answer: &Answer, pointer: &str) -> i64 {
    answer.str(pointer).parse::<Timestamp>().unwrap().as_second()
}

fn good() -> (u16, String) {
    (200, String::new())
}

fn over(code: &str) -> (u16, String) {
    (401, code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_work_for_a_day_then_the_new_one_alone() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let rotated = rotate(&portal, &folotoy.session, Value::Null).await.expect(201);
    assert_eq!(rotated.str("/previous/token_id"), folotoy.token_id);
    assert_eq!(instant(&rotated, "/previous/valid_until") - instant(&rotated, "/issued_at"), DAY);
    assert_eq!(instant(&rotated, "/expires_at") - instant(&rotated, "/issued_at"), 90 * DAY);
    assert_ne!(rotated.str("/token_id"), folotoy.token_id);
    let new = rotated.str("/token");
    for _ in 0..2 {
        assert_eq!(knock(&portal, &folotoy.token).await, good());
        assert_eq!(knock(&portal, new).await, good());
        portal.advance(DAY / 2 - 10).await;
    }
    portal.advance(20).await;
    assert_eq!(knock(&portal, &folotoy.token).await, over("token_expired"));
    assert_eq!(knock(&portal, new).await, good());
    let audit = portal.audit(&portal.sign_in(&folotoy.email).await).await;
    let kinds = types(&audit);
    assert!(kinds.contains(&"token.rotated"), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grace_is_chosen() {
    let portal = Portal::start().await;
    for (name, body, seconds) in [
        ("none", json!({ "grace_hours": 0 }), 0),
        ("an-hour", json!({ "grace_hours": 1 }), HOUR),
        ("a-week", json!({ "grace_hours": 168 }), 7 * DAY),
        ("told-twice", json!({ "grace_hours": 2, "revoke_previous": false }), 2 * HOUR),
    ] {
        let vendor = portal.vendor(name).await;
        let rotated = rotate(&portal, &vendor.session, body).await.expect(201);
        assert_eq!(instant(&rotated, "/previous/valid_until") - instant(&rotated, "/issued_at"), seconds, "{name}");
        let expected = if seconds == 0 { over("token_expired") } else { good() };
        assert_eq!(knock(&portal, &vendor.token).await, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_one_ends_at_once() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let rotated = rotate(&portal, &folotoy.session, json!({ "revoke_previous": true })).await.expect(201);
    assert_eq!(rotated.str("/previous/valid_until"), rotated.str("/issued_at"));
    assert_eq!(knock(&portal, &folotoy.token).await, over("token_revoked"));
    assert_eq!(knock(&portal, rotated.str("/token")).await, good());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_never_goes_past_the_tokens_own_end() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.advance(89 * DAY).await;
    let session = portal.sign_in(&folotoy.email).await;
    let rotated = rotate(&portal, &session, json!({ "grace_hours": 168 })).await.expect(201);
    let list = portal.get("/v1/vendor/tokens", Auth::Session(&session)).await.expect(200);
    assert_eq!(rotated.str("/previous/valid_until"), list.str("/data/1/expires_at"));
}

/// Two at most: a third only when the active one ends with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_third_token_is_never_valid() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let second = rotate(&portal, &folotoy.session, json!({})).await.expect(201);
    let refused = rotate(&portal, &folotoy.session, json!({})).await.problem(409, "conflict");
    assert!(refused.str("/detail").contains("revoke_previous"), "{}", refused.text);
    assert_eq!(knock(&portal, &folotoy.token).await, good());

    let third = rotate(&portal, &folotoy.session, json!({ "revoke_previous": true })).await.expect(201);
    assert_eq!(knock(&portal, &folotoy.token).await, good(), "the one in its grace goes on");
    assert_eq!(knock(&portal, second.str("/token")).await, over("token_revoked"));
    assert_eq!(knock(&portal, third.str("/token")).await, good());

    // Ended, it makes room.
    let path = format!("/v1/vendor/tokens/{}", folotoy.token_id);
    portal.delete(&path, Auth::Session(&folotoy.session)).await.expect(204);
    let fourth = rotate(&portal, &folotoy.session, json!({})).await.expect(201);
    assert_eq!(knock(&portal, third.str("/token")).await, good());
    assert_eq!(knock(&portal, fourth.str("/token")).await, good());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_not_rotated_from() {
    let portal = Portal::start().await;
    let (revoked, expired) = (portal.vendor("revoked").await, portal.vendor("expired").await);
    let path = format!("/v1/vendor/tokens/{}", revoked.token_id);
    portal.delete(&path, Auth::Session(&revoked.session)).await.expect(204);
    let refused = rotate(&portal, &revoked.session, json!({})).await.problem(409, "conflict");
    assert!(refused.str("/detail").contains("POST /v1/vendor/tokens"), "{}", refused.text);

    portal.advance(90 * DAY).await;
    let session = portal.sign_in(&expired.email).await;
    rotate(&portal, &session, json!({})).await.problem(409, "conflict");
    // A new one is issued then.
    portal.issue_token(&session).await;
    portal.issue_token(&portal.sign_in(&revoked.email).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_scopes_stay_unless_told() {
    let portal = Portal::start().await;
    let Vendor { session, .. } = portal.vendor("folotoy").await;
    let narrow = json!({ "name": "line 1", "scopes": ["devices:read"], "revoke_previous": true });
    let rotated = rotate(&portal, &session, narrow).await.expect(201);
    assert_eq!(rotated.body["scopes"], json!(["devices:read"]));
    let same = rotate(&portal, &session, json!({})).await.expect(201);
    assert_eq!(same.body["scopes"], json!(["devices:read"]));
    let list = portal.get("/v1/vendor/tokens", Auth::Session(&session)).await.expect(200);
    assert_eq!(list.str("/data/0/name"), "line 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_places_at_once_one_wins() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let ask = || rotate(&portal, &folotoy.session, json!({ "revoke_previous": true }));
    let answers: [Answer; 4] = tokio::join!(ask(), ask(), ask(), ask()).into();
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    let lost = answers.iter().filter(|answer| (answer.status, answer.code()) == (409, "conflict"));
    // With revoke_previous whoever comes a moment later may win as well, from the winner before.
    assert_eq!(won.len() + lost.count(), 4, "{answers:?}");
    let mut valid = 0;
    for answer in &won {
        valid += usize::from(knock(&portal, answer.str("/token")).await.0 == 200);
    }
    assert_eq!(valid, 1, "one of all is valid");

    let ropet = portal.vendor("ropet").await;
    let ask = || rotate(&portal, &ropet.session, json!({}));
    let answers: [Answer; 2] = tokio::join!(ask(), ask()).into();
    let mut statuses = answers.each_ref().map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(knock(&portal, &ropet.token).await, good(), "the old one is in its grace");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at_and_nothing_changes() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    for (body, pointers) in [
        (json!({ "grace_hours": 169 }), vec!["/grace_hours"]),
        (json!({ "grace_hours": -1 }), vec!["/grace_hours"]),
        (json!({ "grace_hours": 24, "revoke_previous": true }), vec!["/grace_hours"]),
        (json!({ "scopes": ["events:write"] }), vec!["/scopes"]),
        (json!({ "grace_hours": 999, "name": "" }), vec!["/grace_hours", "/name"]),
    ] {
        let answer = rotate(&portal, &folotoy.session, body.clone()).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    for body in [json!({ "grace_hours": 1.5 }), json!({ "grace_hours": "24" }), json!({ "hours": 1 }), json!([])] {
        rotate(&portal, &folotoy.session, body).await.problem(400, "invalid_request");
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn not_for_a_vendor_that_is_stopped() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.set_status(&folotoy.vendor_id, "suspended").await;
    rotate(&portal, &folotoy.session, json!({})).await.problem(403, "vendor_suspended");
}

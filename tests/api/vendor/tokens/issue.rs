//! `POST /v1/vendor/tokens`

use domain::clock::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Person, Portal, jwt, omni, types};

const DAYS_90: i64 = 90 * 24 * 3600;

async fn issue(portal: &Portal, session: &str, body: Value) -> Answer {
    portal.post("/v1/vendor/tokens", Auth::Session(session), body).await
}

/// A vendor that may issue its token.
async fn active(portal: &Portal) -> Person {
    let person = portal.sign_up("ops@folotoy.example").await;
    portal.accept_terms(&person.session).await;
    portal.connect_stripe(&person.session).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_what_the_contract_says() {
    let portal = Portal::start().await;
    let folotoy = active(&portal).await;
    let answer = issue(&portal, &folotoy.session, json!({ "name": "firmware 1.0" })).await.expect(201);
    let scopes = json!(["devices:read", "devices:write", "caps:mint", "usage:read"]);
    assert_eq!(answer.body["scopes"], scopes);
    assert_eq!(answer.header("cache-control"), "no-store");
    let (token, token_id) = (answer.str("/token"), answer.str("/token_id"));
    assert!(token_id.starts_with("tok_"), "{token_id}");

    let keys = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200);
    let kid = &keys.body["keys"][0]["kid"];
    assert_eq!(jwt::header(token), json!({ "alg": "ES256", "typ": "JWT", "kid": kid }));
    let issued: Timestamp = answer.str("/issued_at").parse().unwrap();
    let expires: Timestamp = answer.str("/expires_at").parse().unwrap();
    assert_eq!(expires.as_second() - issued.as_second(), DAYS_90);
    let expected = json!({
        "iss": portal.url(""), "aud": "agentkeys", "sub": folotoy.vendor_id, "jti": token_id,
        "iat": issued.as_second(), "nbf": issued.as_second(), "exp": expires.as_second(),
        "scope": "devices:read devices:write caps:mint usage:read",
    });
    assert_eq!(jwt::claims(token), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_itself_is_kept_nowhere() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let audit = Value::from(portal.audit(&folotoy.session).await).to_string();
    assert!(audit.contains(&folotoy.token_id));
    let (_, signature) = folotoy.token.rsplit_once('.').unwrap();
    assert!(!audit.contains(signature) && !audit.contains(&folotoy.session));
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_scopes_may_be_asked_for() {
    let portal = Portal::start().await;
    let folotoy = active(&portal).await;
    let body = json!({ "scopes": ["usage:read", "devices:read", "usage:read"] });
    let answer = issue(&portal, &folotoy.session, body).await.expect(201);
    assert_eq!(answer.body["scopes"], json!(["devices:read", "usage:read"]));
    let device = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    let refused = portal.register(answer.str("/token"), "first", device).await;
    let refused = refused.problem(403, "insufficient_scope");
    let challenge = r#"Bearer error="insufficient_scope", scope="devices:write""#;
    assert_eq!(refused.header("www-authenticate"), challenge);
    // Who it is it may still ask.
    portal.get("/v1/vendor", Auth::Bearer(answer.str("/token"))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_is_live_at_a_time() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    let answer = issue(&portal, &folotoy.session, json!({})).await.problem(409, "token_exists");
    assert!(answer.str("/detail").contains("rotate"), "{}", answer.text);
    assert_eq!(portal.state(&folotoy.session).await, before);
    // Until its life ends.
    portal.advance(DAYS_90).await;
    let session = portal.sign_in(&folotoy.email).await;
    issue(&portal, &session, json!({})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_is_issued() {
    let portal = Portal::start().await;
    let folotoy = active(&portal).await;
    let ask = || issue(&portal, &folotoy.session, json!({}));
    let answers: [Answer; 2] = tokio::join!(ask(), ask()).into();
    let mut statuses = answers.each_ref().map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let won = answers.iter().find(|answer| answer.status == 201).unwrap();
    let lost = answers.iter().find(|answer| answer.status == 409).unwrap();
    assert_eq!(lost.code(), "token_exists");
    portal.get("/v1/vendor", Auth::Bearer(won.str("/token"))).await.expect(200);
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(types(&audit).iter().filter(|kind| **kind == "token.issued").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn not_before_the_vendor_is_active() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let answer = issue(&portal, &folotoy.session, json!({})).await.problem(403, "onboarding_incomplete");
    assert_eq!(answer.body["missing"], json!(["accept_terms", "connect_payment"]));
    portal.connect_stripe(&folotoy.session).await;
    let answer = issue(&portal, &folotoy.session, json!({})).await.problem(403, "onboarding_incomplete");
    assert_eq!(answer.body["missing"], json!(["accept_terms"]));
    portal.accept_terms(&folotoy.session).await;
    issue(&portal, &folotoy.session, json!({})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at_and_nothing_is_issued() {
    let portal = Portal::start().await;
    let folotoy = active(&portal).await;
    let before = portal.state(&folotoy.session).await;
    for (body, pointers) in [
        (json!({ "name": "" }), vec!["/name"]),
        (json!({ "name": "x".repeat(65) }), vec!["/name"]),
        (json!({ "name": "two\nlines" }), vec!["/name"]),
        (json!({ "scopes": [] }), vec!["/scopes"]),
        (json!({ "scopes": ["everything"] }), vec!["/scopes"]),
        (json!({ "scopes": ["devices:read", ""] }), vec!["/scopes"]),
        (json!({ "scopes": ["events:write"] }), vec!["/scopes"]),
        (json!({ "scopes": ["devices:read devices:write"] }), vec!["/scopes"]),
        (json!({ "name": "", "scopes": [] }), vec!["/name", "/scopes"]),
    ] {
        let answer = issue(&portal, &folotoy.session, body.clone()).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let answer = issue(&portal, &folotoy.session, json!({ "scopes": [1] })).await;
    assert_eq!(answer.problem(400, "invalid_request").pointers(), ["/scopes/0"]);
    assert_eq!(portal.state(&folotoy.session).await, before);
    issue(&portal, &folotoy.session, json!({ "name": "x".repeat(64) })).await.expect(201);
}

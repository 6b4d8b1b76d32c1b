//! `POST /v1/tokens/introspect`

use serde_json::json;

use crate::harness::{Auth, Portal, jwt, omni};

#[tokio::test(flavor = "multi_thread")]
async fn an_active_token_says_whose_it_is_and_what_for() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let service = portal.service_token("tokens:introspect").await;
    let answer = portal.introspect(Auth::Bearer(&service), &folotoy.token).await.expect(200);
    let claims = jwt::claims(&folotoy.token);
    let expected = json!({
        "active": true, "sub": folotoy.vendor_id, "jti": folotoy.token_id, "iss": portal.url(""), "aud": "agentkeys",
        "scope": "devices:read devices:write caps:mint usage:read", "iat": claims["iat"], "exp": claims["exp"],
        "token_type": "Bearer", "vendor_id": folotoy.vendor_id,
        "namespaces_allowed": ["profile", "family", "child", "temp"],
    });
    assert_eq!(answer.body, expected);
    assert_eq!(answer.header("cache-control"), "no-store");

    let itself = portal.introspect(Auth::Bearer(&service), &service).await.expect(200);
    assert_eq!((&itself.body["active"], &itself.body["scope"]), (&json!(true), &json!("tokens:introspect")));
}

/// It remembers nothing: what happens to a token shows at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_active_is_told_in_one_way() {
    let portal = Portal::start().await;
    let service = portal.service_token("tokens:introspect").await;
    let ask = async |token: &str| portal.introspect(Auth::Bearer(&service), token).await.expect(200).text;
    let inactive = json!({ "active": false }).to_string();

    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let receipt = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    let receipt = portal.register(&folotoy.token, "first", receipt).await.expect(201);
    let (signed, _) = folotoy.token.rsplit_once('.').unwrap();
    for token in ["", "x", "a.b.c", &format!("{signed}."), receipt.str("/receipt"), &"x".repeat(10_000)] {
        assert_eq!(ask(token).await, inactive, "{token:.60}");
    }

    let session = Auth::Session(&folotoy.session);
    let rotated = portal.post("/v1/vendor/tokens/rotate", session, json!({ "grace_hours": 1 })).await.expect(201);
    let grace: serde_json::Value = serde_json::from_str(&ask(&folotoy.token).await).unwrap();
    let issued = jwt::claims(rotated.str("/token"))["iat"].as_i64().unwrap();
    assert_eq!(grace["exp"], issued + 3600, "until the end of its grace");
    let path = format!("/v1/vendor/tokens/{}", folotoy.token_id);
    portal.delete(&path, session).await.expect(204);
    assert_eq!(ask(&folotoy.token).await, inactive, "revoked");

    assert_ne!(ask(&ropet.token).await, inactive);
    portal.set_status(&ropet.vendor_id, "suspended").await;
    assert_eq!(ask(&ropet.token).await, inactive, "its vendor is stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_for_services_with_the_scope() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let events = portal.service_token("events:write").await;
    let refused = portal.introspect(Auth::Bearer(&events), &folotoy.token).await.problem(403, "insufficient_scope");
    assert!(refused.header("www-authenticate").contains("tokens:introspect"));
    for auth in [Auth::None, Auth::Bearer(&folotoy.token), Auth::Session(&folotoy.session)] {
        portal.introspect(auth, &folotoy.token).await.problem(401, "unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_read_strictly() {
    let portal = Portal::start().await;
    let service = portal.service_token("tokens:introspect").await;
    let send = async |kind: &str, body: &str| {
        let request = portal.request(reqwest::Method::POST, "/v1/tokens/introspect", Auth::Bearer(&service));
        portal.send(request.header("content-type", kind).body(body.to_owned())).await
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send(form, "token_type_hint=x").await.problem(400, "invalid_request").pointers(), ["/token"]);
    assert_eq!(send(form, "token=x&more=y").await.problem(400, "invalid_request").pointers(), ["/more"]);
    send(form, "token=x&token_type_hint=access_token").await.expect(200);
    send("application/json", r#"{"token": "x"}"#).await.problem(415, "unsupported_media_type");
    send(form, &format!("token={}", "x".repeat(70_000))).await.problem(413, "body_too_large");
}

/// Operations end a service's token: within 30 seconds no endpoint accepts it.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_token_can_be_ended() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let asked =
        json!({ "action": "issue", "operator": "li.lei", "name": "mcp", "scope": "tokens:introspect", "days": 1 });
    let issued = portal.operate("service-tokens", asked).await;
    let token = issued["token"].as_str().unwrap();
    portal.introspect(Auth::Bearer(token), &folotoy.token).await.expect(200);
    let end = json!({ "action": "revoke", "operator": "li.lei", "token_id": issued["token_id"] });
    portal.operate("service-tokens", end).await;
    portal.advance(31).await;
    portal.introspect(Auth::Bearer(token), &folotoy.token).await.problem(401, "token_revoked");
    let other = portal.service_token("tokens:introspect").await;
    assert_eq!(portal.introspect(Auth::Bearer(&other), token).await.expect(200).body["active"], false);
    portal.advance(24 * 3600 + 61).await;
    portal.introspect(Auth::Bearer(&other), &folotoy.token).await.problem(401, "token_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operations_ask_for_is_checked() {
    let portal = Portal::start().await;
    let good = json!({ "action": "issue", "operator": "li.lei", "name": "mcp", "scope": "events:write", "days": 30 });
    for (field, value) in [
        ("scope", json!("devices:write")),
        ("scope", json!("")),
        ("days", json!(0)),
        ("days", json!(91)),
        ("operator", json!("")),
        ("name", json!("x".repeat(65))),
        ("extra", json!(1)),
    ] {
        let mut asked = good.clone();
        asked[field] = value;
        let answer = portal.post("/_local/run/service-tokens", Auth::None, asked).await;
        answer.problem(422, "validation_failed");
    }
}

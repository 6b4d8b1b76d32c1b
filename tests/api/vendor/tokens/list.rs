//! `GET /v1/vendor/tokens`

use serde_json::{Value, json};

use crate::harness::{Auth, Portal, Vendor, omni};

async fn list(portal: &Portal, session: &str) -> Vec<Value> {
    let answer = portal.get("/v1/vendor/tokens", Auth::Session(session)).await.expect(200);
    assert_eq!(answer.body["next_cursor"], Value::Null);
    answer.body["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_through_its_life() {
    let portal = Portal::start().await;
    let Vendor { session, token, token_id, .. } = portal.vendor("folotoy").await;
    let fresh = list(&portal, &session).await;
    assert_eq!(fresh.len(), 1);
    let expected = json!({
        "token_id": token_id, "name": null, "state": "active",
        "scopes": ["devices:read", "devices:write", "caps:mint", "usage:read"],
        "created_at": fresh[0]["created_at"], "expires_at": fresh[0]["expires_at"],
        "valid_until": fresh[0]["expires_at"], "last_used_at": null, "last_address": null,
    });
    assert_eq!(fresh[0], expected);
    assert!(!fresh[0].to_string().contains(&token));

    portal.get("/v1/vendor", Auth::Bearer(&token)).await.expect(200);
    let used = list(&portal, &session).await;
    assert_eq!(used[0]["last_address"], "127.0.0.1");
    let hour = used[0]["last_used_at"].as_str().unwrap();
    assert!(hour.ends_with(":00:00Z"), "{hour}");

    portal.post("/v1/vendor/tokens/rotate", Auth::Session(&session), json!({ "name": "next" })).await.expect(201);
    let both = list(&portal, &session).await;
    let states: Vec<&str> = both.iter().filter_map(|token| token["state"].as_str()).collect();
    assert_eq!(states, ["active", "grace"]);
    assert_eq!((&both[0]["name"], &both[1]["still_used_by"]), (&json!("next"), &json!([])));

    // A device that was not moved over yet.
    let device = portal
        .client_at("127.0.0.9")
        .post(portal.url("/v1/vendor/devices/register"))
        .bearer_auth(&token)
        .header("idempotency-key", "late")
        .header("user-agent", "folotoy-firmware/1.0")
        .json(&json!({ "device_id": "FT-0001", "user_omni": omni("11") }));
    portal.send(device).await.expect(201);
    let still = &list(&portal, &session).await[1]["still_used_by"];
    assert_eq!(still[0]["address"], "127.0.0.9");
    assert_eq!(still[0]["user_agent"], "folotoy-firmware/1.0");
    assert_eq!(still.as_array().unwrap().len(), 1);

    portal.advance(25 * 3600).await;
    let session = portal.sign_in("folotoy@example.com").await;
    assert_eq!(list(&portal, &session).await[1]["state"], "expired");
    let path = format!("/v1/vendor/tokens/{}", both[0]["token_id"].as_str().unwrap());
    portal.delete(&path, Auth::Session(&session)).await.expect(204);
    assert_eq!(list(&portal, &session).await[0]["state"], "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_of_the_last_use_follows_the_clock() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let mut hours = Vec::new();
    for _ in 0..3 {
        portal.get("/v1/vendor", Auth::Bearer(&folotoy.token)).await.expect(200);
        hours.push(list(&portal, &folotoy.session).await[0]["last_used_at"].as_str().unwrap().to_owned());
        portal.advance(3600).await;
    }
    hours.dedup();
    assert_eq!(hours.len(), 3, "{hours:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_through_all_of_them() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.get("/v1/vendor", Auth::Bearer(&folotoy.token)).await.expect(200);
    let mut expected = vec![folotoy.token_id.clone()];
    for _ in 0..4 {
        let body = json!({ "revoke_previous": true });
        let rotated = portal.post("/v1/vendor/tokens/rotate", Auth::Session(&folotoy.session), body).await.expect(201);
        portal.get("/v1/vendor", Auth::Bearer(rotated.str("/token"))).await.expect(200);
        expected.insert(0, rotated.str("/token_id").to_owned());
        portal.advance(1).await;
    }
    for limit in [1, 2, 3, 5] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/vendor/tokens?limit={limit}{cursor}");
            let page = portal.get(&path, Auth::Session(&folotoy.session)).await.expect(200);
            let tokens = page.body["data"].as_array().unwrap();
            assert!(tokens.len() <= limit);
            assert!(tokens.iter().all(|token| token["last_used_at"].is_string()), "{}", page.text);
            seen.extend(tokens.iter().map(|token| token["token_id"].as_str().unwrap().to_owned()));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{limit} a page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vendors_cursor_shows_nothing_of_it() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let path = format!("/v1/vendor/tokens?cursor={}", ropet.token_id);
    let answer = portal.get(&path, Auth::Session(&folotoy.session)).await.expect(200);
    assert!(!answer.text.contains(&ropet.token_id), "{}", answer.text);
    for (query, pointer) in
        [("limit=0", "/limit"), ("limit=101", "/limit"), ("cursor=x", "/cursor"), ("cursor=", "/cursor")]
    {
        let path = format!("/v1/vendor/tokens?{query}");
        let answer = portal.get(&path, Auth::Session(&folotoy.session)).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), [pointer]);
    }
    portal.get("/v1/vendor/tokens?limit=x", Auth::Session(&folotoy.session)).await.problem(400, "invalid_request");
}

/// A page costs the session, one query, and one more while a token is in its grace.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_costs() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.reset_meter().await;
    list(&portal, &folotoy.session).await;
    let meter = portal.meter().await;
    assert_eq!(meter["dynamodb"]["Query"]["calls"], 1, "{meter:#}");
    assert_eq!(meter["dynamodb"]["GetItem"]["calls"], 1, "{meter:#}");
    portal.post("/v1/vendor/tokens/rotate", Auth::Session(&folotoy.session), json!({})).await.expect(201);
    portal.reset_meter().await;
    list(&portal, &folotoy.session).await;
    assert_eq!(portal.meter().await["dynamodb"]["Query"]["calls"], 2);
}

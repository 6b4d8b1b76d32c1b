//! Problem documents: every refusal is one, whole, whoever refuses.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Auth, Portal, omni};

/// All that api.md promises of a problem.
#[track_caller]
fn is_whole(portal: &Portal, answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.body["status"], status);
    assert_eq!(answer.str("/request_id"), answer.header("x-request-id"));
    assert!(answer.str("/type").starts_with(&portal.url("/")), "{}", answer.text);
    assert!(answer.str("/type").ends_with(&format!("/{code}")), "{}", answer.text);
    for words in ["/title", "/detail"] {
        assert!(answer.str(words).len() > 5, "{}", answer.text);
    }
    for fault in answer.body["errors"].as_array().into_iter().flatten() {
        assert!(fault["pointer"].is_string() && fault["detail"].is_string(), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_comes_in_a_whole_problem() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let ropet = portal.sign_up("ropet@example.com").await;
    let device = |n: u8| json!({ "device_id": format!("FT-{n}"), "user_omni": omni("11") });
    portal.register(&folotoy.token, "taken", device(1)).await.expect(201);
    let actor = portal.actor(&folotoy.token, "FT-1").await;

    let (session, tokens) = (Auth::Session(&folotoy.session), "/v1/vendor/tokens");
    let unfinished = Auth::Session(&ropet.session);
    let keyless = portal.post("/v1/vendor/devices/register", Auth::Bearer(&folotoy.token), device(2));
    let settings = |seen: Option<&'static str>| {
        let patch = portal.request(Method::PATCH, "/v1/vendor/settings", session).json(&json!({}));
        portal.send(seen.into_iter().fold(patch, |patch, seen| patch.header("if-match", seen)))
    };
    let large = json!({ "name": "x".repeat(100_000) });
    let rows = [
        (400, "invalid_request", portal.post(tokens, session, json!([])).await),
        (400, "idempotency_key_required", keyless.await),
        (401, "unauthenticated", portal.post(tokens, Auth::None, json!({})).await),
        (403, "onboarding_incomplete", portal.post(tokens, unfinished, json!({})).await),
        (403, "namespace_not_allowed", portal.mint(&folotoy.token, &actor, &["work"]).await),
        (404, "not_found", portal.get("/v1/nothing/here", Auth::None).await),
        (409, "token_exists", portal.post(tokens, session, json!({})).await),
        (412, "precondition_failed", settings(Some("\"old\"")).await),
        (413, "body_too_large", portal.post(tokens, session, large).await),
        (415, "unsupported_media_type", portal.send(portal.client().post(portal.url("/v1/vendor/signup"))).await),
        (428, "precondition_required", settings(None).await),
        (422, "validation_failed", portal.post(tokens, session, json!({ "name": "" })).await),
        (422, "idempotency_key_reused", portal.register(&folotoy.token, "taken", device(2)).await),
    ];
    for (status, code, answer) in rows {
        is_whole(&portal, &answer, status, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let portal = Portal::start().await;
    for path in ["/v1", "/v1/vendor/", "/V1/vendor", "/v1/vendor/devices/register/", "/webhooks", "/%2e%2e/etc/passwd"]
    {
        let answer = portal.get(path, Auth::None).await;
        is_whole(&portal, &answer, 404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_does_not_have_is_told_which_it_has() {
    let portal = Portal::start().await;
    for (method, path, allow) in [
        (Method::PUT, "/v1/vendor/signup", "POST"),
        (Method::DELETE, "/v1/vendor", "GET"),
        (Method::PATCH, "/sign-in", "POST"),
    ] {
        let answer = portal.send(portal.request(method, path, Auth::None)).await;
        is_whole(&portal, &answer, 405, "method_not_allowed");
        assert!(answer.header("allow").contains(allow), "{path}");
    }
}

/// Refusals of the framework, before a handler runs, must look like all others.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_or_path_that_cannot_be_read_is_a_problem_too() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    for path in [
        "/v1/vendor/audit?limit=1&limit=2",
        "/v1/vendor/audit?cursor=a&cursor=b",
        "/v1/legal/tos/2026-11-22?lang=en&lang=zh-CN",
        "/v1/legal/%ff/2026-11-22",
        "/docs/%ff",
    ] {
        let answer = portal.get(path, Auth::Session(&folotoy.session)).await;
        assert!([400, 404, 422].contains(&answer.status), "{path}: {}", answer.status);
        let code = answer.code().to_owned();
        is_whole(&portal, &answer, answer.status, &code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_an_id_of_its_own() {
    let portal = Portal::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/v1/vendor", "/v1/vendor", "/v1/legal/terms", "/v1/nothing", "/sign-in", "/docs"] {
        let request = portal.request(Method::GET, path, Auth::None);
        let answer = portal.send(request.header("x-request-id", "mine")).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(!id.is_empty() && id != "mine", "{path}: {id:?}");
        assert!(seen.insert(id), "{path}");
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
    }
}

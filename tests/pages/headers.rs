//! What every response tells a browser.

use functions::ENDPOINTS;

use crate::harness::{Answer, Auth, Portal, good};

#[track_caller]
fn is_safe(answer: &Answer, what: &str) {
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{what}");
    assert_eq!(answer.header("referrer-policy"), "same-origin", "{what}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="), "{what}");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(policy.starts_with("default-src 'none'") || policy.starts_with("default-src 'self'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_of_every_endpoint_is_safe() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    for endpoint in ENDPOINTS {
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let request = good::request(&portal, endpoint);
        is_safe(&portal.send(request).await, &what);
        if let Some(credential) = good::authorization(endpoint, &folotoy) {
            // The session ends with the one endpoint that ends it: what comes then is a refusal, and as safe.
            let request = good::request(&portal, endpoint).header("authorization", credential);
            is_safe(&portal.send(request).await, &what);
        }
    }
    is_safe(&portal.get("/nothing/here", Auth::None).await, "nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_a_vendors_own_is_kept_in_no_cache() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.function != "sessions-end") {
        if let Some(credential) = good::authorization(endpoint, &folotoy) {
            let request = good::request(&portal, endpoint).header("authorization", credential);
            let answer = portal.send(request).await;
            assert_eq!(answer.header("cache-control"), "no-store", "{}", endpoint.path);
        }
    }
}

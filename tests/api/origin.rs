//! A browser sends its cookie along from anywhere: what changes something asks where the call comes from.

use functions::platform::access::Access;
use functions::{ENDPOINTS, Endpoint};

use crate::harness::{Portal, good};

fn with_session() -> impl Iterator<Item = &'static Endpoint> {
    let by_session = |access: Access| matches!(access, Access::Session | Access::SessionOrVendorToken(_));
    ENDPOINTS.iter().filter(move |endpoint| by_session(endpoint.access))
}

fn changing() -> Vec<&'static Endpoint> {
    let mut endpoints: Vec<_> = with_session().filter(|endpoint| endpoint.method != "GET").collect();
    // The session is wanted until the end.
    endpoints.sort_by_key(|endpoint| endpoint.function == "sessions-end");
    endpoints
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_counts_for_nothing_on_a_change_from_elsewhere() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    let cookie = format!("session={}", folotoy.session);
    let own = portal.url("");
    let elsewhere = [
        None,
        Some("null".to_owned()),
        Some("https://evil.example".to_owned()),
        Some(format!("{own}.evil.example")),
        Some(format!("{own}/")),
        Some(own.replacen("http:", "https:", 1)),
    ];
    for endpoint in changing() {
        for origin in &elsewhere {
            let mut request = good::request(&portal, endpoint).header("cookie", &cookie);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let answer = portal.send(request).await;
            let what = format!("{} {} from {origin:?}", endpoint.method, endpoint.path);
            assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{what}");
            assert!(!answer.header("www-authenticate").is_empty(), "{what}");
        }
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_a_credential_on_our_own_pages() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let cookie = format!("theme=dark; session={}", folotoy.session);
    let endpoints = changing();
    assert!(!endpoints.is_empty());
    for endpoint in endpoints {
        let request = good::request(&portal, endpoint);
        let request = request.header("cookie", &cookie).header("origin", portal.url(""));
        let answer = portal.send(request).await;
        let what = format!("{} {}", endpoint.method, endpoint.path);
        assert!(answer.status != 401 && answer.status < 500, "{what}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn to_look_needs_no_origin() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let cookie = format!("session={}", folotoy.session);
    for endpoint in with_session().filter(|endpoint| endpoint.method == "GET") {
        let request = good::request(&portal, endpoint).header("cookie", &cookie);
        let answer = portal.send(request).await;
        // Some look for what is not there.
        assert!([200, 404].contains(&answer.status), "{}: {}", endpoint.path, answer.text);
        let request = good::request(&portal, endpoint).header("cookie", &cookie);
        let answer = portal.send(request.header("origin", "https://elsewhere.example")).await;
        assert!([200, 404].contains(&answer.status), "{}: {}", endpoint.path, answer.text);
        // The browser shows it to no script from there.
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

//! `GET /docs` and what it loads.

use crate::harness::{Auth, Portal};

/// The values of an attribute in a page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_explorer_brings_all_that_it_needs() {
    let portal = Portal::start().await;
    let page = portal.get("/docs", Auth::None).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");

    let parts = [values(&page.text, "src"), values(&page.text, "href")].concat();
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.starts_with("data:")).collect();
    assert!(parts.len() >= 4, "{parts:?}");
    for part in parts {
        assert!(part.starts_with('/'), "{part} is from elsewhere");
        let answer = portal.get(part, Auth::None).await.expect(200);
        assert!(!answer.text.trim().is_empty(), "{part} is empty");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_and_styles_say_what_they_are() {
    let portal = Portal::start().await;
    for (name, kind) in
        [("swagger-ui-bundle.js", "text/javascript"), ("docs.js", "text/javascript"), ("docs.css", "text/css")]
    {
        let answer = portal.get(&format!("/docs/{name}"), Auth::None).await.expect(200);
        assert!(answer.header("content-type").starts_with(kind), "{name}");
    }
    portal.get("/docs/index.html", Auth::None).await.problem(404, "not_found");
    portal.get("/docs/..%2fopenapi.json", Auth::None).await.problem(404, "not_found");
}

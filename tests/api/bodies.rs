//! Bodies of the wrong form, on every endpoint that takes JSON: each is refused with a pointer, and changes nothing.

use functions::platform::access::Access;
use functions::{ENDPOINTS, Endpoint};
use reqwest::RequestBuilder;
use serde_json::{Map, Value};

use crate::harness::{Answer, Portal, Vendor, good};

/// Every endpoint that takes JSON, with a good body; told by the contract, so that none is forgotten. A provider's
/// notifications are signed over their bytes, and have tests of their own.
fn endpoints() -> Vec<(&'static Endpoint, Map<String, Value>)> {
    let contract: Value = serde_json::from_str(&functions::openapi::json().unwrap()).unwrap();
    let takes_json = |endpoint: &&Endpoint| {
        let method = endpoint.method.to_ascii_lowercase();
        let content = &contract["paths"][endpoint.path][method]["requestBody"]["content"];
        content.get("application/json").is_some() && endpoint.access != Access::ProviderSignature
    };
    let with_body = |endpoint: &'static Endpoint| match good::body(endpoint) {
        good::Body::Json(Value::Object(body)) => (endpoint, body),
        good::Body::Json(_) | good::Body::Form(_) | good::Body::Lines(_) | good::Body::None => {
            panic!("{}: say in `good` what a good body is", endpoint.path)
        }
    };
    ENDPOINTS.iter().filter(takes_json).map(with_body).collect()
}

/// A request of the right caller, still without a body.
fn request(portal: &Portal, endpoint: &Endpoint, vendor: &Vendor) -> RequestBuilder {
    let method = endpoint.method.parse().unwrap();
    let request = portal.client().request(method, portal.url(good::path(endpoint)));
    let request = request.header("idempotency-key", "bodies");
    match good::authorization(endpoint, vendor) {
        Some(authorization) => request.header("authorization", authorization),
        None => request,
    }
}

/// Sends `body` as `content_type` to `endpoint`.
async fn send(portal: &Portal, endpoint: &Endpoint, vendor: &Vendor, content_type: &str, body: Vec<u8>) -> Answer {
    let request = request(portal, endpoint, vendor).header("content-type", content_type);
    portal.send(request.body(body)).await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, pointers: &[&str], what: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{what}: {}", answer.text);
    assert_eq!(answer.pointers(), pointers, "{what}: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_one_json_object_is_refused_as_a_whole() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    let endpoints = endpoints();
    assert!(endpoints.len() >= 8, "the contract names {} only", endpoints.len());
    for (endpoint, good) in &endpoints {
        let good = Value::Object(good.clone()).to_string();
        let rows: [(&str, Vec<u8>); 8] = [
            ("nothing", Vec::new()),
            ("half of it", good.as_bytes()[..good.len() / 2].to_vec()),
            ("something after it", format!("{good} {good}").into_bytes()),
            ("a list", b"[]".to_vec()),
            ("a text", b"\"folotoy\"".to_vec()),
            ("null", b"null".to_vec()),
            ("a form", b"email=folotoy%40example.com".to_vec()),
            ("no UTF-8", [b"{\"\xff\": 1, ", &good.as_bytes()[1..]].concat()),
        ];
        for (fault, body) in rows {
            if body.is_empty() && matches!(endpoint.function, "stripe-connect" | "tokens-issue") {
                continue; // The bodies that may be left out.
            }
            let answer = send(&portal, endpoint, &folotoy, "application/json", body).await;
            let what = format!("{} with {fault}", endpoint.path);
            refused(&answer, 400, "invalid_request", &[""], &what);
        }
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    assert!(portal.mails_to("ropet@example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_unknown_doubled_or_of_the_wrong_type_is_pointed_at() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    for (endpoint, good) in endpoints() {
        let text = Value::Object(good.clone()).to_string();
        let mut rows = vec![
            ("/surprise".to_owned(), format!("{{\"surprise\": 1, {}", &text[1..])),
            // RFC 6901 writes a slash in a name as ~1, and a tilde as ~0.
            ("/a~1b~0c".to_owned(), format!("{{\"a/b~c\": 1, {}", &text[1..])),
        ];
        for (name, value) in &good {
            rows.push((format!("/{name}"), format!("{{\"{name}\": {value}, {}", &text[1..])));
            let mut wrong = good.clone();
            wrong.insert(name.clone(), true.into());
            rows.push((format!("/{name}"), Value::Object(wrong).to_string()));
        }
        for (pointer, body) in rows {
            let answer = send(&portal, endpoint, &folotoy, "application/json", body.clone().into_bytes()).await;
            let what = format!("{} with {body}", endpoint.path);
            refused(&answer, 400, "invalid_request", &[&pointer], &what);
        }
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_json_is_read() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    for (endpoint, good) in endpoints() {
        let good = Value::Object(good).to_string().into_bytes();
        let types =
            ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json", "application/jsonl", ""];
        for content_type in types {
            let answer = send(&portal, endpoint, &folotoy, content_type, good.clone()).await;
            let what = format!("{} as {content_type:?}", endpoint.path);
            refused(&answer, 415, "unsupported_media_type", &[], &what);
        }
        let untyped = request(&portal, endpoint, &folotoy).body(good);
        let answer = portal.send(untyped).await;
        refused(&answer, 415, "unsupported_media_type", &[], endpoint.path);
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_may_name_its_charset_and_come_in_capitals() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    for (endpoint, good) in endpoints() {
        let good = Value::Object(good).to_string().into_bytes();
        let answer = send(&portal, endpoint, &folotoy, "Application/JSON; charset=utf-8", good).await;
        assert_ne!(answer.status, 415, "{}", endpoint.path);
        assert_ne!(answer.code(), "invalid_request", "{}: {}", endpoint.path, answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_megabytes_are_too_much() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let before = portal.state(&folotoy.session).await;
    for (endpoint, good) in endpoints() {
        let mut good = Value::Object(good).to_string().into_bytes();
        good.resize(2 * 1024 * 1024, b' ');
        let answer = send(&portal, endpoint, &folotoy, "application/json", good).await;
        refused(&answer, 413, "body_too_large", &[], endpoint.path);
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

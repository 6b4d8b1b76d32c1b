//! Races: however many ask at once, a triple has one binding and one actor.

use std::collections::BTreeSet;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Auth, Portal, Vendor, omni};
use crate::ledgers::table;

/// How many ask at once.
const MANY: usize = 64;

fn body(device: &str) -> Value {
    json!({ "device_id": device, "user_omni": omni("11"), "model": "bunny-2" })
}

fn request(portal: &Portal, vendor: &Vendor, key: &str, device: &str) -> RequestBuilder {
    let request = portal.client().post(portal.url("/v1/vendor/devices/register"));
    request.bearer_auth(&vendor.token).header("idempotency-key", key).json(&body(device))
}

/// Sends all requests at once; statuses and bodies in the order in which they were answered.
async fn at_once(requests: impl Iterator<Item = RequestBuilder>) -> Vec<(StatusCode, Value)> {
    let mut asked = JoinSet::new();
    for request in requests {
        asked.spawn(async move {
            let response = request.send().await.expect("an answer");
            (response.status(), response.json().await.unwrap_or_default())
        });
    }
    asked.join_all().await
}

/// One 201, the rest 200, all with the same body, and one binding in the table.
async fn are_one(portal: &Portal, answers: &[(StatusCode, Value)], device: &str) {
    let count = |status| answers.iter().filter(|(is, _)| *is == status).count();
    assert_eq!((count(StatusCode::CREATED), count(StatusCode::OK)), (1, MANY - 1), "{answers:#?}");
    let bodies: BTreeSet<String> = answers.iter().map(|(_, body)| body.to_string()).collect();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    let items = table::items(portal).await;
    let bindings = table::of_kind(&items, "binding").into_iter();
    let ours = bindings.filter(|item| table::string(item, "v_sk").starts_with(&format!("{device}#")));
    assert_eq!(ours.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_triple_with_different_keys() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("crowd").await;
    let requests = (0..MANY).map(|n| request(&portal, &vendor, &format!("key-{n}"), "FT-0001"));
    let answers = at_once(requests).await;
    are_one(&portal, &answers, "FT-0001").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_triple_with_one_key() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("echo").await;
    let requests = (0..MANY).map(|_| request(&portal, &vendor, "the-key", "FT-0002"));
    let answers = at_once(requests).await;
    are_one(&portal, &answers, "FT-0002").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn different_devices() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("line").await;
    let requests = (0..MANY).map(|n| request(&portal, &vendor, &format!("key-{n}"), &format!("FT-{n:04}")));
    let answers = at_once(requests).await;
    let failed: Vec<_> = answers.iter().filter(|(status, _)| *status != StatusCode::CREATED).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let actors: BTreeSet<&str> = answers.iter().filter_map(|(_, body)| body["actor_omni"].as_str()).collect();
    assert_eq!(actors.len(), MANY);
}

/// One key for two payloads at once: exactly one of them is registered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_for_two_devices() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("mixed").await;
    let device = |n: usize| if n.is_multiple_of(2) { "FT-EVEN" } else { "FT-ODD" };
    let requests = (0..MANY).map(|n| request(&portal, &vendor, "the-key", device(n)));
    let answers = at_once(requests).await;
    let refused = answers.iter().filter(|(_, body)| body["code"] == "idempotency_key_reused");
    assert_eq!(refused.count(), MANY / 2, "{answers:#?}");
    let items = table::items(&portal).await;
    assert_eq!(table::of_kind(&items, "binding").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_released_triple_gets_one_new_generation() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("again").await;
    at_once([request(&portal, &vendor, "first", "FT-0003")].into_iter()).await;
    for generation in 1..=2_u32 {
        portal.release(Auth::Bearer(&vendor.token), "FT-0003", "11").await.expect(204);
        let key = |n: usize| format!("key-{generation}-{n}");
        let answers = at_once((0..MANY).map(|n| request(&portal, &vendor, &key(n), "FT-0003"))).await;
        are_one(&portal, &answers, "FT-0003").await;
        assert_eq!(answers[0].1["generation"], generation);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_releases_one_wins() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("loose").await;
    for generation in 0..3_u32 {
        let made = portal.register(&vendor.token, &format!("key-{generation}"), body("FT-0004")).await.expect(201);
        assert_eq!(made.body["generation"], generation);
        let path = portal.url(&format!("/v1/vendor/devices/FT-0004/bindings/{}", omni("11")));
        let release = |_| portal.client().delete(&path).bearer_auth(&vendor.token);
        let answers = at_once((0..MANY).map(release)).await;
        let count = |status| answers.iter().filter(|(is, _)| *is == status).count();
        assert_eq!((count(StatusCode::NO_CONTENT), count(StatusCode::NOT_FOUND)), (1, MANY - 1), "{answers:#?}");
    }
}

/// Registering and releasing at once: each release that is answered 204 has ended one generation, and what is left is
/// the next one, or none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn releases_against_registrations() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("tug").await;
    let path = portal.url(&format!("/v1/vendor/devices/FT-0005/bindings/{}", omni("11")));
    let either = |n: usize| match n.is_multiple_of(2) {
        true => request(&portal, &vendor, &format!("key-{n}"), "FT-0005"),
        false => portal.client().delete(&path).bearer_auth(&vendor.token),
    };
    let answers = at_once((0..MANY).map(either)).await;
    let count = |status| answers.iter().filter(|(is, _)| *is == status).count();
    let (made, released) = (count(StatusCode::CREATED), count(StatusCode::NO_CONTENT));
    assert_eq!(made + released + count(StatusCode::OK) + count(StatusCode::NOT_FOUND), MANY, "{answers:#?}");
    assert!(made == released || made == released + 1, "{made} made, {released} released");
    let items = table::items(&portal).await;
    let bindings = table::of_kind(&items, "binding");
    let live = bindings.iter().filter(|item| !table::string(item, "v_pk").is_empty()).count();
    assert_eq!((bindings.len(), live), (made, made - released));
    let last = portal.register(&vendor.token, "last", body("FT-0005")).await;
    assert_eq!(last.status, if live == 1 { 200 } else { 201 }, "{}", last.text);
    assert_eq!(last.body["generation"], released);
}

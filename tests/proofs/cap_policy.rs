//! Cap policies in strangers' hands: real answers by the published JSON Schema, and their Cedar text by Cedar itself,
//! which decides as the JSON says; in Python, by stock libraries.
//!
//! Not by the crate `cedar-policy` in this package: it turns `serde_json/preserve_order` on, for every crate that is built
//! along, so the tests would see JSON that the product does not write.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use super::commands::{Folder, output, printed, python};
use crate::harness::{Auth, Portal, Vendor, omni};
use crate::ledgers::at;

/// Every namespace that there is.
const CATALOGUE: [&str; 6] = ["profile", "work", "family", "child", "travel", "temp"];

/// A portal, and what registrations answered under settings from wide to nothing.
async fn registrations() -> (Portal, Vec<Value>) {
    let portal = Portal::start().await;
    let vendor = portal.vendor("proof").await;
    let settings = [
        json!({}),
        json!({ "allowed_namespaces": CATALOGUE }),
        json!({ "cap_policy": { "fetch": ["child", "profile"], "store": ["child"], "max_ttl_seconds": 60 } }),
        json!({ "cap_policy": { "store": [] } }),
        json!({ "allowed_namespaces": [] }),
    ];
    let mut answers = Vec::new();
    for (at, body) in settings.into_iter().enumerate() {
        answers.push(register_under(&portal, &vendor, at, body).await);
    }
    (portal, answers)
}

async fn register_under(portal: &Portal, vendor: &Vendor, at: usize, settings: Value) -> Value {
    let patch = portal.request(Method::PATCH, "/v1/vendor/settings", Auth::Session(&vendor.session));
    portal.send(patch.header("if-match", "*").json(&settings)).await.expect(200);
    // The vendor's state is remembered for 30 seconds.
    portal.advance(31).await;
    let device = format!("FT-{at}");
    let body = json!({ "device_id": device, "user_omni": omni("11") });
    portal.register(&vendor.token, &device, body).await.expect(201).body
}

/// What the libraries say of policies by a schema, and of requests by Cedar texts.
async fn check(schema: &Value, policies: &[Value], cedar: &[Value]) -> (Vec<bool>, Vec<bool>) {
    let folder = Folder::new();
    let given = json!({ "schema": schema, "policies": policies, "cedar": cedar });
    let mut command = Command::new(python());
    command.arg(at("tests/proofs/check_cap_policy.py")).arg(folder.file("given.json", &given.to_string()));
    let output = output(command).await;
    assert!(output.status.success(), "{}", printed(&output));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = |name: &str| serde_json::from_value(found[name].clone()).expect("a list");
    (list("valid"), list("allowed"))
}

/// Requests to Cedar with what it shall decide.
#[derive(Default)]
struct Requests(Vec<(Value, bool)>);

impl Requests {
    fn add(&mut self, text: &str, actor: &str, action: &str, namespace: &str, context: Value, allowed: bool) {
        let entity = |kind: &str, id: &str| format!("AgentKeys::{kind}::\"{id}\"");
        let request = json!({
            "principal": entity("Actor", actor), "action": entity("Action", action),
            "resource": entity("Memory", namespace), "context": context,
        });
        self.0.push((json!({ "text": text, "request": request }), allowed));
    }

    async fn are_decided_so(self) {
        let (requests, expected): (Vec<Value>, Vec<bool>) = self.0.into_iter().unzip();
        let (_, allowed) = check(&json!({}), &[], &requests).await;
        assert_eq!(allowed.len(), requests.len());
        for ((request, expected), allowed) in requests.iter().zip(expected).zip(allowed) {
            assert_eq!(allowed, expected, "{request:#}");
        }
    }
}

/// Whether the policy's JSON lets a cap be for it.
fn json_allows(policy: &Value, op: &str, namespace: &str) -> bool {
    let rules = policy["allow"].as_array().expect("rules").iter();
    let mut own = rules.filter(|rule| rule["op"] == op);
    own.any(|rule| rule["namespaces"].as_array().expect("a list").contains(&json!(namespace)))
}

#[tokio::test]
async fn cedar_decides_as_the_json_says() {
    let (_portal, answers) = registrations().await;
    let (mut requests, mut allowed) = (Requests::default(), 0);
    for answer in &answers {
        let (policy, actor) = (&answer["cap_policy"], answer["actor_omni"].as_str().expect("an omni"));
        let text = policy["cedar"].as_str().expect("a text");
        let longest = policy["max_ttl_seconds"].as_i64().expect("a number");
        for (op, namespace) in ["fetch", "store"].into_iter().flat_map(|op| CATALOGUE.map(|name| (op, name))) {
            let expected = json_allows(policy, op, namespace);
            allowed += u32::from(expected);
            requests.add(text, actor, op, namespace, json!({}), expected);
            requests.add(text, actor, op, namespace, json!({ "ttl_seconds": longest }), expected);
            requests.add(text, actor, op, namespace, json!({ "ttl_seconds": longest + 1 }), false);
            requests.add(text, &omni("99"), op, namespace, json!({}), false);
        }
        for action in ["payment", "credentials", "delegation", "delete", "admin"] {
            requests.add(text, actor, action, "profile", json!({}), false);
            requests.add(text, actor, action, "profile", json!({ "user_approved": true }), false);
        }
        requests.add(text, actor, "fetch", "secrets", json!({}), false);
    }
    assert_eq!(allowed, 8 + 12 + 3 + 2, "by settings: the default, the catalogue, the narrowed ones, nothing");
    requests.are_decided_so().await;
}

/// What needs approval stays forbidden without it even where a policy of the user's permits it, and then is not.
#[tokio::test]
async fn approval_is_asked_for_whatever_else_is_permitted() {
    let (_portal, answers) = registrations().await;
    let (text, actor) = (&answers[0]["cap_policy"]["cedar"], answers[0]["actor_omni"].as_str().expect("an omni"));
    let text = format!("{}\npermit (principal, action, resource);", text.as_str().expect("a text"));
    let mut requests = Requests::default();
    for action in ["payment", "credentials", "delegation"] {
        requests.add(&text, actor, action, "profile", json!({}), false);
        requests.add(&text, actor, action, "profile", json!({ "user_approved": false }), false);
        requests.add(&text, actor, action, "profile", json!({ "user_approved": true }), true);
    }
    requests.are_decided_so().await;
}

#[tokio::test]
async fn real_answers_are_by_the_schema_and_others_are_not() {
    let (portal, answers) = registrations().await;
    let good: Vec<Value> = answers.iter().map(|answer| answer["cap_policy"].clone()).collect();
    let at = good[0]["$schema"].as_str().expect("a path");
    let schema = portal.get(at, Auth::None).await.expect(200).body;
    let (valid, _) = check(&schema, &good, &[]).await;
    assert_eq!(valid, vec![true; answers.len()]);

    let with = |pointer: &str, value: Value| {
        let mut policy = good[0].clone();
        *policy.pointer_mut(pointer).expect("a place") = value;
        policy
    };
    let mut more = good[0].clone();
    more["deny"] = json!([]);
    let mut less = good[0].clone();
    less.as_object_mut().expect("an object").remove("require_approval");
    let bad = [
        with("/version", json!(2)),
        with("/default", json!("allow")),
        with("/allow", json!([])),
        with("/allow/0/op", json!("store")),
        with("/allow/0/data_class", json!("payment")),
        with("/allow/1/namespaces", json!(["home"])),
        with("/allow/1/namespaces", json!(["child", "child"])),
        with("/require_approval", json!(["payment"])),
        with("/max_ttl_seconds", json!(301)),
        with("/max_ttl_seconds", json!(0)),
        with("/cedar", json!("")),
        more,
        less,
    ];
    let (valid, _) = check(&schema, &bad, &[]).await;
    assert_eq!(valid, vec![false; bad.len()]);
}

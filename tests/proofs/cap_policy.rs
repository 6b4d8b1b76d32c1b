//! Cap policies in strangers' hands: real answers by the published JSON Schema, in Python by a stock library; and their
//! Cedar text by Cedar itself, which decides as the JSON says.

use std::process::Command;
use std::str::FromStr;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use reqwest::Method;
use serde_json::{Value, json};

use super::commands::{Folder, output, printed, python};
use crate::harness::{Auth, Portal, Vendor, omni};

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

/// Whether Cedar lets `actor` do it.
fn allows(policies: &PolicySet, actor: &str, action: &str, namespace: &str, context: Value) -> bool {
    let entity = |kind: &str, id: &str| EntityUid::from_str(&format!("AgentKeys::{kind}::\"{id}\"")).expect("a name");
    let context = Context::from_json_value(context, None).expect("a context");
    let (actor, action) = (entity("Actor", actor), entity("Action", action));
    let request = Request::new(actor, action, entity("Memory", namespace), context, None).expect("a request");
    let answer = Authorizer::new().is_authorized(&request, policies, &Entities::empty());
    let errors: Vec<String> = answer.diagnostics().errors().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:?}");
    answer.decision() == Decision::Allow
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
    let mut allowed = 0;
    for answer in &answers {
        let (policy, actor) = (&answer["cap_policy"], answer["actor_omni"].as_str().expect("an omni"));
        let text = policy["cedar"].as_str().expect("a text");
        let policies = PolicySet::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let longest = policy["max_ttl_seconds"].as_i64().expect("a number");
        for op in ["fetch", "store"] {
            for namespace in CATALOGUE {
                let expected = json_allows(policy, op, namespace);
                let ask = |context| allows(&policies, actor, op, namespace, context);
                assert_eq!(ask(json!({})), expected, "{op} {namespace} by\n{text}");
                assert_eq!(ask(json!({ "ttl_seconds": longest })), expected, "{op} {namespace}");
                assert!(!ask(json!({ "ttl_seconds": longest + 1 })), "{op} {namespace} for too long");
                assert!(!allows(&policies, &omni("99"), op, namespace, json!({})), "another actor");
                allowed += u32::from(expected);
            }
        }
        for action in ["payment", "credentials", "delegation", "delete", "admin"] {
            for context in [json!({}), json!({ "user_approved": true })] {
                assert!(!allows(&policies, actor, action, "profile", context), "{action} by\n{text}");
            }
        }
        assert!(!allows(&policies, actor, "fetch", "secrets", json!({})), "a namespace that nobody knows");
    }
    assert_eq!(allowed, 8 + 12 + 3 + 2, "by settings: the default, the catalogue, the narrowed ones, nothing");
}

/// What needs approval stays forbidden without it even where a policy of the user's permits it, and then is not.
#[tokio::test]
async fn approval_is_asked_for_whatever_else_is_permitted() {
    let (_portal, answers) = registrations().await;
    let (text, actor) = (&answers[0]["cap_policy"]["cedar"], answers[0]["actor_omni"].as_str().expect("an omni"));
    let text = format!("{}\npermit (principal, action, resource);", text.as_str().expect("a text"));
    let policies = PolicySet::from_str(&text).expect("Cedar");
    for action in ["payment", "credentials", "delegation"] {
        let ask = |context| allows(&policies, actor, action, "profile", context);
        assert!(!ask(json!({})), "{action}");
        assert!(!ask(json!({ "user_approved": false })), "{action}");
        assert!(ask(json!({ "user_approved": true })), "{action}");
    }
}

const SCRIPT: &str = r"
import json, sys
try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit('jsonschema is missing: `cargo xtask test` installs it and names the Python in PORTAL_TEST_PYTHON')
given = json.load(open(sys.argv[1], encoding='utf-8'))
Draft202012Validator.check_schema(given['schema'])
validator = Draft202012Validator(given['schema'])
print(json.dumps([validator.is_valid(one) for one in given['policies']]))
";

/// What the schema makes of each.
async fn valid(schema: &Value, policies: &[Value]) -> Vec<bool> {
    let folder = Folder::new();
    let given = folder.file("given.json", &json!({ "schema": schema, "policies": policies }).to_string());
    let mut command = Command::new(python());
    command.arg("-c").arg(SCRIPT).arg(given);
    let output = output(command).await;
    assert!(output.status.success(), "{}", printed(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn real_answers_are_by_the_schema_and_others_are_not() {
    let (portal, answers) = registrations().await;
    let good: Vec<Value> = answers.iter().map(|answer| answer["cap_policy"].clone()).collect();
    let at = good[0]["$schema"].as_str().expect("a path");
    let schema = portal.get(at, Auth::None).await.expect(200).body;
    assert_eq!(valid(&schema, &good).await, vec![true; answers.len()]);

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
    assert_eq!(valid(&schema, &bad).await, vec![false; bad.len()]);
}

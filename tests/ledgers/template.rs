//! `template.yaml` deploys what the code is, and lets each function do what it does: no less, and nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use functions::platform::config::needed_by;
use functions::{ENDPOINTS, JOBS};
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::{Auth, Portal, Vendor, omni};

/// What `infra/deploy/check_template.py` reads out of the template: routes and grants of each function.
fn template() -> Value {
    let python = crate::proofs::commands::python();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/deploy/check_template.py");
    let output = Command::new(python).arg(script).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["functions"].clone()
}

#[test]
fn every_function_is_deployed_with_its_routes() {
    let mut ours: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        ours.entry(endpoint.function).or_default().insert(format!("{} {}", endpoint.method, endpoint.path));
    }
    for job in JOBS {
        ours.entry(job.function).or_default();
    }
    let template = template();
    let mut deployed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, function) in template.as_object().unwrap() {
        assert_eq!(function["binary"], name.as_str());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let routes = function["routes"].as_array().unwrap().iter();
        let mut all: BTreeSet<_> = routes.map(|route| format!("{} {}", text(&route[0]), text(&route[1]))).collect();
        all.extend(function["url_paths"].as_array().unwrap().iter().map(|path| format!("POST {}", text(path))));
        deployed.insert(name, all);
    }
    assert_eq!(deployed, ours);
}

#[test]
fn every_function_is_given_the_settings_that_it_needs_and_no_other() {
    // With a default of their own in the code.
    let may = BTreeSet::from(["STRIPE_API_BASE", "STRIPE_LIVEMODE"]);
    let mut faults = Vec::new();
    for (name, function) in template().as_object().unwrap() {
        let given = function["environment"].as_array().unwrap().iter().map(|setting| setting.as_str().unwrap());
        let given: BTreeSet<&str> = given.collect();
        let needed = BTreeSet::from_iter(needed_by(name).iter().copied());
        faults
            .extend(needed.difference(&given).map(|setting| format!("{name} needs {setting}, which it is not given")));
        let more = given.difference(&needed).filter(|setting| !may.contains(*setting));
        faults.extend(
            more.map(|setting| format!("{name} is given {setting}, which platform/config.rs does not ask for")),
        );
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[tokio::test]
async fn the_runner_gives_every_function_its_settings_and_tells_its_routes() {
    let portal = Portal::start().await;
    for function in ENDPOINTS.iter().map(|endpoint| endpoint.function).chain(JOBS.iter().map(|job| job.function)) {
        let told = portal.get(&format!("/_local/functions/{function}"), Auth::None).await.expect(200).body;
        for setting in needed_by(function) {
            assert!(told["environment"][setting].is_string(), "{function} is not given {setting}");
        }
        let routes = ENDPOINTS.iter().filter(|endpoint| endpoint.function == function);
        let routes: Vec<_> = routes.map(|endpoint| json!([endpoint.method, endpoint.path])).collect();
        assert_eq!(told["routes"], json!(routes));
    }
    portal.get("/_local/functions/nobody", Auth::None).await.problem(404, "not_found");
}

/// A use of every function in every way that touches AWS.
async fn everything(portal: &Portal) {
    let email = "folotoy@example.com";
    let browser = Browser::on(portal);
    let maker = json!({ "email": "maker@example.com", "display_name": "A maker" });
    portal.post("/v1/vendor/signup", Auth::None, maker).await.expect(202);
    let link = portal.link_token("maker@example.com").await;
    browser.press("/verify-email", &format!("token={link}")).await.expect(200);
    let Vendor { session, token, vendor_id, .. } = portal.vendor("folotoy").await;

    // Sessions are noted as used once a minute: each endpoint slides one on.
    let gets = ["/v1/vendor", "/v1/vendor/onboarding", "/v1/vendor/payment", "/v1/vendor/audit"];
    for path in gets {
        portal.advance(61).await;
        portal.get(path, Auth::Session(&session)).await.expect(200);
    }
    portal.advance(61).await;
    portal.post("/v1/vendor/tokens", Auth::Session(&session), json!({})).await.expect(409);
    portal.get("/v1/vendor", Auth::Bearer(&token)).await.expect(200);

    let device = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&token, "first", device.clone()).await.expect(201);
    portal.set_status(&vendor_id, "suspended").await;
    portal.advance(31).await;
    portal.register(&token, "stopped", device).await.expect(403);
    portal.set_status(&vendor_id, "active").await;

    for path in ["/.well-known/jwks.json", "/v1/legal/terms", "/docs", "/openapi.json"] {
        portal.get(path, Auth::None).await.expect(200);
    }
    let mut browser = Browser::on(portal);
    let asked = portal.post("/v1/vendor/sessions", Auth::None, json!({ "email": email })).await.expect(202);
    browser.keep(&asked);
    let link = portal.link_token(email).await;
    browser.press("/sign-in", &format!("token={link}")).await.expect(200);
    let asked = portal.post("/v1/vendor/sessions", Auth::None, json!({ "email": email })).await.expect(202);
    let exchange = json!({ "token": portal.link_token(email).await, "request_id": asked.str("/request_id") });
    let again = portal.post("/v1/vendor/sessions/exchange", Auth::None, exchange).await.expect(200);
    portal.delete("/v1/vendor/sessions/current", Auth::Session(again.str("/session"))).await.expect(204);
    portal.runner().settle().await;
}

/// The permissions that an operation asks for. A transaction asks for those of its writes.
fn actions(service: &str, operation: &str) -> Vec<String> {
    match (service, operation) {
        ("dynamodb", "TransactWriteItems") => vec!["dynamodb:PutItem".into()],
        (service, operation) => vec![format!("{service}:{operation}")],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_may_do_what_it_does_and_nothing_more() {
    let portal = Portal::start().await;
    everything(&portal).await;
    let meter = portal.get("/_local/meter?by=function", Auth::None).await.expect(200).body;
    let mut faults = Vec::new();
    for (name, function) in template().as_object().unwrap() {
        let mut used = BTreeSet::new();
        for (service, operations) in meter[name].as_object().into_iter().flatten() {
            for operation in operations.as_object().into_iter().flatten().map(|(operation, _)| operation) {
                used.extend(actions(service, operation));
                // The one transaction that deletes uses a link up.
                if operation == "TransactWriteItems"
                    && matches!(
                        name.as_str(),
                        "vendor-verify-email" | "sessions-exchange" | "page-verify-email" | "page-sign-in"
                    )
                {
                    used.insert("dynamodb:DeleteItem".into());
                }
            }
        }
        let grants = function["grants"].as_array().unwrap().iter();
        let granted: BTreeSet<String> = grants.map(|grant| grant[0].as_str().unwrap().to_owned()).collect();
        faults.extend(used.difference(&granted).map(|action| format!("{name} uses {action}, which nothing grants")));
        faults
            .extend(granted.difference(&used).map(|action| format!("{name} is granted {action}, which nothing uses")));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

//! `template.yaml` deploys what the code is, and lets each function do what it does: no less, and nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use functions::platform::config::needed_by;
use functions::{ENDPOINTS, JOBS, Trigger};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::{Auth, Portal, Vendor, omni, pictures};

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
fn every_job_is_started_by_what_it_says() {
    let template = template();
    for job in JOBS {
        let function = &template[job.function];
        let schedules = &function["schedules"];
        let (stream, schedule) = match job.trigger {
            Trigger::TableStream => (true, json!([])),
            Trigger::Schedule(expression) => (false, json!([{ "expression": expression, "timezone": "UTC" }])),
            Trigger::Operations => (false, json!([])),
        };
        assert_eq!((!function["stream"].is_null(), schedules), (stream, &schedule), "{}", job.function);
    }
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
    let chosen = ["/v1/vendor/settings", "/v1/vendor/branding"];
    registry(portal, &session, &token).await;
    for path in gets.into_iter().chain(chosen) {
        portal.advance(61).await;
        portal.get(path, Auth::Session(&session)).await.expect(200);
    }
    portal.advance(61).await;
    portal.post("/v1/vendor/tokens", Auth::Session(&session), json!({})).await.expect(409);
    portal.get("/v1/vendor", Auth::Bearer(&token)).await.expect(200);

    choose(portal, &session).await;

    let device = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&token, "first", device.clone()).await.expect(201);
    let actor = portal.actor(&token, "FT-0001").await;
    let cap = portal.mint(&token, &actor, &["profile"]).await.expect(201);
    portal.mint(&token, &omni("99"), &["profile"]).await.expect(404);
    portal.revoke_cap(&token, cap.str("/cap_id")).await.expect(204);
    portal.set_status(&vendor_id, "suspended").await;
    portal.advance(31).await;
    portal.register(&token, "stopped", device).await.expect(403);
    portal.mint(&token, &actor, &["profile"]).await.expect(403);
    portal.revoke_cap(&token, cap.str("/cap_id")).await.expect(403);
    portal.set_status(&vendor_id, "active").await;

    for path in [
        "/v1/caps/revoked",
        "/.well-known/jwks.json",
        "/v1/legal/terms",
        "/docs",
        "/openapi.json",
        "/schemas/cap-policy/1.json",
    ] {
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
    tokens_and_sessions(portal, email).await;
    portal.runner().settle().await;
}

/// Tokens through their whole life, by people and by operations.
async fn tokens_and_sessions(portal: &Portal, email: &str) {
    let session = portal.sign_in(email).await;
    let slide = async || portal.advance(61).await;
    slide().await;
    portal.post("/v1/vendor/tokens/rotate", Auth::Session(&session), json!({})).await.expect(201);
    for path in ["/v1/vendor/tokens", "/v1/vendor/sessions"] {
        slide().await;
        portal.get(path, Auth::Session(&session)).await.expect(200);
    }
    let list = portal.get("/v1/vendor/tokens", Auth::Session(&session)).await.expect(200);
    slide().await;
    let token = format!("/v1/vendor/tokens/{}", list.str("/data/0/token_id"));
    portal.delete(&token, Auth::Session(&session)).await.expect(204);
    slide().await;
    portal.delete("/v1/vendor/sessions", Auth::Session(&session)).await.expect(204);

    let service = portal
        .operate(
            "service-tokens",
            json!({
                "action": "issue", "operator": "li.lei", "name": "mcp", "scope": "tokens:introspect", "days": 1,
            }),
        )
        .await;
    let bearer = Auth::Bearer(service["token"].as_str().unwrap());
    portal.introspect(bearer, "x").await.expect(200);
    let end = json!({ "action": "revoke", "operator": "li.lei", "token_id": service["token_id"] });
    portal.operate("service-tokens", end).await;
    portal.vendor("reminded").await;
    portal.advance(61 * 24 * 3600).await;
    portal.operate("tokens-remind", json!({})).await;
}

/// Changes settings and branding, puts a logo in another's place, looks at it, and removes it.
async fn choose(portal: &Portal, session: &str) {
    let change = |method: Method, path: &str| {
        let request = portal.request(method, path, Auth::Session(session));
        request.header("if-match", "*")
    };
    let settings = change(Method::PATCH, "/v1/vendor/settings").json(&json!({ "locale": "zh-CN" }));
    portal.send(settings).await.expect(200);
    let look = json!({ "display_name": "FoloToy", "accent_color": "#c0392b" });
    portal.send(change(Method::PUT, "/v1/vendor/branding").json(&look)).await.expect(200);
    let logo = "/v1/vendor/branding/logo";
    for side in [8, 16] {
        let put = change(Method::PUT, logo).header("content-type", "image/png");
        let put = portal.send(put.body(pictures::png(side, side))).await.expect(200);
        portal.send(portal.client().get(put.str("/logo/url"))).await.expect(200);
    }
    portal.send(change(Method::DELETE, logo)).await.expect(204);
}

/// The registry and its imports, by a person and by software.
async fn registry(portal: &Portal, session: &str, token: &str) {
    let batch = json!({ "devices": [{ "device_id": "FT-0002", "user_omni": omni("11") }] });
    portal.register_batch(token, "batch", batch).await.expect(200);
    portal.runner().settle().await;
    let create = json!({ "format": "ndjson", "total_lines": 1 });
    let import = portal.import(token, create.clone()).await;
    let line = json!({ "device_id": "FT-0003", "user_omni": omni("11") }).to_string();
    portal.upload(token, &import, 1, &line).await.expect(200);
    let imports = ["".to_owned(), format!("/{import}"), format!("/{import}/report")];
    let mut gets: Vec<String> = imports.map(|path| format!("/v1/vendor/imports{path}")).into();
    let user = format!("/v1/vendor/devices?user={}&active=true", omni("11"));
    gets.extend(["/v1/vendor/devices?active=true".into(), user, "/v1/vendor/devices/FT-0002".into()]);
    for path in gets {
        portal.advance(61).await;
        portal.get(&path, Auth::Session(session)).await.expect(200);
        portal.get(&path, Auth::Bearer(token)).await.expect(200);
    }
    portal.advance(61).await;
    portal.post("/v1/vendor/imports", Auth::Session(session), create).await.expect(201);
    portal.advance(61).await;
    portal.upload_as(Auth::Session(session), &import, 1, "application/x-ndjson", &line).await.expect(200);
    portal.advance(61).await;
    portal.release(Auth::Session(session), "FT-0002", "11").await.expect(204);
    // While the gate is looked up anew, a registration may not see a release of a moment ago.
    portal.runner().settle().await;
    // Registered again, in each way there is, and released again by its token.
    for (key, device) in [("again", "FT-0002"), ("third", "FT-0002")] {
        let again = json!({ "device_id": device, "user_omni": omni("11") });
        portal.register(token, key, again).await.expect(201);
        portal.release(Auth::Bearer(token), device, "11").await.expect(204);
    }
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
                // The transactions that delete use a link up, or take a logo away.
                if operation == "TransactWriteItems"
                    && matches!(
                        name.as_str(),
                        "vendor-verify-email"
                            | "sessions-exchange"
                            | "page-verify-email"
                            | "page-sign-in"
                            | "logo-upload"
                            | "logo-remove"
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

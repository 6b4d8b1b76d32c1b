//! From sign-up to the first registered device, as the vendor sees it.

use domain::device::DeviceId;
use domain::ids::VendorId;
use domain::omni::{UserOmni, actor_label, actor_omni};
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, TERMS, omni, types};

/// Every step with its status, `accept_terms: todo`.
async fn steps(portal: &Portal, session: &str) -> Vec<String> {
    let answer = portal.get("/v1/vendor/onboarding", Auth::Session(session)).await;
    let answer = answer.expect(200);
    let steps = answer.body["steps"].as_array().expect("a list");
    let line = |step: &Value| {
        let (name, status) = (step["step"].as_str().unwrap(), step["status"].as_str().unwrap());
        // What can be done now says where, and nothing else does.
        assert_eq!(step["action_url"].is_string(), status == "todo", "{step}");
        format!("{name}: {status}")
    };
    steps.iter().map(line).collect()
}

async fn status(portal: &Portal, session: &str) -> String {
    let vendor = portal.get("/v1/vendor", Auth::Session(session)).await.expect(200);
    let onboarding = portal.get("/v1/vendor/onboarding", Auth::Session(session)).await;
    assert_eq!(vendor.body["status"], onboarding.expect(200).body["status"]);
    vendor.str("/status").to_owned()
}

/// What the portal says is missing before a token may be issued.
async fn missing(portal: &Portal, session: &str) -> Value {
    let asked = portal.post("/v1/vendor/tokens", Auth::Session(session), json!({})).await;
    asked.problem(403, "onboarding_incomplete").body["missing"].clone()
}

/// Signs up and opens the mail: its subject, and the answer to the link's secret.
async fn sign_up(portal: &Portal, profile: Value) -> (String, Answer) {
    let email = profile["email"].as_str().unwrap().to_owned();
    let answer = portal.post("/v1/vendor/signup", Auth::None, profile).await.expect(202);
    assert_eq!(answer.body, json!({ "status": "verification_sent" }));

    let token = portal.link_token(&email).await;
    let mails = portal.mails_to(&email).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let link = format!("{}/verify-email?token={token}", portal.url(""));
    for body in ["text", "html"] {
        assert!(mails[0][body].as_str().unwrap().contains(&link), "no link in the {body}");
    }
    let path = "/v1/vendor/verify-email";
    let verified = portal.post(path, Auth::None, json!({ "token": token })).await;
    (mails[0]["subject"].as_str().unwrap().to_owned(), verified.expect(200))
}

/// The first device, and what its answer must say.
async fn first_device(portal: &Portal, vendor_id: &str, token: &str) {
    let body = json!({
        "device_id": "FT-0001", "user_omni": omni("11"), "model": "bunny-2", "metadata": { "firmware": "1.0.3" },
    });
    let answer = portal.register(token, "first", body).await.expect(201);
    let vendor: VendorId = vendor_id.parse().unwrap();
    let (device, user): (DeviceId, UserOmni) = ("FT-0001".parse().unwrap(), omni("11").parse().unwrap());
    assert_eq!(answer.str("/actor_omni"), actor_omni(vendor, &device, user, 0).to_string());
    assert_eq!(answer.str("/actor_label"), actor_label(vendor, &device, 0));
    assert_eq!(answer.str("/device_id"), "FT-0001");
    assert_eq!(answer.str("/user_omni"), omni("11"));
    assert_eq!(answer.body["generation"], 0);
    assert!(answer.str("/binding_id").starts_with("bnd_"));
    assert_eq!(answer.body["cap_policy"]["default"], "deny");
    assert_eq!(answer.str("/receipt").split('.').count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn folotoy_in_english_accepts_first_and_pays_then() {
    let portal = Portal::start().await;
    let profile = json!({ "email": "ops@folotoy.example", "display_name": "FoloToy", "locale": "en" });
    let (subject, verified) = sign_up(&portal, profile).await;
    assert_eq!(subject, "Confirm your e-mail address for AgentKeys");
    let (vendor_id, session) = (verified.str("/vendor_id"), verified.str("/session"));

    assert_eq!(verified.str("/status"), "onboarding");
    assert_eq!(status(&portal, session).await, "onboarding");
    let at_first = [
        "verify_email: done",
        "accept_terms: todo",
        "connect_payment: todo",
        "issue_token: blocked",
        "register_device: blocked",
    ];
    assert_eq!(steps(&portal, session).await, at_first);
    let both = json!(["accept_terms", "connect_payment"]);
    assert_eq!(missing(&portal, session).await, both);

    portal.accept_terms(session).await;
    assert_eq!(status(&portal, session).await, "onboarding");
    assert_eq!(steps(&portal, session).await[1..3], ["accept_terms: done", "connect_payment: todo"]);
    assert_eq!(missing(&portal, session).await, json!(["connect_payment"]));

    portal.connect_stripe(session).await;
    assert_eq!(status(&portal, session).await, "active");
    let paid = steps(&portal, session).await;
    assert_eq!(paid[2..], ["connect_payment: done", "issue_token: todo", "register_device: blocked"]);

    let (token, _) = portal.issue_token(session).await;
    assert_eq!(steps(&portal, session).await[3..], ["issue_token: done", "register_device: todo"]);

    first_device(&portal, vendor_id, &token).await;
    assert!(steps(&portal, session).await.iter().all(|step| step.ends_with(": done")));
    let audit = portal.audit_with(session, "device.registered").await;
    assert_eq!(types(&audit)[0], "device.registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn ropet_in_chinese_pays_first_and_accepts_then() {
    let portal = Portal::start().await;
    let profile = json!({
        "email": "ops@ropet.example", "display_name": "萌友智能", "locale": "zh-CN", "country": "CN",
    });
    let (subject, verified) = sign_up(&portal, profile).await;
    assert_eq!(subject, "请确认您的 AgentKeys 邮箱地址");
    let (vendor_id, session) = (verified.str("/vendor_id"), verified.str("/session"));
    let vendor = portal.get("/v1/vendor", Auth::Session(session)).await.expect(200);
    assert_eq!((vendor.str("/locale"), vendor.str("/display_name")), ("zh-CN", "萌友智能"));
    assert_eq!(vendor.body["price"], json!({ "amount": 1400, "currency": "CNY" }));

    portal.connect_stripe(session).await;
    assert_eq!(status(&portal, session).await, "onboarding");
    assert_eq!(
        steps(&portal, session).await[1..4],
        ["accept_terms: todo", "connect_payment: done", "issue_token: blocked",]
    );
    assert_eq!(missing(&portal, session).await, json!(["accept_terms"]));

    portal.accept_terms(session).await;
    assert_eq!(status(&portal, session).await, "active");
    let (token, _) = portal.issue_token(session).await;
    first_device(&portal, vendor_id, &token).await;
    assert!(steps(&portal, session).await.iter().all(|step| step.ends_with(": done")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terms_can_be_read_before_they_are_accepted() {
    let portal = Portal::start().await;
    let terms = portal.get("/v1/legal/terms", Auth::None).await.expect(200);
    assert_eq!((terms.str("/tos/version"), terms.str("/dpa/version")), (TERMS, TERMS));
    for pointer in ["/tos/url", "/dpa/url", "/tos/zh_cn/url", "/dpa/zh_cn/url"] {
        let url = terms.str(pointer);
        let text = portal.send(portal.client().get(url)).await.expect(200).text;
        assert!(text.contains(TERMS), "{url} does not name its version");
    }
}

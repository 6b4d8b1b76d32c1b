//! `POST /v1/vendor/sessions`

use serde_json::{Value, json};

use crate::harness::browser::set_cookie;
use crate::harness::{Answer, Auth, Portal};

const FOLOTOY: &str = "ops@folotoy.example";

async fn ask(portal: &Portal, body: Value) -> Answer {
    portal.post("/v1/vendor/sessions", Auth::None, body).await
}

/// Status, the body's fields, the headers' names, the cookie's attributes: all but the secrets themselves.
fn looks(answer: &Answer) -> (u16, Vec<String>, Vec<String>, Vec<String>) {
    let fields = answer.body.as_object().unwrap().keys().cloned().collect();
    let headers = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
    let cookie = set_cookie(answer, "signin").expect("the request id as a cookie");
    (answer.status, fields, headers, cookie[1..].to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_a_link_and_gives_the_browser_its_half() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let answer = ask(&portal, json!({ "email": " OPS@folotoy.example" })).await.expect(202);
    assert_eq!(answer.str("/status"), "sign_in_link_sent");
    let cookie = set_cookie(&answer, "signin").unwrap();
    assert_eq!(cookie[0], answer.str("/request_id"));
    for attribute in ["HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(cookie.iter().any(|part| part == attribute), "{cookie:?}");
    }
    let mails = portal.mails_to(FOLOTOY).await;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1]["subject"], "Your sign-in link for AgentKeys");
    let link = format!("{}?token=", portal.url("/sign-in"));
    for part in ["text", "html"] {
        let body = mails[1][part].as_str().unwrap();
        assert!(body.contains(&link), "{body}");
        assert!(!body.contains(answer.str("/request_id")), "both halves in one mail");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_gets_the_same_answer_and_no_mail() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let known = ask(&portal, json!({ "email": FOLOTOY })).await.expect(202);
    let unknown = ask(&portal, json!({ "email": "ops@nobody.example" })).await.expect(202);
    assert_eq!(looks(&known), looks(&unknown));
    assert_eq!(known.body["status"], unknown.body["status"]);
    assert_eq!(known.str("/request_id").len(), unknown.str("/request_id").len());
    assert_eq!(portal.mails_to("ops@nobody.example").await.len(), 0);
}

/// Nor do the calls that the answer costs tell them apart.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_costs_the_same() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let mut meters = Vec::new();
    for email in [FOLOTOY, "ops@nobody.example"] {
        portal.reset_meter().await;
        ask(&portal, json!({ "email": email })).await.expect(202);
        meters.push(portal.meter().await);
    }
    assert_eq!(meters[0], meters[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_the_vendors_language() {
    let portal = Portal::start().await;
    portal.sign_up_as(json!({ "email": FOLOTOY, "display_name": "火火兔", "locale": "zh-CN" })).await;
    ask(&portal, json!({ "email": FOLOTOY })).await.expect(202);
    let mails = portal.mails_to(FOLOTOY).await;
    assert_eq!(mails[1]["subject"], "您的 AgentKeys 登录链接");
    assert!(mails[1]["text"].as_str().unwrap().contains("火火兔，您好"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_pointed_at() {
    let portal = Portal::start().await;
    let answer = ask(&portal, json!({})).await.problem(400, "invalid_request");
    assert_eq!(answer.pointers(), ["/email"]);
    for email in ["", "folotoy", "a@b", "a b@c.example"] {
        let answer = ask(&portal, json!({ "email": email })).await;
        assert_eq!(answer.problem(422, "validation_failed").pointers(), ["/email"], "{email:?}");
    }
}

//! `POST /v1/vendor/terms/accept`

use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, TERMS, types};

fn signature(name: &str) -> Value {
    json!({ "tos_version": TERMS, "dpa_version": TERMS, "signatory_name": name, "signatory_title": "CEO" })
}

async fn accept(portal: &Portal, session: &str, body: Value) -> Answer {
    portal.post("/v1/vendor/terms/accept", Auth::Session(session), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_who_signed_what_when_and_from_where() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.now().await;
    let answer = accept(&portal, &folotoy.session, signature(" 李雷 ")).await.expect(200);
    let at: domain::clock::Timestamp = answer.str("/accepted_at").parse().unwrap();
    assert!((before..=portal.now().await).contains(&at), "{at}");
    let expected = json!({
        "status": "onboarding", "tos_version": TERMS, "dpa_version": TERMS,
        "signatory_name": "李雷", "signatory_title": "CEO", "accepted_at": answer.str("/accepted_at"),
    });
    assert_eq!(answer.body, expected);

    let vendor = portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.expect(200);
    assert_eq!(vendor.str("/price_version"), "2026-11", "the price of the day is pinned");
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(audit[0]["type"], "vendor.terms_accepted");
    assert_eq!(audit[0]["by"]["address"], "127.0.0.1");
    let changes = audit[0]["changes"].as_array().unwrap();
    let terms = changes.iter().find(|change| change["field"] == "terms").unwrap();
    assert_eq!(terms["after"]["address"], "127.0.0.1");
    assert_eq!(terms["after"]["signatory_name"], "李雷");
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_twice_the_first_signature_stands() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let first = accept(&portal, &folotoy.session, signature("Li Lei")).await.expect(200);
    portal.advance(3600).await;
    let second = accept(&portal, &folotoy.session, signature("Han Meimei")).await.expect(200);
    assert_eq!(second.body, first.body);
    let audit = portal.audit(&folotoy.session).await;
    let signed = types(&audit).into_iter().filter(|kind| *kind == "vendor.terms_accepted");
    assert_eq!(signed.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at_and_nothing_is_signed() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let long = "x".repeat(101);
    let rows: [(&str, &str); 7] = [
        ("tos_version", "2020-01-01"),
        ("dpa_version", ""),
        ("signatory_name", ""),
        ("signatory_name", "Li\nLei"),
        ("signatory_name", &long),
        ("signatory_title", "  "),
        ("signatory_title", &long),
    ];
    for (field, value) in rows {
        let mut body = signature("Li Lei");
        body[field] = value.into();
        let answer = accept(&portal, &folotoy.session, body).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), [format!("/{field}")]);
    }
    for field in ["tos_version", "dpa_version", "signatory_name", "signatory_title"] {
        let mut body = signature("Li Lei");
        body.as_object_mut().unwrap().remove(field);
        let answer = accept(&portal, &folotoy.session, body).await.problem(400, "invalid_request");
        assert_eq!(answer.pointers(), [format!("/{field}")]);
    }
    let all = json!({ "tos_version": "1", "dpa_version": "2", "signatory_name": "", "signatory_title": "" });
    let answer = accept(&portal, &folotoy.session, all).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/tos_version", "/dpa_version", "/signatory_name", "/signatory_title"]);
    assert_eq!(portal.state(&folotoy.session).await, before);
}

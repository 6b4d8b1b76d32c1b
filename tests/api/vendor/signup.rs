//! `POST /v1/vendor/signup`

use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal};

async fn sign_up(portal: &Portal, body: Value) -> Answer {
    portal.post("/v1/vendor/signup", Auth::None, body).await
}

/// Refused with that code at those fields, and nobody gets mail.
async fn refused(portal: &Portal, body: Value, code: &str, pointers: &[&str]) {
    let status = if code == "invalid_request" { 400 } else { 422 };
    let answer = sign_up(portal, body.clone()).await.problem(status, code);
    assert_eq!(answer.pointers(), pointers, "{body}");
    let mails = portal.get("/_local/mail", Auth::None).await.expect(200);
    assert_eq!(mails.body, json!([]), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_and_a_name_are_enough() {
    let portal = Portal::start().await;
    let body = json!({ "email": " Ops@FoloToy.example ", "display_name": " FoloToy 火火兔 " });
    let answer = sign_up(&portal, body).await.expect(202);
    assert_eq!(answer.body, json!({ "status": "verification_sent" }));

    let mails = portal.mails_to("ops@folotoy.example").await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0]["text"].as_str().unwrap().contains("Hello FoloToy 火火兔,"));
    let body = json!({ "token": portal.link_token("ops@folotoy.example").await });
    let verified = portal.post("/v1/vendor/verify-email", Auth::None, body).await.expect(200);
    let session = Auth::Session(verified.str("/session"));
    let vendor = portal.get("/v1/vendor", session).await.expect(200);
    assert_eq!((vendor.str("/display_name"), vendor.str("/locale")), ("FoloToy 火火兔", "en"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_pointed_at() {
    let portal = Portal::start().await;
    refused(&portal, json!({ "display_name": "FoloToy" }), "invalid_request", &["/email"]).await;
    let body = json!({ "email": "ops@folotoy.example" });
    refused(&portal, body, "invalid_request", &["/display_name"]).await;
    refused(&portal, json!({ "email": null, "display_name": "x" }), "invalid_request", &["/email"]).await;
    // An object's values in a list are no object.
    let body = json!(["ops@folotoy.example", "FoloToy", "en", "CN"]);
    refused(&portal, body, "invalid_request", &[""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at() {
    let portal = Portal::start().await;
    let long = format!("{}@folotoy.example", "a".repeat(65));
    let longer = format!("a@{}.example", "b.".repeat(125));
    for email in [
        "",
        "folotoy",
        "ops@folotoy",
        "@folotoy.example",
        "ops folotoy@example.com",
        "ops@folotoy.example\nBcc: all@folotoy.example",
        "a@b.example, c@d.example",
        "火火兔@folotoy.example",
        &long,
        &longer,
    ] {
        let body = json!({ "email": email, "display_name": "FoloToy" });
        refused(&portal, body, "validation_failed", &["/email"]).await;
    }
    let body = |field: &str, value: &str| {
        let mut body = json!({ "email": "ops@folotoy.example", "display_name": "FoloToy" });
        body[field] = value.into();
        body
    };
    for name in ["", "   ", "Folo\nToy", "Folo\u{202e}yoT", &"火".repeat(101)] {
        refused(&portal, body("display_name", name), "validation_failed", &["/display_name"]).await;
    }
    for locale in ["", "fr", "zh", "EN", "zh-cn"] {
        refused(&portal, body("locale", locale), "validation_failed", &["/locale"]).await;
    }
    for country in ["", "cn", "CHN", "C1"] {
        refused(&portal, body("country", country), "validation_failed", &["/country"]).await;
    }
    let all = json!({ "email": "x", "display_name": "", "locale": "xx", "country": "xx" });
    let every = ["/email", "/display_name", "/locale", "/country"];
    refused(&portal, all, "validation_failed", &every).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_name_is_taken() {
    let portal = Portal::start().await;
    let body = json!({ "email": "ops@folotoy.example", "display_name": "火".repeat(100) });
    sign_up(&portal, body).await.expect(202);
}

/// Decision 9: nobody learns from the answer who is a vendor; the owner of the address does, by mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_gets_the_same_answer_and_another_mail() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;

    let known = sign_up(&portal, json!({ "email": "OPS@folotoy.example", "display_name": "Evil" })).await;
    let unknown = sign_up(&portal, json!({ "email": "ops@ropet.example", "display_name": "Ropet" })).await;
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
    let names = |answer: &Answer| answer.headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));

    let mails = portal.mails_to("ops@folotoy.example").await;
    assert_eq!(mails[1]["subject"], "You already have an AgentKeys account");
    let text = mails[1]["text"].as_str().unwrap();
    assert!(!text.contains("token=") && !text.contains("Evil"), "{text}");
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn until_it_is_proved_an_address_may_sign_up_again() {
    let portal = Portal::start().await;
    for (name, locale) in [("FoloTyo", "en"), ("FoloToy", "zh-CN")] {
        let body = json!({ "email": "ops@folotoy.example", "display_name": name, "locale": locale });
        sign_up(&portal, body).await.expect(202);
    }
    assert_eq!(portal.mails_to("ops@folotoy.example").await.len(), 2);
    let body = json!({ "token": portal.link_token("ops@folotoy.example").await });
    let verified = portal.post("/v1/vendor/verify-email", Auth::None, body).await.expect(200);
    let vendor = portal.get("/v1/vendor", Auth::Session(verified.str("/session"))).await.expect(200);
    assert_eq!((vendor.str("/display_name"), vendor.str("/locale")), ("FoloToy", "zh-CN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_are_one_vendor() {
    let portal = Portal::start().await;
    let body = json!({ "email": "ops@folotoy.example", "display_name": "FoloToy" });
    let (one, other) = tokio::join!(sign_up(&portal, body.clone()), sign_up(&portal, body));
    assert_eq!((one.status, other.status), (202, 202));
    let mails = portal.mails_to("ops@folotoy.example").await;
    let token = |mail: &Value| {
        let text = mail["text"].as_str().unwrap();
        text.split_once("token=").unwrap().1.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(mails.len(), 2);
    let verify = async |mail: &Value| {
        let body = json!({ "token": token(mail) });
        portal.post("/v1/vendor/verify-email", Auth::None, body).await
    };
    let verified = verify(&mails[0]).await.expect(200);
    let vendor = portal.get("/v1/vendor", Auth::Session(verified.str("/session"))).await.expect(200);
    assert_eq!(vendor.str("/vendor_id"), verified.str("/vendor_id"));
    // The address is proved: the other link is no way in any more.
    assert_eq!(verify(&mails[1]).await.problem(422, "validation_failed").pointers(), ["/token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_sign_up_says_does_not_count() {
    let portal = Portal::start().await;
    let body = json!({ "email": "ops@folotoy.example", "display_name": "FoloToy" });
    sign_up(&portal, body).await.expect(202);
    let own = portal.link_token("ops@folotoy.example").await;
    let body = json!({ "email": "ops@folotoy.example", "display_name": "Evil", "country": "RU" });
    sign_up(&portal, body).await.expect(202);
    let verified = portal.post("/v1/vendor/verify-email", Auth::None, json!({ "token": own })).await.expect(200);
    let vendor = portal.get("/v1/vendor", Auth::Session(verified.str("/session"))).await.expect(200);
    assert_eq!(vendor.str("/display_name"), "FoloToy");
}

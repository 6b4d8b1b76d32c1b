//! `PUT /v1/vendor/branding`

use reqwest::Method;
use serde_json::{Value, json};

use super::{PATH, change, see};
use crate::harness::{Auth, Portal};

fn good() -> Value {
    json!({ "display_name": " 火火兔 ", "accent_color": "#FFCC00", "support_url": "https://Help.FoloToy.example/toys" })
}

#[tokio::test(flavor = "multi_thread")]
async fn parents_see_what_the_vendor_says() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let seen = see(&portal, &folotoy.session).await.header("etag").to_owned();
    let answer = change(&portal, &folotoy.session, &seen, good()).await.expect(200);
    let expected = json!({
        "display_name": "火火兔",
        "accent_color": "#ffcc00",
        "contrast": { "with_white": 1.51, "with_black": 13.88, "text_color": "#000000" },
        "support_url": "https://help.folotoy.example/toys",
    });
    assert_eq!(answer.body, expected);
    let now = see(&portal, &folotoy.session).await;
    assert_eq!((now.header("etag"), &now.body), (answer.header("etag"), &expected));
    // The company's own name is another thing.
    let vendor = portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.expect(200);
    assert_eq!(vendor.str("/display_name"), "ops");
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(
        (&audit[0]["type"], &audit[0]["changes"][0]["field"]),
        (&json!("vendor.branding_changed"), &json!("branding"))
    );

    let shorter = json!({ "display_name": "火火兔", "accent_color": "#ffcc00" });
    let shorter = change(&portal, &folotoy.session, answer.header("etag"), shorter).await.expect(200);
    assert_eq!(shorter.body.get("support_url"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_edit_is_refused_with_what_changed() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let seen = see(&portal, &folotoy.session).await.header("etag").to_owned();
    let put = portal.request(Method::PUT, PATH, Auth::Session(&folotoy.session));
    portal.send(put.json(&good())).await.problem(428, "precondition_required");
    let first = json!({ "display_name": "ops", "accent_color": "#000000" });
    change(&portal, &folotoy.session, &seen, first).await.expect(200);
    let refused = change(&portal, &folotoy.session, &seen, good()).await.problem(412, "precondition_failed");
    assert_eq!(refused.body["changed"], json!([{ "field": "accent_color", "current": "#000000" }]));
    change(&portal, &folotoy.session, refused.header("etag"), good()).await.expect(200);
    change(&portal, &folotoy.session, "*", good()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at_and_nothing_changes() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let long = "x".repeat(65);
    let rows: [(&str, &str); 13] = [
        ("display_name", " "),
        ("display_name", &long),
        ("display_name", "Folo\u{202E}yoT"),
        ("accent_color", ""),
        ("accent_color", "red"),
        ("accent_color", "#fff"),
        ("accent_color", "#ffcc0"),
        ("accent_color", "url(x)"),
        ("support_url", ""),
        ("support_url", "http://help.folotoy.example"),
        ("support_url", "javascript:alert(1)"),
        ("support_url", "https://user:secret@help.folotoy.example"),
        ("support_url", "https://10.0.0.1/"),
    ];
    for (field, value) in rows {
        let mut body = good();
        body[field] = value.into();
        let answer = change(&portal, &folotoy.session, "*", body).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), [format!("/{field}")], "{value}");
    }
    let all = json!({ "display_name": "", "accent_color": "", "support_url": "" });
    let answer = change(&portal, &folotoy.session, "*", all).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/display_name", "/accent_color", "/support_url"]);
    let logo = json!({ "display_name": "A", "accent_color": "#000000", "logo": null });
    let answer = change(&portal, &folotoy.session, "*", logo).await.problem(400, "invalid_request");
    assert_eq!(answer.pointers(), ["/logo"]);
    assert_eq!(portal.state(&folotoy.session).await, before);
}

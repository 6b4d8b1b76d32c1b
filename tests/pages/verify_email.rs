//! `/verify-email`

use reqwest::Method;
use serde_json::json;

use crate::harness::browser::{Browser, set_cookie};
use crate::harness::{Auth, Portal, good};

const FOLOTOY: &str = "ops@folotoy.example";

/// The path of the mailed link, and the form behind its button.
async fn signed_up(portal: &Portal) -> (String, String) {
    let body = json!({ "email": FOLOTOY, "display_name": "FoloToy" });
    portal.post("/v1/vendor/signup", Auth::None, body).await.expect(202);
    let form = format!("token={}", portal.link_token(FOLOTOY).await);
    (format!("/verify-email?{form}"), form)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_proves_the_address_and_signs_in() {
    let portal = Portal::start().await;
    let (link, form) = signed_up(&portal).await;
    let browser = Browser::on(&portal);
    let page = browser.open(&link).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let (_, token) = form.split_once('=').unwrap();
    let input = format!(r#"<input type="hidden" name="token" value="{token}">"#);
    assert!(page.text.contains(r#"<form method="post" action="/verify-email">"#) && page.text.contains(&input));
    assert!(page.text.contains(">Confirm and sign in</button>"));
    assert!(!page.text.contains("<script"));

    let done = browser.press("/verify-email", &form).await.expect(200);
    assert!(done.text.contains("Your address is confirmed"));
    let statuses: Vec<_> = done.text.split("<li data-status=\"").skip(1).collect();
    let statuses: Vec<_> = statuses.iter().filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(statuses, ["done", "todo", "todo", "blocked", "blocked"]);
    let session = set_cookie(&done, "session").expect("a session")[0].clone();
    let vendor = portal.get("/v1/vendor", Auth::Session(&session)).await.expect(200);
    assert_eq!(vendor.str("/status"), "onboarding");
}

/// Mail scanners open every link, some of them many times.
#[tokio::test(flavor = "multi_thread")]
async fn to_open_the_page_uses_nothing_up() {
    let portal = Portal::start().await;
    let (link, form) = signed_up(&portal).await;
    for _ in 0..5 {
        Browser::on(&portal).open(&link).await.expect(200);
        portal.send(portal.request(Method::HEAD, &link, Auth::None)).await.expect(200);
    }
    Browser::on(&portal).press("/verify-email", &form).await.expect(200);
    // And it still opens when it is used up; the button says so.
    Browser::on(&portal).open(&link).await.expect(200);
    let again = Browser::on(&portal).press("/verify-email", &form).await.expect(422);
    assert!(again.text.contains("This link does not work"));
    assert!(set_cookie(&again, "session").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_the_browsers_language() {
    let portal = Portal::start().await;
    let (link, form) = signed_up(&portal).await;
    for (language, tag, title) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "确认您的邮箱地址"),
        ("zh-TW", "zh-CN", "确认您的邮箱地址"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en", "Confirm your e-mail address"),
        ("fr", "en", "Confirm your e-mail address"),
    ] {
        let browser = Browser { language, ..Browser::on(&portal) };
        let page = browser.open(&link).await.expect(200);
        assert!(page.text.contains(&format!("<html lang=\"{tag}\">")), "{language}");
        assert!(page.text.contains(&format!("<h1>{title}</h1>")), "{language}");
    }
    let browser = Browser { language: "zh-CN", ..Browser::on(&portal) };
    let done = browser.press("/verify-email", &form).await.expect(200);
    assert!(done.text.contains("邮箱已确认") && done.text.contains("接受条款"), "{}", done.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_on_somebody_elses_page_does_nothing() {
    let portal = Portal::start().await;
    let (_, form) = signed_up(&portal).await;
    for origin in [None, Some("null"), Some("https://evil.example")] {
        let browser = Browser { origin: origin.map(str::to_owned), ..Browser::on(&portal) };
        let page = browser.press("/verify-email", &form).await.expect(422);
        assert!(set_cookie(&page, "session").is_none(), "{origin:?}");
    }
    Browser::on(&portal).press("/verify-email", &form).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_is_shown_as_none_and_never_echoed() {
    let portal = Portal::start().await;
    let browser = Browser::on(&portal);
    for query in
        ["", "?token=", "?token=garbage", "?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "?token=%ff", "?x=1"]
    {
        let page = browser.open(&format!("/verify-email{query}")).await.expect(422);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.text.contains("This link does not work"), "{query}");
        assert!(!page.text.contains("<form") && !page.text.contains("alert"), "{query}");
    }
    for form in ["", "token=", "token=garbage", "other=1", &format!("token={}", good::NOBODYS_SECRET)] {
        let page = browser.press("/verify-email", form).await.expect(422);
        assert!(page.text.contains("This link does not work"), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_none_uses_nothing_up() {
    let portal = Portal::start().await;
    let (_, form) = signed_up(&portal).await;
    let post = |kind: &'static str, body: String| {
        let request = portal.request(Method::POST, "/verify-email", Auth::None);
        let request = request.header("origin", portal.url("")).header("content-type", kind);
        portal.send(request.body(body))
    };
    let (_, token) = form.split_once('=').unwrap();
    let json = json!({ "token": token }).to_string();
    for (kind, body) in
        [("application/json", json), ("text/plain", form.clone()), ("multipart/form-data", form.clone())]
    {
        let page = post(kind, body).await;
        assert!((400..500).contains(&page.status), "{kind}: {}", page.status);
        assert!(set_cookie(&page, "session").is_none(), "{kind}");
    }
    post("application/x-www-form-urlencoded", form).await.expect(200);
}

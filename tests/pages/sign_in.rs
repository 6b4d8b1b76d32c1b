//! `/sign-in`

use serde_json::json;

use crate::harness::browser::{Browser, set_cookie};
use crate::harness::{Auth, Portal, omni};

const FOLOTOY: &str = "folotoy@example.com";

/// A browser that asked for a link, and the form behind the mailed link's button.
async fn ask<'a>(portal: &'a Portal, email: &str) -> (Browser<'a>, String) {
    let mut browser = Browser::on(portal);
    let answer = portal.post("/v1/vendor/sessions", Auth::None, json!({ "email": email })).await.expect(202);
    browser.keep(&answer);
    (browser, format!("token={}", portal.link_token(email).await))
}

/// The status of each step on a page.
fn steps(html: &str) -> Vec<&str> {
    html.split("<li data-status=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_signs_in_in_the_browser_that_asked() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (mut browser, form) = ask(&portal, FOLOTOY).await;
    let page = browser.open(&format!("/sign-in?{form}")).await.expect(200);
    assert!(page.text.contains(r#"<form method="post" action="/sign-in">"#), "{}", page.text);

    let done = browser.press("/sign-in", &form).await.expect(200);
    assert!(done.text.contains("You are signed in"));
    assert_eq!(steps(&done.text), ["done", "todo", "todo", "blocked", "blocked"]);
    let cookie = set_cookie(&done, "session").expect("a session");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.iter().any(|part| part == attribute), "{cookie:?}");
    }
    browser.keep(&done);
    browser.open("/v1/vendor").await.expect(200);

    let again = browser.press("/sign-in", &form).await.expect(422);
    assert!(again.text.contains("This link does not work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_another_browser_the_link_does_not_open_and_is_not_used_up() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (asked, form) = ask(&portal, FOLOTOY).await;
    let (other, _) = ask(&portal, FOLOTOY).await;
    let foreign = Browser {
        origin: Some("https://evil.example".to_owned()),
        cookies: asked.cookies.clone(),
        ..Browser::on(&portal)
    };
    let silent = Browser { origin: None, cookies: asked.cookies.clone(), ..Browser::on(&portal) };
    for browser in [&Browser::on(&portal), &other, &foreign, &silent] {
        let page = browser.press("/sign-in", &form).await.expect(422);
        assert!(set_cookie(&page, "session").is_none());
    }
    asked.press("/sign-in", &form).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_open_the_page_uses_nothing_up() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (browser, form) = ask(&portal, FOLOTOY).await;
    for _ in 0..5 {
        Browser::on(&portal).open(&format!("/sign-in?{form}")).await.expect(200);
    }
    browser.press("/sign-in", &form).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_chinese() {
    let portal = Portal::start().await;
    portal.sign_up(FOLOTOY).await;
    let (browser, form) = ask(&portal, FOLOTOY).await;
    let browser = Browser { language: "zh-CN", ..browser };
    let page = browser.open(&format!("/sign-in?{form}")).await.expect(200);
    assert!(page.text.contains("<html lang=\"zh-CN\">") && page.text.contains("<h1>登录</h1>"));
    let done = browser.press("/sign-in", &form).await.expect(200);
    assert!(done.text.contains("您已登录"), "{}", done.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_with_a_device_has_nothing_left_to_do() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&folotoy.token, "first", body).await.expect(201);
    let (browser, form) = ask(&portal, &folotoy.email).await;
    let done = browser.press("/sign-in", &form).await.expect(200);
    assert_eq!(steps(&done.text), ["done"; 5]);
}

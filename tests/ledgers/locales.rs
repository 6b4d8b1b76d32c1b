//! Texts for people: the same keys in each language, each key that is asked for, and every page whole.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, ORIGIN};
use serde_json::json;

use super::{at, files, table, text};
use crate::harness::{Answer, Auth, Portal};

/// What Fluent puts where a key is missing.
pub const MISSING: &str = "Unknown localization";

/// The keys of a language with the variables that each uses.
fn keys(language: &str) -> BTreeMap<String, BTreeSet<String>> {
    let sources: Vec<String> =
        files(&format!("functions/locales/{language}"), ".ftl").iter().map(|file| text(file)).collect();
    let lines = sources.iter().flat_map(|source| source.lines());
    let entry = |line: &str| {
        let (key, value) = line.split_once(" = ")?;
        let variables = value.split("{ $").skip(1).filter_map(|rest| rest.split_once(" }"));
        let names = variables.map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>();
        (!key.starts_with([' ', '#'])).then(|| (key.to_owned(), names))
    };
    lines.filter_map(entry).collect()
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    let (english, chinese) = (keys("en"), keys("zh-CN"));
    assert!(english.len() > 30, "{english:?}");
    for key in english.keys().chain(chinese.keys()) {
        assert_eq!(english.get(key), chinese.get(key), "{key}, in English and in Chinese");
    }
}

#[test]
fn a_line_is_an_entry_or_a_comment() {
    for file in files("functions/locales", ".ftl") {
        let odd: Vec<String> = text(&file)
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.contains(" = "))
            .map(str::to_owned)
            .collect();
        assert!(odd.is_empty(), "{}: the ledger does not read {odd:?}", file.display());
    }
}

#[test]
fn every_key_that_the_code_spells_out_is_there() {
    let known = keys("en");
    let sources = files("functions/src", ".rs").into_iter();
    for file in sources.chain(files("functions/templates", "")) {
        let source = text(&file);
        let quoted = source.split('"').skip(1).step_by(2);
        let keys = quoted.filter(|word| word.starts_with("mail-") || word.starts_with("page-"));
        for key in keys.filter(|key| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')) {
            let function = at(&format!("functions/src/bin/{key}.rs")).exists();
            assert!(known.contains_key(key) || function, "{key} in {}", file.display());
        }
    }
}

/// A page in one language, as the person of that browser gets it.
struct Browser<'a> {
    portal: &'a Portal,
    language: &'static str,
}

impl Browser<'_> {
    async fn open(&self, path: &str) -> Answer {
        let request = self.portal.client().get(self.portal.url(path));
        self.portal.send(request.header(ACCEPT_LANGUAGE, self.language)).await
    }

    async fn press(&self, path: &str, token: &str, cookie: &str) -> Answer {
        let request = self.portal.client().post(self.portal.url(path));
        let request = request
            .header(ACCEPT_LANGUAGE, self.language)
            .header(ORIGIN, self.portal.url(""))
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("token={token}"));
        self.portal.send(request).await
    }

    /// The page has all its texts, in this language.
    fn is_whole(&self, answer: Answer, status: u16, title: &str) {
        let Answer { text, .. } = answer.expect(status);
        assert!(!text.contains(MISSING), "{text}");
        assert!(text.contains(&format!("<html lang=\"{}\">", self.language)), "{text}");
        assert!(text.contains(&format!("<h1>{title}</h1>")), "no title {title:?} in {text}");
    }
}

/// Walks through every page; `titles` in the order of the walk.
async fn walk(language: &'static str, titles: [&str; 6]) {
    let portal = Portal::start().await;
    let browser = Browser { portal: &portal, language };
    let email = "pages@example.com";
    let body = json!({ "email": email, "display_name": "Pages", "locale": language });
    portal.post("/v1/vendor/signup", Auth::None, body).await.expect(202);
    let token = portal.link_token(email).await;
    let page = browser.open(&format!("/verify-email?token={token}")).await;
    browser.is_whole(page, 200, titles[0]);
    browser.is_whole(browser.press("/verify-email", &token, "").await, 200, titles[1]);
    browser.is_whole(browser.open("/verify-email").await, 422, titles[2]);
    browser.is_whole(browser.press("/verify-email", &token, "").await, 422, titles[2]);

    let body = json!({ "email": email });
    let asked = portal.post("/v1/vendor/sessions", Auth::None, body).await.expect(202);
    let token = portal.link_token(email).await;
    let page = browser.open(&format!("/sign-in?token={token}")).await;
    browser.is_whole(page, 200, titles[3]);
    let cookie = format!("signin={}", asked.str("/request_id"));
    spoil(&portal, |link| link["purpose"]["S"] = "nonsense".into()).await;
    browser.is_whole(browser.press("/sign-in", &token, &cookie).await, 503, titles[4]);
    spoil(&portal, |link| link["purpose"]["S"] = "sign_in".into()).await;
    browser.is_whole(browser.press("/sign-in", &token, &cookie).await, 200, titles[5]);
    browser.is_whole(browser.open("/sign-in?token=short").await, 422, titles[2]);
}

/// Changes the one link in the table: a broken item is how a page comes to say that something is out of order.
async fn spoil(portal: &Portal, change: impl Fn(&mut serde_json::Value)) {
    let items = table::items(portal).await;
    let links = table::of_kind(&items, "link");
    let [link] = links.as_slice() else { panic!("one link was expected: {links:?}") };
    let mut link = (*link).clone();
    change(&mut link);
    let request = json!({ "TableName": local::aws::Aws::table_name(), "Item": link });
    let call = portal.client().post(portal.runner().aws().endpoint("test"));
    let call = call.header("x-amz-target", "DynamoDB_20120810.PutItem").json(&request);
    portal.send(call).await.expect(200);
}

#[tokio::test]
async fn every_page_in_english() {
    let titles = [
        "Confirm your e-mail address",
        "Your address is confirmed",
        "This link does not work",
        "Sign in",
        "Something is out of order",
        "You are signed in",
    ];
    walk("en", titles).await;
}

#[tokio::test]
async fn every_page_in_chinese() {
    let titles = ["确认您的邮箱地址", "邮箱已确认", "此链接无法使用", "登录", "出了点问题", "您已登录"];
    walk("zh-CN", titles).await;
}

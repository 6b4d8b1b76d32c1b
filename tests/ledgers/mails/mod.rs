//! Every mail whole, in both languages: a change of a word shows up here, and somebody has to want it.

mod english;
mod simplified_chinese;

use serde_json::{Value, json};

use super::locales::MISSING;
use crate::harness::{Auth, Portal};

/// A vendor's name that a careless template would let into the page.
const NAME: &str = "Sunny & <b>Co</b>";

/// Whom the mails go to.
const EMAIL: &str = "vendor@example.com";

async fn signed_up(locale: &str) -> Portal {
    let portal = Portal::start().await;
    sign_up(&portal, locale).await;
    portal
}

async fn sign_up(portal: &Portal, locale: &str) {
    let body = json!({ "email": EMAIL, "display_name": NAME, "locale": locale });
    portal.post("/v1/vendor/signup", Auth::None, body).await.expect(202);
}

async fn verify(portal: &Portal) {
    let body = json!({ "token": portal.link_token(EMAIL).await });
    let answer = portal.post("/v1/vendor/verify-email", Auth::None, body).await;
    answer.expect(200);
}

/// The mail to somebody who signs up.
async fn to_verify(locale: &str) -> String {
    newest(&signed_up(locale).await).await
}

/// The mail to somebody who signs in.
async fn to_sign_in(locale: &str) -> String {
    let portal = signed_up(locale).await;
    verify(&portal).await;
    let body = json!({ "email": EMAIL });
    portal.post("/v1/vendor/sessions", Auth::None, body).await.expect(202);
    newest(&portal).await
}

/// The mail to an address that signs up and is known.
async fn to_a_known_address(locale: &str) -> String {
    let portal = signed_up(locale).await;
    verify(&portal).await;
    sign_up(&portal, locale).await;
    newest(&portal).await
}

/// A vendor of this language whose token is used.
async fn with_a_token(portal: &Portal) -> (String, String, String) {
    let answer =
        portal.post("/v1/vendor/verify-email", Auth::None, json!({ "token": portal.link_token(EMAIL).await })).await;
    let session = answer.expect(200).str("/session").to_owned();
    portal.accept_terms(&session).await;
    portal.connect_stripe(&session).await;
    let body = json!({ "name": "firmware 1.0" });
    let issued = portal.post("/v1/vendor/tokens", Auth::Session(&session), body).await.expect(201);
    let ends = issued.str("/expires_at").to_owned();
    (issued.str("/token").to_owned(), issued.str("/token_id").to_owned(), ends)
}

/// The mail before a token's end, with what is different each time replaced.
async fn before_a_tokens_end(locale: &str) -> String {
    let portal = signed_up(locale).await;
    let (_, token_id, ends) = with_a_token(&portal).await;
    portal.advance(83 * 24 * 3600).await;
    portal.operate("tokens-remind", json!({})).await;
    let ends: domain::clock::Timestamp = ends.parse().expect("an instant");
    let text = newest(&portal).await.replace(&token_id, "TOKEN");
    ["%-d %B %Y, %H:%M UTC", "%Y年%-m月%-d日 %H:%M（UTC）"]
        .iter()
        .fold(text, |text, form| text.replace(&ends.strftime(form).to_string(), "ENDS"))
}

/// The mail about a new address, with what is different each time replaced.
async fn about_a_new_address(locale: &str) -> String {
    let portal = signed_up(locale).await;
    let (token, token_id, _) = with_a_token(&portal).await;
    for address in ["127.0.0.1", "127.0.0.8"] {
        let call = portal.client_at(address).get(portal.url("/v1/vendor")).bearer_auth(&token);
        portal.send(call.header("user-agent", "curl/8.5.0")).await.expect(200);
    }
    let text = newest(&portal).await.replace(&token_id, "TOKEN");
    // Either of these two seconds.
    let now = portal.now().await;
    (0..10).fold(text, |text, ago| {
        let at = domain::clock::rfc3339(domain::clock::plus_seconds(now, -ago));
        text.replace(&at, "AT")
    })
}

/// The newest mail with what is different each time replaced: the portal's port and the link's secret.
async fn newest(portal: &Portal) -> String {
    let mails = portal.mails_to(EMAIL).await;
    let mail = mails.last().expect("a mail");
    let part = |name: &str| mail[name].as_str().unwrap_or_default().replace("\r\n", "\n");
    let head = ["from", "to", "subject"].map(|name| format!("{name}: {}", part(name)));
    let text = format!("{}\n\n{}\n\n{}", head.join("\n"), part("text"), part("html"));
    assert!(!text.contains(MISSING), "{text}");
    assert_eq!(mail["attachments"], Value::Array(Vec::new()));
    let text = text.replace(&portal.url(""), "https://portal.example");
    match text.split_once("token=").and_then(|(_, rest)| rest.split_once('\n')) {
        Some((secret, _)) => text.replace(secret, "SECRET"),
        None => text,
    }
}

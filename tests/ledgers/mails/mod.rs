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

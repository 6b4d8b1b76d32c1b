//! The look and the language of the hosted pages.

use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};

const STYLE: &str = "
:root { color-scheme: light dark; --ground: #f4f5f9; --card: #fff; --ink: #1c2033; --soft: #5b6178; --line: #d5d8e3;
  --act: #4f46e5; --on-act: #fff; --note: #fff4d6; --on-note: #5c4300; --bad: #fde7e9; --on-bad: #8a1020; }
@media (prefers-color-scheme: dark) { :root { --ground: #12141d; --card: #1c1f2c; --ink: #eceefa; --soft: #a3a9c0;
  --line: #363b50; --act: #8b85ff; --on-act: #12141d; --note: #3a3015; --on-note: #ffe2a1; --bad: #45191f;
  --on-bad: #ffc9cf; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; padding: clamp(1rem, 5vw, 2rem); border: 1px solid var(--line);
  border-radius: .75rem; background: var(--card); }
h1 { margin: 1.25rem 0 .25rem; font-size: 1.4rem; line-height: 1.25; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
p.soft { color: var(--soft); }
p.note, p.bad { padding: .6rem .8rem; border-radius: .5rem; font-size: .9rem; }
p.note { background: var(--note); color: var(--on-note); }
p.bad { background: var(--bad); color: var(--on-bad); }
label { display: block; margin-bottom: .9rem; color: var(--soft); font-size: .9rem; }
input { display: block; width: 100%; margin-top: .25rem; padding: .6rem .7rem; border: 1px solid var(--line);
  border-radius: .5rem; background: var(--ground); color: var(--ink); font: inherit;
  font-variant-numeric: tabular-nums; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin: .5rem 0 1rem; }
button { flex: 1 1 7rem; padding: .65rem 1rem; border: 1px solid var(--line); border-radius: .5rem; cursor: pointer;
  background: transparent; color: var(--ink); font: inherit; }
button.main { flex-basis: 100%; border-color: var(--act); background: var(--act); color: var(--on-act); }
a { color: var(--act); }
:focus-visible { outline: 2px solid var(--act); outline-offset: 2px; }
";

/// A language of the hosted pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The language that the browser prefers of the two; English when it names neither.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self::preferred(accepted.unwrap_or_default())
    }

    fn preferred(accepted: &str) -> Self {
        let mut best = (Self::English, 0.0);
        for range in accepted.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let language = match tag.split('-').next() {
                Some("zh") => Self::Chinese,
                Some("en") => Self::English,
                Some(_) | None => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }
}

/// What the pages say.
pub(super) struct Texts {
    tag: &'static str,
    stand_in: &'static str,
    pub(super) save_card_title: &'static str,
    pub(super) card_number: &'static str,
    pub(super) expiry: &'static str,
    pub(super) security_code: &'static str,
    pub(super) save_card: &'static str,
    pub(super) decline: &'static str,
    pub(super) cancel: &'static str,
    pub(super) decline_card_hint: &'static str,
    pub(super) declined: &'static str,
    pub(super) done_title: &'static str,
    pub(super) done: &'static str,
    pub(super) expired_title: &'static str,
    pub(super) expired: &'static str,
    pub(super) back: &'static str,
    pub(super) onboarding_title: &'static str,
    pub(super) onboarding: &'static str,
    pub(super) finish_onboarding: &'static str,
    pub(super) decline_onboarding_hint: &'static str,
    pub(super) unknown_title: &'static str,
    pub(super) unknown: &'static str,
    pub(super) undelivered_title: &'static str,
    pub(super) undelivered: &'static str,
    pub(super) try_again: &'static str,
}

const ENGLISH: Texts = Texts {
    tag: "en",
    stand_in: "This is a local stand-in for Stripe. No card is charged, no data leaves this machine.",
    save_card_title: "Save a card",
    card_number: "Card number",
    expiry: "Expires",
    security_code: "Security code",
    save_card: "Save card",
    decline: "Decline",
    cancel: "Cancel",
    decline_card_hint: "“Decline” behaves like a bank that refuses the card.",
    declined: "The card was declined. Nothing was saved; you can try again.",
    done_title: "The card is saved",
    done: "There is nothing left to do on this page.",
    expired_title: "This page has expired",
    expired: "Nothing was saved. Please start again.",
    back: "Go back",
    onboarding_title: "Receive payouts",
    onboarding: "Stripe would ask here for your business details and your bank account. The stand-in makes them up.",
    finish_onboarding: "Finish onboarding",
    decline_onboarding_hint: "“Decline” behaves like Stripe when it cannot verify the details.",
    unknown_title: "There is no such page",
    unknown: "Please start again from the portal.",
    undelivered_title: "The portal did not answer",
    undelivered: "Stripe would go on trying for days. Here you can try again now.",
    try_again: "Try again",
};

const CHINESE: Texts = Texts {
    tag: "zh-CN",
    stand_in: "这是 Stripe 的本地替身。不会向任何银行卡扣款，数据不会离开本机。",
    save_card_title: "保存银行卡",
    card_number: "卡号",
    expiry: "有效期",
    security_code: "安全码",
    save_card: "保存银行卡",
    decline: "拒绝",
    cancel: "取消",
    decline_card_hint: "点击“拒绝”将模拟银行拒绝这张卡。",
    declined: "银行卡被拒绝，未保存任何信息。您可以重试。",
    done_title: "银行卡已保存",
    done: "此页面已无需任何操作。",
    expired_title: "页面已过期",
    expired: "未保存任何信息，请重新开始。",
    back: "返回",
    onboarding_title: "设置收款",
    onboarding: "Stripe 会在此处收集企业信息和银行账户。本地替身会自动填写。",
    finish_onboarding: "完成设置",
    decline_onboarding_hint: "点击“拒绝”将模拟 Stripe 无法核实信息的情况。",
    unknown_title: "页面不存在",
    unknown: "请从门户重新开始。",
    undelivered_title: "门户没有响应",
    undelivered: "Stripe 会在数天内持续重试。在这里您可以立即重试。",
    try_again: "重试",
};

/// A whole page. `content` is HTML: whoever makes it escapes what is not.
pub(super) fn page(status: StatusCode, texts: &Texts, title: &str, content: &str) -> Response {
    let (tag, stand_in) = (texts.tag, texts.stand_in);
    let html = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"note\">{stand_in}</p>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    );
    (status, [(CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

/// Makes text safe inside an element and inside a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_choice_wins() {
        for (accepted, language) in [
            ("", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB, zh;q=0.9", Language::English),
            ("en;q=0.2, zh-Hans;q=0.7", Language::Chinese),
            ("fr, zh;q=0.3", Language::Chinese),
            ("de", Language::English),
        ] {
            assert_eq!(Language::preferred(accepted), language, "{accepted}");
        }
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escape("<a href='x'>\"&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
    }
}

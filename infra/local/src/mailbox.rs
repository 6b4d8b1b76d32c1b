//! `/_local/mailbox`: the mails that the portal sent, for people to look at.

use axum::response::Response;

use crate::aws::Mail;
use crate::routes::page as answer;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: light-dark(#1b2430, #e8ebf0); --soft: light-dark(#5a6472, #9aa5b4);
  --paper: light-dark(#fff, #161b22); --ground: light-dark(#f4f5f7, #0d1117); --line: light-dark(#dde1e7, #2b3340); --accent: light-dark(#1f4fd8, #7aa2ff) }
body { margin: 0; padding: 2rem 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, 'PingFang SC', 'Noto Sans SC', sans-serif }
main { max-width: 44rem; margin: 0 auto }
article { margin: 0 0 1rem; padding: 1rem 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem }
h2 { margin: 0; font-size: 1.1rem } p { margin: .25rem 0; color: var(--soft); font-size: .9rem }
pre { margin: 1rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .95rem/1.6 ui-monospace, monospace } a { color: var(--accent) }";

/// The page.
fn document(mails: &[Mail]) -> String {
    let rows: String = mails.iter().rev().map(article).collect();
    let empty = if mails.is_empty() { "<p>No mail was sent yet. Sign up, and it will be here.</p>" } else { "" };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Mailbox · local runner</title><style>{STYLE}</style></head>\
         <body><main><h1>Mailbox</h1><p>What the portal sent, newest first. Nothing left this machine.</p>{empty}{rows}\
         </main></body></html>"
    )
}

/// The page as an answer.
pub(crate) fn page(mails: &[Mail]) -> Response {
    answer(document(mails), "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
}

/// A mail's own HTML, shut off from everything.
pub(crate) fn html(html: String) -> Response {
    answer(
        html,
        "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation",
    )
}

fn article(mail: &Mail) -> String {
    format!(
        "<article><h2>{}</h2><p>to {} · {} · <a href=\"/_local/mail/{id}/html\">as HTML</a> · \
         <a href=\"/_local/mail/{id}\">as JSON</a></p><pre>{}</pre></article>",
        escape(&mail.subject),
        escape(&mail.to),
        escape(&mail.sent_at),
        linked(&mail.text),
        id = escape(&mail.id),
    )
}

/// Text with its web addresses as links.
fn linked(text: &str) -> String {
    let word = |word: &str| match word.starts_with("http://") || word.starts_with("https://") {
        true => format!("<a href=\"{0}\">{0}</a>", escape(word)),
        false => escape(word),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_says_is_text() {
        assert_eq!(
            linked("see http://a/?x=1&y <b>"),
            "see <a href=\"http://a/?x=1&amp;y\">http://a/?x=1&amp;y</a> &lt;b&gt;"
        );
    }
}

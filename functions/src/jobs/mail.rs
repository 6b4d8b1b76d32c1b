//! Mails as people read them: one form, words by kind and language.

use askama::Template;
use domain::Error;
use domain::vendor::Vendor;

use crate::platform::i18n::Texts;
use crate::platform::mailer::Mail;

#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlBody<'a> {
    t: Texts,
    subject: &'a str,
    name: &'a str,
    lead: String,
    button: String,
    note: String,
    ignore: String,
    url: &'a str,
    portal: &'a str,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct TextBody<'a> {
    t: Texts,
    name: &'a str,
    lead: String,
    button: String,
    note: String,
    ignore: String,
    url: &'a str,
    portal: &'a str,
}

/// A mail of the kind `kind` (`verify`, `sign-in`, `token-expiry` …) to `vendor` with one link. Its words may use
/// `told`, and `name`, the vendor's.
///
/// # Errors
/// [`Error::Internal`] when the form can't be filled in.
pub(super) fn compose(
    vendor: &Vendor,
    kind: &str,
    told: &[(&'static str, &str)],
    url: &str,
    portal: &str,
) -> Result<Mail, Error> {
    let t = Texts(vendor.profile.locale);
    let name = vendor.profile.display_name.as_str();
    let told: Vec<_> = told.iter().copied().chain([("name", name)]).collect();
    let part = |part: &str| t.args(&format!("mail-{kind}-{part}"), &told);
    let (subject, lead) = (part("subject"), part("lead"));
    let (button, note, ignore) = (part("button"), part("note"), part("ignore"));
    let text = TextBody {
        t,
        name,
        lead: lead.clone(),
        button: button.clone(),
        note: note.clone(),
        ignore: ignore.clone(),
        url,
        portal,
    };
    let html = HtmlBody { t, subject: &subject, name, lead, button, note, ignore, url, portal };
    let broken = |error: askama::Error| Error::Internal(format!("mail: {error}"));
    let (text, html) = (text.render().map_err(broken)?, html.render().map_err(broken)?);
    Ok(Mail { to: vendor.profile.email.clone(), subject, text, html })
}

//! A double of SES: it takes raw mails over the query protocol of "Amazon SES API v1" and keeps them for people and
//! tests to read. Sender identities are not checked, and nothing leaves the machine.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use data_encoding::BASE64;
use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders};
use serde::{Deserialize, Serialize};

use super::Now;

/// The one action that is served.
pub(super) const SEND_RAW_EMAIL: &str = "SendRawEmail";

/// A request of the query protocol: form fields, lists as `Name.member.1`.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn action(&self) -> Option<&str> {
        self.field("Action")
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn list(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}.member.");
        self.0.iter().filter(|(field, _)| field.starts_with(&prefix)).map(|(_, value)| value.as_str()).collect()
    }
}

/// Takes the mail of a `SendRawEmail` and answers its message id.
pub(super) fn send_raw_email(mailbox: &Mailbox, form: &Form) -> Result<String, String> {
    let data = form.field("RawMessage.Data").ok_or("RawMessage.Data is missing.")?;
    let raw = BASE64.decode(data.as_bytes()).map_err(|error| format!("RawMessage.Data is not base64: {error}."))?;
    let message = MessageParser::default().parse(&raw).ok_or("RawMessage.Data is not a mail.")?;
    mailbox.deliver(&message, form.field("Source"), &form.list("Destinations"))
}

/// The answer to a mail that was taken.
pub(super) fn sent(message_id: &str, request_id: &str) -> String {
    format!(
        "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">\
         <SendRawEmailResult><MessageId>{message_id}</MessageId></SendRawEmailResult>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></SendRawEmailResponse>"
    )
}

/// The answer to a mail that was not.
pub(super) fn refused(code: &str, message: &str, request_id: &str) -> String {
    let message = message.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">\
         <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>"
    )
}

/// A mail that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// SES's message id: here a running number.
    pub id: String,
    /// Who it was delivered to: the call's destinations, else the header's; several are separated by `, `.
    pub to: String,
    /// Who it says it is from.
    pub from: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text; empty if there is none.
    pub text: String,
    /// The HTML; empty if there is none.
    pub html: String,
    /// When it was sent, RFC 3339 in UTC.
    pub sent_at: String,
    /// What was attached.
    pub attachments: Vec<Attachment>,
}

/// A file attached to a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file's name; empty if it has none.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its content in base64.
    pub base64: String,
}

/// The mails that were sent, oldest first.
pub struct Mailbox {
    file: Option<PathBuf>,
    now: Now,
    mails: RwLock<Vec<Mail>>,
}

impl Mailbox {
    /// Reads `mailbox.jsonl` of `dir`, a mail a line; a line that a crash cut short is passed over.
    pub(super) fn open(dir: Option<&Path>, now: Now) -> Result<Self, String> {
        let file = dir.map(|dir| dir.join("mailbox.jsonl"));
        let kept = match file.as_deref().map(std::fs::read_to_string) {
            Some(Ok(kept)) => kept,
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(format!("the mailbox: {error}")),
            Some(Err(_)) | None => String::new(),
        };
        let mails = kept.lines().filter(|line| !line.is_empty()).filter_map(|line| {
            serde_json::from_str(line).inspect_err(|error| tracing::warn!(%error, "a kept mail is unreadable")).ok()
        });
        Ok(Self { file, now, mails: RwLock::new(mails.collect()) })
    }

    /// All mails, the newest last.
    pub fn list(&self) -> Vec<Mail> {
        self.mails().clone()
    }

    /// The mail with that id.
    pub fn get(&self, id: &str) -> Option<Mail> {
        self.mails().iter().find(|mail| mail.id == id).cloned()
    }

    fn deliver(&self, message: &Message<'_>, source: Option<&str>, destinations: &[&str]) -> Result<String, String> {
        let to = if destinations.is_empty() { addresses(message.to()) } else { destinations.join(", ") };
        if to.is_empty() {
            return Err("Missing final destination.".to_owned());
        }
        let sent_at = jiff::Timestamp::from_second((self.now)()).map_err(|error| error.to_string())?;
        let mut mails = self.mails.write().unwrap_or_else(PoisonError::into_inner);
        let last: u64 = mails.last().and_then(|mail| mail.id.parse().ok()).unwrap_or_default();
        let id = format!("{:06}", last + 1);
        let mail = Mail {
            id: id.clone(),
            to,
            from: sender(message).or(source.map(str::to_owned)).unwrap_or_default(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: content(message.text_bodies().find(|body| body.is_text() && !body.is_text_html())),
            html: content(message.html_bodies().find(|body| body.is_text_html())),
            sent_at: sent_at.to_string(),
            attachments: message.attachments().map(attachment).collect(),
        };
        self.keep(&mail).map_err(|error| format!("the mailbox: {error}"))?;
        mails.push(mail);
        Ok(id)
    }

    /// Appends the mail to the file, which only its owner may read: mails hold one-time links. The line break comes
    /// first, so that a line that a crash cut short spoils no other.
    fn keep(&self, mail: &Mail) -> std::io::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let line = format!("\n{}", serde_json::to_string(mail)?);
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(line.as_bytes())
    }

    fn mails(&self) -> RwLockReadGuard<'_, Vec<Mail>> {
        self.mails.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn content(part: Option<&MessagePart<'_>>) -> String {
    part.and_then(MessagePart::text_contents).unwrap_or_default().to_owned()
}

fn addresses(list: Option<&Address<'_>>) -> String {
    let each = list.into_iter().flat_map(Address::iter).filter_map(|one| one.address());
    each.collect::<Vec<_>>().join(", ")
}

/// `Name <address>`, or the address alone.
fn sender(message: &Message<'_>) -> Option<String> {
    let first = message.from()?.first()?;
    let address = first.address()?;
    Some(first.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>")))
}

fn attachment(part: &MessagePart<'_>) -> Attachment {
    let content_type = part.content_type().map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    Attachment {
        name: part.attachment_name().unwrap_or_default().to_owned(),
        content_type: content_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        base64: BASE64.encode(part.contents()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const MAIL: &str = concat!(
        "From: AgentKeys <no-reply@agentkeys.example>\r\n",
        "To: vendor@example.com\r\n",
        "Subject: =?utf-8?B?5Y+R56Wo?=\r\n",
        "MIME-Version: 1.0\r\n",
        "Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n",
        "--outer\r\nContent-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n",
        "--inner\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\nHello\r\n",
        "--inner\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\r\n<p>Hello</p>\r\n",
        "--inner--\r\n",
        "--outer\r\nContent-Type: application/pdf; name=\"invoice.pdf\"\r\n",
        "Content-Disposition: attachment; filename=\"invoice.pdf\"\r\n",
        "Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n",
        "--outer--\r\n",
    );

    fn mailbox(dir: Option<&Path>) -> Mailbox {
        Mailbox::open(dir, Arc::new(|| 1_800_000_000)).unwrap()
    }

    fn form(mail: &str, more: &[(&str, &str)]) -> Form {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", "SendRawEmail").append_pair("Version", "2010-12-01");
        form.append_pair("RawMessage.Data", &BASE64.encode(mail.as_bytes())).extend_pairs(more);
        Form::parse(form.finish().as_bytes())
    }

    #[test]
    fn a_raw_mail_is_taken_apart() {
        let mailbox = mailbox(None);
        let form = form(MAIL, &[]);
        assert_eq!(form.action(), Some(SEND_RAW_EMAIL));
        let id = send_raw_email(&mailbox, &form).unwrap();
        let mail = mailbox.get(&id).unwrap();
        assert_eq!((mail.id.as_str(), mail.sent_at.as_str()), ("000001", "2027-01-15T08:00:00Z"));
        assert_eq!(mail.from, "AgentKeys <no-reply@agentkeys.example>");
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("vendor@example.com", "发票"));
        assert_eq!((mail.text.trim_end(), mail.html.trim_end()), ("Hello", "<p>Hello</p>"));
        let pdf = Attachment {
            name: "invoice.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            base64: "JVBERg==".to_owned(),
        };
        assert_eq!(mail.attachments, [pdf]);
        assert_eq!(mailbox.list(), [mail]);
    }

    #[test]
    fn a_call_may_name_who_gets_it() {
        let mailbox = mailbox(None);
        let more = [("Destinations.member.1", "a@example.com"), ("Destinations.member.2", "b@example.com")];
        let id = send_raw_email(&mailbox, &form("Subject: plain\r\n\r\nText only\r\n", &more)).unwrap();
        let mail = mailbox.get(&id).unwrap();
        assert_eq!((mail.to.as_str(), mail.html.as_str()), ("a@example.com, b@example.com", ""));
        assert_eq!(mail.text.trim_end(), "Text only");
        assert!(send_raw_email(&mailbox, &form("Subject: to nobody\r\n\r\nText\r\n", &[])).is_err());
    }

    #[test]
    fn mails_outlive_a_run_and_a_line_cut_short_spoils_no_other() {
        let dir = std::env::temp_dir().join(format!("agentkeys-ses-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        send_raw_email(&mailbox(Some(&dir)), &form(MAIL, &[])).unwrap();
        let mut file = OpenOptions::new().append(true).open(dir.join("mailbox.jsonl")).unwrap();
        file.write_all(b"\n{\"id\": \"0000").unwrap();
        send_raw_email(&mailbox(Some(&dir)), &form(MAIL, &[])).unwrap();
        let ids: Vec<String> = mailbox(Some(&dir)).list().into_iter().map(|mail| mail.id).collect();
        assert_eq!(ids, ["000001", "000002"]);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

//! Outgoing mail: built here, sent by SES as raw MIME.

use aws_sdk_ses::Client;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use aws_types::SdkConfig;
use domain::Error;
use domain::clock::Timestamp;
use domain::profile::EmailAddress;
use mail_builder::MessageBuilder;

use super::config::{MailConfig, PortalConfig};

/// A mail, both as text and as HTML.
pub struct Mail {
    /// To whom.
    pub to: EmailAddress,
    /// What about.
    pub subject: String,
    /// For who reads text.
    pub text: String,
    /// For who reads HTML.
    pub html: String,
}

/// Sends mail in the portal's name.
pub struct Mailer {
    ses: Client,
    from: String,
    portal: PortalConfig,
}

impl Mailer {
    /// A mailer with this sender.
    pub fn new(sdk: &SdkConfig, config: MailConfig, portal: PortalConfig) -> Self {
        Self { ses: Client::new(sdk), from: config.from, portal }
    }

    /// The portal's public URL, for the links in a mail.
    pub fn portal_url(&self) -> &str {
        &self.portal.url
    }

    /// Sends `mail`. `name` names it: the same name is the same Message-ID, by which a reader's client knows a mail that
    /// came twice.
    ///
    /// # Errors
    /// [`Error::ProviderRefused`] when SES will never take it, [`Error::Unavailable`] when it does not answer.
    pub async fn send(&self, name: &str, mail: Mail, at: Timestamp) -> Result<(), Error> {
        let domain = self.from.rsplit('@').next().unwrap_or("localhost").trim_end_matches('>');
        let message = MessageBuilder::new()
            .from(("AgentKeys", self.from.as_str()))
            .to(mail.to.as_str())
            .subject(mail.subject)
            .date(at.as_second())
            .message_id(format!("{name}@{domain}"))
            .text_body(mail.text)
            .html_body(mail.html)
            .write_to_vec()
            .map_err(|error| Error::Internal(format!("mail: {error}")))?;
        let raw = RawMessage::builder().data(Blob::new(message)).build().map_err(|e| Error::Internal(e.to_string()))?;
        let sent = self.ses.send_raw_email().source(&self.from).destinations(mail.to.as_str()).raw_message(raw).send();
        sent.await.map_err(|error| {
            let code = error.as_service_error().and_then(|error| error.meta().code());
            let refused = matches!(code, Some("MessageRejected" | "InvalidParameterValue"));
            let cause = format!("SES: {}", aws_sdk_ses::error::DisplayErrorContext(error));
            match refused {
                true => Error::ProviderRefused { param: String::new(), cause },
                false => Error::Unavailable(cause),
            }
        })?;
        Ok(())
    }
}

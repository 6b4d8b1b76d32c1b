//! Tells a vendor by mail what it should know of its tokens.

use domain::Error;
use domain::audit::By;
use domain::clock::rfc3339;
use domain::ids::TokenId;
use domain::token::VendorToken;
use domain::vendor::{Status, Vendor};

use super::mail::compose;
use crate::platform::app::App;
use crate::platform::mailer::Mail;
use crate::platform::store::VendorStore;
use crate::platform::store::notice::{About, Notice};
use crate::platform::store::token_use::TokenAddress;

/// A token was used from a new address: the vendor hears of it, unless it heard of one within the hour.
pub(super) async fn new_address(app: &App, seen: TokenAddress, by: &By) -> Result<(), Error> {
    let about = About::NewAddress { token_id: seen.token_id, address: seen.address };
    app.store_of_all_vendors()?.of(seen.vendor_id).give_notice(about, by).await.map(drop)
}

/// Mails a notice, once.
pub(super) async fn send(app: &App, notice: Notice, by: &By) -> Result<(), Error> {
    let store = app.store_of_all_vendors()?;
    // Mailed already, or forgotten.
    let Some(notice) = store.notice(&notice).await?.filter(|standing| standing.done_at.is_none()) else {
        return Ok(());
    };
    if let Some(mail) = write(app, &store.of(notice.vendor_id), &notice.about, by).await? {
        let name = message_name(&notice, by);
        match app.mailer()?.send(&name, mail, by.at).await {
            // Not a better address the next time.
            Err(error @ Error::ProviderRefused { .. }) => tracing::error!(%error, name, "a mail was refused"),
            sent => sent?,
        }
    }
    store.notice_done(notice, &By { at: app.now(), ..by.clone() }).await
}

/// The same notice is the same message, also when it is sent again; a later one of the same name is another.
fn message_name(notice: &Notice, by: &By) -> String {
    let at = by.at.as_second();
    match &notice.about {
        About::TokenExpiry { token_id, days } => format!("token-expiry.{token_id}.{days}"),
        About::NewAddress { token_id, .. } => format!("new-address.{token_id}.{at}"),
    }
}

/// The mail, if there is still anything to tell and anybody to tell it to.
async fn write(app: &App, store: &VendorStore, about: &About, by: &By) -> Result<Option<Mail>, Error> {
    let vendor = store.vendor().await?;
    let wanted = match about {
        About::TokenExpiry { .. } => vendor.notifications.token_expiry,
        About::NewAddress { .. } => vendor.notifications.new_address,
    };
    if vendor.status == Status::Closed || !wanted {
        return Ok(None);
    }
    let token_id = match about {
        About::TokenExpiry { token_id, .. } | About::NewAddress { token_id, .. } => *token_id,
    };
    let Some(token) = store.token(token_id).await?.filter(|token| token.check(app.now()).is_ok()) else {
        return Ok(None);
    };
    let portal = app.mailer()?.portal_url();
    let token_name = name_of(&token, token_id);
    match about {
        About::TokenExpiry { .. } if token.expiry_notice(app.now()).is_none() => Ok(None),
        About::TokenExpiry { days, .. } => {
            let (days, ends) = (days.to_string(), in_words(&vendor, &token));
            let told = [("token", token_name.as_str()), ("days", &days), ("ends", &ends)];
            compose(&vendor, "token-expiry", &told, &format!("{portal}/docs"), portal).map(Some)
        }
        About::NewAddress { address, .. } => {
            let (at, agent) = (rfc3339(by.at), by.ua.as_deref().unwrap_or("-"));
            let told = [("token", token_name.as_str()), ("address", address), ("at", &at), ("agent", agent)];
            compose(&vendor, "new-address", &told, &format!("{portal}/docs"), portal).map(Some)
        }
    }
}

/// A token as its vendor knows it: by its name where it has one.
fn name_of(token: &VendorToken, token_id: TokenId) -> String {
    match &token.name {
        Some(name) => format!("{name} ({token_id})"),
        None => token_id.to_string(),
    }
}

/// When the token ends, as the vendor's language writes a day.
fn in_words(vendor: &Vendor, token: &VendorToken) -> String {
    let form = match vendor.profile.locale {
        domain::profile::Locale::En => "%-d %B %Y, %H:%M UTC",
        domain::profile::Locale::ZhCn => "%Y年%-m月%-d日 %H:%M（UTC）",
    };
    token.expires_at.strftime(form).to_string()
}

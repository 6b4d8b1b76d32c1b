//! Mails the one-time link that somebody asked for, if there is anybody to mail.
//!
//! The secret is made here and lives only in the mail; the table gets its hash. A job that fails after its mail sends a
//! second one: both links work, each once.

use domain::Error;
use domain::audit::By;
use domain::ids::LinkRequestId;
use domain::profile::{EmailAddress, SignUp};
use domain::vendor::{Status, Vendor};

use super::mail::compose;
use crate::platform::app::App;
use crate::platform::mailer::Mail;
use crate::platform::store::VendorStore;
use crate::platform::store::link::{Opens, Wish};

/// Works a request off, once.
pub(super) async fn send(app: &App, request_id: LinkRequestId) -> Result<(), Error> {
    let store = app.store_of_all_vendors()?;
    let row = store.link_request(request_id).await?;
    // Done already, or so old that DynamoDB has taken it away.
    let Some(row) = row.filter(|row| row.item.done_at.is_none()) else {
        return Ok(());
    };
    let by = By { at: app.now(), ..row.by };
    let mail = match &row.item.wish {
        Wish::SignUp { profile } => sign_up(app, request_id, profile, &by).await?,
        Wish::SignIn { email, request_hash } => sign_in(app, email, request_hash, &by).await?,
    };
    if let Some(mail) = mail {
        match app.mailer()?.send(&request_id.to_string(), mail, by.at).await {
            // Not a better address the next time.
            Err(error @ Error::ProviderRefused { .. }) => tracing::error!(%error, %request_id, "a mail was refused"),
            sent => sent?,
        }
    }
    store.link_request_done(row.item, &by).await
}

/// The vendor of the address, made now if there is none, gets a link to prove it; one who has proved it gets a hint.
async fn sign_up(app: &App, request_id: LinkRequestId, profile: &SignUp, by: &By) -> Result<Option<Mail>, Error> {
    let store = app.store_of_all_vendors()?;
    let new = Vendor::signed_up(request_id.cast(), profile.clone(), by.at);
    let vendor_id = match store.create_vendor(&new, by).await? {
        true => new.vendor_id,
        false => match store.vendor_by_email(&profile.email).await? {
            Some(owner) => owner,
            None => {
                return Err(Error::Unavailable("an address was taken and is not there; try again".into()));
            }
        },
    };
    let vendors = store.of(vendor_id);
    let vendor = vendors.vendor().await?;
    let portal = app.mailer()?.portal_url();
    match vendor.status {
        Status::PendingVerification => {
            // What this sign-up said comes with its own link: nobody else's sign-up can change what is proved by it.
            let url = link(app, &vendors, Opens::VerifyEmail { profile: profile.clone() }, by).await?;
            compose(&Vendor { profile: profile.clone(), ..vendor }, "verify", &[], &url, portal).map(Some)
        }
        Status::Onboarding | Status::Active | Status::Suspended => {
            compose(&vendor, "known", &[], &format!("{portal}/docs"), portal).map(Some)
        }
        Status::Closed => Ok(None),
    }
}

/// The vendor of the address gets a link in; nobody else hears anything.
async fn sign_in(app: &App, email: &EmailAddress, request_hash: &str, by: &By) -> Result<Option<Mail>, Error> {
    let store = app.store_of_all_vendors()?;
    let Some(vendor_id) = store.vendor_by_email(email).await? else {
        return Ok(None);
    };
    let vendors = store.of(vendor_id);
    let vendor = vendors.vendor().await?;
    if vendor.status == Status::Closed {
        return Ok(None);
    }
    let url = link(app, &vendors, Opens::SignIn { request_hash: request_hash.to_owned() }, by).await?;
    compose(&vendor, "sign-in", &[], &url, app.mailer()?.portal_url()).map(Some)
}

async fn link(app: &App, store: &VendorStore, opens: Opens, by: &By) -> Result<String, Error> {
    let (secret, page) = (app.new_secret(), opens.page());
    store.create_link(&secret.hashed(), opens, by).await?;
    Ok(format!("{}/{page}?token={}", app.mailer()?.portal_url(), secret.reveal()))
}

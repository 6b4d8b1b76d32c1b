//! One-time links, and the requests for them that the mail job works off.
//!
//! A handler only writes the request, in one call that is the same for a known and an unknown address. Whether there is
//! anybody to mail is found out later, by the job that the table's stream feeds.

use domain::audit::By;
use domain::clock::Timestamp;
use domain::ids::{LinkRequestId, SessionId, VendorId};
use domain::profile::{EmailAddress, SignUp};
use domain::vendor::Vendor;
use domain::{Error, clock};
use serde::{Deserialize, Serialize};

use super::session::Session;
use super::{Entity, Key, Read, Row, Store, Transacted, VendorStore, Write};
use crate::platform::secret::{Hashed, Secret};

/// Life of a link that proves an address, in seconds (24 h).
pub const VERIFY_SECONDS: i64 = 24 * 3600;
/// Life of a link that signs in, in seconds (10 min).
pub const SIGN_IN_SECONDS: i64 = 600;

/// How often a link's use is tried against changes of its vendor at the same moment.
const ATTEMPTS: u32 = 3;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To prove an address.
    VerifyEmail,
    /// To sign in.
    SignIn,
}

/// A link that was mailed and not used. Its key is the hash of what the mail carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of the secret, in hex.
    pub hash: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Whom it lets in.
    pub vendor_id: VendorId,
    /// What was said at the sign-up that this link proves: it counts with this link, and with no other's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<SignUp>,
    /// SHA-256 of the request id that only the asking browser has; for signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
    /// When it is over.
    pub expires_at: Timestamp,
}

impl Entity for Link {
    const KIND: &'static str = "link";

    fn key(&self) -> Key {
        Self::key_of(&self.hash)
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl Link {
    fn key_of(hash: &str) -> Key {
        Key::new(format!("LINK#{hash}"), "LINK")
    }
}

/// Somebody asked for a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkRequest {
    /// Its name, and the vendor's if it becomes one.
    pub request_id: LinkRequestId,
    /// What was asked for.
    #[serde(flatten)]
    pub wish: Wish,
    /// When the mail went out. Set once: what makes the job idempotent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
    /// Optimistic lock.
    pub version: u64,
}

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// To sign up.
    SignUp {
        /// As whom.
        profile: SignUp,
    },
    /// To sign in.
    SignIn {
        /// By this address.
        email: EmailAddress,
        /// SHA-256 of the request id that the browser keeps.
        request_hash: String,
    },
}

impl Entity for LinkRequest {
    const KIND: &'static str = "link_request";

    fn key(&self) -> Key {
        Self::key_of(self.request_id)
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl LinkRequest {
    /// A wish made at `now`.
    pub fn new(request_id: LinkRequestId, wish: Wish, now: Timestamp) -> Self {
        let expires_at = clock::plus_seconds(now, VERIFY_SECONDS);
        Self { request_id, wish, done_at: None, expires_at, version: 0 }
    }

    fn key_of(request_id: LinkRequestId) -> Key {
        Key::new(format!("REQUEST#{request_id}"), "REQUEST")
    }
}

/// The answer to every link that does not open, whatever the reason: unknown, expired, used, for something else.
pub fn refused() -> Error {
    Error::field("/token", "this link is unknown, expired or used already; ask for a new one")
}

impl Store {
    /// Notes a wish.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn request_link(&self, request: &LinkRequest, by: &By) -> Result<(), Error> {
        self.create(request, by, None).await.map(drop)
    }

    /// The wish as it stands.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn link_request(&self, request_id: LinkRequestId) -> Result<Option<Row<LinkRequest>>, Error> {
        self.get(&LinkRequest::key_of(request_id), Read::Consistent).await
    }

    /// Notes that a wish's mail went out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn link_request_done(&self, request: LinkRequest, by: &By) -> Result<(), Error> {
        let done = LinkRequest { done_at: Some(by.at), version: request.version + 1, ..request };
        self.replace(&done, done.version, by).await.map(drop)
    }

    /// Looks a link up without using it.
    ///
    /// # Errors
    /// [`refused`], [`Error::Unavailable`].
    pub async fn link(&self, secret: &Secret, purpose: Purpose, now: Timestamp) -> Result<Link, Error> {
        let row: Option<Row<Link>> = self.get(&Link::key_of(secret.hashed().as_str()), Read::Consistent).await?;
        let link = row.map(|row| row.item).ok_or_else(refused)?;
        match link.purpose == purpose && now < link.expires_at {
            true => Ok(link),
            false => Err(refused()),
        }
    }
}

impl VendorStore {
    /// Keeps a link for this vendor.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_link(
        &self,
        hash: &Hashed,
        purpose: Purpose,
        (profile, request_hash): (Option<SignUp>, Option<String>),
        by: &By,
    ) -> Result<Link, Error> {
        let life = match purpose {
            Purpose::VerifyEmail => VERIFY_SECONDS,
            Purpose::SignIn => SIGN_IN_SECONDS,
        };
        let expires_at = clock::plus_seconds(by.at, life);
        let hash = hash.as_str().to_owned();
        let link = Link { hash, purpose, vendor_id: self.vendor_id, profile, request_hash, expires_at };
        self.store.create(&link, by, None).await?;
        Ok(link)
    }

    /// Uses a link up: the link goes, the vendor's address is proved and a session begins, all or nothing.
    ///
    /// # Errors
    /// [`refused`] when somebody used it first; [`Error::VendorSuspended`]; [`Error::Conflict`]; [`Error::Unavailable`].
    pub async fn use_link(
        &self,
        link: Link,
        session: (SessionId, &Hashed),
        by: &By,
    ) -> Result<(Vendor, Session), Error> {
        let session = Session::start(session.0, session.1, self.vendor_id, by.at);
        for _ in 0..ATTEMPTS {
            let before = self.vendor().await?;
            // A link to prove an address is no way in once it is proved: that is what signing in is for.
            if link.purpose == Purpose::VerifyEmail && before.email_verified_at.is_some() {
                return Err(refused());
            }
            let said = link.profile.clone().unwrap_or_else(|| before.profile.clone());
            let verified = Vendor { profile: said, ..before.clone() }.verify_email(clock::whole_second(by.at))?;
            let mut writes = vec![Write::Take(link.key()), Write::Create(Row::new(&session, by).into_item()?)];
            let vendor = if verified == before {
                before
            } else {
                let (vendor, write) = Self::next_version(verified, by)?;
                writes.push(write);
                vendor
            };
            match self.store.transact(writes).await? {
                Transacted::Done => return Ok((vendor, session)),
                Transacted::Refused(at) if at.contains(&0) => return Err(refused()),
                // The vendor was changed in between: the link is as good as before.
                Transacted::Refused(_) | Transacted::Busy => {}
            }
        }
        Err(Error::Conflict("the vendor is being changed by another request; try again"))
    }
}

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

/// What a link opens, with what only this link knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Opens {
    /// It proves an address.
    VerifyEmail {
        /// What was said at the sign-up that it proves: that counts with this link, and with no other's.
        profile: SignUp,
    },
    /// It signs in.
    SignIn {
        /// SHA-256 of the request id that only the asking browser has.
        request_hash: String,
    },
}

impl Opens {
    /// How long such a link lives, in seconds.
    fn seconds(&self) -> i64 {
        match self {
            Self::VerifyEmail { .. } => VERIFY_SECONDS,
            Self::SignIn { .. } => SIGN_IN_SECONDS,
        }
    }

    /// The page that such a link leads to.
    pub fn page(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify-email",
            Self::SignIn { .. } => "sign-in",
        }
    }
}

/// A link that was mailed and not used. Its key is the hash of what the mail carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of the secret, in hex.
    pub hash: String,
    /// What it opens.
    #[serde(flatten)]
    pub opens: Opens,
    /// Whom it lets in.
    pub vendor_id: VendorId,
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

    /// The link that proves an address, without using it.
    ///
    /// # Errors
    /// [`refused`], [`Error::Unavailable`].
    pub async fn verification_link(&self, token: &str, now: Timestamp) -> Result<Link, Error> {
        let link = self.link(token, now).await?;
        match link.opens {
            Opens::VerifyEmail { .. } => Ok(link),
            Opens::SignIn { .. } => Err(refused()),
        }
    }

    /// The link that signs in, without using it, if `request_id` is the asking browser's.
    ///
    /// # Errors
    /// [`refused`], [`Error::Unavailable`].
    pub async fn sign_in_link(&self, token: &str, request_id: &str, now: Timestamp) -> Result<Link, Error> {
        let request_id: Secret = request_id.parse().map_err(|_| refused())?;
        let link = self.link(token, now).await?;
        match &link.opens {
            Opens::SignIn { request_hash } if request_id.hashed().matches(request_hash) => Ok(link),
            Opens::SignIn { .. } | Opens::VerifyEmail { .. } => Err(refused()),
        }
    }

    async fn link(&self, token: &str, now: Timestamp) -> Result<Link, Error> {
        let secret: Secret = token.parse().map_err(|_| refused())?;
        let row: Option<Row<Link>> = self.get(&Link::key_of(secret.hashed().as_str()), Read::Consistent).await?;
        row.map(|row| row.item).filter(|link| now < link.expires_at).ok_or_else(refused)
    }
}

impl VendorStore {
    /// Keeps a link for this vendor.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_link(&self, hash: &Hashed, opens: Opens, by: &By) -> Result<(), Error> {
        let expires_at = clock::plus_seconds(by.at, opens.seconds());
        let link = Link { hash: hash.as_str().to_owned(), opens, vendor_id: self.vendor_id, expires_at };
        self.store.create(&link, by, None).await.map(drop)
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
            let profile = match &link.opens {
                // No way in once the address is proved: that is what signing in is for.
                Opens::VerifyEmail { .. } if before.email_verified_at.is_some() => return Err(refused()),
                Opens::VerifyEmail { profile } => profile.clone(),
                Opens::SignIn { .. } => before.profile.clone(),
            };
            let verified = Vendor { profile, ..before.clone() }.verify_email(clock::whole_second(by.at))?;
            let mut writes = vec![
                Write::Take(link.key()),
                Write::Create(Row::new(&session, by).into_item()?),
                Write::Create(Row::new(&session.reference(), by).into_item()?),
            ];
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

//! Who may do what. A credential is a type in a handler's signature, and the only door to a vendor's data.

mod recent;
mod service;

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use domain::Error;
use domain::address::AddressBlock;
use domain::audit::{By, Principal};
use domain::clock::Timestamp;
use domain::ids::{ServiceTokenId, TokenId, VendorId};
use domain::token::{Claims, Scope, Scopes, ServiceToken, VendorToken};
use domain::vendor::Vendor;

pub use service::{ServiceBearer, ServiceCaller};

use recent::Recent;

use super::app::App;
use super::config::PortalConfig;
use super::http::{Failure, RequestMeta};
use super::secret::Secret;
use super::store::session::Session;
use super::store::token::token_key;
use super::store::vendor::vendor_key;
use super::store::{Item, Key, Read, Row, Store, VendorStore};

/// What an endpoint asks of its caller. `ENDPOINTS` says it, the extractors below enforce it, a test compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// A session of a vendor's person.
    Session,
    /// A vendor token with this scope.
    VendorToken(Scope),
    /// A session, or a vendor token: with this scope, or any.
    SessionOrVendorToken(Option<Scope>),
    /// A token of AgentKeys' own services with this scope.
    ServiceToken(Scope),
    /// A payment provider's signature.
    ProviderSignature,
}

/// How long a vendor's and a token's state may be remembered, in seconds. A revocation takes effect within it.
pub const GATE_SECONDS: i64 = 30;

/// What decides over a vendor token's use: the vendor's and the token's state.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The vendor.
    pub vendor: Vendor,
    /// The token.
    pub token: VendorToken,
}

impl Gate {
    fn check(&self, now: Timestamp) -> Result<(), Error> {
        self.token.check(now)?;
        self.vendor.require_active()
    }
}

/// Vendors and tokens that were let in lately.
pub type GateCache = Recent<TokenId, Gate>;
/// Service tokens that were let in lately.
pub type ServiceCache = Recent<ServiceTokenId, ServiceToken>;

/// The one credential in `Authorization`, by scheme.
enum Credential<'a> {
    Bearer(&'a str),
    Session(&'a str),
    None,
}

fn credential(headers: &HeaderMap) -> Credential<'_> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, value)) if scheme.eq_ignore_ascii_case("bearer") => Credential::Bearer(value.trim()),
        Some((scheme, value)) if scheme.eq_ignore_ascii_case("session") => Credential::Session(value.trim()),
        Some(_) | None => Credential::None,
    }
}

/// The name of a cookie of ours: with the `__Host-` prefix wherever TLS allows it (RFC 6265bis section 4.1.3.2).
pub fn cookie_name(portal: &PortalConfig, name: &str) -> String {
    if portal.is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find_map(|(key, value)| (key == name).then_some(value))
}

/// Whether a request that changes something by cookie comes from our own pages: `Origin` must be there and be ours.
///
/// # Errors
/// [`Error::Unauthenticated`]: the cookie counts for nothing then.
pub fn check_origin(parts: &Parts, portal: &PortalConfig) -> Result<(), Error> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    // On plain http, which is a laptop's loopback, the page's own host counts too (127.0.0.1 and localhost).
    let own_host = || (!portal.is_https()).then(|| header(HOST)).flatten().map(|host| format!("http://{host}"));
    match header(ORIGIN) {
        Some(origin) if origin == portal.url || own_host().as_deref() == Some(origin) => Ok(()),
        Some(_) | None => Err(Error::Unauthenticated("cookie without our own Origin")),
    }
}

/// A vendor's person.
pub struct SessionCaller {
    /// The session.
    pub session: Session,
    /// The door to the vendor's data.
    pub store: VendorStore,
    /// Author of what is done here.
    pub by: By,
}

impl FromRequestParts<App> for SessionCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let portal = app.portal()?;
        let value = match credential(&parts.headers) {
            Credential::Session(value) => value,
            Credential::Bearer(_) => return Err(Error::Unauthenticated("a token where a session is needed").into()),
            Credential::None => {
                let value = cookie(&parts.headers, &cookie_name(portal, "session"));
                let value = value.ok_or(Error::Unauthenticated("no credential"))?;
                check_origin(parts, portal)?;
                value
            }
        };
        let secret: Secret = value.parse().map_err(|_| Error::Unauthenticated("no session value"))?;
        let now = app.now();
        let store = app.store_of_all_vendors()?;
        let session = store.session(&secret.hashed(), now).await?;
        tracing::Span::current().record("vendor_id", session.vendor_id.to_string());
        let meta = RequestMeta::from_request_parts(parts, app).await?;
        let by = meta.by(Principal::Person(session.session_id), now);
        Ok(Self { store: store.of(session.vendor_id), session, by })
    }
}

/// A vendor token whose signature and time hold. It opens nothing yet: its state and its vendor's are still to be read,
/// which [`BearerToken::open`] does together with whatever else the handler wants to read.
pub struct BearerToken {
    token_id: TokenId,
    vendor_id: VendorId,
    scopes: Scopes,
    by: By,
    address: Option<AddressBlock>,
    app: App,
}

/// The claims of the Bearer token in a request, whoever's it is.
async fn claims(headers: &HeaderMap, app: &App) -> Result<Claims, Error> {
    match credential(headers) {
        Credential::Bearer(token) => app.signer()?.verify_token(token).await,
        Credential::Session(_) => Err(Error::Unauthenticated("a session where a token is needed")),
        Credential::None => Err(Error::Unauthenticated("no credential")),
    }
}

impl FromRequestParts<App> for BearerToken {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let claims = claims(&parts.headers, app).await?;
        let not_a_vendors = |_| Error::Unauthenticated("not a vendor token");
        let vendor_id: VendorId = claims.sub.parse().map_err(not_a_vendors)?;
        let token_id: TokenId = claims.jti.parse().map_err(not_a_vendors)?;
        tracing::Span::current().record("vendor_id", vendor_id.to_string());
        let meta = RequestMeta::from_request_parts(parts, app).await?;
        let by = meta.by(Principal::Token(token_id), app.now());
        let address = meta.address.map(AddressBlock::of);
        Ok(Self { token_id, vendor_id, scopes: claims.scope, by, address, app: app.clone() })
    }
}

/// A vendor's software.
pub struct VendorCaller {
    /// The vendor and the token as they stand, or stood at most [`GATE_SECONDS`] ago.
    pub gate: Gate,
    /// The door to the vendor's data.
    pub store: VendorStore,
    /// Author of what is done here.
    pub by: By,
}

impl BearerToken {
    /// When the request came.
    pub fn at(&self) -> Timestamp {
        self.by.at
    }

    /// Where the vendor's things are, to name what [`BearerToken::open`] shall read along.
    pub fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }

    /// Lets the caller in if token and vendor allow it, and reads `keys` in the same call.
    ///
    /// # Errors
    /// [`Error::InsufficientScope`], [`Error::TokenRevoked`], [`Error::TokenExpired`], [`Error::OnboardingIncomplete`],
    /// [`Error::VendorSuspended`], [`Error::Unavailable`].
    pub async fn open(
        self,
        scope: Scope,
        keys: impl FnOnce(&VendorStore) -> Vec<Key>,
    ) -> Result<(VendorCaller, HashMap<Key, Item>), Error> {
        let (app, now) = (&self.app, self.by.at);
        let all = app.store_of_all_vendors()?;
        let store = all.of(self.vendor_id);
        let mut wanted = keys(&store);
        let (vendor_at, token_at) = (vendor_key(self.vendor_id), token_key(self.vendor_id, self.token_id));
        let cached = app.gates().get(self.token_id, now).filter(|gate| gate.vendor.vendor_id == self.vendor_id);
        if cached.is_none() {
            wanted.extend([vendor_at.clone(), token_at.clone()]);
        }
        // The budget of a read is two units: two items are read consistently for that, four are not. So in the one
        // request of 30 seconds that looks the gate up too, what was written some milliseconds ago may not be seen yet:
        // a registration right after a release may still hear of the released binding, and of the next when it asks again.
        let read = if cached.is_some() { Read::Consistent } else { Read::Eventual };
        let mut found = if wanted.is_empty() { HashMap::new() } else { all.batch_get(&wanted, read).await? };
        let gate = match cached {
            Some(gate) => {
                // The token's own time goes on while its gate is remembered.
                gate.check(now)?;
                gate
            }
            None => {
                let read = found.remove(&vendor_at).zip(found.remove(&token_at)).map(gate_of).transpose()?;
                let gate = match read.filter(|gate| gate.check(now).is_ok()) {
                    Some(gate) => gate,
                    // The batch may lag behind a write of a moment ago: nobody is turned away on its word.
                    None => self.gate_for_sure(all).await?,
                };
                gate.check(now)?;
                // Only what was just read starts its 30 seconds: a busy token is looked up again all the same.
                app.gates().put(self.token_id, &gate, now);
                gate
            }
        };
        if !self.scopes.contain(scope) {
            return Err(Error::InsufficientScope(scope));
        }
        app.uses().note(&store, &gate.token, self.address, &self.by).await;
        Ok((VendorCaller { gate, store, by: self.by }, found))
    }

    /// Vendor and token as they stand at this moment, in one call.
    async fn gate_for_sure(&self, store: &Store) -> Result<Gate, Error> {
        let (vendor_at, token_at) = (vendor_key(self.vendor_id), token_key(self.vendor_id, self.token_id));
        let mut found = store.batch_get(&[vendor_at.clone(), token_at.clone()], Read::Consistent).await?;
        let both = found.remove(&vendor_at).zip(found.remove(&token_at));
        gate_of(both.ok_or(Error::Unauthenticated("token not on record"))?)
    }
}

fn gate_of((vendor, token): (Item, Item)) -> Result<Gate, Error> {
    Ok(Gate { vendor: Row::from_item(vendor)?.item, token: Row::from_item(token)?.item })
}

/// A vendor's person, or its software whose token holds: [`AnyCredential::open`] asks for the token's scope.
pub struct AnyCredential {
    caller: AnyCaller,
    scopes: Option<Scopes>,
}

/// A vendor's person or software, for what both may do.
pub struct AnyCaller {
    /// The door to the vendor's data.
    pub store: VendorStore,
    /// Author of what is done here.
    pub by: By,
    vendor: Option<Vendor>,
}

impl AnyCredential {
    /// Lets the caller in. A person may do all that its vendor may.
    ///
    /// # Errors
    /// [`Error::InsufficientScope`] for a token without `scope`.
    pub fn open(self, scope: Option<Scope>) -> Result<AnyCaller, Error> {
        match (scope, self.scopes) {
            (Some(scope), Some(scopes)) if !scopes.contain(scope) => Err(Error::InsufficientScope(scope)),
            _ => Ok(self.caller),
        }
    }
}

impl AnyCaller {
    /// The vendor, if it may do business.
    ///
    /// # Errors
    /// [`Error::OnboardingIncomplete`], [`Error::VendorSuspended`], [`Error::Unavailable`].
    pub async fn active_vendor(&self) -> Result<Vendor, Error> {
        let vendor = match &self.vendor {
            Some(vendor) => vendor.clone(),
            None => self.store.vendor().await?,
        };
        vendor.require_active()?;
        Ok(vendor)
    }
}

impl FromRequestParts<App> for AnyCredential {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if !matches!(credential(&parts.headers), Credential::Bearer(_)) {
            let SessionCaller { store, by, .. } = SessionCaller::from_request_parts(parts, app).await?;
            return Ok(Self { caller: AnyCaller { store, by, vendor: None }, scopes: None });
        }
        let token = BearerToken::from_request_parts(parts, app).await?;
        let store = app.store_of_all_vendors()?;
        let Gate { vendor, token: record } = token.gate_for_sure(store).await?;
        record.check(token.by.at)?;
        let store = store.of(token.vendor_id);
        app.uses().note(&store, &record, token.address, &token.by).await;
        let caller = AnyCaller { store, by: token.by, vendor: Some(vendor) };
        Ok(Self { caller, scopes: Some(token.scopes) })
    }
}

//! Vendor tokens and service tokens: scopes, claims, state.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::clock::{Timestamp, plus_seconds};
use crate::ids::ServiceTokenId;

pub use life::{NOTHING_TO_ROTATE, Previous, TokenState, VendorToken};

mod life;

/// Life of a vendor token, in seconds (90 days).
pub const VENDOR_TOKEN_SECONDS: i64 = 90 * 24 * 3600;

/// How long a replaced token stays valid unless its vendor says otherwise, in hours.
pub const GRACE_HOURS: u16 = 24;

/// The longest grace that may be chosen, in hours (a week).
pub const MAX_GRACE_HOURS: u16 = 168;

/// How many days before a token's end its vendor hears of it, each once.
pub const EXPIRY_NOTICE_DAYS: [u8; 5] = [30, 14, 7, 3, 1];

/// The audience of every token that this portal's API accepts.
pub const AUDIENCE: &str = "agentkeys";

/// How far a verifier's clock may be off, in seconds.
pub const LEEWAY_SECONDS: i64 = 60;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read the device registry.
    DevicesRead,
    /// Register and release devices.
    DevicesWrite,
    /// Mint and revoke caps.
    CapsMint,
    /// Read usage.
    UsageRead,
    /// Report authority events. AgentKeys' own services only.
    EventsWrite,
    /// Ask for a token's live state. AgentKeys' own services only.
    TokensIntrospect,
}

impl Scope {
    /// What a vendor token may carry, and does unless fewer are asked for.
    pub const VENDOR: [Self; 4] = [Self::DevicesRead, Self::DevicesWrite, Self::CapsMint, Self::UsageRead];

    /// What a service token may carry.
    pub const SERVICE: [Self; 2] = [Self::EventsWrite, Self::TokensIntrospect];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DevicesRead => "devices:read",
            Self::DevicesWrite => "devices:write",
            Self::CapsMint => "caps:mint",
            Self::UsageRead => "usage:read",
            Self::EventsWrite => "events:write",
            Self::TokensIntrospect => "tokens:introspect",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of scopes, written as one text with spaces (RFC 6749 section 3.3), each once and in the order of [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// All that a vendor token may carry.
    pub fn vendor() -> Self {
        Self(Scope::VENDOR.to_vec())
    }

    /// The named ones out of `allowed`.
    ///
    /// # Errors
    /// A sentence for the caller when one is unknown or not allowed, or none is left.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>, allowed: &[Scope]) -> Result<Self, String> {
        let find = |name: &str| allowed.iter().copied().find(|scope| scope.as_str() == name);
        let choice = || allowed.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
        let mut scopes = names
            .into_iter()
            .map(|name| find(name).ok_or_else(|| format!("expected scopes out of {}", choice())))
            .collect::<Result<Vec<_>, _>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        match scopes.is_empty() {
            true => Err(format!("expected at least one scope out of {}", choice())),
            false => Ok(Self(scopes)),
        }
    }

    /// Whether `scope` is among them.
    pub fn contain(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The names in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|scope| scope.as_str()).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

impl FromStr for Scopes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all: Vec<Scope> = Scope::VENDOR.into_iter().chain(Scope::SERVICE).collect();
        Self::parse(text.split(' '), &all)
    }
}

impl TryFrom<String> for Scopes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

/// The claims of a vendor or service token (RFC 7519); times in Unix seconds.
///
/// `sub` comes first: a vendor token's second part then begins with the base64url of `{"sub":"ven_`, by which a secret
/// scanner knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// `ven_…` or `svc_…`.
    pub sub: String,
    /// The portal's public URL.
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// `tok_…` or `svc_…`.
    pub jti: String,
    /// Issued at.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
    /// What it may be used for.
    pub scope: Scopes,
}

impl Claims {
    /// Claims of a token that lives `seconds` from `at` on.
    pub fn new(iss: &str, sub: String, jti: String, scope: Scopes, at: Timestamp, seconds: i64) -> Self {
        let iat = at.as_second();
        Self { sub, iss: iss.to_owned(), aud: AUDIENCE.to_owned(), jti, iat, nbf: iat, exp: iat + seconds, scope }
    }

    /// Checks issuer, audience and time, with [`LEEWAY_SECONDS`].
    ///
    /// # Errors
    /// [`Error::TokenExpired`] after its time, [`Error::Unauthenticated`] for the rest.
    pub fn check(&self, iss: &str, now: Timestamp) -> Result<(), Error> {
        if self.iss != iss || self.aud != AUDIENCE {
            return Err(Error::Unauthenticated("issuer or audience of another portal"));
        }
        let now = now.as_second();
        if now < self.nbf - LEEWAY_SECONDS {
            return Err(Error::Unauthenticated("token not valid yet"));
        }
        if now >= self.exp + LEEWAY_SECONDS {
            return Err(Error::TokenExpired);
        }
        Ok(())
    }
}

/// The longest life of a service token, in days.
pub const MAX_SERVICE_TOKEN_DAYS: u16 = 90;

/// A token of AgentKeys' own services as the portal keeps it: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceToken {
    /// Its `sub` and `jti`.
    pub token_id: ServiceTokenId,
    /// Which service has it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it was issued, to the second.
    pub issued_at: Timestamp,
    /// When its life ends.
    pub expires_at: Timestamp,
    /// When operations ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Optimistic lock.
    pub version: u64,
}

impl ServiceToken {
    /// A token issued at `at`, for `days`.
    pub fn issue(token_id: ServiceTokenId, name: String, scopes: Scopes, at: Timestamp, days: u16) -> Self {
        let expires_at = plus_seconds(at, i64::from(days) * 24 * 3600);
        Self { token_id, name, scopes, issued_at: at, expires_at, revoked_at: None, version: 0 }
    }

    /// The claims that K1 signs.
    pub fn claims(&self, iss: &str) -> Claims {
        let name = self.token_id.to_string();
        let seconds = self.expires_at.as_second() - self.issued_at.as_second();
        Claims::new(iss, name.clone(), name, self.scopes.clone(), self.issued_at, seconds)
    }

    /// Refuses a token that operations ended, or whose time is over.
    ///
    /// # Errors
    /// [`Error::TokenRevoked`], [`Error::TokenExpired`].
    pub fn check(&self, now: Timestamp) -> Result<(), Error> {
        match self.revoked_at {
            Some(_) => Err(Error::TokenRevoked),
            None if now >= plus_seconds(self.expires_at, LEEWAY_SECONDS) => Err(Error::TokenExpired),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set() {
        let scopes = Scopes::parse(["usage:read", "devices:read", "usage:read"], &Scope::VENDOR).unwrap();
        assert_eq!(scopes.to_string(), "devices:read usage:read");
        assert!(Scopes::parse(["events:write"], &Scope::VENDOR).is_err());
        assert!(Scopes::parse([], &Scope::VENDOR).is_err());
        assert!("devices:read  usage:read".parse::<Scopes>().is_err());
    }

    #[test]
    fn the_life_of_claims() {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let claims = Claims::new("https://p", "ven".into(), "tok".into(), Scopes::vendor(), at, 100);
        assert_eq!(claims.check("https://p", at), Ok(()));
        assert_eq!(claims.check("https://p", plus_seconds(at, -60)), Ok(()));
        assert!(matches!(claims.check("https://p", plus_seconds(at, -61)), Err(Error::Unauthenticated(_))));
        assert_eq!(claims.check("https://p", plus_seconds(at, 159)), Ok(()));
        assert_eq!(claims.check("https://p", plus_seconds(at, 160)), Err(Error::TokenExpired));
        assert!(matches!(claims.check("https://q", at), Err(Error::Unauthenticated(_))));
    }
}

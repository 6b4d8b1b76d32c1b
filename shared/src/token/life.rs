//! A vendor token's life: issued, replaced, in its grace, over.

use serde::{Deserialize, Serialize};

use super::{Claims, EXPIRY_NOTICE_DAYS, GRACE_HOURS, LEEWAY_SECONDS, MAX_GRACE_HOURS, Scopes, VENDOR_TOKEN_SECONDS};
use crate::Error;
use crate::clock::{Timestamp, plus_seconds};
use crate::ids::{TokenId, VendorId};

/// Where a vendor token is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Valid.
    Active,
    /// Replaced, and valid for a while yet.
    Grace,
    /// Its time, or that of its grace, is over.
    Expired,
    /// Its vendor ended it.
    Revoked,
}

/// What becomes of the token that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// It stays valid for so many hours, 0 to [`MAX_GRACE_HOURS`], and never past its own end.
    Grace(u16),
    /// It ends at once.
    Revoke,
}

impl Previous {
    /// What a vendor asked for.
    ///
    /// # Errors
    /// A sentence for the caller: too long a grace, or a grace for what shall end at once.
    pub fn parse(grace_hours: Option<i64>, revoke: bool) -> Result<Self, String> {
        let hours = grace_hours.map_or(Some(GRACE_HOURS), |hours| u16::try_from(hours).ok());
        match hours.filter(|hours| *hours <= MAX_GRACE_HOURS) {
            None => Err(format!("expected 0 to {MAX_GRACE_HOURS} hours")),
            Some(1..) if revoke && grace_hours.is_some() => {
                Err("a token that is revoked has no grace: leave one of the two out".into())
            }
            Some(_) if revoke => Ok(Self::Revoke),
            Some(hours) => Ok(Self::Grace(hours)),
        }
    }
}

/// A vendor token as the portal keeps it: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorToken {
    /// Its `jti`.
    pub token_id: TokenId,
    /// Whose it is.
    pub vendor_id: VendorId,
    /// What the vendor calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it was issued, to the second.
    pub issued_at: Timestamp,
    /// When its life ends.
    pub expires_at: Timestamp,
    /// When it was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// Until when it is valid although it was replaced. Never after `expires_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// When its vendor ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl VendorToken {
    /// A token issued at `at`, for 90 days.
    pub fn issue(token_id: TokenId, vendor_id: VendorId, name: Option<String>, scopes: Scopes, at: Timestamp) -> Self {
        let expires_at = plus_seconds(at, VENDOR_TOKEN_SECONDS);
        let (rotated_at, valid_until, revoked_at) = (None, None, None);
        Self { token_id, vendor_id, name, scopes, issued_at: at, expires_at, rotated_at, valid_until, revoked_at }
    }

    /// The claims that K1 signs.
    pub fn claims(&self, iss: &str) -> Claims {
        let (sub, jti) = (self.vendor_id.to_string(), self.token_id.to_string());
        Claims::new(iss, sub, jti, self.scopes.clone(), self.issued_at, VENDOR_TOKEN_SECONDS)
    }

    /// Until when it is valid unless it is revoked: the end of its life or, once replaced, of its grace.
    pub fn ends_at(&self) -> Timestamp {
        self.valid_until.map_or(self.expires_at, |until| until.min(self.expires_at))
    }

    /// Where it is in its life at `now`.
    pub fn state(&self, now: Timestamp) -> TokenState {
        match self {
            Self { revoked_at: Some(_), .. } => TokenState::Revoked,
            _ if now >= self.ends_at() => TokenState::Expired,
            Self { rotated_at: Some(_), .. } => TokenState::Grace,
            _ => TokenState::Active,
        }
    }

    /// Replaced at `at`.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a token that is not the active one: there is nothing to go on from.
    pub fn replaced(self, previous: Previous, at: Timestamp) -> Result<Self, Error> {
        if self.state(at) != TokenState::Active {
            return Err(Error::Conflict(NOTHING_TO_ROTATE));
        }
        let this = Self { rotated_at: Some(at), ..self };
        Ok(match previous {
            Previous::Grace(hours) => {
                let until = plus_seconds(at, i64::from(hours) * 3600).min(this.expires_at);
                Self { valid_until: Some(until), ..this }
            }
            Previous::Revoke => Self { revoked_at: Some(at), ..this },
        })
    }

    /// Ended by its vendor at `at`. What is over stays as it is.
    pub fn revoked(self, at: Timestamp) -> Self {
        match self.state(at) {
            TokenState::Active | TokenState::Grace => Self { revoked_at: Some(at), ..self },
            TokenState::Expired | TokenState::Revoked => self,
        }
    }

    /// Refuses a token that its vendor ended, or whose time is over.
    ///
    /// # Errors
    /// [`Error::TokenRevoked`], [`Error::TokenExpired`].
    pub fn check(&self, now: Timestamp) -> Result<(), Error> {
        if self.revoked_at.is_some() {
            return Err(Error::TokenRevoked);
        }
        let replaced = self.valid_until.is_some_and(|until| now >= until);
        if replaced || now >= plus_seconds(self.expires_at, LEEWAY_SECONDS) {
            return Err(Error::TokenExpired);
        }
        Ok(())
    }

    /// Which notice of its coming end is due at `now`, as the number of days before: the latest whose day has come.
    /// Earlier ones that nobody sent in time are not sent late beside it. None for a token that is no more, or is
    /// replaced already.
    pub fn expiry_notice(&self, now: Timestamp) -> Option<u8> {
        let left = self.expires_at.as_second() - now.as_second();
        let is_due = |days: &u8| left <= i64::from(*days) * 24 * 3600;
        let active = self.state(now) == TokenState::Active;
        EXPIRY_NOTICE_DAYS.into_iter().filter(|_| active).filter(is_due).min()
    }
}

/// Why a rotation finds nothing to replace, for the caller.
pub const NOTHING_TO_ROTATE: &str =
    "no token is active, so none can be replaced; issue a new one with POST /v1/vendor/tokens";

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> VendorToken {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let (token, vendor) = ("tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X", "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X");
        VendorToken::issue(token.parse().unwrap(), vendor.parse().unwrap(), None, Scopes::vendor(), at)
    }

    fn after(seconds: i64) -> Timestamp {
        plus_seconds(token().issued_at, seconds)
    }

    const DAY: i64 = 24 * 3600;

    #[test]
    fn a_replaced_token_ends_with_its_grace_and_never_past_its_own_end() {
        let replaced = token().replaced(Previous::Grace(24), after(DAY)).unwrap();
        assert_eq!(replaced.state(after(2 * DAY - 1)), TokenState::Grace);
        assert_eq!(replaced.check(after(2 * DAY - 1)), Ok(()));
        assert_eq!(replaced.state(after(2 * DAY)), TokenState::Expired);
        assert_eq!(replaced.check(after(2 * DAY)), Err(Error::TokenExpired));

        let late = token().replaced(Previous::Grace(168), after(89 * DAY)).unwrap();
        assert_eq!(late.ends_at(), token().expires_at);
        let at_once = token().replaced(Previous::Grace(0), after(DAY)).unwrap();
        assert_eq!(at_once.check(after(DAY)), Err(Error::TokenExpired));
        let revoked = token().replaced(Previous::Revoke, after(DAY)).unwrap();
        assert_eq!(revoked.check(after(DAY)), Err(Error::TokenRevoked));
    }

    #[test]
    fn only_the_active_token_is_replaced() {
        let gone = [
            token().revoked(after(1)),
            token().replaced(Previous::Grace(24), after(1)).unwrap(),
            token().replaced(Previous::Revoke, after(1)).unwrap(),
        ];
        for token in gone {
            assert!(matches!(token.replaced(Previous::Revoke, after(2)), Err(Error::Conflict(_))));
        }
        assert!(token().replaced(Previous::Revoke, token().expires_at).is_err());
    }

    #[test]
    fn what_is_over_is_not_revoked_again() {
        let once = token().revoked(after(5));
        assert_eq!(once.clone().revoked(after(9)), once);
        assert_eq!(token().revoked(token().expires_at), token());
    }

    #[test]
    fn a_grace_that_may_be_asked_for() {
        assert_eq!(Previous::parse(None, false), Ok(Previous::Grace(24)));
        assert_eq!(Previous::parse(Some(0), false), Ok(Previous::Grace(0)));
        assert_eq!(Previous::parse(Some(168), false), Ok(Previous::Grace(168)));
        assert_eq!(Previous::parse(None, true), Ok(Previous::Revoke));
        assert_eq!(Previous::parse(Some(0), true), Ok(Previous::Revoke));
        for (hours, revoke) in [(169, false), (-1, false), (i64::MAX, false), (1, true), (169, true)] {
            assert!(Previous::parse(Some(hours), revoke).is_err(), "{hours} {revoke}");
        }
    }

    #[test]
    fn notices_before_the_end() {
        let days_before = |days: i64| plus_seconds(token().expires_at, -days * DAY);
        let rows =
            [(31, None), (30, Some(30)), (29, Some(30)), (14, Some(14)), (8, Some(14)), (7, Some(7)), (3, Some(3))];
        for (days, due) in rows {
            assert_eq!(token().expiry_notice(days_before(days)), due, "{days} days before");
        }
        assert_eq!(token().expiry_notice(days_before(1)), Some(1));
        assert_eq!(token().expiry_notice(token().expires_at), None);
        assert_eq!(token().revoked(after(1)).expiry_notice(days_before(3)), None);
        let replaced = token().replaced(Previous::Grace(168), days_before(3)).unwrap();
        assert_eq!(replaced.expiry_notice(days_before(3)), None);
    }
}

//! The one error type of the product: what went wrong, said without HTTP.
//!
//! `functions::platform::http` maps it to a problem document once, exhaustively. What the client may read (`detail`) and
//! what only the log may read (`cause`) are different fields.

use crate::cap::Namespace;
use crate::onboarding::Step;
use crate::token::Scope;

/// One fault in a body, at an RFC 6901 pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// RFC 6901 JSON pointer of the field, `""` for the whole body.
    pub pointer: String,
    /// What is wrong and what is expected, for the caller.
    pub detail: String,
}

impl FieldError {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// A field of a resource that is not what the caller saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedField {
    /// Its name.
    pub field: &'static str,
    /// What it is now.
    pub current: serde_json::Value,
}

/// Why a request ended without what it asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request's form is wrong: not JSON, a field missing, unknown or of the wrong type.
    #[error("invalid request")]
    InvalidRequest(Vec<FieldError>),
    /// The form is right and a value breaks a rule.
    #[error("validation failed")]
    ValidationFailed(Vec<FieldError>),
    /// The endpoint needs an `Idempotency-Key`.
    #[error("idempotency key required")]
    IdempotencyKeyRequired,
    /// No credential, or one that proves nothing. The text is for the log.
    #[error("unauthenticated: {0}")]
    Unauthenticated(&'static str),
    /// The vendor token was good once and its time is over.
    #[error("token expired")]
    TokenExpired,
    /// The vendor token was ended by its vendor.
    #[error("token revoked")]
    TokenRevoked,
    /// The vendor has steps to finish first.
    #[error("onboarding incomplete")]
    OnboardingIncomplete(Vec<Step>),
    /// The vendor is suspended or closed.
    #[error("vendor suspended")]
    VendorSuspended,
    /// The credential is good and lacks this scope.
    #[error("insufficient scope: {0}")]
    InsufficientScope(Scope),
    /// A cap was asked for that reaches further than vendor and device may: into these.
    #[error("namespace not allowed: {0:?}")]
    NamespaceNotAllowed(Vec<Namespace>),
    /// There is no such thing, or it is another vendor's.
    #[error("not found")]
    NotFound,
    /// A vendor token is live already.
    #[error("a token exists")]
    TokenExists,
    /// The state changed under the request, or forbids it. The text is for the caller.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The endpoint changes something that others may change too, and needs `If-Match`.
    #[error("precondition required")]
    PreconditionRequired,
    /// The thing is not as the caller saw it.
    #[error("precondition failed")]
    PreconditionFailed {
        /// Its entity tag now.
        etag: String,
        /// What is different from what the caller saw, as far as its entity tag tells.
        changed: Vec<ChangedField>,
    },
    /// The body is larger than the endpoint reads, in bytes.
    #[error("body over {0} bytes")]
    BodyTooLarge(usize),
    /// The body is not of the media type named here.
    #[error("unsupported media type, expected {0}")]
    UnsupportedMediaType(&'static str),
    /// The same idempotency key came with another payload.
    #[error("idempotency key reused")]
    IdempotencyKeyReused,
    /// A provider refused a call for good: the same call would be refused again.
    #[error("refused by the provider: {cause}")]
    ProviderRefused {
        /// The provider's name of the parameter at fault, if it named one.
        param: String,
        /// For the log.
        cause: String,
    },
    /// Something this needs does not answer; safe to retry. The text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A bug or broken data. The text is for the log.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// One value that breaks a rule.
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::ValidationFailed(vec![FieldError::new(pointer, detail)])
    }
}

/// Collects the faults of a body, so that the caller hears of all of them at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The parsed value, or `None` with the fault noted at `pointer`.
    pub fn take<T>(&mut self, pointer: &str, parsed: Result<T, String>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(detail) => {
                self.0.push(FieldError::new(pointer, detail));
                None
            }
        }
    }

    /// [`Error::ValidationFailed`] with all that was noted.
    pub fn into_error(self) -> Error {
        Error::ValidationFailed(self.0)
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

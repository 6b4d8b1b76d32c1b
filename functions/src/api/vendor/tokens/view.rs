//! A new token as the API shows it, and what may be asked of one.

use domain::clock::rfc3339;
use domain::error::FieldErrors;
use domain::text;
use domain::token::{Scope, Scopes, VendorToken};
use serde::Serialize;
use utoipa::ToSchema;

/// A new token.
#[derive(Serialize, ToSchema)]
pub(super) struct Issued {
    /// Its name in lists and logs.
    #[schema(examples("tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    token_id: String,
    /// The token. Shown this once.
    #[schema(examples("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiJ2ZW5fIn0.c2ln"))]
    token: String,
    /// What it may be used for.
    #[schema(examples("devices:read"))]
    scopes: Vec<&'static str>,
    /// When it was issued.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    issued_at: String,
    /// When its life ends: 90 days later.
    #[schema(examples("2027-02-20T08:00:00Z"))]
    expires_at: String,
}

impl Issued {
    /// The view of `record` with the token that was signed for it.
    pub(super) fn new(record: &VendorToken, token: String) -> Self {
        Self {
            token_id: record.token_id.to_string(),
            token,
            scopes: record.scopes.names(),
            issued_at: rfc3339(record.issued_at),
            expires_at: rfc3339(record.expires_at),
        }
    }
}

/// A token's name and scopes as they were asked for, faults noted.
pub(super) fn name_and_scopes(
    faults: &mut FieldErrors,
    name: Option<String>,
    scopes: Option<Vec<String>>,
) -> (Option<Option<String>>, Option<Option<Scopes>>) {
    let name = faults.take("/name", name.map(|name| text::line(&name, 64)).transpose());
    let asked = scopes.as_ref().map(|names| Scopes::parse(names.iter().map(String::as_str), &Scope::VENDOR));
    (name, faults.take("/scopes", asked.transpose()))
}

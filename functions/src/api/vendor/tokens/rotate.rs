//! `POST /v1/vendor/tokens/rotate`

use axum::Json as View;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Error;
use domain::clock::{rfc3339, whole_second};
use domain::error::FieldErrors;
use domain::token::{Previous, Scopes, VendorToken};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{Issued, name_and_scopes};
use crate::openapi::{BodyFaults, Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, OptionalJson, Problem};
use crate::platform::routes::{Routes, routes};

/// What becomes of the token before, and how the new one differs from it. The body may be left out.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateRequest {
    /// How many hours the token before stays valid, never past its own end. 24 if not told.
    #[schema(examples(24), minimum = 0, maximum = 168)]
    grace_hours: Option<i64>,
    /// End the token before at once: it leaked.
    #[schema(examples(false))]
    #[serde(default)]
    revoke_previous: bool,
    /// Another name, 1 to 64 characters.
    #[schema(examples("firmware 1.1"), min_length = 1, max_length = 64)]
    name: Option<String>,
    /// Other scopes.
    #[schema(examples("devices:read"))]
    scopes: Option<Vec<String>>,
}

/// The token before.
#[derive(Serialize, ToSchema)]
struct PreviousView {
    /// Its name in lists and logs.
    #[schema(examples("tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    token_id: String,
    /// When it ends, or ended.
    #[schema(examples("2026-11-23T08:00:00Z"))]
    valid_until: String,
}

/// A new token, and what became of the one before.
#[derive(Serialize, ToSchema)]
struct Rotated {
    #[serde(flatten)]
    issued: Issued,
    /// The token that was replaced.
    previous: PreviousView,
}

struct Asked {
    previous: Previous,
    name: Option<String>,
    scopes: Option<Scopes>,
}

fn parse(body: RotateRequest) -> Result<Asked, Error> {
    let mut faults = FieldErrors::default();
    let previous = faults.take("/grace_hours", Previous::parse(body.grace_hours, body.revoke_previous));
    let (name, scopes) = name_and_scopes(&mut faults, body.name, body.scopes);
    match (previous, name, scopes) {
        (Some(previous), Some(name), Some(scopes)) => Ok(Asked { previous, name, scopes }),
        _ => Err(faults.into_error()),
    }
}

/// Replace the vendor token
///
/// Issues the next token. The one before stays valid for 24 hours, or as long as `grace_hours` says, so that devices can
/// be moved over without an outage; with `revoke_previous` it ends at once. Two tokens are valid at most: while one is in
/// its grace, the active one can only be replaced with `revoke_previous`. Name and scopes stay unless others are given.
#[utoipa::path(post, path = "/v1/vendor/tokens/rotate", tag = "tokens", operation_id = "rotate_token",
    request_body(content = Option<RotateRequest>, description = "May be left out"),
    responses((status = 201, description = "The new token, shown this once", body = Rotated),
        (status = 403, description = "`onboarding_incomplete` with `missing`, or `vendor_suspended`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: no token is active, a third would be valid, or another request was faster",
            body = Problem, content_type = "application/problem+json"),
        BodyFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn rotate(
    State(app): State<App>,
    caller: SessionCaller,
    OptionalJson(body): OptionalJson<RotateRequest>,
) -> Result<(StatusCode, View<Rotated>), Failure> {
    let asked = parse(body)?;
    caller.store.vendor().await?.require_active()?;
    let at = whole_second(caller.by.at);
    let (slot, active) = caller.store.active_token(at).await?;
    let name = asked.name.or_else(|| active.name.clone());
    let scopes = asked.scopes.unwrap_or_else(|| active.scopes.clone());
    let before = active.replaced(asked.previous, at)?;
    let record = VendorToken::issue(app.new_id(), caller.store.vendor_id(), name, scopes, at);
    // Signed first: a token on record that nobody holds would be the one that the next rotation goes on from.
    let signer = app.signer()?;
    let token = signer.sign_token(&record.claims(signer.issuer())).await?;
    caller.store.replace_token(&slot, &before, &record, &caller.by).await?;
    let valid_until = rfc3339(before.revoked_at.unwrap_or_else(|| before.ends_at()));
    let previous = PreviousView { token_id: before.token_id.to_string(), valid_until };
    Ok((StatusCode::CREATED, View(Rotated { issued: Issued::new(&record, token), previous })))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(rotate)
}

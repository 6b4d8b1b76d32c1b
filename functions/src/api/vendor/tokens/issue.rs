//! `POST /v1/vendor/tokens`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Error;
use domain::clock::whole_second;
use domain::error::FieldErrors;
use domain::token::{Scopes, VendorToken};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{Issued, name_and_scopes};
use crate::openapi::{BodyFaults, Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::app::App;
use crate::platform::http::{Failure, OptionalJson, Problem};

/// What the token shall be. The body may be left out.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IssueRequest {
    /// What the vendor calls it, 1 to 64 characters.
    #[schema(examples("firmware 1.0"), min_length = 1, max_length = 64)]
    name: Option<String>,
    /// Fewer scopes than all four.
    #[schema(examples("devices:read"))]
    scopes: Option<Vec<String>>,
}

fn parse(body: IssueRequest) -> Result<(Option<String>, Scopes), Error> {
    let mut faults = FieldErrors::default();
    let (name, scopes) = name_and_scopes(&mut faults, body.name, body.scopes);
    let (name, scopes) = name.zip(scopes).ok_or_else(|| faults.into_error())?;
    Ok((name, scopes.unwrap_or_else(Scopes::vendor)))
}

/// Issue the vendor token
///
/// A Bearer token for all of the vendor's software, signed by K1, good for 90 days. One is live at a time.
#[utoipa::path(post, path = "/v1/vendor/tokens", tag = "tokens", operation_id = "issue_token",
    request_body(content = Option<IssueRequest>, description = "May be left out"),
    responses((status = 201, description = "The token, shown this once", body = Issued),
        (status = 403, description = "`onboarding_incomplete` with `missing`, or `vendor_suspended`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`token_exists`: rotate it", body = Problem, content_type = "application/problem+json"),
        BodyFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn issue(
    State(app): State<App>,
    caller: SessionCaller,
    OptionalJson(body): OptionalJson<IssueRequest>,
) -> Result<(StatusCode, View<Issued>), Failure> {
    let (name, scopes) = parse(body)?;
    caller.store.vendor().await?.require_active()?;
    let at = whole_second(caller.by.at);
    if caller.store.live_token(at).await?.is_some() {
        return Err(Error::TokenExists.into());
    }
    let record = VendorToken::issue(app.new_id(), caller.store.vendor_id(), name, scopes, at);
    // Signed first: a token on record that nobody holds would lock the vendor out.
    let signer = app.signer()?;
    let token = signer.sign_token(&record.claims(signer.issuer())).await?;
    caller.store.create_token(&record, &caller.by).await?;
    Ok((StatusCode::CREATED, View(Issued::new(&record, token))))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(issue)
}

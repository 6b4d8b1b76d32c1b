//! `POST /v1/vendor/terms/accept`

use crate::platform::routes::{Routes, routes};
use axum::Json as View;
use domain::Error;
use domain::clock::{rfc3339, whole_second};
use domain::terms::Signature;
use domain::vendor::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::{BodyFaults, Faults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::{Failure, Json, Problem};

/// A signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptRequest {
    /// The version of the terms of service in force.
    #[schema(examples("2026-11-22"))]
    tos_version: String,
    /// The version of the data processing addendum in force.
    #[schema(examples("2026-11-22"))]
    dpa_version: String,
    /// Who signs for the vendor, 1 to 100 characters.
    #[schema(examples("Li Lei"), min_length = 1, max_length = 100)]
    signatory_name: String,
    /// In what capacity, 1 to 100 characters.
    #[schema(examples("CEO"), min_length = 1, max_length = 100)]
    signatory_title: String,
}

/// What is on record.
#[derive(Serialize, ToSchema)]
struct Accepted {
    /// The vendor's status now.
    #[schema(value_type = String, examples("onboarding"))]
    status: Status,
    /// What was signed.
    #[schema(examples("2026-11-22"))]
    tos_version: String,
    /// What was signed.
    #[schema(examples("2026-11-22"))]
    dpa_version: String,
    /// Who signed.
    #[schema(examples("Li Lei"))]
    signatory_name: String,
    /// In what capacity.
    #[schema(examples("CEO"))]
    signatory_title: String,
    /// When.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    accepted_at: String,
}

/// Accept the terms
///
/// Signs the documents in force and pins the vendor to today's prices. Signed twice, the first signature stands.
#[utoipa::path(post, path = "/v1/vendor/terms/accept", tag = "terms", operation_id = "accept_terms",
    request_body = AcceptRequest,
    responses((status = 200, description = "On record", body = Accepted),
        (status = 403, description = "`vendor_suspended`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`conflict`", body = Problem, content_type = "application/problem+json"),
        BodyFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn accept(caller: SessionCaller, Json(body): Json<AcceptRequest>) -> Result<View<Accepted>, Failure> {
    let signature =
        Signature::parse(&body.tos_version, &body.dpa_version, &body.signatory_name, &body.signatory_title)?;
    let (by, at) = (&caller.by, whole_second(caller.by.at));
    let sign = |vendor: domain::vendor::Vendor| vendor.accept_terms(signature.clone(), by.ip.clone(), at);
    let vendor = caller.store.change_vendor(by, sign).await?;
    let terms = vendor.terms.ok_or_else(|| Error::Internal("accepted terms are gone".into()))?;
    Ok(View(Accepted {
        status: vendor.status,
        tos_version: terms.tos_version,
        dpa_version: terms.dpa_version,
        signatory_name: terms.signatory_name,
        signatory_title: terms.signatory_title,
        accepted_at: rfc3339(terms.accepted_at),
    }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(accept)
}

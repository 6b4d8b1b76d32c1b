//! `POST /v1/tokens/introspect`
//!
//! RFC 7662: what a token is worth at this moment, read from the table and not from any memory. Every token that is not
//! active gets the same answer, whatever the reason.

use axum::Json as View;
use axum::extract::{FromRequest, Request, State};
use domain::cap::Namespace;
use domain::token::{Claims, Scope};
use domain::{Error, FieldError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::{Faults, ServiceFaults};
use crate::platform::access::{ServiceBearer, ServiceCaller};
use crate::platform::app::App;
use crate::platform::http::{Failure, Form, Problem};
use crate::platform::routes::{Routes, routes};

/// What is asked (RFC 7662 section 2.1).
#[derive(ToSchema)]
#[expect(dead_code, reason = "says what the form carries; it is read as a map")]
struct IntrospectForm {
    /// The token.
    #[schema(examples("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"))]
    token: String,
    /// A hint that is not needed.
    #[schema(examples("access_token"))]
    token_type_hint: Option<String>,
}

/// What the token is worth (RFC 7662 section 2.2). All but `active` only for an active one.
#[derive(Default, Serialize, ToSchema)]
struct Introspection {
    /// Whether it is to be accepted.
    #[schema(examples(true))]
    active: bool,
    #[serde(flatten)]
    #[schema(inline)]
    token: Option<ActiveToken>,
}

/// An active token.
#[derive(Serialize, ToSchema)]
struct ActiveToken {
    /// Whose it is: `ven_…` or `svc_…`.
    #[schema(examples("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    sub: String,
    /// What it may be used for, with spaces between.
    #[schema(examples("devices:read devices:write"))]
    scope: String,
    /// Its id.
    #[schema(examples("tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    jti: String,
    /// The portal.
    #[schema(examples("https://portal.agentkeys.example"))]
    iss: String,
    /// Its audience.
    #[schema(examples("agentkeys"))]
    aud: String,
    /// When it was issued, Unix seconds.
    #[schema(examples(1_795_305_600))]
    iat: i64,
    /// Until when it is valid, Unix seconds: the end of its life or, once replaced, of its grace.
    #[schema(examples(1_803_081_600))]
    exp: i64,
    /// How it is presented.
    #[schema(examples("Bearer"))]
    token_type: &'static str,
    /// The vendor, for a vendor token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    vendor_id: Option<String>,
    /// What the vendor's devices may reach at most, for a vendor token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, examples(json!(["profile", "family"])))]
    namespaces_allowed: Option<Vec<Namespace>>,
}

impl ActiveToken {
    fn new(claims: Claims, exp: i64) -> Self {
        let Claims { sub, iss, aud, jti, iat, scope, .. } = claims;
        let scope = scope.to_string();
        Self { sub, scope, jti, iss, aud, iat, exp, token_type: "Bearer", vendor_id: None, namespaces_allowed: None }
    }
}

/// Ask what a token is worth now
///
/// For AgentKeys' own services (RFC 7662). Reads the live state: a token that was revoked, replaced past its grace, or
/// whose vendor is stopped is not active from that moment on. Verifying offline with JWKS does not see that; see the
/// guide under the tag `tokens`.
#[utoipa::path(post, path = "/v1/tokens/introspect", tag = "tokens", operation_id = "introspect_token",
    request_body(content = IntrospectForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What it is worth", body = Introspection),
        (status = 400, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        ServiceFaults, Faults),
    security(("service_token" = [])))]
async fn introspect(
    State(app): State<App>,
    bearer: ServiceBearer,
    request: Request,
) -> Result<View<Introspection>, Failure> {
    let caller = bearer.open(Scope::TokensIntrospect).await?;
    let Form(mut form) = Form::from_request(request, &app).await?;
    let token = form.remove("token").ok_or_else(|| invalid("/token", "missing field `token`"))?;
    form.remove("token_type_hint");
    if let Some(name) = form.keys().next() {
        return Err(invalid(&format!("/{name}"), "unknown field").into());
    }
    let token = match look(&app, &caller, &token).await {
        Ok(token) => Some(token),
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error.into()),
        Err(error) => {
            tracing::info!(%error, "a token that is not active");
            None
        }
    };
    Ok(View(Introspection { active: token.is_some(), token }))
}

fn invalid(pointer: &str, detail: &str) -> Error {
    Error::InvalidRequest(vec![FieldError::new(pointer, detail)])
}

async fn look(app: &App, caller: &ServiceCaller, token: &str) -> Result<ActiveToken, Error> {
    let (claims, now) = (app.signer()?.verify_token(token).await?, caller.by.at);
    let unknown = || Error::Unauthenticated("token not on record");
    if let Ok(token_id) = claims.sub.parse() {
        let token = caller.store.service_token(token_id).await?.ok_or_else(unknown)?;
        token.check(now)?;
        return Ok(ActiveToken::new(claims, token.expires_at.as_second()));
    }
    let (vendor_id, token_id) =
        (claims.sub.parse().map_err(|_| unknown())?, claims.jti.parse().map_err(|_| unknown())?);
    let vendors = caller.store.of(vendor_id);
    let (vendor, token) = tokio::try_join!(vendors.vendor(), vendors.token(token_id))?;
    let token = token.ok_or_else(unknown)?;
    token.check(now)?;
    vendor.require_active()?;
    let active = ActiveToken::new(claims, token.ends_at().as_second());
    let (vendor_id, namespaces) = (Some(vendor_id.to_string()), Some(vendor.allowed_namespaces));
    Ok(ActiveToken { vendor_id, namespaces_allowed: namespaces, ..active })
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(introspect)
}

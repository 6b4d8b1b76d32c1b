//! Cap tokens: a compact JWS for the MCP server, short-lived and never stored.

use domain::cap::{AUDIENCE, Cap, Namespace};
use domain::omni::{ActorOmni, UserOmni};
use serde::Serialize;

/// The type in a cap's header, which no other token has.
pub(super) const TYP: &str = "agentkeys-cap+jwt";

/// What a cap says; times in Unix seconds.
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    iss: &'a str,
    aud: &'static str,
    sub: ActorOmni,
    operator_omni: UserOmni,
    vendor_id: String,
    op: &'static str,
    data_class: &'static str,
    namespaces_allowed: &'a [Namespace],
    jti: String,
    iat: i64,
    exp: i64,
}

impl<'a> Claims<'a> {
    /// The claims of `cap`, by the portal at `issuer`.
    pub(super) fn new(issuer: &'a str, cap: &'a Cap) -> Self {
        Self {
            iss: issuer,
            aud: AUDIENCE,
            sub: cap.actor_omni,
            operator_omni: cap.user_omni,
            vendor_id: cap.vendor_id.to_string(),
            op: cap.op.as_str(),
            data_class: cap.data_class.as_str(),
            namespaces_allowed: &cap.namespaces,
            jti: cap.cap_id.to_string(),
            iat: cap.issued_at.as_second(),
            exp: cap.expires_at.as_second(),
        }
    }
}

//! `POST /v1/vendor/caps`
//!
//! One read call; one write with an actor's first cap of a day, none after it; no KMS call. A cap is not stored.

use axum::Json as View;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use domain::Error;
use domain::cap::{AskedNamespaces, Cap, CapRequest, CapSeconds, Namespace, decide_cap};
use domain::clock::rfc3339;
use domain::error::FieldErrors;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::{BodyFaults, Faults, TokenFaults};
use crate::platform::access::{BearerToken, VendorCaller};
use crate::platform::app::App;
use crate::platform::http::{Failure, Json, Problem};
use crate::platform::routes::{Routes, routes};
use crate::platform::store::binding::Slot;

/// Who is to do what, where and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MintRequest {
    /// The actor of one of the vendor's devices: 64 hex digits, with or without `0x`.
    #[schema(examples("0xdc4a1cf435d4f440952c1c40c583aca7ff4c23856fdf6409f371a34a94352ca3"))]
    actor_omni: String,
    /// `fetch` to read, `store` to write.
    #[schema(examples("fetch"), pattern = "^(fetch|store)$")]
    op: String,
    /// What is read or written: `memory`.
    #[schema(examples("memory"), pattern = "^memory$")]
    data_class: String,
    /// Where: 1 to 6 out of `profile`, `work`, `family`, `child`, `travel`, `temp`, each once.
    #[schema(examples(json!(["profile", "family"])), min_items = 1, max_items = 6)]
    namespaces: Vec<String>,
    /// The cap's life in seconds, 1 to 300; 60 if not told.
    #[schema(examples(60), minimum = 1, maximum = 300)]
    ttl_seconds: Option<i64>,
}

/// A cap.
#[derive(Serialize, ToSchema)]
struct CapView {
    /// The cap token, a compact JWS. Whoever has it may do what it says: hand it to the device's agent and to nobody else.
    #[schema(examples("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"))]
    cap: String,
    /// Its name, to revoke it by.
    #[schema(examples("cap_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    cap_id: String,
    /// From when on it counts for nothing.
    #[schema(examples("2026-11-22T08:01:00Z"))]
    expires_at: String,
    /// Where it lets the actor in: what was asked for.
    #[schema(value_type = Vec<String>, examples("profile"))]
    namespaces_allowed: Vec<Namespace>,
}

fn parse(body: MintRequest) -> Result<CapRequest, Error> {
    let mut faults = FieldErrors::default();
    let actor_omni = faults.take("/actor_omni", body.actor_omni.parse());
    let op = faults.take("/op", body.op.parse());
    let data_class = faults.take("/data_class", body.data_class.parse());
    let namespaces = namespaces(&mut faults, &body.namespaces);
    let life = faults.take("/ttl_seconds", CapSeconds::new(body.ttl_seconds));
    match (actor_omni, op, data_class, namespaces, life) {
        (Some(actor_omni), Some(op), Some(data_class), Some(namespaces), Some(life)) => {
            Ok(CapRequest { actor_omni, op, data_class, namespaces, life })
        }
        _ => Err(faults.into_error()),
    }
}

/// The namespaces by name, with a fault at each that is none; of a list that is too long only that is said.
fn namespaces(faults: &mut FieldErrors, names: &[String]) -> Option<AskedNamespaces> {
    let mut known = Vec::new();
    if names.len() <= Namespace::ALL.len() {
        for (at, name) in names.iter().enumerate() {
            known.push(faults.take(&format!("/namespaces/{at}"), name.parse()));
        }
    }
    let known: Option<Vec<Namespace>> = known.into_iter().collect();
    known.and_then(|known| faults.take("/namespaces", AskedNamespaces::new(known)))
}

/// Mint a cap
///
/// Gives an actor of one of the vendor's devices the right to do one kind of thing for a short while: a cap token for
/// AgentKeys' MCP server. It is for all the namespaces that were asked for, or refused with 403 `namespace_not_allowed`
/// naming those beyond what the vendor's settings allow now and the device's policy has allowed since its registration;
/// `payment`, `credentials` and `delegation` are never in a cap. A narrowed setting, a suspended vendor and a revoked
/// vendor token take effect on caps minted more than 30 seconds later. An actor that is unknown, released or another
/// vendor's is 404 `not_found`. Minting makes the actor's device and user active today; the audit log has no row for it.
///
/// **To verify a cap:** (1) take `k1_cert` from its header and verify that with a key of `/.well-known/jwks.json`: ES256,
/// `typ` `agentkeys-key+jwt`, `use` with `cap`. (2) Verify the cap with the certificate's `cnf.jwk`: ES256, `typ`
/// `agentkeys-cap+jwt`, `kid` the key's RFC 7638 thumbprint, `aud` `agentkeys-mcp`, `iss` the certificate's and this
/// portal's. (3) Its `iat` lies between the certificate's `iat` and `exp`. (4) Now is before its `exp`, by a clock that is
/// right to a minute. (5) It is for this: `sub` is the actor, `op` and `data_class` what is to be done, and
/// `namespaces_allowed` names where. (6) It is not in `/v1/caps/revoked`. Nobody need be asked for (1) to (5).
#[utoipa::path(post, path = "/v1/vendor/caps", tag = "caps", operation_id = "mint_cap", request_body = MintRequest,
    responses((status = 201, description = "The cap; it is shown this once", body = CapView),
        (status = 404, description = "`not_found`: no such actor", body = Problem, content_type = "application/problem+json"),
        BodyFaults, TokenFaults, Faults,
        (status = 403, description = "`namespace_not_allowed` with `namespaces`, `onboarding_incomplete` with `missing`, \
            `vendor_suspended` or `insufficient_scope`", body = Problem, content_type = "application/problem+json")),
    security(("vendor_token" = [])))]
async fn mint(
    State(app): State<App>,
    token: BearerToken,
    request: Request,
) -> Result<(StatusCode, View<CapView>), Failure> {
    let asked = match read(request, &app).await {
        Ok(asked) => asked,
        // Who may not come in hears that, not what is wrong with the body.
        Err(fault) => return Err(token.open(Scope::CapsMint, |_| Vec::new()).await.map(|_| fault)?),
    };
    let (actor, at) = (asked.actor_omni, token.at());
    let (caller, mut found) =
        token.open(Scope::CapsMint, |store| vec![store.binding_key(actor), store.actor_day_key(actor, at)]).await?;
    let VendorCaller { gate, store, by } = caller;
    let bound = match store.registered(found.remove(&store.binding_key(actor)))? {
        Some(bound) => bound,
        // The batch may lag behind a registration of a moment ago: nobody is turned away on its word.
        None => {
            store.read_slot(actor).await?.filter(Slot::is_live).map(|slot| slot.registered).ok_or(Error::NotFound)?
        }
    };
    let cap = decide_cap(asked, &gate.vendor, &bound.binding, app.new_cap_id(store.vendor_id(), at), at)?;
    let jws = app.signer()?.cap(&cap).await?;
    // Before the cap is out: what was given is counted.
    if !found.contains_key(&store.actor_day_key(actor, at)) {
        store.mark_active(&bound.binding, &by).await?;
    }
    Ok((StatusCode::CREATED, View(view(cap, jws))))
}

async fn read(request: Request, app: &App) -> Result<CapRequest, Failure> {
    let Json(body) = Json::<MintRequest>::from_request(request, app).await?;
    Ok(parse(body)?)
}

fn view(cap: Cap, jws: String) -> CapView {
    let (cap_id, expires_at) = (cap.cap_id.to_string(), rfc3339(cap.expires_at));
    CapView { cap: jws, cap_id, expires_at, namespaces_allowed: cap.namespaces }
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(mint)
}

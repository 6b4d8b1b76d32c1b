//! `GET /v1/caps/revoked`

use axum::Json as View;
use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use domain::Error;
use domain::cap::Revoked;
use domain::clock::{Timestamp, rfc3339, sortable};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::{Faults, QueryFaults};
use crate::platform::app::App;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};
use crate::platform::store::revocation::Revocation;

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PartQuery {
    /// The `next_cursor` of the part before.
    #[param(max_length = 200, example = "MjAyNi0xMS0yMlQwODowMDowMC4xMjNaI2NhcF8wMQ")]
    cursor: Option<String>,
}

/// What is revoked now.
#[derive(Serialize, ToSchema)]
struct RevokedList {
    /// The caps and actors, the first to end first.
    revoked: Vec<RevokedView>,
    /// When this was so.
    #[schema(examples("2026-11-22T08:00:30.123Z"))]
    as_of: String,
    /// Where to go on, if there are more than 1,000.
    #[schema(examples("MjAyNi0xMS0yMlQwODowMDowMC4xMjNaI2NhcF8wMQ"))]
    next_cursor: Option<String>,
}

/// A cap, or an actor with all its caps. Has `cap_id` or `actor_omni`.
#[derive(Serialize, ToSchema)]
struct RevokedView {
    /// Whose caps: an entry is for caps with this `vendor_id` only.
    #[schema(examples("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    vendor_id: String,
    /// The cap with this `jti`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("cap_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    cap_id: Option<String>,
    /// Every cap with this `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("0xdc4a1cf435d4f440952c1c40c583aca7ff4c23856fdf6409f371a34a94352ca3"))]
    actor_omni: Option<String>,
    /// From when on the entry is left out, as no such cap is alive.
    #[schema(examples("2026-11-22T08:06:00Z"))]
    expires_at: String,
}

impl From<Revocation> for RevokedView {
    fn from(Revocation { vendor_id, what, expires_at }: Revocation) -> Self {
        let (cap_id, actor_omni) = match what {
            Revoked::CapId(cap_id) => (Some(cap_id.to_string()), None),
            Revoked::ActorOmni(actor_omni) => (None, Some(actor_omni.to_string())),
        };
        Self { vendor_id: vendor_id.to_string(), cap_id, actor_omni, expires_at: rfc3339(expires_at) }
    }
}

/// A cursor is the sort key of the last entry, which begins with a moment.
fn position(cursor: Option<&str>) -> Result<Option<String>, Error> {
    let decode = |text: &str| {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| bytes.len() <= 150)?;
        let key = String::from_utf8(bytes).ok().filter(|key| key.is_ascii())?;
        let at: Timestamp = key.split_once('#')?.0.parse().ok()?;
        key.starts_with(&sortable(at)).then_some(key)
    };
    let wrong = || Error::field("/cursor", "expected the next_cursor of the part before");
    cursor.map(|text| decode(text).ok_or_else(wrong)).transpose()
}

/// Revoked caps
///
/// The caps that were revoked, and the actors whose devices were released, until no cap of theirs can be alive: 360 seconds
/// at most. Whoever checks caps reads this list again and again, all of it: while `next_cursor` is not null there is more,
/// 1,000 entries at a time. It refuses a cap when an entry has the cap's `vendor_id` and either its `jti` as `cap_id` or
/// its `sub` as `actor_omni`. An answer may be kept for ten seconds. Read every 20 seconds, a revocation is in effect
/// within 30. A device that is registered again has another actor, which no entry of the old one hits.
#[utoipa::path(get, path = "/v1/caps/revoked", tag = "caps", operation_id = "list_revoked_caps", params(PartQuery),
    responses((status = 200, description = "The list, good to cache for ten seconds", body = RevokedList),
        (status = 422, description = "`validation_failed`: the cursor", body = Problem,
            content_type = "application/problem+json"), QueryFaults, Faults),
    security(()))]
async fn revoked(State(app): State<App>, Query(query): Query<PartQuery>) -> Result<Response, Failure> {
    let after = position(query.cursor.as_deref())?;
    let now = app.now();
    // Everybody's: who checks a cap must know, and an id says nothing to others.
    let part = app.store_of_all_vendors()?.revoked(now, after.as_deref()).await?;
    let list = RevokedList {
        revoked: part.revoked.into_iter().map(RevokedView::from).collect(),
        as_of: sortable(now),
        next_cursor: part.next.map(|sk| BASE64URL_NOPAD.encode(sk.as_bytes())),
    };
    Ok(([(CACHE_CONTROL, "public, max-age=10")], View(list)).into_response())
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(revoked)
}

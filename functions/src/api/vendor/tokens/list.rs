//! `GET /v1/vendor/tokens`

use axum::Json as View;
use axum::extract::Query;
use domain::Error;
use domain::clock::{Timestamp, rfc3339};
use domain::token::TokenState;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::openapi::{Faults, QueryFaults, SessionFaults};
use crate::platform::access::SessionCaller;
use crate::platform::http::{Failure, Problem};
use crate::platform::routes::{Routes, routes};
use crate::platform::store::Row;
use crate::platform::store::token_use::{ListedToken, TokenAddress};

/// How many tokens a page has unless its caller says otherwise.
const PAGE: usize = 20;

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TokensQuery {
    /// How many at most, 1 to 100; 20 if not told.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[param(max_length = 64, example = "tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X")]
    cursor: Option<String>,
}

/// Who uses a token although it was replaced.
#[derive(Serialize, ToSchema)]
struct StillUsed {
    /// The address, or the /64 of an IPv6 one.
    #[schema(examples("203.0.113.7"))]
    address: String,
    /// Its first use after the token was replaced.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    first_used_at: String,
    /// What it called itself, if anything.
    #[schema(examples("folotoy-firmware/1.0"))]
    user_agent: Option<String>,
}

/// A token, without the token itself.
#[derive(Serialize, ToSchema)]
struct TokenView {
    /// Its name in lists and logs.
    #[schema(examples("tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    token_id: String,
    /// What the vendor calls it.
    #[schema(examples("firmware 1.0"))]
    name: Option<String>,
    /// What it may be used for.
    #[schema(examples("devices:read"))]
    scopes: Vec<&'static str>,
    /// `active`; `grace`: replaced, and valid for a while yet; `expired`; `revoked`.
    #[schema(value_type = String, examples("active"))]
    state: TokenState,
    /// When it was issued.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    created_at: String,
    /// When its life ends.
    #[schema(examples("2027-02-20T08:00:00Z"))]
    expires_at: String,
    /// Until when it is valid, or was: the end of its life, of its grace, or when it was revoked.
    #[schema(examples("2027-02-20T08:00:00Z"))]
    valid_until: String,
    /// The hour of its last use, by its start; `null` if it was never used.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    last_used_at: Option<String>,
    /// From where it was last used.
    #[schema(examples("203.0.113.7"))]
    last_address: Option<String>,
    /// While it is in its grace: who still uses it, 20 addresses at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    still_used_by: Option<Vec<StillUsed>>,
}

/// A page of tokens.
#[derive(Serialize, ToSchema)]
struct TokenList {
    /// Newest first.
    data: Vec<TokenView>,
    /// Where to go on; `null` on the last page.
    #[schema(examples("tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    next_cursor: Option<String>,
}

impl TokenView {
    fn of(ListedToken { token, last_use }: &ListedToken, now: Timestamp) -> Self {
        Self {
            token_id: token.token_id.to_string(),
            name: token.name.clone(),
            scopes: token.scopes.names(),
            state: token.state(now),
            created_at: rfc3339(token.issued_at),
            expires_at: rfc3339(token.expires_at),
            valid_until: rfc3339(token.revoked_at.unwrap_or_else(|| token.ends_at())),
            last_used_at: last_use.as_ref().map(|last| rfc3339(last.last_used_at)),
            last_address: last_use.as_ref().and_then(|last| last.address.clone()),
            still_used_by: None,
        }
    }
}

impl StillUsed {
    fn of(row: Row<TokenAddress>) -> Self {
        Self { address: row.item.address, first_used_at: rfc3339(row.by.at), user_agent: row.by.ua }
    }
}

/// List the vendor's tokens
///
/// Newest first, never the tokens themselves. For one that was replaced and is in its grace the list names who still
/// uses it.
#[utoipa::path(get, path = "/v1/vendor/tokens", tag = "tokens", operation_id = "list_tokens", params(TokensQuery),
    responses((status = 200, description = "A page of tokens", body = TokenList),
        (status = 422, description = "`validation_failed`", body = Problem, content_type = "application/problem+json"),
        QueryFaults, SessionFaults, Faults),
    security(("session" = []), ("session_cookie" = [])))]
async fn list(caller: SessionCaller, Query(query): Query<TokensQuery>) -> Result<View<TokenList>, Failure> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=100).contains(&limit) {
        return Err(Error::field("/limit", "expected 1 to 100").into());
    }
    let wrong = |_| Error::field("/cursor", "expected the next_cursor of another page of this list");
    let after = query.cursor.map(|cursor| cursor.parse().map_err(wrong)).transpose()?;
    let (now, page) = (caller.by.at, caller.store.token_page(limit, after).await?);
    let mut data: Vec<TokenView> = page.tokens.iter().map(|listed| TokenView::of(listed, now)).collect();
    // One at most is in its grace.
    for (view, ListedToken { token, .. }) in data.iter_mut().zip(&page.tokens) {
        if view.state == TokenState::Grace {
            let users = caller.store.grace_users(token.token_id).await?;
            view.still_used_by = Some(users.into_iter().map(StillUsed::of).collect());
        }
    }
    Ok(View(TokenList { data, next_cursor: page.next.map(|token_id| token_id.to_string()) }))
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(list)
}

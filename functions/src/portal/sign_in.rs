//! `/sign-in`: where the link of a sign-in mail leads.

use crate::platform::routes::{Routes, routes};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::verify_email::welcome;
use super::{LinkForm, LinkPage, LinkQuery, texts};
use crate::api::vendor::sessions::exchange::SessionStarted;
use crate::openapi::{Faults, QueryFaults};
use crate::platform::access::{check_origin, cookie, cookie_name};
use crate::platform::app::App;
use crate::platform::http::{Failure, Form, RequestMeta};
use crate::platform::store::link::{Link, refused};

/// The page of a sign-in link
///
/// Shows a button. Opening the page uses nothing up.
#[utoipa::path(get, path = "/sign-in", tag = "pages", operation_id = "show_sign_in", params(LinkQuery),
    responses((status = 200, description = "A page with a button", body = String, content_type = "text/html"),
        (status = 422, description = "A page that says that the link is incomplete", body = String, content_type = "text/html"),
        QueryFaults, Faults),
    security(()))]
async fn get_page(headers: HeaderMap, Query(query): Query<LinkQuery>) -> Response {
    LinkPage::show(texts(&headers), "sign-in", "/sign-in", query.token)
}

/// The button of that page
///
/// Uses the link up, in the browser that asked for it, and begins a session as a cookie.
#[utoipa::path(post, path = "/sign-in", tag = "pages", operation_id = "submit_sign_in",
    request_body(content = LinkForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page with what is next", body = String, content_type = "text/html"),
        (status = 422, description = "A page that says that the link does not work", body = String, content_type = "text/html"),
        Faults),
    security(()))]
async fn post_page(State(app): State<App>, meta: RequestMeta, headers: HeaderMap, request: Request) -> Response {
    let t = texts(&headers);
    match sign_in(&app, &meta, request).await {
        Ok(started) => {
            welcome(&app, t, "sign-in", started).await.unwrap_or_else(|failure| LinkPage::failed(t, failure))
        }
        Err(failure) => LinkPage::failed(t, failure),
    }
}

async fn sign_in(app: &App, meta: &RequestMeta, request: Request) -> Result<(Link, SessionStarted), Failure> {
    let (parts, body) = request.into_parts();
    let portal = app.portal()?;
    check_origin(&parts, portal)?;
    let request_id = cookie(&parts.headers, &cookie_name(portal, "signin")).ok_or_else(refused)?.to_owned();
    let headers = parts.headers.clone();
    let Form(form) = Form::from_request(Request::from_parts(parts, body), app).await?;
    let token = form.get("token").ok_or_else(refused)?;
    let link = app.store_of_all_vendors()?.sign_in_link(token, &request_id, app.now()).await?;
    let started = SessionStarted::by_link(app, meta, &headers, link.clone()).await?;
    Ok((link, started))
}

/// The page.
pub fn show() -> Routes {
    routes!(get_page)
}

/// Its button.
pub fn submit() -> Routes {
    routes!(post_page)
}

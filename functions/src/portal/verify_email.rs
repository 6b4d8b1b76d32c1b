//! `/verify-email`: where the link of a sign-up's mail leads.

use crate::platform::routes::{Routes, routes};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Error;
use domain::onboarding::{Step, StepStatus};

use super::{LinkForm, LinkPage, LinkQuery, texts};
use crate::api::vendor::sessions::exchange::SessionStarted;
use crate::api::vendor::sessions::set_cookie;
use crate::openapi::{Faults, QueryFaults};
use crate::platform::access::check_origin;
use crate::platform::app::App;
use crate::platform::http::{Failure, Form, RequestMeta};
use crate::platform::store::link::{Link, refused};
use crate::platform::store::onboarding::Onboarding;
use crate::platform::store::session::MAX_SECONDS;

/// The page of a sign-up's link
///
/// Shows a button. Opening the page uses nothing up.
#[utoipa::path(get, path = "/verify-email", tag = "pages", operation_id = "show_verify_email", params(LinkQuery),
    responses((status = 200, description = "A page with a button", body = String, content_type = "text/html"),
        (status = 422, description = "A page that says that the link is incomplete", body = String, content_type = "text/html"),
        QueryFaults, Faults),
    security(()))]
async fn get_page(headers: HeaderMap, Query(query): Query<LinkQuery>) -> Response {
    LinkPage::show(texts(&headers), "verify", "/verify-email", query.token)
}

/// The button of that page
///
/// Uses the link up, proves the address and begins a session as a cookie.
#[utoipa::path(post, path = "/verify-email", tag = "pages", operation_id = "submit_verify_email",
    request_body(content = LinkForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page with what is next", body = String, content_type = "text/html"),
        (status = 422, description = "A page that says that the link does not work", body = String, content_type = "text/html"),
        Faults),
    security(()))]
async fn post_page(State(app): State<App>, meta: RequestMeta, headers: HeaderMap, request: Request) -> Response {
    let t = texts(&headers);
    match verify(&app, &meta, request).await {
        Ok(started) => welcome(&app, t, "verify", started).await.unwrap_or_else(|failure| LinkPage::failed(t, failure)),
        Err(failure) => LinkPage::failed(t, failure),
    }
}

async fn verify(app: &App, meta: &RequestMeta, request: Request) -> Result<(Link, SessionStarted), Failure> {
    let (parts, body) = request.into_parts();
    check_origin(&parts, app.portal()?)?;
    let headers = parts.headers.clone();
    let Form(form) = Form::from_request(Request::from_parts(parts, body), app).await?;
    let token = form.get("token").ok_or_else(refused)?;
    let link = app.store_of_all_vendors()?.verification_link(token, app.now()).await?;
    let started = SessionStarted::by_link(app, meta, &headers, link.clone()).await?;
    Ok((link, started))
}

/// The page for somebody whose session has just begun. The session is there whatever else can be read now.
pub(super) async fn welcome(
    app: &App,
    t: super::Texts,
    name: &str,
    (link, started): (Link, SessionStarted),
) -> Result<Response, Failure> {
    let cookie = set_cookie(app.portal()?, "session", &started.session, MAX_SECONDS)?;
    let steps = left_to_do(app, &link).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the steps could not be read");
        Vec::new()
    });
    let mut response = LinkPage::done(t, name, &steps).respond(StatusCode::OK);
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

async fn left_to_do(app: &App, link: &Link) -> Result<Vec<(Step, StepStatus)>, Error> {
    let store = app.store_of_all_vendors()?.of(link.vendor_id);
    Ok(Onboarding::read(&store, app.now()).await?.steps)
}

/// The page.
pub fn show() -> Routes {
    routes!(get_page)
}

/// Its button.
pub fn submit() -> Routes {
    routes!(post_page)
}

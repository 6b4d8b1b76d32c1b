//! The hosted pages as a browser sees them: a form whose buttons post back to the page itself.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;
use serde_json::Value;

use super::hosted::{Page, cancel_url, success_url};
use super::html::{Language, Texts, escape, page};
use super::store::text;
use super::{CompleteError, Outcome, StripeDouble};

pub(super) fn router(double: StripeDouble) -> Router {
    Router::new()
        .route("/_local/stripe/checkout/{id}", get(show_checkout).post(press_checkout))
        .route("/_local/stripe/onboarding/{token}", get(show_onboarding).post(press_onboarding))
        .with_state(double)
}

/// The button that was pressed.
#[derive(Deserialize)]
struct Pressed {
    action: Outcome,
}

async fn show_checkout(State(double): State<StripeDouble>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let texts = Language::of(&headers).texts();
    let now = double.now();
    let (session, intent, customer) = {
        let mut store = double.store();
        let session = store.session(&id, now).unwrap_or_default();
        let named = |name: &str| store.get(text(&session[name])).cloned().unwrap_or_default();
        let (intent, customer) = (named("setup_intent"), named("customer"));
        (session, intent, customer)
    };
    match text(&session["status"]) {
        "open" => page(StatusCode::OK, texts, texts.save_card_title, &card_form(texts, &intent, &customer)),
        "complete" => {
            let content = paragraph(texts.done) + &link_back(texts, &success_url(&session));
            page(StatusCode::OK, texts, texts.done_title, &content)
        }
        "expired" => {
            let back = cancel_url(&session).map(|url| link_back(texts, url)).unwrap_or_default();
            page(StatusCode::OK, texts, texts.expired_title, &(paragraph(texts.expired) + &back))
        }
        _ => unknown(texts),
    }
}

async fn press_checkout(
    State(double): State<StripeDouble>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(pressed): Form<Pressed>,
) -> Response {
    press(&double, &Page::Checkout(id), pressed.action, &headers).await
}

/// Shows the onboarding page. A link that was used or is too old leads to `refresh_url`, where the portal makes a new
/// one; <https://docs.stripe.com/connect/hosted-onboarding>.
async fn show_onboarding(
    State(double): State<StripeDouble>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let texts = Language::of(&headers).texts();
    let now = double.now();
    let link = double.store().links.get(&token).cloned();
    match link {
        None => unknown(texts),
        Some(link) if link.is_open(now) => page(StatusCode::OK, texts, texts.onboarding_title, &onboarding_form(texts)),
        Some(link) => Redirect::to(&link.refresh_url).into_response(),
    }
}

async fn press_onboarding(
    State(double): State<StripeDouble>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(pressed): Form<Pressed>,
) -> Response {
    press(&double, &Page::Onboarding(token), pressed.action, &headers).await
}

async fn press(double: &StripeDouble, hosted: &Page, outcome: Outcome, headers: &HeaderMap) -> Response {
    let texts = Language::of(headers).texts();
    match double.act(hosted, outcome).await {
        Ok(destination) => Redirect::to(&destination).into_response(),
        // The page itself says why nothing can be done there any more.
        Err(CompleteError::AlreadyCompleted | CompleteError::UnknownPage) => {
            Redirect::to(&hosted.url(double.public_url())).into_response()
        }
        Err(error @ (CompleteError::WebhookRefused(_) | CompleteError::WebhookUnreachable(_))) => {
            tracing::warn!(%error, "the Stripe double could not deliver a webhook");
            undelivered(texts, outcome, &error)
        }
    }
}

fn card_form(texts: &Texts, intent: &Value, customer: &Value) -> String {
    let payer = [&customer["name"], &customer["email"], &intent["description"]].map(text);
    let payer: Vec<&str> = payer.into_iter().filter(|part| !part.is_empty()).collect();
    let declined = if intent["last_setup_error"].is_null() {
        String::new()
    } else {
        format!("<p class=\"bad\" role=\"alert\">{}</p>\n", texts.declined)
    };
    format!(
        "<p class=\"soft\">{payer}</p>\n{declined}<form method=\"post\">\n\
         <label>{number}<input readonly value=\"4242 4242 4242 4242\"></label>\n\
         <div class=\"pair\">\n<label>{expiry}<input readonly value=\"12 / 34\"></label>\n\
         <label>{code}<input readonly value=\"123\"></label>\n</div>\n{buttons}</form>\n\
         <p class=\"soft\">{hint}</p>",
        payer = escape(&payer.join(" · ")),
        number = texts.card_number,
        expiry = texts.expiry,
        code = texts.security_code,
        buttons = buttons(texts, texts.save_card),
        hint = texts.decline_card_hint,
    )
}

fn onboarding_form(texts: &Texts) -> String {
    format!(
        "<p>{lead}</p>\n<form method=\"post\">\n{buttons}</form>\n<p class=\"soft\">{hint}</p>",
        lead = texts.onboarding,
        buttons = buttons(texts, texts.finish_onboarding),
        hint = texts.decline_onboarding_hint,
    )
}

fn buttons(texts: &Texts, approve: &str) -> String {
    format!(
        "<div class=\"actions\">\n<button class=\"main\" name=\"action\" value=\"approve\">{approve}</button>\n\
         <button name=\"action\" value=\"decline\">{decline}</button>\n\
         <button name=\"action\" value=\"cancel\">{cancel}</button>\n</div>\n",
        decline = texts.decline,
        cancel = texts.cancel,
    )
}

/// What Stripe never shows: its webhook failed. On a developer's machine that is the most useful thing to see.
fn undelivered(texts: &Texts, outcome: Outcome, error: &CompleteError) -> Response {
    let action = match outcome {
        Outcome::Approve => "approve",
        Outcome::Decline => "decline",
        Outcome::Cancel => "cancel",
    };
    let content = format!(
        "<p class=\"bad\" role=\"alert\">{reason}</p>\n<p>{text}</p>\n<form method=\"post\">\n\
         <button class=\"main\" name=\"action\" value=\"{action}\">{again}</button>\n</form>",
        reason = escape(&error.to_string()),
        text = texts.undelivered,
        again = texts.try_again,
    );
    page(StatusCode::BAD_GATEWAY, texts, texts.undelivered_title, &content)
}

fn unknown(texts: &Texts) -> Response {
    page(StatusCode::NOT_FOUND, texts, texts.unknown_title, &paragraph(texts.unknown))
}

fn paragraph(words: &str) -> String {
    format!("<p>{words}</p>\n")
}

fn link_back(texts: &Texts, url: &str) -> String {
    format!("<p><a href=\"{}\">{}</a></p>", escape(url), texts.back)
}

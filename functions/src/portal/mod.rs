//! Pages for people, rendered here, working without scripts.

pub mod sign_in;
pub mod verify_email;

use askama::Template;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use domain::Error;
use domain::onboarding::{Step, StepStatus};
use domain::profile::Locale;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use crate::platform::http::Failure;
use crate::platform::i18n::Texts;
use crate::platform::secret::Secret;

const STYLE: &str = include_str!("../../templates/page.css");

/// What a mailed link brings along.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LinkQuery {
    /// The link's secret.
    #[param(max_length = 64, example = "0FNk4m2d9bWvYh8oYcHqZ0q3b1Jx7l5uTz2aVwS6iEo")]
    token: Option<String>,
}

/// What the button of a link's page sends.
#[derive(ToSchema)]
#[expect(dead_code, reason = "says what the form carries; it is read as a map")]
struct LinkForm {
    /// The link's secret.
    #[schema(examples("0FNk4m2d9bWvYh8oYcHqZ0q3b1Jx7l5uTz2aVwS6iEo"))]
    token: String,
}

/// The page behind a mailed link: a button, or what pressing it came to.
#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    t: Texts,
    style: &'static str,
    title: String,
    lead: String,
    /// Action, token, text of the button.
    form: Option<(&'static str, String, String)>,
    /// Name, status, status in words.
    steps: Vec<(String, &'static str, String)>,
}

fn texts(headers: &HeaderMap) -> Texts {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Texts(header.map(Locale::from_accept_language).unwrap_or_default())
}

impl LinkPage {
    fn new(t: Texts, name: &str) -> Self {
        let (title, lead) = (t.s(&format!("page-{name}-title")), t.s(&format!("page-{name}-lead")));
        Self { t, style: STYLE, title, lead, form: None, steps: Vec::new() }
    }

    /// The page that a link opens. It uses nothing up: a mail scanner opens it too. The button does.
    fn show(t: Texts, name: &str, action: &'static str, token: Option<String>) -> Response {
        match token.filter(|token| token.parse::<Secret>().is_ok()) {
            Some(token) => {
                let button = t.s(&format!("page-{name}-button"));
                Self { form: Some((action, token, button)), ..Self::new(t, name) }.respond(StatusCode::OK)
            }
            None => Self::new(t, "refused").respond(StatusCode::UNPROCESSABLE_ENTITY),
        }
    }

    /// What is left to do for a vendor who has just come in.
    fn done(t: Texts, name: &str, steps: &[(Step, StepStatus)]) -> Self {
        let key = |step| match step {
            Step::VerifyEmail => "page-step-verify-email",
            Step::AcceptTerms => "page-step-accept-terms",
            Step::ConnectPayment => "page-step-connect-payment",
            Step::IssueToken => "page-step-issue-token",
            Step::RegisterDevice => "page-step-register-device",
        };
        let label = |status| match status {
            StepStatus::Done => ("done", "page-status-done"),
            StepStatus::Todo => ("todo", "page-status-todo"),
            StepStatus::Blocked => ("blocked", "page-status-blocked"),
        };
        let row = |&(step, status): &(Step, StepStatus)| {
            let (name, text) = label(status);
            (t.s(key(step)), name, t.s(text))
        };
        let steps = steps.iter().map(row).collect();
        Self { steps, ..Self::new(t, &format!("{name}-done")) }
    }

    /// The page for what went wrong: the caller's link, or us.
    #[deny(clippy::wildcard_enum_match_arm)]
    fn failed(t: Texts, Failure(error): Failure) -> Response {
        let (name, status) = match &error {
            Error::Unavailable(_) | Error::ProviderRefused { .. } | Error::Internal(_) => {
                tracing::error!(%error, "a link could not be used");
                ("failed", StatusCode::SERVICE_UNAVAILABLE)
            }
            // The link is as good as before.
            Error::Conflict(_) => ("failed", StatusCode::CONFLICT),
            Error::InvalidRequest(_)
            | Error::ValidationFailed(_)
            | Error::IdempotencyKeyRequired
            | Error::Unauthenticated(_)
            | Error::TokenExpired
            | Error::TokenRevoked
            | Error::OnboardingIncomplete(_)
            | Error::VendorSuspended
            | Error::InsufficientScope(_)
            | Error::NotFound
            | Error::NamespaceNotAllowed(_)
            | Error::TokenExists
            | Error::PreconditionRequired
            | Error::PreconditionFailed { .. }
            | Error::BodyTooLarge(_)
            | Error::UnsupportedMediaType(_)
            | Error::IdempotencyKeyReused => {
                tracing::info!(%error, "a link did not open");
                ("refused", StatusCode::UNPROCESSABLE_ENTITY)
            }
        };
        Self::new(t, name).respond(status)
    }

    fn respond(self, status: StatusCode) -> Response {
        let Ok(html) = self.render() else {
            return Failure(Error::Internal("a page could not be written".into())).into_response();
        };
        let hash = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let mut response = (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
        response
            .headers_mut()
            .extend(HeaderValue::from_str(&policy).ok().map(|value| (CONTENT_SECURITY_POLICY, value)));
        response
    }
}

//! `service-tokens`: operations issue and end the tokens of AgentKeys' own services. Only IAM lets anybody call it.
//!
//!     {"action": "issue", "operator": "li.lei", "name": "broker", "scope": "events:write", "days": 30}
//!     {"action": "revoke", "operator": "li.lei", "token_id": "svc_…"}

use domain::audit::{By, Principal};
use domain::clock::{rfc3339, whole_second};
use domain::error::FieldErrors;
use domain::token::{MAX_SERVICE_TOKEN_DAYS, Scope, Scopes, ServiceToken};
use domain::{Error, text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::JobFuture;
use crate::platform::app::App;

/// What operations ask for.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Asked {
    /// A new token.
    Issue { operator: String, name: String, scope: String, days: u16 },
    /// The end of one.
    Revoke { operator: String, token_id: String },
}

/// The job. Answers with the token, this once, or with what it ended.
pub fn run(app: App, event: Value) -> JobFuture {
    Box::pin(async move {
        let asked = serde_json::from_value(event).map_err(|error| Error::field("", error.to_string()))?;
        match asked {
            Asked::Issue { operator, name, scope, days } => issue(&app, &operator, &name, &scope, days).await,
            Asked::Revoke { operator, token_id } => revoke(&app, &operator, &token_id).await,
        }
    })
}

fn by(app: &App, operator: String) -> By {
    let at = app.now();
    let req = format!("service-tokens.{}", at.as_millisecond());
    By { at, who: Principal::Operations(operator), req, ip: None, ua: None }
}

async fn issue(app: &App, operator: &str, name: &str, scope: &str, days: u16) -> Result<Value, Error> {
    let mut faults = FieldErrors::default();
    let operator = faults.take("/operator", text::line(operator, 64));
    let name = faults.take("/name", text::line(name, 64));
    let scopes = faults.take("/scope", Scopes::parse(scope.split(' '), &Scope::SERVICE));
    let longest = || format!("expected 1 to {MAX_SERVICE_TOKEN_DAYS} days");
    let days = faults.take("/days", (1..=MAX_SERVICE_TOKEN_DAYS).contains(&days).then_some(days).ok_or_else(longest));
    let (Some(operator), Some(name), Some(scopes), Some(days)) = (operator, name, scopes, days) else {
        return Err(faults.into_error());
    };
    let by = by(app, operator);
    let token = ServiceToken::issue(app.new_id(), name, scopes, whole_second(by.at), days);
    let signer = app.signer()?;
    let signed = signer.sign_token(&token.claims(signer.issuer())).await?;
    app.store_of_all_vendors()?.create_service_token(&token, &by).await?;
    Ok(json!({
        "token_id": token.token_id, "token": signed, "scope": token.scopes, "expires_at": rfc3339(token.expires_at),
    }))
}

async fn revoke(app: &App, operator: &str, token_id: &str) -> Result<Value, Error> {
    let mut faults = FieldErrors::default();
    let operator = faults.take("/operator", text::line(operator, 64));
    let token_id = faults.take("/token_id", token_id.parse());
    let (operator, token_id) = operator.zip(token_id).ok_or_else(|| faults.into_error())?;
    app.store_of_all_vendors()?.revoke_service_token(token_id, &by(app, operator)).await?;
    Ok(json!({ "token_id": token_id, "revoked": true }))
}

//! Settings, read from a function's environment. A missing one names itself.

use domain::Error;

use super::world::Env;

fn required(env: &Env, name: &str) -> Result<String, Error> {
    env.get(name).ok_or_else(|| Error::Internal(format!("the setting {name} is missing")))
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The functions that sign, or that take a token and so verify one.
const KNOWS_K1: &[&str] = &[
    "caps-mint",
    "caps-revoke",
    "devices-get",
    "devices-list",
    "devices-register",
    "devices-register-batch",
    "devices-release",
    "imports-create",
    "imports-get",
    "imports-list",
    "imports-report",
    "imports-upload",
    "service-tokens",
    "tokens-introspect",
    "tokens-issue",
    "tokens-rotate",
    "vendor-get",
];

/// The settings without which a function can't do its work. Those that every endpoint with data has go without saying.
pub fn needed_by(function: &str) -> &'static [&'static str] {
    match function {
        "docs-get" | "legal-document" | "legal-terms" | "openapi-get" | "schemas-cap-policy" => &["PORTAL_URL"],
        "jwks-get" => &["PORTAL_URL", "K1_KEY_IDS"],
        name if KNOWS_K1.contains(&name) => &["PORTAL_URL", "TABLE_NAME", "K1_KEY_IDS"],
        "stream-audit" => &["TABLE_NAME", "EVENT_BUS_NAME"],
        "tokens-remind" => &["TABLE_NAME"],
        "stream-work" => &["PORTAL_URL", "TABLE_NAME", "MAIL_FROM", "STRIPE_SECRET_KEY"],
        "stripe-connect" => &["PORTAL_URL", "TABLE_NAME", "STRIPE_SECRET_KEY"],
        "stripe-webhook" => &["PORTAL_URL", "TABLE_NAME", "STRIPE_WEBHOOK_SECRETS"],
        _ => &["PORTAL_URL", "TABLE_NAME"],
    }
}

/// Whether a function has its settings: so a deployment that forgot one fails at its first start and not at a request.
///
/// # Errors
/// [`Error::Internal`] naming the first that is missing.
pub fn check(function: &str, env: &Env) -> Result<(), Error> {
    needed_by(function).iter().try_for_each(|name| required(env, name).map(drop))
}

/// Where the portal is.
#[derive(Clone, Debug)]
pub struct PortalConfig {
    /// `PORTAL_URL`: the public URL without a slash at its end. Issuer of all tokens, base of all links.
    pub url: String,
}

impl PortalConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self { url: required(env, "PORTAL_URL")?.trim_end_matches('/').to_owned() })
    }

    /// Whether browsers reach it over TLS, which decides the cookies' form.
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}

/// How to reach AWS. Lambda sets all but the endpoint itself.
pub struct AwsConfig {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`, if the credentials are temporary.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL`, where AWS is not at its usual place.
    pub endpoint_url: Option<String>,
}

impl AwsConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self {
            region: required(env, "AWS_REGION")?,
            access_key_id: required(env, "AWS_ACCESS_KEY_ID")?,
            secret_access_key: required(env, "AWS_SECRET_ACCESS_KEY")?,
            session_token: env.get("AWS_SESSION_TOKEN"),
            endpoint_url: env.get("AWS_ENDPOINT_URL"),
        })
    }
}

/// Which table.
#[derive(Clone, Debug)]
pub struct TableConfig {
    /// `TABLE_NAME`.
    pub name: String,
}

impl TableConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self { name: required(env, "TABLE_NAME")? })
    }
}

/// Which keys sign.
#[derive(Clone, Debug)]
pub struct SignerConfig {
    /// `K1_KEY_IDS`: KMS key ids with commas. The first signs; tokens by any of them are accepted; all are published.
    pub key_ids: Vec<String>,
    /// `K1_RETIRED_KEY_IDS`: keys that signed once. They are published, since receipts are valid for ever, and no token
    /// by them is accepted.
    pub retired_key_ids: Vec<String>,
}

impl SignerConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        let retired = env.get("K1_RETIRED_KEY_IDS").unwrap_or_default();
        Ok(Self { key_ids: list(&required(env, "K1_KEY_IDS")?), retired_key_ids: list(&retired) })
    }
}

/// Who mails.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// `MAIL_FROM`: the sender's address, an identity that SES has verified.
    pub from: String,
}

impl MailConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self { from: required(env, "MAIL_FROM")? })
    }
}

/// Where events go.
#[derive(Clone, Debug)]
pub struct EventsConfig {
    /// `EVENT_BUS_NAME`: a bus of EventBridge.
    pub bus: String,
}

impl EventsConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self { bus: required(env, "EVENT_BUS_NAME")? })
    }
}

/// How to reach Stripe.
#[derive(Clone)]
pub struct StripeConfig {
    /// `STRIPE_API_BASE`, with a slash at its end; Stripe's own if not set.
    pub api_base: String,
    /// `STRIPE_SECRET_KEY`: `sk_live_…`, `sk_test_…` or a restricted `rk_…`.
    pub secret_key: String,
}

impl StripeConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self {
            api_base: env.get("STRIPE_API_BASE").unwrap_or_else(|| "https://api.stripe.com/".into()),
            secret_key: required(env, "STRIPE_SECRET_KEY")?,
        })
    }
}

/// What Stripe's notifications are signed with.
#[derive(Clone)]
pub struct StripeWebhookConfig {
    /// `STRIPE_WEBHOOK_SECRETS`: `whsec_…` with commas; more than one while a secret is rolled.
    pub secrets: Vec<String>,
    /// `STRIPE_LIVEMODE`: `true` where the account is live. Events of the other mode are refused.
    pub livemode: bool,
}

impl StripeWebhookConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::Internal`] naming what is missing.
    pub fn from_env(env: &Env) -> Result<Self, Error> {
        Ok(Self {
            secrets: list(&required(env, "STRIPE_WEBHOOK_SECRETS")?),
            livemode: env.get("STRIPE_LIVEMODE").as_deref() == Some("true"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{check, needed_by};
    use crate::platform::world::Env;

    /// An environment with these settings and no other.
    fn env(names: &'static [&'static str]) -> Env {
        Env::new(move |name| names.contains(&name).then(|| "set".to_owned()))
    }

    #[test]
    fn a_missing_setting_names_itself_at_the_start() {
        assert_eq!(check("devices-register", &env(needed_by("devices-register"))), Ok(()));
        let fault = check("devices-register", &env(&["PORTAL_URL", "TABLE_NAME"])).unwrap_err();
        assert!(fault.to_string().contains("K1_KEY_IDS"), "{fault}");
        let fault = check("an-endpoint-of-tomorrow", &env(&[])).unwrap_err();
        assert!(fault.to_string().contains("PORTAL_URL"), "{fault}");
    }
}

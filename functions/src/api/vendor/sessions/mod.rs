//! `/v1/vendor/sessions`

pub mod create;
pub mod end;
pub mod end_all;
pub mod exchange;
pub mod list;

use axum::http::HeaderValue;
use domain::Error;

use crate::platform::access::cookie_name;
use crate::platform::config::PortalConfig;

/// A cookie of ours for `seconds`: out of scripts' reach, not sent along from other sites, over TLS only where there is.
///
/// # Errors
/// [`Error::Internal`] for a value that no header can carry.
pub fn set_cookie(portal: &PortalConfig, name: &str, value: &str, seconds: i64) -> Result<HeaderValue, Error> {
    let name = cookie_name(portal, name);
    let secure = if portal.is_https() { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"))
        .map_err(|_| Error::Internal("no cookie value".into()))
}

//! `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1): who changes something says what it saw.
//!
//! An entity tag holds a digest of each field, so that a refusal can say which have changed since, without a history.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use data_encoding::BASE64URL_NOPAD;
use domain::Error;
use domain::error::ChangedField;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Failure;

/// The fields of a resource as they are, which make its entity tag.
pub struct Current(pub Vec<(&'static str, Value)>);

impl Current {
    /// The strong entity tag, in its quotes.
    pub fn etag(&self) -> String {
        let digests: Vec<String> = self.0.iter().map(|(_, value)| digest(value)).collect();
        format!("\"{}\"", digests.join("."))
    }

    /// The fields that are not as they were when their entity tag was this; all of them if it never was one.
    fn changed_since(&self, etag: &str) -> Vec<ChangedField> {
        let then: Vec<&str> = etag.trim_matches('"').split('.').collect();
        let known = then.len() == self.0.len();
        let fields = self.0.iter().enumerate();
        fields
            .filter(|(at, (_, value))| !known || then.get(*at) != Some(&digest(value).as_str()))
            .map(|(_, (field, current))| ChangedField { field, current: current.clone() })
            .collect()
    }
}

fn digest(value: &Value) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(value.to_string().as_bytes())[..8])
}

/// What the caller saw before it asked for a change: the header `If-Match`, if it came.
pub struct IfMatch(Option<Precondition>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let lines = parts.headers.get_all(IF_MATCH).iter().map(|line| line.to_str().unwrap_or_default());
        let tags: Vec<String> = lines.flat_map(|line| line.split(',')).map(|tag| tag.trim().to_owned()).collect();
        Ok(Self((!tags.is_empty()).then_some(Precondition(tags))))
    }
}

impl IfMatch {
    /// The header, which must be there. Asked after the body was found to be good: a request that would fail without its
    /// precondition fails for that (RFC 9110, section 13.2.1).
    ///
    /// # Errors
    /// [`Error::PreconditionRequired`] (RFC 6585, section 3).
    pub fn required(self) -> Result<Precondition, Error> {
        self.0.ok_or(Error::PreconditionRequired)
    }
}

/// The entity tags of `If-Match`, or `*`.
pub struct Precondition(Vec<String>);

impl Precondition {
    /// Lets a change through if the resource still is as the caller saw it. `*` is for whoever wants to overwrite
    /// whatever is there. A weak tag never matches.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub fn check(&self, current: &Current) -> Result<(), Error> {
        let Self(tags) = self;
        let etag = current.etag();
        if tags.iter().any(|tag| tag == "*" || *tag == etag) {
            return Ok(());
        }
        // Of several tags nobody knows which the change was made from: the first is as good as any.
        let seen = tags.first().map_or("", String::as_str);
        Err(Error::PreconditionFailed { changed: current.changed_since(seen), etag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resource(name: &str) -> Current {
        Current(vec![("name", json!(name)), ("list", json!([1, 2]))])
    }

    fn saw(tags: &[&str]) -> Precondition {
        Precondition(tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    #[test]
    fn what_changed_is_named() {
        let (old, new) = (resource("a"), resource("b"));
        assert_ne!(old.etag(), new.etag());
        assert_eq!(saw(&[&new.etag()]).check(&new), Ok(()));
        assert_eq!(saw(&["*"]).check(&new), Ok(()));
        assert_eq!(saw(&["\"x\"", &new.etag()]).check(&new), Ok(()));
        let refused = |changed| Err(Error::PreconditionFailed { etag: new.etag(), changed });
        let name = ChangedField { field: "name", current: json!("b") };
        let list = ChangedField { field: "list", current: json!([1, 2]) };
        assert_eq!(saw(&[&old.etag()]).check(&new), refused(vec![name.clone()]));
        for nothing in ["", "\"\"", "\"x\"", "x"] {
            assert_eq!(saw(&[nothing]).check(&new), refused(vec![name.clone(), list.clone()]), "{nothing}");
        }
        for no_match in [format!("W/{}", new.etag()), new.etag().replace('"', "")] {
            assert!(saw(&[&no_match]).check(&new).is_err(), "{no_match}");
        }
    }
}

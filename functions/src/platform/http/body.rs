//! Bodies: bounded, of a known media type, and with a pointer at what is wrong in them.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use domain::{Error, FieldError};
use serde::de::DeserializeOwned;

use super::Failure;

/// The largest JSON or form body that is read where nothing else is said, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// The largest body of a batch or a chunk, in bytes.
pub const LARGE_BODY: usize = 1024 * 1024;

/// A body as JSON, in the form that `T` has. Unknown fields are refused where `T` says so.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> Json<T> {
    /// A body of at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`], [`Error::UnsupportedMediaType`], [`Error::InvalidRequest`].
    pub async fn within(limit: usize, request: Request) -> Result<Self, Error> {
        let is_json = is_json(request.headers());
        let bytes = read(request, limit).await?;
        match is_json {
            true => Ok(Self(parse_json(&bytes)?)),
            false => Err(Error::UnsupportedMediaType("application/json")),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        Ok(Self::within(MAX_BODY, request).await?)
    }
}

/// A body as [`Json`] that may be left out: an empty one, of whatever media type, is the default.
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let bytes = read(request, MAX_BODY).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => Ok(Self(parse_json(&bytes)?)),
            (false, false) => Err(Error::UnsupportedMediaType("application/json").into()),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind == "application/json")
}

/// A body as an HTML form.
pub struct Form(pub BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let is_form = media_type(request.headers()).is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        let bytes = read(request, MAX_BODY).await?;
        if !is_form {
            return Err(Error::UnsupportedMediaType("application/x-www-form-urlencoded").into());
        }
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

/// The media type of a body, in lower case and without its parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`Error::BodyTooLarge`].
pub async fn read(request: Request, limit: usize) -> Result<bytes::Bytes, Error> {
    to_bytes(request.into_body(), limit).await.map_err(|_| Error::BodyTooLarge(limit))
}

/// Parses JSON and tells, by a pointer, where it does not have the form of `T`.
///
/// # Errors
/// [`Error::InvalidRequest`].
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let fault = |pointer: String, detail: &str| Error::InvalidRequest(vec![FieldError::new(pointer, detail)]);
    let text = std::str::from_utf8(bytes).map_err(|_| fault(String::new(), "the body is not UTF-8"))?;
    // serde would read an array as an object's fields in order.
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        return Err(fault(String::new(), "expected a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let cause = error.inner();
        if !cause.is_data() {
            return fault(String::new(), &format!("the body is not JSON: {cause}"));
        }
        let message = cause.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let mut pointer = pointer(error.path());
        // serde puts a missing or unknown field at its parent and names it in the text.
        if let Some(name) = ["missing field `", "unknown field `", "duplicate field `"]
            .iter()
            .find_map(|prefix| message.strip_prefix(prefix)?.split('`').next())
        {
            let name = format!("/{}", escape(name));
            if !pointer.ends_with(&name) {
                pointer.push_str(&name);
            }
        }
        fault(pointer, message)
    })?;
    json.end().map_err(|_| fault(String::new(), "there is something after the JSON value"))?;
    Ok(value)
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their parsing matters")]
    struct Body {
        name: String,
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their parsing matters")]
    struct Inner {
        n: u8,
    }

    #[test]
    fn pointers() {
        let rows: [(&[u8], &str); 11] = [
            (br#"{"list":[]}"#, "/name"),
            (br#"{"name":1,"list":[]}"#, "/name"),
            (br#"{"name":"a","list":[{"n":1},{"n":"x"}]}"#, "/list/1/n"),
            (br#"{"name":"a","list":[{}]}"#, "/list/0/n"),
            (br#"{"name":"a","list":[],"x/y":1}"#, "/x~1y"),
            (br#"{"name":"a","name":"b","list":[]}"#, "/name"),
            (b"{", ""),
            (br#"["a", []]"#, ""),
            (b"null", ""),
            (b"\xff", ""),
            (br#"{"name":"a","list":[]} x"#, ""),
        ];
        for (body, pointer) in rows {
            let Err(Error::InvalidRequest(faults)) = parse_json::<Body>(body) else { panic!("{body:?} was accepted") };
            assert_eq!(faults[0].pointer, pointer, "{}", String::from_utf8_lossy(body));
        }
    }
}

//! Idempotency keys with Stripe's rules, <https://docs.stripe.com/api/idempotent_requests>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::errors::ApiError;

/// How long a key is remembered. Stripe prunes keys that are at least this old; a later request is a new one.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// Stripe's limit on the length of a key.
pub(super) const MAX_KEY_LENGTH: usize = 255;

/// The answers that were given under a key.
#[derive(Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Keys(BTreeMap<String, Replay>);

/// An answer, with the request that it answered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Replay {
    /// Method and path.
    pub(super) endpoint: String,
    /// The request's parameters, in canonical spelling.
    pub(super) params: String,
    pub(super) request_id: String,
    pub(super) stored_at: i64,
    pub(super) status: u16,
    pub(super) body: String,
}

impl Keys {
    /// The answer that this very request got before under this key, if it did.
    ///
    /// A key that was used for another request is an error. Validation errors never get here: Stripe stores a result
    /// only once the endpoint has begun to run.
    pub(super) fn find(
        &mut self,
        key: &str,
        endpoint: &str,
        params: &str,
        now: i64,
    ) -> Result<Option<&Replay>, ApiError> {
        self.0.retain(|_, replay| now < replay.stored_at + KEPT_SECONDS);
        let Some(replay) = self.0.get(key) else { return Ok(None) };
        if replay.endpoint != endpoint {
            return Err(ApiError::idempotency(format!(
                "Keys for idempotent requests can only be used for the same endpoint they were first used for \
                 ('{}' vs '{endpoint}'). Try using a key other than '{key}' if you meant to execute a different \
                 request.",
                replay.endpoint
            )));
        }
        if replay.params != params {
            return Err(ApiError::idempotency(format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 Try using a key other than '{key}' if you meant to execute a different request."
            )));
        }
        Ok(Some(replay))
    }

    /// Remembers the answer to a request.
    pub(super) fn keep(&mut self, key: &str, replay: Replay) {
        self.0.insert(key.to_owned(), replay);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    const ENDPOINT: &str = "POST /v1/customers";

    fn one_key() -> (Keys, Replay) {
        let replay = Replay {
            endpoint: ENDPOINT.to_owned(),
            params: "email=a".to_owned(),
            request_id: "req_1".to_owned(),
            stored_at: 1000,
            status: 200,
            body: "{}".to_owned(),
        };
        let mut keys = Keys::default();
        keys.keep("k", replay.clone());
        (keys, replay)
    }

    #[test]
    fn the_same_request_is_replayed() {
        let (mut keys, replay) = one_key();
        assert_eq!(keys.find("k", ENDPOINT, "email=a", 1000).expect("no conflict"), Some(&replay));
        assert_eq!(keys.find("other", ENDPOINT, "email=a", 1000).expect("no conflict"), None);
    }

    #[test]
    fn another_request_under_the_key_is_refused() {
        let (mut keys, _) = one_key();
        for (endpoint, params) in [(ENDPOINT, "email=b"), ("POST /v1/accounts", "email=a")] {
            let error = keys.find("k", endpoint, params, 1000).expect_err("a conflict");
            assert_eq!(error.envelope()["error"]["type"], "idempotency_error");
            assert_eq!(error.status, StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn a_key_is_forgotten_after_a_day() {
        let (mut keys, replay) = one_key();
        let last = 1000 + KEPT_SECONDS - 1;
        assert_eq!(keys.find("k", ENDPOINT, "email=a", last).expect("no conflict"), Some(&replay));
        assert_eq!(keys.find("k", ENDPOINT, "email=b", last + 1).expect("no conflict"), None);
    }
}

//! Tokens whose signature this instance has checked already.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::token::Claims;
use sha2::{Digest, Sha256};

/// How many are remembered: about 20 KB.
const MANY: usize = 64;

/// A signature that held once holds for as long as the instance knows the same keys. To check one again is a good part of
/// what a request costs (`cargo xtask bench tokens`); so the claims are remembered by the token's digest. Time, issuer and the
/// state of vendor and token are looked at each time all the same.
#[derive(Default)]
pub struct Proved(Mutex<HashMap<[u8; 32], Claims>>);

impl Proved {
    /// The claims of a token, out of memory or by `check`.
    pub fn or_check<E>(&self, token: &str, check: impl FnOnce() -> Result<Claims, E>) -> Result<Claims, E> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(claims) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest) {
            return Ok(claims.clone());
        }
        let claims = check()?;
        let mut proved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if proved.len() >= MANY {
            proved.clear();
        }
        proved.insert(digest, claims.clone());
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Claims, MANY, Proved};

    fn claims() -> Claims {
        serde_json::from_value(json!({
            "iss": "https://portal.example", "aud": "agentkeys-vendor-portal", "sub": "ven_01M86XDVZHXHEZ8D2MF9BYRE9F",
            "jti": "tok_01M86XDVZHXHEZ8D2MF9BYRE9F", "iat": 1, "nbf": 1, "exp": 2, "scope": "devices:write",
        }))
        .expect("claims")
    }

    #[test]
    fn a_token_is_checked_once_and_another_by_itself() {
        let proved = Proved::default();
        assert_eq!(proved.or_check("a", || Ok::<_, &str>(claims())), Ok(claims()));
        assert_eq!(proved.or_check("a", || Err("checked again")), Ok(claims()));
        assert_eq!(proved.or_check("b", || Err("forged")), Err("forged"));
        assert_eq!(proved.or_check("b", || Err("still forged")), Err("still forged"));
    }

    #[test]
    fn memory_is_bounded() {
        let proved = Proved::default();
        for number in 0..=MANY {
            proved.or_check(&number.to_string(), || Ok::<_, &str>(claims())).expect("claims");
        }
        assert_eq!(proved.or_check("0", || Err("forgotten")), Err("forgotten"));
    }
}

//! Secrets that a person carries: one-time links, sessions, sign-in requests. Opaque, 256 bits, hashed at rest.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::world::Random;

/// The secret itself. Shown once to whom it belongs, never stored, never logged.
#[derive(Clone)]
pub struct Secret(String);

/// What is kept of a secret: SHA-256 in lower-case hex. Useless to who reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed(String);

impl Secret {
    /// 256 fresh bits.
    pub fn generate(random: &Random) -> Self {
        Self(BASE64URL_NOPAD.encode(&random.bytes::<32>()))
    }

    /// The text for its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be stored.
    pub fn hashed(&self) -> Hashed {
        Hashed(HEXLOWER.encode(&Sha256::digest(self.0.as_bytes())))
    }
}

impl FromStr for Secret {
    type Err = String;

    /// Accepts only what [`Secret::generate`] could have made.
    fn from_str(text: &str) -> Result<Self, String> {
        match BASE64URL_NOPAD.decode(text.as_bytes()) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => Err("expected the 43 characters of a link or session as they were given".into()),
        }
    }
}

impl Hashed {
    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the stored text is this hash, compared in constant time.
    pub fn matches(&self, stored: &str) -> bool {
        self.0.as_bytes().ct_eq(stored.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(…)")
    }
}

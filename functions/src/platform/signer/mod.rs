//! What the portal signs with: K1, whose private half never leaves KMS, and the issuing key that K1 certifies.
//!
//! One KMS call a vendor token, one an hour and instance for the issuing key, none for a receipt.

mod issuing;
mod jose;
mod keys;
mod proved;
mod receipt;

use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_types::SdkConfig;
use domain::Error;
use domain::device::Binding;
use domain::token::Claims;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OnceCell};

pub use keys::{Jwk, PublicKey};
pub use receipt::Receipt;

use issuing::{Certificate, IssuingKey};
use proved::Proved;

use super::config::SignerConfig;
use super::world::{Clock, Random};

/// Signs and verifies.
pub struct Signer {
    kms: Client,
    key_ids: Vec<String>,
    issuer: String,
    clock: Clock,
    random: Random,
    published: OnceCell<Vec<PublicKey>>,
    issuing: Mutex<Option<Arc<IssuingKey>>>,
    proved: Proved,
}

/// The protected header of what K1 itself signs.
#[derive(Serialize)]
struct K1Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

impl Signer {
    /// A signer that speaks for `issuer`, the portal's public URL.
    pub fn new(sdk: &SdkConfig, config: SignerConfig, issuer: String, clock: Clock, random: Random) -> Self {
        let kms = Client::new(sdk);
        let (published, issuing) = (OnceCell::new(), Mutex::new(None));
        Self { kms, key_ids: config.key_ids, issuer, clock, random, published, issuing, proved: Proved::default() }
    }

    /// Who signs: the `iss` of everything.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// K1 and, while it is rolled over, the next one. Asked of KMS once an instance.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when KMS does not answer.
    pub async fn published(&self) -> Result<&[PublicKey], Error> {
        let fetch = || async {
            let mut keys = Vec::new();
            for key_id in &self.key_ids {
                let answer = self.kms.get_public_key().key_id(key_id).send().await.map_err(unavailable)?;
                let der = answer.public_key.ok_or_else(|| Error::Internal("KMS gave no public key".into()))?;
                keys.push(PublicKey::from_spki(der.as_ref())?);
            }
            Ok(keys)
        };
        self.published.get_or_try_init(fetch).await.map(Vec::as_slice)
    }

    /// A JWT of `claims`, signed by K1: a vendor or service token. One KMS call.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when KMS does not answer.
    pub async fn sign_token(&self, claims: &Claims) -> Result<String, Error> {
        self.sign_by_k1("JWT", claims).await
    }

    /// The claims of a token that one of the published keys signed, in time and for this portal.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::TokenExpired`]; [`Error::Unavailable`] when KMS does not answer.
    pub async fn verify_token(&self, token: &str) -> Result<Claims, Error> {
        let keys = self.published().await?;
        let claims = self.proved.or_check(token, || jose::verify(token, keys))?;
        claims.check(&self.issuer, self.clock.now())?;
        Ok(claims)
    }

    /// The receipt of `binding`, by this instance's issuing key. No KMS call once that key is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a new issuing key is due and KMS does not answer.
    pub async fn receipt(&self, binding: &Binding) -> Result<Receipt, Error> {
        let receipt = self.issuing_key().await?.receipt(&self.issuer, binding)?;
        match receipt.covers(binding.registered_at) {
            true => Ok(receipt),
            false => Err(Error::Unavailable("the clock left the certificate's life during the request".into())),
        }
    }

    /// This instance's issuing key, renewed ten minutes before its hour ends. While KMS is away the old one goes on
    /// until its end.
    async fn issuing_key(&self) -> Result<Arc<IssuingKey>, Error> {
        let now = self.clock.now();
        let mut current = self.issuing.lock().await;
        if let Some(key) = current.as_ref().filter(|key| key.is_fresh(now)) {
            return Ok(Arc::clone(key));
        }
        match self.certify().await {
            Ok(key) => {
                let key = Arc::new(key);
                *current = Some(Arc::clone(&key));
                Ok(key)
            }
            Err(error) => match current.as_ref().filter(|key| key.is_valid(now)) {
                Some(key) => {
                    tracing::warn!(%error, "the issuing key is due for renewal; the old one goes on");
                    Ok(Arc::clone(key))
                }
                None => Err(error),
            },
        }
    }

    async fn certify(&self) -> Result<IssuingKey, Error> {
        let pair = issuing::generate(&self.random)?;
        let certificate = Certificate::claims(&self.issuer, &pair, self.clock.now());
        let jws = self.sign_by_k1(Certificate::TYP, &certificate).await?;
        IssuingKey::new(pair, certificate, jws)
    }

    async fn sign_by_k1(&self, typ: &'static str, claims: &impl Serialize) -> Result<String, Error> {
        let published = self.published().await?;
        let (Some(key_id), Some(key)) = (self.key_ids.first(), published.first()) else {
            return Err(Error::Internal("K1_KEY_IDS names no key".into()));
        };
        let input = jose::signing_input(&K1Header { alg: "ES256", typ, kid: key.kid() }, claims)?;
        let answer = self
            .kms
            .sign()
            .key_id(key_id)
            .message(Blob::new(Sha256::digest(input.as_bytes()).to_vec()))
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(unavailable)?;
        let der = answer.signature.ok_or_else(|| Error::Internal("KMS gave no signature".into()))?;
        Ok(jose::compact(&input, &jose::signature_from_der(der.as_ref())?))
    }
}

fn unavailable(error: impl std::error::Error) -> Error {
    Error::Unavailable(format!("KMS: {}", aws_sdk_kms::error::DisplayErrorContext(error)))
}

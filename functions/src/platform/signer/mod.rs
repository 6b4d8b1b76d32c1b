//! What the portal signs with: K1, whose private half never leaves KMS, and the issuing key that K1 certifies.
//!
//! One KMS call a vendor token, one an hour and instance for the issuing key, none for a receipt or a cap.

mod cap;
mod issuing;
mod jose;
mod keys;
mod proved;
mod receipt;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use aws_types::SdkConfig;
use domain::Error;
use domain::cap::Cap;
use domain::clock::{Timestamp, plus_seconds};
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
    config: SignerConfig,
    issuer: String,
    clock: Clock,
    random: Random,
    accepted: OnceCell<Vec<PublicKey>>,
    retired: OnceCell<Vec<PublicKey>>,
    issuing: Mutex<Issuing>,
    proved: Proved,
}

/// This instance's issuing key, and when it was last tried in vain to get a newer one.
#[derive(Default)]
struct Issuing {
    key: Option<Arc<IssuingKey>>,
    refused_at: Option<Timestamp>,
}

/// While the old issuing key is good and KMS is away, how long until the next try, in seconds.
const RENEWAL_PAUSE: i64 = 15;
/// How long a renewal may take while the old issuing key is good: nobody waits for a KMS that is silent.
const RENEWAL_PATIENCE: Duration = Duration::from_secs(1);

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
        let (kms, issuing) = (Client::new(sdk), Mutex::new(Issuing::default()));
        let (accepted, retired) = (OnceCell::new(), OnceCell::new());
        Self { kms, config, issuer, clock, random, accepted, retired, issuing, proved: Proved::default() }
    }

    /// Who signs: the `iss` of everything.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// K1 and, while it is rolled over, the next one: whose tokens are accepted. Asked of KMS once an instance.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when KMS does not answer.
    pub async fn accepted(&self) -> Result<&[PublicKey], Error> {
        self.accepted.get_or_try_init(|| self.fetch(&self.config.key_ids)).await.map(Vec::as_slice)
    }

    /// All keys to verify with: [`Signer::accepted`], then those that signed once.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when KMS does not answer.
    pub async fn published(&self) -> Result<impl Iterator<Item = &PublicKey>, Error> {
        let accepted = self.accepted().await?;
        let retired = self.retired.get_or_try_init(|| self.fetch(&self.config.retired_key_ids)).await?;
        Ok(accepted.iter().chain(retired))
    }

    async fn fetch(&self, key_ids: &[String]) -> Result<Vec<PublicKey>, Error> {
        let mut keys = Vec::new();
        for key_id in key_ids {
            let answer = self.kms.get_public_key().key_id(key_id).send().await.map_err(unavailable)?;
            let der = answer.public_key.ok_or_else(|| Error::Internal("KMS gave no public key".into()))?;
            keys.push(PublicKey::from_spki(der.as_ref())?);
        }
        Ok(keys)
    }

    /// A JWT of `claims`, signed by K1: a vendor or service token. One KMS call.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when KMS does not answer.
    pub async fn sign_token(&self, claims: &Claims) -> Result<String, Error> {
        self.sign_by_k1("JWT", claims).await
    }

    /// The claims of a token that one of the accepted keys signed, in time and for this portal.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::TokenExpired`]; [`Error::Unavailable`] when KMS does not answer.
    pub async fn verify_token(&self, token: &str) -> Result<Claims, Error> {
        let keys = self.accepted().await?;
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

    /// The token of `cap`, by this instance's issuing key. No KMS call once that key is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a new issuing key is due and KMS does not answer.
    pub async fn cap(&self, cap: &Cap) -> Result<String, Error> {
        self.issuing_key().await?.cap(&self.issuer, cap)
    }

    /// This instance's issuing key, renewed just before its hour ends. While KMS is away the old one goes on until its
    /// end, and nobody is held up by the tries for a new one.
    async fn issuing_key(&self) -> Result<Arc<IssuingKey>, Error> {
        let now = self.clock.now();
        let mut issuing = self.issuing.lock().await;
        let old = issuing.key.clone().filter(|key| key.is_valid(now));
        let resting = issuing.refused_at.is_some_and(|at| at <= now && now < plus_seconds(at, RENEWAL_PAUSE));
        let renewed = match old {
            Some(key) if key.is_fresh(now) || resting => return Ok(key),
            None => self.certify().await,
            Some(old) => {
                let silent = |_| Err(Error::Unavailable("KMS is silent".into()));
                match tokio::time::timeout(RENEWAL_PATIENCE, self.certify()).await.unwrap_or_else(silent) {
                    Ok(key) => Ok(key),
                    Err(error) => {
                        tracing::warn!(%error, "the issuing key is due for renewal; the old one goes on");
                        issuing.refused_at = Some(now);
                        return Ok(old);
                    }
                }
            }
        };
        let key = Arc::new(renewed?);
        *issuing = Issuing { key: Some(Arc::clone(&key)), refused_at: None };
        Ok(key)
    }

    async fn certify(&self) -> Result<IssuingKey, Error> {
        let pair = issuing::generate(&self.random)?;
        let certificate = Certificate::claims(&self.issuer, &pair, self.clock.now());
        let jws = self.sign_by_k1(Certificate::TYP, &certificate).await?;
        IssuingKey::new(pair, certificate, jws)
    }

    async fn sign_by_k1(&self, typ: &'static str, claims: &impl Serialize) -> Result<String, Error> {
        let accepted = self.accepted().await?;
        let (Some(key_id), Some(key)) = (self.config.key_ids.first(), accepted.first()) else {
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

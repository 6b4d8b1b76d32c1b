//! The issuing key: a key pair in an instance's memory that K1 certifies for an hour, so that no receipt and no cap costs a
//! KMS call.

use data_encoding::BASE64URL_NOPAD;
use domain::Error;
use domain::cap::Cap;
use domain::clock::Timestamp;
use domain::device::Binding;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::Serialize;

use super::cap;
use super::jose::{self, Signature};
use super::keys::{Jwk, Point};
use super::receipt::{Receipt, Seal};
use crate::platform::world::Random;

/// How long a certificate lives, in seconds.
const LIFE: i64 = 3600;
/// How far a certificate's life begins in the past, in seconds: a request that read the clock just before the key was
/// made still lies within it. Longer than any request takes.
const BACKDATED: i64 = 30;
/// How long before its end a new one is made, in seconds. Short, since an instance shall call KMS once an hour; what is
/// left of the hour is what a KMS outage may last unnoticed.
const RENEW_BEFORE: i64 = 60;

/// A fresh key pair and its public point.
pub(super) fn generate(random: &Random) -> Result<Pair, Error> {
    let wrong = |_| Error::Internal("no key pair could be made".into());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random.source()).map_err(wrong)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), random.source())
        .map_err(|error| Error::Internal(error.to_string()))?;
    let point = pair.public_key().as_ref().try_into().map_err(|_| Error::Internal("no P-256 point".into()))?;
    Ok(Pair { pair, point, random: random.clone() })
}

pub(super) struct Pair {
    pair: EcdsaKeyPair,
    point: Point,
    random: Random,
}

/// What K1 signs of an issuing key. The order of the fields is part of the receipts' bytes: it never changes.
#[derive(Serialize)]
pub(super) struct Certificate {
    iss: String,
    cnf: Confirmation,
    #[serde(rename = "use")]
    usage: [&'static str; 2],
    iat: i64,
    exp: i64,
}

/// The protected header of what an issuing key signs. The order of the fields is part of the receipts' bytes.
#[derive(Serialize)]
pub(super) struct Header<'a> {
    pub(super) alg: &'static str,
    pub(super) typ: &'static str,
    pub(super) kid: &'a str,
    pub(super) k1_cert: &'a str,
}

/// RFC 7800 section 3.2.
#[derive(Serialize)]
struct Confirmation {
    jwk: Jwk,
}

impl Certificate {
    pub(super) const TYP: &'static str = "agentkeys-key+jwt";

    pub(super) fn claims(issuer: &str, pair: &Pair, now: Timestamp) -> Self {
        let issued = now.as_second() - BACKDATED;
        Self::rebuild(issuer, &pair.point, issued, issued + LIFE)
    }

    pub(super) fn rebuild(issuer: &str, point: &Point, iat: i64, exp: i64) -> Self {
        let cnf = Confirmation { jwk: Jwk::bare(point) };
        Self { iss: issuer.to_owned(), cnf, usage: ["receipt", "cap"], iat, exp }
    }
}

/// A certified key pair.
pub(super) struct IssuingKey {
    pair: Pair,
    issued: i64,
    expires: i64,
    seal: Seal,
    kid: String,
    certificate: String,
}

impl IssuingKey {
    /// A pair with the compact JWS that certifies it.
    pub(super) fn new(pair: Pair, certificate: Certificate, jws: String) -> Result<Self, Error> {
        let (issued, expires) = (certificate.iat, certificate.exp);
        let seal = Seal::of_certificate(&jws, &pair.point, issued, expires)?;
        let kid = BASE64URL_NOPAD.encode(&Jwk::bare(&pair.point).thumbprint());
        Ok(Self { pair, issued, expires, seal, kid, certificate: jws })
    }

    /// Whether it signs for a while yet.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        (self.issued..self.expires - RENEW_BEFORE).contains(&now.as_second())
    }

    /// Whether what it signs now lies within its certificate's life.
    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        (self.issued..self.expires).contains(&now.as_second())
    }

    /// Signs the receipt of `binding`.
    pub(super) fn receipt(&self, issuer: &str, binding: &Binding) -> Result<Receipt, Error> {
        let unsigned = Receipt::unsigned(self.seal.clone(), issuer);
        let input = unsigned.signing_input(binding)?;
        Ok(unsigned.with_signature(self.sign(&input)?))
    }

    /// Signs `cap`. Its certificate is the one that this key was made with, so nothing is rebuilt.
    pub(super) fn cap(&self, issuer: &str, cap: &Cap) -> Result<String, Error> {
        if !(self.issued..self.expires).contains(&cap.issued_at.as_second()) {
            return Err(Error::Unavailable("the clock left the certificate's life during the request".into()));
        }
        let header = Header { alg: "ES256", typ: cap::TYP, kid: &self.kid, k1_cert: &self.certificate };
        let input = jose::signing_input(&header, &cap::Claims::new(issuer, cap))?;
        Ok(jose::compact(&input, &self.sign(&input)?))
    }

    fn sign(&self, input: &str) -> Result<Signature, Error> {
        let Pair { pair, random, .. } = &self.pair;
        let signature =
            pair.sign(random.source(), input.as_bytes()).map_err(|_| Error::Internal("ring could not sign".into()))?;
        signature.as_ref().try_into().map_err(|_| Error::Internal("no P-256 signature".into()))
    }
}

/// The three parts' last of a compact JWS.
pub(super) fn signature_of(jws: &str) -> Result<Signature, Error> {
    let wrong = || Error::Internal("no compact JWS".into());
    let encoded = jws.rsplit('.').next().ok_or_else(wrong)?;
    BASE64URL_NOPAD.decode(encoded.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
}

/// The key id in a compact JWS's header, as 32 bytes.
pub(super) fn kid_of(jws: &str) -> Result<[u8; 32], Error> {
    let wrong = || Error::Internal("no key id in a certificate".into());
    let header =
        jws.split('.').next().and_then(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok()).ok_or_else(wrong)?;
    let header: serde_json::Value = serde_json::from_slice(&header).map_err(|_| wrong())?;
    let kid = header.get("kid").and_then(serde_json::Value::as_str).ok_or_else(wrong)?;
    BASE64URL_NOPAD.decode(kid.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
}

/// The certificate's compact JWS, from the parts that a receipt keeps of it.
pub(super) fn certificate_jws(seal: &Seal, issuer: &str) -> Result<String, Error> {
    let kid = BASE64URL_NOPAD.encode(&seal.k1);
    let header = super::K1Header { alg: "ES256", typ: Certificate::TYP, kid: &kid };
    let claims = Certificate::rebuild(issuer, &seal.point, seal.issued, seal.expires);
    Ok(jose::compact(&jose::signing_input(&header, &claims)?, &seal.signature))
}

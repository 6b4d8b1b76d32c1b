//! Compact JWS (RFC 7515) with ES256 (RFC 7518 section 3.4) and nothing else.

use std::sync::Once;

use data_encoding::BASE64URL_NOPAD;
use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use domain::Error;
use domain::token::Claims;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Serialize;
use signature::Verifier;

use super::keys::PublicKey;

/// No token of this portal is longer, in bytes.
const MAX_TOKEN: usize = 4096;

/// An ES256 signature: r and s, 32 bytes each.
pub(super) type Signature = [u8; 64];

/// Header and claims, encoded and joined: what is signed.
pub(super) fn signing_input(header: &impl Serialize, claims: &impl Serialize) -> Result<String, Error> {
    let encode = |json: serde_json::Result<Vec<u8>>| {
        json.map(|bytes| BASE64URL_NOPAD.encode(&bytes)).map_err(|error| Error::Internal(error.to_string()))
    };
    Ok(format!("{}.{}", encode(serde_json::to_vec(header))?, encode(serde_json::to_vec(claims))?))
}

/// What was signed with its signature.
pub(super) fn compact(input: &str, signature: &Signature) -> String {
    format!("{input}.{}", BASE64URL_NOPAD.encode(signature))
}

/// The signature as KMS gives it (RFC 3279 section 2.2.3: a DER sequence of r and s) as JOSE wants it.
pub(super) fn signature_from_der(der: &[u8]) -> Result<Signature, Error> {
    let wrong = || Error::Internal("KMS gave no ECDSA signature".into());
    let mut reader = SliceReader::new(der).map_err(|_| wrong())?;
    let (r, s) = reader
        .sequence(|body| Ok::<_, der::Error>((UintRef::decode(body)?, UintRef::decode(body)?)))
        .map_err(|_| wrong())?;
    reader.finish().map_err(|_| wrong())?;
    let mut signature = [0; 64];
    for (number, end) in [(r.as_bytes(), 32_usize), (s.as_bytes(), 64)] {
        let start = end.checked_sub(number.len()).filter(|start| start + 32 >= end).ok_or_else(wrong)?;
        signature[start..end].copy_from_slice(number);
    }
    Ok(signature)
}

/// The claims of a token that one of `keys` signed. Time, issuer and audience are the domain's to check.
///
/// # Errors
/// [`Error::Unauthenticated`] for everything else, with a reason for the log.
pub(super) fn verify(token: &str, keys: &[PublicKey]) -> Result<Claims, Error> {
    install_provider();
    if token.len() > MAX_TOKEN {
        return Err(Error::Unauthenticated("token too long"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Error::Unauthenticated("no JWT"))?;
    if header.alg != Algorithm::ES256 {
        return Err(Error::Unauthenticated("algorithm is not ES256"));
    }
    if header.typ.as_deref() != Some("JWT") || header.crit.is_some() {
        return Err(Error::Unauthenticated("type is not JWT, or a critical extension"));
    }
    let key = keys
        .iter()
        .find(|key| header.kid.as_deref() == Some(key.kid()))
        .ok_or(Error::Unauthenticated("key id is not published"))?;
    let mut validation = Validation::new(Algorithm::ES256);
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    jsonwebtoken::decode::<Claims>(token, key.decoding(), &validation)
        .map(|token| token.claims)
        .map_err(|_| Error::Unauthenticated("signature or claims do not hold"))
}

/// jsonwebtoken's cryptography, by ring, which TLS brings anyway: ES256 verification only.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: refuse_to_sign,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

fn install_provider() {
    static ONCE: Once = Once::new();
    // An error means that another provider is there already, as in a test that brings its own: it knows ES256 too.
    ONCE.call_once(|| PROVIDER.install_default().unwrap_or(()));
}

fn refuse_to_sign(_: &Algorithm, _: &EncodingKey) -> JwtResult<Box<dyn JwtSigner>> {
    Err(ErrorKind::InvalidAlgorithm.into())
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> JwtResult<Box<dyn JwtVerifier>> {
    if *algorithm != Algorithm::ES256 {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let point = key.try_get_as_bytes()?.to_vec();
    Ok(Box::new(Es256(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point))))
}

struct Es256(UnparsedPublicKey<Vec<u8>>);

impl Verifier<Vec<u8>> for Es256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.verify(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Es256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

#[cfg(test)]
mod tests {
    use super::signature_from_der;

    #[test]
    fn der_to_jose() {
        // r has a leading zero byte for its sign, s is short.
        let mut der = vec![0x30, 0x26, 0x02, 0x21, 0x00];
        der.extend([0xff; 32]);
        der.extend([0x02, 0x01, 0x07]);
        let signature = signature_from_der(&der).unwrap();
        assert_eq!(signature[..32], [0xff; 32]);
        assert_eq!(signature[32..63], [0; 31]);
        assert_eq!(signature[63], 7);

        der.push(0);
        assert!(signature_from_der(&der).is_err(), "trailing byte");
        let mut long = vec![0x30, 0x26, 0x02, 0x21, 0x01];
        long.extend([0xff; 32]);
        long.extend([0x02, 0x01, 0x07]);
        assert!(signature_from_der(&long).is_err(), "33 bytes of r");
        assert!(signature_from_der(&[]).is_err());
    }
}

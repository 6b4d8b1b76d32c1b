//! P-256 public keys as JWKs.

use data_encoding::BASE64URL_NOPAD;
use der::Decode;
use domain::Error;
use jsonwebtoken::DecodingKey;
use serde::Serialize;
use sha2::{Digest, Sha256};
use spki::SubjectPublicKeyInfoRef;
use utoipa::ToSchema;

/// An uncompressed P-256 point: 0x04, x, y.
pub(super) type Point = [u8; 65];

/// A public key (RFC 7517, RFC 7518 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Jwk {
    /// Key type.
    #[schema(examples("EC"))]
    kty: &'static str,
    /// Curve.
    #[schema(examples("P-256"))]
    crv: &'static str,
    /// The point's x, base64url.
    #[schema(examples("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))]
    x: String,
    /// The point's y, base64url.
    #[schema(examples("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))]
    y: String,
    /// The key's thumbprint (RFC 7638), which names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"))]
    kid: Option<String>,
    /// For signatures.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    #[schema(examples("sig"))]
    usage: Option<&'static str>,
    /// The one algorithm it is used with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("ES256"))]
    alg: Option<&'static str>,
}

impl Jwk {
    /// The bare key, as a certificate confirms it.
    pub(super) fn bare(point: &Point) -> Self {
        let (x, y) = (BASE64URL_NOPAD.encode(&point[1..33]), BASE64URL_NOPAD.encode(&point[33..]));
        Self { kty: "EC", crv: "P-256", x, y, kid: None, usage: None, alg: None }
    }

    /// Its thumbprint (RFC 7638): SHA-256 of the required members in order.
    pub(super) fn thumbprint(&self) -> [u8; 32] {
        let canonical = format!(r#"{{"crv":"{}","kty":"{}","x":"{}","y":"{}"}}"#, self.crv, self.kty, self.x, self.y);
        Sha256::digest(canonical.as_bytes()).into()
    }
}

/// A published key, ready to verify.
pub struct PublicKey {
    kid: String,
    jwk: Jwk,
    decoding: DecodingKey,
}

impl PublicKey {
    /// A key from its SubjectPublicKeyInfo in DER, as KMS gives it.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is no P-256 key.
    pub(super) fn from_spki(der: &[u8]) -> Result<Self, Error> {
        let wrong = || Error::Internal("K1 is not a P-256 key".into());
        let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| wrong())?;
        let point: Point = spki.subject_public_key.raw_bytes().try_into().map_err(|_| wrong())?;
        if point[0] != 4 {
            return Err(wrong());
        }
        let bare = Jwk::bare(&point);
        let kid = BASE64URL_NOPAD.encode(&bare.thumbprint());
        let jwk = Jwk { kid: Some(kid.clone()), usage: Some("sig"), alg: Some("ES256"), ..bare };
        Ok(Self { kid, jwk, decoding: DecodingKey::from_ec_der(&point) })
    }

    /// The thumbprint that names it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key as JWKS publishes it.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7515 appendix A.3; its thumbprint computed with another library.
    #[test]
    fn thumbprint_of_a_known_key() {
        let jwk = Jwk {
            kty: "EC",
            crv: "P-256",
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
            kid: None,
            usage: None,
            alg: None,
        };
        assert_eq!(BASE64URL_NOPAD.encode(&jwk.thumbprint()), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    }
}

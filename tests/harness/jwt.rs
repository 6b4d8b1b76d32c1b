//! Tokens taken apart and forged, without any code of the portal's.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use ring::hmac;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The protected header of a compact JWS.
pub fn header(jws: &str) -> Value {
    part(jws, 0)
}

/// The claims of a compact JWS.
pub fn claims(jws: &str) -> Value {
    part(jws, 1)
}

fn part(jws: &str, index: usize) -> Value {
    let text = jws.split('.').nth(index).expect("three parts");
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// What is signed: header and claims, encoded and joined.
pub fn signing_input(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    format!("{}.{}", encode(header), encode(claims))
}

/// A token with a signature that somebody else made.
pub fn with_signature(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", BASE64URL_NOPAD.encode(signature))
}

fn own_key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("a scalar")
}

/// The public half of the key of our own.
pub fn own_jwk() -> Value {
    let point = own_key().verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y) })
}

/// RFC 7638.
pub fn thumbprint(jwk: &Value) -> String {
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    BASE64URL_NOPAD.encode(&Sha256::digest(canonical.as_bytes()))
}

/// A token signed by ES256 with a key of our own.
pub fn es256(header: &Value, claims: &Value) -> String {
    let key = own_key();
    let input = signing_input(header, claims);
    let signature: Signature = key.sign(input.as_bytes());
    with_signature(&input, &signature.to_bytes())
}

/// A token "signed" by HS256 with a secret that everybody knows.
pub fn hs256(secret: &[u8], header: &Value, claims: &Value) -> String {
    let input = signing_input(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    with_signature(&input, tag.as_ref())
}

/// A published key as a PEM file has it, the secret of the classic confusion of algorithms.
pub fn pem(jwk: &Value) -> String {
    const PREFIX: [u8; 27] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let coordinate = |name: &str| {
        let text = jwk[name].as_str().expect("a coordinate");
        BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
    };
    let text = BASE64.encode(&[PREFIX.to_vec(), coordinate("x"), coordinate("y")].concat());
    let (first, second) = text.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}

//! What a third party does with a binding: recompute the actor, and verify the receipt with the published keys.
//!
//! Written from the documents alone, with none of the portal's own code, so that the two check each other.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// No issuing key is certified for longer, in seconds.
const LONGEST_CERTIFICATE: u64 = 3600;

/// The label of the actor in its user's identity tree.
pub fn expected_label(vendor_id: &str, device_id: &str, generation: u32) -> String {
    let hash = Sha256::new()
        .chain_update("agentkeys-vendor-device-v1")
        .chain_update([0_u8])
        .chain_update(vendor_id)
        .chain_update([0_u8])
        .chain_update(device_id)
        .chain_update([0_u8])
        .chain_update(generation.to_be_bytes())
        .finalize();
    let text = BASE32_NOPAD.encode(&hash).to_ascii_lowercase();
    format!("v-{}", &text[..30])
}

/// The actor omni that the published formula gives.
pub fn expected_actor(vendor_id: &str, device_id: &str, user_omni: &[u8; 32], generation: u32) -> String {
    let hash = Sha256::new()
        .chain_update("agentkeys-hdkd-v1")
        .chain_update(user_omni)
        .chain_update("//")
        .chain_update(expected_label(vendor_id, device_id, generation))
        .finalize();
    format!("0x{}", HEXLOWER.encode(&hash))
}

/// Verifies a binding receipt with nothing but the published keys.
///
/// Returns its claims, or a sentence about what is wrong.
pub fn receipt(compact: &str, jwks: &Value) -> Result<Value, String> {
    let receipt = Jws::parse(compact, "agentkeys-binding+jwt")?;
    let certificate = Jws::parse(text(&receipt.header, "k1_cert")?, "agentkeys-key+jwt")?;

    certificate.verify(published(jwks, text(&certificate.header, "kid")?)?)?;
    let key = certificate.claims.pointer("/cnf/jwk").ok_or("the certificate names no key")?;
    receipt.verify(key)?;

    let mut uses = certificate.claims["use"].as_array().into_iter().flatten();
    require(uses.any(|purpose| purpose == "receipt"), "the certificate's key may not sign receipts")?;
    require(certificate.claims["iss"] == receipt.claims["iss"], "receipt and certificate have different issuers")?;
    let (from, until) = (number(&certificate.claims, "iat")?, number(&certificate.claims, "exp")?);
    let made = number(&receipt.claims, "iat")?;
    require((from..=until).contains(&made), "the receipt was not made within its certificate's life")?;
    require(until.saturating_sub(from) <= LONGEST_CERTIFICATE, "the certificate lives for more than an hour")?;
    Ok(receipt.claims)
}

/// A compact JWS, taken apart.
struct Jws<'a> {
    signed: &'a str,
    header: Value,
    claims: Value,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a JWS apart if it is of this type and of our algorithm.
    fn parse(compact: &'a str, typ: &str) -> Result<Self, String> {
        let malformed = || format!("the {typ} is not a compact JWS");
        let (signed, signature) = compact.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let json = |part: &str| serde_json::from_slice(&decode(part)?).map_err(|_| malformed());
        let jws = Self { signed, header: json(header)?, claims: json(claims)?, signature: decode(signature)? };
        require(jws.header["alg"] == "ES256", "a signature is not by ES256")?;
        require(jws.header["typ"] == typ, &format!("a JWS is not of the type {typ}"))?;
        Ok(jws)
    }

    /// Verifies the signature with the very key that the header names.
    fn verify(&self, jwk: &Value) -> Result<(), String> {
        let key = Key::parse(jwk)?;
        let kid = text(&self.header, "kid")?;
        require(key.thumbprint() == kid, "a JWS names another key than the one it is to be verified with")?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.point()?)
            .verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| format!("the signature by {kid} is wrong"))
    }
}

/// A public P-256 key in the form of a JWK.
struct Key<'a> {
    x: &'a str,
    y: &'a str,
}

impl<'a> Key<'a> {
    fn parse(jwk: &'a Value) -> Result<Self, String> {
        require(jwk["kty"] == "EC" && jwk["crv"] == "P-256", "a key is not on the curve P-256")?;
        Ok(Self { x: text(jwk, "x")?, y: text(jwk, "y")? })
    }

    /// RFC 7638.
    fn thumbprint(&self) -> String {
        let Self { x, y } = self;
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        BASE64URL_NOPAD.encode(&Sha256::digest(canonical))
    }

    /// The uncompressed point.
    fn point(&self) -> Result<Vec<u8>, String> {
        let (x, y) = (decode(self.x)?, decode(self.y)?);
        require(x.len() == 32 && y.len() == 32, "a key's coordinates are not 32 bytes long")?;
        Ok([vec![4], x, y].concat())
    }
}

/// The published key of this id.
fn published<'a>(jwks: &'a Value, kid: &str) -> Result<&'a Value, String> {
    let mut keys = jwks["keys"].as_array().into_iter().flatten();
    keys.find(|key| key["kid"] == kid).ok_or_else(|| format!("the key {kid} is not among the published ones"))
}

fn decode(part: &str) -> Result<Vec<u8>, String> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|error| format!("`{part}` is not base64url: {error}"))
}

fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str, String> {
    object[field].as_str().ok_or_else(|| format!("`{field}` is missing"))
}

fn number(object: &Value, field: &str) -> Result<u64, String> {
    object[field].as_u64().ok_or_else(|| format!("`{field}` is missing"))
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer;
    use p256::ecdsa::{Signature, SigningKey};
    use serde_json::json;

    use super::*;

    const VENDOR: &str = "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X";

    #[test]
    fn derives_the_published_vectors() {
        let rows = [
            ("FT-0001", 0x11, 0, "0xdc4a1cf435d4f440952c1c40c583aca7ff4c23856fdf6409f371a34a94352ca3"),
            ("FT-0001", 0x11, 1, "0x8967651a8974251794c0838b008f8da9b0d77d6445adaafe9f0f7243f38c8454"),
            ("AA:BB:CC:DD:EE:FF", 0xab, 0, "0x6f3d597fd037038245a8588cc539adee2e463fc81b59a731d8e79503a423d262"),
        ];
        for (device, user, generation, actor) in rows {
            assert_eq!(expected_actor(VENDOR, device, &[user; 32], generation), actor);
        }
        assert_eq!(expected_label(VENDOR, "FT-0001", 0), "v-7gp4wfz6j2gt3te2h3ofcd4bluycim");
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).expect("a scalar")
    }

    fn jwk(key: &SigningKey) -> Value {
        let point = key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let mut jwk =
            json!({"kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y)});
        let kid = Key::parse(&jwk).expect("a key").thumbprint();
        jwk["kid"] = kid.into();
        jwk
    }

    fn sign(key: &SigningKey, header: Value, claims: Value) -> String {
        let encode = |part: Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature: Signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }

    /// A receipt made at `iat` under a certificate of the first hour, signed with `signer` and naming `named`.
    fn receipt_by(signer: &SigningKey, named: &SigningKey, k1: &SigningKey, iat: u64) -> String {
        let certificate = sign(
            k1,
            json!({"alg": "ES256", "typ": "agentkeys-key+jwt", "kid": jwk(k1)["kid"]}),
            json!({"iss": "portal", "cnf": {"jwk": jwk(named)}, "use": ["receipt", "cap"], "iat": 0, "exp": 3600}),
        );
        let kid = &jwk(named)["kid"];
        let header = json!({"alg": "ES256", "typ": "agentkeys-binding+jwt", "kid": kid, "k1_cert": certificate});
        sign(signer, header, json!({"iss": "portal", "sub": "0x00", "iat": iat}))
    }

    #[test]
    fn accepts_a_receipt_of_a_certified_key() {
        let (k1, issuing) = (key(1), key(2));
        let claims = receipt(&receipt_by(&issuing, &issuing, &k1, 1800), &json!({"keys": [jwk(&k1)]}));
        assert_eq!(claims.map(|claims| claims["sub"].clone()), Ok(json!("0x00")));
    }

    #[test]
    fn refuses_what_is_not_proven() {
        let (k1, issuing, foreign) = (key(1), key(2), key(3));
        let jwks = json!({"keys": [jwk(&k1)]});
        let refused = |compact: &str| receipt(compact, &jwks).expect_err("refused");

        assert!(refused(&receipt_by(&foreign, &issuing, &k1, 1800)).ends_with("is wrong"));
        assert!(refused(&receipt_by(&issuing, &issuing, &foreign, 1800)).ends_with("not among the published ones"));
        assert!(refused(&receipt_by(&issuing, &issuing, &k1, 3601)).contains("certificate's life"));
        assert!(refused("a.b").contains("compact JWS"));

        let good = receipt_by(&issuing, &issuing, &k1, 1800);
        let parts: Vec<_> = good.split('.').collect();
        let forged = BASE64URL_NOPAD.encode(br#"{"iss":"portal","sub":"0xff","iat":1800}"#);
        assert!(refused(&format!("{}.{forged}.{}", parts[0], parts[2])).ends_with("is wrong"));
    }
}

//! A receipt in a stranger's hands: it proves the binding with nothing but the published keys, in Python by a stock
//! library and here by hand; and nothing else passes for one.

use std::process::Command;

use data_encoding::BASE64URL_NOPAD;
use domain::clock::Timestamp;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::commands::{Folder, output, printed, python};
use crate::harness::{Answer, Auth, Portal, omni};
use crate::ledgers::at;

/// A registration and the published keys: all that a verifier is given, and what it must find.
struct Given {
    portal: Portal,
    token: String,
    vendor_id: String,
    registration: Answer,
    jwks: Value,
}

async fn register(portal: &Portal, token: &str) -> Answer {
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("ab") });
    portal.register(token, "receipt", body).await
}

impl Given {
    async fn a_registration() -> Self {
        let portal = Portal::start().await;
        let vendor = portal.vendor("proof").await;
        let registration = register(&portal, &vendor.token).await.expect(201);
        let jwks = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200).body;
        Self { token: vendor.token, vendor_id: vendor.vendor_id, portal, registration, jwks }
    }

    fn receipt(&self) -> &str {
        self.registration.str("/receipt")
    }

    /// The claims that the receipt must have.
    fn claims(&self) -> Value {
        let field = |name: &str| self.registration.body[name].clone();
        let registered_at: Timestamp = self.registration.str("/registered_at").parse().expect("a time");
        json!({
            "iss": self.portal.url(""), "sub": field("actor_omni"), "vendor_id": self.vendor_id,
            "device_id": field("device_id"), "user_omni": field("user_omni"), "binding_id": field("binding_id"),
            "generation": field("generation"), "iat": registered_at.as_second(),
        })
    }
}

/// A compact JWS, taken apart.
struct Jws<'a> {
    signed: &'a str,
    header: Value,
    claims: Value,
    signature: Vec<u8>,
}

fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(part.as_bytes()).ok()
}

impl<'a> Jws<'a> {
    fn parse(compact: &'a str) -> Option<Self> {
        let (signed, signature) = compact.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            signed,
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signature: decode(signature)?,
        })
    }

    /// Whether this is of that type and signed by that key.
    fn holds(&self, typ: &str, jwk: &Value) -> Option<bool> {
        let point = [vec![4], decode(jwk["x"].as_str()?)?, decode(jwk["y"].as_str()?)?].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        let signed = key.verify(self.signed.as_bytes(), &self.signature).is_ok();
        Some(signed && self.header["alg"] == "ES256" && self.header["typ"] == typ)
    }
}

/// RFC 7638.
fn thumbprint(jwk: &Value) -> String {
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    BASE64URL_NOPAD.encode(&Sha256::digest(canonical.as_bytes()))
}

/// The three steps of the contract; the claims if they hold.
pub(super) fn verify(receipt: &str, jwks: &Value) -> Option<Value> {
    let receipt = Jws::parse(receipt)?;
    let certificate = Jws::parse(receipt.header["k1_cert"].as_str()?)?;
    let mut keys = jwks["keys"].as_array()?.iter();
    let k1 = keys.find(|key| key["kid"] == certificate.header["kid"])?;
    let issuing = &certificate.claims["cnf"]["jwk"];
    let signed = certificate.holds("agentkeys-key+jwt", k1)? && receipt.holds("agentkeys-binding+jwt", issuing)?;
    let life = certificate.claims["iat"].as_i64()?..=certificate.claims["exp"].as_i64()?;
    let made = receipt.claims["iat"].as_i64()?;
    (signed && life.contains(&made)).then_some(receipt.claims)
}

/// The claims as PyJWT finds them, or what it says against the receipt.
async fn verify_in_python(receipt: &str, jwks: &Value) -> Result<Value, String> {
    let folder = Folder::new();
    let mut command = Command::new(python());
    command.arg(at("tests/proofs/verify_receipt.py")).arg(folder.file("jwks.json", &jwks.to_string())).arg(receipt);
    let output = output(command).await;
    match (output.status.success(), output.status.code()) {
        (true, _) => Ok(serde_json::from_slice(&output.stdout).expect("claims as JSON")),
        (false, Some(1)) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        (false, _) => panic!("{}", printed(&output)),
    }
}

#[tokio::test]
async fn a_stock_library_of_another_language_verifies_it() {
    let given = Given::a_registration().await;
    let claims = verify_in_python(given.receipt(), &given.jwks).await;
    assert_eq!(claims, Ok(given.claims()));
}

#[tokio::test]
async fn it_is_what_the_contract_says() {
    let given = Given::a_registration().await;
    assert_eq!(verify(given.receipt(), &given.jwks), Some(given.claims()));
    let receipt = Jws::parse(given.receipt()).expect("a JWS");
    let certificate = receipt.header["k1_cert"].as_str().and_then(Jws::parse).expect("a JWS");
    let Value::Array(keys) = &given.jwks["keys"] else { panic!("{}", given.jwks) };
    assert!(keys.iter().all(|key| key["kid"] == thumbprint(key)), "{keys:?}");
    assert_eq!(certificate.header["kid"], keys[0]["kid"]);
    assert_eq!(certificate.claims["iss"], given.portal.url(""));
    assert_eq!(certificate.claims["use"], json!(["receipt", "cap"]));
    assert_eq!(receipt.header["kid"], thumbprint(&certificate.claims["cnf"]["jwk"]));
    let seconds = |field: &str| certificate.claims[field].as_i64().expect("seconds");
    assert!(seconds("exp") - seconds("iat") <= 3600, "{}", certificate.claims);
}

#[tokio::test]
async fn it_stays_the_same_and_stays_valid_for_ever() {
    let given = Given::a_registration().await;
    given.portal.advance(60 * 24 * 3600).await;
    let later = register(&given.portal, &given.token).await.expect(200);
    assert_eq!(later.text, given.registration.text);
    let claims = verify_in_python(later.str("/receipt"), &given.jwks).await;
    assert_eq!(claims, Ok(given.claims()));
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).expect("a scalar")
}

fn jwk(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y) })
}

fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
}

/// Receipts that someone without our keys can make.
fn forgeries(genuine: &str) -> [(&'static str, String); 5] {
    let (receipt, foreign) = (Jws::parse(genuine).expect("a JWS"), key(7));
    let genuine_certificate = receipt.header["k1_cert"].as_str().expect("a certificate");
    let certificate = Jws::parse(genuine_certificate).expect("a JWS");
    let (head, signature) = (genuine.split('.').next(), genuine.rsplit('.').next());
    let (head, signature) = (head.unwrap_or_default(), signature.unwrap_or_default());
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let with = |object: &Value, field: &str, value: Value| {
        let mut changed = object.clone();
        changed[field] = value;
        changed
    };
    let claims = with(&receipt.claims, "device_id", "FT-9999".into());
    let life = with(&certificate.claims, "cnf", json!({ "jwk": jwk(&foreign) }));
    let own_certificate = sign(&foreign, &certificate.header, &life);
    let own_header = with(&receipt.header, "k1_cert", own_certificate.into());
    let none = with(&receipt.header, "alg", "none".into());
    let late = with(&receipt.claims, "iat", json!(4_000_000_000_u32));
    [
        ("other claims", format!("{head}.{}.{signature}", encode(&claims))),
        ("another key", sign(&foreign, &receipt.header, &claims)),
        ("a certificate of one's own", sign(&foreign, &own_header, &claims)),
        ("no algorithm", format!("{}.{}.", encode(&none), encode(&receipt.claims))),
        ("another time", format!("{head}.{}.{signature}", encode(&late))),
    ]
}

#[tokio::test]
async fn forgeries_are_refused_by_both() {
    let given = Given::a_registration().await;
    for (name, forged) in forgeries(given.receipt()) {
        assert_eq!(verify(&forged, &given.jwks), None, "{name}");
        let refused = verify_in_python(&forged, &given.jwks).await;
        assert!(refused.as_ref().is_err_and(|why| why.starts_with("refused: ")), "{name}: {refused:?}");
    }
    // Keys that nobody published prove nothing, however good the signatures are.
    assert_eq!(verify(given.receipt(), &json!({ "keys": [] })), None);
    let refused = verify_in_python(given.receipt(), &json!({ "keys": [] })).await;
    assert!(refused.is_err(), "{refused:?}");
}

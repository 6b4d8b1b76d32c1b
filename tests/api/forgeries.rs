//! Tokens that somebody made who may not: every trick on the one endpoint that all vendors' software calls.

use serde_json::{Value, json};

use crate::harness::{Auth, Portal, Vendor, jwt, omni};

/// What a real token says, and the key that it can be verified with.
struct Model {
    header: Value,
    claims: Value,
    jwk: Value,
}

impl Model {
    async fn of(portal: &Portal, vendor: &Vendor) -> Self {
        let keys = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200);
        Self {
            header: jwt::header(&vendor.token),
            claims: jwt::claims(&vendor.token),
            jwk: keys.body["keys"][0].clone(),
        }
    }

    fn header(&self, field: &str, value: Value) -> Value {
        let mut header = self.header.clone();
        header[field] = value;
        header
    }

    fn claims(&self, field: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        claims[field] = value;
        claims
    }
}

/// Registers with each token: all are refused with `code`, and nothing changes.
async fn refuses(portal: &Portal, vendor: &Vendor, code: &str, tokens: &[(&str, String)]) {
    let before = portal.state(&vendor.session).await;
    for (trick, token) in tokens {
        let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
        let answer = portal.register(token, "forged", body).await;
        assert_eq!((answer.status, answer.code()), (401, code), "{trick}: {}", answer.text);
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with(r#"Bearer error="invalid_token""#), "{trick}: {challenge}");
    }
    assert_eq!(portal.state(&vendor.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_are_not_k1s() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let model = Model::of(&portal, &folotoy).await;
    let Model { header, claims, jwk } = &model;

    let none = jwt::signing_input(&model.header("alg", json!("none")), claims);
    let unsigned = jwt::signing_input(header, claims);
    let (_, signature) = folotoy.token.rsplit_once('.').unwrap();
    let hs256 = model.header("alg", json!("HS256"));
    let other_kid = model.header("kid", json!("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"));
    let mut no_kid = header.clone();
    no_kid.as_object_mut().unwrap().remove("kid");
    let mut own_key = model.header("jwk", jwk.clone());
    own_key["jku"] = json!(portal.url("/.well-known/jwks.json"));
    let changed = jwt::signing_input(header, &model.claims("scope", json!("events:write")));
    let tricks = [
        ("another key under our key id", jwt::es256(header, claims)),
        ("another key under its own key id", jwt::es256(&other_kid, claims)),
        ("no key id", jwt::es256(&no_kid, claims)),
        ("a header that brings its own key", jwt::es256(&own_key, claims)),
        ("alg none", format!("{none}.")),
        ("alg none, and our signature", format!("{none}.{signature}")),
        ("no signature", format!("{unsigned}.")),
        ("a signature of zeros", jwt::with_signature(&unsigned, &[0; 64])),
        ("our signature, cut short", folotoy.token[..folotoy.token.len() - 4].to_owned()),
        ("our signature over other claims", format!("{changed}.{signature}")),
        ("HS256 with our public key", jwt::hs256(jwt::pem(jwk).as_bytes(), &hs256, claims)),
        ("HS256 with nothing", jwt::hs256(b"", &hs256, claims)),
        ("alg ES256K", jwt::es256(&model.header("alg", json!("ES256K")), claims)),
    ];
    refuses(&portal, &folotoy, "unauthenticated", &tricks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_of_k1_over_something_else() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let ropet = portal.sign_up("ropet@example.com").await;
    let model = Model::of(&portal, &folotoy).await;
    let now = portal.now().await.as_second();
    let nobodys = "tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X";
    let rows = [
        ("another issuer", "iss", json!("https://portal.elsewhere.example")),
        ("our issuer with a slash", "iss", json!(portal.url("/"))),
        ("another audience", "aud", json!("agentkeys-mcp")),
        ("a list of audiences", "aud", json!(["agentkeys", "agentkeys-mcp"])),
        ("not valid yet", "nbf", json!(now + 3600)),
        ("a token that is not on record", "jti", json!(nobodys)),
        ("another vendor's subject", "sub", json!(ropet.vendor_id)),
        ("a subject that is no vendor", "sub", json!("svc_01JZ8Q6V3M4N5P6R7S8T9V0W1X")),
        ("no scope at all", "scope", json!("")),
        ("an unknown scope", "scope", json!("devices:write everything")),
        ("an expiry that is no number", "exp", json!("never")),
    ];
    let mut tricks = Vec::new();
    for (trick, field, value) in rows {
        let token = portal.signed_by_k1(&model.header, &model.claims(field, value)).await;
        tricks.push((trick, token));
    }
    for (trick, typ) in [("a receipt's type", "agentkeys-binding+jwt"), ("a certificate's type", "agentkeys-key+jwt")] {
        let header = model.header("typ", json!(typ));
        tricks.push((trick, portal.signed_by_k1(&header, &model.claims).await));
    }
    let critical = model.header("crit", json!(["exp"]));
    tricks.push(("a critical extension", portal.signed_by_k1(&critical, &model.claims).await));
    refuses(&portal, &folotoy, "unauthenticated", &tricks).await;

    let expired = portal.signed_by_k1(&model.header, &model.claims("exp", json!(now - 61))).await;
    refuses(&portal, &folotoy, "token_expired", &[("over by a minute", expired)]).await;

    // The same way with the very same claims is a token: the tricks above fail for what they change alone.
    let same = portal.signed_by_k1(&model.header, &model.claims).await;
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&same, "not-forged", body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_or_its_certificate_is_no_token() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    let registered = portal.register(&folotoy.token, "first", body).await.expect(201);
    let receipt = registered.str("/receipt").to_owned();
    let certificate = jwt::header(&receipt)["k1_cert"].as_str().unwrap().to_owned();
    let tricks = [("a receipt", receipt), ("a certificate", certificate)];
    refuses(&portal, &folotoy, "unauthenticated", &tricks).await;
}

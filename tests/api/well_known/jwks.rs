//! `GET /.well-known/jwks.json`

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::harness::{Auth, Portal, jwt};

#[tokio::test(flavor = "multi_thread")]
async fn publishes_k1_by_its_thumbprint_and_nothing_private() {
    let portal = Portal::start().await;
    let answer = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);

    let key = keys[0].as_object().unwrap();
    let mut members: Vec<_> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    for (member, value) in [("kty", "EC"), ("crv", "P-256"), ("alg", "ES256"), ("use", "sig")] {
        assert_eq!(key[member], value);
    }
    for coordinate in ["x", "y"] {
        let text = key[coordinate].as_str().unwrap();
        assert_eq!(BASE64URL_NOPAD.decode(text.as_bytes()).unwrap().len(), 32);
    }
    // RFC 7638: SHA-256 over the required members in order.
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, key["x"], key["y"]);
    let thumbprint = BASE64URL_NOPAD.encode(&Sha256::digest(canonical.as_bytes()));
    assert_eq!(key["kid"], thumbprint);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_the_one_that_tokens_name_and_stays_the_same() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200);
    assert_eq!(first.body["keys"][0]["kid"], jwt::header(&folotoy.token)["kid"]);
    portal.advance(7 * 24 * 3600).await;
    let later = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200);
    assert_eq!(later.text, first.text);
}

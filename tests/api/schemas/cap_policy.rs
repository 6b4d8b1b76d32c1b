//! `GET /schemas/cap-policy/1.json`

use serde_json::Value;

use crate::harness::{Auth, Portal};

#[tokio::test(flavor = "multi_thread")]
async fn is_there_for_everybody_and_for_good() {
    let portal = Portal::start().await;
    let answer = portal.get("/schemas/cap-policy/1.json", Auth::None).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/schema+json");
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(answer.str("/$schema"), "https://json-schema.org/draft/2020-12/schema");
    let kept = crate::ledgers::text(&crate::ledgers::at("functions/assets/schemas/cap-policy-1.json"));
    assert_eq!(answer.body, serde_json::from_str::<Value>(&kept).unwrap());
}

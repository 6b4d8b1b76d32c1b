//! `GET /openapi.json`

use crate::harness::{Auth, Portal};

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_that_of_the_routes_and_anybody_may_read_it() {
    let portal = Portal::start().await;
    let answer = portal.get("/openapi.json", Auth::None).await.expect(200);
    assert_eq!(answer.text, functions::openapi::json().unwrap());
    assert!(answer.str("/openapi").starts_with("3.1"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

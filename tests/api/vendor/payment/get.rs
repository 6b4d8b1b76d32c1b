//! `GET /v1/vendor/payment`

use serde_json::{Value, json};

use crate::harness::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn none_then_pending_then_connected() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let session = &folotoy.session;
    let (rail, status, _) = portal.payment(session).await;
    assert_eq!((rail, status.as_str()), (Value::Null, "none"));

    let url = portal.visit_stripe(session, Value::Null).await;
    let (rail, status, _) = portal.payment(session).await;
    assert_eq!((rail, status.as_str()), (json!("stripe"), "pending"));

    portal.complete_stripe(&url, "approve").await.expect(200);
    let (rail, status, _) = portal.payment(session).await;
    assert_eq!((rail, status.as_str()), (json!("stripe"), "connected"));
}

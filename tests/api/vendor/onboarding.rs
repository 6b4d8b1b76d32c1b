//! `GET /v1/vendor/onboarding`; the way through it is in `journeys`.

use serde_json::json;

use crate::harness::{Auth, Portal, Vendor};

#[tokio::test(flavor = "multi_thread")]
async fn names_each_step_and_where_to_do_it() {
    let portal = Portal::start().await;
    let ropet = portal.sign_up("ropet@example.com").await;
    let answer = portal.get("/v1/vendor/onboarding", Auth::Session(&ropet.session)).await.expect(200);
    let expected = json!({
        "status": "onboarding",
        "steps": [
            { "step": "verify_email", "status": "done" },
            { "step": "accept_terms", "status": "todo", "action_url": portal.url("/v1/vendor/terms/accept") },
            { "step": "connect_payment", "status": "todo", "action_url": portal.url("/v1/vendor/payment/stripe/connect") },
            { "step": "issue_token", "status": "blocked" },
            { "step": "register_device", "status": "blocked" },
        ],
    });
    assert_eq!(answer.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_is_to_be_issued_again() {
    let portal = Portal::start().await;
    let Vendor { email, .. } = portal.vendor("folotoy").await;
    portal.advance(91 * 24 * 3600).await;
    let session = portal.sign_in(&email).await;
    let answer = portal.get("/v1/vendor/onboarding", Auth::Session(&session)).await.expect(200);
    assert_eq!(answer.str("/steps/3/status"), "todo");
    assert_eq!(answer.str("/steps/4/status"), "blocked");
    portal.issue_token(&session).await;
}

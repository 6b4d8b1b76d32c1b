//! `DELETE /v1/vendor/tokens/{token_id}`

use crate::harness::{Answer, Auth, Portal, types};

async fn revoke(portal: &Portal, session: &str, token_id: &str) -> Answer {
    portal.delete(&format!("/v1/vendor/tokens/{token_id}"), Auth::Session(session)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_once_it_stays_ended() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    revoke(&portal, &folotoy.session, &folotoy.token_id).await.expect(204);
    portal.get("/v1/vendor", Auth::Bearer(&folotoy.token)).await.problem(401, "token_revoked");
    let once = portal.state(&folotoy.session).await;
    portal.advance(5).await;
    revoke(&portal, &folotoy.session, &folotoy.token_id).await.expect(204);
    assert_eq!(portal.state(&folotoy.session).await, once);
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(types(&audit).iter().filter(|kind| **kind == "token.revoked").count(), 1);
    // And the next one can be issued.
    let (token, _) = portal.issue_token(&folotoy.session).await;
    portal.get("/v1/vendor", Auth::Bearer(&token)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_is_as_one_that_never_was() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let before = portal.state(&ropet.session).await;
    let mut bodies = Vec::new();
    for token_id in [ropet.token_id.as_str(), "tok_01JZ8Q6V3M4N5P6R7S8T9V0W1X", "tok_", "x", "%00", "tok_%2F"] {
        let answer = revoke(&portal, &folotoy.session, token_id).await.problem(404, "not_found");
        bodies.push(answer.text.replace(answer.str("/request_id"), ""));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(portal.state(&ropet.session).await, before);
    portal.get("/v1/vendor", Auth::Bearer(&ropet.token)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_vendor_may_still_end_its_token() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.set_status(&folotoy.vendor_id, "suspended").await;
    revoke(&portal, &folotoy.session, &folotoy.token_id).await.expect(204);
}

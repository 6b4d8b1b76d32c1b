//! `DELETE /v1/vendor/sessions/current`

use crate::harness::browser::set_cookie;
use crate::harness::{Auth, Portal, types};

const PATH: &str = "/v1/vendor/sessions/current";

#[tokio::test(flavor = "multi_thread")]
async fn ends_this_session_at_once_and_no_other() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let second = portal.sign_in(&folotoy.email).await;

    let answer = portal.delete(PATH, Auth::Session(&second)).await.expect(204);
    assert_eq!(answer.text, "");
    let cookie = set_cookie(&answer, "session").expect("the cookie is taken back");
    assert_eq!(cookie[0], "");
    assert!(cookie.iter().any(|part| part == "Max-Age=0"), "{cookie:?}");

    portal.get("/v1/vendor", Auth::Session(&second)).await.problem(401, "unauthenticated");
    portal.delete(PATH, Auth::Session(&second)).await.problem(401, "unauthenticated");
    portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.expect(200);
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(types(&audit).iter().filter(|kind| **kind == "session.ended").count(), 1);
}

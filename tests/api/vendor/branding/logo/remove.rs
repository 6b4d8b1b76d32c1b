//! `DELETE /v1/vendor/branding/logo`

use reqwest::Method;
use serde_json::{Value, json};

use super::super::see;
use super::{PATH, pictures, upload};
use crate::harness::pictures::png;
use crate::harness::{Answer, Auth, Portal};

async fn remove(portal: &Portal, session: &str, seen: &str) -> Answer {
    let request = portal.request(Method::DELETE, PATH, Auth::Session(session));
    portal.send(request.header("if-match", seen)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_is_gone() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    remove(&portal, &folotoy.session, "*").await.problem(404, "not_found");
    let before = see(&portal, &folotoy.session).await;
    let uploaded = upload(&portal, &folotoy.session, "*", "image/png", png(8, 8)).await.expect(200);
    portal.delete(PATH, Auth::Session(&folotoy.session)).await.problem(428, "precondition_required");
    let refused = remove(&portal, &folotoy.session, before.header("etag")).await.problem(412, "precondition_failed");
    assert_eq!(refused.body["changed"], json!([{ "field": "logo", "current": uploaded.body["logo"] }]));
    assert_eq!(pictures(&portal).await, 1);

    remove(&portal, &folotoy.session, uploaded.header("etag")).await.expect(204);
    let after = see(&portal, &folotoy.session).await;
    assert_eq!((after.header("etag"), &after.body), (before.header("etag"), &before.body));
    assert_eq!(pictures(&portal).await, 0);
    let url = uploaded.str("/logo/url");
    portal.send(portal.client().get(url)).await.problem(404, "not_found");
    remove(&portal, &folotoy.session, "*").await.problem(404, "not_found");
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!((&audit[0]["type"], &audit[0]["changes"][0]["after"]), (&json!("vendor.logo_removed"), &Value::Null));
}

//! `GET /v1/vendor/settings`

use serde_json::json;

use super::{change, see};
use crate::harness::{Auth, Portal};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_has_until_it_chooses() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up_as(json!({ "email": "a@example.com", "display_name": "A", "locale": "zh-CN" })).await;
    let settings = see(&portal, &folotoy.session).await;
    let expected = json!({
        "allowed_namespaces": ["profile", "family", "child", "temp"],
        "cap_policy": {
            "fetch": null, "store": null, "max_ttl_seconds": 300,
            "require_approval": ["payment", "credentials", "delegation"],
        },
        "notifications": {
            "security": true, "new_address": true, "token_expiry": true, "invoices": true, "product": false,
        },
        "locale": "zh-CN",
    });
    assert_eq!(settings.body, expected);
    let etag = settings.header("etag");
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "strong: {etag}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_happens_to_the_vendor_does_not_outdate_them() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = see(&portal, &folotoy.session).await;
    portal.accept_terms(&folotoy.session).await;
    portal.connect_stripe(&folotoy.session).await;
    let after = see(&portal, &folotoy.session).await;
    assert_eq!(before.header("etag"), after.header("etag"));
    let answer =
        change(&portal, &folotoy.session, before.header("etag"), json!({ "locale": "zh-CN" })).await.expect(200);
    assert_ne!(answer.header("etag"), before.header("etag"));
    assert_eq!(see(&portal, &folotoy.session).await.header("etag"), answer.header("etag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_software_does_not_see_them() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.get(super::PATH, Auth::Bearer(&folotoy.token)).await.problem(401, "unauthenticated");
}

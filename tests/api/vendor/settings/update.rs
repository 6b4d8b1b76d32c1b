//! `PATCH /v1/vendor/settings`

use reqwest::Method;
use serde_json::{Value, json};

use super::{PATH, change, see};
use crate::harness::{Answer, Auth, Portal, types};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_changes_and_the_rest_stays() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = see(&portal, &folotoy.session).await;
    let body = json!({
        "allowed_namespaces": ["travel", "child", "profile"],
        "cap_policy": { "store": ["profile"], "max_ttl_seconds": 60 },
        "notifications": { "product": true },
    });
    let answer = change(&portal, &folotoy.session, before.header("etag"), body).await.expect(200);
    let expected = json!({
        "allowed_namespaces": ["profile", "child", "travel"],
        "cap_policy": {
            "fetch": null, "store": ["profile"], "max_ttl_seconds": 60,
            "require_approval": ["payment", "credentials", "delegation"],
        },
        "notifications": {
            "security": true, "new_address": true, "token_expiry": true, "invoices": true, "product": true,
        },
        "locale": "en",
    });
    assert_eq!(answer.body, expected);
    // What GET gives may be sent back whole, and changes nothing.
    let etag = answer.header("etag").to_owned();
    let again = change(&portal, &folotoy.session, &etag, answer.body.clone()).await.expect(200);
    assert_eq!((again.header("etag"), &again.body), (etag.as_str(), &answer.body));
    let back = json!({ "cap_policy": { "store": null, "max_ttl_seconds": 300 } });
    let back = change(&portal, &folotoy.session, &etag, back).await.expect(200);
    assert_eq!(back.body["cap_policy"], before.body["cap_policy"]);

    let audit = portal.audit(&folotoy.session).await;
    let changed: Vec<&Value> = audit.iter().filter(|row| row["type"] == "vendor.settings_changed").collect();
    assert_eq!(changed.len(), 2, "{:?}", types(&audit));
    let changes = json!([
        { "field": "allowed_namespaces", "before": ["profile", "family", "child", "temp"],
          "after": ["profile", "child", "travel"] },
        { "field": "cap_policy", "after": { "store": ["profile"], "max_ttl_seconds": 60 } },
        { "field": "notifications",
          "after": { "new_address": true, "token_expiry": true, "invoices": true, "product": true } },
    ]);
    assert_eq!(changed[1]["changes"], changes);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_may_be_allowed_at_all() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let none = json!({ "allowed_namespaces": [] });
    let answer = change(&portal, &folotoy.session, "*", none).await.expect(200);
    assert_eq!(answer.body["allowed_namespaces"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_say_what_it_saw_changes_nothing() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let request = portal.request(Method::PATCH, PATH, Auth::Session(&folotoy.session));
    let answer = portal.send(request.json(&json!({ "locale": "zh-CN" }))).await;
    answer.problem(428, "precondition_required");
    // A body that would be refused anyway is refused for itself.
    let request = portal.request(Method::PATCH, PATH, Auth::Session(&folotoy.session));
    portal.send(request.json(&json!({ "locale": "fr" }))).await.problem(422, "validation_failed");
    assert_eq!(portal.state(&folotoy.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_edit_is_refused_with_what_changed() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let seen = see(&portal, &folotoy.session).await.header("etag").to_owned();
    let first = json!({ "locale": "zh-CN", "allowed_namespaces": ["child"] });
    let first = change(&portal, &folotoy.session, &seen, first).await.expect(200);
    let before = portal.state(&folotoy.session).await;
    let second = json!({ "notifications": { "product": true } });
    let refused = change(&portal, &folotoy.session, &seen, second.clone()).await.problem(412, "precondition_failed");
    let changed = json!([
        { "field": "allowed_namespaces", "current": ["child"] },
        { "field": "locale", "current": "zh-CN" },
    ]);
    assert_eq!(refused.body["changed"], changed);
    assert_eq!(refused.header("etag"), first.header("etag"));
    assert_eq!(portal.state(&folotoy.session).await, before);
    change(&portal, &folotoy.session, refused.header("etag"), second).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_of_the_same_settings_one_is_made() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let seen = see(&portal, &folotoy.session).await.header("etag").to_owned();
    let edit = |names: Value| change(&portal, &folotoy.session, &seen, json!({ "allowed_namespaces": names }));
    let answers: [Answer; 2] = tokio::join!(edit(json!(["child"])), edit(json!(["work"]))).into();
    let mut statuses = answers.each_ref().map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let won = answers.iter().find(|answer| answer.status == 200).unwrap();
    let lost = answers.iter().find(|answer| answer.status == 412).unwrap();
    assert_eq!(lost.body["changed"][0]["current"], won.body["allowed_namespaces"]);
    assert_eq!(see(&portal, &folotoy.session).await.body, won.body);
}

/// RFC 9110, section 13.1.1: a list of strong tags, or `*`.
#[tokio::test(flavor = "multi_thread")]
async fn what_if_match_may_be() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let etag = see(&portal, &folotoy.session).await.header("etag").to_owned();
    let same = json!({ "locale": "en" });
    for seen in ["*", &etag, &format!("\"other\", {etag}"), &format!("{etag},\"other\"")] {
        change(&portal, &folotoy.session, seen, same.clone()).await.expect(200);
    }
    let bare = etag.trim_matches('"');
    for seen in ["", "\"other\"", &format!("W/{etag}"), bare, &etag.to_lowercase()] {
        let answer = change(&portal, &folotoy.session, seen, same.clone()).await.problem(412, "precondition_failed");
        assert_eq!(answer.header("etag"), etag, "{seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_pointed_at_and_nothing_changes() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let rows = [
        (json!({ "allowed_namespaces": ["profile", "home"] }), vec!["/allowed_namespaces/1"]),
        (json!({ "allowed_namespaces": ["child", "child"] }), vec!["/allowed_namespaces/1"]),
        (json!({ "allowed_namespaces": ["Child"] }), vec!["/allowed_namespaces/0"]),
        (json!({ "cap_policy": { "fetch": ["work"] } }), vec!["/cap_policy/fetch"]),
        (json!({ "cap_policy": { "max_ttl_seconds": 0 } }), vec!["/cap_policy/max_ttl_seconds"]),
        (json!({ "cap_policy": { "max_ttl_seconds": 301 } }), vec!["/cap_policy/max_ttl_seconds"]),
        (json!({ "cap_policy": { "max_ttl_seconds": -1 } }), vec!["/cap_policy/max_ttl_seconds"]),
        (json!({ "cap_policy": { "require_approval": [] } }), vec!["/cap_policy/require_approval"]),
        (
            json!({ "cap_policy": { "require_approval": ["payment", "delegation"] } }),
            vec!["/cap_policy/require_approval"],
        ),
        (json!({ "notifications": { "security": false } }), vec!["/notifications/security"]),
        (json!({ "locale": "zh" }), vec!["/locale"]),
        (
            json!({ "allowed_namespaces": ["x"], "cap_policy": { "store": ["y"], "max_ttl_seconds": 999 }, "locale": "" }),
            vec!["/allowed_namespaces/0", "/cap_policy/store/0", "/cap_policy/max_ttl_seconds", "/locale"],
        ),
    ];
    for (body, pointers) in rows {
        let answer = change(&portal, &folotoy.session, "*", body.clone()).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let rows = [
        (json!({ "plan": "standard" }), "/plan"),
        (json!({ "cap_policy": { "delete": ["child"] } }), "/cap_policy/delete"),
        (json!({ "cap_policy": { "default": "allow" } }), "/cap_policy/default"),
        (json!({ "notifications": { "sms": true } }), "/notifications/sms"),
        (json!({ "notifications": { "product": "yes" } }), "/notifications/product"),
        (json!({ "notifications": null }), "/notifications"),
        (json!({ "allowed_namespaces": null }), "/allowed_namespaces"),
        (json!({ "cap_policy": { "max_ttl_seconds": null } }), "/cap_policy/max_ttl_seconds"),
        (json!({ "cap_policy": { "max_ttl_seconds": 1.5 } }), "/cap_policy/max_ttl_seconds"),
        (json!({ "locale": null }), "/locale"),
    ];
    for (body, pointer) in rows {
        let answer = change(&portal, &folotoy.session, "*", body.clone()).await.problem(400, "invalid_request");
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
}

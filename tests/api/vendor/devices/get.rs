//! `GET /v1/vendor/devices/{device_id}`

use serde_json::{Value, json};

use crate::harness::{Auth, Portal, omni};

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_its_bindings_and_its_activity() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = |user: &str| json!({ "device_id": "FT-1", "user_omni": omni(user), "model": "bunny-2" });
    let first = portal.register(&folotoy.token, "first", body("22")).await.expect(201);
    let day = domain::activity::day(portal.now().await);
    portal.advance(3 * DAY).await;
    let second = portal.register(&folotoy.token, "second", body("11")).await.expect(201);
    let last = domain::activity::day(portal.now().await);
    // A device whose id goes on where this one's ends is another.
    let other = json!({ "device_id": format!("FT-1#{}", omni("11")), "user_omni": omni("11") });
    portal.register(&folotoy.token, "other", other).await.expect(201);
    portal.runner().settle().await;
    let seen = portal.get("/v1/vendor/devices/FT-1", Auth::Bearer(&folotoy.token)).await.expect(200);
    let expected = json!({
        "device_id": "FT-1", "active": true, "first_active_day": day, "last_active_day": last,
        "first_registered_at": first.body["registered_at"], "bindings": [second.body, first.body],
    });
    assert_eq!(seen.body, expected);
    portal.advance(30 * DAY).await;
    let session = portal.sign_in(&folotoy.email).await;
    let seen = portal.get("/v1/vendor/devices/FT-1", Auth::Session(&session)).await.expect(200);
    assert_eq!((&seen.body["active"], &seen.body["last_active_day"]), (&json!(false), &Value::from(last)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vendors_device_is_as_none_at_all() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let body = json!({ "device_id": "FT-1", "user_omni": omni("11") });
    portal.register(&folotoy.token, "first", body).await.expect(201);
    let mut answers = Vec::new();
    for path in ["FT-1", "FT-2", "FT", "%E8%AE%BE", "a%20b", &"x".repeat(129)] {
        let path = format!("/v1/vendor/devices/{path}");
        let answer = portal.get(&path, Auth::Bearer(&ropet.token)).await.problem(404, "not_found");
        answers.push(answer.text.replace(answer.header("x-request-id"), "…"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

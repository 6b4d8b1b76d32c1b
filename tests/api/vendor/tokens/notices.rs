//! Notices of a token's coming end, from the daily job.

use serde_json::{Value, json};

use crate::harness::{Auth, Portal};

const DAY: i64 = 24 * 3600;

async fn run(portal: &Portal) -> Value {
    portal.operate("tokens-remind", json!({})).await
}

/// How many notices each address got so far.
async fn notices(portal: &Portal, email: &str) -> usize {
    let mails = portal.mails_to(email).await;
    mails.iter().filter(|mail| mail["subject"].as_str().unwrap_or_default().contains("vendor token ends on")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_times_before_the_end_once_each() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let mut told = Vec::new();
    for day in 0..91 {
        let before = notices(&portal, &folotoy.email).await;
        // Twice a day: the second time there is nothing to tell.
        run(&portal).await;
        run(&portal).await;
        if notices(&portal, &folotoy.email).await > before {
            told.push(90 - day);
        }
        portal.advance(DAY).await;
    }
    assert_eq!(told, [30, 14, 7, 3, 1], "days before the end");
    assert_eq!(notices(&portal, &folotoy.email).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_late_is_late_and_not_lost() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.advance(61 * DAY).await;
    assert_eq!(run(&portal).await["notices"], 1, "that of 30 days before, at 29");
    assert_eq!(notices(&portal, &folotoy.email).await, 1);
    // After a week without a run only the latest is told.
    portal.advance(23 * DAY).await;
    assert_eq!(run(&portal).await["notices"], 1, "that of 7 days before, at 6");
    assert_eq!(notices(&portal, &folotoy.email).await, 2);
    portal.advance(2 * DAY).await;
    assert_eq!(run(&portal).await["notices"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_of_a_token_that_is_no_more() {
    let portal = Portal::start().await;
    let (revoked, rotated) = (portal.vendor("revoked").await, portal.vendor("rotated").await);
    portal.advance(60 * DAY).await;
    let session = portal.sign_in(&revoked.email).await;
    let path = format!("/v1/vendor/tokens/{}", revoked.token_id);
    portal.delete(&path, Auth::Session(&session)).await.expect(204);
    let session = portal.sign_in(&rotated.email).await;
    portal.post("/v1/vendor/tokens/rotate", Auth::Session(&session), json!({})).await.expect(201);
    assert_eq!(run(&portal).await, json!({ "tokens": 0, "notices": 0 }));
}

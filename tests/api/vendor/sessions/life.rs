//! How long a session lives: twelve hours without use, and never more than seven days.

use crate::harness::{Auth, Portal};

const HOUR: i64 = 3600;

async fn status(portal: &Portal, session: &str) -> u16 {
    portal.get("/v1/vendor", Auth::Session(session)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_it_ends_after_twelve_hours() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    portal.advance(12 * HOUR).await;
    let answer = portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await;
    answer.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn used_it_slides_on() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    for _ in 0..3 {
        portal.advance(12 * HOUR - 600).await;
        assert_eq!(status(&portal, &folotoy.session).await, 200);
    }
    portal.advance(12 * HOUR).await;
    assert_eq!(status(&portal, &folotoy.session).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn used_all_the_time_it_ends_after_seven_days() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    for hours in (11..=165).step_by(11) {
        portal.advance(11 * HOUR).await;
        assert_eq!(status(&portal, &folotoy.session).await, 200, "after {hours} hours");
    }
    portal.advance(3 * HOUR).await;
    assert_eq!(status(&portal, &folotoy.session).await, 401);
}

/// That it is used is no change of the vendor's things.
#[tokio::test(flavor = "multi_thread")]
async fn its_use_leaves_no_trace_in_the_audit_log() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.audit(&folotoy.session).await;
    for _ in 0..3 {
        portal.advance(HOUR).await;
        assert_eq!(status(&portal, &folotoy.session).await, 200);
    }
    assert_eq!(portal.audit(&folotoy.session).await, before);
}

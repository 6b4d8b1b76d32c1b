//! A vendor's software and its devices: retries, refusals, races, and what they leave behind.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::stripe::event;
use crate::harness::{Auth, Portal, omni, types};

/// How many ask at once.
const MANY: usize = 16;
const PATH: &str = "/v1/vendor/devices/register";

fn device(id: &str) -> Value {
    json!({ "device_id": id, "user_omni": omni("11") })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_finds_what_the_first_try_did() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("retry").await;
    let first = portal.register(&vendor.token, "boot-1", device("FT-1")).await.expect(201);

    let again = portal.register(&vendor.token, "boot-1", device("FT-1")).await.expect(200);
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
    let with_another_key = portal.register(&vendor.token, "boot-2", device("FT-1")).await.expect(200);
    assert_eq!((with_another_key.header("idempotency-replayed"), &with_another_key.body), ("", &first.body));
    let reused = portal.register(&vendor.token, "boot-1", device("FT-2")).await;
    reused.problem(422, "idempotency_key_reused");
    let second = portal.register(&vendor.token, "boot-3", device("FT-2")).await.expect(201);
    assert_ne!(second.str("/actor_omni"), first.str("/actor_omni"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_asks_at_once_hears_the_same() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("race").await;
    let mut asked = JoinSet::new();
    for number in 0..MANY {
        let request = portal.request(reqwest::Method::POST, PATH, Auth::Bearer(&vendor.token));
        let request = request.header("idempotency-key", format!("race-{number}")).json(&device("FT-1"));
        asked.spawn(async move {
            let answer = request.send().await.expect("an answer");
            (answer.status().as_u16(), answer.text().await.expect("a body"))
        });
    }
    let answers = asked.join_all().await;
    let created = answers.iter().filter(|(status, _)| *status == 201).count();
    let known = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!((created, known), (1, MANY - 1), "{answers:?}");
    assert_eq!(answers.iter().map(|(_, body)| body).collect::<BTreeSet<_>>().len(), 1);
    let rows = portal.audit_with(&vendor.session, "device.registered").await;
    assert_eq!(types(&rows).iter().filter(|kind| **kind == "device.registered").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_so_and_changes_nothing() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("refused").await;
    let other = portal.vendor("other").await;
    portal.post(PATH, Auth::None, device("FT-1")).await.problem(401, "unauthenticated");
    portal.register("e30.e30.e30", "k", device("FT-1")).await.problem(401, "unauthenticated");
    let forged = format!("{}AAAA", &vendor.token[..vendor.token.len() - 4]);
    portal.register(&forged, "k", device("FT-1")).await.problem(401, "unauthenticated");
    portal.post(PATH, Auth::Bearer(&vendor.token), device("FT-1")).await.problem(400, "idempotency_key_required");
    let wrong = portal.register(&vendor.token, "k", json!({ "device_id": "", "user_omni": "0x1" })).await;
    assert_eq!(wrong.problem(422, "validation_failed").pointers(), ["/device_id", "/user_omni"]);
    portal.get("/v1/vendor", Auth::Session("nobody's")).await.problem(401, "unauthenticated");

    // The same device and user of two vendors are two actors, and neither sees the other's rows.
    let mine = portal.register(&vendor.token, "k", device("FT-1")).await.expect(201);
    let theirs = portal.register(&other.token, "k", device("FT-1")).await.expect(201);
    assert_ne!(mine.str("/actor_omni"), theirs.str("/actor_omni"));
    let rows = portal.audit_with(&vendor.session, "device.registered").await;
    let theirs = theirs.str("/binding_id");
    assert!(!rows.iter().any(|row| row.to_string().contains(theirs)), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_leaves_its_row_whoever_made_it() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("trail").await;
    portal.register(&vendor.token, "first", device("FT-1")).await.expect(201);
    let rows = portal.audit_with(&vendor.session, "device.registered").await;
    let found: BTreeSet<&str> = types(&rows).into_iter().collect();
    for kind in
        ["vendor.email_verified", "vendor.terms_accepted", "payment.connected", "token.issued", "device.registered"]
    {
        assert!(found.contains(kind), "{kind} is not among {found:?}");
    }
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["audit_id"].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_counts_once_and_only_with_stripes_signature() {
    let portal = Portal::start().await;
    let body = event("evt_journey", "account.updated", "acct_nobody").to_string();
    portal.deliver(&body, None).await.problem(401, "unauthenticated");
    let signature = portal.stripe_signature(&body, 0).await;
    let tampered = body.replace("acct_nobody", "acct_somebody");
    portal.deliver(&tampered, Some(&signature)).await.problem(401, "unauthenticated");
    for _ in 0..2 {
        let taken = portal.deliver(&body, Some(&signature)).await;
        assert_eq!(taken.status, 200, "{}", taken.text);
    }
}

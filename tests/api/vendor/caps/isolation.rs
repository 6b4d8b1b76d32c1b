//! Two vendors side by side: neither mints for, revokes or learns of the other's.

use serde_json::{Value, json};

use crate::harness::{Answer, Portal, omni};

/// A refusal without what is another in every answer: all of them must be the same.
fn faceless(answer: Answer) -> (Vec<(String, String)>, String) {
    let request_id = answer.str("/request_id").to_owned();
    let headers = answer.headers.iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    (headers, answer.text.replace(&request_id, "req"))
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_actor_is_one_that_never_was() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let theirs = portal.actor(&ropet.token, "RP-0001").await;
    portal.mint(&ropet.token, &theirs, &["profile"]).await.expect(201);
    let before = portal.state(&ropet.session).await;

    let mut refusals = Vec::new();
    // Also with a namespace that nobody may reach: that is not what is said of another's actor.
    for (actor, namespace) in [(omni("99"), "profile"), (theirs.clone(), "profile"), (theirs.clone(), "work")] {
        portal.reset_meter().await;
        let refused = portal.mint(&folotoy.token, &actor, &[namespace]).await.problem(404, "not_found");
        let calls = portal.meter().await["dynamodb"]["GetItem"]["calls"].clone();
        refusals.push((faceless(refused), calls));
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:#?}");
    assert_eq!(portal.state(&ropet.session).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_device_and_user_at_two_vendors_are_two_actors() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let (ours, theirs) = (portal.actor(&folotoy.token, "FT-0001").await, portal.actor(&ropet.token, "FT-0001").await);
    assert_ne!(ours, theirs);
    portal.mint(&folotoy.token, &ours, &["profile"]).await.expect(201);
    portal.mint(&ropet.token, &ours, &["profile"]).await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_cap_can_neither_be_revoked_nor_kept_from_being_revoked() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let actor = portal.actor(&ropet.token, "RP-0001").await;
    let minted = portal.mint(&ropet.token, &actor, &["profile"]).await.expect(201);
    let cap_id = minted.str("/cap_id");
    let never = portal.revoke_cap(&folotoy.token, "cap_01JZ8Q6V3M4N5P6R7S8T9V0W1X").await.problem(404, "not_found");
    let theirs = portal.revoke_cap(&folotoy.token, cap_id).await.problem(404, "not_found");
    assert_eq!(faceless(theirs), faceless(never));
    assert_eq!(portal.revoked_caps().await["revoked"], json!([]));

    portal.revoke_cap(&ropet.token, cap_id).await.expect(204);
    let listed = portal.revoked_caps().await;
    let entries: &Vec<Value> = listed["revoked"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0]["vendor_id"], &entries[0]["cap_id"]), (&json!(ropet.vendor_id), &json!(cap_id)));
    let audit = portal.audit(&folotoy.session).await;
    assert!(audit.iter().all(|row| row["type"] != "cap.revoked"), "{audit:#?}");
}

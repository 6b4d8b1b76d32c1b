//! `GET /v1/caps/revoked`

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use domain::cap::REVOKED_SECONDS;
use domain::clock::Timestamp;
use domain::ids::{CapId, VendorId};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Auth, Portal};

const PATH: &str = "/v1/caps/revoked";

async fn part(portal: &Portal, cursor: &str) -> Answer {
    portal.get(&format!("{PATH}?cursor={cursor}"), Auth::None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_caps_and_actors_until_no_such_cap_can_be_alive() {
    let portal = Portal::start().await;
    let nothing = portal.get(PATH, Auth::None).await.expect(200);
    assert_eq!(nothing.header("cache-control"), "public, max-age=10");
    assert_eq!((&nothing.body["revoked"], &nothing.body["next_cursor"]), (&json!([]), &Value::Null));

    let vendor = portal.vendor("folotoy").await;
    let actor = portal.actor(&vendor.token, "FT-0001").await;
    let minted = portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);
    let cap_id = minted.str("/cap_id");
    portal.revoke_cap(&vendor.token, cap_id).await.expect(204);
    portal.advance(60).await;
    portal.release(Auth::Bearer(&vendor.token), "FT-0001", "11").await.expect(204);

    let list = portal.get(PATH, Auth::None).await.expect(200);
    let entries = list.body["revoked"].as_array().unwrap();
    let names = |entry: &Value| entry.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        entries.iter().map(names).collect::<Vec<_>>(),
        ["cap_id expires_at vendor_id", "actor_omni expires_at vendor_id"]
    );
    assert_eq!((&entries[0]["cap_id"], &entries[1]["actor_omni"]), (&json!(cap_id), &json!(actor)));
    assert!(entries.iter().all(|entry| entry["vendor_id"] == vendor.vendor_id.as_str()));
    let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    let made = cap_id.parse::<CapId>().unwrap().made_at().as_second();
    assert_eq!(second(entries[0]["expires_at"].as_str().unwrap()), made + REVOKED_SECONDS);
    assert!((0..30).contains(&(portal.now().await.as_second() - second(list.str("/as_of")))));

    portal.advance(REVOKED_SECONDS - 60).await;
    let list = portal.revoked_caps().await;
    assert_eq!(list["revoked"].as_array().unwrap().len(), 1, "{list}");
    portal.advance(60).await;
    assert_eq!(portal.revoked_caps().await["revoked"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_at_a_time_each_once_and_without_a_gap() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("folotoy").await;
    let (vendor_id, now): (VendorId, _) = (vendor.vendor_id.parse().unwrap(), portal.now().await);
    let ids: BTreeSet<String> = (0..1005_u16)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            CapId::of(vendor_id, now, [high, low, 0, 0, 0, 0, 0]).to_string()
        })
        .collect();
    let mut asked = JoinSet::new();
    for id in &ids {
        let path = format!("/v1/vendor/caps/{id}/revoke");
        asked.spawn(portal.request(Method::POST, &path, Auth::Bearer(&vendor.token)).send());
        if asked.len() == 32 {
            let answer = asked.join_next().await.unwrap().expect("no panic").expect("an answer");
            assert_eq!(answer.status(), 204);
        }
    }
    assert!(asked.join_all().await.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status() == 204)));

    portal.reset_meter().await;
    let first = portal.get(PATH, Auth::None).await.expect(200);
    let calls = portal.meter().await["dynamodb"]["Query"]["calls"].clone();
    assert_eq!(calls, 1);
    let second = part(&portal, first.str("/next_cursor")).await.expect(200);
    assert_eq!(second.body["next_cursor"], Value::Null);
    let of = |answer: &Answer| -> Vec<String> {
        let entries = answer.body["revoked"].as_array().unwrap().iter();
        entries.map(|entry| entry["cap_id"].as_str().unwrap().to_owned()).collect()
    };
    let (first_ids, second_ids) = (of(&first), of(&second));
    assert_eq!((first_ids.len(), second_ids.len()), (1000, 5));
    assert_eq!(first_ids.into_iter().chain(second_ids).collect::<BTreeSet<_>>(), ids);

    // A cursor of a time that is over leads to what is left.
    portal.advance(REVOKED_SECONDS).await;
    let over = part(&portal, first.str("/next_cursor")).await.expect(200);
    assert_eq!(over.body["revoked"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_ones_own_making_is_refused_or_harmless() {
    let portal = Portal::start().await;
    let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let long = format!("2026-11-22T08:00:00.000Z#{}", "x".repeat(200));
    for text in ["", "x", "#", "2026-11-22", "2026-11-22T08:00:00Z#x", "~#x", &long] {
        let answer = part(&portal, &encode(text)).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), ["/cursor"], "{text}");
    }
    part(&portal, "%00").await.problem(422, "validation_failed");
    for text in ["1970-01-01T00:00:00.000Z#x", "9999-01-01T00:00:00.000Z#x"] {
        assert_eq!(part(&portal, &encode(text)).await.expect(200).body["revoked"], json!([]));
    }
}

//! A token used from where it was not used from before: the audit log has it, and the vendor is mailed.

use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, Vendor, omni, types};

const SUBJECT: &str = "Your AgentKeys vendor token was used from a new address";

async fn register_from(portal: &Portal, vendor: &Vendor, address: &str, device: &str) -> Answer {
    let request = portal
        .client_at(address)
        .post(portal.url("/v1/vendor/devices/register"))
        .bearer_auth(&vendor.token)
        .header("idempotency-key", format!("{address}-{device}"))
        .json(&json!({ "device_id": device, "user_omni": omni("11") }));
    portal.send(request).await.expect(201)
}

async fn told(portal: &Portal, vendor: &Vendor) -> (Vec<Value>, usize) {
    let rows = portal.audit(&portal.sign_in(&vendor.email).await).await;
    let kinds = types(&rows);
    let rows = rows.iter().zip(kinds).filter(|(_, kind)| *kind == "vendor_token_used_from_new_ip");
    let rows = rows.map(|(row, _)| row.clone()).collect();
    let mails = portal.mails_to(&vendor.email).await;
    (rows, mails.iter().filter(|mail| mail["subject"] == SUBJECT).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_address_is_taken_for_granted_and_each_other_is_told_once() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    register_from(&portal, &folotoy, "127.0.0.2", "FT-1").await;
    register_from(&portal, &folotoy, "127.0.0.2", "FT-2").await;
    let (rows, mails) = told(&portal, &folotoy).await;
    assert_eq!((rows.len(), mails), (0, 0));

    register_from(&portal, &folotoy, "127.0.0.3", "FT-3").await;
    register_from(&portal, &folotoy, "127.0.0.3", "FT-4").await;
    // Another function, another instance: the same address is known there too.
    let other = portal.client_at("127.0.0.3").get(portal.url("/v1/vendor")).bearer_auth(&folotoy.token);
    portal.send(other).await.expect(200);
    let (rows, mails) = told(&portal, &folotoy).await;
    assert_eq!((rows.len(), mails), (1, 1), "{rows:#?}");
    assert_eq!(rows[0]["subject"], format!("token:{}", folotoy.token_id));
    assert_eq!(rows[0]["by"]["address"], "127.0.0.3");
    let mails = portal.mails_to(&folotoy.email).await;
    let mail = mails.iter().find(|mail| mail["subject"] == SUBJECT).unwrap();
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("127.0.0.3") && text.contains(&folotoy.token_id), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mail_an_hour_and_every_row() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    register_from(&portal, &folotoy, "127.0.0.2", "FT-0").await;
    for last in 3..7 {
        register_from(&portal, &folotoy, &format!("127.0.0.{last}"), &format!("FT-{last}")).await;
        portal.advance(600).await;
    }
    let (rows, mails) = told(&portal, &folotoy).await;
    assert_eq!((rows.len(), mails), (4, 1));
    portal.advance(1200).await;
    register_from(&portal, &folotoy, "127.0.0.7", "FT-7").await;
    let (rows, mails) = told(&portal, &folotoy).await;
    assert_eq!((rows.len(), mails), (5, 2));
    // Another token has an hour of its own.
    register_from(&portal, &ropet, "127.0.0.2", "RP-0").await;
    register_from(&portal, &ropet, "127.0.0.3", "RP-1").await;
    let (rows, mails) = told(&portal, &ropet).await;
    assert_eq!((rows.len(), mails), (1, 1));
}

/// A refused use says nothing of where the token is used from.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_use_is_no_use() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    register_from(&portal, &folotoy, "127.0.0.2", "FT-0").await;
    let path = format!("/v1/vendor/tokens/{}", folotoy.token_id);
    portal.delete(&path, Auth::Session(&folotoy.session)).await.expect(204);
    portal.advance(31).await;
    let request = portal.client_at("127.0.0.3").get(portal.url("/v1/vendor")).bearer_auth(&folotoy.token);
    portal.send(request).await.problem(401, "token_revoked");
    let (rows, mails) = told(&portal, &folotoy).await;
    assert_eq!((rows.len(), mails), (0, 0));
}

/// Known to the instance, an address and an hour cost nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_costs_no_call() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    portal.on_the_hour().await;
    register_from(&portal, &folotoy, "127.0.0.2", "FT-0").await;
    register_from(&portal, &folotoy, "127.0.0.3", "FT-1").await;
    portal.reset_meter().await;
    register_from(&portal, &folotoy, "127.0.0.3", "FT-2").await;
    let meter = portal.meter().await;
    assert_eq!(meter["dynamodb"]["PutItem"]["calls"], 2, "key and binding, and no more: {meter:#}");
}

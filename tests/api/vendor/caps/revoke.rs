//! `POST /v1/vendor/caps/{cap_id}/revoke`

use domain::cap::REVOKED_SECONDS;
use domain::clock::{Timestamp, plus_seconds};
use domain::ids::{CapId, VendorId};
use serde_json::{Value, json};

use crate::harness::{Auth, Portal, Vendor};
use crate::ledgers::table::{items, of_kind};

async fn folotoy() -> (Portal, Vendor, String) {
    let portal = Portal::start().await;
    let vendor = portal.vendor("folotoy").await;
    let actor = portal.actor(&vendor.token, "FT-0001").await;
    let minted = portal.mint(&vendor.token, &actor, &["profile"]).await.expect(201);
    (portal, vendor, minted.str("/cap_id").to_owned())
}

/// Stored revocations.
async fn stored(portal: &Portal) -> usize {
    of_kind(&items(portal).await, "revocation").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_is_revoked_once_however_often_and_the_audit_log_says_by_whom() {
    let (portal, vendor, cap_id) = folotoy().await;
    for _ in 0..3 {
        let answer = portal.revoke_cap(&vendor.token, &cap_id).await.expect(204);
        assert_eq!(answer.text, "");
        portal.advance(20).await;
    }
    assert_eq!(stored(&portal).await, 1);
    let audit = portal.audit(&vendor.session).await;
    let rows: Vec<&Value> = audit.iter().filter(|row| row["type"] == "cap.revoked").collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["subject"], format!("cap:{cap_id}"));
    assert_eq!(rows[0]["by"]["who"], format!("token:{}", vendor.token_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_that_is_over_needs_no_revocation() {
    let (portal, vendor, cap_id) = folotoy().await;
    portal.advance(REVOKED_SECONDS).await;
    portal.revoke_cap(&vendor.token, &cap_id).await.expect(204);
    assert_eq!(stored(&portal).await, 0);
    assert_eq!(portal.revoked_caps().await["revoked"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_cap_of_the_vendor_can_have_is_not_found() {
    let (portal, vendor, cap_id) = folotoy().await;
    let ropet = portal.vendor("ropet").await;
    let now = portal.now().await;
    let id = |vendor: &str, at: Timestamp| {
        let vendor_id: VendorId = vendor.parse().unwrap();
        CapId::of(vendor_id, at, [7; 7]).to_string()
    };
    let last = if cap_id.ends_with('0') { '1' } else { '0' };
    let rows = [
        ("a typo", format!("{}{last}", &cap_id[..29])),
        ("in lower case", cap_id.to_lowercase()),
        ("cut short", cap_id[..29].to_owned()),
        ("another kind of id", cap_id.replace("cap_", "tok_")),
        ("no id", "everything".to_owned()),
        ("another vendor's", id(&ropet.vendor_id, now)),
        ("of a time to come", id(&vendor.vendor_id, plus_seconds(now, 3600))),
        ("of the end of time", id(&vendor.vendor_id, Timestamp::MAX)),
    ];
    for (what, id) in rows {
        let answer = portal.revoke_cap(&vendor.token, &id).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{what}: {}", answer.text);
    }
    assert_eq!(stored(&portal).await, 0);
    // One made the same way, of now and of this vendor, is an id: the others fail for what they change alone.
    portal.revoke_cap(&vendor.token, &id(&vendor.vendor_id, now)).await.expect(204);
    assert_eq!(stored(&portal).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_mint_may_not_revoke() {
    let (portal, vendor, cap_id) = folotoy().await;
    portal.revoke_cap("x.y.z", &cap_id).await.problem(401, "unauthenticated");
    portal.set_status(&vendor.vendor_id, "suspended").await;
    portal.revoke_cap(&vendor.token, &cap_id).await.problem(403, "vendor_suspended");
    portal.set_status(&vendor.vendor_id, "active").await;
    portal.delete(&format!("/v1/vendor/tokens/{}", vendor.token_id), Auth::Session(&vendor.session)).await.expect(204);
    portal.revoke_cap(&vendor.token, &cap_id).await.problem(401, "token_revoked");
    assert_eq!(stored(&portal).await, 0);
}

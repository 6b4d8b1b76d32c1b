//! `DELETE /v1/vendor/devices/{device_id}/bindings/{user_omni}`

use data_encoding::BASE64URL_NOPAD;
use domain::clock::{Timestamp, plus_seconds};
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, omni, types};
use crate::ledgers::table;

fn device(device_id: &str) -> Value {
    json!({ "device_id": device_id, "user_omni": omni("11") })
}

/// An answer but for the request's id.
fn anonymous(answer: &Answer) -> String {
    answer.text.replace(answer.header("x-request-id"), "…")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_device_is_free_and_its_next_actor_is_another() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let token = Auth::Bearer(&folotoy.token);
    let mut actors = Vec::new();
    for generation in 0..4 {
        let made = portal.register(&folotoy.token, &format!("key-{generation}"), device("FT-0001")).await.expect(201);
        assert_eq!(made.body["generation"], generation);
        actors.push(made.str("/actor_omni").to_owned());
        let again =
            portal.register(&folotoy.token, &format!("other-{generation}"), device("FT-0001")).await.expect(200);
        assert_eq!(again.text, made.text);
        portal.release(token, "FT-0001", "11").await.expect(204);
        portal.release(token, "FT-0001", "11").await.problem(404, "not_found");
        // The list lags a moment behind.
        portal.runner().settle().await;
        portal.get("/v1/vendor/devices/FT-0001", token).await.problem(404, "not_found");
    }
    actors.dedup();
    assert_eq!(actors.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_retry_hears_of_its_own_binding_and_undoes_no_release() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let first = portal.register(&folotoy.token, "first", device("FT-0001")).await.expect(201);
    portal.release(Auth::Bearer(&folotoy.token), "FT-0001", "11").await.expect(204);
    let replay = async |key: &str, expected: &Answer| {
        let replay = portal.register(&folotoy.token, key, device("FT-0001")).await.expect(200);
        assert_eq!((replay.header("idempotency-replayed"), &replay.text), ("true", &expected.text), "{key}");
    };
    replay("first", &first).await;
    portal.get("/v1/vendor/devices/FT-0001", Auth::Bearer(&folotoy.token)).await.problem(404, "not_found");

    let second = portal.register(&folotoy.token, "second", device("FT-0001")).await.expect(201);
    assert_eq!(second.body["generation"], 1);
    replay("first", &first).await;
    replay("second", &second).await;
    portal.release(Auth::Bearer(&folotoy.token), "FT-0001", "11").await.expect(204);
    replay("second", &second).await;
    // After its day a key is as good as new.
    portal.advance(24 * 3600).await;
    let third = portal.register(&folotoy.token, "first", device("FT-0001")).await.expect(201);
    assert_eq!(third.body["generation"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_the_actors_caps_until_the_last_one_would_be_over() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let made = portal.register(&folotoy.token, "first", device("FT-0001")).await.expect(201);
    portal.release(Auth::Session(&folotoy.session), "FT-0001", "11").await.expect(204);
    let now = portal.now().await;
    let items = table::items(&portal).await;
    let revocations = table::of_kind(&items, "revocation");
    assert_eq!(revocations.len(), 1);
    assert_eq!(table::string(revocations[0], "actor_omni"), made.str("/actor_omni"));
    let until: Timestamp = table::string(revocations[0], "expires_at").parse().unwrap();
    assert!(until >= plus_seconds(now, 300) && until <= plus_seconds(now, 420), "{until} at {now}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_says_who_released_what_once() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    for key in ["first", "second"] {
        portal.register(&folotoy.token, key, device("FT-0001")).await.expect(201);
        portal.release(Auth::Bearer(&folotoy.token), "FT-0001", "11").await.expect(204);
    }
    let audit = portal.audit(&folotoy.session).await;
    let count = |kind: &str| types(&audit).into_iter().filter(|is| *is == kind).count();
    assert_eq!((count("device.registered"), count("device.released")), (2, 2));
    assert_eq!(count("binding.updated"), 0);
    let released = audit.iter().find(|row| row["type"] == "device.released").unwrap();
    assert_eq!(released["subject"], "device:FT-0001");
    assert_eq!(released["by"]["who"], format!("token:{}", folotoy.token_id));
    let fields: Vec<_> = released["changes"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert_eq!(fields, ["released_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vendors_device_is_as_none_at_all() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    portal.register(&folotoy.token, "first", device("FT-0001")).await.expect(201);
    let before = portal.state(&folotoy.session).await;
    for auth in [Auth::Bearer(&ropet.token), Auth::Session(&ropet.session)] {
        let foreign = portal.release(auth, "FT-0001", "11").await.problem(404, "not_found");
        let nobodys = portal.release(auth, "FT-0002", "11").await.problem(404, "not_found");
        let other_user = portal.release(auth, "FT-0001", "22").await.problem(404, "not_found");
        assert_eq!(anonymous(&foreign), anonymous(&nobodys));
        assert_eq!(anonymous(&foreign), anonymous(&other_user));
        for path in ["/v1/vendor/devices/FT-0001/bindings/0x11", "/v1/vendor/devices/%E8%AE%BE/bindings/11"] {
            let nonsense = portal.delete(path, auth).await.problem(404, "not_found");
            assert_eq!(anonymous(&foreign), anonymous(&nonsense));
        }
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    let known = portal.register(&folotoy.token, "other", device("FT-0001")).await.expect(200);
    assert_eq!(known.body["generation"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_device_id_has_its_place_in_a_path() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let token = Auth::Bearer(&folotoy.token);
    let percent = |id: &str| id.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let base64 = |id: &str| format!("~{}", BASE64URL_NOPAD.encode(id.as_bytes()));
    let ids = ["AA:BB:CC:DD:EE:FF", "a/b", "a#b", "a?b=c", "100%", "%2F", "~x", "..", "a+b", "register"];
    for id in ids {
        for (way, segment) in [percent(id), base64(id)].into_iter().enumerate() {
            let key = format!("{way}-{id}");
            let made = portal.register(&folotoy.token, &key, device(id)).await.expect(201);
            assert_eq!(made.body["generation"], way);
            let path = format!("/v1/vendor/devices/{segment}");
            // As `register` itself the path is another one; with `..` the client goes up.
            if !["register", ".."].contains(&id) || way == 1 {
                portal.runner().settle().await;
                let seen = portal.get(&path, token).await.expect(200);
                assert_eq!((seen.str("/device_id"), &seen.body["bindings"][0]["receipt"]), (id, &made.body["receipt"]));
            }
            let segment = if id == ".." { base64(id) } else { segment };
            portal.release(token, &segment, "11").await.expect(204);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_user_of_a_family_toy_keeps_it() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let other = json!({ "device_id": "FT-0001", "user_omni": omni("22") });
    portal.register(&folotoy.token, "first", device("FT-0001")).await.expect(201);
    let kept = portal.register(&folotoy.token, "other", other.clone()).await.expect(201);
    portal.release(Auth::Bearer(&folotoy.token), "FT-0001", "11").await.expect(204);
    let seen = portal.get("/v1/vendor/devices/FT-0001", Auth::Bearer(&folotoy.token)).await.expect(200);
    assert_eq!(seen.body["bindings"], json!([kept.body]));
    portal.register(&folotoy.token, "again", other).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_vendor_may_release() {
    let portal = Portal::start().await;
    let ropet = portal.vendor("ropet").await;
    portal.register(&ropet.token, "first", device("R-1")).await.expect(201);
    portal.register(&ropet.token, "second", device("R-2")).await.expect(201);
    portal.set_status(&ropet.vendor_id, "suspended").await;
    portal.release(Auth::Session(&ropet.session), "R-1", "11").await.expect(204);
    portal.release(Auth::Bearer(&ropet.token), "R-2", "11").await.expect(204);
}

//! `GET /v1/vendor/devices`

use serde_json::{Value, json};

use crate::harness::{Auth, Portal, Vendor, omni};

const PATH: &str = "/v1/vendor/devices";
const DAY: i64 = 24 * 3600;

/// Registers devices of these models for these users.
async fn register(portal: &Portal, vendor: &Vendor, rows: &[(&str, &str, &str)]) {
    let device = |(id, user, model): &(&str, &str, &str)| json!({ "device_id": id, "user_omni": omni(user), "model": model, "metadata": { "lot": 7 } });
    let body = json!({ "devices": rows.iter().map(device).collect::<Vec<_>>() });
    let key = format!("{}-{}", rows[0].0, rows.len());
    portal.register_batch(&vendor.token, &key, body).await.expect(200);
    portal.runner().settle().await;
}

/// Ids and users (by their first byte) of an answer.
fn ids(body: &Value) -> Vec<String> {
    let entry = |entry: &Value| {
        let text = |field: &str| entry[field].as_str().unwrap().to_owned();
        format!("{} {}", text("device_id"), &text("user_omni")[2..4])
    };
    body["data"].as_array().unwrap().iter().map(entry).collect()
}

/// All entries of a list, page by page.
async fn all(portal: &Portal, auth: Auth<'_>, filter: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = portal.get(&format!("{PATH}?limit=3{filter}{cursor}"), auth).await.expect(200);
        found.extend(ids(&page.body));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_what_the_registration_said() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = json!({ "device_id": "FT-1", "user_omni": omni("11"), "model": "bunny-2", "metadata": { "lot": 7 } });
    let made = portal.register(&folotoy.token, "first", body).await.expect(201);
    portal.runner().settle().await;
    let list = portal.get(PATH, Auth::Session(&folotoy.session)).await.expect(200);
    let mut entry = made.body.clone();
    for field in ["receipt", "cap_policy", "actor_label"] {
        entry.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(list.body, json!({ "data": [entry], "next_cursor": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_in_order_and_stay_so_while_devices_are_added() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    register(&portal, &folotoy, &[("B", "11", "m"), ("D", "11", "m"), ("D", "22", "m"), ("F", "11", "m")]).await;
    register(&portal, &ropet, &[("C", "33", "m")]).await;
    let auth = Auth::Session(&folotoy.session);
    let first = portal.get(&format!("{PATH}?limit=2"), auth).await.expect(200);
    assert_eq!(ids(&first.body), ["B 11", "D 11"]);
    // Before the cursor, right after it, and at the end; and what the cursor names goes.
    register(&portal, &folotoy, &[("A", "11", "m"), ("D", "12", "m"), ("G", "11", "m")]).await;
    portal.release(auth, "D", "11").await.expect(204);
    let path = format!("{PATH}?limit=2&cursor={}", first.str("/next_cursor"));
    let second = portal.get(&path, auth).await.expect(200);
    assert_eq!(ids(&second.body), ["D 12", "D 22"]);
    let path = format!("{PATH}?limit=2&cursor={}", second.str("/next_cursor"));
    let third = portal.get(&path, auth).await.expect(200);
    assert_eq!((ids(&third.body), &third.body["next_cursor"]), (vec!["F 11".into(), "G 11".into()], &Value::Null));
    assert_eq!(all(&portal, auth, "").await, ["A 11", "B 11", "D 12", "D 22", "F 11", "G 11"]);
    assert_eq!(all(&portal, Auth::Bearer(&ropet.token), "").await, ["C 33"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_alone_and_together() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let rows = [
        ("FT-1", "11", "bunny"),
        ("FT-2", "22", "bear"),
        ("FT-2#x", "11", "bunny"),
        ("GT-1", "11", "bear"),
        ("GT-2", "22", "bunny"),
        ("FT", "11", "bunny"),
    ];
    register(&portal, &folotoy, &rows).await;
    let auth = Auth::Bearer(&folotoy.token);
    let user = omni("11");
    for (filter, expected) in [
        ("&q=FT".to_owned(), vec!["FT 11", "FT-1 11", "FT-2 22", "FT-2#x 11"]),
        ("&q=FT-".to_owned(), vec!["FT-1 11", "FT-2 22", "FT-2#x 11"]),
        ("&q=FT-2%23".to_owned(), vec!["FT-2#x 11"]),
        ("&q=ft".to_owned(), vec![]),
        ("&model=bear".to_owned(), vec!["FT-2 22", "GT-1 11"]),
        (format!("&user={user}"), vec!["FT 11", "FT-1 11", "FT-2#x 11", "GT-1 11"]),
        (format!("&user={}&q=FT-", user.to_uppercase().replace("0X", "")), vec!["FT-1 11", "FT-2#x 11"]),
        (format!("&user={user}&model=bear&active=true"), vec!["GT-1 11"]),
        (format!("&user={}", omni("33")), vec![]),
    ] {
        assert_eq!(all(&portal, auth, &filter).await, expected, "{filter}");
    }
    // A user's own list follows releases and new generations.
    portal.release(auth, "FT-1", "11").await.expect(204);
    portal.runner().settle().await;
    assert_eq!(all(&portal, auth, &format!("&user={user}&q=FT-")).await, ["FT-2#x 11"]);
    let again = json!({ "device_id": "FT-1", "user_omni": user });
    portal.register(&folotoy.token, "again", again).await.expect(201);
    portal.runner().settle().await;
    assert_eq!(all(&portal, auth, &format!("&user={user}&q=FT-")).await, ["FT-1 11", "FT-2#x 11"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn active_is_who_had_an_event_in_30_days() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    register(&portal, &folotoy, &[("OLD", "11", "m"), ("TOY", "11", "m")]).await;
    portal.advance(20 * DAY).await;
    register(&portal, &folotoy, &[("NEW", "11", "m"), ("TOY", "22", "m")]).await;
    let session = portal.sign_in(&folotoy.email).await;
    let auth = Auth::Session(&session);
    assert_eq!(all(&portal, auth, "&active=true").await, ["NEW 11", "OLD 11", "TOY 11", "TOY 22"]);
    assert!(all(&portal, auth, "&active=false").await.is_empty());
    portal.advance(10 * DAY).await;
    let session = portal.sign_in(&folotoy.email).await;
    let auth = Auth::Session(&session);
    assert_eq!(all(&portal, auth, "&active=true").await, ["NEW 11", "TOY 11", "TOY 22"]);
    assert_eq!(all(&portal, auth, "&active=false").await, ["OLD 11"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_good_for_its_own_list_only() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    for vendor in [&folotoy, &ropet] {
        register(&portal, vendor, &[("A", "11", "m"), ("B", "11", "m"), ("C", "11", "m")]).await;
    }
    let own = Auth::Session(&folotoy.session);
    let page = portal.get(&format!("{PATH}?limit=1"), own).await.expect(200);
    let cursor = page.str("/next_cursor");
    let tampered = format!("{}-{}", &cursor[..12], &cursor[13..]);
    let other = Auth::Session(&ropet.session);
    for (auth, query) in [
        (other, format!("limit=1&cursor={cursor}")),
        (own, format!("limit=1&cursor={tampered}")),
        (own, format!("q=A&cursor={cursor}")),
        (own, format!("model=m&cursor={cursor}")),
        (own, "cursor=".to_owned()),
        (own, "cursor=AAAA".to_owned()),
    ] {
        let answer = portal.get(&format!("{PATH}?{query}"), auth).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), ["/cursor"], "{query}");
    }
    // The size of a page may change on the way.
    let rest = portal.get(&format!("{PATH}?limit=100&cursor={cursor}"), own).await.expect(200);
    assert_eq!(ids(&rest.body), ["B 11", "C 11"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_wrong_is_named() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let auth = Auth::Bearer(&folotoy.token);
    for (query, pointers) in [
        ("limit=0", vec!["/limit"]),
        ("limit=101", vec!["/limit"]),
        ("limit=x&q=a%20b&model=&user=12&active=yes", vec!["/limit", "/q", "/model", "/user", "/active"]),
    ] {
        let answer = portal.get(&format!("{PATH}?{query}"), auth).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
    portal.get(&format!("{PATH}?colour=red"), auth).await.problem(400, "invalid_request");
}

//! `GET /v1/vendor/audit`

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, Vendor, omni};

const PATH: &str = "/v1/vendor/audit";

/// The log as it grows: what is new since the last look.
struct Log<'a> {
    portal: &'a Portal,
    session: String,
    seen: BTreeSet<String>,
}

impl Log<'_> {
    async fn new_rows(&mut self) -> Vec<Value> {
        let mut rows = self.portal.audit(&self.session).await;
        rows.retain(|row| self.seen.insert(row["audit_id"].as_str().unwrap().to_owned()));
        rows
    }

    /// Each new row's type and author, once.
    async fn news(&mut self) -> BTreeSet<(String, String)> {
        let text = |row: &Value, pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        let rows = self.new_rows().await;
        rows.iter().map(|row| (text(row, "/type"), text(row, "/by/who"))).collect()
    }
}

fn expected(rows: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    rows.iter().map(|(kind, who)| ((*kind).to_owned(), (*who).to_owned())).collect()
}

/// Who a session is to the audit log, by the row of its beginning.
fn person(rows: &[Value]) -> String {
    let started = rows.iter().find(|row| row["type"] == "session.started").unwrap();
    started["by"]["who"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_journey_leaves_its_row_with_its_author() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let session = folotoy.session.clone();
    let person_id = person(&portal.audit(&session).await);
    let who = person_id.as_str();
    assert!(who.starts_with("person:ses_"), "{who}");
    let mut log = Log { portal: &portal, session: session.clone(), seen: BTreeSet::new() };
    let signed_up = [
        ("vendor.signed_up", "visitor"),
        ("link.sent", "visitor"),
        ("vendor.email_verified", who),
        ("session.started", who),
    ];
    assert_eq!(log.news().await, expected(&signed_up));

    portal.accept_terms(&session).await;
    assert_eq!(log.news().await, expected(&[("vendor.terms_accepted", who)]));
    let url = portal.visit_stripe(&session, Value::Null).await;
    let begun = [("payment.details_changed", who), ("payment.started", who)];
    assert_eq!(log.news().await, expected(&begun));
    portal.complete_stripe(&url, "approve").await.expect(200);
    let stripe = "provider:stripe";
    let connected = [("payment.details_changed", stripe), ("payment.connected", stripe)];
    assert_eq!(log.news().await, expected(&connected));

    let (token, token_id) = portal.issue_token(&session).await;
    assert_eq!(log.news().await, expected(&[("token.issued", who)]));
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&token, "first", body).await.expect(201);
    let software = format!("token:{token_id}");
    assert_eq!(log.news().await, expected(&[("device.registered", software.as_str())]));

    portal.delete("/v1/vendor/sessions/current", Auth::Session(&session)).await.expect(204);
    log.session = portal.sign_in(&folotoy.email).await;
    let rows = log.new_rows().await;
    let started = person(&rows);
    assert_ne!(started, who);
    let kinds: BTreeSet<_> = rows.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["link.sent", "session.ended", "session.started"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_what_changed_when_by_whom_and_from_where() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let answer = portal.get(&format!("{PATH}?limit=100"), Auth::Session(&folotoy.session)).await.expect(200);
    let rows = answer.body["data"].as_array().unwrap();
    let mut before = "9999".to_owned();
    for row in rows {
        assert!(row["audit_id"].as_str().unwrap().starts_with("aud_"), "{row}");
        let at = row["at"].as_str().unwrap();
        assert!(at <= before.as_str(), "newest first: {at} after {before}");
        before = at.to_owned();
        assert!(!row["by"]["request_id"].as_str().unwrap().is_empty(), "{row}");
        assert!(row["subject"].as_str().unwrap().contains(':'), "{row}");
        for change in row["changes"].as_array().unwrap() {
            assert!(change["field"].is_string() && change["before"] != change["after"], "{change}");
        }
    }
    let connected = rows.iter().find(|row| row["type"] == "payment.connected").unwrap();
    let changes = connected["changes"].as_array().unwrap();
    let status = changes.iter().find(|change| change["field"] == "status").unwrap();
    assert_eq!(status, &json!({ "field": "status", "before": "onboarding", "after": "active" }));
}

/// Follows the cursors: all rows, and how many pages they took.
async fn read_on(portal: &Portal, session: &str, limit: usize, mut cursor: Option<String>) -> (Vec<Value>, usize) {
    let (mut rows, mut pages) = (Vec::new(), 0);
    loop {
        let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let answer = portal.get(&format!("{PATH}?limit={limit}{after}"), Auth::Session(session)).await.expect(200);
        let page = answer.body["data"].as_array().unwrap();
        assert!(page.len() <= limit, "{} rows on a page of {limit}", page.len());
        rows.extend(page.iter().cloned());
        pages += 1;
        cursor = answer.body["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return (rows, pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_whatever_happens_meanwhile() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let all = portal.audit(&folotoy.session).await;
    for limit in [1, 2, 3, 100] {
        let (rows, pages) = read_on(&portal, &folotoy.session, limit, None).await;
        assert_eq!(rows, all, "by {limit}");
        assert!(pages >= all.len().div_ceil(limit));
    }
    let first = portal.get(&format!("{PATH}?limit=3"), Auth::Session(&folotoy.session)).await.expect(200);
    let cursor = first.str("/next_cursor").to_owned();
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&folotoy.token, "meanwhile", body).await.expect(201);
    portal.runner().settle().await;
    let (rest, _) = read_on(&portal, &folotoy.session, 2, Some(cursor)).await;
    assert_eq!(rest, all[3..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_rows_are_a_page_if_nothing_is_said() {
    let portal = Portal::start().await;
    let Vendor { session, token, .. } = portal.vendor("folotoy").await;
    for n in 0..50 {
        let body = json!({ "device_id": format!("FT-{n}"), "user_omni": omni("11") });
        portal.register(&token, &format!("key-{n}"), body).await.expect(201);
    }
    portal.runner().settle().await;
    let answer = portal.get(PATH, Auth::Session(&session)).await.expect(200);
    assert_eq!(answer.body["data"].as_array().unwrap().len(), 50);
    assert!(answer.body["next_cursor"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_or_cursor_that_is_none_is_pointed_at() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let ask = async |query: String| -> Answer {
        portal.get(&format!("{PATH}?{query}"), Auth::Session(&folotoy.session)).await
    };
    for limit in ["0", "101", "-1", "x", "", "1.5", "99999999999999999999"] {
        let answer = ask(format!("limit={limit}")).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), ["/limit"], "{limit:?}");
    }
    let long = BASE64URL_NOPAD.encode(&[b'x'; 129]);
    let no_text = BASE64URL_NOPAD.encode(&[0xff, 0xfe]);
    for cursor in ["", "!", "x", &long, &no_text] {
        let answer = ask(format!("cursor={cursor}")).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), ["/cursor"], "{cursor:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vendors_cursor_reveals_nothing() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let own: BTreeSet<String> = ids(&portal.audit(&ropet.session).await);
    let first = portal.get(&format!("{PATH}?limit=1"), Auth::Session(&folotoy.session)).await.expect(200);
    let forged = format!("9999#AUDIT#{}", folotoy.vendor_id);
    let cursors = [first.str("/next_cursor").to_owned(), BASE64URL_NOPAD.encode(forged.as_bytes())];
    for cursor in cursors {
        let (rows, _) = read_on(&portal, &ropet.session, 100, Some(cursor)).await;
        assert!(ids(&rows).is_subset(&own));
        assert!(!Value::from(rows).to_string().contains(&folotoy.vendor_id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_type_or_of_a_time() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let all = portal.audit(&folotoy.session).await;
    portal.advance(3600).await;
    let now = portal.now().await;
    for device in ["FT-1", "FT-2", "FT-3"] {
        let body = json!({ "device_id": device, "user_omni": omni("11") });
        portal.register(&folotoy.token, device, body).await.expect(201);
    }
    portal.runner().settle().await;
    let moment = domain::clock::rfc3339(now);
    let read = async |query: String| {
        let answer = portal.get(&format!("{PATH}?{query}"), Auth::Session(&folotoy.session)).await.expect(200);
        answer.body["data"].as_array().unwrap().clone()
    };
    let devices = read("type=device.registered".into()).await;
    assert_eq!(devices.len(), 3);
    assert!(devices.iter().all(|row| row["type"] == "device.registered"));
    assert_eq!(read(format!("from={moment}")).await, devices);
    assert_eq!(read(format!("to={moment}")).await, all);
    assert!(read(format!("from={moment}&to=2020-01-01T00:00:00Z")).await.is_empty());
    assert!(read("type=nothing.of_the_kind".into()).await.is_empty());
    for (query, pointer) in [("type=%20", "/type"), ("from=yesterday", "/from"), ("to=", "/to")] {
        let answer = portal.get(&format!("{PATH}?{query}"), Auth::Session(&folotoy.session)).await;
        assert_eq!(answer.problem(422, "validation_failed").pointers(), [pointer]);
    }
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["audit_id"].as_str().unwrap().to_owned()).collect()
}

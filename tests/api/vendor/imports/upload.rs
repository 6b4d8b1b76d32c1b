//! `POST /v1/vendor/imports/{import_id}/chunks`: in any order, twice, at once, half.

use serde_json::{Value, json};

use super::lines;
use crate::harness::{Auth, Portal, Vendor, omni, types};
use crate::ledgers::table;

async fn progress(portal: &Portal, vendor: &Vendor, import: &str) -> Value {
    portal.get(&format!("/v1/vendor/imports/{import}"), Auth::Bearer(&vendor.token)).await.expect(200).body
}

fn counts(of: &Value) -> [u64; 3] {
    ["registered", "known", "rejected"].map(|field| of[field].as_u64().unwrap())
}

async fn bindings(portal: &Portal) -> usize {
    table::of_kind(&table::items(portal).await, "binding").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_come_in_any_order_and_the_import_tells_where_to_go_on() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let create = json!({ "format": "ndjson", "total_lines": 450, "chunk_lines": 200 });
    let import = portal.import(&folotoy.token, create).await;
    let second = portal.upload(&folotoy.token, &import, 201, &lines(201..401)).await.expect(200);
    assert_eq!((counts(&second.body), &second.body["last_line"]), ([200, 0, 0], &json!(400)));
    let seen = progress(&portal, &folotoy, &import).await;
    assert_eq!((&seen["status"], &seen["percent"], &seen["next_line"]), (&json!("open"), &json!(44), &json!(1)));
    assert_eq!(seen["done"], json!([{ "first_line": 201, "last_line": 400 }]));
    portal.upload(&folotoy.token, &import, 1, &lines(1..201)).await.expect(200);
    let seen = progress(&portal, &folotoy, &import).await;
    assert_eq!((&seen["percent"], &seen["next_line"]), (&json!(88), &json!(401)));
    portal.upload(&folotoy.token, &import, 401, &lines(401..451)).await.expect(200);
    let seen = progress(&portal, &folotoy, &import).await;
    assert_eq!(
        (&seen["status"], &seen["percent"], &seen["next_line"]),
        (&json!("complete"), &json!(100), &Value::Null)
    );
    assert_eq!(counts(&seen["lines"]), [450, 0, 0]);
    assert_eq!(bindings(&portal).await, 450);
    let audit = portal.audit(&folotoy.session).await;
    assert!(types(&audit).contains(&"device.registered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_sent_again_is_the_same_and_other_bytes_are_refused() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let import = portal.import(&folotoy.token, json!({ "format": "ndjson", "total_lines": 100 })).await;
    let first = portal.upload(&folotoy.token, &import, 1, &lines(1..101)).await.expect(200);
    assert_eq!(counts(&first.body), [100, 0, 0]);
    for _ in 0..2 {
        let again = portal.upload(&folotoy.token, &import, 1, &lines(1..101)).await.expect(200);
        assert_eq!(again.text, first.text);
    }
    portal.upload(&folotoy.token, &import, 1, &lines(2..102)).await.problem(409, "conflict");
    assert_eq!(counts(&progress(&portal, &folotoy, &import).await["lines"]), [100, 0, 0]);
    assert_eq!(bindings(&portal).await, 100);
}

/// As after a crash: the chunk was begun, some of its bindings were made, and nobody ended it.
#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_broke_off_counts_what_it_had_made() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let import = portal.import(&folotoy.token, json!({ "format": "ndjson", "total_lines": 100 })).await;
    let foreign = json!({ "device_id": "FT-000007", "user_omni": omni("11") });
    portal.register(&folotoy.token, "before", foreign).await.expect(201);
    let first = portal.upload(&folotoy.token, &import, 1, &lines(1..101)).await.expect(200);
    assert_eq!(counts(&first.body), [99, 1, 0]);
    let items = table::items(&portal).await;
    let made = table::of_kind(&items, "binding");
    let gone: Vec<String> = made.iter().take(30).map(|item| table::string(item, "pk").to_owned()).collect();
    let seventh = made.iter().find(|item| table::string(item, "v_sk").starts_with("FT-000007#")).unwrap();
    for pk in gone.iter().filter(|pk| *pk != table::string(seventh, "pk")) {
        portal.forget(pk, "BINDING").await;
    }
    let pk = format!("IMPORT#{import}");
    portal.forget(&pk, "RESULT#000001").await;
    portal.unend(&pk, "CHUNK#000001").await;
    assert_eq!(progress(&portal, &folotoy, &import).await["next_line"], 1);
    let retry = portal.upload(&folotoy.token, &import, 1, &lines(1..101)).await.expect(200);
    assert_eq!(retry.text, first.text);
    assert_eq!(counts(&progress(&portal, &folotoy, &import).await["lines"]), [99, 1, 0]);
    assert_eq!(bindings(&portal).await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chunks_and_imports_at_once() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let create = json!({ "format": "ndjson", "total_lines": 2000 });
    let (one, other) =
        (portal.import(&folotoy.token, create.clone()).await, portal.import(&folotoy.token, create).await);
    // Each chunk twice, of two imports of the same devices.
    let mut sent = tokio::task::JoinSet::new();
    for import in [&one, &other, &one, &other] {
        for first in [1, 501, 1001, 1501_u32] {
            let path = format!("/v1/vendor/imports/{import}/chunks?first_line={first}");
            let request = portal.request(reqwest::Method::POST, &path, Auth::Bearer(&folotoy.token));
            let request = request.header("content-type", "application/x-ndjson").body(lines(first..first + 500));
            sent.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
    }
    // Two of one chunk may end it at the same moment; then one of them is told to come again.
    let answers = sent.join_all().await;
    assert!(answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
    let (one, other) = (progress(&portal, &folotoy, &one).await, progress(&portal, &folotoy, &other).await);
    assert_eq!((&one["status"], &other["status"]), (&json!("complete"), &json!("complete")));
    let (one, other) = (counts(&one["lines"]), counts(&other["lines"]));
    assert_eq!([one[0] + other[0], one[1] + other[1], one[2] + other[2]], [2000, 2000, 0]);
    assert_eq!(bindings(&portal).await, 2000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_does_nothing() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let known = json!({ "device_id": "FT-000002", "user_omni": omni("11") });
    portal.register(&folotoy.token, "known", known).await.expect(201);
    let create = json!({ "format": "ndjson", "total_lines": 5, "dry_run": true });
    let import = portal.import(&folotoy.token, create).await;
    let text = lines(1..4) + &lines(1..2) + "{}\n";
    let answer = portal.upload(&folotoy.token, &import, 1, &text).await.expect(200);
    assert_eq!(counts(&answer.body), [2, 2, 1]);
    assert_eq!(progress(&portal, &folotoy, &import).await["status"], "complete");
    assert_eq!(bindings(&portal).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_is_where_and_what_the_import_says() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let import = portal.import(&folotoy.token, json!({ "format": "csv", "total_lines": 700 })).await;
    let auth = Auth::Bearer(&folotoy.token);
    let header = "device_id,user_omni\r\n";
    let csv = |count: u32| (0..count).fold(header.to_owned(), |text, n| format!("{text}FT-{n},{}\r\n", omni("11")));
    for (first, kind, body, status, pointer) in [
        (2, "text/csv", csv(500), 422, "/first_line"),
        (0, "text/csv", csv(500), 422, "/first_line"),
        (1001, "text/csv", csv(500), 422, "/first_line"),
        (1, "text/csv", csv(499), 422, ""),
        (1, "text/csv", csv(501), 422, ""),
        (501, "text/csv", csv(500), 422, ""),
        (1, "text/csv", "FT-1,1\n".into(), 400, ""),
    ] {
        let answer = portal.upload_as(auth, &import, first, kind, &body).await;
        assert_eq!((answer.status, answer.pointers()), (status, vec![pointer.to_owned()]), "{first}: {}", answer.text);
    }
    let json = portal.upload(&folotoy.token, &import, 1, "{}").await;
    json.problem(415, "unsupported_media_type");
    let large = portal.upload_as(auth, &import, 1, "text/csv", &"x".repeat(1_100_000)).await;
    large.problem(413, "body_too_large");
    let path = format!("/v1/vendor/imports/{import}/chunks");
    portal.post(&path, auth, Value::Null).await.problem(400, "invalid_request");
    assert_eq!(bindings(&portal).await, 0);
    let whole = portal.upload_as(auth, &import, 1, "text/csv; charset=utf-8", &csv(500)).await.expect(200);
    assert_eq!(counts(&whole.body), [500, 0, 0]);
    let rest = portal.upload_as(Auth::Session(&folotoy.session), &import, 501, "text/csv", &csv(200)).await.expect(200);
    assert_eq!(counts(&rest.body), [0, 200, 0]);
}

//! `POST /v1/vendor/imports`, and the imports there are.

use serde_json::{Value, json};

use crate::harness::{Auth, Portal};

const PATH: &str = "/v1/vendor/imports";

#[tokio::test(flavor = "multi_thread")]
async fn an_import_begins_with_nothing_done() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let body = json!({ "name": " lot 7 ", "format": "csv", "total_lines": 1200, "dry_run": true });
    let made = portal.post(PATH, Auth::Session(&folotoy.session), body).await.expect(201);
    let lines = json!({ "total": 1200, "done": 0, "registered": 0, "known": 0, "rejected": 0 });
    let seen =
        portal.get(&format!("{PATH}/{}", made.str("/import_id")), Auth::Bearer(&folotoy.token)).await.expect(200);
    let mut expected = made.body.clone();
    assert_eq!((&expected["name"], &expected["chunk_lines"]), (&json!("lot 7"), &json!(500)));
    expected["status"] = json!("open");
    expected["lines"] = lines;
    expected["percent"] = json!(0);
    expected["next_line"] = json!(1);
    expected["done"] = json!([]);
    assert_eq!(seen.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_are_told_together() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let auth = Auth::Bearer(&folotoy.token);
    for (body, pointers) in [
        (json!({ "format": "xml", "total_lines": 0 }), vec!["/format", "/total_lines"]),
        (json!({ "format": "csv", "total_lines": 100_001, "chunk_lines": 99 }), vec!["/total_lines", "/chunk_lines"]),
        (json!({ "format": "csv", "total_lines": 1, "chunk_lines": 501, "name": "" }), vec!["/name", "/chunk_lines"]),
    ] {
        let answer = portal.post(PATH, auth, body).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), pointers);
    }
    let unfinished = portal.sign_up("ropet@example.com").await;
    let good = json!({ "format": "csv", "total_lines": 1 });
    portal.post(PATH, Auth::Session(&unfinished.session), good).await.problem(403, "onboarding_incomplete");
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_listed_newest_first_for_90_days() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let mut made = Vec::new();
    for _ in 0..5 {
        portal.advance(1).await;
        made.insert(0, portal.import(&folotoy.token, json!({ "format": "ndjson", "total_lines": 1 })).await);
    }
    let auth = Auth::Bearer(&folotoy.token);
    let (mut found, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = portal.get(&format!("{PATH}{query}"), auth).await.expect(200);
        let rows = page.body["data"].as_array().unwrap();
        found.extend(rows.iter().map(|import| import["import_id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
        let foreign = portal.get(&format!("{PATH}{query}"), Auth::Bearer(&ropet.token)).await;
        foreign.problem(422, "validation_failed");
    }
    assert_eq!(found, made);
    let others = portal.get(PATH, Auth::Bearer(&ropet.token)).await.expect(200);
    assert_eq!(others.body, json!({ "data": [], "next_cursor": null }));

    portal.advance(90 * 24 * 3600).await;
    let session = portal.sign_in(&folotoy.email).await;
    let later = portal.get(PATH, Auth::Session(&session)).await.expect(200);
    assert_eq!(later.body["data"], Value::Array(Vec::new()));
    portal.get(&format!("{PATH}/{}", made[0]), Auth::Session(&session)).await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vendors_import_is_as_none_at_all() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let import = portal.import(&folotoy.token, json!({ "format": "ndjson", "total_lines": 1 })).await;
    let auth = Auth::Bearer(&ropet.token);
    let mut answers = Vec::new();
    for id in [import.as_str(), "imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X", "imp_1"] {
        for rest in ["", "/report"] {
            answers.push(portal.get(&format!("{PATH}/{id}{rest}"), auth).await);
        }
        answers.push(portal.upload(&ropet.token, id, 1, "{}\n").await);
    }
    let anonymous = |answer: crate::harness::Answer| {
        let answer = answer.problem(404, "not_found");
        answer.text.replace(answer.header("x-request-id"), "…")
    };
    let mut texts: Vec<String> = answers.into_iter().map(anonymous).collect();
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:#?}");
}

//! `GET /v1/vendor/imports/{import_id}/report`

use serde_json::{Value, json};

use super::lines;
use crate::harness::{Answer, Auth, Portal, omni};

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_told_with_what_it_came_to() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let auth = Auth::Bearer(&folotoy.token);
    let known = json!({ "device_id": "FT-2", "user_omni": omni("11") });
    let known = portal.register(&folotoy.token, "known", known).await.expect(201);
    let import = portal.import(&folotoy.token, json!({ "format": "csv", "total_lines": 5 })).await;
    let user = omni("11");
    let csv = format!(
        "\u{feff}device_id,user_omni,model,metadata.colour\r\n=1+1,{user},bunny,red\r\nFT-2,{user},,\r\n,{user},,\r\n\
         =1+1,{user},,\r\nFT-3,12,\"two\nlines\",\r\n"
    );
    portal.upload_as(auth, &import, 1, "text/csv", &csv).await.expect(200);
    let path = format!("/v1/vendor/imports/{import}/report");
    let report = portal.get(&path, auth).await.expect(200);
    let made =
        portal.register(&folotoy.token, "seen", json!({ "device_id": "=1+1", "user_omni": user })).await.expect(200);
    let told = |line: u32, status: &str, of: &Answer| {
        let mut row = json!({ "line": line, "status": status });
        for field in ["device_id", "user_omni", "actor_omni", "binding_id"] {
            row[field] = of.body[field].clone();
        }
        row
    };
    let rows = rows(&report);
    assert_eq!(rows[0], told(1, "registered", &made));
    assert_eq!(rows[1], told(2, "known", &known));
    assert_eq!(rows[3], told(4, "known", &made));
    let pointers = |row: &Value| -> Vec<String> {
        let faults = row["errors"].as_array().unwrap().iter();
        faults.map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((&rows[2]["status"], pointers(&rows[2])), (&json!("rejected"), vec!["/device_id".to_owned()]));
    assert_eq!(pointers(&rows[4]), ["/user_omni", "/model"]);
    assert_eq!((&made.body["model"], &made.body["metadata"]), (&json!("bunny"), &json!({ "colour": "red" })));

    let csv = portal.get(&format!("{path}?format=csv"), auth).await.expect(200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let cells: Vec<&str> = csv.text.lines().collect();
    assert_eq!(cells[0], "line,status,device_id,user_omni,actor_omni,binding_id,errors");
    assert!(cells[1].starts_with("1,registered,'=1+1,0x11"), "{}", cells[1]);
    assert!(cells[3].starts_with("3,rejected,,,,,/device_id expected"), "{}", cells[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_report_has_pages() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let auth = Auth::Session(&folotoy.session);
    // What a dry run tells is as long.
    let create = json!({ "format": "ndjson", "total_lines": 1250, "chunk_lines": 100, "dry_run": true });
    let import = portal.import(&folotoy.token, create).await;
    for first in (1..1250).step_by(100) {
        portal.upload(&folotoy.token, &import, first, &lines(first..1251.min(first + 100))).await.expect(200);
    }
    let (mut numbers, mut path) = (Vec::new(), format!("/v1/vendor/imports/{import}/report?from_line=51"));
    let mut pages = 0;
    loop {
        let page = portal.get(&path, auth).await.expect(200);
        numbers.extend(rows(&page).iter().map(|row| row["line"].as_u64().unwrap()));
        assert!(rows(&page).iter().all(|row| row["status"] == "registered" && row.get("binding_id").is_none()));
        pages += 1;
        let Some(next) = page.header("link").strip_suffix(">; rel=\"next\"") else { break };
        path = next.trim_start_matches('<').to_owned();
    }
    assert_eq!(pages, 2);
    assert_eq!(numbers, (51..=1250).collect::<Vec<_>>());
    let csv =
        portal.get(&format!("/v1/vendor/imports/{import}/report?format=csv&from_line=1250"), auth).await.expect(200);
    assert!(csv.text.starts_with("1250,registered,FT-001250,"), "{}", csv.text);
    let end = portal.get(&format!("/v1/vendor/imports/{import}/report?from_line=1251"), auth).await.expect(200);
    assert_eq!(end.text, "");
    let wrong = portal.get(&format!("/v1/vendor/imports/{import}/report?format=xml&from_line=0"), auth).await;
    assert_eq!(wrong.problem(422, "validation_failed").pointers(), ["/format", "/from_line"]);
}

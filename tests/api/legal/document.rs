//! `GET /v1/legal/{document}/{version}`

use crate::harness::{Answer, Auth, Portal};

async fn read(path: &str) -> Answer {
    let portal = Portal::start().await;
    portal.get(path, Auth::None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terms_promise_60_days_and_keep_the_pilots_price() {
    let terms = read("/v1/legal/tos/2026-11-22").await.expect(200);
    assert_eq!(terms.header("content-type"), "text/markdown; charset=utf-8");
    assert_eq!(terms.header("content-language"), "en");
    for clause in ["Draft for counsel", "at least 60 days before", "A price change never reaches a grandfathered pilot"]
    {
        assert!(terms.text.contains(clause), "{clause}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn and_so_do_the_chinese_ones() {
    let terms = read("/v1/legal/tos/2026-11-22?lang=zh-CN").await.expect(200);
    assert_eq!(terms.header("content-language"), "zh-CN");
    for clause in ["草案，待律师审阅", "至少提前 60 日", "价格变更永不适用于保留价格的试点厂商"]
    {
        assert!(terms.text.contains(clause), "{clause}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addendum_is_there_in_both_languages() {
    let portal = Portal::start().await;
    let english = portal.get("/v1/legal/dpa/2026-11-22?lang=en", Auth::None).await.expect(200);
    assert!(english.text.starts_with("# AgentKeys Data Processing Addendum"));
    let chinese = portal.get("/v1/legal/dpa/2026-11-22?lang=zh-CN", Auth::None).await.expect(200);
    assert!(chinese.text.starts_with("# AgentKeys 数据处理附录"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_documents_versions_and_languages_are_not_there() {
    let portal = Portal::start().await;
    for path in ["tos/2020-01-01", "tos/2026-11-22.en.md", "nda/2026-11-22", "tos/2026-11-22?lang=fr"] {
        let answer = portal.get(&format!("/v1/legal/{path}"), Auth::None).await;
        answer.problem(404, "not_found");
    }
}

//! The legal texts: what is published is what is kept, in both languages, and says what it must.

use data_encoding::HEXLOWER;
use domain::money::Currency;
use domain::pricing::{CURRENT, Plan};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{at, files, text};
use crate::harness::{Answer, Auth, Portal};

/// What every text in a language must say, and what only the terms of service must.
const CLAUSES: [(&str, &[&str], &[&str]); 2] = [
    (
        "en",
        &["Draft for counsel"],
        &[
            "60-day notice",
            "at least 60 days before",
            "Grandfathered pilots",
            "A price change never reaches a grandfathered pilot",
        ],
    ),
    (
        "zh-CN",
        &["草案，待律师审阅"],
        &["提前 60 日通知", "至少提前 60 日", "试点价格保留", "价格变更永不适用于保留价格的试点厂商"],
    ),
];

/// Document, version and language of a kept text, from its name: `tos/2026-11-22.en.md`.
fn name(file: &std::path::Path) -> [String; 3] {
    let part = |part: Option<&std::ffi::OsStr>| part.expect("a name").to_string_lossy().into_owned();
    let (document, name) = (part(file.parent().and_then(|folder| folder.file_name())), part(file.file_name()));
    let (version, language) = name.trim_end_matches(".md").split_once('.').expect("version.language.md");
    [document, version.to_owned(), language.to_owned()]
}

/// A text with its lines joined, so that a clause is found wherever its lines are broken.
fn joined(text: &str, language: &str) -> String {
    text.lines().collect::<Vec<_>>().join(if language == "en" { " " } else { "" })
}

#[test]
fn every_text_says_what_it_must() {
    let kept = files("functions/assets/legal", ".md");
    for file in &kept {
        let [document, _, language] = name(file);
        let text = joined(&text(file), &language);
        let clauses = CLAUSES.iter().find(|(known, _, _)| *known == language);
        let (_, of_all, of_terms) = clauses.unwrap_or_else(|| panic!("say here what {language} must say"));
        let more: &[&str] = if document == "tos" { of_terms } else { &[] };
        for clause in of_all.iter().chain(more) {
            assert!(text.contains(clause), "{} does not say {clause:?}", file.display());
        }
        assert!(text.chars().count() > 2000, "{} is short", file.display());
    }
    assert_eq!(kept.len() % CLAUSES.len(), 0, "a text lacks a language: {kept:?}");
}

#[test]
fn both_languages_have_the_same_numbers() {
    let numbers = |file: &std::path::PathBuf| -> Vec<String> {
        let text = text(file);
        let starts = text.lines().filter_map(|line| line.trim_start_matches('#').split_whitespace().next());
        let numbers = starts.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
        numbers.map(|word| word.trim_end_matches('.').to_owned()).collect()
    };
    for file in files("functions/assets/legal", ".en.md") {
        let chinese = file.to_string_lossy().replace(".en.md", ".zh-CN.md");
        assert_eq!(numbers(&file), numbers(&chinese.into()), "{}", file.display());
    }
}

#[test]
fn the_terms_name_the_prices_of_the_book() {
    for language in ["en", "zh-CN"] {
        let version = domain::terms::CURRENT_VERSION;
        let terms = text(&at(&format!("functions/assets/legal/tos/{version}.{language}.md")));
        for (plan, name) in [(Plan::Pilot, "`pilot`"), (Plan::Standard, "`standard`")] {
            let row = terms.lines().find(|line| line.starts_with(&format!("| {name}")));
            let row = row.unwrap_or_else(|| panic!("no price of {name} in {language}"));
            for currency in [Currency::Usd, Currency::Cny] {
                let price = CURRENT.device_month(plan, currency);
                let (whole, rest) = (price.amount / 100, price.amount % 100);
                let price = format!("{} {whole}.{rest:02}", currency.code());
                assert!(row.contains(&price), "{language}: {price} is not in {row}");
            }
        }
    }
}

fn sha256(answer: &Answer) -> String {
    HEXLOWER.encode(&Sha256::digest(answer.text.as_bytes()))
}

/// Fetches what an entry of `/v1/legal/terms` names, and compares.
async fn published(portal: &Portal, entry: &Value, document: &str, language: &str) {
    let url = entry["url"].as_str().expect("a URL");
    let path = url.strip_prefix(&portal.url("")).expect("a URL of this portal");
    let answer = portal.get(path, Auth::None).await.expect(200);
    assert_eq!(entry["sha256"], sha256(&answer), "{url}");
    assert_eq!(answer.headers["content-type"], "text/markdown; charset=utf-8");
    assert_eq!(answer.headers["content-language"], language);
    let version = domain::terms::CURRENT_VERSION;
    let kept = text(&at(&format!("functions/assets/legal/{document}/{version}.{language}.md")));
    assert!(answer.text == kept, "{url} is not the kept text");
}

#[tokio::test]
async fn what_is_published_is_what_is_kept() {
    let portal = Portal::start().await;
    let terms = portal.get("/v1/legal/terms", Auth::None).await.expect(200).body;
    for document in ["tos", "dpa"] {
        let entry = &terms[document];
        assert_eq!(entry["version"], domain::terms::CURRENT_VERSION);
        published(&portal, entry, document, "en").await;
        published(&portal, &entry["zh_cn"], document, "zh-CN").await;
    }
    for path in [
        "/v1/legal/tos/2020-01-01",
        "/v1/legal/dpa/2020-01-01",
        "/v1/legal/nda/2026-11-22",
        "/v1/legal/tos/2026-11-22?lang=fr",
    ] {
        let answer = portal.get(path, Auth::None).await.expect(404);
        assert_eq!(answer.code(), "not_found", "{path}");
    }
}

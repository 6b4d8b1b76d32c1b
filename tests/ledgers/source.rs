//! Rules about the source itself.

use std::collections::BTreeSet;

use super::{files, items, text};

/// No file of Rust is longer. Nobody regrets the average; the tail hurts.
const LINES: usize = 400;

#[test]
fn no_file_is_too_long() {
    let all = ["shared", "functions", "infra", "tests"].into_iter().flat_map(|folder| files(folder, ".rs"));
    let lengths = all.map(|file| (text(&file).lines().count(), file));
    let long: Vec<String> = lengths
        .filter(|(lines, _)| *lines > LINES)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "longer than {LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn every_kind_of_item_has_its_shape_pinned() {
    let sources: Vec<String> = files("functions/src/platform/store", ".rs").iter().map(|file| text(file)).collect();
    let lines = sources.iter().flat_map(|source| source.lines());
    let declared: BTreeSet<&str> =
        lines.filter_map(|line| line.trim().strip_prefix("const KIND: &'static str = \"")?.split('"').next()).collect();
    let pinned: BTreeSet<&str> = items::kinds().collect();
    assert_eq!(declared, pinned);
}

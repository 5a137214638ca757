//! The codes and their page.

use super::{HEADER, report};
use std::collections::BTreeSet;
use tenure_dsl::Code;

const PAGE: &str = include_str!("../../../../docs/errors/DEF.md");

#[test]
fn every_code_has_a_section_and_every_section_a_code() {
    let sections: Vec<&str> = PAGE.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(sections, codes);
}

#[test]
fn every_section_shows_an_example_and_what_to_do() {
    for section in PAGE.split("\n## ").skip(1) {
        assert!(section.contains("```"), "an example is missing: {section}");
        assert!(section.contains("**What to do.**"), "what to do is missing: {section}");
    }
}

#[test]
fn numbers_are_unique_and_sorted() {
    let all: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let unique: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(unique.len(), all.len());
    assert!(all.is_sorted());
}

#[test]
fn every_example_has_the_error_of_its_section() {
    let mut shown = 0;
    for section in PAGE.split("\n## ").skip(1) {
        let code = section.lines().next().unwrap_or_default();
        let Some((_, rest)) = section.split_once("```yaml\n") else { continue };
        let (example, _) = rest.split_once("\n```").expect("the example ends");
        let whole = example.starts_with("document:") || example.starts_with("---");
        let text = if whole { example.to_owned() } else { format!("{HEADER}\n{example}") };
        let found = report(&text);
        assert!(found.lines().any(|line| line.starts_with(code)), "{code}: {example}\n{found}");
        shown += 1;
    }
    assert!(shown >= 65, "only {shown} examples");
}

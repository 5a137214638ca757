//! Whole documents: all of the DSL is read, and nothing of it is lost.
//!
//! Files whose names start with `unsupported` use what the engine does not run yet; all others load.

use tenure_dsl::model::Document;
use tenure_dsl::parse::Tree;

#[expect(clippy::disallowed_methods, reason = "the test reads its corpus; the crate reads no file")]
fn corpus() -> Vec<(String, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let entries = std::fs::read_dir(directory).expect("the corpus is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let name = |path: &std::path::Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("UTF-8"))).collect()
}

#[test]
fn corpus_is_large() {
    assert!(corpus().len() >= 25);
}

#[test]
fn supported_documents_load() {
    for (name, text) in corpus().iter().filter(|(name, _)| !name.starts_with("unsupported")) {
        let found = tenure_dsl::check(text);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

#[test]
fn unsupported_documents_are_refused_for_that_alone() {
    for (name, text) in corpus().iter().filter(|(name, _)| name.starts_with("unsupported")) {
        let found = tenure_dsl::check(text);
        assert!(!found.is_empty(), "{name}");
        assert!(found.iter().all(|one| one.code.as_str() >= "DEF-0100"), "{name}: {found:#?}");
    }
}

#[test]
fn printing_gives_the_document_back() {
    for (name, text) in corpus() {
        let document = Document::from_text(&text).unwrap_or_else(|found| panic!("{name}: {found:#?}"));
        let tree = Tree::from_text(&text).unwrap_or_else(|found| panic!("{name}: {found:#?}"));
        assert_eq!(document.to_json(), tree.to_value(), "{name}");
    }
}

#[test]
fn reading_what_was_printed_gives_the_same_model() {
    for (name, text) in corpus() {
        let document = Document::from_text(&text).unwrap_or_else(|found| panic!("{name}: {found:#?}"));
        let printed = Document::from_text(&document.to_json().to_string());
        assert_eq!(printed.as_ref(), Ok(&document), "{name}");
    }
}

#[test]
fn yaml_and_json_of_the_same_document_have_the_same_digest() {
    for (name, text) in corpus().iter().filter(|(name, _)| !name.starts_with("unsupported")) {
        let yaml = tenure_dsl::load(text).unwrap_or_else(|found| panic!("{name}: {found:#?}"));
        let json =
            tenure_dsl::load(yaml.document.text()).unwrap_or_else(|found| panic!("{name}: {found:#?}"));
        assert_eq!(yaml.digest, json.digest, "{name}");
    }
}

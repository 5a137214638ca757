//! Any text is read or refused, and what is read is printed without loss.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenure_dsl::model::Document;
use tenure_dsl::parse::Tree;

fuzz_target!(|text: &str| {
    let Ok(document) = Document::from_text(text) else { return };
    let tree = Tree::from_text(text).expect("a model is read from a tree");
    let printed = document.to_json();
    assert_eq!(printed, tree.to_value(), "something was lost between the text and the model");
    let again = Document::from_text(&printed.to_string());
    assert_eq!(again.as_ref(), Ok(&document), "what is printed reads differently");
});

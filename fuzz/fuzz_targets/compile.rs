//! What is accepted compiles to one and the same program, however it is written, and can be drawn.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(definition) = tenure_dsl::load(text) else { return };
    let again = tenure_dsl::load(definition.document.text()).expect("the canonical text of a definition loads");
    assert_eq!(definition.digest, again.digest, "the canonical text is another definition");
    let document = tenure_dsl::model::Document::from_text(text).expect("a definition is a document");
    assert!(!tenure_dsl::graph::of(&document).to_mermaid().is_empty());
});

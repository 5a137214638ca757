//! Any text gets a bounded number of diagnostics, each at a place that the text has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenure_dsl::limits::DIAGNOSTICS_MAX;

fuzz_target!(|text: &str| {
    let found = tenure_dsl::check(text);
    assert!(found.len() <= DIAGNOSTICS_MAX, "{} diagnostics", found.len());
    // A lone carriage return ends a line, too.
    let lines = text.split(['\n', '\r']).count() + 1;
    for one in &found {
        let line = one.line as usize;
        assert!(line >= 1 && line <= lines, "line {line} of {lines}: {one:?}");
        assert!(!one.message.is_empty());
        assert!(one.pointer.is_empty() || one.pointer.starts_with('/'), "{one:?}");
    }
    assert_eq!(found, tenure_dsl::check(text), "the same text has the same diagnostics");
});

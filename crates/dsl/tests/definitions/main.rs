//! What `tenure_dsl::load` takes, what it refuses, and what it says about it. FR-010, FR-013.

#![expect(clippy::needless_raw_string_hashes, reason = "`expect!` writes them when it updates itself")]
#![expect(clippy::needless_pass_by_value, reason = "a test writes `expect!` in place, without `&`")]

mod compiled;
mod corpus;
mod events;
mod expressions;
mod flow;
mod functions;
mod hostile;
mod metadata;
mod pages;
mod processes;
mod resources;
mod reuse;
mod scale;
mod schemas;
mod secrets;
mod structure;
mod syntax;
mod unsupported;
mod values;

use expect_test::Expect;

/// The first line of the texts that are about something else.
const HEADER: &str = "document: { dsl: '1.0.3', namespace: test, name: test, version: '1.0.0' }";

/// All diagnostics of a text, one a line.
fn report(text: &str) -> String {
    let diagnostics = tenure_dsl::check(text);
    diagnostics.iter().fold(String::new(), |text, diagnostic| text + &diagnostic.to_string() + "\n")
}

/// Compares what is said about a whole text.
#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&report(text));
}

/// Compares what is said about a text whose first line is a good header. `body` starts on line 2.
#[track_caller]
fn check_body(body: &str, expected: Expect) {
    check(&format!("{HEADER}{body}"), expected);
}

/// The definition of a good header and this.
#[track_caller]
fn load_body(body: &str) -> tenure_dsl::program::Definition {
    let text = format!("{HEADER}{body}");
    tenure_dsl::load(&text).unwrap_or_else(|found| panic!("{found:#?}"))
}

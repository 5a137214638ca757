//! What we accept validates against the language's own JSON Schema and against ours, and the reverse, apart from a short
//! list of differences, each with its reason. Printing loses nothing.

use crate::HEADER;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tenure_dsl::model::Document;
use tenure_dsl::parse::Tree;
use tenure_dsl::schema::Schema;

/// What comes with the project from outside: the language's schema, its conformance kit, whole definitions.
fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared")
}

#[expect(clippy::disallowed_methods, reason = "the test reads its data; the crate reads no file")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "the test reads its data; the crate reads no file")]
fn files(directory: &Path, end: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(end));
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The documents in the scenarios of a feature file: texts in triple quotes after `"""yaml` below `definition:`.
fn documents_of(feature: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = feature;
    while let Some(at) = rest.find("definition:") {
        rest = &rest[at + "definition:".len()..];
        let Some((_, body)) = rest.split_once("\"\"\"yaml\n") else { break };
        let (body, after) = body.split_once("\"\"\"").expect("the text ends");
        let indent =
            body.lines().find(|line| !line.trim().is_empty()).map_or(0, |l| l.len() - l.trim_start().len());
        found.push(body.lines().map(|line| line.get(indent..).unwrap_or("").to_owned() + "\n").collect());
        rest = after;
    }
    found
}

/// Every document that is at hand, with where it is from.
fn documents() -> Vec<(String, String)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut all: Vec<(String, String)> =
        files(&corpus, "").iter().map(|file| (name(file), read(file))).collect();
    let definitions = files(&shared().join("definitions"), ".yaml");
    let definitions = definitions.iter().filter(|file| !name(file).ends_with("schema.yaml"));
    all.extend(definitions.map(|file| (name(file), read(file))));
    for file in files(&shared().join("ctk/features"), ".feature") {
        let found = documents_of(&read(&file)).into_iter().enumerate();
        all.extend(found.map(|(n, text)| (format!("{} {}", name(&file), n + 1), text)));
    }
    all
}

fn json_of(text: &str) -> Value {
    Tree::from_text(text).unwrap_or_else(|found| panic!("{found:#?}")).to_value()
}

fn language() -> Schema {
    // The language's own schema uses look-ahead, which only a backtracking engine has.
    let mut schema = json_of(&read(&shared().join("definitions/ows-1.0.3.schema.yaml")));
    without_look_ahead(&mut schema);
    Schema::compile(&schema).expect("it is a schema")
}

fn ours() -> Schema {
    Schema::compile(&json_of(tenure_dsl::schemas::WORKFLOW)).expect("it is a schema")
}

/// Writes patterns that look ahead without it: what is no expression for a URI, what begins like one for a duration. What
/// they would refuse besides is held by the parser, and by our own schema.
fn without_look_ahead(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let looks = |text: &&str| text.contains("(?!") || text.contains("(?=");
            if let Some(pattern) = map.get("pattern").and_then(Value::as_str).filter(looks) {
                let plain = if pattern.starts_with("^P") { "^P[0-9T]" } else { r"^([^\s$]|\$[^{])" };
                map.insert("pattern".to_owned(), plain.into());
            }
            map.values_mut().for_each(without_look_ahead);
        }
        Value::Array(items) => items.iter_mut().for_each(without_look_ahead),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn fits(schema: &Schema, document: &Value) -> bool {
    schema.validate(&tenure_dsl::json::Json::from_value(document)).is_ok()
}

/// Whether the parser reads it. What the engine does not run yet is another question.
fn reads(text: &str) -> bool {
    Document::from_text(text).is_ok()
}

#[test]
fn the_kit_is_whole() {
    let kit = documents().into_iter().filter(|(name, _)| name.contains(".feature")).count();
    assert_eq!(kit, 21, "scenarios of the conformance kit");
    assert!(documents().len() >= 50);
}

#[test]
fn what_we_read_fits_both_schemas() {
    let (language, ours) = (language(), ours());
    for (name, text) in documents() {
        assert!(reads(&text), "{name}: {:#?}", Document::from_text(&text).err());
        let document = json_of(&text);
        for (which, schema) in [("the language's", &language), ("our", &ours)] {
            let found = schema.validate(&tenure_dsl::json::Json::from_value(&document));
            assert!(found.is_ok(), "{name} does not fit {which} schema: {:#?}", found.err());
        }
    }
}

/// Parse, print, parse: the same document and the same model, for all that is at hand.
#[test]
fn printing_loses_nothing() {
    for (name, text) in documents() {
        let document = Document::from_text(&text).unwrap_or_else(|found| panic!("{name}: {found:#?}"));
        assert_eq!(document.to_json(), json_of(&text), "{name}");
        let again = Document::from_text(&document.to_json().to_string());
        assert_eq!(again.as_ref(), Ok(&document), "{name}");
    }
}

/// Documents that are wrong in one way. Both schemas and the parser refuse each.
#[test]
fn what_the_schemas_refuse_we_refuse() {
    let (language, ours) = (language(), ours());
    let wrong = [
        "do: [ { a: { sett: { x: 1 } } } ]",
        "do: [ { a: { set: { x: 1 }, wait: PT1S } } ]",
        "do: [ { a: { set: { x: 1 }, other: 1 } } ]",
        "do: [ { a: { set: {} } } ]",
        "do: [ { a: { wait: 5 } } ]",
        "do: [ { a: { wait: { fortnights: 1 } } } ]",
        "do: { a: { wait: PT1S } }",
        "do: [ { a: { wait: PT1S }, b: { wait: PT1S } } ]",
        "do: [ { a: { call: http, with: { method: get } } } ]",
        "do: [ { a: { call: http, with: { method: get, endpoint: 'http://x/', output: xml } } } ]",
        "do: [ { a: { for: { each: x }, do: [] } } ]",
        "do: [ { a: { fork: { branches: [], compete: 1 } } } ]",
        "do: [ { a: { listen: {} } } ]",
        "do: [ { a: { emit: { event: { with: { source: 'urn:x' } } } } } ]",
        "do: [ { a: { raise: { error: { type: 'urn:x' } } } } ]",
        "do: [ { a: { run: { script: { language: js } } } } ]",
        "do: [ { a: { run: {} } } ]",
        "do: [ { a: { switch: [ { c: { when: .x } } ] } } ]",
        "do: [ { a: { try: [] } } ]",
        "do: []\ntimeout: { before: PT1S }",
        "do: []\nevaluate: { mode: lax }",
        "do: []\nuse: { retries: { r: { backoff: { constant: {}, linear: {} } } } }",
        "do: []\nuse: { authentications: { a: { basic: { username: u } } } }",
        "input: {}",
    ];
    for body in wrong {
        let text = format!("{HEADER}\n{body}");
        let document = json_of(&text);
        assert!(!reads(&text), "we read {body}");
        assert!(!fits(&ours, &document), "our schema takes {body}");
        assert!(!fits(&language, &document), "the language's schema takes {body}");
    }
}

/// Where we and the language's schema differ, and why. The first flag says whether we read it, the second whether our
/// schema takes it, the third whether the language's does.
#[test]
fn differences_are_few_and_have_reasons() {
    let differences: &[(&str, &str, [bool; 3])] = &[
        (
            "our metadata keys have shapes; to the language all metadata is free",
            "do: [ { a: { wait: PT1S, metadata: { effect: { mode: twice } } } } ]",
            [false, false, true],
        ),
        (
            "a task called like a word of `then` could never be jumped to",
            "do: [ { exit: { wait: PT1S } } ]",
            [false, false, true],
        ),
        (
            "an HTTP method that does not exist can only be a mistake",
            "do: [ { a: { call: http, with: { method: fetch, endpoint: 'http://x/' } } } ]",
            [false, false, true],
        ),
        (
            "an error's status is an HTTP status from 400 to 599",
            "do: [ { a: { raise: { error: { type: 'urn:x', status: 200 } } } } ]",
            [false, false, true],
        ),
        (
            "a variable's name is an identifier, or no expression could use it",
            "do: [ { a: { for: { each: 'a b', in: . }, do: [] } } ]",
            [false, false, true],
        ),
        ("a key that nobody knows can only be a mistake", "do: []\nextra: 1", [false, false, true]),
        ("a negative duration is none", "do: [ { a: { wait: { seconds: -1 } } } ]", [false, false, true]),
        ("an empty expression says nothing", "do: [ { a: { if: '', wait: PT1S } } ]", [false, false, true]),
        (
            "`catch.errors` holds `with` and nothing else; a misspelt filter would catch everything",
            "do: [ { a: { try: [], catch: { errors: { wiht: { status: 503 } } } } } ]",
            [false, false, true],
        ),
        (
            "a parameter of a backoff would be accepted and ignored",
            "do: []\nuse: { retries: { r: { backoff: { exponential: { factor: 3 } } } } }",
            [false, false, true],
        ),
        ("only versions 1.0.x of the language are read", "", [false, false, true]),
    ];
    let (language, ours) = (language(), ours());
    for (reason, body, expected) in differences {
        let text = if body.is_empty() {
            format!("{}\ndo: []", HEADER.replace("1.0.3", "2.0.0"))
        } else {
            format!("{HEADER}\n{body}")
        };
        let document = json_of(&text);
        let is = [reads(&text), fits(&ours, &document), fits(&language, &document)];
        assert_eq!(is, *expected, "{reason}: {body}");
    }
    assert!(differences.len() <= 20, "the list stays short");
}

/// An editor shows what a key is for: every property of the schemas says it, or refers to what does.
#[test]
fn every_property_is_described() {
    fn check(schema: &Value, pointer: &str) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let described =
                property == &json!(true) || ["description", "$ref"].iter().any(|k| property[*k].is_string());
            assert!(
                described || property["type"] == "string" && pointer.contains("$defs"),
                "{pointer}/properties/{key}"
            );
        }
        match schema {
            Value::Object(map) => {
                // A condition looks at a property and declares none.
                for (key, value) in map.iter().filter(|(key, _)| *key != "if") {
                    check(value, &format!("{pointer}/{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|value| check(value, pointer)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for text in [tenure_dsl::schemas::WORKFLOW, tenure_dsl::schemas::WORKFLOW_TEST] {
        check(&json_of(text), "");
    }
}

/// What the reader of test files takes fits its schema, and the reverse.
#[test]
fn files_of_cases_fit_their_schema() {
    let schema = Schema::compile(&json_of(tenure_dsl::schemas::WORKFLOW_TEST)).expect("it is a schema");
    let good = "definition: x.yaml\ncases:\n- { name: a, input: 1, startedAt: '2027-01-01T00:00:00Z', stopAfter: PT1H, cancel: { after: PT1S, compensate: true }, mocks: { a: { body: 1 }, b: [ { status: 503, headers: { x: y }, after: { seconds: 1 } }, { unknown: reset }, { notSent: dns }, { refused: '' } ] }, expect: { status: faulted, output: 1, context: {}, error: { status: 503 }, path: [ a ], compensation: [ a ], calls: [ { task: a, method: get, uri: x, body: 1, headers: { x: y } } ], duration: PT1S } }";
    assert!(tenure_dsl::trial::read(good).is_ok());
    assert!(fits(&schema, &json_of(good)));
    let wrong = [
        "cases: [ { name: a } ]",
        "cases: [ { name: a, expect: {} } ]",
        "cases: [ { name: a, expect: { status: done } } ]",
        "cases: [ { name: a, expect: { status: completed }, mocks: { a: 1 } } ]",
        "cases: [ { name: a, expect: { status: completed }, mocks: { a: { staus: 1 } } } ]",
        "cases: [ { name: a, expect: { status: completed }, stopAfter: '${ .x }' } ]",
        "cases: {}",
        "other: 1",
    ];
    for text in wrong {
        assert!(tenure_dsl::trial::read(text).is_err(), "{text}");
        assert!(!fits(&schema, &json_of(text)), "{text}");
    }
}

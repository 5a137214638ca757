//! Functions of catalogs and behind addresses: what a definition needs, what it becomes, and what is said. FR-004, FR-030.

use super::{HEADER, check_body};
use expect_test::{Expect, expect};
use std::fmt::Write as _;
use tenure_dsl::program::{Definition, Kind};
use tenure_dsl::resource::{Resources, Source};
use tenure_dsl::{Draft, function};
use tenure_types::FunctionId;

fn given(resources: &[(&str, &str)]) -> Resources {
    let mut read = Resources::default();
    for (address, content) in resources {
        read.insert(*address, content.as_bytes());
    }
    read
}

fn compile(resources: &[(&str, &str)], body: &str) -> Result<Definition, String> {
    let text = format!("{HEADER}\n{body}");
    Draft::read(&text)
        .compile(&given(resources))
        .map_err(|found| found.iter().fold(String::new(), |text, found| text + &found.to_string() + "\n"))
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a test writes `expect!` in place, without `&`")]
fn refused(resources: &[(&str, &str)], body: &str, expected: Expect) {
    let Err(refused) = compile(resources, body) else { panic!("it was accepted") };
    expected.assert_eq(&refused);
}

fn references(definition: &Definition) -> String {
    definition.program.nodes.iter().fold(String::new(), |mut out, node| {
        let _ = writeln!(out, "{}", node.task);
        out
    })
}

const CALLS: &str = "do: [ { one: { call: 'add:1.0.0@default' } }, { two: { call: 'add:1.0.0@default' } } ]";
const ADD: (&str, &str) =
    ("function:add:1.0.0@default", "do: [ { sum: { set: '${ .n + 1 }' } }, { rest: { wait: PT1S } } ]");

#[test]
fn a_function_of_the_catalog_stands_below_each_of_its_calls() {
    let definition = compile(&[ADD], CALLS).unwrap();
    expect![[r#"
        /do/0/one
        /do/1/two
        /do/0/one/call/add:1.0.0@default
        /do/0/one/call/add:1.0.0@default/do/0/sum
        /do/0/one/call/add:1.0.0@default/do/1/rest
        /do/1/two/call/add:1.0.0@default
        /do/1/two/call/add:1.0.0@default/do/0/sum
        /do/1/two/call/add:1.0.0@default/do/1/rest
    "#]]
    .assert_eq(&references(&definition));
    assert!(!definition.document.text().contains("sum"), "the document is what was written");
}

#[test]
fn a_function_calls_functions_in_turn() {
    let outer = ("function:outer:1.0.0@default", "do: [ { x: { call: 'https://example.com/inner.yaml' } } ]");
    let inner = ("https://example.com/inner.yaml", "{\"set\": {\"a\": 1}}");
    let definition = compile(&[outer, inner], "do: [ { one: { call: 'outer:1.0.0@default' } } ]").unwrap();
    expect![[r#"
        /do/0/one
        /do/0/one/call/outer:1.0.0@default
        /do/0/one/call/outer:1.0.0@default/do/0/x
        /do/0/one/call/outer:1.0.0@default/do/0/x/call/https:~1~1example.com~1inner.yaml
    "#]]
    .assert_eq(&references(&definition));
}

#[test]
fn what_the_document_declares_goes_before_the_catalog() {
    let body = "use: { functions: { 'add:1.0.0@default': { wait: PT1S } } }\ndo: [ { one: { call: 'add:1.0.0@default' } } ]";
    assert!(Draft::read(&format!("{HEADER}\n{body}")).wanted().is_empty());
    let definition = compile(&[ADD], body).unwrap();
    assert!(matches!(definition.program.nodes[1].kind, Kind::Wait(_)));
}

#[test]
fn a_draft_names_what_it_calls() {
    let body = "
use:
  catalogs:
    ours: { endpoint: 'https://example.com/catalog/' }
    shown: { endpoint: { uri: 'https://github.com/o/r/tree/main' } }
do:
  - a: { call: 'add:1.0.0@default' }
  - b: { do: [ { c: { call: 'add:1.0.0@default' } }, { d: { call: 'log:0.1.0@ours' } } ] }
  - e: { call: 'log:0.1.0@shown' }
  - f: { call: 'https://example.com/f.yaml' }
";
    let text = format!("{HEADER}\n{body}");
    let draft = Draft::read(&text);
    assert!(draft.sound());
    let found: Vec<(&str, bool)> = draft
        .wanted()
        .iter()
        .map(|wanted| (wanted.address.as_str(), matches!(wanted.source, Source::Catalog(_))))
        .collect();
    assert_eq!(
        found,
        [
            ("function:add:1.0.0@default", true),
            ("https://example.com/catalog/functions/log/0.1.0/function.yaml", false),
            ("https://raw.githubusercontent.com/o/r/main/functions/log/0.1.0/function.yaml", false),
            ("https://example.com/f.yaml", false),
        ]
    );
}

/// The digest covers every function, also one that only another function calls.
#[test]
fn the_digest_covers_the_functions() {
    let outer = ("function:add:1.0.0@default", "call: 'inner:1.0.0@default'");
    let with =
        |inner: &str| compile(&[outer, ("function:inner:1.0.0@default", inner)], CALLS).unwrap().digest;
    assert_ne!(with("wait: PT1S"), with("wait: PT2S"));
    assert_eq!(with("wait: PT1S"), with("wait: PT1S"));
}

#[test]
fn everything_that_a_text_needs_is_kept_and_nothing_else() {
    let all = given(&[
        ("function:add:1.0.0@default", "call: 'inner:1.0.0@default'"),
        ("function:inner:1.0.0@default", "wait: PT1S"),
        ("function:other:1.0.0@default", "wait: PT1S"),
    ]);
    let text = format!("{HEADER}\n{CALLS}");
    let kept = all.closure(Draft::read(&text).wanted()).unwrap();
    let addresses: Vec<&str> = kept.iter().map(|(address, _)| address).collect();
    assert_eq!(addresses, ["function:add:1.0.0@default", "function:inner:1.0.0@default"]);
    let lacking = given(&[("function:add:1.0.0@default", "call: 'inner:1.0.0@default'")]);
    assert!(lacking.closure(Draft::read(&text).wanted()).is_none());
}

/// A function is evaluated as it was written, whatever the document says about itself.
#[test]
fn a_loose_document_does_not_loosen_what_it_calls() {
    let body = "evaluate: { mode: loose }\ndo: [ { one: { call: 'add:1.0.0@default' } } ]";
    let strict = ("function:add:1.0.0@default", "set: { a: '.b' }");
    let definition = compile(&[strict], body).unwrap();
    let Kind::Set(template) = &definition.program.nodes[1].kind else { panic!("it sets") };
    assert!(format!("{template:?}").contains("Literal"), "{template:?}");
}

#[test]
fn without_a_server_a_function_is_not_there() {
    check_body(
        &format!("\n{CALLS}"),
        expect![[r#"
            DEF-0132 2:22 /do/0/one/call `add:1.0.0@default` cannot be read: only a server reads functions
        "#]],
    );
}

#[test]
fn a_function_that_cannot_be_read_is_said_where_it_is_called() {
    let mut resources = Resources::default();
    resources.refuse("function:add:1.0.0@default", "the catalog has no such function");
    let text = format!("{HEADER}\n{CALLS}");
    let found = Draft::read(&text).compile(&resources).unwrap_err();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["DEF-0132 2:22 /do/0/one/call `add:1.0.0@default` cannot be read: the catalog has no such function"]
    );
}

#[test]
fn what_is_wrong_inside_of_a_function_is_said_where_it_is_called() {
    let one = |text: &'static str| [("function:add:1.0.0@default", text)];
    refused(
        &one("sett: { x: 1 }"),
        CALLS,
        expect![[r#"
            DEF-0023 2:22 /do/0/one/call in the function `add:1.0.0@default`: the task says nothing about what it does (did you mean `set`?)
        "#]],
    );
    refused(
        &one("set: '${ .( }'"),
        CALLS,
        expect![[r#"
            DEF-0040 2:22 /do/0/one/call in the function `add:1.0.0@default`: `${` is never closed (every `${` needs its `}`)
        "#]],
    );
    refused(
        &one("a: [ "),
        CALLS,
        expect![[r#"
            DEF-0133 2:22 /do/0/one/call `add:1.0.0@default` cannot be used: line 1: this is not valid YAML: unclosed bracket '['
        "#]],
    );
    refused(
        &one("call: 'add:1.0.0@default'"),
        CALLS,
        expect![[r#"
            DEF-0063 2:22 /do/0/one/call in the function `add:1.0.0@default`: the function `add:1.0.0@default` calls itself: add:1.0.0@default → add:1.0.0@default (use `for`, or a `then` that goes back)
        "#]],
    );
}

/// The catalogs of a document are its own: what it calls does not know them.
#[test]
fn a_function_does_not_know_the_catalogs_of_its_caller() {
    refused(
        &[("function:add:1.0.0@default", "call: 'log:1.0.0@ours'")],
        "use: { catalogs: { ours: { endpoint: 'https://example.com' } } }\ndo: [ { one: { call: 'add:1.0.0@default' } } ]",
        expect![[r#"
            DEF-0056 3:22 /do/0/one/call no catalog `ours` is declared
        "#]],
    );
}

#[test]
fn a_name_with_a_colon_is_of_a_catalog_or_an_address() {
    check_body(
        "
do:
  - a: { call: 'log:1.0.0' }
  - b: { call: 'log:1.0.0@other' }
  - c: { call: 'Log:1@default' }
  - d: { call: 'https://example.com/{name}.yaml' }
",
        expect![[r#"
            DEF-0104 3:16 /do/0/a/call `log:1.0.0` is a function of the public catalog, which is not read (put it into the tenant's catalog, and call `log:1.0.0@default`)
            DEF-0056 4:16 /do/1/b/call no catalog `other` is declared (declare it under `use.catalogs`; the tenant's own is called `default`)
            DEF-0056 5:16 /do/2/c/call `Log:1@default` names no function (write it like `vm-create:1.0.0@default`)
            DEF-0130 6:16 /do/3/d/call a resource is read when the definition is registered: its address cannot be computed (write a whole URI such as `https://example.com/openapi.yaml`)
        "#]],
    );
}

fn put(text: &str) -> Result<String, String> {
    let id = FunctionId { name: "add".into(), version: "1.0.0".into() };
    let loaded = function::load(&id, text, &given(&[("function:inner:1.0.0@default", "wait: PT1S")]));
    match loaded {
        Ok(loaded) => Ok(loaded.document.text().to_owned()),
        Err(found) => Err(found.iter().fold(String::new(), |text, found| text + &found.to_string() + "\n")),
    }
}

#[test]
fn a_function_that_is_put_into_a_catalog_is_a_task() {
    assert_eq!(put("set: { a: '${ .n }' }\n"), Ok(r#"{"set":{"a":"${ .n }"}}"#.to_owned()));
    assert!(put("do: [ { x: { call: 'inner:1.0.0@default' } } ]").is_ok());
    let wrong = [
        "sett: { a: 1 }\n",
        "- a\n",
        "call: 'missing:1.0.0@default'\n",
        "try: [ { a: { wait: PT1S } } ]\ncatch: { retry: transient }\n",
        "set: '${ .( }'\n",
    ];
    let said: String = wrong.iter().map(|text| put(text).unwrap_err()).collect();
    expect![[r#"
        DEF-0023 1:1  the task says nothing about what it does (did you mean `set`?)
        DEF-0022 1:1  expected a map, found a list
        DEF-0132 1:7 /call `missing:1.0.0@default` cannot be read: only a server reads functions
        DEF-0053 2:17 /catch/retry no retry policy `transient` is declared (declare it under `use.retries`)
        DEF-0040 1:7 /set `${` is never closed (every `${` needs its `}`)
    "#]]
    .assert_eq(&said);
}

/// What is put is the same when it says the same.
#[test]
fn the_digest_of_a_function_does_not_depend_on_how_it_is_written() {
    let id = FunctionId { name: "add".into(), version: "1.0.0".into() };
    let digest = |text: &str| function::load(&id, text, &Resources::default()).unwrap().digest;
    assert_eq!(digest("set: { a: 1, b: 2 }"), digest("{\"set\": {\"b\": 2, \"a\": 1}}"));
    assert_ne!(digest("set: { a: 1 }"), digest("set: { a: 2 }"));
}

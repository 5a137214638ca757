//! Texts that are no trees.

use super::{HEADER, check, check_body};
use expect_test::expect;

#[test]
fn empty_text_is_no_document() {
    check(
        "",
        expect![[r#"
        DEF-0009 1:1  the text holds no document
    "#]],
    );
    check(
        "# only a comment\n",
        expect![[r#"
        DEF-0009 2:1  the text holds no document
    "#]],
    );
    check(
        "---\n...\n",
        expect![[r#"
        DEF-0009 3:1  the text holds no document
    "#]],
    );
    check(
        "~",
        expect![[r#"
        DEF-0009 1:2  the text holds no document
    "#]],
    );
}

#[test]
fn two_documents_are_refused() {
    check(
        "a: 1\n---\nb: 2\n",
        expect![[r#"
        DEF-0009 2:1  the text holds more than one document
    "#]],
    );
}

#[test]
fn broken_yaml_says_where() {
    check(
        "do:\n  - a: [1, 2\n  - b\n",
        expect![[r#"
        DEF-0001 2:8  this is not valid YAML: unclosed bracket '['
    "#]],
    );
    check(
        "do:\n  - a: 'x\n",
        expect![[r#"
        DEF-0001 2:8  this is not valid YAML: unclosed quote
    "#]],
    );
    check(
        "a: b: c\n",
        expect![[r#"
        DEF-0001 1:5  this is not valid YAML: mapping values are not allowed in this context
    "#]],
    );
    check(
        "a:\n  b: 1\n c: 2\n",
        expect![[r#"
        DEF-0001 3:2  this is not valid YAML: while parsing a block mapping, did not find expected key
    "#]],
    );
}

#[test]
fn tab_as_indentation_is_refused() {
    check(
        "do:\n\t- a: { wait: PT1S }\n",
        expect![[r#"
        DEF-0001 2:2  this is not valid YAML: tabs disallowed within this context (block indentation)
    "#]],
    );
}

#[test]
fn broken_json_says_where() {
    check(
        "{\n  \"document\": {},\n  \"do\": [ 1 2 ]\n}\n",
        expect![[r#"
        DEF-0001 3:13  this is not valid JSON: expected `,` or `]`, found `2`
    "#]],
    );
    check(
        "{ \"do\": [",
        expect![[r#"
        DEF-0001 1:10  this is not valid JSON: expected a value, found the end of the text
    "#]],
    );
}

#[test]
fn key_twice_is_refused_in_yaml() {
    check_body(
        "\ndo: []\ndo: []\n",
        expect![[r#"
        DEF-0005 3:1 /do the key `do` occurs twice; first on line 2
    "#]],
    );
    check_body(
        "\ndo:\n  - a:\n      wait: PT1S\n      if: .a\n      if: .b\n",
        expect![[r#"
        DEF-0005 6:7 /do/0/a/if the key `if` occurs twice; first on line 5
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { set: { x: { k: 1, 'k': 2 } } }\n",
        expect![[r#"
        DEF-0005 3:28 /do/0/a/set/x/k the key `k` occurs twice; first on line 3
    "#]],
    );
}

#[test]
fn key_twice_is_refused_in_json() {
    check(
        "{\n  \"do\": [],\n  \"do\": []\n}",
        expect![[r#"
        DEF-0021 1:1  the key `document` is required
        DEF-0005 3:3 /do the key `do` occurs twice; first on line 2
    "#]],
    );
}

#[test]
fn anchors_and_aliases_are_refused() {
    check_body(
        "\ndo:\n  - a: &x { wait: PT1S }\n  - b: *x\n",
        expect![[r#"
        DEF-0006 3:11  anchors and aliases are not allowed (write the value out, or put quotes around a text that starts with `&` or `*`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: *missing\n",
        expect![[r#"
        DEF-0006 3:8  anchors and aliases are not allowed (write the value out, or put quotes around a text that starts with `&` or `*`)
    "#]],
    );
}

#[test]
fn tags_are_refused() {
    check_body(
        "\ndo:\n  - a: { set: { x: !!str 1 } }\n",
        expect![[r#"
        DEF-0007 3:26  tags are not allowed (put quotes around a text that starts with `!`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { set: { x: !custom 1 } }\n",
        expect![[r#"
        DEF-0007 3:28  tags are not allowed (put quotes around a text that starts with `!`)
    "#]],
    );
}

#[test]
fn merge_keys_are_refused() {
    check_body(
        "\ndo:\n  - a: { set: { <<: { x: 1 } } }\n",
        expect![[r#"
        DEF-0008 3:17  merge keys are not allowed (write the merged entries out)
    "#]],
    );
}

#[test]
fn directives_are_refused() {
    check(
        "%YAML 1.2\n---\na: 1\n",
        expect![[r#"
        DEF-0001 1:1  this is not valid YAML: YAML directives are disallowed
    "#]],
    );
}

#[test]
fn keys_that_are_no_texts_are_refused() {
    check_body(
        "\ndo:\n  - a: { set: { ? [1] : 2 } }\n",
        expect![[r#"
        DEF-0010 3:19  a key is a text, not a list or a map (put quotes around a value that starts with `{` or `[`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { set: { x: {{ y }} } }\n",
        expect![[r#"
        DEF-0010 3:21  a key is a text, not a list or a map (put quotes around a value that starts with `{` or `[`)
    "#]],
    );
}

#[test]
fn numbers_that_json_lacks_are_refused() {
    check_body(
        "\ndo:\n  - a: { set: { x: .nan } }\n",
        expect![[r#"
        DEF-0011 3:20  `.nan` is not a number that JSON has (put quotes around it if it is a text)
    "#]],
    );
}

#[test]
fn nul_is_refused() {
    check(
        "a: 1\nb: \"\0\"\n",
        expect![[r#"
        DEF-0001 2:5  the text holds a NUL character
    "#]],
    );
}

#[test]
fn document_that_is_no_map_is_refused() {
    check(
        "[]",
        expect![[r#"
        DEF-0022 1:1  expected a map, found a list
    "#]],
    );
    check(
        "just text",
        expect![[r#"
        DEF-0022 1:1  expected a map, found a text
    "#]],
    );
    check(
        "42",
        expect![[r#"
        DEF-0022 1:1  expected a map, found a number
    "#]],
    );
}

#[test]
fn byte_order_mark_and_line_ends_of_windows_are_taken() {
    let text = format!("\u{feff}{HEADER}\r\ndo:\r\n  - a:\r\n      wait: PT1S\r\n");
    check(&text, expect![[""]]);
    let text = format!("\u{feff}{HEADER}\r\ndo:\r\n  - a:\r\n      wayt: PT1S\r\n");
    check(
        &text,
        expect![[r#"
        DEF-0023 4:7 /do/0/a the task says nothing about what it does (did you mean `wait`?)
    "#]],
    );
    check(
        "\u{feff}{\"do\": 1}",
        expect![[r#"
        DEF-0021 1:1  the key `document` is required
        DEF-0022 1:8 /do expected a list of tasks, found a number
    "#]],
    );
}

#[test]
fn yaml_in_flow_style_is_taken() {
    check(
        "{ document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }, do: [ { a: { wait: PT1S } } ] }",
        expect![[""]],
    );
    check(
        "{ \"document\": { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }, do: [ { a: { wait: PT1S } } ] }",
        expect![[""]],
    );
}

#[test]
fn json_is_taken_with_escaped_surrogates() {
    let text = r#"{"document": {"dsl": "1.0.3", "namespace": "t", "name": "t", "version": "1.0.0"},
        "do": [{"a\ud83d\ude00": {"set": {"x": "\u00e9"}}}]}"#;
    check(text, expect![[""]]);
}

#[test]
fn json_has_the_same_places_as_yaml() {
    let text = r#"{
  "document": {"dsl": "1.0.3", "namespace": "t", "name": "t", "version": "1.0"},
  "do": [
    {"a": {"set": {"x": "${ .a + }"}, "then": "c"}},
    {"b": {"sett": {}}}
  ]
}"#;
    check(
        text,
        expect![[r#"
        DEF-0030 2:74 /document/version `1.0` is not a semantic version (write it like '1.0.0')
        DEF-0040 4:34 /do/0/a/set/x syntax error: expected term, found the end
        DEF-0051 4:47 /do/0/a/then no task `c` is in this list (did you mean `a`?)
        DEF-0023 5:11 /do/1/b the task says nothing about what it does (did you mean `set`?)
    "#]],
    );
}

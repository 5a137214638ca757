//! JSON values as YAML in block style, for reading.
//!
//! Deliberately small: plain scalars only where no reader could take them for something else; everything else is
//! written as JSON, which is YAML too.

use serde_json::Value;
use std::fmt::Write as _;

/// The value as a YAML document, ending with a line feed.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(value, 0, &mut text),
        Value::Array(items) if !items.is_empty() => block(value, 0, &mut text),
        scalar => {
            text.push_str(&inline(scalar));
            text.push('\n');
        }
    }
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                let _ = write!(text, "{indent}{}:", scalar(key));
                nested(item, depth + 1, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                sequence_item(item, depth, text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = writeln!(text, "{indent}{}", inline(value));
        }
    }
}

fn nested(item: &Value, depth: usize, text: &mut String) {
    if has_items(item) {
        text.push('\n');
        block(item, depth, text);
    } else {
        let _ = writeln!(text, " {}", inline(item));
    }
}

/// A mapping starts on the line of its dash.
fn sequence_item(item: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    if !has_items(item) {
        let _ = writeln!(text, "{indent}- {}", inline(item));
        return;
    }
    let mut inner = String::new();
    block(item, depth + 1, &mut inner);
    let _ = write!(text, "{indent}- {}", inner.trim_start());
}

fn has_items(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// A word that every YAML reader takes for the same text stays as it is.
fn scalar(text: &str) -> String {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '/'));
    let rest = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | '@'));
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if first && rest && !reserved.contains(&text.to_ascii_lowercase().as_str()) {
        text.into()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn objects_and_lists_are_blocks() {
        let value = json!({
            "id": "exe_1",
            "status": "completed",
            "output": { "items": [1, { "a": "x y", "b": [] }, [true, null]] },
            "labels": {},
        });
        expect![[r#"
            id: exe_1
            status: completed
            output:
              items:
                - 1
                - a: "x y"
                  b: []
                - - true
                  - null
            labels: {}
        "#]]
        .assert_eq(&document(&value));
    }

    #[test]
    fn text_that_looks_like_something_else_is_quoted() {
        for (text, expected) in [
            ("no", "\"no\""),
            ("1.0.0", "\"1.0.0\""),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("2026-11-23T10:00:00Z", "\"2026-11-23T10:00:00Z\""),
            ("two\nlines", "\"two\\nlines\""),
            ("plain-word", "plain-word"),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }

    #[test]
    fn a_scalar_is_a_document() {
        assert_eq!(document(&json!(7)), "7\n");
        assert_eq!(document(&json!([])), "[]\n");
    }
}

//! JSON and YAML documents that others wrote: read leniently, looked up by `$ref` inside of themselves.
//!
//! Deliberately absent: references to other documents, which would have to be fetched one after the other.

use serde_json::Value;

/// References that lead to references.
const REFERENCES_MAX: usize = 16;

/// A document as JSON. What it says about YAML anchors is resolved, within the parser's own limits.
pub(crate) fn parse(content: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"));
    }
    let value: Value = serde_saphyr::from_str(text).map_err(|error| {
        let error = error.to_string();
        format!("it is neither JSON nor YAML: {}", error.lines().next().unwrap_or_default())
    })?;
    if value.is_object() { Ok(value) } else { Err("it is not a map".to_owned()) }
}

/// The value itself, or what it refers to.
pub(crate) fn resolve<'d>(document: &'d Value, value: &'d Value) -> Result<&'d Value, String> {
    let mut value = value;
    for _ in 0..REFERENCES_MAX {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(format!(
                "`{reference}` refers to another document: only references inside of the document are followed"
            ));
        };
        let found = document.pointer(&decoded(pointer));
        value = found.ok_or_else(|| format!("`{reference}` refers to nothing"))?;
    }
    Err(format!("more than {REFERENCES_MAX} references lead from one to the next"))
}

/// A pointer in a fragment is percent-encoded; braces of paths are what it matters for.
fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).filter(|_| *first == b'%');
        let escaped = escaped.and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| pointer.to_owned())
}

/// A text under a key.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// The items of a list under a key; none when there is no list.
pub(crate) fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_followed_inside_of_the_document_only() {
        let document = json!({
            "a": { "$ref": "#/b~1c/%7Bd%7D" }, "b/c": { "{d}": { "$ref": "#/e" } }, "e": 7,
            "loop": { "$ref": "#/loop" }, "away": { "$ref": "other.yaml#/x" }, "gone": { "$ref": "#/nothing" }
        });
        let found = |key: &str| {
            resolve(&document, &document[key])
                .map_err(|why| why.split(':').next().unwrap_or_default().to_owned())
        };
        assert_eq!(found("a"), Ok(&json!(7)));
        assert_eq!(found("loop"), Err("more than 16 references lead from one to the next".to_owned()));
        assert_eq!(found("away"), Err("`other.yaml#/x` refers to another document".to_owned()));
        assert_eq!(found("gone"), Err("`#/nothing` refers to nothing".to_owned()));
    }

    #[test]
    fn json_and_yaml_are_read_and_anything_else_is_refused() {
        assert_eq!(parse(b"{\"a\": [1]}"), Ok(json!({ "a": [1] })));
        assert_eq!(
            parse(b"base: &b { x: 1 }\nsame: *b\n"),
            Ok(json!({ "base": { "x": 1 }, "same": { "x": 1 } }))
        );
        assert!(parse(b"{\"a\": ").is_err_and(|why| why.starts_with("it is not JSON")));
        assert!(parse(b"\xff").is_err_and(|why| why == "it is not UTF-8"));
        assert!(parse(b"hello").is_err_and(|why| why == "it is not a map"));
    }
}

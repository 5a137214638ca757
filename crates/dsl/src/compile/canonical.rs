//! The canonical text of a document, and its digest.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tenure_types::Digest;

/// JSON with sorted keys and no white space: the same for every way to write the same document.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256 of the canonical text.
pub(crate) fn digest(value: &Value) -> Digest {
    Digest(Sha256::digest(text(value).as_bytes()).into())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(&Value::from(key.as_str()), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_space_is_gone() {
        let value = json!({"b": [1, {"z": null, "a": "x\n"}], "a": 1.5, "é": true});
        assert_eq!(text(&value), r#"{"a":1.5,"b":[1,{"a":"x\n","z":null}],"é":true}"#);
    }

    #[test]
    fn digest_is_sha_256_of_the_text() {
        let expected = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(digest(&json!({})).to_string(), expected);
    }
}

//! How a value differs from what is expected, place by place.

use crate::error::canonical_type;
use crate::json::Json;
use crate::limits::TRIAL_DIFFERENCES_MAX;
use serde_json::{Map, Value};

/// One place in which a value is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// JSON pointer to the place.
    pub pointer: String,
    /// What is expected; `None` when nothing is.
    pub expected: Option<Value>,
    /// What is there; `None` when nothing is.
    pub actual: Option<Value>,
}

/// The places in which `actual` is not as expected, below `pointer`; the first [`TRIAL_DIFFERENCES_MAX`].
pub fn differences(pointer: &str, expected: &Value, actual: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(pointer, Some(expected), Some(actual), &mut found);
    found
}

/// The same for an error, of which only the fields that are expected are looked at. Types are compared in canonical form.
pub fn error_differences(
    pointer: &str,
    expected: &Map<String, Value>,
    actual: Option<&Json>,
) -> Vec<Difference> {
    let actual = actual.map(Json::to_value);
    let Some(Value::Object(actual)) = actual else {
        let expected = Some(Value::Object(expected.clone()));
        return vec![Difference { pointer: pointer.to_owned(), expected, actual }];
    };
    let mut found = Vec::new();
    for (key, wanted) in expected {
        let is = actual.get(key);
        let same_type = key == "type" && same_type(wanted, is);
        if !same_type {
            compare(&below(pointer, key), Some(wanted), is, &mut found);
        }
    }
    found
}

fn same_type(expected: &Value, actual: Option<&Value>) -> bool {
    match (expected.as_str(), actual.and_then(Value::as_str)) {
        (Some(expected), Some(actual)) => canonical_type(expected) == canonical_type(actual),
        _ => false,
    }
}

fn compare(pointer: &str, expected: Option<&Value>, actual: Option<&Value>, found: &mut Vec<Difference>) {
    if found.len() >= TRIAL_DIFFERENCES_MAX {
        return;
    }
    match (expected, actual) {
        (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
            for (key, value) in expected {
                compare(&below(pointer, key), Some(value), actual.get(key), found);
            }
            for (key, value) in actual.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                compare(&below(pointer, key), None, Some(value), found);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
            for index in 0..expected.len().max(actual.len()) {
                let pointer = format!("{pointer}/{index}");
                compare(&pointer, expected.get(index), actual.get(index), found);
            }
        }
        (Some(Value::Number(a)), Some(Value::Number(b))) if a == b || a.as_f64() == b.as_f64() => {}
        (expected, actual) if expected == actual => {}
        (expected, actual) => found.push(Difference {
            pointer: pointer.to_owned(),
            expected: expected.cloned(),
            actual: actual.cloned(),
        }),
    }
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(expected: &Value, actual: &Value) -> Vec<String> {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        let found = differences("/expect/output", expected, actual);
        found.iter().map(|d| format!("{} {} {}", d.pointer, text(&d.expected), text(&d.actual))).collect()
    }

    #[test]
    fn equal_values_do_not_differ() {
        let value = json!({"a": [1, {"b": null}], "c": "x"});
        assert_eq!(shown(&value, &value), [""; 0]);
        assert_eq!(shown(&json!({"a": 1, "b": 2}), &json!({"b": 2.0, "a": 1})), [""; 0]);
    }

    #[test]
    fn each_place_is_named() {
        let expected = json!({"total": 3, "items": [1, 2], "gone": true, "a/b": "x"});
        let actual = json!({"total": 4, "items": [1, 2, 3], "new": null, "a/b": "y"});
        assert_eq!(
            shown(&expected, &actual),
            [
                "/expect/output/total 3 4",
                "/expect/output/items/2 - 3",
                "/expect/output/gone true -",
                "/expect/output/a~1b \"x\" \"y\"",
                "/expect/output/new - null",
            ]
        );
    }

    #[test]
    fn only_expected_fields_of_an_error_matter_and_types_are_canonical() {
        let actual = Json::from_value(&json!({
            "type": "https://open-workflow-specification.org/spec/1.0.0/errors/communication",
            "status": 503, "title": "Communication Error", "instance": "/do/0/charge",
        }));
        let expect = |expected: Value| {
            error_differences("/expect/error", expected.as_object().unwrap(), Some(&actual))
                .into_iter()
                .map(|d| d.pointer)
                .collect::<Vec<_>>()
        };
        let other_host = "https://serverlessworkflow.io/spec/1.0.0/errors/communication";
        assert_eq!(expect(json!({"type": other_host, "status": 503})), [""; 0]);
        assert_eq!(
            expect(json!({"status": 500, "detail": "x"})),
            ["/expect/error/status", "/expect/error/detail"]
        );
        assert_eq!(error_differences("/e", json!({"status": 1}).as_object().unwrap(), None).len(), 1);
    }

    #[test]
    fn differences_are_capped() {
        let [a, b] = [1, 2].map(|n| json!(vec![n; 1_000]));
        assert_eq!(differences("", &a, &b).len(), TRIAL_DIFFERENCES_MAX);
    }
}

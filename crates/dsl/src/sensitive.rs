//! `metadata.sensitive`: which values are masked wherever they are shown, and the masking itself.
//!
//! A pointer is tried against every payload: the input, the context, outputs, what tasks take and give. `*` stands for
//! every key or index. What a pointer finds in one payload is masked by its value in all others too, also inside of
//! texts, because data moves and errors quote it. Deliberately absent: who may see the values, which the server decides.

use crate::json::Json;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What stands where a value is masked.
pub const MASK: &str = "***";
/// Values with fewer characters are masked only where a pointer finds them: they would be found by chance.
const VALUE_CHARS_MIN: usize = 4;

/// The pointers of a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sensitive {
    pointers: Arc<[Vec<String>]>,
}

impl Sensitive {
    /// Of JSON pointers (RFC 6901).
    pub fn of<'p>(pointers: impl IntoIterator<Item = &'p str>) -> Self {
        let segments = |pointer: &str| {
            let parts = pointer.split('/').skip(1);
            parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
        };
        Self { pointers: pointers.into_iter().map(segments).collect() }
    }

    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.pointers.is_empty()
    }

    /// The masks of an execution, some of whose payloads are known.
    pub fn masks<'j>(&self, known: impl IntoIterator<Item = &'j Json>) -> Masks {
        let mut masks = Masks { sensitive: self.clone(), values: BTreeSet::new() };
        if !self.is_empty() {
            for payload in known {
                masks.learn(payload);
            }
        }
        masks
    }
}

/// What is masked in one execution: by place, and by value.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    sensitive: Sensitive,
    /// Texts of sensitive values.
    values: BTreeSet<String>,
}

impl Masks {
    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.sensitive.is_empty()
    }

    /// Takes the sensitive values of one more payload.
    pub fn learn(&mut self, payload: &Json) {
        if self.sensitive.is_empty() {
            return;
        }
        let mut payload = payload.to_value();
        for pointer in self.sensitive.pointers.iter() {
            visit(&mut payload, pointer, &mut |value| collect(value, &mut self.values));
        }
    }

    /// A payload with everything sensitive masked.
    pub fn json(&self, payload: &Json) -> Json {
        if self.sensitive.is_empty() {
            return payload.clone();
        }
        let mut value = payload.to_value();
        for pointer in self.sensitive.pointers.iter() {
            visit(&mut value, pointer, &mut |found| *found = Value::from(MASK));
        }
        self.by_value(&mut value);
        Json::from_value(&value)
    }

    /// A text with every sensitive value in it masked.
    pub fn text(&self, text: &str) -> String {
        // The longest first: a value may be part of another one.
        let mut values: Vec<&String> =
            self.values.iter().filter(|value| text.contains(value.as_str())).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.into_iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), MASK))
    }

    /// Whether a value is one of the sensitive ones.
    pub fn is_sensitive(&self, value: &Json) -> bool {
        self.json(value) != *value
    }

    fn by_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let masked = self.text(text);
                if masked != *text {
                    *text = masked;
                }
            }
            Value::Number(number) => {
                if self.values.contains(&number.to_string()) {
                    *value = Value::from(MASK);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.by_value(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.by_value(item)),
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// Calls `found` for each value that a pointer leads to.
fn visit(value: &mut Value, pointer: &[String], found: &mut dyn FnMut(&mut Value)) {
    let Some((first, rest)) = pointer.split_first() else { return found(value) };
    match value {
        Value::Object(map) if first == "*" => map.values_mut().for_each(|item| visit(item, rest, found)),
        Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| visit(item, rest, found)),
        Value::Object(map) => {
            if let Some(item) = map.get_mut(first) {
                visit(item, rest, found);
            }
        }
        Value::Array(items) => {
            if let Some(item) = first.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                visit(item, rest, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The texts and numbers inside of a value that are long enough to be found again.
fn collect(value: &Value, values: &mut BTreeSet<String>) {
    let mut add = |text: String| {
        if text.chars().count() >= VALUE_CHARS_MIN && text != MASK {
            values.insert(text);
        }
    };
    match value {
        Value::String(text) => add(text.clone()),
        Value::Number(number) => add(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, values)),
        Value::Object(map) => map.values().for_each(|item| collect(item, values)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn masked(pointers: &[&str], known: &Value, payload: &Value) -> Value {
        let sensitive = Sensitive::of(pointers.iter().copied());
        let known = [Json::from_value(known)];
        sensitive.masks(&known).json(&Json::from_value(payload)).to_value()
    }

    #[test]
    fn what_a_pointer_finds_is_masked() {
        let payload = json!({"card": {"number": "4111", "name": "Ada"}, "total": 3});
        assert_eq!(
            masked(&["/card/number"], &json!({}), &payload),
            json!({"card": {"number": "***", "name": "Ada"}, "total": 3})
        );
        assert_eq!(masked(&["/card"], &json!({}), &payload), json!({"card": "***", "total": 3}));
        assert_eq!(masked(&["/none/at/all", "/total/x"], &json!({}), &payload), payload);
        assert_eq!(masked(&[""], &json!({}), &payload), json!("***"), "the empty pointer is the whole");
    }

    #[test]
    fn a_star_is_every_key_and_every_index() {
        let payload = json!({"cards": [{"pin": 1}, {"pin": 2, "name": "x"}], "by": {"a": {"pin": 3}}});
        assert_eq!(
            masked(&["/cards/*/pin", "/by/*/pin"], &json!({}), &payload),
            json!({"cards": [{"pin": "***"}, {"pin": "***", "name": "x"}], "by": {"a": {"pin": "***"}}})
        );
        assert_eq!(masked(&["/cards/1/pin"], &json!({}), &payload)["cards"][0]["pin"], 1);
    }

    #[test]
    fn keys_with_slashes_are_escaped() {
        assert_eq!(
            masked(&["/a~1b/c~0d"], &json!({}), &json!({"a/b": {"c~d": 1}})),
            json!({"a/b": {"c~d": "***"}})
        );
    }

    #[test]
    fn a_value_is_masked_wherever_it_went() {
        let input = json!({"card": {"number": "4111-1111", "pin": 98765}, "name": "Ada"});
        let moved = json!({"paidWith": "card 4111-1111 of Ada", "code": 98765, "list": ["4111-1111"]});
        assert_eq!(
            masked(&["/card"], &input, &moved),
            json!({"paidWith": "card *** of Ada", "code": "***", "list": ["***"]})
        );
        let sensitive = Sensitive::of(["/card"]);
        let known = [Json::from_value(&input)];
        assert_eq!(
            sensitive.masks(&known).text("the bank refuses 4111-1111 (pin 98765)"),
            "the bank refuses *** (pin ***)"
        );
    }

    #[test]
    fn a_short_value_is_masked_only_in_its_place() {
        let input = json!({"pin": 12, "letter": "a", "flag": true});
        assert_eq!(
            masked(
                &["/pin", "/letter", "/flag"],
                &input,
                &json!({"count": 12, "text": "banana", "flag": true})
            ),
            json!({"count": 12, "text": "banana", "flag": "***"})
        );
    }

    #[test]
    fn the_longest_value_goes_first() {
        let input = json!({"a": "secret", "b": "secret-and-more"});
        assert_eq!(masked(&["/a", "/b"], &input, &json!("x secret-and-more y secret")), json!("x *** y ***"));
    }

    #[test]
    fn without_pointers_nothing_changes() {
        let sensitive = Sensitive::default();
        let payload = Json::parse(r#"{"b": 1.50, "a": 1}"#).unwrap();
        assert_eq!(sensitive.masks([&payload]).json(&payload).text(), payload.text());
    }
}

//! Search attributes in the index of labels: typed values as texts that sort like the values.
//!
//! An attribute is a label whose name starts with a character that no label of a client can have. So every backend that
//! finds executions by labels finds them by attributes, also by ranges. Deliberately absent: where values come from.

use crate::records::ExecutionRow;
use std::sync::Arc;
use tenure_types::Timestamp;

/// In front of an attribute's name.
const MARK: char = '\u{1}';
/// The label that says until when an execution that has ended is kept.
pub const EXPIRES: &str = "\u{2}expires";

/// A value by which executions are found.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// A text.
    Text(Arc<str>),
    /// A number.
    Number(f64),
    /// A boolean.
    Bool(bool),
    /// An instant.
    Time(Timestamp),
}

impl AttributeValue {
    /// Of a text: one that is an RFC 3339 instant is a time.
    pub fn of_text(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Text(text.into()), Self::Time)
    }

    /// The text that is stored: its first character is the type, and texts of one type sort like their values.
    pub fn encode(&self) -> String {
        match self {
            Self::Text(text) => format!("s{text}"),
            Self::Number(number) => format!("n{:016x}", sortable(*number)),
            Self::Bool(value) => format!("b{}", u8::from(*value)),
            Self::Time(at) => format!("t{:016x}", at.0),
        }
    }

    /// The value of a stored text.
    pub fn decode(text: &str) -> Option<Self> {
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        match text.split_at_checked(1)? {
            ("s", text) => Some(Self::Text(text.into())),
            ("n", text) => hex(text).map(|bits| Self::Number(number(bits))),
            ("b", text) => Some(Self::Bool(text == "1")),
            ("t", text) => hex(text).map(|ms| Self::Time(Timestamp(ms))),
            _ => None,
        }
    }
}

/// Bits that sort like the number: the sign's complement, and all of a negative one's.
fn sortable(number: f64) -> u64 {
    // Both zeros are the same number.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn number(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

/// The name of the label that holds an attribute.
pub fn label(name: &str) -> String {
    format!("{MARK}{name}")
}

/// The client's labels of a row, without what is kept among them.
pub fn labels(row: &ExecutionRow) -> impl Iterator<Item = (&str, &str)> {
    let own = |name: &str| name.starts_with([MARK, '\u{2}']);
    row.labels.iter().filter(move |(name, _)| !own(name)).map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The attributes of a row.
pub fn attributes(row: &ExecutionRow) -> impl Iterator<Item = (&str, AttributeValue)> {
    row.labels
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(MARK)?, AttributeValue::decode(value)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_numbers_sort_like_the_numbers() {
        let numbers = [f64::MIN, -1e9, -2.5, -1.0, -1e-9, 0.0, 1e-9, 1.0, 2.0, 10.0, 1e9, f64::MAX];
        let texts: Vec<String> = numbers.iter().map(|n| AttributeValue::Number(*n).encode()).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(AttributeValue::Number(-0.0).encode(), AttributeValue::Number(0.0).encode());
    }

    #[test]
    fn every_value_comes_back() {
        let values = [
            AttributeValue::Text("".into()),
            AttributeValue::Text("sé\u{1}x".into()),
            AttributeValue::Number(-12.5),
            AttributeValue::Number(0.0),
            AttributeValue::Bool(true),
            AttributeValue::Bool(false),
            AttributeValue::Time(Timestamp(1_764_000_000_123)),
        ];
        for value in values {
            assert_eq!(AttributeValue::decode(&value.encode()), Some(value));
        }
        for text in ["", "x1", "nzz", "é"] {
            assert_eq!(AttributeValue::decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_an_instant_is_a_time() {
        assert_eq!(
            AttributeValue::of_text("2025-11-24T17:00:00.123+01:00"),
            AttributeValue::Time(Timestamp(1_764_000_000_123))
        );
        assert_eq!(AttributeValue::of_text("tomorrow"), AttributeValue::Text("tomorrow".into()));
    }
}

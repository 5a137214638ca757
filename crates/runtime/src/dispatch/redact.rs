//! Takes secrets out of what comes back: a service may repeat what it was sent, and whatever it answers is stored.
//!
//! Each value is looked for as it is and as it is usually written: percent-encoded (with either case of digits, and with
//! `+` for a space), in base 64, within JSON (with and without `\/` and `\u00e4`). Deliberately
//! absent: values shorter than [`REDACTED_BYTES_MIN`] and values that are JSON by themselves (`1234`, `true`): whatever
//! contains them by chance would be damaged.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::{MASK, percent_encode};
use tenure_engine::execution::{Answer, CallOutcome};

/// Bytes of the shortest value that is taken out of answers.
pub const REDACTED_BYTES_MIN: usize = 4;

/// The values that a call has used. It does not show itself.
#[derive(Default)]
pub(super) struct Redactor {
    /// The longest first, so that no part of one is left over.
    patterns: Vec<String>,
}

impl Redactor {
    /// Takes note of a value.
    pub(super) fn add(&mut self, value: &str) {
        if value.len() < REDACTED_BYTES_MIN || is_literal(value) {
            return;
        }
        for pattern in writings(value) {
            if !self.patterns.contains(&pattern) {
                self.patterns.push(pattern);
            }
        }
        self.patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.len()));
    }

    /// Takes note of every text in a value.
    pub(super) fn add_all(&mut self, value: &Json) {
        if let Some(text) = value.as_str() {
            self.add(text);
        } else if let Some(items) = value.items() {
            for item in &items {
                self.add_all(item);
            }
        } else if let Some(entries) = value.entries() {
            for (_, value) in &entries {
                self.add_all(value);
            }
        }
    }

    /// The outcome with a mask for every value.
    pub(super) fn outcome(&self, outcome: CallOutcome) -> CallOutcome {
        if self.patterns.is_empty() {
            return outcome;
        }
        match outcome {
            CallOutcome::Answered(answer) => CallOutcome::Answered(self.answer(answer)),
            CallOutcome::NotSent { cause, detail } => {
                CallOutcome::NotSent { cause, detail: self.text(&detail).into() }
            }
            CallOutcome::Refused { detail } => CallOutcome::Refused { detail: self.text(&detail).into() },
            CallOutcome::Unknown { cause, detail } => {
                CallOutcome::Unknown { cause, detail: self.text(&detail).into() }
            }
        }
    }

    fn answer(&self, mut answer: Answer) -> Answer {
        for (_, value) in &mut answer.headers {
            *value = self.text(value);
        }
        answer.body = match String::from_utf8(answer.body) {
            Ok(text) => self.text(&text).into_bytes(),
            Err(error) => self.bytes(error.into_bytes()),
        };
        answer
    }

    fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for pattern in &self.patterns {
            if out.contains(pattern) {
                out = out.replace(pattern, MASK);
            }
        }
        out
    }

    fn bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for pattern in self.patterns.iter().map(String::as_bytes) {
            let mut from = 0;
            while let Some(at) = bytes[from..].windows(pattern.len()).position(|part| part == pattern) {
                let at = from + at;
                bytes.splice(at..at + pattern.len(), MASK.bytes());
                from = at + MASK.len();
            }
        }
        bytes
    }
}

/// The usual ways to write a value.
fn writings(value: &str) -> Vec<String> {
    let mut encoded = String::new();
    percent_encode(&mut encoded, value);
    let quoted = Json::string(value);
    let quoted = quoted.text();
    let inner = &quoted[1..quoted.len() - 1];
    let ascii: String = inner.chars().map(|c| if c.is_ascii() { c.into() } else { escaped(c) }).collect();
    vec![
        value.to_owned(),
        encoded.replace("%20", "+"),
        lower_digits(&encoded),
        lower_digits(&encoded).replace("%20", "+"),
        encoded,
        inner.replace('/', "\\/"),
        ascii.replace('/', "\\/"),
        ascii,
        inner.to_owned(),
        STANDARD.encode(value),
        URL_SAFE_NO_PAD.encode(value),
    ]
}

/// `%2F` as `%2f`.
fn lower_digits(encoded: &str) -> String {
    let mut digits = 0;
    let lowered = encoded.chars().map(|c| {
        digits = if c == '%' { 2 } else { i32::max(digits - 1, -1) };
        if (0..2).contains(&digits) { c.to_ascii_lowercase() } else { c }
    });
    lowered.collect()
}

/// A character as JSON can write it in ASCII.
fn escaped(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
}

/// Whether the text is a JSON value without quotes: masking it would make JSON that is none.
fn is_literal(text: &str) -> bool {
    Json::parse(text).is_ok_and(|value| matches!(value.kind_name(), "null" | "boolean" | "number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(values: &[&str], body: &[u8]) -> Vec<u8> {
        let mut redactor = Redactor::default();
        for value in values {
            redactor.add(value);
        }
        let headers = vec![("x".to_owned(), String::from_utf8_lossy(body).into_owned())];
        let answer = Answer { status: 200, headers, body: body.to_vec(), truncated: false };
        match redactor.outcome(CallOutcome::Answered(answer)) {
            CallOutcome::Answered(answer) => answer.body,
            other => panic!("{other:?}"),
        }
    }

    fn text(values: &[&str], body: &str) -> String {
        String::from_utf8(redacted(values, body.as_bytes())).unwrap()
    }

    #[test]
    fn a_value_is_masked_in_every_usual_writing() {
        let secret = "p\"a/ss+wörd";
        let encoded = "p%22a%2Fss%2Bw%C3%B6rd";
        let base = STANDARD.encode(secret);
        let body = format!("{{\"a\":\"p\\\"a/ss+wörd\",\"b\":\"{encoded}\",\"c\":\"{base}\",\"d\":1}}");
        assert_eq!(text(&[secret], &body), r#"{"a":"***","b":"***","c":"***","d":1}"#);
        for written in [r#"p\"a\/ss+w\u00f6rd"#, r#"p\"a/ss+w\u00f6rd"#, "p%22a%2fss%2bw%c3%b6rd"] {
            assert_eq!(text(&[secret], written), "***", "{written}");
        }
        assert_eq!(text(&["a long AE"], "a+long+AE a%20long%20AE"), "*** ***");
    }

    #[test]
    fn a_longer_value_goes_before_a_part_of_it() {
        assert_eq!(text(&["pass", "password"], "password pass"), "*** ***");
    }

    #[test]
    fn what_would_damage_an_answer_stays() {
        assert_eq!(
            text(&["12345", "true", "abc", ""], r#"{"n":12345,"b":true,"t":"abc"}"#),
            r#"{"n":12345,"b":true,"t":"abc"}"#
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_masked_too() {
        assert_eq!(redacted(&["hunter2"], b"\xffhunter2\xffhunter2"), b"\xff***\xff***");
    }

    #[test]
    fn details_are_masked() {
        let mut redactor = Redactor::default();
        redactor.add("hunter2");
        let outcome = CallOutcome::Unknown { cause: "reset".into(), detail: "at hunter2".into() };
        let masked = CallOutcome::Unknown { cause: "reset".into(), detail: "at ***".into() };
        assert_eq!(redactor.outcome(outcome), masked);
    }
}

//! JSON bodies: bounded in depth before they are parsed, and errors with the place where they are.

use crate::app::Error;
use serde::de::DeserializeOwned;
use tenure_api::{Code, ProblemItem};
use tenure_types::limits::NESTING_MAX;

/// Levels that a request puts around a payload.
const ENVELOPE_LEVELS: usize = 4;

/// Parses a body.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    read(body, |error| refuse::<T>(body, error))
}

/// Parses a body that may hold what must not be repeated: an error has its place and what would have fitted (`shape`),
/// and no word of the body, not even the name of a field.
pub(crate) fn parse_unquoted<T: DeserializeOwned>(body: &[u8], shape: &str) -> Result<T, Error> {
    read(body, |error| {
        if error.is_data() {
            let detail = format!("the body does not fit: it must be {shape}");
            let item = ProblemItem { detail: detail.clone(), ..place(error) };
            Error::refused(Code::InvalidBody, detail).with_errors(vec![item])
        } else {
            malformed(error)
        }
    })
}

fn read<T: DeserializeOwned>(
    body: &[u8],
    refuse: impl FnOnce(&serde_json::Error) -> Error,
) -> Result<T, Error> {
    if deeper_than(body, NESTING_MAX + ENVELOPE_LEVELS) {
        let detail = format!("the body nests deeper than its limit of {NESTING_MAX} levels (nestingMax)");
        return Err(Error::refused(Code::TooDeep, detail));
    }
    serde_json::from_slice(body).map_err(|error| refuse(&error))
}

fn refuse<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> Error {
    if !error.is_data() {
        return malformed(error);
    }
    let message = without_place(error);
    let item = ProblemItem { pointer: Some(pointer::<T>(body)), detail: message.clone(), ..place(error) };
    Error::refused(Code::InvalidBody, format!("the body does not fit: {message}")).with_errors(vec![item])
}

/// What the parser says about broken JSON has no word of the text.
fn malformed(error: &serde_json::Error) -> Error {
    let item = ProblemItem { detail: without_place(error), ..place(error) };
    Error::refused(Code::MalformedBody, format!("the body is not JSON: {error}")).with_errors(vec![item])
}

fn place(error: &serde_json::Error) -> ProblemItem {
    ProblemItem {
        line: u32::try_from(error.line()).ok(),
        column: u32::try_from(error.column()).ok(),
        ..ProblemItem::default()
    }
}

/// Reads the body once more to find the path to the error: errors are rare, and the good case stays fast.
fn pointer<T: DeserializeOwned>(body: &[u8]) -> String {
    use serde_path_to_error::Segment;
    let deserializer = &mut serde_json::Deserializer::from_slice(body);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(deserializer) else { return String::new() };
    let mut pointer = String::new();
    for segment in error.path() {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&name);
    }
    pointer
}

/// The parser appends line and column, which have fields of their own.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// Whether a text nests deeper than `limit`: one pass, no recursion, no judgement about anything else.
pub(crate) fn deeper_than(text: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_api::{Problem, StartWorkflow};

    fn problem(body: &str) -> Problem {
        parse::<StartWorkflow>(body.as_bytes()).expect_err("the body is wrong").into()
    }

    #[test]
    fn malformed_json_is_refused_with_line_and_column() {
        let problem = problem("{\"workflow\":\n  {\"name\" \"x\"}}");
        assert_eq!((problem.code.as_str(), problem.status), ("API-0001", 400));
        assert_eq!((problem.errors[0].line, problem.errors[0].column), (Some(2), Some(11)));
        assert_eq!(problem.errors[0].detail, "expected `:`");
    }

    #[test]
    fn a_cut_off_body_is_malformed() {
        assert_eq!(problem("{\"workflow\":").code, "API-0001");
        assert_eq!(problem("").code, "API-0001");
        assert_eq!(problem("{} {}").status, 400);
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_place() {
        let problem = problem(r#"{"workflow":{"namespace":"a","name":"b","verison":"1"}}"#);
        assert_eq!(problem.code, "API-0002");
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/workflow/verison"));
        let expected = "unknown field `verison`, expected one of `namespace`, `name`, `version`";
        assert_eq!(problem.errors[0].detail, expected);
    }

    #[test]
    fn a_field_of_the_wrong_type_is_refused_with_its_place() {
        let problem = problem(r#"{"workflow":{"namespace":"a","name":7}}"#);
        assert_eq!(problem.code, "API-0002");
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/workflow/name"));
    }

    #[test]
    fn a_field_that_occurs_twice_is_refused() {
        let problem = problem(r#"{"workflow":{"namespace":"a","name":"b"},"key":"x","key":"y"}"#);
        assert_eq!(problem.code, "API-0002");
        assert_eq!(problem.errors[0].detail, "duplicate field `key`");
    }

    #[test]
    fn an_unquoted_refusal_has_no_word_of_the_body() {
        let bodies = [
            "\"hunter2\"",
            r#"{"hunter2":1}"#,
            r#"{"value":1,"hunter2":2}"#,
            r#"{"value":hunter2}"#,
            "hunter2",
        ];
        for body in bodies {
            let refused = parse_unquoted::<tenure_api::PutSecret>(body.as_bytes(), "an object with `value`");
            let problem: Problem = refused.expect_err("the body is wrong").into();
            let shown = serde_json::to_string(&problem).unwrap();
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(problem.errors[0].line, Some(1));
        }
    }

    /// P2 of the attack table: a million levels cost one pass over the bytes.
    #[test]
    fn deep_nesting_is_refused_before_it_is_parsed() {
        let deep =
            format!(r#"{{"workflow":{{"namespace":"a","name":"b"}},"input":{}}}"#, "[".repeat(1_000_000));
        let problem = problem(&deep);
        assert_eq!(problem.code, "API-0004");
        assert!(problem.detail.contains("64"), "{}", problem.detail);
    }

    #[test]
    fn brackets_in_texts_do_not_count_as_nesting() {
        let text = format!("[\"{}\\\"{}\"]", "[".repeat(100), "{".repeat(100));
        assert!(!deeper_than(text.as_bytes(), 1));
        assert!(deeper_than(b"[[1]]", 1));
        assert!(!deeper_than(b"[1],[1]", 1));
    }
}

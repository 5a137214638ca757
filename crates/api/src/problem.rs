//! RFC 9457 problems: the one shape of every error answer.

use crate::code::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text, the same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time, and what to do about it.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// The error code, such as `API-0001`; explained in the documentation.
    pub code: String,
    /// What ties this answer to the server's logs and audit events.
    pub correlation_id: String,
    /// Whether the same request may succeed later without any change.
    pub retryable: bool,
    /// Each single thing that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemItem>,
}

/// One thing that is wrong with a body or a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemItem {
    /// JSON pointer into the body; empty for the whole of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Line in the text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in the text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The rule's code, such as `DEF-0020`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Problem {
    /// A problem with a code; path and correlation id are filled in by whoever answers the request.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: code.uri().to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            instance: String::new(),
            code: code.as_str().to_owned(),
            correlation_id: String::new(),
            retryable: code.retryable(),
            errors: Vec::new(),
        }
    }

    /// The same problem with the single things that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<ProblemItem>) -> Self {
        self.errors = errors;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_fields_of_the_contract() {
        let mut problem = Problem::new(Code::MalformedBody, "expected `}`");
        problem.instance = "/v1/workflows/start".into();
        problem.correlation_id = "c-1".into();
        problem.errors =
            vec![ProblemItem { line: Some(1), column: Some(9), detail: "x".into(), ..Default::default() }];
        let value = serde_json::to_value(&problem).expect("a problem is JSON");
        let expected = serde_json::json!({
            "type": "urn:tenure:error:API-0001", "title": "Malformed body", "status": 400, "detail": "expected `}`",
            "instance": "/v1/workflows/start", "code": "API-0001", "correlationId": "c-1", "retryable": false,
            "errors": [{ "line": 1, "column": 9, "detail": "x" }],
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn errors_are_left_out_when_there_are_none() {
        let value = serde_json::to_value(Problem::new(Code::NotFound, "no")).expect("a problem is JSON");
        assert!(value.get("errors").is_none());
    }
}

//! The DSL's error (RFC 9457 Problem Details), its standard types, and when two types are the same.

use crate::json::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// What the standard types start with when the engine raises them.
pub const STANDARD_PREFIX: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/";

/// The type of an error in the definition's configuration.
pub const CONFIGURATION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/configuration";
/// The type of an error in data that a schema refuses.
pub const VALIDATION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/validation";
/// The type of an error in an expression.
pub const EXPRESSION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/expression";
/// The type of an error in proving an identity.
pub const AUTHENTICATION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/authentication";
/// The type of an error about what an identity may do.
pub const AUTHORIZATION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/authorization";
/// The type of an error about time that ran out.
pub const TIMEOUT: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/timeout";
/// The type of an error in talking to a service.
pub const COMMUNICATION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/communication";
/// The type of any other error at run time.
pub const RUNTIME: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/runtime";

/// An error that an execution can raise, catch and fault with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// A URI that names the kind of error.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status that describes it best.
    pub status: u16,
    /// A short text, the same for all errors of the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What happened this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// JSON pointer of the task that raised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Error {
    /// An error of a type, without title, detail and instance.
    pub fn new(kind: impl Into<String>, status: u16) -> Self {
        Self { kind: kind.into(), status, title: None, detail: None, instance: None }
    }

    /// The definition asks for something that cannot be: 400.
    pub fn configuration(detail: impl Into<String>) -> Self {
        Self::standard(CONFIGURATION, 400, "Configuration Error", detail)
    }

    /// A schema refused data: 400.
    pub fn validation(detail: impl Into<String>) -> Self {
        Self::standard(VALIDATION, 400, "Validation Error", detail)
    }

    /// An expression failed: 400.
    pub fn expression(detail: impl Into<String>) -> Self {
        Self::standard(EXPRESSION, 400, "Expression Error", detail)
    }

    /// An identity could not be proven: 401.
    pub fn authentication(detail: impl Into<String>) -> Self {
        Self::standard(AUTHENTICATION, 401, "Authentication Error", detail)
    }

    /// An identity may not do this: 403.
    pub fn authorization(detail: impl Into<String>) -> Self {
        Self::standard(AUTHORIZATION, 403, "Authorization Error", detail)
    }

    /// Time ran out: 408.
    pub fn timeout(detail: impl Into<String>) -> Self {
        Self::standard(TIMEOUT, 408, "Timeout Error", detail)
    }

    /// Talking to a service failed, with the status that describes it best.
    pub fn communication(status: u16, detail: impl Into<String>) -> Self {
        Self::standard(COMMUNICATION, status, "Communication Error", detail)
    }

    /// Anything else failed: 500.
    pub fn runtime(detail: impl Into<String>) -> Self {
        Self::standard(RUNTIME, 500, "Runtime Error", detail)
    }

    /// The same error, raised by this task.
    #[must_use]
    pub fn at(mut self, instance: &str) -> Self {
        self.instance = Some(instance.to_owned());
        self
    }

    /// As expressions see it.
    pub fn to_json(&self) -> Json {
        Json::from_value(&serde_json::to_value(self).expect("texts and a number are JSON"))
    }

    /// From what [`Error::to_json`] made; `None` when it is none such.
    pub fn from_json(value: &Json) -> Option<Self> {
        let value: Value = value.to_value();
        serde_json::from_value(value).ok()
    }

    fn standard(kind: &str, status: u16, title: &str, detail: impl Into<String>) -> Self {
        let (title, detail) = (Some(title.to_owned()), Some(detail.into()));
        Self { kind: kind.to_owned(), status, title, detail, instance: None }
    }
}

/// The form in which types are compared: `std:X` for every spelling of a standard type, any other type as it is.
///
/// The specification has moved hosts and its conformance kit uses a path of its own, so that the same type has several
/// spellings: `https://serverlessworkflow.io/spec/1.0.0/errors/timeout` is `std:timeout`, and so is
/// `https://open-workflow-specification.org/dsl/errors/types/timeout`.
pub fn canonical_type(kind: &str) -> Cow<'_, str> {
    standard_name(kind).map_or(Cow::Borrowed(kind), |name| Cow::Owned(format!("std:{name}")))
}

fn standard_name(kind: &str) -> Option<&str> {
    let rest = kind.strip_prefix("https://").or_else(|| kind.strip_prefix("http://"))?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let (host, path) = rest.split_once('/')?;
    if !matches!(
        host,
        "serverlessworkflow.io" | "serverlessworkflow.io.io" | "open-workflow-specification.org"
    ) {
        return None;
    }
    let versioned = || {
        let (version, name) = path.strip_prefix("spec/")?.split_once("/errors/")?;
        (!version.is_empty() && !version.contains('/')).then_some(name)
    };
    path.strip_prefix("dsl/errors/types/").or_else(versioned).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_of_a_standard_type_is_the_same() {
        for kind in [
            TIMEOUT,
            "https://open-workflow-specification.org/spec/1.0.3/errors/timeout",
            "https://open-workflow-specification.org/dsl/errors/types/timeout",
            "http://open-workflow-specification.org/spec/1.0.0-alpha5/errors/timeout",
            "https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
            "https://www.serverlessworkflow.io/dsl/errors/types/timeout",
            "https://serverlessworkflow.io.io/spec/1.0.0/errors/timeout",
        ] {
            assert_eq!(canonical_type(kind), "std:timeout", "{kind}");
        }
    }

    #[test]
    fn other_types_stay_as_they_are() {
        for kind in [
            "https://open-workflow-specification.org/errors/types/compliance",
            "https://example.com/spec/1.0.0/errors/timeout",
            "https://open-workflow-specification.org/spec/1/2/errors/timeout",
            "https://open-workflow-specification.org/spec/1.0.0/errors/",
            "ftp://serverlessworkflow.io/spec/1.0.0/errors/timeout",
            "std:timeout",
            "",
        ] {
            assert_eq!(canonical_type(kind), kind);
        }
    }

    #[test]
    fn json_form_round_trips_and_leaves_out_what_is_absent() {
        let error = Error::new("https://example.com/broken", 503);
        assert_eq!(error.to_json().to_value(), json!({"type": "https://example.com/broken", "status": 503}));
        let full = Error::timeout("the task took longer than 5 s").at("/do/0/charge");
        assert_eq!(Error::from_json(&full.to_json()), Some(full));
        assert_eq!(Error::from_json(&Json::from_value(&json!({"status": 1}))), None);
    }

    #[test]
    fn standard_errors_have_the_status_of_the_specification() {
        let all = [
            (Error::configuration(""), "configuration", 400),
            (Error::validation(""), "validation", 400),
            (Error::expression(""), "expression", 400),
            (Error::authentication(""), "authentication", 401),
            (Error::authorization(""), "authorization", 403),
            (Error::timeout(""), "timeout", 408),
            (Error::communication(404, ""), "communication", 404),
            (Error::runtime(""), "runtime", 500),
        ];
        for (error, name, status) in all {
            assert_eq!((error.kind, error.status), (format!("{STANDARD_PREFIX}{name}"), status));
        }
    }
}

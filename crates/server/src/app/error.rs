//! What a use case can end with instead of a result, and the one place that chooses codes and statuses.

use std::fmt;
use tenure_api::{Code, Problem, ProblemItem};
use tenure_dsl::Diagnostic;
use tenure_engine::execution::Rejected;
use tenure_runtime as runtime;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum Error {
    /// The request is at fault, or the state of what it is about.
    Refused { code: Code, detail: String, errors: Vec<ProblemItem> },
    /// The runtime did not do it.
    Runtime(runtime::Error),
}

impl Error {
    /// A refusal.
    pub(crate) fn refused(code: Code, detail: impl Into<String>) -> Self {
        Self::Refused { code, detail: detail.into(), errors: Vec::new() }
    }

    /// The one answer to whatever is not there or not the caller's: nothing in it depends on which of the two.
    pub(crate) fn not_found() -> Self {
        Self::refused(Code::NotFound, "there is no such thing in this tenant")
    }

    /// A parameter that is not valid.
    pub(crate) fn parameter(detail: impl Into<String>) -> Self {
        Self::refused(Code::InvalidParameter, detail)
    }

    /// A body that is not valid.
    pub(crate) fn body(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let item =
            ProblemItem { pointer: Some(pointer.into()), detail: detail.clone(), ..ProblemItem::default() };
        Self::refused(Code::InvalidBody, format!("the body does not fit: {detail}")).with_errors(vec![item])
    }

    /// The same with the single things that are wrong.
    pub(crate) fn with_errors(mut self, items: Vec<ProblemItem>) -> Self {
        if let Self::Refused { errors, .. } = &mut self {
            *errors = items;
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { detail, .. } => f.write_str(detail),
            Self::Runtime(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl From<runtime::Error> for Error {
    fn from(error: runtime::Error) -> Self {
        Self::Runtime(error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { code, detail, errors } => Self::new(code, detail).with_errors(errors),
            Error::Runtime(error) => runtime_problem(error),
        }
    }
}

fn runtime_problem(error: runtime::Error) -> Problem {
    use runtime::Error as E;
    match error {
        E::Invalid(diagnostics) => invalid_definition(&diagnostics),
        E::Taken => {
            let detail =
                "other content is registered under this namespace, name and version; a version never changes";
            Problem::new(Code::DefinitionTaken, detail)
        }
        E::Precondition => {
            Problem::new(Code::PreconditionFailed, "the version is not as `If-Match` says: read it again")
        }
        E::LimitReached(detail) => Problem::new(Code::LimitReached, detail),
        E::NotFound => Error::not_found().into(),
        E::Rejected(rejected) => rejected_problem(rejected),
        E::Busy => Problem::new(Code::Busy, "the server has too much under way"),
        E::Full => {
            Problem::new(Code::DiskFull, "the store's disk is full; new work is refused until there is room")
        }
        E::Unavailable(_) => Problem::new(Code::Unavailable, "the server cannot answer now"),
        E::Codec(_) | E::Store(_) => internal(&error),
    }
}

/// What happened is for the log: the answer gives nothing away but the correlation id.
fn internal(error: &runtime::Error) -> Problem {
    tracing::error!(error = %error, "a request failed");
    Problem::new(Code::Internal, "the server failed; its log has the details under the correlation id")
}

fn rejected_problem(rejected: Rejected) -> Problem {
    match rejected {
        Rejected::NotFound => Error::not_found().into(),
        Rejected::Ended(status) => {
            Problem::new(Code::WorkflowEnded, format!("the execution has ended: it is {status}"))
        }
        Rejected::InvalidInput(violations) => {
            let item = |(pointer, detail): (String, String)| {
                let pointer = Some(format!("/input{pointer}"));
                ProblemItem { pointer, detail, ..ProblemItem::default() }
            };
            let errors: Vec<ProblemItem> = violations.into_iter().map(item).collect();
            Problem::new(Code::InvalidInput, "the input does not fit the definition's schema")
                .with_errors(errors)
        }
        Rejected::KeyTaken(id) => {
            Problem::new(Code::KeyTaken, format!("the open execution `{id}` of this definition has the key"))
        }
        Rejected::Conflict(detail) => Problem::new(Code::StateConflict, detail),
        Rejected::Busy => Problem::new(Code::Busy, "the server has too much under way"),
        Rejected::TenantBusy => Problem::new(Code::TenantBusy, rejected.to_string()),
        Rejected::Held => Problem::new(Code::WorkflowHeld, rejected.to_string()),
    }
}

fn invalid_definition(diagnostics: &[Diagnostic]) -> Problem {
    // Nothing is wrong with it but that it may not run here.
    let forbidden = diagnostics.iter().all(|one| one.code == tenure_dsl::Code::SwitchedOff);
    let (code, detail) = match diagnostics {
        [one] if forbidden => (Code::SwitchedOff, one.message.clone()),
        many if forbidden => (Code::SwitchedOff, format!("{} tasks are not authorized here", many.len())),
        [one] => (Code::InvalidDefinition, format!("the definition is not valid: {}", one.message)),
        many => {
            (Code::InvalidDefinition, format!("the definition is not valid: {} rules are broken", many.len()))
        }
    };
    Problem::new(code, detail).with_errors(diagnostics.iter().map(item).collect())
}

/// A broken rule as an item of a problem.
pub(crate) fn item(diagnostic: &Diagnostic) -> ProblemItem {
    ProblemItem {
        pointer: Some(diagnostic.pointer.clone()),
        line: Some(diagnostic.line),
        column: Some(diagnostic.column),
        detail: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
        code: Some(diagnostic.code.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_types::{ExecutionId, Status};

    fn code(error: runtime::Error) -> (String, u16) {
        let problem = Problem::from(Error::from(error));
        (problem.code, problem.status)
    }

    #[test]
    fn each_error_of_the_runtime_has_its_code() {
        use runtime::Error as E;
        let cases = [
            (E::Taken, "API-0030", 409),
            (E::LimitReached("x".into()), "API-0039", 409),
            (E::NotFound, "API-0020", 404),
            (E::Precondition, "API-0038", 412),
            (E::Busy, "API-0060", 503),
            (E::Full, "API-0061", 503),
            (E::Unavailable("x".into()), "API-0062", 503),
            (E::Rejected(Rejected::NotFound), "API-0020", 404),
            (E::Rejected(Rejected::Ended(Status::Completed)), "API-0032", 409),
            (E::Rejected(Rejected::KeyTaken(ExecutionId(1))), "API-0031", 409),
            (E::Rejected(Rejected::Conflict("x".into())), "API-0033", 409),
            (E::Rejected(Rejected::InvalidInput(vec![])), "API-0006", 400),
            (E::Rejected(Rejected::Busy), "API-0060", 503),
            (E::Rejected(Rejected::TenantBusy), "API-0050", 429),
            (E::Rejected(Rejected::Held), "API-0037", 409),
            (E::Store(tenure_store::Error::Corrupt("page 7".into())), "API-0070", 500),
        ];
        for (error, expected, status) in cases {
            assert_eq!(code(error), (expected.to_owned(), status));
        }
    }

    #[test]
    fn an_internal_error_gives_nothing_away() {
        let error = runtime::Error::Store(tenure_store::Error::Corrupt("secret page".into()));
        let problem = Problem::from(Error::from(error));
        assert!(!serde_json::to_string(&problem).unwrap().contains("secret page"));
    }

    #[test]
    fn violations_of_a_schema_point_into_the_input() {
        let violations = vec![("/amount".to_owned(), "is not a number".to_owned())];
        let error = runtime::Error::Rejected(Rejected::InvalidInput(violations));
        let problem = Problem::from(Error::from(error));
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/input/amount"));
    }
}

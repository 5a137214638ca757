//! Errors: raised, caught, retried.

use super::authentication::single;
use super::task::TaskList;
use super::value::{DurationValue, ErrorVariable, Expression, Reference, Status, Uri};
use crate::parse::{Path, Print, Read, Reader, Tree, record};
use serde_json::{Map, Value};

record! {
    /// `raise`
    RaiseError {
        /// `error`
        error: "error" required Reference<ErrorDefinition>,
    }
}

record! {
    /// An error to raise.
    ErrorDefinition {
        /// `type`
        kind: "type" required Uri,
        /// `status`
        status: "status" required Status,
        /// `title`
        title: "title" optional String,
        /// `detail`
        detail: "detail" optional String,
        /// `instance`
        instance: "instance" optional String,
    }
}

record! {
    /// `catch`
    Catch {
        /// `errors`
        errors: "errors" optional CatchErrors,
        /// `as`; `error` when absent
        variable: "as" optional ErrorVariable,
        /// `when`
        when: "when" optional Expression,
        /// `exceptWhen`
        except_when: "exceptWhen" optional Expression,
        /// `retry`
        retry: "retry" optional Reference<RetryPolicy>,
        /// `do`
        tasks: "do" optional TaskList,
        /// `then`
        then: "then" optional String,
    }
}

record! {
    /// `catch.errors`
    CatchErrors {
        /// `with`
        with: "with" optional ErrorFilter,
    }
}

record! {
    /// Fields of an error that must be equal.
    ErrorFilter {
        /// `type`
        kind: "type" optional String,
        /// `status`
        status: "status" optional Status,
        /// `title`
        title: "title" optional String,
        /// `detail`
        detail: "detail" optional String,
        /// `instance`
        instance: "instance" optional String,
    }
}

record! {
    /// How to try again.
    RetryPolicy {
        /// `when`
        when: "when" optional Expression,
        /// `exceptWhen`
        except_when: "exceptWhen" optional Expression,
        /// `delay`
        delay: "delay" optional DurationValue,
        /// `backoff`
        backoff: "backoff" optional Backoff,
        /// `limit`
        limit: "limit" optional Limit,
        /// `jitter`
        jitter: "jitter" optional Jitter,
    }
}

/// How the delay grows. The DSL defines no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// `constant`
    Constant,
    /// `exponential`
    Exponential,
    /// `linear`
    Linear,
}

impl Read for Backoff {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        const KINDS: [&str; 3] = ["constant", "exponential", "linear"];
        let Some(fields) = reader.fields(tree, path, &KINDS) else { return Self::gap() };
        let Some(kind) = reader.one_of(tree, path, &KINDS) else { return Self::gap() };
        if let Some(inner) = fields.get(kind) {
            // A parameter would be accepted and ignored.
            reader.fields(inner, &fields.at(kind), &[]);
        }
        match kind {
            "exponential" => Self::Exponential,
            "linear" => Self::Linear,
            _ => Self::Constant,
        }
    }

    fn gap() -> Self {
        Self::Constant
    }
}

impl Print for Backoff {
    fn print(&self) -> Value {
        match self {
            Self::Constant => single("constant", Value::Object(Map::new())),
            Self::Exponential => single("exponential", Value::Object(Map::new())),
            Self::Linear => single("linear", Value::Object(Map::new())),
        }
    }
}

record! {
    /// `limit`
    Limit {
        /// `attempt`
        attempt: "attempt" optional LimitAttempt,
        /// `duration`
        duration: "duration" optional DurationValue,
    }
}

record! {
    /// `limit.attempt`
    LimitAttempt {
        /// `count`
        count: "count" optional u32,
        /// `duration`
        duration: "duration" optional DurationValue,
    }
}

record! {
    /// `jitter`
    Jitter {
        /// `from`
        from: "from" required DurationValue,
        /// `to`
        to: "to" required DurationValue,
    }
}

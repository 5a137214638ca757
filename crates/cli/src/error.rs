//! The one error of the command line: what happened, its code, its correlation id and what to do next.
//!
//! It deliberately knows nothing of commands: who makes an error says what comes next.

use crate::diagnostic::Finding;
use crate::exit::Exit;
use http::StatusCode;
use serde_json::Value;
use std::fmt::Write as _;

/// An error that this program found, as against one that a server answered. The text form is the code that is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The command line cannot be meant.
    Usage,
    /// A file could not be read or written.
    File,
    /// A definition is not valid.
    Definition,
    /// No server is known, or the one that is known does not answer.
    Connection,
    /// A server answered something that this program does not understand.
    Answer,
    /// The time that was given is over.
    Wait,
    /// The workflow that was waited for did not complete.
    Ended,
    /// The server could not start or run.
    Server,
    /// A measurement could not be made.
    Bench,
    /// A test case of a definition failed.
    Trial,
}

impl Code {
    /// The text form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "CLI-0001",
            Self::File => "CLI-0002",
            Self::Definition => "CLI-0003",
            Self::Connection => "CLI-0004",
            Self::Answer => "CLI-0005",
            Self::Wait => "CLI-0006",
            Self::Ended => "CLI-0007",
            Self::Server => "CLI-0008",
            Self::Bench => "CLI-0009",
            Self::Trial => "CLI-0010",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Usage => Exit::Usage,
            Self::Wait => Exit::TimedOut,
            Self::File
            | Self::Definition
            | Self::Connection
            | Self::Answer
            | Self::Ended
            | Self::Server
            | Self::Bench
            | Self::Trial => Exit::Failed,
        }
    }
}

/// What a command ends with when it does not succeed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Error {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What is wrong in which place of which definition.
    pub(crate) findings: Vec<Finding>,
    /// Apart, because an error is carried through every result.
    words: Box<Words>,
}

#[derive(Clone, Debug, PartialEq)]
struct Words {
    code: String,
    message: String,
    correlation_id: Option<String>,
    next: Option<String>,
}

impl Error {
    /// An error that this program found.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            exit: code.exit(),
            findings: Vec::new(),
            words: Box::new(Words {
                code: code.as_str().into(),
                message: message.into(),
                correlation_id: None,
                next: None,
            }),
        }
    }

    /// An error answer of the server: a problem document where it sent one.
    pub(crate) fn answered(status: StatusCode, body: &Value) -> Self {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let title = text("title").or_else(|| status.canonical_reason().map(str::to_lowercase));
        let message = match (title, text("detail")) {
            (Some(title), Some(detail)) if title != detail => format!("{title}: {detail}"),
            (Some(one), None) | (_, Some(one)) => one,
            (None, None) => "the server refused".into(),
        };
        Self {
            exit: Exit::of_answer(status),
            findings: Finding::of_problem(body),
            words: Box::new(Words {
                code: text("code").unwrap_or_else(|| format!("HTTP-{}", status.as_u16())),
                message,
                correlation_id: text("correlationId"),
                next: next_after(status, body),
            }),
        }
    }

    /// The same error with what the reader can do about it.
    #[must_use]
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.words.next = Some(next.into());
        self
    }

    /// The same error with another exit code.
    #[must_use]
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Whether the server could not be reached, so that the same may succeed later.
    pub(crate) fn is_connection(&self) -> bool {
        self.words.code == Code::Connection.as_str()
    }

    /// The text for a person: always the code, the correlation id and what to do next.
    pub(crate) fn render(&self, correlation_id: &str) -> String {
        let Words { code, message, .. } = self.words.as_ref();
        let correlation_id = self.words.correlation_id.as_deref().unwrap_or(correlation_id);
        let next = self
            .words
            .next
            .as_deref()
            .unwrap_or("look the code up in docs/errors, and quote the correlation id when you ask");
        let mut text = format!("error[{code}]: {message}\n");
        let _ = writeln!(text, "  correlation id: {correlation_id}");
        let _ = writeln!(text, "  next: {next}");
        text
    }

    /// The code that is printed.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.words.code
    }
}

fn next_after(status: StatusCode, body: &Value) -> Option<String> {
    let next = match status.as_u16() {
        400 if body.get("errors").is_some() => "correct what is listed and try again",
        400 => "correct the request: `tenure help` shows what each command takes",
        401 => "give a valid token: set TENURE_TOKEN, or choose a context with `-c`",
        403 => "ask an administrator of the tenant for a role that may do this",
        404 => {
            "check the name and the tenant (`-t`): `tenure workflow list` and `tenure definition list` show what exists"
        }
        409 => "look at its present state first, then decide",
        413 => "send less: the message names the limit",
        422 => "use another idempotency key for another request",
        429 | 503 => "wait a moment and try again",
        _ => return None,
    };
    Some(next.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn every_error_prints_code_correlation_id_and_next() {
        let error = Error::new(Code::Connection, "no server answers at http://127.0.0.1:7480");
        expect![[r"
            error[CLI-0004]: no server answers at http://127.0.0.1:7480
              correlation id: c-1
              next: look the code up in docs/errors, and quote the correlation id when you ask
        "]]
        .assert_eq(&error.render("c-1"));
    }

    #[test]
    fn the_servers_correlation_id_wins() {
        let body = json!({ "code": "EXE-0001", "title": "not found", "detail": "no execution `x`", "correlationId": "srv" });
        let error = Error::answered(StatusCode::NOT_FOUND, &body);
        assert_eq!(error.exit, Exit::NotFound);
        expect![[r"
            error[EXE-0001]: not found: no execution `x`
              correlation id: srv
              next: check the name and the tenant (`-t`): `tenure workflow list` and `tenure definition list` show what exists
        "]]
        .assert_eq(&error.render("mine"));
    }

    #[test]
    fn an_answer_without_a_problem_document_has_a_code_too() {
        let error = Error::answered(StatusCode::BAD_GATEWAY, &Value::Null);
        assert_eq!(error.code(), "HTTP-502");
        assert!(error.render("c").starts_with("error[HTTP-502]: bad gateway\n"));
    }

    #[test]
    fn a_timeout_exits_with_its_own_code() {
        assert_eq!(Error::new(Code::Wait, "not ended after 5s").exit, Exit::TimedOut);
    }
}

//! What can be wrong with an expression, before and while it is evaluated.

use std::fmt;

/// An expression that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes from the start of the source.
    pub offset: Option<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CompileError {
    pub(super) fn new(message: impl Into<String>, offset: Option<usize>) -> Self {
        Self { message: message.into(), offset, hint: None }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same error in a text in which the expression starts at `start`.
    pub(super) fn shifted(self, start: usize) -> Self {
        Self { offset: self.offset.map(|offset| offset + start), ..self }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CompileError {}

/// An expression inside a value that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error} at `{pointer}`")]
pub struct TemplateError {
    /// JSON pointer to the string, within the value.
    pub pointer: String,
    /// What is wrong with it.
    pub error: CompileError,
}

/// Which limit stopped an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Steps.
    Fuel,
    /// Wall-clock time.
    Time,
    /// Bytes held at a time.
    Memory,
    /// Depth of recursion or of a value.
    Stack,
    /// Bytes of the result.
    Output,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fuel => "the expression takes too many steps",
            Self::Time => "the expression takes too long",
            Self::Memory => "the expression needs too much memory",
            Self::Stack => "the expression recurses too deeply",
            Self::Output => "the result of the expression is too large",
        })
    }
}

/// An evaluation that gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExprError {
    /// The expression failed by itself, as with `error("…")` or `1 + {}`.
    #[error("{0}")]
    Failed(String),
    /// It was stopped.
    #[error("{0}")]
    Limit(Limit),
}

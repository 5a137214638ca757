//! jq expressions: compiled at registration, evaluated within a fixed budget.
//!
//! An expression is a pure function of its input and its variables. It cannot read a clock, the environment, a file or
//! the network, and it cannot use more than a fixed number of steps, a fixed time, and a fixed amount of memory and
//! stack. Only this module and [`crate::json`] know which interpreter of jq is used.
//!
//! Deliberately absent: what the variables mean, and evaluating anything that was not in the definition. Text in data
//! stays text, whatever it looks like.

mod compile;
mod error;
mod library;
mod memory;
mod meter;
mod natives;
mod program;
mod scan;
mod secrets;
mod template;
mod uri;
mod value;

#[cfg(test)]
mod tests;

pub use compile::SOURCE_BYTES_MAX;
pub use error::{CompileError, ExprError, Limit, TemplateError};
pub(crate) use memory::held_bytes;
pub use meter::{DURATION_MAX, FUEL_MAX, MEMORY_BYTES_MAX, OUTPUT_BYTES_MAX, STACK_BYTES_MAX};
pub use program::Expr;
pub use template::{Mode, Template};
pub use uri::UriTemplate;

use crate::json::Json;

/// The variables that every position of a definition may name. Which of them have a value depends on the position.
pub const VARIABLES: [&str; 11] = [
    "authorization",
    "compensation",
    "context",
    "error",
    "input",
    "output",
    "probe",
    "runtime",
    "secrets",
    "task",
    "workflow",
];

/// Gives variables their values. Asked at most once in an evaluation for each variable that the expression names.
pub trait Env {
    /// The value of the variable, named without `$`; `None` when it has none here, which fails the evaluation.
    fn var(&self, name: &str) -> Option<Json>;
}

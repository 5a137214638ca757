//! `run.script` and `run.shell`, compiled.

use super::EffectPolicy;
use crate::expr::Template;
use std::sync::Arc;

/// `run.script` or `run.shell`
#[derive(Debug)]
pub struct ProcessCall {
    /// What is run.
    pub program: ProcessProgram,
    /// `arguments`: gives an array of texts.
    pub arguments: Option<Template>,
    /// `environment`: gives an object of texts.
    pub environment: Option<Template>,
    /// `stdin`
    pub stdin: Option<Template>,
    /// `await`
    pub awaited: bool,
    /// `return`
    pub returned: ProcessReturn,
    /// How often its effect may happen.
    pub effect: EffectPolicy,
}

/// What is run.
#[derive(Debug)]
pub enum ProcessProgram {
    /// `script`: its text, which is never an expression.
    Script(Arc<str>),
    /// `shell`: the command.
    Shell(Template),
}

/// `return`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessReturn {
    /// What it wrote.
    Stdout,
    /// What it wrote as errors.
    Stderr,
    /// Its exit code.
    Code,
    /// All three.
    All,
    /// Nothing.
    None,
}

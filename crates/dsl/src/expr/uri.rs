//! Endpoints: a text, a text with expressions, or an RFC 6570 template with simple expansion.
//!
//! A template reads the top-level properties of `.` and nothing else, and what it inserts is percent-encoded. An
//! expression inserts its value as it is. The two cannot be mixed, as nobody could tell what a brace means.

use super::scan::{self, Piece};
use super::template::{Mode, Template};
use super::{CompileError, Env, ExprError};
use crate::json::Json;
use crate::json::opaque::Text;
use std::sync::Arc;

/// A compiled endpoint.
#[derive(Debug)]
pub struct UriTemplate(Kind);

#[derive(Debug)]
enum Kind {
    Expressions(Template),
    Simple(Vec<Part>),
}

#[derive(Debug)]
enum Part {
    Text(Box<str>),
    /// The variables of one `{a,b}`.
    Variables(Vec<Box<str>>),
}

impl UriTemplate {
    /// Compiles an endpoint.
    pub fn compile(text: &str, locals: &[Arc<str>]) -> Result<Self, CompileError> {
        if !text.contains("${") {
            return simple(text).map(|parts| Self(Kind::Simple(parts)));
        }
        for piece in scan::pieces(text)? {
            if let Piece::Text(literal) = piece
                && let Some(at) = literal.find('{')
            {
                let message = "a URI template and an expression cannot be mixed";
                let error = CompileError::new(message, Some(scan::start_of(text, &literal[at..])));
                return Err(error.with_hint("write `${ .name | @uri }` instead of `{name}`"));
            }
        }
        let template = Template::compile(&serde_json::Value::from(text), locals, Mode::Strict);
        template.map(|template| Self(Kind::Expressions(template))).map_err(|error| error.error)
    }

    /// The variables that its expressions name, without `$`.
    pub fn variables(&self) -> &[Arc<str>] {
        match &self.0 {
            Kind::Expressions(template) => template.variables(),
            Kind::Simple(_) => &[],
        }
    }

    /// The secrets that its expressions name, sorted.
    pub fn secrets(&self) -> &[Arc<str>] {
        match &self.0 {
            Kind::Expressions(template) => template.secrets(),
            Kind::Simple(_) => &[],
        }
    }

    /// The endpoint with everything inserted; hidden parts stay hidden.
    pub fn expand(&self, dot: &Json, env: &dyn Env) -> Result<Text, ExprError> {
        match &self.0 {
            Kind::Expressions(template) => {
                let value = template.eval_opaque(dot, env)?;
                if value.kind_name() != "string" {
                    let kind = value.kind_name();
                    return Err(ExprError::Failed(format!("an endpoint must be a string, not {kind}")));
                }
                let mut text = Text::default();
                text.push(&value);
                Ok(text)
            }
            Kind::Simple(parts) => expand(parts, dot),
        }
    }
}

fn simple(text: &str) -> Result<Vec<Part>, CompileError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let at = Some(scan::start_of(text, &rest[open..]));
        if rest.as_bytes()[open] == b'}' {
            return Err(CompileError::new("`}` without `{` in a URI template", at));
        }
        let Some(close) = rest[open..].find('}') else {
            return Err(CompileError::new("`{` is never closed in a URI template", at));
        };
        if open > 0 {
            parts.push(Part::Text(Box::from(&rest[..open])));
        }
        parts.push(Part::Variables(variables(&rest[open + 1..open + close], at)?));
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(Box::from(rest)));
    }
    Ok(parts)
}

fn variables(names: &str, at: Option<usize>) -> Result<Vec<Box<str>>, CompileError> {
    if names.starts_with(['+', '#', '.', '/', ';', '?', '&', '=', ',', '!', '@', '|']) {
        let error = CompileError::new(format!("unsupported operator in URI template `{{{names}}}`"), at);
        return Err(error.with_hint("only `{name}` is supported; use `${ … }` for anything else"));
    }
    names.split(',').map(|name| variable(name, at)).collect()
}

fn variable(name: &str, at: Option<usize>) -> Result<Box<str>, CompileError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(allowed) {
        return Ok(Box::from(name));
    }
    let error = CompileError::new(format!("`{{{name}}}` is not a variable of a URI template"), at);
    Err(error.with_hint("only top-level properties, as in `{name}`; use `${ … }` for anything else"))
}

fn expand(parts: &[Part], dot: &Json) -> Result<Text, ExprError> {
    let mut out = Text::default();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Variables(names) => {
                let mut separator = "";
                for name in names {
                    let Some(value) = dot.get(name).filter(|value| !value.is_null()) else { continue };
                    out.push_str(separator);
                    insert(&mut out, name, &value)?;
                    separator = ",";
                }
            }
        }
    }
    Ok(out)
}

/// Percent-encoded, all but the unreserved characters.
fn insert(out: &mut Text, name: &str, value: &Json) -> Result<(), ExprError> {
    match value.kind_name() {
        "string" | "number" | "boolean" => out.push_encoded(value),
        kind => {
            let message =
                format!("`{{{name}}}` of a URI template must be a string, number or boolean, not {kind}");
            return Err(ExprError::Failed(message));
        }
    }
    Ok(())
}

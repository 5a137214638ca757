//! Values of a definition in which strings can be expressions.
//!
//! Keys are never expressions, and what an expression gives is never looked at again: an expression in *data* is text.

use super::program::{Expr, Scope, run};
use super::scan::{self, Piece};
use super::value::{self, V};
use super::{CompileError, Env, ExprError, TemplateError, meter};
use crate::json::Json;
use jaq_core::ValT;
use std::sync::Arc;

/// Which strings are expressions: the document's `evaluate.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Those in `${ … }`.
    #[default]
    Strict,
    /// Every string that compiles as one; it stays what it is when it does not, or when it fails.
    Loose,
}

/// A compiled value: what is constant is one literal.
#[derive(Debug)]
pub struct Template {
    node: Node,
    variables: Vec<Arc<str>>,
}

#[derive(Debug)]
enum Node {
    Literal(Json),
    Expr(Box<Expr>),
    /// Strings go in as they are, other values as JSON.
    Text(Vec<Part>),
    /// In loose mode: the literal stands in when the expression fails.
    Either(Box<Node>, Json),
    Array(Vec<Node>),
    Object(Vec<(Arc<str>, Node)>),
}

#[derive(Debug)]
enum Part {
    Text(Box<str>),
    Expr(Box<Expr>),
}

impl Template {
    /// Compiles a value of a definition.
    pub fn compile(
        value: &serde_json::Value,
        locals: &[Arc<str>],
        mode: Mode,
    ) -> Result<Self, TemplateError> {
        let mut pointer = String::new();
        Builder { locals, mode }.node(value, &mut pointer).map(Self::new)
    }

    /// Compiles the source of an expression, bare or in `${ … }`.
    pub fn expression(source: &str, locals: &[Arc<str>]) -> Result<Self, CompileError> {
        Ok(Self::new(Node::Expr(Box::new(Expr::compile(source, locals)?))))
    }

    /// A value without expressions.
    pub fn literal_value(value: Json) -> Self {
        Self::new(Node::Literal(value))
    }

    /// The value, when it has no expressions.
    pub fn as_literal(&self) -> Option<&Json> {
        match &self.node {
            Node::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The variables that its expressions name, without `$`, sorted.
    pub fn variables(&self) -> &[Arc<str>] {
        &self.variables
    }

    /// The value with its expressions evaluated. All of them share one budget.
    pub fn eval(&self, dot: &Json, env: &dyn Env) -> Result<Json, ExprError> {
        if let Node::Literal(value) = &self.node {
            return Ok(value.clone());
        }
        let scope = Scope::bind(&self.variables, dot, env)?;
        run(|| self.node.eval(&scope))
    }

    fn new(node: Node) -> Self {
        let mut variables = Vec::new();
        node.variables(&mut variables);
        variables.sort();
        variables.dedup();
        Self { node, variables }
    }
}

struct Builder<'l> {
    locals: &'l [Arc<str>],
    mode: Mode,
}

impl Builder<'_> {
    fn node(&self, value: &serde_json::Value, pointer: &mut String) -> Result<Node, TemplateError> {
        let here = pointer.len();
        match value {
            serde_json::Value::String(text) => {
                self.string(text).map_err(|error| TemplateError { pointer: pointer.clone(), error })
            }
            serde_json::Value::Array(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    nodes.push(self.node(item, pointer)?);
                    pointer.truncate(here);
                }
                Ok(if nodes.iter().all(Node::is_literal) { literal(value) } else { Node::Array(nodes) })
            }
            serde_json::Value::Object(entries) => {
                let mut nodes = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    nodes.push((Arc::from(key.as_str()), self.node(item, pointer)?));
                    pointer.truncate(here);
                }
                Ok(if nodes.iter().all(|(_, node)| node.is_literal()) {
                    literal(value)
                } else {
                    Node::Object(nodes)
                })
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
                Ok(literal(value))
            }
        }
    }

    fn string(&self, text: &str) -> Result<Node, CompileError> {
        match self.mode {
            Mode::Strict => self.strict(text),
            Mode::Loose => Ok(self.loose(text)),
        }
    }

    fn strict(&self, text: &str) -> Result<Node, CompileError> {
        if !text.contains("${") {
            return Ok(Node::Literal(Json::string(text)));
        }
        if scan::whole(text)?.is_some() {
            return Ok(Node::Expr(Box::new(Expr::compile(text, self.locals)?)));
        }
        let mut parts = Vec::new();
        for piece in scan::pieces(text)? {
            parts.push(match piece {
                Piece::Text(text) => Part::Text(Box::from(text)),
                Piece::Code(code) => Part::Expr(Box::new(
                    Expr::compile(code, self.locals)
                        .map_err(|error| error.shifted(scan::start_of(text, code)))?,
                )),
            });
        }
        Ok(Node::Text(parts))
    }

    fn loose(&self, text: &str) -> Node {
        let literal = Json::string(text);
        let compiled = if text.contains("${") {
            self.strict(text)
        } else {
            Expr::compile(text, self.locals).map(|expr| Node::Expr(Box::new(expr)))
        };
        match compiled {
            Ok(node) => Node::Either(Box::new(node), literal),
            Err(_) => Node::Literal(literal),
        }
    }
}

fn literal(value: &serde_json::Value) -> Node {
    Node::Literal(Json::from_value(value))
}

impl Node {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    fn variables(&self, all: &mut Vec<Arc<str>>) {
        match self {
            Self::Literal(_) => {}
            Self::Expr(expr) => all.extend_from_slice(expr.variables()),
            Self::Text(parts) => parts.iter().for_each(|part| match part {
                Part::Text(_) => {}
                Part::Expr(expr) => all.extend_from_slice(expr.variables()),
            }),
            Self::Either(node, _) => node.variables(all),
            Self::Array(nodes) => nodes.iter().for_each(|node| node.variables(all)),
            Self::Object(nodes) => nodes.iter().for_each(|(_, node)| node.variables(all)),
        }
    }

    /// Only to be called while the meter runs.
    fn eval(&self, scope: &Scope<'_>) -> Result<Json, ExprError> {
        meter::charge(1);
        match self {
            Self::Literal(value) => {
                meter::charge_output(value.len_bytes());
                Ok(value.clone())
            }
            Self::Expr(expr) => {
                let value = expr.first(scope)?;
                value::check_output(&value)?;
                Ok(Json::from_tree(value.tree))
            }
            Self::Text(parts) => text(parts, scope).map(|text| Json::string(&text)),
            Self::Either(node, literal) => match node.eval(scope) {
                Err(ExprError::Failed(_)) => Ok(literal.clone()),
                outcome => outcome,
            },
            Self::Array(nodes) => {
                let items = nodes.iter().map(|node| node.eval(scope)).collect::<Result<Vec<_>, _>>()?;
                Ok(Json::array(items))
            }
            Self::Object(nodes) => {
                let entry = |(key, node): &(Arc<str>, Self)| Ok((Arc::clone(key), node.eval(scope)?));
                let entries = nodes.iter().map(entry).collect::<Result<Vec<_>, ExprError>>()?;
                Ok(Json::object(entries))
            }
        }
    }
}

fn text(parts: &[Part], scope: &Scope<'_>) -> Result<String, ExprError> {
    let mut out = String::new();
    for part in parts {
        let from = out.len();
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Expr(expr) => out.push_str(shown(expr.first(scope)?)?.str().unwrap_or_default()),
        }
        meter::charge_output(out.len() - from);
    }
    Ok(out)
}

/// A value as it stands in a text: a string as it is, anything else as JSON.
fn shown(value: V) -> Result<V, ExprError> {
    value::check_output(&value)?;
    Ok(value.into_string())
}

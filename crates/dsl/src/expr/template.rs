//! Values of a definition in which strings can be expressions.
//!
//! Keys are never expressions, and what an expression gives is never looked at again: an expression in *data* is text.

use super::program::{Expr, Scope, run};
use super::scan::{self, Piece};
use super::value;
use super::{CompileError, Env, ExprError, TemplateError, meter};
use crate::json::Json;
use crate::json::opaque::Text;
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
    secrets: Vec<Arc<str>>,
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

    /// The secrets that its expressions name, sorted.
    pub fn secrets(&self) -> &[Arc<str>] {
        &self.secrets
    }

    /// The value with its expressions evaluated. All of them share one budget. What is hidden is masked.
    pub fn eval(&self, dot: &Json, env: &dyn Env) -> Result<Json, ExprError> {
        self.eval_opaque(dot, env).map(Json::masked)
    }

    /// The same with opaque leaves for what is hidden: for what leaves the engine, and nothing else.
    pub fn eval_opaque(&self, dot: &Json, env: &dyn Env) -> Result<Json, ExprError> {
        if let Node::Literal(value) = &self.node {
            return Ok(value.clone());
        }
        let scope = Scope::bind(&self.variables, dot, env)?;
        run(|| self.node.eval(&scope))
    }

    fn new(node: Node) -> Self {
        let (mut variables, mut secrets) = (Vec::new(), Vec::new());
        node.each(&mut |expr| {
            variables.extend_from_slice(expr.variables());
            secrets.extend_from_slice(expr.secrets());
        });
        for names in [&mut variables, &mut secrets] {
            names.sort();
            names.dedup();
        }
        Self { node, variables, secrets }
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

    /// Calls `visit` for every expression.
    fn each(&self, visit: &mut impl FnMut(&Expr)) {
        match self {
            Self::Literal(_) => {}
            Self::Expr(expr) => visit(expr),
            Self::Text(parts) => {
                for part in parts {
                    if let Part::Expr(expr) = part {
                        visit(expr);
                    }
                }
            }
            Self::Either(node, _) => node.each(visit),
            Self::Array(nodes) => nodes.iter().for_each(|node| node.each(visit)),
            Self::Object(nodes) => nodes.iter().for_each(|(_, node)| node.each(visit)),
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
            Self::Expr(expr) => value::into_json(expr.first(scope)?),
            Self::Text(parts) => text(parts, scope).map(Text::into_json),
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

fn text(parts: &[Part], scope: &Scope<'_>) -> Result<Text, ExprError> {
    let mut out = Text::default();
    for part in parts {
        match part {
            Part::Text(text) => {
                meter::charge_output(text.len());
                out.push_str(text);
            }
            // Counted as it is checked; a string loses its quotes then, which only makes it smaller.
            Part::Expr(expr) => out.push(&value::into_json(expr.first(scope)?)?),
        }
    }
    Ok(out)
}

//! Tests as data: an expression, an input, what comes out.

mod bounds;
mod compiling;
mod opaque;
mod semantics;
mod templates;

use super::{Env, Expr, ExprError};
use crate::json::Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Variables with values.
pub(super) struct Vars(BTreeMap<&'static str, Json>);

impl Env for Vars {
    fn var(&self, name: &str) -> Option<Json> {
        self.0.get(name).cloned()
    }
}

pub(super) fn vars() -> Vars {
    let json = |text| Json::parse(text).unwrap();
    Vars(BTreeMap::from([
        ("context", json(r#"{"c":1}"#)),
        ("input", json(r#"{"i":2}"#)),
        ("task", json(r#"{"name":"t"}"#)),
        ("item", json(r#"{"id":7}"#)),
        ("hostile", Json::string("${ .secret }")),
    ]))
}

pub(super) fn locals() -> Vec<Arc<str>> {
    vec![Arc::from("item"), Arc::from("hostile")]
}

pub(super) fn eval(source: &str, dot: &str) -> Result<Json, ExprError> {
    let expr = Expr::compile(source, &locals()).unwrap_or_else(|error| panic!("{source}: {error}"));
    expr.eval(&Json::parse(dot).unwrap(), &vars())
}

/// The result as text, or what the evaluation says.
pub(super) fn outcome(source: &str, dot: &str) -> String {
    match eval(source, dot) {
        Ok(value) => value.text().to_owned(),
        Err(ExprError::Failed(message)) => format!("error: {message}"),
        Err(ExprError::Limit(limit)) => format!("limit: {limit:?}"),
    }
}

/// Checks rows of expression, input and outcome, and shows all that differ.
#[track_caller]
pub(super) fn check(rows: &[(&str, &str, &str)]) {
    let different: Vec<String> = rows
        .iter()
        .map(|(source, dot, expected)| (source, dot, expected, outcome(source, dot)))
        .filter(|(_, _, expected, got)| *expected != got)
        .map(|(source, dot, expected, got)| {
            format!("{dot} | {source}\n  expected {expected}\n  got      {got}")
        })
        .collect();
    assert!(different.is_empty(), "\n{}", different.join("\n"));
}

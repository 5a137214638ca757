//! A compiled expression, and how it is run.

use super::compile::{self, Compiled};
use super::meter::{Halt, metered};
use super::natives::{Data, Jq};
use super::value::{self, V};
use super::{CompileError, Env, ExprError, scan};
use crate::json::Json;
use jaq_core::{Ctx, Filter, ValT, Vars};
use std::fmt;
use std::sync::Arc;

/// A compiled jq expression.
pub struct Expr {
    source: Arc<str>,
    filter: Filter<Jq>,
    variables: Vec<Arc<str>>,
    secrets: Vec<Arc<str>>,
}

impl Expr {
    /// Compiles bare jq, or jq in `${ … }`. It may name [`super::VARIABLES`] and `locals`, which come without `$`.
    pub fn compile(source: &str, locals: &[Arc<str>]) -> Result<Self, CompileError> {
        let (inner, start) = match scan::whole(source)? {
            Some(inner) => (inner, scan::start_of(source, inner)),
            None => (source, 0),
        };
        let compiled = compile::compile(inner, locals).map_err(|error| error.shifted(start))?;
        let Compiled { filter, variables, secrets } = compiled;
        Ok(Self { source: Arc::from(source), filter, variables, secrets })
    }

    /// The first output, or null when there is none. What is hidden is masked.
    pub fn eval(&self, dot: &Json, env: &dyn Env) -> Result<Json, ExprError> {
        let scope = Scope::bind(&self.variables, dot, env)?;
        run(|| {
            let json = value::into_json(self.first(&scope)?)?;
            Ok(json.masked())
        })
    }

    /// Whether the first output is true as jq sees it: anything but null and false. No output is not.
    pub fn eval_bool(&self, dot: &Json, env: &dyn Env) -> Result<bool, ExprError> {
        let scope = Scope::bind(&self.variables, dot, env)?;
        run(|| Ok(self.first(&scope)?.as_bool()))
    }

    /// The source as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The variables that the expression names, without `$`, sorted.
    pub fn variables(&self) -> &[Arc<str>] {
        &self.variables
    }

    /// The secrets that it names, sorted.
    pub fn secrets(&self) -> &[Arc<str>] {
        &self.secrets
    }

    /// The first output; only to be called while the meter runs.
    pub(super) fn first(&self, scope: &Scope<'_>) -> Result<V, ExprError> {
        let values = self.variables.iter().map(|name| scope.value(name));
        let context = Ctx::<Jq>::new(Data(&self.filter.lut), Vars::new(values));
        match self.filter.id.run((context, scope.dot.clone())).next() {
            None => Ok(V::null()),
            Some(Ok(value)) => Ok(value),
            Some(Err(exception)) => Err(match exception.get_err() {
                Ok(error) => ExprError::Failed(value::message(&error.into_val())),
                Err(_) => ExprError::Failed("a `break` has no `label` around it".to_owned()),
            }),
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.source).finish()
    }
}

/// What an evaluation sees: its input, and the variables that it names.
pub(super) struct Scope<'n> {
    pub(super) dot: V,
    names: &'n [Arc<str>],
    values: Vec<V>,
}

impl<'n> Scope<'n> {
    /// Asks for the variables. Their trees are made here, outside the budget, and shared with everyone who has them.
    pub(super) fn bind(names: &'n [Arc<str>], dot: &Json, env: &dyn Env) -> Result<Self, ExprError> {
        let mut values = Vec::with_capacity(names.len());
        for name in names {
            let Some(value) = env.var(name) else {
                return Err(ExprError::Failed(format!("variable `${name}` has no value here")));
            };
            values.push(V::outer(&value));
        }
        Ok(Self { dot: V::outer(dot), names, values })
    }

    fn value(&self, name: &str) -> V {
        let at = self
            .names
            .iter()
            .position(|known| &**known == name)
            .expect("the scope binds all names of its programs");
        self.values[at].clone()
    }
}

/// Runs an evaluation within the budget.
pub(super) fn run<T>(work: impl Fn() -> Result<T, ExprError>) -> Result<T, ExprError> {
    match metered(work) {
        Ok(outcome) => outcome,
        Err(Halt::Limit(limit)) => Err(ExprError::Limit(limit)),
        Err(Halt::Broken(message)) => Err(ExprError::Failed(format!("the interpreter failed: {message}"))),
    }
}

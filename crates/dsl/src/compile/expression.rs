//! Expressions, templates, schemas and durations, each in its place: what is available there, and what is reported.

use super::Compiler;
use crate::diagnostic::{Code, did_you_mean};
use crate::expr::{CompileError, Expr, Mode, Template, TemplateError, UriTemplate, VARIABLES};
use crate::limits::{DIAGNOSTICS_MAX, EXPRESSION_BYTES_MIN, EXPRESSIONS_BYTES_MAX};
use crate::model::{self, DurationValue, Expression, Mapping, SchemaSource};
use crate::parse::{Kind, Path};
use crate::program::{Span, Transform};
use crate::schema::Schema;
use serde_json::Value;
use std::sync::Arc;

/// Where an expression stands; decides which variables have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The document's `input.from`.
    WorkflowFrom,
    /// What else is evaluated before the first task.
    WorkflowInput,
    /// The document's `output.as`.
    WorkflowOutput,
    /// A task's `if`: its own input does not exist yet.
    Guard,
    /// A task's `input.from`.
    TaskFrom,
    /// What a task is told to do, where the engine itself needs the value, and its `output.as`.
    Definition,
    /// What a task is told to do, where the value is passed on.
    Template,
    /// A task's `export.as`.
    Export,
    /// What an event must be to start an execution: nothing of the execution exists yet.
    Start,
    /// The document's `metadata.searchAttributes`: whenever its data changes.
    Attribute,
    /// The key of the document's `metadata.limits`: before the execution begins.
    LimitKey,
}

impl Place {
    fn available(self) -> &'static [&'static str] {
        match self {
            Self::WorkflowFrom => &["secrets", "workflow", "runtime"],
            Self::WorkflowInput => &["workflow", "runtime"],
            Self::WorkflowOutput => &["context", "workflow", "runtime"],
            Self::Guard => &["context", "task", "workflow", "runtime"],
            Self::TaskFrom => &["context", "secrets", "task", "workflow", "runtime"],
            Self::Template => {
                &["context", "input", "secrets", "task", "workflow", "runtime", "authorization"]
            }
            Self::Definition => &["context", "input", "task", "workflow", "runtime", "authorization"],
            Self::Export => &["context", "input", "output", "task", "workflow", "runtime", "authorization"],
            Self::Start => &[],
            Self::Attribute => &["context", "input", "output", "workflow", "runtime"],
            Self::LimitKey => &["input", "workflow", "runtime"],
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::WorkflowFrom | Self::WorkflowInput => "before the first task",
            Self::WorkflowOutput => "after the last task",
            Self::Guard | Self::TaskFrom => "before the task has its input",
            Self::Definition | Self::Template => "before the task has its output",
            Self::Export | Self::Attribute => "here",
            Self::Start => "before there is an execution",
            Self::LimitKey => "before the execution begins",
        }
    }
}

/// The variables that the surroundings of an expression bring along.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    loops: Vec<Arc<str>>,
    caught: Vec<Arc<str>>,
    undo: bool,
    probe: bool,
}

impl Surroundings {
    /// Inside of a loop.
    pub(super) fn looping(&self, item: &Arc<str>, index: &Arc<str>) -> Self {
        let mut inner = self.clone();
        inner.loops.extend([Arc::clone(item), Arc::clone(index)]);
        inner
    }

    /// Inside of a `catch`.
    pub(super) fn catching(&self, variable: &str) -> Self {
        let mut inner = self.clone();
        inner.caught.push(Arc::from(variable));
        inner
    }

    /// Inside of a compensation. It runs later: of what surrounds it only the loops' variables are kept.
    pub(super) fn undoing(&self) -> Self {
        Self { loops: self.loops.clone(), caught: Vec::new(), undo: true, probe: false }
    }

    /// Inside of a probe.
    pub(super) fn probing(&self) -> Self {
        Self { probe: true, ..self.clone() }
    }

    /// Whether it is a compensation.
    pub(super) fn undoes(&self) -> bool {
        self.undo
    }

    pub(super) fn locals(&self) -> Vec<Arc<str>> {
        let mut all: Vec<_> = self.loops.iter().chain(&self.caught).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    fn has(&self, name: &str, place: Place) -> bool {
        let bound = self.loops.iter().chain(&self.caught).any(|local| &**local == name);
        let fixed = self.undo && matches!(name, "input" | "output" | "error" | "compensation");
        let asked = self.probe && name == "probe";
        bound || fixed || asked || place.available().contains(&name)
    }
}

impl Compiler<'_> {
    /// An expression, bare or in `${ }`.
    pub(super) fn expr(
        &mut self,
        source: &str,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Expr> {
        self.spend(source.len(), path)?;
        match Expr::compile(source, &around.locals()) {
            Ok(expr) => self.usable(expr.variables(), expr.secrets(), path, place, around).then_some(expr),
            Err(error) => self.refuse(error, path),
        }
    }

    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken expression and no expression are two things")]
    pub(super) fn optional_expr(
        &mut self,
        expression: Option<&Expression>,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Option<Expr>> {
        match expression {
            Some(expression) => self.expr(&expression.0, path, place, around).map(Some),
            None => Some(None),
        }
    }

    /// An expression whose result is data, bare or in `${ }`.
    pub(super) fn computed(
        &mut self,
        source: &str,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Template> {
        self.spend(source.len(), path)?;
        match Template::expression(source, &around.locals()) {
            Ok(template) => {
                let usable = self.usable(template.variables(), template.secrets(), path, place, around);
                usable.then_some(template)
            }
            Err(error) => self.refuse(error, path),
        }
    }

    /// A value whose texts may hold expressions. All broken ones are reported.
    pub(super) fn template(&mut self, value: &Value, path: &Path, around: &Surroundings) -> Option<Template> {
        self.template_at(value, path, Place::Template, around)
    }

    pub(super) fn template_at(
        &mut self,
        value: &Value,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Template> {
        self.spend(weight(value, self.mode), path)?;
        let locals = around.locals();
        let (pointer, error) = match Template::compile(value, &locals, self.mode) {
            Ok(template) => {
                let usable = self.usable(template.variables(), template.secrets(), path, place, around);
                return usable.then_some(template);
            }
            Err(TemplateError { pointer, error }) => (pointer, error),
        };
        self.refuse::<()>(error, &path.join(&pointer));
        let mut rest = value.clone();
        let mut broken = pointer;
        for _ in 0..DIAGNOSTICS_MAX {
            let Some(part) = rest.pointer_mut(&broken) else { break };
            *part = Value::Null;
            let Err(next) = Template::compile(&rest, &locals, self.mode) else { break };
            broken = next.pointer;
            self.refuse::<()>(next.error, &path.join(&broken));
        }
        None
    }

    /// An endpoint.
    pub(super) fn uri(&mut self, text: &str, path: &Path, around: &Surroundings) -> Option<UriTemplate> {
        self.spend(text.len(), path)?;
        match UriTemplate::compile(text, &around.locals()) {
            Ok(uri) => {
                let usable = self.usable(uri.variables(), uri.secrets(), path, Place::Template, around);
                usable.then_some(uri)
            }
            Err(error) => {
                let code = if text.contains("${") { Code::InvalidExpression } else { Code::InvalidUri };
                self.refuse_as(code, error, path)
            }
        }
    }

    /// A duration, fixed or computed.
    pub(super) fn span(
        &mut self,
        value: &DurationValue,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Span> {
        match value {
            DurationValue::Iso(_, ms) | DurationValue::Units(_, ms) => Some(Span::Fixed(*ms)),
            DurationValue::Expression(source) => {
                self.computed(source, path, place, around).map(Span::Computed)
            }
        }
    }

    pub(super) fn input(
        &mut self,
        input: Option<&model::Input>,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Transform {
        let Some(input) = input else { return Transform::default() };
        let path = path.key("input");
        let map = input.from.as_ref();
        Transform {
            schema: self.schema(input.schema.as_ref(), &path),
            map: map.and_then(|map| self.mapping(map, &path.key("from"), place, around)),
        }
    }

    pub(super) fn output(
        &mut self,
        output: Option<&model::Output>,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Transform {
        let Some(output) = output else { return Transform::default() };
        let path = path.key("output");
        let map = output.mapping.as_ref();
        Transform {
            schema: self.schema(output.schema.as_ref(), &path),
            map: map.and_then(|map| self.mapping(map, &path.key("as"), place, around)),
        }
    }

    pub(super) fn export(
        &mut self,
        export: Option<&model::Export>,
        path: &Path,
        around: &Surroundings,
    ) -> Transform {
        let Some(export) = export else { return Transform::default() };
        let path = path.key("export");
        let map = export.mapping.as_ref();
        Transform {
            schema: self.schema(export.schema.as_ref(), &path),
            map: map.and_then(|map| self.mapping(map, &path.key("as"), Place::Export, around)),
        }
    }

    fn mapping(
        &mut self,
        mapping: &Mapping,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Template> {
        match mapping {
            Mapping::Expression(source) => self.computed(source, path, place, around),
            Mapping::Object(map) => self.template_at(&Value::Object(map.clone()), path, place, around),
        }
    }

    fn schema(&mut self, schema: Option<&model::Schema>, path: &Path) -> Option<Schema> {
        let SchemaSource::Document(document) = &schema?.source else { return None };
        let path = path.keys(&["schema", "document"]);
        match Schema::compile(document) {
            Ok(schema) => Some(schema),
            Err(message) => {
                let message = format!("this is not a valid JSON Schema: {message}");
                self.sink.value(Code::InvalidSchema, self.tree, &path, message, None);
                None
            }
        }
    }

    /// Counts an expression. A declaration is compiled wherever it is used, so that a small text can ask for much.
    pub(super) fn spend(&mut self, bytes: usize, path: &Path) -> Option<()> {
        let before = self.spent;
        self.spent = self.spent.saturating_add(bytes).saturating_add(EXPRESSION_BYTES_MIN);
        if self.spent <= EXPRESSIONS_BYTES_MAX {
            return Some(());
        }
        if before <= EXPRESSIONS_BYTES_MAX {
            let message = format!("all expressions together have more than {EXPRESSIONS_BYTES_MAX} bytes");
            let hint = Some("use large retry policies and errors in fewer places".to_owned());
            self.sink.value(Code::TooManyExpressions, self.tree, path, message, hint);
        }
        None
    }

    /// Whether all variables of an expression have a value in its place; those that have none are reported.
    /// The same for secrets that are not declared.
    pub(super) fn usable(
        &mut self,
        variables: &[Arc<str>],
        secrets: &[Arc<str>],
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> bool {
        let mut usable = true;
        for name in variables.iter().filter(|name| VARIABLES.contains(&&***name) && !around.has(name, place))
        {
            usable = false;
            let (path, at) = self.mention(path, name);
            let message = match &**name {
                "error" => "`$error` has a value only in a `catch`, under the name of its `as`".to_owned(),
                "compensation" => "`$compensation` has a value only in a compensation".to_owned(),
                "probe" => "`$probe` has a value only in a probe".to_owned(),
                "secrets" => {
                    "a secret cannot be used here: its value is known to nobody but the receiver of a call"
                        .to_owned()
                }
                _ => format!("`${name}` has no value {}", place.noun()),
            };
            let hint = match (place, &**name) {
                (_, "secrets") => Some("use it in `input.from` or in what a call sends (`with`)".to_owned()),
                (Place::Guard | Place::TaskFrom, "input") => {
                    Some("use `.` for the input that comes in".to_owned())
                }
                (Place::Definition | Place::Template, "output") => Some("use `.` in `output.as`".to_owned()),
                _ => None,
            };
            self.sink.at(Code::UnavailableVariable, at, &path, message, hint);
        }
        for name in secrets {
            if self.declared_secrets().any(|declared| *declared == **name) {
                continue;
            }
            usable = false;
            let (path, at) = self.mention(path, "secrets");
            let hint = did_you_mean(name, self.declared_secrets());
            let hint = hint.unwrap_or_else(|| "declare it under `use.secrets`".to_owned());
            let message = format!("no secret `{name}` is declared");
            self.sink.at(Code::UnknownSecret, at, &path, message, Some(hint));
        }
        usable
    }

    /// The text at or below a pointer that names a variable, and where in it.
    fn mention(&self, path: &Path, name: &str) -> (Path, crate::parse::Position) {
        let word = format!("${name}");
        let mut open = vec![path.clone()];
        while let Some(path) = open.pop() {
            match self.tree.find(&path).map(|tree| &tree.kind) {
                Some(Kind::Text(text)) => {
                    if let Some(offset) = text.value.find(&word) {
                        return (path.clone(), self.tree.character_position(&path, offset));
                    }
                }
                Some(Kind::List(items)) => open.extend((0..items.len()).rev().map(|index| path.index(index))),
                Some(Kind::Map(entries)) => {
                    open.extend(entries.iter().rev().map(|entry| path.key(&entry.key)));
                }
                Some(Kind::Null | Kind::Bool(_) | Kind::Number(_)) | None => {}
            }
        }
        (path.clone(), self.tree.position(path))
    }

    pub(super) fn refuse<T>(&mut self, error: CompileError, path: &Path) -> Option<T> {
        self.refuse_as(Code::InvalidExpression, error, path)
    }

    fn refuse_as<T>(&mut self, code: Code, error: CompileError, path: &Path) -> Option<T> {
        let at = match error.offset {
            Some(offset) => self.tree.character_position(path, offset),
            None => self.tree.position(path),
        };
        self.sink.at(code, at, path, error.message, error.hint);
        None
    }
}

/// The bytes of the texts in a value that are expressions, or may be.
pub(super) fn weight(value: &Value, mode: Mode) -> usize {
    match value {
        Value::String(text) if mode == Mode::Loose || text.contains("${") => {
            text.len() + EXPRESSION_BYTES_MIN
        }
        Value::Array(items) => items.iter().map(|item| weight(item, mode)).sum(),
        Value::Object(entries) => entries.values().map(|value| weight(value, mode)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

//! The rules that need more than one place of a text: names, jumps, references, compensation, and what this version of
//! the engine does not run yet.
//!
//! Deliberately absent: expressions, schemas and URI templates, which `compile` compiles and reports on.

mod calls;
mod compensation;
mod events;
mod flow;
mod http;
mod metadata;
mod references;
mod unsupported;

use crate::diagnostic::{Code, Sink};
use crate::limits::{FAN_OUT_MAX, TASKS_MAX};
use crate::model::{Call, Document, ForIn, ListRole, Names, RetryPolicy, Task, TaskKind, TaskList};
use crate::parse::{Path, Tree};
use std::collections::BTreeSet;

/// Applies every rule to a document.
pub(crate) fn document(document: &Document, tree: &Tree, sink: &mut Sink) {
    let mut validator = Validator { document, tree, sink, tasks: 0 };
    unsupported::document(&mut validator);
    metadata::document(&mut validator);
    references::document(&mut validator);
    validator.schedule();
    let names = Names::default();
    let scope = Scope { role: ListRole::Body, handler: false, aside: None, names: &names, index: 0 };
    validator.list(&document.tasks, &Path::root().key("do"), scope);
    validator.functions(scope);
    validator.extensions(scope);
}

/// Where a walk through the tasks is.
struct Validator<'a> {
    document: &'a Document,
    tree: &'a Tree,
    sink: &'a mut Sink,
    tasks: usize,
}

/// The surroundings of a task.
#[derive(Clone, Copy)]
struct Scope<'n> {
    /// What the list is to the task around it.
    role: ListRole,
    /// Whether a `catch.do` is around.
    handler: bool,
    /// What runs beside the workflow's own flow is around: a compensation or a probe.
    aside: Option<Aside>,
    /// The names of the list.
    names: &'n Names<'n>,
    /// The place of the task in the list.
    index: usize,
}

/// A list that is not part of the workflow's own flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aside {
    Compensation,
    Probe,
}

impl Aside {
    fn of(role: ListRole) -> Option<Self> {
        match role {
            ListRole::Undo => Some(Self::Compensation),
            ListRole::Probe => Some(Self::Probe),
            ListRole::Body | ListRole::Guarded | ListRole::Handler | ListRole::Branches => None,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Compensation => "a compensation",
            Self::Probe => "a probe",
        }
    }
}

impl Validator<'_> {
    /// Reports at the value behind a pointer.
    fn value(&mut self, code: Code, path: &Path, message: impl Into<String>, hint: Option<String>) {
        self.sink.value(code, self.tree, path, message.into(), hint);
    }

    /// Reports at the key of the value behind a pointer.
    fn key(&mut self, code: Code, path: &Path, message: impl Into<String>, hint: Option<String>) {
        self.sink.key(code, self.tree, path, message.into(), hint);
    }

    fn list(&mut self, list: &TaskList, path: &Path, outer: Scope<'_>) {
        let names = Names::of(list);
        flow::names(self, names.all(), path);
        for (index, (name, task)) in list.0.iter().enumerate() {
            let path = path.index(index).key(name);
            self.tasks += 1;
            if self.tasks == TASKS_MAX + 1 {
                self.key(
                    Code::TooManyTasks,
                    &path,
                    format!("the definition has more than {TASKS_MAX} tasks"),
                    None,
                );
            }
            self.task(task, &path, Scope { names: &names, index, ..outer });
        }
    }

    /// The functions that the document declares. Nothing around them counts: they are called from anywhere.
    fn functions(&mut self, scope: Scope<'_>) {
        let functions = self.document.declared.as_ref().and_then(|declared| declared.functions.as_ref());
        for (name, task) in functions.map_or(&[][..], |functions| &functions.0) {
            let path = Path::root().keys(&["use", "functions", name]);
            if Call::BUILT_IN.contains(&name.as_str()) {
                let message = format!("a function cannot be called `{name}`");
                let hint = Some("it is a call that every document has".to_owned());
                self.key(Code::InvalidName, &path, message, hint);
            }
            self.tasks += 1;
            self.task(task, &path, scope);
        }
    }

    /// The extensions that the document declares: each item has one name, and no two have the same.
    fn extensions(&mut self, scope: Scope<'_>) {
        let extensions = self.document.declared.as_ref().and_then(|declared| declared.extensions.as_ref());
        let mut seen = BTreeSet::new();
        for (index, item) in extensions.map_or(&[][..], |all| all).iter().enumerate() {
            let path = Path::root().keys(&["use", "extensions"]).index(index);
            let written = self.tree.find(&path).map(|tree| &tree.kind);
            if let Some(crate::parse::Kind::Map(entries)) = written
                && entries.len() != 1
            {
                let message =
                    format!("an extension is a map with one key, its name; this one has {}", entries.len());
                self.value(Code::NotNamed, &path, message, None);
            }
            for (name, extension) in &item.0 {
                let path = path.key(name);
                if !seen.insert(name.as_str()) {
                    let message = format!("the extension `{name}` is declared twice");
                    self.key(
                        Code::DuplicateExtension,
                        &path,
                        message,
                        Some("choose another name".to_owned()),
                    );
                }
                for (key, tasks) in [("before", &extension.before), ("after", &extension.after)] {
                    if let Some(tasks) = tasks {
                        self.list(tasks, &path.key(key), scope);
                    }
                }
            }
        }
    }

    fn task(&mut self, task: &Task, path: &Path, scope: Scope<'_>) {
        flow::task(self, task, path, scope);
        references::task(self, task, path);
        unsupported::task(self, task, path);
        compensation::task(self, task, path, scope);
        http::task(self, task, path);
        events::task(self, task, path);
        self.fan_out(task, path);
        let names = Names::default();
        for nested in task.lists(path) {
            let inner = Scope {
                role: nested.role,
                handler: scope.handler || nested.role == ListRole::Handler,
                aside: scope.aside.or_else(|| Aside::of(nested.role)),
                names: &names,
                index: 0,
            };
            self.list(nested.tasks, &nested.path, inner);
        }
    }

    fn fan_out(&mut self, task: &Task, path: &Path) {
        let too_many = |count: usize| format!("{count} are too many: at most {FAN_OUT_MAX} are allowed");
        match &task.kind {
            TaskKind::Fork(fork) => {
                let path = path.keys(&["fork", "branches"]);
                let count = fork.branches.0.len();
                if count == 0 && self.is_empty_list(&path) {
                    self.value(Code::Empty, &path, "a `fork` needs a branch", None);
                } else if count > FAN_OUT_MAX {
                    self.value(Code::FanOut, &path, too_many(count), None);
                }
            }
            TaskKind::For(repeat) => {
                let path = path.key("for");
                if let ForIn::Items(items) = &repeat.each.items
                    && items.len() > FAN_OUT_MAX
                {
                    self.value(Code::FanOut, &path.key("in"), too_many(items.len()), None);
                }
                let item = repeat.each.item.as_ref().map_or("item", |name| name.0.as_str());
                let index = repeat.each.index.as_ref().map_or("index", |name| name.0.as_str());
                let path = path.key(if repeat.each.index.is_some() { "at" } else { "each" });
                if item == index && self.tree.find(&path).is_some_and(|tree| tree.to_value() == item) {
                    let message = format!("the item and the index are both called `{item}`");
                    self.value(Code::InvalidVariable, &path, message, None);
                }
            }
            TaskKind::Call(_)
            | TaskKind::Do(_)
            | TaskKind::Emit(_)
            | TaskKind::Listen(..)
            | TaskKind::Raise(_)
            | TaskKind::Run(_)
            | TaskKind::Set(_)
            | TaskKind::Switch(_)
            | TaskKind::Try(..)
            | TaskKind::Wait(_) => {}
        }
    }

    fn is_empty_list(&self, path: &Path) -> bool {
        let kind = self.tree.find(path).map(|tree| &tree.kind);
        matches!(kind, Some(crate::parse::Kind::List(items)) if items.is_empty())
    }

    fn schedule(&mut self) {
        let Some(schedule) = &self.document.schedule else { return };
        if schedule.read.is_some() && schedule.on.is_none() {
            let path = Path::root().keys(&["schedule", "read"]);
            self.key(Code::MissingKey, &path, "`read` needs `on`", None);
        }
        if let Some(on) = &schedule.on {
            events::start(self, on, &Path::root().keys(&["schedule", "on"]));
        }
    }

    /// Rules inside of a retry policy, wherever it is written.
    fn retry_policy(&mut self, policy: &RetryPolicy, path: &Path) {
        use crate::model::DurationValue::{Iso, Units};
        let Some(jitter) = &policy.jitter else { return };
        if let (Iso(_, from) | Units(_, from), Iso(_, to) | Units(_, to)) = (&jitter.from, &jitter.to)
            && from > to
        {
            let path = path.keys(&["jitter", "to"]);
            self.value(Code::OutOfRange, &path, "`jitter.to` is less than `jitter.from`", None);
        }
    }
}

//! The rules that need more than one place of a text: names, jumps, references, compensation, and what this version of
//! the engine does not run yet.
//!
//! Deliberately absent: expressions, schemas and URI templates, which `compile` compiles and reports on.

mod compensation;
mod flow;
mod http;
mod references;
mod unsupported;

use crate::diagnostic::{Code, Sink};
use crate::limits::{FAN_OUT_MAX, TASKS_MAX};
use crate::model::{Document, ForIn, ListRole, RetryPolicy, Task, TaskKind, TaskList};
use crate::parse::{Path, Tree};

/// Applies every rule to a document.
pub(crate) fn document(document: &Document, tree: &Tree, sink: &mut Sink) {
    let mut validator = Validator { document, tree, sink, tasks: 0 };
    unsupported::document(&mut validator);
    references::document(&mut validator);
    validator.schedule();
    let scope = Scope { role: ListRole::Body, handler: false, undo: false, names: &[], index: 0 };
    validator.list(&document.tasks, &Path::root().key("do"), scope);
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
    /// Whether a compensation is around.
    undo: bool,
    /// The names of the list.
    names: &'n [&'n str],
    /// The place of the task in the list.
    index: usize,
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
        let names: Vec<&str> = list.0.iter().map(|(name, _)| name.as_str()).collect();
        flow::names(self, &names, path);
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

    fn task(&mut self, task: &Task, path: &Path, scope: Scope<'_>) {
        flow::task(self, task, path, scope);
        references::task(self, task, path);
        unsupported::task(self, task, path);
        compensation::task(self, task, path, scope);
        http::task(self, task, path);
        self.fan_out(task, path);
        for nested in task.lists(path) {
            let inner = Scope {
                role: nested.role,
                handler: scope.handler || nested.role == ListRole::Handler,
                undo: scope.undo || nested.role == ListRole::Undo,
                names: &[],
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

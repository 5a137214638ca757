//! What the oracles know of a definition: derived from the generated tree, not from the compiled program.

use super::tree::{Kind, Mode, Task, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A definition as the specification reads it.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Whether an uncaught fault unwinds.
    pub on_fault: bool,
    /// Whether everything is undone in one order, the reverse of the starts.
    pub sequential: bool,
    /// Whether an unwinding has a budget of time, at whose end it gives up.
    pub budgeted: bool,
    /// The tasks by their reference.
    pub tasks: BTreeMap<Arc<str>, Place>,
}

/// A task as the specification reads it.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it does.
    pub kind: PlaceKind,
    /// Whether and when it is undone.
    pub undo: Option<PlaceUndo>,
    /// Its `timeout`.
    pub timeout_ms: Option<u64>,
}

/// What a task does, as far as an oracle cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A call with an effect.
    Call {
        /// How often its effect may happen.
        mode: Mode,
        /// Whether each retry that the author orders has its own key.
        key_per_attempt: bool,
    },
    /// A wait of so many milliseconds.
    Wait(u64),
    /// `fork`
    Fork {
        /// Whether the first branch to complete ends the others.
        compete: bool,
    },
    /// Anything else.
    Other,
}

/// When a task is undone.
#[derive(Clone, Copy, Debug)]
pub struct PlaceUndo {
    /// Also when it only started.
    pub attempted: bool,
    /// What its guard says.
    pub guard: Option<bool>,
}

impl Outline {
    /// What a tree says.
    pub fn of(tree: &Tree) -> Self {
        let mut outline = Self {
            on_fault: tree.on_fault,
            sequential: tree.sequential,
            budgeted: tree.budget_ms.is_some(),
            tasks: BTreeMap::new(),
        };
        outline.add(&tree.tasks, "/do");
        outline
    }

    fn add(&mut self, tasks: &[Task], list: &str) {
        for (index, task) in tasks.iter().enumerate() {
            let pointer = format!("{list}/{index}/{}", task.name);
            let undo =
                task.undo.as_ref().map(|undo| PlaceUndo { attempted: undo.attempted, guard: undo.guard });
            if let Some(undo) = &task.undo {
                self.add(&undo.tasks, &format!("{pointer}/metadata/compensate/do"));
            }
            let kind = self.kind(&task.kind, &pointer);
            let place = Place { kind, undo, timeout_ms: task.timeout_ms };
            self.tasks.insert(pointer.into(), place);
        }
    }

    fn kind(&mut self, kind: &Kind, pointer: &str) -> PlaceKind {
        match kind {
            Kind::Call(call) => {
                let (mode, key_per_attempt) = (call.effective_mode(), call.key_per_attempt);
                return PlaceKind::Call { mode, key_per_attempt };
            }
            Kind::Wait(ms) => return PlaceKind::Wait(*ms),
            Kind::Fork { compete, branches, .. } => {
                self.add(branches, &format!("{pointer}/fork/branches"));
                return PlaceKind::Fork { compete: *compete };
            }
            Kind::Do(body) | Kind::For { body, .. } => self.add(body, &format!("{pointer}/do")),
            Kind::Try(guarded) => {
                self.add(&guarded.body, &format!("{pointer}/try"));
                self.add(&guarded.handler, &format!("{pointer}/catch/do"));
            }
            Kind::Listen(listen) => {
                if let Some(body) = &listen.body {
                    self.add(body, &format!("{pointer}/foreach/do"));
                }
            }
            Kind::Set(_)
            | Kind::Raise(_)
            | Kind::Switch(_)
            | Kind::Compensate(_)
            | Kind::Emit(_)
            | Kind::Child { .. } => {}
        }
        PlaceKind::Other
    }
}

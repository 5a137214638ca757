//! What can be undone, in which order, and how far an unwinding is. Data only: `compensation` decides.

use super::effect::FrameId;
use super::history::{Key, Reason};
use super::log::Log;
use super::place::Place;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{ExecutionId, Timestamp};

/// One activation that can be undone, with everything its undo may ask for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) frame: FrameId,
    pub(super) place: Place,
    pub(super) input: Json,
    /// `null` when the task never completed.
    pub(super) output: Json,
    pub(super) context: Json,
    /// The variables of the loops and handlers around it.
    pub(super) variables: Vec<(Arc<str>, Json)>,
    pub(super) started_seq: u64,
    pub(super) key: Option<Key>,
    /// The child that undoes the task, when it is not the task's own `compensate` that does.
    pub(super) child: Option<ExecutionId>,
}

/// An entry, or the log of a composite task.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Undoable {
    Entry(Arc<Entry>),
    /// From the last to the first.
    Sequence(Log<Undoable>),
    /// Side by side.
    Parallel(Log<Undoable>),
}

impl Undoable {
    /// A group of what a composite task has logged; the single item itself when there is but one.
    pub(super) fn group(items: Log<Self>, parallel: bool) -> Option<Self> {
        let (last, rest) = items.split()?;
        Some(match (rest.is_empty(), parallel) {
            (true, _) => last.clone(),
            (false, false) => Self::Sequence(items),
            (false, true) => Self::Parallel(items),
        })
    }

    /// The entries that may run now.
    pub(super) fn ready(&self, into: &mut Vec<Arc<Entry>>) {
        match self {
            Self::Entry(entry) => into.push(Arc::clone(entry)),
            Self::Sequence(items) => {
                if let Some((last, _)) = items.split() {
                    last.ready(into);
                }
            }
            Self::Parallel(items) => items.iter().for_each(|item| item.ready(into)),
        }
    }

    /// Every entry, from the last to the first.
    pub(super) fn entries(&self, into: &mut Vec<Arc<Entry>>) {
        match self {
            Self::Entry(entry) => into.push(Arc::clone(entry)),
            Self::Sequence(items) | Self::Parallel(items) => items.iter().for_each(|item| item.entries(into)),
        }
    }

    /// The same without one of its ready entries; `None` when nothing is left.
    pub(super) fn without(&self, entry: FrameId) -> Option<Self> {
        match self {
            Self::Entry(own) => (own.frame != entry).then(|| self.clone()),
            Self::Sequence(items) => {
                let (last, rest) = items.split()?;
                let mut left = rest.clone();
                if let Some(last) = last.without(entry) {
                    left.push(last);
                }
                (!left.is_empty()).then_some(Self::Sequence(left))
            }
            Self::Parallel(items) => {
                let left: Log<Self> =
                    items.in_order().iter().filter_map(|item| item.without(entry)).collect();
                (!left.is_empty()).then_some(Self::Parallel(left))
            }
        }
    }

    /// Everything in one order, the reverse of the starts.
    pub(super) fn sequential(&self) -> Self {
        let mut entries = vec![];
        self.entries(&mut entries);
        entries.sort_by_key(|entry| entry.started_seq);
        Self::Sequence(entries.into_iter().map(Self::Entry).collect())
    }

    /// Whether everything in it belongs to this task or lies inside it.
    pub(super) fn belongs_to(&self, task: &str) -> bool {
        match self {
            Self::Entry(entry) => entry
                .place
                .task
                .strip_prefix(task)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Self::Sequence(items) | Self::Parallel(items) => items.iter().all(|item| item.belongs_to(task)),
        }
    }
}

/// Takes the items that belong to a task out of a log.
pub(super) fn take(log: &mut Log<Undoable>, belongs: impl Fn(&Undoable) -> bool) -> Log<Undoable> {
    let (taken, left): (Vec<Undoable>, Vec<Undoable>) = log.in_order().into_iter().partition(belongs);
    *log = left.into_iter().collect();
    taken.into_iter().collect()
}

/// How far an unwinding is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unwinding {
    pub(super) reason: Reason,
    pub(super) error: Option<Error>,
    pub(super) deadline: Option<Timestamp>,
    /// No further undo starts.
    pub(super) stopped: bool,
    /// Its budget is used up: nothing is tried again.
    pub(super) timed_out: bool,
    pub(super) plan: Option<Undoable>,
    pub(super) results: Log<UndoResult>,
}

impl Unwinding {
    /// Notes how an entry ended and takes it out of the plan.
    pub(super) fn settle(&mut self, entry: &Entry, status: UndoStatus, error: Option<Error>) {
        self.plan = self.plan.as_ref().and_then(|plan| plan.without(entry.frame));
        self.results.push(UndoResult { place: entry.place.clone(), status, error });
    }

    /// Whether something that should have been undone was not.
    pub(super) fn failed(&self) -> bool {
        self.results.iter().any(|result| match result.status {
            UndoStatus::Failed | UndoStatus::Skipped | UndoStatus::NotRun => true,
            UndoStatus::Completed | UndoStatus::NotNeeded => false,
        })
    }
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoResult {
    /// The task that was to be undone.
    pub place: Place,
    /// How that went.
    pub status: UndoStatus,
    /// Why it failed.
    pub error: Option<Error>,
}

impl UndoResult {
    /// As the error's extension shows it.
    pub(super) fn to_json(&self) -> Json {
        let mut entries = vec![("task", Json::string(&self.place.task))];
        if !self.place.iteration.is_empty() {
            entries.push(("iteration", Json::string(&self.place.iteration.to_string())));
        }
        entries.push(("status", Json::string(self.status.as_str())));
        if let Some(error) = &self.error {
            entries.push(("error", error.to_json()));
        }
        Json::object(entries)
    }
}

/// How an undo ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoStatus {
    /// The task is undone.
    Completed,
    /// Its undo failed for good.
    Failed,
    /// An operator decided to leave it.
    Skipped,
    /// Its guard said that there was nothing to undo.
    NotNeeded,
    /// The unwinding ended before it.
    NotRun,
}

impl UndoStatus {
    /// The word that the API shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::NotNeeded => "notNeeded",
            Self::NotRun => "notRun",
        }
    }
}

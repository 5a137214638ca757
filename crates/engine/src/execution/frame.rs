//! One activation of a task: what it remembers while it runs.

use super::effect::{FrameId, HttpRequest, TimerKind};
use super::history::{Cause, Ending, Slot};
use super::log::Log;
use super::place::Place;
use super::undo::{Entry, Undoable, Unwinding};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Mode, OnUncertain, UndoOn};
use tenure_types::{Epoch, Timestamp};

/// The activation of the document's own list.
pub(super) const ROOT: FrameId = FrameId(0);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) id: FrameId,
    /// The root is its own parent.
    pub(super) parent: FrameId,
    pub(super) slot: Slot,
    pub(super) place: Place,
    pub(super) raw: Json,
    pub(super) input: Json,
    pub(super) started_at: Timestamp,
    pub(super) started_seq: u64,
    pub(super) deadline: Option<Timestamp>,
    /// The highest attempt that an earlier try around this activation may have used here.
    pub(super) attempts_before: u32,
    pub(super) undo: Option<UndoOn>,
    /// How many activations have this one as their parent.
    pub(super) children: u32,
    pub(super) ending: Option<Ending>,
    pub(super) log: Log<Undoable>,
    pub(super) unwinding: Option<Arc<Unwinding>>,
    pub(super) state: State,
}

/// A task list under way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List {
    /// The output of the last task: the raw input of the next.
    pub(super) data: Json,
    pub(super) round: u32,
}

impl List {
    pub(super) fn new(data: Json) -> Self {
        Self { data, round: 0 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Instant,
    List(List),
    For(ForState),
    Fork(ForkState),
    Try(TryState),
    Wait { due: Timestamp },
    Call(CallState),
    Compensate,
    Undo(UndoState),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ForState {
    pub(super) items: Arc<[Json]>,
    pub(super) each: Arc<str>,
    pub(super) at: Arc<str>,
    /// `None` before the first iteration.
    pub(super) index: Option<u32>,
    pub(super) list: List,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ForkState {
    /// By branch, as far as they have completed.
    pub(super) outputs: Vec<Option<Json>>,
    /// How many branches have started or were skipped.
    pub(super) begun: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct TryState {
    pub(super) variable: Arc<str>,
    pub(super) list: List,
    pub(super) phase: TryPhase,
    pub(super) retries: u32,
    /// When this one try must have ended.
    pub(super) try_due: Option<Timestamp>,
    /// The highest attempt of a call in earlier tries, and in any.
    pub(super) attempts_before: u32,
    pub(super) attempts_high: u32,
    /// What `catch.do` has logged; the tries' own log is the frame's.
    pub(super) handler_log: Log<Undoable>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TryPhase {
    Body,
    Backoff { due: Timestamp },
    Handler { error: Error },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct CallState {
    pub(super) request: Arc<HttpRequest>,
    pub(super) key: super::history::Key,
    pub(super) key_text: Arc<str>,
    pub(super) mode: Mode,
    pub(super) on_uncertain: OnUncertain,
    pub(super) deadline: Timestamp,
    pub(super) attempt: u32,
    /// How many attempts in a row had no answer: what the engine's backoff grows with.
    pub(super) failures: u32,
    /// An attempt may have been executed, and no answer has told since.
    pub(super) ambiguous: bool,
    pub(super) phase: CallPhase,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum CallPhase {
    /// Before the first intent, within the turn of the start.
    Ready,
    Open {
        epoch: Epoch,
        send_by: Timestamp,
        since: Timestamp,
        grace: Option<Timestamp>,
    },
    Backoff {
        due: Timestamp,
        cause: Cause,
    },
    Uncertain {
        cause: Cause,
        since: Timestamp,
    },
}

/// An undo: it runs the `compensate.do` of the task that its entry names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UndoState {
    pub(super) entry: Arc<Entry>,
    pub(super) context: Json,
    pub(super) list: List,
    pub(super) phase: UndoPhase,
    pub(super) retries: u32,
    /// When the first of the tries that count towards the limits began.
    pub(super) since: Timestamp,
    pub(super) attempts_before: u32,
    pub(super) attempts_high: u32,
    pub(super) reason: super::history::Reason,
    pub(super) error: Option<Error>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum UndoPhase {
    Body,
    Backoff { due: Timestamp },
    Incident { error: Error, since: Timestamp },
}

impl Frame {
    /// The list that runs in this slot.
    pub(super) fn list(&self) -> Option<&List> {
        match &self.state {
            State::List(list) => Some(list),
            State::For(state) => Some(&state.list),
            State::Try(state) => Some(&state.list),
            State::Undo(state) => Some(&state.list),
            State::Instant | State::Fork(_) | State::Wait { .. } | State::Call(_) | State::Compensate => None,
        }
    }

    /// The same, to change it.
    pub(super) fn list_mut(&mut self) -> Option<&mut List> {
        match &mut self.state {
            State::List(list) => Some(list),
            State::For(state) => Some(&mut state.list),
            State::Try(state) => Some(&mut state.list),
            State::Undo(state) => Some(&mut state.list),
            State::Instant | State::Fork(_) | State::Wait { .. } | State::Call(_) | State::Compensate => None,
        }
    }

    /// What the next child gets as its raw input.
    pub(super) fn data(&self) -> &Json {
        self.list().map_or(&self.input, |list| &list.data)
    }

    pub(super) fn call(&self) -> Option<&CallState> {
        match &self.state {
            State::Call(call) => Some(call),
            State::Instant
            | State::List(_)
            | State::For(_)
            | State::Fork(_)
            | State::Try(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Undo(_) => None,
        }
    }

    /// The attempt that is under way or was the last one; 0 for what calls nobody.
    pub(super) fn attempt(&self) -> u32 {
        self.call().map_or(0, |call| call.attempt)
    }

    pub(super) fn undo_state(&self) -> Option<&UndoState> {
        match &self.state {
            State::Undo(undo) => Some(undo),
            State::Instant
            | State::List(_)
            | State::For(_)
            | State::Fork(_)
            | State::Try(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Call(_) => None,
        }
    }

    /// Whether nothing is under way in it or below it.
    pub(super) fn drained(&self) -> bool {
        self.children == 0 && self.unwinding.is_none()
    }

    /// The timers that are open, by kind, in the order of the kinds.
    pub(super) fn timers(&self) -> impl Iterator<Item = (TimerKind, Timestamp)> {
        let mut wait = None;
        let mut retry = None;
        let mut timeout = self.deadline;
        let mut grace = None;
        match &self.state {
            State::Wait { due } => wait = Some(*due),
            State::Try(state) => match state.phase {
                TryPhase::Backoff { due } => retry = Some(due),
                TryPhase::Body => timeout = earlier(timeout, state.try_due),
                TryPhase::Handler { .. } => {}
            },
            State::Call(call) => match &call.phase {
                CallPhase::Backoff { due, .. } => retry = Some(*due),
                CallPhase::Open { grace: until, .. } => grace = *until,
                CallPhase::Uncertain { .. } => timeout = None,
                CallPhase::Ready => {}
            },
            State::Undo(undo) => match undo.phase {
                UndoPhase::Backoff { due } => retry = Some(due),
                UndoPhase::Body | UndoPhase::Incident { .. } => {}
            },
            State::Instant | State::List(_) | State::For(_) | State::Fork(_) | State::Compensate => {}
        }
        if self.ending.is_some() || self.unwinding.is_some() && self.id == ROOT {
            timeout = None;
        }
        let budget = self.unwinding.as_ref().filter(|u| !u.timed_out).and_then(|u| u.deadline);
        [
            (TimerKind::Wait, wait),
            (TimerKind::Retry, retry),
            (TimerKind::Timeout, timeout),
            (TimerKind::Grace, grace),
            (TimerKind::Compensation, budget),
        ]
        .into_iter()
        .filter_map(|(kind, due)| Some((kind, due?)))
    }
}

/// The earlier of two instants that may be absent.
pub(super) fn earlier(one: Option<Timestamp>, two: Option<Timestamp>) -> Option<Timestamp> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}

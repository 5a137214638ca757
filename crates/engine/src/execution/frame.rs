//! One activation of a task: what it remembers while it runs.

use super::correlation::Shown;
use super::effect::{FrameId, Protection, TimerKind};
use super::event::Event;
use super::history::{Cause, ChildRequest, Each, Ending, Onward, Slot, Want};
use super::log::Log;
use super::place::Place;
use super::request::Request;
use super::undo::{Entry, Undoable, Unwinding};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{EventRead, Mode, OnUncertain, UndoOn};
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
    Gather(GatherState),
    Iteration(IterationState),
    /// A call of a function: its list is the function alone.
    Function(List),
    Extended(ExtendedState),
    Fork(ForkState),
    Try(TryState),
    Wait {
        due: Timestamp,
    },
    Call(CallState),
    Compensate,
    Undo(UndoState),
    Emit(Arc<Event>),
    Listen(Box<ListenState>),
    Child(ChildState),
}

/// A task and the tasks of an extension around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExtendedState {
    pub(super) applies: bool,
    /// The list before the task, the task itself, the list after it: one after the other.
    pub(super) list: List,
    /// What the task gave, and where it goes, once it has completed.
    pub(super) done: Option<(Json, Onward)>,
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

/// A `for` whose iterations run side by side. Each is an activation of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GatherState {
    pub(super) items: Arc<[Json]>,
    pub(super) each: Arc<str>,
    pub(super) at: Arc<str>,
    /// How many iterations have begun.
    pub(super) begun: u32,
    /// No further iteration begins.
    pub(super) closed: bool,
    /// In the order of the ends. A log, because a state is copied for every turn and there may be many.
    pub(super) ended: Log<Gathered>,
}

/// What an iteration that has ended leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gathered {
    pub(super) index: u32,
    /// `None` when it did not complete.
    pub(super) output: Option<Json>,
    pub(super) undo: Option<Undoable>,
}

/// One iteration of a `for` whose iterations run side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IterationState {
    pub(super) index: u32,
    pub(super) item: Json,
    pub(super) each: Arc<str>,
    pub(super) at: Arc<str>,
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
    pub(super) request: Request,
    pub(super) protection: Option<Arc<Protection>>,
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
    /// Since its outcome became unknown.
    pub(super) probe: Option<Probing>,
}

/// How far the probes of a call are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Probing {
    /// From 1.
    pub(super) number: u32,
    pub(super) phase: ProbePhase,
    /// The rounds of all probes are numbered on: the same task of another probe has another place.
    pub(super) list: List,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbePhase {
    Due(Timestamp),
    Asking,
    /// It said nothing.
    Ended,
}

impl CallState {
    /// A call before its first attempt.
    pub(super) fn new(
        request: Request,
        key: super::history::Key,
        (mode, on_uncertain): (Mode, OnUncertain),
        deadline: Timestamp,
        attempts_before: u32,
    ) -> Self {
        Self {
            request,
            protection: None,
            key,
            key_text: key.text(),
            mode,
            on_uncertain,
            deadline,
            attempt: attempts_before,
            failures: 0,
            ambiguous: false,
            phase: CallPhase::Ready,
            probe: None,
        }
    }
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

/// A `listen`, and what it has consumed so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListenState {
    pub(super) wants: Arc<[Want]>,
    pub(super) read: EventRead,
    pub(super) each: Option<Each>,
    /// What events have shown under each correlation.
    pub(super) shown: Shown,
    /// The filters that have taken an event.
    pub(super) passed: BTreeSet<u32>,
    /// It takes no further event.
    pub(super) closed: bool,
    /// Items that wait for their iteration, in the order in which their events came.
    pub(super) queue: VecDeque<Waiting>,
    /// How many iterations have begun.
    pub(super) begun: u32,
    /// The item under way, and its index.
    pub(super) current: Option<(u32, Json)>,
    pub(super) consumed: Log<Json>,
    pub(super) consumed_count: u32,
    pub(super) consumed_bytes: usize,
    pub(super) list: List,
}

/// An item that waits for its iteration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waiting {
    pub(super) item: Json,
    /// The number of the fact that its event came with.
    pub(super) seq: u64,
}

impl ListenState {
    pub(super) fn new(wants: Arc<[Want]>, read: EventRead, each: Option<Each>) -> Self {
        Self {
            wants,
            read,
            each,
            shown: Shown::new(),
            passed: BTreeSet::new(),
            closed: false,
            queue: VecDeque::new(),
            begun: 0,
            current: None,
            consumed: Log::new(),
            consumed_count: 0,
            consumed_bytes: 0,
            list: List::new(Json::null()),
        }
    }

    /// Adds to what the task gives.
    pub(super) fn gather(&mut self, item: Json) {
        self.consumed_count += 1;
        self.consumed_bytes += item.len_bytes();
        self.consumed.push(item);
    }

    /// Puts an item in its place among those that wait.
    pub(super) fn enqueue(&mut self, item: Json, seq: u64) {
        let at = self.queue.partition_point(|waiting| waiting.seq < seq);
        self.queue.insert(at, Waiting { item, seq });
    }
}

/// A `run.workflow` and its child.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ChildState {
    pub(super) request: Arc<ChildRequest>,
    pub(super) awaited: bool,
    pub(super) phase: ChildPhase,
    /// The child has ended and keeps something that it can undo.
    pub(super) undoable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChildPhase {
    /// Whether it has started is not known yet.
    Starting,
    /// It runs, and its end is waited for.
    Running,
    /// It has ended, was refused, or lives on by itself.
    Over,
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

impl CallState {
    /// When it is asked for next.
    pub(super) fn probe_due(&self) -> Option<Timestamp> {
        match self.probe.as_ref()?.phase {
            ProbePhase::Due(due) => Some(due),
            ProbePhase::Asking | ProbePhase::Ended => None,
        }
    }

    /// Whether the tasks of a probe run.
    pub(super) fn asking(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.phase == ProbePhase::Asking)
    }
}

impl Frame {
    /// The list that runs in this slot.
    pub(super) fn list(&self) -> Option<&List> {
        match &self.state {
            State::List(list) | State::Function(list) => Some(list),
            State::For(state) => Some(&state.list),
            State::Extended(state) => Some(&state.list),
            State::Iteration(state) => Some(&state.list),
            State::Try(state) => Some(&state.list),
            State::Undo(state) => Some(&state.list),
            State::Listen(state) => Some(&state.list),
            State::Call(call) => call.probe.as_ref().map(|probe| &probe.list),
            State::Instant
            | State::Gather(_)
            | State::Fork(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Child(_) => None,
        }
    }

    /// The same, to change it.
    pub(super) fn list_mut(&mut self) -> Option<&mut List> {
        match &mut self.state {
            State::List(list) | State::Function(list) => Some(list),
            State::For(state) => Some(&mut state.list),
            State::Extended(state) => Some(&mut state.list),
            State::Iteration(state) => Some(&mut state.list),
            State::Try(state) => Some(&mut state.list),
            State::Undo(state) => Some(&mut state.list),
            State::Listen(state) => Some(&mut state.list),
            State::Call(call) => call.probe.as_mut().map(|probe| &mut probe.list),
            State::Instant
            | State::Gather(_)
            | State::Fork(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Child(_) => None,
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
            | State::Gather(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Fork(_)
            | State::Try(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Listen(_)
            | State::Child(_)
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
            | State::Gather(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Fork(_)
            | State::Try(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Listen(_)
            | State::Child(_)
            | State::Call(_) => None,
        }
    }

    pub(super) fn child(&self) -> Option<&ChildState> {
        match &self.state {
            State::Child(child) => Some(child),
            State::Instant
            | State::List(_)
            | State::For(_)
            | State::Fork(_)
            | State::Try(_)
            | State::Wait { .. }
            | State::Call(_)
            | State::Compensate
            | State::Emit(_)
            | State::Listen(_)
            | State::Gather(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Undo(_) => None,
        }
    }

    /// Whether nothing is under way in it or below it.
    pub(super) fn drained(&self) -> bool {
        let child = self.child().is_some_and(|child| child.phase != ChildPhase::Over);
        self.children == 0 && self.unwinding.is_none() && !child
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
                CallPhase::Uncertain { .. } => {
                    timeout = None;
                    retry = call.probe_due();
                }
                CallPhase::Ready => {}
            },
            State::Undo(undo) => match undo.phase {
                UndoPhase::Backoff { due } => retry = Some(due),
                UndoPhase::Body | UndoPhase::Incident { .. } => {}
            },
            State::Instant
            | State::List(_)
            | State::For(_)
            | State::Gather(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Fork(_)
            | State::Compensate
            | State::Emit(_)
            | State::Listen(_)
            | State::Child(_) => {}
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

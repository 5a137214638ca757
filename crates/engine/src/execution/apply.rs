//! `apply`: the only function that changes an execution, live and in recovery.
//!
//! It trusts its facts: one that does not fit the state is a bug of ours and stops the shard.

mod attempt;
mod child;
mod log;
mod unwinding;

use self::log::{end_slot, inner_log};
use super::effect::FrameId;
use super::family::Report;
use super::frame::{
    CallPhase, CallState, ChildPhase, ChildState, ExtendedState, ForState, ForkState, Frame, GatherState,
    Gathered, IterationState, List, ListenState, ROOT, State, TryPhase, TryState,
};
use super::history::{
    Begin, Begun, Ending, EventConsumed, Fact, HistoryEvent, Role, Slot, Stage, Taken, TaskStarted,
};
use super::input::Actor;
use super::log::Log;
use super::place::{Place, Turnaround};
use super::request::Request;
use super::state::{End, Execution, Limited};
use super::undo::UndoStatus;
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_types::{CompensationStatus, Status, Timestamp};

/// A cancel that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cancel {
    pub(super) by: Actor,
    pub(super) compensate: bool,
}

impl Execution {
    /// Changes the state to what the fact says.
    pub fn apply(&mut self, event: &HistoryEvent) {
        assert!(self.takes(&event.fact), "no fact follows the end");
        self.seq += 1;
        self.updated_at = event.at;
        let at = event.at;
        match &event.fact {
            Fact::Started(started) => {
                assert!(self.started.is_none(), "an execution starts once");
                self.accepted_at = at;
                self.started = Some(Arc::new((**started).clone()));
                if let Some(begin) = &started.begin {
                    self.begin(begin, at);
                }
            }
            Fact::Released(begin) => self.begin(begin, at),
            Fact::TaskStarted(task) => self.open(task, at),
            Fact::TaskSkipped { parent, slot, round, .. } => self.skip(*parent, *slot, *round),
            Fact::AttemptStarted(attempt) => self.attempt(attempt, at),
            Fact::TaskRetried { frame, cause, due, .. } => self.back_off(*frame, cause, *due),
            Fact::TaskUncertain { frame, cause, .. } => {
                let call = self.call_mut(*frame);
                call.ambiguous = true;
                call.phase = CallPhase::Uncertain { cause: cause.clone(), since: at };
            }
            Fact::Resolved { frame, resolution, .. } => self.resolve(*frame, resolution, at),
            Fact::TaskCompleted { frame, output, context, .. } => {
                if let Some(context) = context {
                    self.export(*frame, context);
                }
                self.close(*frame, Some(output), true);
            }
            Fact::TaskFaulted { frame, executed, .. } | Fact::TaskCancelled { frame, executed, .. } => {
                self.close(*frame, None, *executed);
            }
            Fact::IterationStarted { frame, index, .. } => self.iterate(*frame, *index, at),
            Fact::IterationEnded { frame, completed, .. } => self.end_iteration(*frame, *completed),
            Fact::ExtensionAdvanced { frame, stage, .. } => self.advance(*frame, *stage),
            Fact::LoopClosed { frame, .. } => self.gather_mut(*frame).closed = true,
            Fact::TryRetried { .. } | Fact::TryStarted { .. } | Fact::ErrorCaught { .. } => {
                self.turn_try(&event.fact);
            }
            Fact::Interrupted { frame, ending, grace, .. } => self.interrupt(*frame, ending, *grace),
            Fact::CancelRequested { by, compensate, .. } => {
                self.cancel = Some(Arc::new(Cancel { by: by.clone(), compensate: *compensate }));
                if *compensate && self.compensation == CompensationStatus::None {
                    self.compensation = CompensationStatus::Pending;
                }
            }
            Fact::CompensationStarted(started) => self.unwind(started),
            Fact::UndoStarted { owner, entry, .. } => self.open_undo(*owner, *entry, at),
            Fact::UndoRetried { .. } | Fact::UndoResumed { .. } => self.turn_undo(&event.fact),
            Fact::UndoCompleted { frame, .. } => self.close_undo(*frame, UndoStatus::Completed, None),
            Fact::UndoFailed { frame, error, then, .. } => self.fail_undo(*frame, error, *then, at),
            Fact::UndoSkipped { frame, .. } => self.close_undo(*frame, UndoStatus::NotNeeded, None),
            Fact::CompensationTimedOut { frame, .. } => self.unwinding_mut(*frame).timed_out = true,
            Fact::CompensationCompleted { frame, .. } => {
                self.end_unwinding(*frame, CompensationStatus::Completed);
            }
            Fact::CompensationFailed { frame, .. } => self.end_unwinding(*frame, CompensationStatus::Failed),
            Fact::Completed { output } => {
                let (status, output) = (Status::Completed, Some(output.clone()));
                self.finish(End { status, output, error: None, at, terminated_by: None });
            }
            Fact::Faulted { error } => {
                let (status, error) = (Status::Faulted, Some(error.clone()));
                self.finish(End { status, output: None, error, at, terminated_by: None });
            }
            Fact::Cancelled => {
                let status = Status::Cancelled;
                self.finish(End { status, output: None, error: None, at, terminated_by: None });
            }
            Fact::Terminated { by, .. } => {
                let (status, terminated_by) = (Status::Terminated, Some(by.clone()));
                self.finish(End { status, output: None, error: None, at, terminated_by });
            }
            Fact::SignalReceived { event, .. } => self.inbox.keep(event, self.seq),
            Fact::EventConsumed(consumed) => self.consume(consumed),
            Fact::ItemCompleted { frame, output, context, .. } => {
                if let Some(context) = context {
                    self.export(*frame, context);
                }
                let listen = self.listen_mut(*frame);
                listen.current = None;
                listen.gather(output.clone());
            }
            Fact::ProbeScheduled { frame, number, due, .. } => self.schedule_probe(*frame, *number, *due),
            Fact::ProbeStarted { frame, number, .. } => self.start_probe(*frame, *number),
            Fact::ProbeEnded { frame, verdict, .. } => self.end_probe(*frame, verdict),
            Fact::Queued { key, max, faults } => {
                let (key, max, faults) = (Arc::clone(key), *max, *faults);
                self.limit = Some(Arc::new(Limited { key, max, faults, since: at }));
            }
            Fact::AttributesSet { attributes, retention_ms } => {
                self.attributes = Arc::clone(attributes);
                self.retention_ms = *retention_ms;
            }
            Fact::ChildStarted { frame, .. } => self.start_child(*frame),
            Fact::ChildRefused { frame, .. } => self.end_child(*frame, false),
            Fact::ChildEnded { frame, place, child, error, undoable, .. } => {
                if let Some(error) = error {
                    self.note_child_fault(&place.task, *child, error);
                }
                self.end_child(*frame, *undoable);
            }
            Fact::BecameChild(parent) => self.parent = Some(Arc::new((**parent).clone())),
            Fact::ParentTold { .. } => self.report = None,
            Fact::UnwindRequested(request) => self.reopen(request.frame, at),
        }
    }

    /// Whether a fact may follow: after the end only the settling with parent and children, and the undoing of what was
    /// done before it.
    fn takes(&self, fact: &Fact) -> bool {
        self.end.is_none()
            || !self.frames.is_empty()
            || matches!(fact, Fact::ParentTold { .. } | Fact::UnwindRequested(_))
    }

    pub(super) fn frame(&self, id: FrameId) -> &Frame {
        self.frames.get(&id).expect("a fact names a live activation")
    }

    fn frame_mut(&mut self, id: FrameId) -> &mut Frame {
        Arc::make_mut(self.frames.get_mut(&id).expect("a fact names a live activation"))
    }

    fn call_mut(&mut self, id: FrameId) -> &mut CallState {
        let State::Call(call) = &mut self.frame_mut(id).state else { unreachable!("{id:?} is a call") };
        call
    }

    fn listen_mut(&mut self, id: FrameId) -> &mut ListenState {
        let State::Listen(listen) = &mut self.frame_mut(id).state else {
            unreachable!("{id:?} is a `listen`")
        };
        listen
    }

    fn gather_mut(&mut self, id: FrameId) -> &mut GatherState {
        let State::Gather(state) = &mut self.frame_mut(id).state else { unreachable!("{id:?} gathers") };
        state
    }

    fn begin(&mut self, begin: &Begin, at: Timestamp) {
        assert!(self.began_at.is_none(), "an execution begins once");
        let raw = self.input().clone();
        let input = begin.input.clone().unwrap_or_else(|| raw.clone());
        self.began_at = Some(at);
        self.context = super::empty_object();
        self.frames_started = 1;
        let root = self.root(raw, input, begin.deadline, at);
        self.frames.insert(ROOT, Arc::new(root));
    }

    fn root(&self, raw: Json, input: Json, deadline: Option<Timestamp>, at: Timestamp) -> Frame {
        Frame {
            id: ROOT,
            parent: ROOT,
            slot: Slot::Body,
            place: Place::root(),
            raw,
            input: input.clone(),
            started_at: at,
            started_seq: self.seq,
            deadline,
            attempts_before: 0,
            undo: None,
            children: 0,
            ending: None,
            log: Log::new(),
            unwinding: None,
            state: State::List(List::new(input)),
        }
    }

    fn insert(&mut self, frame: Frame) {
        self.frames_started += 1;
        self.frame_mut(frame.parent).children += 1;
        let before = self.frames.insert(frame.id, Arc::new(frame));
        assert!(before.is_none(), "activations are numbered once");
    }

    fn open(&mut self, task: &TaskStarted, at: Timestamp) {
        let id = FrameId(self.frames_started);
        let parent = self.frame_mut(task.parent);
        let raw = parent.data().clone();
        let attempts_before = match &parent.state {
            State::Try(state) => state.attempts_before,
            State::Undo(state) => state.attempts_before,
            State::Instant
            | State::List(_)
            | State::For(_)
            | State::Gather(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Fork(_)
            | State::Wait { .. }
            | State::Call(_)
            | State::Compensate
            | State::Emit(_)
            | State::Listen(_)
            | State::Child(_) => parent.attempts_before,
        };
        begin_slot(parent, task.slot, task.round);
        let input = task.input.clone().unwrap_or_else(|| raw.clone());
        let state = state_of(&task.begun, &input, attempts_before);
        self.insert(Frame {
            id,
            parent: task.parent,
            slot: task.slot,
            place: task.place.clone(),
            raw,
            input,
            started_at: at,
            started_seq: self.seq,
            deadline: task.deadline,
            attempts_before,
            undo: task.undo,
            children: 0,
            ending: None,
            log: Log::new(),
            unwinding: None,
            state,
        });
    }

    /// Where iterations run side by side, each is an activation.
    fn open_iteration(&mut self, id: FrameId, index: u32, at: Timestamp) {
        let owner = self.frame(id);
        let input = owner.input.clone();
        let attempts_before = owner.attempts_before;
        let iteration = owner.place.iteration.then(Turnaround::Index(index));
        let place = Place { task: Arc::clone(&owner.place.task), iteration };
        let state = self.gather_mut(id);
        state.begun = index + 1;
        let state = IterationState {
            index,
            item: state.items[index as usize].clone(),
            each: Arc::clone(&state.each),
            at: Arc::clone(&state.at),
            list: List::new(input.clone()),
        };
        self.insert(Frame {
            id: FrameId(self.frames_started),
            parent: id,
            slot: Slot::Branch(index),
            place,
            raw: input.clone(),
            input,
            started_at: at,
            started_seq: self.seq,
            deadline: None,
            attempts_before,
            undo: None,
            children: 0,
            ending: None,
            log: Log::new(),
            unwinding: None,
            state: State::Iteration(state),
        });
    }

    fn advance(&mut self, id: FrameId, stage: Stage) {
        let frame = self.frame_mut(id);
        let State::Extended(state) = &mut frame.state else { unreachable!("{id:?} is extended") };
        match stage {
            Stage::Task => state.list = List::new(frame.input.clone()),
            Stage::After { then } => {
                let output = state.list.data.clone();
                state.list = List::new(output.clone());
                state.done = Some((output, then));
            }
        }
    }

    fn end_iteration(&mut self, id: FrameId, completed: bool) {
        let frame = self.frames.remove(&id).expect("a fact names a live activation");
        assert!(frame.drained(), "an iteration ends after what is in it");
        let State::Iteration(state) = &frame.state else { unreachable!("{id:?} is an iteration") };
        let output = completed.then(|| state.list.data.clone());
        let ended = Gathered { index: state.index, output, undo: inner_log(&frame) };
        self.frame_mut(frame.parent).children -= 1;
        self.gather_mut(frame.parent).ended.push(ended);
    }

    fn skip(&mut self, parent: FrameId, slot: Slot, round: u32) {
        let parent = self.frame_mut(parent);
        begin_slot(parent, slot, round);
        let input = parent.data().clone();
        end_slot(parent, slot, &input);
    }

    fn iterate(&mut self, id: FrameId, index: u32, at: Timestamp) {
        match &mut self.frame_mut(id).state {
            State::For(state) => {
                state.index = Some(index);
                state.list.round = 0;
            }
            State::Listen(state) => {
                let item = state.queue.pop_front().expect("an iteration begins with an item that waits").item;
                state.begun = index + 1;
                state.list = List::new(item.clone());
                state.current = Some((index, item));
            }
            State::Gather(_) => self.open_iteration(id, index, at),
            State::Instant
            | State::List(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Fork(_)
            | State::Try(_)
            | State::Wait { .. }
            | State::Call(_)
            | State::Compensate
            | State::Emit(_)
            | State::Child(_)
            | State::Undo(_) => unreachable!("{id:?} has iterations"),
        }
    }

    fn consume(&mut self, fact: &EventConsumed) {
        let (event, seq) = match &fact.event {
            Taken::Published { event, .. } => {
                self.inbox.remember(event);
                (Arc::clone(event), self.seq)
            }
            Taken::Signal { source, id } => {
                let signal = self.inbox.take(source, id);
                (signal.event, signal.seq)
            }
        };
        let listen = self.listen_mut(fact.frame);
        listen.shown.extend(fact.shown.iter().cloned());
        listen.passed.insert(fact.filter);
        listen.closed |= fact.closes;
        match (fact.role, &listen.each) {
            (Role::Stop, _) => {}
            (Role::Item, None) => listen.gather(event.read(listen.read)),
            (Role::Item, Some(_)) => listen.enqueue(event.read(listen.read), seq),
        }
    }

    fn export(&mut self, frame: FrameId, context: &Json) {
        match self.undo_around(frame) {
            Some(undo) => self.undo_mut(undo).context = context.clone(),
            None => self.context = context.clone(),
        }
    }

    /// The undo that the activation is part of.
    pub(super) fn undo_around(&self, frame: FrameId) -> Option<FrameId> {
        let mut id = frame;
        while id != ROOT {
            if self.frame(id).slot == Slot::Undo {
                return Some(id);
            }
            id = self.frame(id).parent;
        }
        None
    }

    fn turn_try(&mut self, fact: &Fact) {
        let (Fact::TryRetried { frame, .. }
        | Fact::TryStarted { frame, .. }
        | Fact::ErrorCaught { frame, .. }) = fact
        else {
            unreachable!("only facts of a `try` come here")
        };
        let frame = self.frame_mut(*frame);
        frame.ending = None;
        let State::Try(state) = &mut frame.state else { unreachable!("{:?} is a `try`", frame.id) };
        state.list = List::new(frame.input.clone());
        if let Fact::TryRetried { retry, due, .. } = fact {
            state.retries = *retry;
            state.attempts_before = state.attempts_high;
            state.phase = TryPhase::Backoff { due: *due };
        } else if let Fact::TryStarted { due, .. } = fact {
            state.try_due = *due;
            state.phase = TryPhase::Body;
        } else if let Fact::ErrorCaught { error, .. } = fact {
            state.phase = TryPhase::Handler { error: error.clone() };
        }
    }

    fn interrupt(&mut self, id: FrameId, ending: &Ending, grace: Option<Timestamp>) {
        self.frame_mut(id).ending = Some(ending.clone());
        for inside in self.inside(id) {
            let frame = self.frame_mut(inside);
            frame.ending = Some(Ending::Cancelled);
            if let State::Call(call) = &mut frame.state
                && let CallPhase::Open { grace: until, .. } = &mut call.phase
            {
                // A later interruption does not prolong a grace.
                *until = grace.map(|grace| until.map_or(grace, |until| until.min(grace)));
            }
        }
    }

    /// Everything that runs inside an activation, from the outside in, without unwindings: nothing interrupts those.
    pub(super) fn inside(&self, id: FrameId) -> BTreeSet<FrameId> {
        let mut found = BTreeSet::new();
        for (inner, frame) in self.frames.range(FrameId(id.0 + 1)..) {
            if frame.slot != Slot::Undo && (frame.parent == id || found.contains(&frame.parent)) {
                found.insert(*inner);
            }
        }
        found
    }

    fn finish(&mut self, end: End) {
        if self.frames.get(&ROOT).is_some_and(|root| root.unwinding.is_some()) {
            self.end_unwinding(ROOT, CompensationStatus::Failed);
        }
        if self.parent.as_ref().is_some_and(|parent| parent.awaited) {
            self.report = Some(Report::Ended);
            self.retain(end.status);
        }
        self.let_go(end.status);
        if self.compensation == CompensationStatus::Pending {
            self.compensation = CompensationStatus::None;
        }
        self.end = Some(Arc::new(end));
    }
}

fn begin_slot(parent: &mut Frame, slot: Slot, round: u32) {
    if let (State::Fork(fork), Slot::Branch(branch)) = (&mut parent.state, slot) {
        fork.begun = branch + 1;
    } else if let Some(list) = parent.list_mut() {
        list.round = round;
    }
}

fn state_of(begun: &Begun, input: &Json, attempts_before: u32) -> State {
    let list = || List::new(input.clone());
    match begun {
        Begun::Instant => State::Instant,
        Begun::Do => State::List(list()),
        Begun::For { items, each, at } => State::For(ForState {
            items: items.items().unwrap_or_default().into(),
            each: Arc::clone(each),
            at: Arc::clone(at),
            index: None,
            list: list(),
        }),
        Begun::Gather { items, each, at } => State::Gather(GatherState {
            items: items.items().unwrap_or_default().into(),
            each: Arc::clone(each),
            at: Arc::clone(at),
            begun: 0,
            closed: false,
            ended: Log::new(),
        }),
        Begun::Fork { branches } => {
            State::Fork(ForkState { outputs: vec![None; *branches as usize], begun: 0 })
        }
        Begun::Try { variable } => State::Try(TryState {
            variable: Arc::clone(variable),
            list: list(),
            phase: TryPhase::Body,
            retries: 0,
            try_due: None,
            attempts_before,
            attempts_high: attempts_before,
            handler_log: Log::new(),
        }),
        Begun::Wait { due } => State::Wait { due: *due },
        Begun::Http { request, key, mode, on_uncertain, deadline } => {
            let request = Request::Http(Arc::clone(request));
            State::Call(CallState::new(request, *key, (*mode, *on_uncertain), *deadline, attempts_before))
        }
        Begun::Call { request, key, mode, on_uncertain, deadline } => {
            let request = request.clone();
            State::Call(CallState::new(request, *key, (*mode, *on_uncertain), *deadline, attempts_before))
        }
        Begun::Protected { request, key, mode, on_uncertain, deadline, protection } => {
            let request = request.clone();
            let call = CallState::new(request, *key, (*mode, *on_uncertain), *deadline, attempts_before);
            State::Call(CallState { protection: Some(Arc::clone(protection)), ..call })
        }
        Begun::Compensate => State::Compensate,
        Begun::Emit { event } => State::Emit(Arc::clone(event)),
        Begun::Listen { wants, read, each } => {
            State::Listen(Box::new(ListenState::new(Arc::clone(wants), *read, each.clone())))
        }
        Begun::Extended { applies } => {
            State::Extended(ExtendedState { applies: *applies, list: list(), done: None })
        }
        Begun::Function { with } => State::Function(List::new(with.clone())),
        Begun::RunWorkflow { request, awaited } => State::Child(ChildState {
            request: Arc::clone(request),
            awaited: *awaited,
            phase: ChildPhase::Starting,
            undoable: false,
        }),
    }
}

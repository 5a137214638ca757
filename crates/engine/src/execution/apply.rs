//! `apply`: the only function that changes an execution, live and in recovery.
//!
//! It trusts its facts: one that does not fit the state is a bug of ours and stops the shard.

use super::effect::FrameId;
use super::frame::{
    CallPhase, CallState, ExtendedState, ForState, ForkState, Frame, GatherState, Gathered, IterationState,
    List, ListenState, ProbePhase, Probing, ROOT, State, TryPhase, TryState, UndoPhase, UndoState,
};
use super::history::{
    AfterUndoFailure, AttemptStarted, Begin, Begun, Cause, CauseClass, CompensationStarted, Ending,
    EventConsumed, Fact, HistoryEvent, Key, Role, Slot, Stage, Taken, Target, TaskStarted, Verdict,
};
use super::input::{Actor, Resolution};
use super::log::Log;
use super::place::{Place, Turnaround};
use super::request::Request;
use super::state::{End, Execution};
use super::task::listen;
use super::undo::{self, Entry, UndoResult, UndoStatus, Undoable, Unwinding};
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::UndoOn;
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
        assert!(self.end.is_none(), "no fact follows the end");
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
            Fact::Completed { output } => self.finish(Status::Completed, Some(output.clone()), None, at),
            Fact::Faulted { error } => self.finish(Status::Faulted, None, Some(error.clone()), at),
            Fact::Cancelled => self.finish(Status::Cancelled, None, None, at),
            Fact::Terminated { .. } => self.finish(Status::Terminated, None, None, at),
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
            Fact::AttributesSet { attributes, retention_ms } => {
                self.attributes = Arc::clone(attributes);
                self.retention_ms = *retention_ms;
            }
        }
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

    fn undo_mut(&mut self, id: FrameId) -> &mut UndoState {
        let State::Undo(undo) = &mut self.frame_mut(id).state else { unreachable!("{id:?} is an undo") };
        undo
    }

    fn unwinding_mut(&mut self, id: FrameId) -> &mut Unwinding {
        Arc::make_mut(self.frame_mut(id).unwinding.as_mut().expect("the activation unwinds"))
    }

    fn begin(&mut self, begin: &Begin, at: Timestamp) {
        assert!(self.began_at.is_none(), "an execution begins once");
        let raw = self.input().clone();
        let input = begin.input.clone().unwrap_or_else(|| raw.clone());
        self.began_at = Some(at);
        self.context = super::empty_object();
        self.frames_started = 1;
        let root = Frame {
            id: ROOT,
            parent: ROOT,
            slot: Slot::Body,
            place: Place::root(),
            raw,
            input: input.clone(),
            started_at: at,
            started_seq: self.seq,
            deadline: begin.deadline,
            attempts_before: 0,
            undo: None,
            children: 0,
            ending: None,
            log: Log::new(),
            unwinding: None,
            state: State::List(List::new(input)),
        };
        self.frames.insert(ROOT, Arc::new(root));
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
            | State::Listen(_) => parent.attempts_before,
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

    fn attempt(&mut self, fact: &AttemptStarted, at: Timestamp) {
        let frame = self.frame_mut(fact.frame);
        if frame.deadline.is_some() {
            frame.deadline = Some(fact.deadline);
        }
        let call = self.call_mut(fact.frame);
        call.attempt = fact.attempt;
        call.deadline = fact.deadline;
        call.phase = CallPhase::Open { epoch: fact.epoch, send_by: fact.send_by, since: at, grace: None };
        call.probe = None;
        let mut id = fact.frame;
        while id != ROOT {
            id = self.frame(id).parent;
            if matches!(self.frame(id).state, State::Try(_) | State::Undo(_)) {
                note_attempt(&mut self.frame_mut(id).state, fact.attempt);
            }
        }
    }

    fn back_off(&mut self, frame: FrameId, cause: &Cause, due: Timestamp) {
        let call = self.call_mut(frame);
        call.failures += 1;
        call.ambiguous |= match cause.class {
            CauseClass::Unknown | CauseClass::Lost => true,
            CauseClass::NotSent | CauseClass::Refused => false,
        };
        call.phase = CallPhase::Backoff { due, cause: cause.clone() };
    }

    fn resolve(&mut self, frame: FrameId, resolution: &Resolution, at: Timestamp) {
        if self.frame(frame).call().is_some() {
            let call = self.call_mut(frame);
            call.failures = 0;
            call.phase = CallPhase::Ready;
            call.probe = None;
            return;
        }
        match resolution {
            Resolution::Retry => {
                let undo = self.undo_mut(frame);
                (undo.retries, undo.since) = (0, at);
                restart_undo(undo);
            }
            Resolution::Skip => self.close_undo(frame, UndoStatus::Skipped, None),
            Resolution::Fail { .. } => {
                let UndoPhase::Incident { error, .. } = &self.undo_mut(frame).phase else {
                    unreachable!("only an incident is resolved")
                };
                let (error, owner) = (error.clone(), self.frame(frame).parent);
                self.close_undo(frame, UndoStatus::Failed, Some(error));
                self.unwinding_mut(owner).stopped = true;
            }
            Resolution::Complete { .. } => unreachable!("an undo has no output"),
        }
    }

    fn schedule_probe(&mut self, frame: FrameId, number: u32, due: Timestamp) {
        let call = self.call_mut(frame);
        let list = call.probe.take().map_or_else(|| List::new(Json::null()), |probe| probe.list);
        call.probe = Some(Probing { number, phase: ProbePhase::Due(due), list });
    }

    fn start_probe(&mut self, frame: FrameId, number: u32) {
        let data = self.frame(frame).input.clone();
        let probe = self.call_mut(frame).probe.as_mut().expect("a probe was scheduled");
        let round = if number == 1 { 0 } else { probe.list.round + 1 };
        (probe.phase, probe.list) = (ProbePhase::Asking, List { data, round });
    }

    fn end_probe(&mut self, frame: FrameId, verdict: &Verdict) {
        let call = self.call_mut(frame);
        match verdict {
            Verdict::Executed { .. } => call.probe = None,
            Verdict::NotExecuted => (call.probe, call.ambiguous) = (None, false),
            Verdict::Unknown { .. } => {
                call.probe.as_mut().expect("a probe was asking").phase = ProbePhase::Ended;
            }
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

    /// Takes an activation out of the tree, and what can be undone of it into its parent's log.
    fn close(&mut self, id: FrameId, output: Option<&Json>, executed: bool) {
        let frame = self.frame(id);
        assert!(frame.drained(), "an activation ends after what is in it");
        let logged = self.logged(frame, output, executed);
        let (parent, slot) = (frame.parent, frame.slot);
        self.frames.remove(&id);
        let parent = self.frame_mut(parent);
        parent.children -= 1;
        if let Some(output) = output {
            end_slot(parent, slot, output);
        }
        let log = match &mut parent.state {
            State::Undo(_) => return,
            State::Try(state) if slot == Slot::Handler => &mut state.handler_log,
            State::Try(_)
            | State::Instant
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
            | State::Listen(_) => &mut parent.log,
        };
        for item in logged {
            log.push(item);
        }
    }

    /// What an activation leaves in its parent's log: its own entry below what it has logged itself. A composite that
    /// completed and has an undo of its own replaces what is in it.
    fn logged(&self, frame: &Frame, output: Option<&Json>, executed: bool) -> Vec<Undoable> {
        let own = frame.undo.filter(|on| match on {
            UndoOn::Completed => executed,
            UndoOn::Attempted => true,
        });
        let entry = own.map(|_| Undoable::Entry(Arc::new(self.entry(frame, output))));
        let replaced = entry.is_some() && output.is_some();
        let inner = if replaced { None } else { inner_log(frame) };
        match (entry, inner) {
            (Some(entry), Some(inner)) => vec![Undoable::Sequence([entry, inner].into_iter().collect())],
            (entry, inner) => entry.into_iter().chain(inner).collect(),
        }
    }

    fn entry(&self, frame: &Frame, output: Option<&Json>) -> Entry {
        Entry {
            frame: frame.id,
            place: frame.place.clone(),
            input: frame.input.clone(),
            output: output.cloned().unwrap_or_default(),
            context: self.context.clone(),
            variables: self.variables(frame.parent),
            started_seq: frame.started_seq,
            key: frame.call().map(|call| call.key),
        }
    }

    /// The variables of the loops and handlers from this activation outwards, as far as its function goes; of equal names
    /// the innermost is first.
    fn variables(&self, from: FrameId) -> Vec<(Arc<str>, Json)> {
        let mut found = vec![];
        let mut id = from;
        while id != ROOT {
            let frame = self.frame(id);
            match &frame.state {
                State::For(state) => found.extend(for_variables(state)),
                State::Listen(_) => found.extend(listen::variables(frame)),
                State::Iteration(state) => found.extend([
                    (Arc::clone(&state.each), state.item.clone()),
                    (Arc::clone(&state.at), Json::number(i64::from(state.index))),
                ]),
                State::Try(state) => {
                    if let TryPhase::Handler { error } = &state.phase {
                        found.push((Arc::clone(&state.variable), error.to_json()));
                    }
                }
                State::Function(_) => break,
                State::Extended(_)
                | State::Instant
                | State::List(_)
                | State::Gather(_)
                | State::Fork(_)
                | State::Wait { .. }
                | State::Call(_)
                | State::Compensate
                | State::Emit(_)
                | State::Undo(_) => {}
            }
            id = frame.parent;
        }
        found
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

    fn unwind(&mut self, started: &CompensationStarted) {
        let items = self.take_log(started);
        let plan = Undoable::group(items, parallel(started));
        let plan = if started.sequential { plan.map(|plan| plan.sequential()) } else { plan };
        let frame = self.frame_mut(started.frame);
        frame.unwinding = Some(Arc::new(Unwinding {
            reason: started.reason,
            error: started.error.clone(),
            deadline: started.deadline,
            stopped: false,
            timed_out: false,
            plan,
            results: Log::new(),
        }));
        if started.frame == ROOT {
            self.compensation = CompensationStatus::Running;
        }
    }

    /// Takes what the unwinding is about out of its log.
    fn take_log(&mut self, started: &CompensationStarted) -> Log<Undoable> {
        match &started.target {
            Target::Own => std::mem::take(&mut self.frame_mut(started.frame).log),
            Target::Try(id) => std::mem::take(&mut self.frame_mut(*id).log),
            Target::Task { owner, task, slot } => {
                let log = log_mut(self.frame_mut(*owner), *slot);
                undo::take(log, |item| item.belongs_to(task))
            }
            Target::Losers { winner } => {
                undo::take(&mut self.frame_mut(started.frame).log, |item| !item.belongs_to(winner))
            }
        }
    }

    fn open_undo(&mut self, owner: FrameId, entry: FrameId, at: Timestamp) {
        let around = self.frame(owner).attempts_before;
        let unwinding = self.unwinding_mut(owner);
        let entry = ready_entry(unwinding, entry);
        let (reason, error) = (unwinding.reason, unwinding.error.clone());
        let (input, raw, place) = (entry.output.clone(), entry.output.clone(), entry.place.clone());
        let attempts_before = self.undo_attempts.get(&place).copied().unwrap_or(0).max(around);
        let state = State::Undo(UndoState {
            context: entry.context.clone(),
            list: List::new(entry.output.clone()),
            entry,
            phase: UndoPhase::Body,
            retries: 0,
            since: at,
            attempts_before,
            attempts_high: attempts_before,
            reason,
            error,
        });
        self.insert(Frame {
            id: FrameId(self.frames_started),
            parent: owner,
            slot: Slot::Undo,
            place,
            raw,
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
            state,
        });
    }

    fn turn_undo(&mut self, fact: &Fact) {
        if let Fact::UndoRetried { frame, retry, due, .. } = fact {
            let undo = self.undo_mut(*frame);
            undo.retries = *retry;
            undo.phase = UndoPhase::Backoff { due: *due };
        } else if let Fact::UndoResumed { frame, .. } = fact {
            restart_undo(self.undo_mut(*frame));
        }
    }

    fn fail_undo(&mut self, id: FrameId, error: &Error, then: AfterUndoFailure, at: Timestamp) {
        match then {
            AfterUndoFailure::Suspend => {
                self.frame_mut(id).ending = None;
                self.undo_mut(id).phase = UndoPhase::Incident { error: error.clone(), since: at };
            }
            AfterUndoFailure::Continue => self.close_undo(id, UndoStatus::Failed, Some(error.clone())),
            AfterUndoFailure::Stop => {
                let owner = self.frame(id).parent;
                self.close_undo(id, UndoStatus::Failed, Some(error.clone()));
                self.unwinding_mut(owner).stopped = true;
            }
        }
    }

    fn close_undo(&mut self, id: FrameId, status: UndoStatus, error: Option<Error>) {
        let frame = self.frames.remove(&id).expect("a fact names a live activation");
        assert!(frame.drained(), "an undo ends after what is in it");
        let undo = frame.undo_state().expect("the activation is an undo");
        if undo.attempts_high > 0 {
            Arc::make_mut(&mut self.undo_attempts).insert(frame.place.clone(), undo.attempts_high);
        }
        self.frame_mut(frame.parent).children -= 1;
        self.unwinding_mut(frame.parent).settle(&undo.entry, status, error);
    }

    fn end_unwinding(&mut self, id: FrameId, status: CompensationStatus) {
        let unwinding = self.frame_mut(id).unwinding.take().expect("the activation unwinds");
        if id != ROOT {
            return;
        }
        let mut left = vec![];
        if let Some(plan) = &unwinding.plan {
            plan.entries(&mut left);
        }
        self.compensation = status;
        self.undone = unwinding.results.clone();
        for entry in left {
            self.undone.push(UndoResult {
                place: entry.place.clone(),
                status: UndoStatus::NotRun,
                error: None,
            });
        }
    }

    fn finish(&mut self, status: Status, output: Option<Json>, error: Option<Error>, at: Timestamp) {
        if self.frames.get(&ROOT).is_some_and(|root| root.unwinding.is_some()) {
            self.end_unwinding(ROOT, CompensationStatus::Failed);
        }
        self.frames.clear();
        if self.compensation == CompensationStatus::Pending {
            self.compensation = CompensationStatus::None;
        }
        self.end = Some(Arc::new(End { status, output, error, at }));
    }
}

impl Key {
    /// Hexadecimal, as it is sent.
    pub fn text(&self) -> Arc<str> {
        use std::fmt::Write;
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        text.into()
    }
}

/// The variables of a loop.
pub(super) fn for_variables(state: &ForState) -> Vec<(Arc<str>, Json)> {
    let Some(index) = state.index else { return vec![] };
    let item = state.items[index as usize].clone();
    vec![(Arc::clone(&state.each), item), (Arc::clone(&state.at), Json::number(i64::from(index)))]
}

/// Whether what an unwinding takes has no order of its own.
fn parallel(started: &CompensationStarted) -> bool {
    match started.target {
        Target::Losers { .. } => true,
        Target::Own | Target::Try(_) | Target::Task { .. } => false,
    }
}

/// The log of a list.
fn log_mut(frame: &mut Frame, slot: Slot) -> &mut Log<Undoable> {
    match &mut frame.state {
        State::Try(state) if slot == Slot::Handler => &mut state.handler_log,
        State::Try(_)
        | State::Instant
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
        | State::Undo(_) => &mut frame.log,
    }
}

/// What a composite has logged, as one item. Iterations are undone from the last to the first, also those that ran
/// side by side: the limit that they ran under protects somebody, and an unwinding knows no limit but one at a time.
fn inner_log(frame: &Frame) -> Option<Undoable> {
    if let State::Gather(state) = &frame.state {
        let mut ended: Vec<&Gathered> = state.ended.iter().collect();
        ended.sort_by_key(|iteration| iteration.index);
        return Undoable::group(ended.into_iter().filter_map(|one| one.undo.clone()).collect(), false);
    }
    let mut log = frame.log.clone();
    if let State::Try(state) = &frame.state {
        state.handler_log.in_order().into_iter().for_each(|item| log.push(item));
    }
    Undoable::group(log, matches!(frame.state, State::Fork(_)))
}

fn ready_entry(unwinding: &Unwinding, id: FrameId) -> Arc<Entry> {
    let mut ready = vec![];
    unwinding.plan.iter().for_each(|plan| plan.ready(&mut ready));
    ready.into_iter().find(|entry| entry.frame == id).expect("a fact names an entry whose turn it is")
}

fn restart_undo(undo: &mut UndoState) {
    undo.attempts_before = undo.attempts_high;
    undo.phase = UndoPhase::Body;
    undo.list = List::new(undo.entry.output.clone());
}

fn note_attempt(state: &mut State, attempt: u32) {
    match state {
        State::Try(state) => state.attempts_high = state.attempts_high.max(attempt),
        State::Undo(state) => state.attempts_high = state.attempts_high.max(attempt),
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
        | State::Listen(_) => {}
    }
}

fn begin_slot(parent: &mut Frame, slot: Slot, round: u32) {
    if let (State::Fork(fork), Slot::Branch(branch)) = (&mut parent.state, slot) {
        fork.begun = branch + 1;
    } else if let Some(list) = parent.list_mut() {
        list.round = round;
    }
}

fn end_slot(parent: &mut Frame, slot: Slot, output: &Json) {
    if let (State::Fork(fork), Slot::Branch(branch)) = (&mut parent.state, slot) {
        fork.outputs[branch as usize] = Some(output.clone());
    } else if let Some(list) = parent.list_mut() {
        list.data = output.clone();
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
    }
}

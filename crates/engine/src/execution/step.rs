//! `step`: what an input leads to. A turn decides a fact, applies it to a copy, and goes on until nothing can run
//! without waiting.
//!
//! Deliberately absent: any change of the caller's state, and any fact about an input that came too late.

use super::effect::{FrameId, TimerId, TimerKind};
use super::frame::{CallPhase, Frame, ROOT, State, TryPhase, UndoPhase};
use super::history::{Ending, Fact, HistoryEvent, Slot};
use super::input::{Input, Now, Rejected, Resolution};
use super::state::Execution;
use super::{Actor, attempt, attributes, child, command, compensation, inbox, interrupt, probe, task};
use std::collections::VecDeque;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Definition, Flow, Node, NodeId, ScopeId};
use tenure_types::limits::{HISTORY_EVENTS_MAX, TURN_TASKS_IN_LOOPS_MAX, TURN_TASKS_MAX};

/// Decides. Pure: the same arguments give the same facts. An outcome that came too late gives none.
pub fn step(
    def: &Definition,
    exec: &Execution,
    input: Input,
    now: Now,
) -> Result<Vec<HistoryEvent>, Rejected> {
    Ok(turn(def, exec, input, now)?.events)
}

/// What a turn led to.
#[derive(Debug)]
pub struct Turned {
    /// The facts, in order.
    pub events: Vec<HistoryEvent>,
    /// The state after them, as `apply` makes it.
    pub after: Execution,
}

/// [`step`] for a caller who also wants the state that follows, which the turn has computed already.
pub fn turn(def: &Definition, exec: &Execution, input: Input, now: Now) -> Result<Turned, Rejected> {
    let exec = exec.clone();
    let mut turn = Turn {
        def,
        exec,
        now,
        events: vec![],
        queue: VecDeque::new(),
        tasks: 0,
        tasks_counted: 0,
        stale: false,
    };
    turn.take(input)?;
    turn.run();
    turn.follow();
    Ok(Turned { events: turn.events, after: turn.exec })
}

/// One call of [`step`].
pub(super) struct Turn<'a> {
    pub(super) def: &'a Definition,
    /// The state as far as it is decided.
    pub(super) exec: Execution,
    pub(super) now: Now,
    events: Vec<HistoryEvent>,
    /// Tasks about to start. They wait here, so that a long flow does not become a deep recursion.
    queue: VecDeque<Queued>,
    tasks: usize,
    /// Those of earlier iterations.
    tasks_counted: usize,
    /// Whether the input or the context is another than the search attributes were computed from.
    stale: bool,
}

/// Whether search attributes may be others after a fact. The end is looked at before it is recorded.
fn changes_data(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Started(_)
            | Fact::Released(_)
            | Fact::TaskCompleted { context: Some(_), .. }
            | Fact::ItemCompleted { context: Some(_), .. }
    )
}

/// What comes next in a turn.
enum Queued {
    Task(Enter),
    /// A list without a task: it ends where it begins.
    Empty {
        owner: FrameId,
        slot: Slot,
    },
}

impl Queued {
    /// The list that goes on.
    fn list(&self) -> (FrameId, Slot) {
        match self {
            Self::Task(enter) => (enter.parent, enter.slot),
            Self::Empty { owner, slot } => (*owner, *slot),
        }
    }
}

/// A task about to start.
pub(super) struct Enter {
    pub(super) parent: FrameId,
    pub(super) slot: Slot,
    pub(super) node: NodeId,
    pub(super) round: u32,
}

/// Where an error may be stopped on its way to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// By any `try` around it.
    Catchable,
    /// By nothing: the execution faults, and undoes itself.
    Root,
}

impl<'a> Turn<'a> {
    /// Decides a fact.
    pub(super) fn record(&mut self, fact: Fact) {
        if let Fact::Completed { output } = &fact {
            self.stale = false;
            attributes::follow(self, Some(output));
        } else if matches!(fact, Fact::Faulted { .. } | Fact::Cancelled | Fact::Terminated { .. }) {
            self.follow();
        }
        self.stale |= changes_data(&fact);
        let event = HistoryEvent { at: self.now.at, fact };
        self.exec.apply(&event);
        self.events.push(event);
    }

    /// Lets the search attributes follow what this turn has changed.
    fn follow(&mut self) {
        if std::mem::take(&mut self.stale) {
            attributes::follow(self, None);
        }
    }

    pub(super) fn node(&self, id: NodeId) -> &'a Node {
        let def: &'a Definition = self.def;
        def.program.node(id)
    }

    /// The node of an activation.
    pub(super) fn node_of(&self, frame: FrameId) -> NodeId {
        let task = &self.exec.frame(frame).place.task;
        self.def.program.find(task).expect("an execution runs the definition that its digest names")
    }

    /// Counts the tasks of the turn anew.
    pub(super) fn begin_count(&mut self) {
        self.tasks = 0;
    }

    /// Counts anew for an iteration: there are only so many items. All of a turn's tasks have a limit all the same.
    pub(super) fn begin_iteration(&mut self) {
        if self.tasks_counted < TURN_TASKS_IN_LOOPS_MAX {
            self.tasks_counted += self.tasks;
            self.tasks = 0;
        }
    }

    pub(super) fn queue(&mut self, enter: Enter) {
        self.queue.push_back(Queued::Task(enter));
    }

    /// Queues the first task of a list.
    pub(super) fn begin_list(&mut self, owner: FrameId, slot: Slot, scope: ScopeId) {
        let first = self.def.program.scope(scope).nodes.first();
        self.queue.push_back(match first {
            Some(node) => Queued::Task(Enter { parent: owner, slot, node: *node, round: 0 }),
            None => Queued::Empty { owner, slot },
        });
    }

    fn take(&mut self, input: Input) -> Result<(), Rejected> {
        if let Input::Start(start) = input {
            return command::start(self, *start);
        }
        match input {
            Input::Start(_) => unreachable!("taken above"),
            Input::Cancel { compensate, reason, by } => command::cancel(self, compensate, reason, by)?,
            Input::Terminate { reason, by } => command::terminate(self, reason, by)?,
            Input::Resolve { frame, resolution, by } => self.resolve(frame, resolution, by)?,
            Input::CallFinished { frame, attempt, outcome } => {
                attempt::finished(self, frame, attempt, outcome);
            }
            Input::AttemptLost { frame, attempt } => attempt::lost(self, frame, attempt),
            Input::TimerFired { timer } => self.fire(timer),
            Input::Event { event, addressed, by } => inbox::receive(self, &event, addressed, by)?,
            Input::Published { frame } => task::emit::published(self, frame),
            Input::ChildStarted { frame, definition, digest } => {
                child::started(self, frame, definition, digest);
            }
            Input::ChildRefused { frame, why } => child::refused(self, frame, why),
            Input::ChildEnded(end) => child::ended(self, *end),
            Input::ChildUndone { frame, child, failed } => child::undone(self, frame, child, failed),
            Input::ChildGone { frame, child } => child::gone(self, frame, child),
            Input::ParentTold { frame } => child::told(self, frame),
            Input::Unwind(asked) => child::unwind(self, *asked),
            Input::Admitted { granted } => command::admitted(self, granted),
        }
        Ok(())
    }

    fn run(&mut self) {
        while let Some(next) = self.queue.pop_front() {
            let (owner, slot) = next.list();
            if !self.wanted(owner, slot) {
                continue;
            }
            self.tasks += 1;
            let Some(detail) = self.beyond_a_limit() else {
                match next {
                    Queued::Task(enter) => task::enter(self, &enter),
                    Queued::Empty { owner, slot } => self.list_ended(owner, slot, Flow::Continue),
                }
                continue;
            };
            self.tasks = 0;
            let ending = Ending::Fault { error: Error::runtime(detail), catchable: false };
            interrupt::break_off(self, owner, ending, None);
        }
    }

    /// Why no further task may start. An unwinding goes on beyond the end of its history: the store keeps room for it.
    fn beyond_a_limit(&self) -> Option<String> {
        let unwinding = self.exec.frames.get(&ROOT).is_some_and(|root| root.unwinding.is_some());
        if self.tasks > TURN_TASKS_MAX {
            let what = "tasks ran without waiting for anything: an endless loop?";
            return Some(format!("more than {TURN_TASKS_MAX} {what}"));
        }
        (self.exec.seq() >= HISTORY_EVENTS_MAX && !unwinding).then(|| {
            format!(
                "the history has {} events: the limit `history_events_max` is {HISTORY_EVENTS_MAX}",
                self.exec.seq()
            )
        })
    }

    /// Whether the list still runs in which a task was about to start.
    fn wanted(&self, parent: FrameId, slot: Slot) -> bool {
        let Some(frame) = self.exec.frames.get(&parent) else { return false };
        let phase = match (&frame.state, slot) {
            (State::Try(state), Slot::Handler) => matches!(state.phase, TryPhase::Handler { .. }),
            (State::Try(state), _) => matches!(state.phase, TryPhase::Body),
            (State::Undo(state), _) => matches!(state.phase, UndoPhase::Body),
            (State::Call(call), _) => call.asking(),
            _ => true,
        };
        phase && frame.ending.is_none()
    }

    fn resolve(&mut self, id: FrameId, resolution: Resolution, by: Actor) -> Result<(), Rejected> {
        if self.exec.end.is_none() || self.exec.frames.is_empty() {
            command::alive(&self.exec)?;
        }
        let nothing = || Rejected::Conflict("there is nothing to resolve at this task".into());
        let frame = self.exec.frames.get(&id).filter(|_| id != ROOT).ok_or_else(nothing)?;
        match &frame.state {
            State::Call(call) if matches!(call.phase, CallPhase::Uncertain { .. }) => {
                attempt::resolve(self, id, resolution, by)
            }
            State::Undo(undo) if matches!(undo.phase, UndoPhase::Incident { .. }) => {
                compensation::resolve(self, id, &resolution, by)
            }
            State::Call(_)
            | State::Undo(_)
            | State::Instant
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
            | State::Child(_) => Err(nothing()),
        }
    }

    fn fire(&mut self, timer: TimerId) {
        if !self.exec.exists() {
            return;
        }
        let Some(id) = timer.frame else { return self.fire_own(timer.kind) };
        let Some(frame) = self.exec.frames.get(&id).filter(|_| id != ROOT) else { return };
        if !self.due(frame, timer.kind) {
            return;
        }
        match timer.kind {
            TimerKind::Wait => {
                let input = frame.input.clone();
                self.finish(id, input, None);
            }
            TimerKind::Retry => self.retry(id),
            TimerKind::Timeout => interrupt::timed_out(self, id),
            TimerKind::Grace => interrupt::grace_ended(self, id),
            TimerKind::Compensation => compensation::timed_out(self, id),
            TimerKind::Start => {}
        }
    }

    fn fire_own(&mut self, kind: TimerKind) {
        match kind {
            TimerKind::Start => command::release(self),
            TimerKind::Timeout if self.exec.frames.get(&ROOT).is_some_and(|root| self.due(root, kind)) => {
                // Nothing is around the root that could catch it; whether it unwinds is the document's to say.
                let error = Error::timeout("the workflow took longer than its `timeout`");
                let ending = Ending::Fault { error, catchable: true };
                interrupt::break_off(self, ROOT, ending, None);
            }
            TimerKind::Compensation
                if self.exec.frames.get(&ROOT).is_some_and(|root| self.due(root, kind)) =>
            {
                compensation::timed_out(self, ROOT);
            }
            TimerKind::Timeout
            | TimerKind::Compensation
            | TimerKind::Wait
            | TimerKind::Retry
            | TimerKind::Grace => {}
        }
    }

    fn due(&self, frame: &Frame, kind: TimerKind) -> bool {
        frame.timers().any(|(open, due)| open == kind && due <= self.now.at)
    }

    fn retry(&mut self, id: FrameId) {
        match &self.exec.frame(id).state {
            State::Call(call) if call.probe.is_some() => probe::start(self, id),
            State::Call(_) => attempt::start(self, id),
            State::Try(_) => task::try_::restart(self, id),
            State::Undo(_) => compensation::resume(self, id),
            State::Instant
            | State::List(_)
            | State::For(_)
            | State::Gather(_)
            | State::Iteration(_)
            | State::Function(_)
            | State::Extended(_)
            | State::Fork(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Listen(_)
            | State::Child(_) => unreachable!("{id:?} has no such timer"),
        }
    }

    /// An activation has its raw output: transforms it, and goes on behind it.
    pub(super) fn finish(&mut self, id: FrameId, raw_output: Json, flow: Option<Flow>) {
        let node_id = self.node_of(id);
        match super::dataflow::leave(self, id, self.node(node_id), raw_output) {
            Ok((output, context)) => {
                let frame = self.exec.frame(id);
                let (parent, slot) = (frame.parent, frame.slot);
                let (place, attempt) = (frame.place.clone(), frame.attempt());
                self.record(Fact::TaskCompleted { frame: id, place, attempt, output, context });
                let flow = flow.unwrap_or_else(|| self.node(node_id).then);
                self.completed(parent, slot, node_id, flow);
            }
            Err(error) => {
                let frame = self.exec.frame(id);
                let executed = frame.call().is_some() || frame.child().is_some();
                self.fault(id, error, Reach::Catchable, executed);
            }
        }
    }

    /// A child has completed or was skipped; its parent goes on.
    pub(super) fn completed(&mut self, parent: FrameId, slot: Slot, node: NodeId, flow: Flow) {
        let frame = self.exec.frame(parent);
        if frame.ending.is_some() {
            return interrupt::settle(self, parent);
        }
        if let (State::Fork(_), Slot::Branch(branch)) = (&frame.state, slot) {
            return task::fork::branch_completed(self, parent, branch, flow);
        }
        if let (State::Extended(_), Slot::Body) = (&frame.state, slot) {
            return task::extended::task_completed(self, parent, flow);
        }
        let node = self.node(node);
        let nodes = &self.def.program.scope(node.scope).nodes;
        let round = frame.list().map_or(0, |list| list.round);
        let next = match flow {
            Flow::Continue => Some((node.index + 1, round)),
            Flow::Goto(index) if index <= node.index => Some((index, round + 1)),
            Flow::Goto(index) => Some((index, round)),
            Flow::Exit | Flow::End => None,
        };
        match next.and_then(|(index, round)| Some((*nodes.get(index)?, round))) {
            Some((node, round)) => self.queue(Enter { parent, slot, node, round }),
            None => self.list_ended(parent, slot, flow),
        }
    }

    /// A list has come to its end; its owner goes on.
    fn list_ended(&mut self, id: FrameId, slot: Slot, flow: Flow) {
        let frame = self.exec.frame(id);
        let data = frame.data().clone();
        let last = flow;
        let end = last == Flow::End;
        let flow = end.then_some(Flow::End);
        match &frame.state {
            State::List(_) if id == ROOT => command::complete(self, data),
            State::List(_) | State::Function(_) => self.finish(id, data, flow),
            State::For(_) if end => self.finish(id, data, flow),
            State::For(_) => task::for_::next(self, id),
            State::Iteration(_) => task::gather::iteration_ended(self, id, end),
            State::Try(_) => task::try_::list_ended(self, id, slot, data, flow),
            State::Extended(_) => task::extended::list_ended(self, id, slot, data, last),
            State::Undo(_) => compensation::undone(self, id),
            State::Listen(_) if end => task::listen::finish(self, id, flow),
            State::Listen(_) => task::listen::iterated(self, id, data),
            State::Call(_) => probe::answered(self, id),
            State::Instant
            | State::Gather(_)
            | State::Fork(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Child(_) => unreachable!("{id:?} owns no list"),
        }
    }

    /// An activation in which nothing is under way ends with an error.
    pub(super) fn fault(&mut self, id: FrameId, error: Error, reach: Reach, executed: bool) {
        if id == ROOT {
            return command::fault(self, error, reach);
        }
        let frame = self.exec.frame(id);
        if frame.slot == Slot::Undo {
            return compensation::undo_faulted(self, id, error);
        }
        let (parent, slot, place, attempt) = (frame.parent, frame.slot, frame.place.clone(), frame.attempt());
        let error = if error.instance.is_some() { error } else { error.at(&place.task) };
        self.record(Fact::TaskFaulted { frame: id, place, attempt, error: error.clone(), executed });
        self.faulted(parent, slot, error, reach);
    }

    /// A child has faulted; its parent catches the error, or ends as well.
    fn faulted(&mut self, parent: FrameId, slot: Slot, error: Error, reach: Reach) {
        let frame = self.exec.frame(parent);
        if frame.ending.is_some() {
            return interrupt::settle(self, parent);
        }
        match &frame.state {
            State::Try(_) if slot == Slot::Body && reach == Reach::Catchable => {
                task::try_::catch(self, parent, error);
            }
            State::Undo(_) => compensation::undo_faulted(self, parent, error),
            State::Call(_) => probe::failed(self, parent, &error),
            State::Fork(_) => self.fault_beside(parent, error, reach),
            State::Iteration(_) => {
                let owner = frame.parent;
                self.fault_beside(owner, error, reach);
            }
            State::List(_)
            | State::Function(_)
            | State::Extended(_)
            | State::For(_)
            | State::Try(_)
            | State::Listen(_) => self.fault(parent, error, reach, false),
            State::Instant
            | State::Gather(_)
            | State::Wait { .. }
            | State::Compensate
            | State::Emit(_)
            | State::Child(_) => {
                unreachable!("{parent:?} has no children that can fault")
            }
        }
    }

    /// One of several that run side by side has faulted: the others are ended, then all of it faults.
    fn fault_beside(&mut self, owner: FrameId, error: Error, reach: Reach) {
        let ending = Ending::Fault { error, catchable: reach == Reach::Catchable };
        let grace = Some(interrupt::grace(self.now.at));
        interrupt::break_off(self, owner, ending, grace);
    }
}

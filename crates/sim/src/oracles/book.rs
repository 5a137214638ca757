//! What is durably known of every execution, folded from the committed facts by the oracles' own rules.
//!
//! Deliberately independent of the engine's state: an error in its fold must not hide itself here.

use crate::generate::{Outline, PlaceKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_engine::execution::{Begun, Fact, FrameId, HistoryEvent, Parent, Place, Slot};
use tenure_types::{Epoch, ExecutionId, Status, TaskRef, TenantId, Timestamp};

/// All executions that the store holds.
pub type Book = BTreeMap<ExecutionId, Record>;

/// One execution.
#[derive(Debug)]
pub struct Record {
    /// What it runs.
    pub outline: Arc<Outline>,
    /// Whose it is; `None` when it was not announced.
    pub tenant: Option<TenantId>,
    /// Events so far.
    pub seq: u64,
    /// The instant of the last one.
    pub at: Timestamp,
    /// Activations, by their numbers; 0 is the execution itself.
    pub frames: Vec<Activation>,
    /// The number of the event that asked for a cancel, and whether it asked for compensation.
    pub cancel: Option<(u64, bool)>,
    /// The number of the first event of an unwinding of the whole.
    pub unwound: Option<u64>,
    /// How it ended.
    pub ended: Option<Status>,
    /// Whose child it is.
    pub parent: Option<Parent>,
    /// Whether its parent has yet to hear of its end, or of its being undone.
    pub untold: bool,
    /// Whether it undoes itself after its end, for its parent.
    pub reopened: bool,
    /// Whether it waits for a place under its limit.
    pub queued: bool,
    /// Lists that an author's `retry` has ordered to run again: the task, and the number of the event.
    pub retried: Vec<(TaskRef, u64)>,
}

/// One activation.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about an activation, not states of a machine"
)]
pub struct Activation {
    /// Which holds it.
    pub parent: FrameId,
    /// Where in the parent.
    pub slot: Slot,
    /// The task; of an undo, the task that is undone.
    pub place: Place,
    /// What it is.
    pub kind: Doing,
    /// The number of the event that started it.
    pub started: u64,
    /// Its instant.
    pub started_at: Timestamp,
    /// The end of its `timeout`, as recorded.
    pub deadline: Option<Timestamp>,
    /// The end of the present try of a `try`.
    pub try_due: Option<Timestamp>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// Whether it is an undo or part of one.
    pub undoing: bool,
    /// Whether it runs under something that is being interrupted.
    pub interrupted: bool,
    /// The last attempt of a call.
    pub attempt: u32,
    /// The epoch of its intent.
    pub epoch: Epoch,
    /// Whether that attempt's outcome is settled: answered, retried, uncertain.
    pub settled: bool,
    /// Whether it was recorded as uncertain and not resolved since.
    pub uncertain: bool,
    /// Whether an operator said that it was executed.
    pub completed_by_hand: bool,
    /// When the next attempt or try is due.
    pub due: Option<Timestamp>,
}

/// What an activation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// The execution, or an undo.
    List,
    /// A call.
    Call,
    /// A wait that ends then.
    Wait(Timestamp),
    /// A fork.
    Fork,
    /// A loop whose iterations run side by side.
    Gather,
    /// Anything else.
    Other,
}

/// How an activation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well.
    Completed,
    /// With an error; whether its effect may have happened.
    Faulted {
        /// As recorded.
        executed: bool,
    },
    /// From outside; whether its effect may have happened.
    Cancelled {
        /// As recorded.
        executed: bool,
    },
}

impl Record {
    /// An execution of which nothing is stored yet.
    pub fn new(outline: Arc<Outline>, tenant: Option<TenantId>) -> Self {
        let at = Timestamp::default();
        Self {
            outline,
            tenant,
            seq: 0,
            at,
            frames: vec![],
            cancel: None,
            unwound: None,
            ended: None,
            parent: None,
            untold: false,
            reopened: false,
            queued: false,
            retried: vec![],
        }
    }

    /// Whether a fact may come after the end.
    pub fn may_follow(&self, fact: &Fact) -> bool {
        match fact {
            Fact::ParentTold { .. } => self.untold,
            Fact::UnwindRequested(_) => {
                !self.reopened && self.parent.as_ref().is_some_and(|parent| parent.awaited)
            }
            Fact::ChildStarted { .. } | Fact::ChildRefused { .. } | Fact::ChildEnded { .. } => {
                self.ended == Some(Status::Terminated) || self.reopened
            }
            _ => self.reopened,
        }
    }

    /// Whether nothing more is expected of it.
    pub fn at_rest(&self) -> bool {
        self.ended.is_some() && !self.reopened && !self.untold
    }

    fn finish(&mut self, status: Status) {
        self.ended = Some(status);
        self.untold = self.parent.as_ref().is_some_and(|parent| parent.awaited);
    }

    /// The activation behind a number.
    pub fn frame(&self, id: FrameId) -> Option<&Activation> {
        self.frames.get(id.0 as usize)
    }

    /// Whether `inner` is `outer` or inside of it.
    pub fn within(&self, inner: FrameId, outer: FrameId) -> bool {
        self.path(inner).contains(&outer)
    }

    /// An activation and what holds it, from the inside out, the execution itself last.
    pub fn path(&self, id: FrameId) -> Vec<FrameId> {
        let mut path = vec![id];
        let mut at = id;
        while at.0 != 0 {
            let Some(frame) = self.frame(at) else { break };
            at = frame.parent;
            path.push(at);
        }
        path
    }

    /// What the definition says about an activation's task.
    pub fn outlined(&self, frame: &Activation) -> PlaceKind {
        self.outline.tasks.get(&frame.place.task).map_or(PlaceKind::Other, |place| place.kind)
    }

    fn push(&mut self, parent: FrameId, slot: Slot, place: &Place, kind: Doing, event: &HistoryEvent) {
        let (undoing, interrupted) =
            self.frame(parent).map_or((false, false), |around| (around.undoing, around.interrupted));
        self.frames.push(Activation {
            parent,
            slot,
            place: place.clone(),
            kind,
            started: self.seq,
            started_at: event.at,
            deadline: None,
            try_due: None,
            ended: None,
            undoing: undoing || slot == Slot::Undo,
            interrupted: interrupted && slot != Slot::Undo,
            attempt: 0,
            epoch: Epoch(0),
            settled: true,
            uncertain: false,
            completed_by_hand: false,
            due: None,
        });
    }

    fn with(&mut self, id: FrameId, change: impl FnOnce(&mut Activation)) {
        if let Some(frame) = self.frames.get_mut(id.0 as usize) {
            change(frame);
        }
    }

    fn end(&mut self, id: FrameId, ended: Ended) {
        self.with(id, |frame| {
            frame.ended = Some(ended);
            frame.settled = true;
            frame.uncertain = false;
        });
    }

    /// Adds a committed fact.
    pub fn apply(&mut self, event: &HistoryEvent) {
        self.seq += 1;
        self.at = event.at;
        match &event.fact {
            Fact::Started(started) => {
                if let Some(begin) = &started.begin {
                    self.begin(begin.deadline, event);
                }
            }
            Fact::Queued { .. } => self.queued = true,
            Fact::Released(begin) => {
                self.queued = false;
                self.begin(begin.deadline, event);
            }
            Fact::TaskStarted(task) => {
                let kind = match &task.begun {
                    Begun::Http { .. } | Begun::Call { .. } | Begun::Protected { .. } => Doing::Call,
                    Begun::Wait { due } => Doing::Wait(*due),
                    Begun::Fork { .. } => Doing::Fork,
                    Begun::Gather { .. } => Doing::Gather,
                    _ => Doing::Other,
                };
                self.push(task.parent, task.slot, &task.place, kind, event);
                let deadline = match &task.begun {
                    Begun::Http { deadline, .. }
                    | Begun::Call { deadline, .. }
                    | Begun::Protected { deadline, .. } => Some(*deadline),
                    _ => task.deadline,
                };
                self.frames.last_mut().expect("pushed above").deadline = deadline;
            }
            Fact::UndoStarted { owner, place, .. } => {
                self.push(*owner, Slot::Undo, place, Doing::List, event);
            }
            Fact::TryRetried { frame, place, due, .. } => {
                self.retried.push((place.task.clone(), self.seq));
                self.with(*frame, |frame| frame.due = Some(*due));
                self.resume(*frame);
            }
            Fact::ErrorCaught { frame, .. } => self.resume(*frame),
            Fact::TryStarted { frame, due, .. } => self.with(*frame, |frame| {
                frame.due = None;
                frame.try_due = *due;
            }),
            Fact::Interrupted { frame, .. } => self.interrupt(*frame),
            Fact::CancelRequested { compensate, .. } => self.cancel = Some((self.seq, *compensate)),
            Fact::CompensationStarted(started) if started.frame.0 == 0 => {
                self.unwound = self.unwound.or(Some(self.seq));
            }
            Fact::UndoRetried { frame, due, .. } => self.with(*frame, |frame| frame.due = Some(*due)),
            Fact::UndoResumed { frame, .. } => self.with(*frame, |frame| frame.due = None),
            Fact::UndoFailed { frame, .. } => self.with(*frame, |frame| frame.due = None),
            Fact::Completed { .. } => self.finish(Status::Completed),
            Fact::Faulted { .. } => self.finish(Status::Faulted),
            Fact::Cancelled => self.finish(Status::Cancelled),
            Fact::Terminated { .. } => self.finish(Status::Terminated),
            Fact::AttemptStarted(_)
            | Fact::TaskRetried { .. }
            | Fact::TaskUncertain { .. }
            | Fact::Resolved { .. }
            | Fact::TaskCompleted { .. }
            | Fact::UndoCompleted { .. }
            | Fact::TaskFaulted { .. }
            | Fact::TaskCancelled { .. } => self.settle(&event.fact),
            Fact::IterationStarted { frame, place, index } => self.iterate(*frame, place, *index, event),
            Fact::IterationEnded { frame, completed: true, .. } => self.end(*frame, Ended::Completed),
            Fact::IterationEnded { frame, .. } => self.end(*frame, Ended::Cancelled { executed: false }),
            Fact::TaskSkipped { .. }
            | Fact::LoopClosed { .. }
            | Fact::ExtensionAdvanced { .. }
            | Fact::CompensationStarted(_)
            | Fact::UndoSkipped { .. }
            | Fact::CompensationTimedOut { .. }
            | Fact::ChildStarted { .. }
            | Fact::ChildRefused { .. }
            | Fact::ChildEnded { .. }
            | Fact::SignalReceived { .. }
            | Fact::EventConsumed(_)
            | Fact::ItemCompleted { .. }
            | Fact::ProbeScheduled { .. }
            | Fact::ProbeStarted { .. }
            | Fact::ProbeEnded { .. }
            | Fact::AttributesSet { .. } => {}
            Fact::CompensationCompleted { frame, .. } | Fact::CompensationFailed { frame, .. } => {
                if frame.0 == 0 && self.reopened {
                    (self.reopened, self.untold) = (false, true);
                }
            }
            Fact::BecameChild(parent) => self.parent = Some((**parent).clone()),
            Fact::ParentTold { .. } => (self.untold, self.reopened) = (false, false),
            Fact::UnwindRequested(_) => (self.untold, self.reopened) = (true, true),
        }
    }

    /// An iteration is an activation only where iterations run side by side.
    fn iterate(&mut self, id: FrameId, place: &Place, index: u32, event: &HistoryEvent) {
        if self.frame(id).is_some_and(|frame| frame.kind == Doing::Gather) {
            self.push(id, Slot::Branch(index), place, Doing::List, event);
        }
    }

    /// An attempt begins or is settled, a task ends.
    fn settle(&mut self, fact: &Fact) {
        match fact {
            Fact::AttemptStarted(attempt) => self.with(attempt.frame, |frame| {
                frame.attempt = attempt.attempt;
                frame.epoch = attempt.epoch;
                frame.settled = false;
                frame.due = None;
                frame.deadline = Some(attempt.deadline);
            }),
            Fact::TaskRetried { frame, due, .. } => self.with(*frame, |frame| {
                frame.settled = true;
                frame.due = Some(*due);
            }),
            Fact::TaskUncertain { frame, .. } => self.with(*frame, |frame| {
                frame.settled = true;
                frame.uncertain = true;
            }),
            Fact::Resolved { frame, resolution, .. } => {
                let complete = matches!(resolution, tenure_engine::execution::Resolution::Complete { .. });
                self.with(*frame, |frame| {
                    frame.uncertain = false;
                    frame.completed_by_hand = complete;
                });
            }
            Fact::TaskCompleted { frame, .. } | Fact::UndoCompleted { frame, .. } => {
                self.end(*frame, Ended::Completed);
            }
            Fact::TaskFaulted { frame, executed, .. } => {
                self.end(*frame, Ended::Faulted { executed: *executed });
            }
            Fact::TaskCancelled { frame, executed, .. } => {
                self.end(*frame, Ended::Cancelled { executed: *executed });
            }
            _ => {}
        }
    }

    fn begin(&mut self, deadline: Option<Timestamp>, event: &HistoryEvent) {
        self.push(FrameId(0), Slot::Body, &Place::root(), Doing::List, event);
        self.with(FrameId(0), |root| root.deadline = deadline);
    }

    /// Everything inside is being ended; undos are not.
    fn interrupt(&mut self, id: FrameId) {
        for at in (id.0 as usize)..self.frames.len() {
            let inside = at == id.0 as usize || {
                let around = &self.frames[self.frames[at].parent.0 as usize];
                around.interrupted && self.frames[at].slot != Slot::Undo && at != 0
            };
            if inside && self.frames[at].ended.is_none() {
                self.frames[at].interrupted = true;
            }
        }
    }

    /// A `try` goes on after what was inside has ended.
    fn resume(&mut self, id: FrameId) {
        let around = self.frame(id).is_some_and(|frame| {
            frame.parent != id && self.frame(frame.parent).is_some_and(|parent| parent.interrupted)
        });
        self.with(id, |frame| frame.interrupted = around);
    }
}

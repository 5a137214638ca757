//! An execution in memory: its state, its mail, and what it has open.

use super::{Key, Mail, NewExecution};
use crate::execution::{
    self, CallEffect, Effect, EffectId, Errand, ErrandId, ErrandKind, Event, Execution, FrameId, Input,
    Subscription, Summary, TimerId,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tenure_dsl::program::Definition;
use tenure_types::{Epoch, ExecutionId, TenantId, Timestamp};

/// A loaded execution and what it runs.
pub(super) type Found = (Box<Execution>, Arc<Definition>);

#[derive(Debug, Default)]
pub(super) struct Resident {
    /// `None` while it is being loaded.
    pub(super) found: Option<Found>,
    pub(super) mail: VecDeque<Mail>,
    /// The client's key that it holds.
    pub(super) key: Option<Key>,
    /// Starts that want this execution's key.
    pub(super) contenders: Vec<NewExecution>,
    /// Batches that touch it and are not durable yet.
    pub(super) batches_in_flight: u32,
    /// The row as it was last written.
    pub(super) written: Option<Box<Summary>>,
    /// What it subscribes to, as it was last written.
    pub(super) subscribed: Vec<Subscription>,
    pub(super) timers: BTreeSet<(Timestamp, TimerId)>,
    /// Calls and publications that are open.
    open: BTreeSet<EffectId>,
    performed: BTreeSet<EffectId>,
    queued: bool,
}

/// Work that the shell does for an execution.
#[derive(Debug)]
pub(super) enum Work {
    Call(CallEffect),
    Publish(FrameId, Arc<Event>),
    Errand(Errand),
}

impl Work {
    pub(super) fn id(&self) -> EffectId {
        match self {
            Self::Call(call) => EffectId::Call { frame: call.frame, attempt: call.attempt },
            Self::Publish(frame, _) => EffectId::Publish { frame: *frame },
            Self::Errand(errand) => EffectId::Errand(errand.id),
        }
    }
}

/// What a turn changed in the work that an execution has open.
#[derive(Debug, Default)]
pub(super) struct WorkChanged {
    pub(super) opened: Vec<Work>,
    pub(super) closed: Vec<EffectId>,
}

impl Resident {
    pub(super) fn loading() -> Self {
        Self::default()
    }

    pub(super) fn starting(new: NewExecution, key: Option<Key>) -> Self {
        let execution = Box::new(Execution::new(new.id, new.tenant.clone()));
        let mail = Mail {
            id: new.id,
            tenant: Some(new.tenant),
            input: execution::Input::Start(Box::new(new.start)),
            idempotency: new.idempotency,
            reply: Some(new.reply),
        };
        let found = Some((execution, new.definition));
        Self { found, key, mail: VecDeque::from([mail]), queued: true, ..Self::default() }
    }

    /// Whether its own start has not had its turn yet.
    pub(super) fn starting_now(&self) -> bool {
        self.found.as_ref().is_some_and(|(execution, _)| !execution.exists())
    }

    /// Installs the loaded state. Attempts of former owners come before any other mail; gives their number, and the
    /// publications and errands that are to be begun anew: whether they were is not known.
    pub(super) fn install(&mut self, id: ExecutionId, found: Found, epoch: Epoch) -> (usize, Vec<Work>) {
        assert!(self.found.is_none(), "an execution is loaded once");
        let lost = found.0.open_attempts_before(epoch);
        for &(frame, attempt) in lost.iter().rev() {
            let input = execution::Input::AttemptLost { frame, attempt };
            self.mail.push_front(Mail { id, tenant: None, input, idempotency: None, reply: None });
        }
        self.written = Some(Box::new(found.0.summary()));
        self.key = Key::held_by(&found.0, &found.1);
        self.subscribed = found.0.subscriptions(&found.1);
        self.found = Some(found);
        let mut again = self.refresh().opened;
        again.retain(|work| matches!(work, Work::Publish(..) | Work::Errand(_)));
        (lost.len(), again)
    }

    /// Marks it as queued and gives the tenant to queue under; `None` when it is queued already or has no mail.
    pub(super) fn enqueue(&mut self) -> Option<TenantId> {
        let (execution, _) = self.found.as_ref()?;
        if self.queued || self.mail.is_empty() {
            return None;
        }
        self.queued = true;
        Some(execution.tenant().clone())
    }

    pub(super) fn dequeued(&mut self) {
        self.queued = false;
    }

    pub(super) fn fire(&mut self, id: ExecutionId, due: Timestamp, timer: TimerId) {
        self.timers.remove(&(due, timer));
        let input = execution::Input::TimerFired { timer };
        self.mail.push_back(Mail { id, tenant: None, input, idempotency: None, reply: None });
    }

    pub(super) fn has_open(&self, effect: EffectId) -> bool {
        self.open.contains(&effect)
    }

    /// Marks open work as begun. `false` when it has been closed since its intent was decided.
    pub(super) fn perform(&mut self, effect: EffectId) -> bool {
        let open = self.open.contains(&effect);
        if open {
            self.performed.insert(effect);
        }
        open
    }

    /// Forgets that work is under way: it has reported, or nobody waits for it. `false` when it was not.
    pub(super) fn settle(&mut self, effect: EffectId) -> bool {
        self.performed.remove(&effect)
    }

    /// Forgets the errands that an input answers: one that is open all the same after the turn is a new one.
    pub(super) fn answered(&mut self, input: &Input) {
        let (frame, kinds): (_, &[ErrandKind]) = match input {
            Input::ChildStarted { frame, .. } | Input::ChildRefused { frame, .. } => {
                (*frame, &[ErrandKind::Start])
            }
            Input::ChildEnded(end) => (end.frame, &[ErrandKind::Start, ErrandKind::End]),
            Input::ChildUndone { frame, .. } => (*frame, &[ErrandKind::Undo]),
            Input::ChildGone { frame, .. } => (*frame, &[ErrandKind::End, ErrandKind::Undo]),
            Input::ParentTold { frame } => (*frame, &[ErrandKind::Report]),
            Input::Start(_)
            | Input::Cancel { .. }
            | Input::Terminate { .. }
            | Input::Resolve { .. }
            | Input::CallFinished { .. }
            | Input::AttemptLost { .. }
            | Input::TimerFired { .. }
            | Input::Event { .. }
            | Input::Published { .. }
            | Input::Unwind(_)
            | Input::Admitted { .. } => return,
        };
        for kind in kinds {
            self.open.remove(&EffectId::Errand(ErrandId { frame, kind: *kind }));
        }
    }

    /// Takes what the state has open now and gives the difference in work. Timers are replaced.
    pub(super) fn refresh(&mut self) -> WorkChanged {
        let (execution, _) = self.found.as_ref().expect("only a loaded execution has effects");
        let mut open = BTreeMap::new();
        self.timers.clear();
        for effect in execution.open_effects() {
            match effect {
                Effect::Call(call) => {
                    let work = Work::Call(call);
                    open.insert(work.id(), work);
                }
                Effect::Publish { frame, event } => {
                    open.insert(EffectId::Publish { frame }, Work::Publish(frame, event));
                }
                Effect::Timer { id, due } => {
                    self.timers.insert((due, id));
                }
                Effect::Errand(errand) => {
                    open.insert(EffectId::Errand(errand.id), Work::Errand(errand));
                }
            }
        }
        let now_open: BTreeSet<EffectId> = open.keys().copied().collect();
        let closed = self.open.difference(&now_open).copied().collect();
        let opened =
            open.into_iter().filter(|(id, _)| !self.open.contains(id)).map(|(_, work)| work).collect();
        self.open = now_open;
        WorkChanged { opened, closed }
    }

    /// Whether nothing will happen to it before `horizon` unless something comes from outside.
    pub(super) fn idle(&self, horizon: Timestamp) -> bool {
        self.found.is_some()
            && self.mail.is_empty()
            && self.batches_in_flight == 0
            && self.open.is_empty()
            && self.performed.is_empty()
            && self.contenders.is_empty()
            && self.timers.first().is_none_or(|(due, _)| *due > horizon)
    }
}

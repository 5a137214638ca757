//! One pass over the executions that have mail: their facts become one batch.

use super::limits::{BATCH_EXECUTIONS_MAX, BATCH_STARTS_MIN, BATCHES_IN_FLIGHT_MAX};
use super::resident::{Work, WorkChanged};
use super::{
    Answer, Batch, LimitChange, LimitKey, Limited, Mail, NewExecution, Output, ReplyTo, Shard, Waiting, Write,
};
use crate::execution::{self, EffectId, Execution, Fact, HistoryEvent, Now, Rejected};
use tenure_dsl::program::Definition;
use tenure_types::{ExecutionId, Status, TenantId};

/// A batch on its way to the disk, and what may leave when it is there.
#[derive(Debug)]
pub(super) struct InFlight {
    number: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: ExecutionId,
    perform: Vec<Work>,
    abandon: Vec<EffectId>,
    replies: Vec<(ReplyTo, Result<Answer, Rejected>)>,
    seq: u64,
    status: Status,
    limited: Option<Limited>,
}

/// What one execution's mail led to.
struct Outcome {
    first_seq: u64,
    events: Vec<HistoryEvent>,
    idempotency: Vec<super::Idempotency>,
    replies: Vec<(ReplyTo, Result<(), Rejected>)>,
}

impl Shard {
    /// Runs one turn. `false` when there is nothing to decide, or too much is on its way to the disk already.
    pub(super) fn turn(&mut self) -> bool {
        if self.in_flight.len() >= BATCHES_IN_FLIGHT_MAX || self.mail == 0 {
            return false;
        }
        let mut writes = vec![];
        let mut entries = vec![];
        let mut contenders = vec![];
        let mut turns = 0;
        while turns < BATCH_EXECUTIONS_MAX
            && let Some(id) = self.next_ready(turns)
        {
            turns += 1;
            contenders.extend(self.take_turn(id, &mut writes, &mut entries));
        }
        if !writes.is_empty() {
            let number = self.batches;
            self.batches += 1;
            self.in_flight.push_back(InFlight { number, entries });
            self.outputs.push_back(Output::Commit(Batch {
                number,
                shard: self.id,
                epoch: self.epoch,
                writes,
            }));
        }
        for new in contenders {
            self.start(new);
        }
        turns > 0
    }

    /// Outcomes and commands first; some places of each batch are kept for new starts.
    fn next_ready(&mut self, taken: usize) -> Option<ExecutionId> {
        let kept = BATCH_STARTS_MIN.min(self.starts.len());
        if taken + kept < BATCH_EXECUTIONS_MAX
            && let Some(id) = self.ready.pop()
        {
            return Some(id);
        }
        self.starts.pop().or_else(|| self.ready.pop())
    }

    /// Gives the starts that waited for this execution's turn because they want its key.
    fn take_turn(
        &mut self,
        id: ExecutionId,
        writes: &mut Vec<Write>,
        entries: &mut Vec<Entry>,
    ) -> Vec<NewExecution> {
        self.deciding = Some(id);
        let now = Now { at: self.now, epoch: self.epoch };
        let resident = self.residents.get_mut(&id).expect("only residents are queued");
        resident.dequeued();
        self.mail -= resident.mail.len();
        let mail = std::mem::take(&mut resident.mail);
        for effect in mail.iter().filter_map(settled_by) {
            resident.settle(effect);
        }
        for input in mail.iter().map(|mail| &mail.input) {
            resident.answered(input);
        }
        let (execution, definition) = resident.found.as_mut().expect("only loaded executions are queued");
        let outcome = decide(definition, execution, mail, now);
        let ended = execution.status().ended();
        let contenders = std::mem::take(&mut resident.contenders);
        if outcome.events.is_empty() {
            self.finish_unchanged(id, outcome.replies);
        } else {
            let (write, entry) = self.record(id, outcome);
            writes.push(write);
            entries.push(entry);
            if ended {
                self.claims.end(self.residents[&id].key.as_ref(), id);
            }
        }
        self.deciding = None;
        contenders
    }

    /// Nothing was decided: the answers rest on what earlier batches made so.
    fn finish_unchanged(&mut self, id: ExecutionId, replies: Vec<(ReplyTo, Result<(), Rejected>)>) {
        let exists = self.residents[&id].found.as_ref().is_some_and(|(execution, _)| execution.exists());
        for (to, result) in replies {
            let answer = result.and_then(|()| self.answer(id));
            self.reply_after(id, to, answer);
        }
        if exists {
            self.reset_timers(id);
            self.evict_idle(id);
        } else {
            let resident = self.residents.remove(&id).expect("looked up above");
            self.claims.release(resident.key.as_ref(), id);
        }
    }

    fn record(&mut self, id: ExecutionId, outcome: Outcome) -> (Write, Entry) {
        let changed = self.reset_timers(id);
        let replies = outcome
            .replies
            .into_iter()
            .map(|(to, result)| (to, result.and_then(|()| self.answer(id))))
            .collect();
        let resident = self.residents.get_mut(&id).expect("it has just had its turn");
        resident.batches_in_flight += 1;
        let (execution, definition) = resident.found.as_ref().expect("it has just had its turn");
        let subscribed = execution.subscriptions(definition);
        let summary = execution.summary();
        let row = match &resident.written {
            Some(before) if **before == summary => None,
            before => Some((Box::new(summary.clone()), before.as_ref().map(|b| b.status))),
        };
        let write = Write {
            id,
            tenant: execution.tenant().clone(),
            correlation_id: execution.correlation_id().clone(),
            digest: summary.digest,
            status: execution.status(),
            first_seq: outcome.first_seq,
            audits: outcome.events.iter().filter_map(HistoryEvent::audit).collect(),
            events: outcome.events,
            row,
            idempotency: outcome.idempotency,
            subscriptions: (resident.subscribed != subscribed).then(|| subscribed.clone()),
        };
        let limited = limited(id, execution, definition, &write.events);
        let WorkChanged { opened, closed } = changed;
        let entry = Entry {
            id,
            perform: opened,
            abandon: closed,
            replies,
            seq: execution.seq(),
            status: execution.status(),
            limited,
        };
        resident.written = Some(Box::new(summary));
        resident.subscribed = subscribed;
        (write, entry)
    }

    fn answer(&self, id: ExecutionId) -> Result<Answer, Rejected> {
        let found = self.residents.get(&id).and_then(|resident| resident.found.as_ref());
        let (execution, _) = found.ok_or(Rejected::NotFound)?;
        Ok(Answer::Done { id, summary: Box::new(execution.summary()) })
    }

    /// Makes the shard's timers what the execution has open; gives the difference in work.
    fn reset_timers(&mut self, id: ExecutionId) -> WorkChanged {
        let resident = self.residents.get_mut(&id).expect("timers belong to residents");
        let before = resident.timers.clone();
        let changed = resident.refresh();
        for (due, timer) in before.difference(&resident.timers) {
            self.timers.remove(&(*due, id, *timer));
        }
        self.timers.extend(resident.timers.difference(&before).map(|(due, timer)| (*due, id, *timer)));
        changed
    }

    /// Answers once everything decided so far about an execution is durable.
    pub(super) fn reply_after(&mut self, id: ExecutionId, to: ReplyTo, answer: Result<Answer, Rejected>) {
        let waits = self.residents.get(&id).is_some_and(|resident| resident.batches_in_flight > 0);
        let entry = self.in_flight.iter_mut().rev().flat_map(|f| &mut f.entries).find(|e| e.id == id);
        match entry {
            Some(entry) if waits => entry.replies.push((to, answer)),
            Some(_) | None => self.reply(to, answer),
        }
    }

    pub(super) fn committed(&mut self, number: u64) {
        let batch = self.in_flight.pop_front().expect("only what was given out is committed");
        assert_eq!(batch.number, number, "batches become durable in their order");
        for entry in batch.entries {
            self.release(entry);
        }
    }

    /// Has the shell begin what is open and durable.
    pub(super) fn perform(&mut self, id: ExecutionId, work: Vec<Work>) {
        let resident = self.residents.get_mut(&id).expect("work is done for residents");
        let (execution, _) = resident.found.as_ref().expect("executions with work are loaded");
        let (tenant, correlation_id) = (execution.tenant().clone(), execution.correlation_id().clone());
        for work in work {
            let wanted = match &work {
                Work::Call(_) | Work::Publish(..) => resident.perform(work.id()),
                // It is answered or it is open: there is nothing in between to wait for.
                Work::Errand(_) => resident.has_open(work.id()),
            };
            if !wanted {
                continue;
            }
            let (tenant, correlation_id) = (tenant.clone(), correlation_id.clone());
            self.outputs.push_back(match work {
                Work::Call(call) => Output::Perform { id, tenant, correlation_id, call },
                Work::Publish(frame, event) => Output::Publish { id, tenant, correlation_id, frame, event },
                Work::Errand(errand) => Output::Errand { id, tenant, errand },
            });
        }
    }

    fn release(&mut self, entry: Entry) {
        let id = entry.id;
        let resident = self.residents.get_mut(&id).expect("executions in flight stay in memory");
        resident.batches_in_flight -= 1;
        for effect in entry.abandon {
            if resident.settle(effect) {
                self.outputs.push_back(Output::Abandon { id, effect });
            }
        }
        self.perform(id, entry.perform);
        for (to, answer) in entry.replies {
            self.reply(to, answer);
        }
        self.outputs.extend(entry.limited.map(Output::Limited));
        let Entry { seq, status, .. } = entry;
        let ended = self.evict_idle(id).filter(|_| status.ended());
        self.outputs.push_back(Output::Advanced { id, seq, status, ended });
    }
}

/// Gives an execution all its mail, in order.
fn decide(
    definition: &Definition,
    execution: &mut Execution,
    mail: impl IntoIterator<Item = Mail>,
    now: Now,
) -> Outcome {
    let mut outcome =
        Outcome { first_seq: execution.seq() + 1, events: vec![], idempotency: vec![], replies: vec![] };
    for Mail { tenant, input, idempotency, reply, .. } in mail {
        let result = if foreign(execution, tenant.as_ref()) {
            Err(Rejected::NotFound)
        } else {
            execution::turn(definition, execution, input, now)
        };
        let result = result.map(|turned| {
            *execution = turned.after;
            outcome.events.extend(turned.events);
            outcome.idempotency.extend(idempotency);
        });
        outcome.replies.extend(reply.map(|to| (to, result)));
    }
    outcome
}

/// What the turn means to whoever looks after the execution's limit.
fn limited(
    id: ExecutionId,
    execution: &Execution,
    definition: &Definition,
    events: &[HistoryEvent],
) -> Option<Limited> {
    let own = execution.limit()?;
    let recorded = |wanted: fn(&Fact) -> bool| events.iter().any(|event| wanted(&event.fact));
    let change = if execution.status().ended() {
        LimitChange::Ends
    } else if recorded(|fact| matches!(fact, Fact::Released(_))) {
        LimitChange::Begins
    } else if recorded(|fact| matches!(fact, Fact::Queued { .. })) {
        LimitChange::Waits
    } else {
        return None;
    };
    let (tenant, definition) = (execution.tenant().clone(), &definition.id);
    let (namespace, name) = (definition.namespace.clone(), definition.name.clone());
    let limit = LimitKey { tenant, namespace, name, key: own.key.clone() };
    let waiting = Waiting { since: own.since, id, max: own.max, faults: own.faults };
    Some(Limited { limit, waiting, change })
}

fn foreign(execution: &Execution, tenant: Option<&TenantId>) -> bool {
    tenant.is_some_and(|tenant| tenant != execution.tenant())
}

/// The work that an outcome reports on: the shell has nothing more to do with it.
fn settled_by(mail: &Mail) -> Option<EffectId> {
    match mail.input {
        execution::Input::CallFinished { frame, attempt, .. } => Some(EffectId::Call { frame, attempt }),
        execution::Input::Published { frame } => Some(EffectId::Publish { frame }),
        execution::Input::Start(_)
        | execution::Input::Event { .. }
        | execution::Input::Cancel { .. }
        | execution::Input::Terminate { .. }
        | execution::Input::Resolve { .. }
        | execution::Input::AttemptLost { .. }
        | execution::Input::TimerFired { .. }
        | execution::Input::ChildStarted { .. }
        | execution::Input::ChildRefused { .. }
        | execution::Input::ChildEnded(_)
        | execution::Input::ChildUndone { .. }
        | execution::Input::ChildGone { .. }
        | execution::Input::ParentTold { .. }
        | execution::Input::Unwind(_)
        | execution::Input::Admitted { .. } => None,
    }
}

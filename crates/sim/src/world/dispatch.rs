//! The dispatcher and the network: a call waits for its turn, passes the guard, leaves, arrives, is answered; each of
//! these may be late, lost or doubled.

use super::event::{CallId, Event};
use super::receiver::{Reaction, Reply};
use super::{World, text};
use crate::coverage::State;
use crate::generate::{Mode, PlaceKind};
use crate::mutant::Mutant;
use crate::oracles::{Request, Seen};
use tenure_engine::execution::{self, Answer, CallEffect, CallOutcome, EffectId};
use tenure_types::{ExecutionId, Timestamp};

/// A request as the network knows it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    key: String,
    mode: Mode,
    effect: CallEffect,
    /// The process that sends it: only that one can hear the answer.
    process: u64,
}

impl Call {
    fn request(&self, id: ExecutionId) -> Request<'_> {
        let CallEffect { frame, attempt, epoch, send_by, .. } = self.effect;
        Request { id, frame, attempt, key: &self.key, send_by, epoch }
    }
}

impl World {
    pub(super) fn call(&mut self, id: ExecutionId, effect: CallEffect) {
        let call = (id, effect.frame, effect.attempt);
        let kind = self
            .oracles
            .outline(id)
            .and_then(|outline| outline.tasks.get(&effect.task))
            .map(|task| task.kind);
        let Some(PlaceKind::Call { mode, .. }) = kind else { unreachable!("{} is a call", effect.task) };
        let key = match self.mutant {
            Some(Mutant::KeyPerAttempt) => format!("{}-{}", effect.key, effect.attempt),
            Some(Mutant::KeyShared) => id.to_string(),
            _ => effect.key.to_string(),
        };
        self.calls.insert(call, Call { key, mode, effect, process: self.node.process });
        self.node.calls.insert(call, self.node.life);
        let ms = if self.fault(self.faults.dispatch_slow) {
            self.rng.skewed(10, 60_000)
        } else {
            self.rng.range(0, 4)
        };
        self.after(ms, Event::Dispatch { process: self.node.process, call });
    }

    fn gone(&self, process: u64) -> bool {
        !self.node.up || process != self.node.process
    }

    pub(super) fn dispatch(&mut self, process: u64, call: CallId) {
        if self.gone(process) || !self.node.calls.contains_key(&call) {
            return;
        }
        if self.fault(self.faults.not_sent) {
            let outcome = CallOutcome::NotSent { cause: text("connect"), detail: text("connection refused") };
            let ms = self.rng.range(1, 50);
            return self.after(ms, Event::Outcome { process, call, outcome });
        }
        if !self.guard(call) {
            self.coverage.hit(State::GuardRefused);
            let outcome =
                CallOutcome::NotSent { cause: text("guard"), detail: text("the right to send is gone") };
            return self.finished(process, call, outcome);
        }
        let known = self.calls[&call].clone();
        self.see(&Seen::Sent(known.request(call.0)));
        let ms = if self.fault(self.faults.write_late) { self.rng.skewed(10, 40_000) } else { 0 };
        if ms > 0 { self.after(ms, Event::Write { process, call }) } else { self.write(process, call) }
    }

    fn guard(&mut self, call: CallId) -> bool {
        let (id, frame, attempt) = call;
        if self.planted(Mutant::NoGuard) {
            return true;
        }
        let send_by = self.calls[&call].effect.send_by;
        // Like the dispatcher's own clock, this one never runs backwards.
        let in_time = self.moment().clock < send_by || self.planted(Mutant::SendByIgnored);
        let leased = self.node.calls.get(&call) == Some(&self.node.life) && !self.node.shards.is_empty();
        in_time
            && leased
            && (self.planted(Mutant::GuardLeaseOnly)
                || self.node.shards[self.shard_of(id)].wants(id, EffectId::Call { frame, attempt }))
    }

    pub(super) fn write(&mut self, process: u64, call: CallId) {
        if self.gone(process) {
            return;
        }
        let known = self.calls[&call].clone();
        let deadline = self.until(known.effect.deadline);
        self.queue.put(deadline, Event::Deadline { process, call });
        if self.fault(self.faults.refused) {
            self.see(&Seen::Refused(known.request(call.0)));
            let outcome = CallOutcome::Refused { detail: text("REFUSED_STREAM") };
            return self.after(1, Event::Outcome { process, call, outcome });
        }
        if self.fault(self.faults.request_lost) {
            return self.break_off(process, call);
        }
        let ms = self.network(self.faults.request_late);
        self.after(ms, Event::Arrive { call });
        if known.mode != Mode::AtMostOnce && self.fault(self.faults.request_twice) {
            let ms = self.network(self.faults.request_late);
            self.after(ms, Event::Arrive { call });
        }
    }

    /// The true time at which the node's clock will show an instant.
    fn until(&mut self, instant: Timestamp) -> Timestamp {
        let clock = self.clock();
        self.now.plus_ms(instant.ms_since(clock))
    }

    fn network(&mut self, late: u64) -> u64 {
        if self.fault(late) { self.rng.skewed(100, 1_200_000) } else { self.rng.range(1, 20) }
    }

    /// The node hears of the loss, or nothing ever.
    fn break_off(&mut self, process: u64, call: CallId) {
        if self.rng.per_mille(500) {
            let outcome = CallOutcome::Unknown { cause: text("reset"), detail: text("connection reset") };
            let ms = self.rng.range(1, 2_000);
            self.after(ms, Event::Outcome { process, call, outcome });
        }
    }

    pub(super) fn arrive(&mut self, call: CallId) {
        let known = self.calls[&call].clone();
        let reaction = self.receiver.react(known.mode, &known.key, &self.faults, self.calm, &mut self.rng);
        let request = known.request(call.0);
        let reply = match reaction {
            Reaction::Executed(reply) => {
                self.see(&Seen::Executed(request));
                if self.gone(known.process) {
                    self.coverage.hit(State::ExecutedAfterCrash);
                }
                reply
            }
            Reaction::Repeated(reply) => {
                self.coverage.hit(State::Deduplicated);
                reply
            }
            Reaction::Declined(reply) => reply,
        };
        self.see(&Seen::Answered { request, status: reply.status, receipt: reply.receipt });
        self.answer(known.process, call, reply);
    }

    fn answer(&mut self, process: u64, call: CallId, reply: Reply) {
        if self.fault(self.faults.answer_lost) {
            return self.break_off(process, call);
        }
        let body =
            if reply.status < 400 { format!("{{\"receipt\":{}}}", reply.receipt) } else { "{}".into() };
        let answer = Answer {
            status: reply.status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into_bytes(),
            truncated: false,
        };
        let ms = self.network(self.faults.answer_late);
        let outcome = CallOutcome::Answered(answer);
        if self.fault(self.faults.answer_twice) {
            let again = ms + self.rng.skewed(0, 5_000);
            self.after(again, Event::Outcome { process, call, outcome: outcome.clone() });
        }
        self.after(ms, Event::Outcome { process, call, outcome });
    }

    pub(super) fn finished(&mut self, process: u64, call: CallId, outcome: CallOutcome) {
        if self.gone(process) || !self.serving(|| Event::Outcome { process, call, outcome: outcome.clone() })
        {
            return;
        }
        let awaited = self.node.calls.remove(&call).is_some();
        // Nobody waits for it: most often it is not even told. When it is, the core must know what to do with it.
        if !awaited && self.rng.per_mille(300) {
            return;
        }
        if !awaited {
            self.coverage.hit(State::AnswerUnawaited);
        }
        self.node.abandoned.remove(&call);
        let (id, frame, mut attempt) = call;
        let mut outcome = outcome;
        if self.planted(Mutant::UnknownAsNotSent)
            && let CallOutcome::Unknown { cause, detail } = outcome
        {
            outcome = CallOutcome::NotSent { cause, detail };
        }
        if self.planted(Mutant::LateAnswerMoved)
            && let Some(open) = self.oracles.book.get(&id).and_then(|record| record.frame(frame))
        {
            attempt = open.attempt;
        }
        self.deliver(id, execution::Input::CallFinished { frame, attempt, outcome });
        self.drain();
    }

    pub(super) fn deadline(&mut self, process: u64, call: CallId) {
        if !self.gone(process) && self.node.calls.contains_key(&call) {
            let outcome = CallOutcome::Unknown { cause: text("timeout"), detail: text("no answer in time") };
            self.finished(process, call, outcome);
        }
    }
}

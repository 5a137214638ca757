//! Errands between executions, as the runtime runs them: a child is looked for before it is started, and what one
//! execution tells another is answered when it is durable.

use super::World;
use super::clients::Waiting;
use super::event::Event;
use crate::coverage::State;
use crate::generate;
use crate::mutant::Mutant;
use tenure_engine::execution::{ChildRefusal, ChildResult, Errand, ErrandKind, Input, Rejected, Word};
use tenure_engine::shard::{Answer, Input as ShardInput, Mail};
use tenure_runtime::errand::{Birth, Sent};
use tenure_types::{ExecutionId, TenantId};

/// How long until a shard that is busy, or a store that does not answer, is asked again.
const AGAIN_MS: u64 = 200;

impl World {
    pub(super) fn run_errand(&mut self, from: ExecutionId, tenant: TenantId, errand: Errand) {
        let Errand { id, to, word } = errand;
        match word {
            Word::Start(start) => {
                let birth = Birth { tenant, parent: from, errand: id, child: to, start };
                let ms = self.rng.range(0, 3);
                self.expect(birth, ms);
            }
            Word::Tell(input) => self.tell(Sent { from, id, to }, *input),
        }
    }

    fn tell(&mut self, sent: Sent, input: Input) {
        let Sent { from, id, to } = sent;
        let mut input = input;
        match (self.mutant, id.kind) {
            (Some(Mutant::ReportForgotten), ErrandKind::Report) => {
                return self.deliver(from, Input::ParentTold { frame: id.frame });
            }
            (Some(Mutant::ReportForged), ErrandKind::Report) => {
                if let Input::ChildEnded(end) = &mut input {
                    end.result = ChildResult::Cancelled;
                }
            }
            (Some(Mutant::ChildEndForgotten), ErrandKind::End) => return,
            (Some(Mutant::ChildUndoForged), ErrandKind::Undo) => {
                return self.deliver(from, Input::ChildUndone { frame: id.frame, child: to, failed: false });
            }
            _ => {}
        }
        if id.kind == ErrandKind::Report
            && self.oracles.book.get(&to).is_some_and(|book| book.ended.is_some())
        {
            self.coverage.hit(State::ParentGone);
        }
        let reply = Some(self.wait(Waiting::Errand(sent)));
        self.handle(to, ShardInput::Deliver(Mail { id: to, tenant: None, input, idempotency: None, reply }));
    }

    fn expect(&mut self, birth: Birth, ms: u64) {
        let (life, number) = (self.node.life, self.number());
        self.node.births.insert(number, birth);
        self.after(ms, Event::Birth { life, number });
    }

    pub(super) fn birth(&mut self, life: u64, number: u64) {
        let Some(birth) = self.node.births.remove(&number).filter(|_| !self.stale(life)) else { return };
        if self.node.shards.is_empty() {
            return;
        }
        if self.fault(self.faults.read_fails) {
            return self.expect(birth, AGAIN_MS);
        }
        let there = self.disk.core.row(&birth.tenant, birth.child);
        if let Some(row) = there.filter(|_| !self.planted(Mutant::ChildNotLookedFor)) {
            self.coverage.hit(State::ChildThere);
            let mail = birth.started(row.definition.clone(), row.digest);
            self.handle(mail.id, ShardInput::Deliver(mail));
        } else if let Some(workflow) = generate::child(&birth.start.name) {
            if !self.known.contains(&birth.child) {
                self.oracles.announce(birth.child, &birth.tenant, &workflow.outline);
                self.workflows.insert(birth.child, workflow.clone());
                self.known.push(birth.child);
            }
            let child = birth.child;
            let reply = self.wait(Waiting::Birth(Box::new(birth)));
            let Some(Waiting::Birth(birth)) = self.node.waiting.get(&reply) else { return };
            let new = birth.new_execution(workflow.definition.clone(), reply);
            self.handle(child, ShardInput::Start(new));
        } else {
            let mail = birth.refused(ChildRefusal::Unknown);
            self.handle(mail.id, ShardInput::Deliver(mail));
        }
        self.drain();
    }

    /// A shard's answer to a start of a child or to an errand.
    pub(super) fn answer_family(&mut self, waiting: Waiting, answer: Result<Answer, Rejected>) {
        let mail = match waiting {
            Waiting::Birth(birth) => match birth.answered(answer) {
                Some(mail) => Some(mail),
                None => return self.expect(*birth, AGAIN_MS),
            },
            Waiting::Errand(sent) => sent.answered(&answer),
            Waiting::Start { .. } | Waiting::Command { .. } | Waiting::Parcel { .. } => None,
        };
        if let Some(mail) = mail {
            self.trace.note(self.now, "family", 0, || format!("{mail:?}"));
            self.handle(mail.id, ShardInput::Deliver(mail));
        }
    }
}

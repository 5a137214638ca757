//! A shard driven by hand: the test is the store, the network and the clock.

mod events;
mod limiter;

use super::limits::{BATCH_EXECUTIONS_MAX, TENANT_STARTS_MAX, TIMER_HORIZON_MS};
use super::*;
use crate::execution::{
    self, Actor, Answer as HttpAnswer, CallEffect, CallOutcome, Errand, ErrandKind, Event, Execution,
    FrameId, HistoryEvent, Parent, Start, Word,
};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::Definition;
use tenure_types::{Status, TenantId};

const CALL: &str = "
document: { dsl: '1.0.3', namespace: test, name: call, version: '1.0.0' }
input: { schema: { document: { type: object } } }
do:
  - charge: { call: http, with: { method: post, endpoint: 'http://service/charge' } }
";

const NAP: &str = "
document: { dsl: '1.0.3', namespace: test, name: nap, version: '1.0.0' }
do:
  - nap: { wait: { seconds: 10 } }
";

const SLEEP: &str = "
document: { dsl: '1.0.3', namespace: test, name: sleep, version: '1.0.0' }
do:
  - sleep: { wait: { days: 30 } }
";

const PARENT: &str = "
document: { dsl: '1.0.3', namespace: test, name: parent, version: '1.0.0' }
do:
  - run: { run: { workflow: { namespace: test, name: call, version: latest } } }
";

fn definition(text: &str) -> Arc<Definition> {
    Arc::new(tenure_dsl::load(text).unwrap())
}

fn actor() -> Actor {
    Actor { subject: "ada".into(), kind: "user".into(), roles: vec![] }
}

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

/// The world around one shard.
struct World {
    shard: Shard,
    now: u64,
    stored: BTreeMap<ExecutionId, (Vec<HistoryEvent>, Arc<Definition>)>,
    commits: VecDeque<Batch>,
    performed: Vec<(ExecutionId, CallEffect)>,
    published: Vec<(ExecutionId, FrameId, Arc<Event>)>,
    abandoned: usize,
    errands: Vec<Errand>,
    replies: BTreeMap<u64, Result<Answer, Rejected>>,
    asked: Vec<Key>,
    /// Limits that the store is asked about, until it is told to answer.
    limits: VecDeque<LimitKey>,
    definitions: BTreeMap<ExecutionId, Arc<Definition>>,
    /// The final states that were handed out.
    ended: BTreeMap<u128, Status>,
}

impl World {
    fn new() -> Self {
        Self {
            shard: Shard::new(ShardId(0), Epoch(1)),
            now: 1_000,
            stored: BTreeMap::new(),
            commits: VecDeque::new(),
            performed: vec![],
            published: vec![],
            abandoned: 0,
            errands: vec![],
            replies: BTreeMap::new(),
            asked: vec![],
            limits: VecDeque::new(),
            definitions: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }

    fn give(&mut self, input: Input) {
        self.shard.handle(input, Timestamp(self.now));
        let mut loads = vec![];
        let mut words = vec![];
        while let Some(output) = self.shard.poll() {
            match output {
                Output::Load { id } => loads.push(id),
                Output::FindLimit { limit } => self.limits.push_back(limit),
                Output::Limited(limited) => words.push(Input::Limited(limited)),
                Output::Admit { id, granted } => {
                    let input = execution::Input::Admitted { granted };
                    words.push(Input::Deliver(Mail {
                        id,
                        tenant: None,
                        input,
                        idempotency: None,
                        reply: None,
                    }));
                }
                Output::FindKey { key } => self.asked.push(key),
                Output::Commit(batch) => self.commits.push_back(batch),
                Output::Perform { id, call, .. } => self.performed.push((id, call)),
                Output::Publish { id, frame, event, .. } => self.published.push((id, frame, event)),
                Output::Abandon { .. } => self.abandoned += 1,
                Output::Errand { errand, .. } => self.errands.push(errand),
                Output::Reply { to, answer } => {
                    assert!(self.replies.insert(to.0, answer).is_none(), "one answer each");
                }
                Output::Advanced { id, ended, .. } => {
                    if let Some(execution) = ended {
                        assert!(self.ended.insert(id.0, execution.status()).is_none(), "it ends once");
                    }
                }
            }
        }
        for id in loads {
            let found = self.stored.get(&id).map(|(events, definition)| {
                let mut execution = Box::new(Execution::new(id, tenant("acme")));
                for event in events {
                    execution.apply(event);
                }
                (execution, definition.clone())
            });
            self.give(Input::Loaded { id, found });
        }
        for word in words {
            self.give(word);
        }
    }

    /// Makes the oldest batch durable.
    fn commit(&mut self) {
        let batch = self.commits.pop_front().expect("a batch is on its way");
        for write in batch.writes {
            let definition = self.definitions[&write.id].clone();
            let (events, _) = self.stored.entry(write.id).or_insert_with(|| (vec![], definition));
            assert_eq!(write.first_seq, events.len() as u64 + 1, "histories have no gaps");
            events.extend(write.events);
        }
        self.give(Input::Committed { batch: batch.number });
    }

    fn commit_all(&mut self) {
        while !self.commits.is_empty() {
            self.commit();
        }
    }

    fn new_execution(&mut self, id: u128, text: &str, by: &str, key: Option<&str>) -> Box<NewExecution> {
        let definition = definition(text);
        self.definitions.insert(ExecutionId(id), definition.clone());
        Box::new(NewExecution {
            id: ExecutionId(id),
            tenant: tenant(by),
            definition,
            start: Start {
                input: Json::parse("{}").unwrap(),
                key: key.map(Into::into),
                correlation_id: "c".into(),
                labels: vec![],
                start_at: None,
                signal: None,
                by: actor(),
                parent: None,
            },
            on_conflict: OnConflict::Fail,
            idempotency: None,
            reply: ReplyTo(u64::try_from(id).unwrap()),
        })
    }

    fn start(&mut self, id: u128, text: &str) {
        let new = self.new_execution(id, text, "acme", None);
        self.give(Input::Start(new));
    }

    fn start_keyed(&mut self, id: u128, on_conflict: OnConflict) {
        let mut new = self.new_execution(id, CALL, "acme", Some("k"));
        new.on_conflict = on_conflict;
        self.give(Input::Start(new));
    }

    fn answer_key(&mut self, holder: Option<ExecutionId>) {
        let key = self.asked.pop().expect("the key was asked for");
        self.give(Input::KeyFound { key, holder });
    }

    fn answer_call(&mut self, id: u128, status: u16) {
        let at = self.performed.iter().position(|(of, _)| of.0 == id).expect("the call was performed");
        let (id, call) = self.performed.remove(at);
        let answer = HttpAnswer { status, headers: vec![], body: b"1".to_vec(), truncated: false };
        let outcome = CallOutcome::Answered(answer);
        let input = execution::Input::CallFinished { frame: call.frame, attempt: call.attempt, outcome };
        self.give(Input::Deliver(Mail { id, tenant: None, input, idempotency: None, reply: None }));
    }

    fn terminate(&mut self, id: u128, by: &str, reply: u64) {
        let input = execution::Input::Terminate { reason: None, by: actor() };
        let (id, tenant, reply) = (ExecutionId(id), Some(tenant(by)), Some(ReplyTo(reply)));
        self.give(Input::Deliver(Mail { id, tenant, input, idempotency: None, reply }));
    }

    /// The shard's process dies; its successor knows what is stored.
    fn crash(&mut self) {
        self.shard = Shard::new(ShardId(0), Epoch(self.shard.epoch.0 + 1));
        self.commits.clear();
        self.limits.clear();
        self.performed.clear();
        self.errands.clear();
    }

    /// Tells an execution something on nobody's behalf.
    fn tell(&mut self, id: u128, input: execution::Input) {
        let id = ExecutionId(id);
        self.give(Input::Deliver(Mail { id, tenant: None, input, idempotency: None, reply: None }));
    }

    fn errands_of(&self, kind: ErrandKind) -> usize {
        self.errands.iter().filter(|errand| errand.id.kind == kind).count()
    }

    /// The answer to the start of a child.
    fn child_started(&mut self, id: u128) {
        let definition = self.definitions[&ExecutionId(id)].clone();
        let (frame, digest) = (FrameId(1), definition.digest);
        self.tell(id, execution::Input::ChildStarted { frame, definition: definition.id.clone(), digest });
    }

    fn start_child(&mut self, id: u128, text: &str) {
        let mut new = self.new_execution(id, text, "acme", None);
        let parent = Parent {
            execution: ExecutionId(1),
            frame: FrameId(1),
            task: "/do/0/run".into(),
            awaited: true,
            depth: 1,
        };
        new.start.parent = Some(Box::new(parent));
        self.give(Input::Start(new));
    }

    fn status(&self, id: u128) -> Status {
        let mut execution = Execution::new(ExecutionId(id), tenant("acme"));
        for event in &self.stored[&ExecutionId(id)].0 {
            execution.apply(event);
        }
        execution.status()
    }

    fn is_done(&self, reply: u64) -> bool {
        matches!(self.replies.get(&reply), Some(Ok(Answer::Done { .. })))
    }
}

/// An execution that the engine failed on must not stop the others.
#[test]
fn whatever_comes_for_a_held_execution_is_refused_and_others_go_on() {
    let mut world = World::new();
    world.start(1, CALL);
    world.start(2, CALL);
    world.commit_all();
    world.crash();
    world.give(Input::Hold { id: ExecutionId(1) });
    world.give(Input::Attend { id: ExecutionId(1) });
    world.terminate(1, "acme", 90);
    world.terminate(2, "acme", 91);
    world.commit_all();
    assert_eq!(world.replies[&90], Err(Rejected::Held));
    assert_eq!((world.status(1), world.status(2)), (Status::Running, Status::Terminated));
    assert_eq!((world.shard.resident(), world.shard.queued()), (0, 0));
}

/// P4: ack ⇒ durable.
#[test]
fn a_start_is_answered_and_its_call_sent_only_when_it_is_durable() {
    let mut world = World::new();
    world.start(1, CALL);
    assert!(world.replies.is_empty() && world.performed.is_empty());
    world.commit();
    assert!(world.is_done(1));
    assert_eq!(world.performed.len(), 1);
}

#[test]
fn an_execution_runs_to_its_end_and_leaves_memory() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    world.answer_call(1, 200);
    world.commit();
    assert_eq!(world.status(1), Status::Completed);
    assert_eq!((world.shard.resident(), world.shard.queued()), (0, 0));
}

/// P4: whoever waits for the end is given the state that is durable.
#[test]
fn the_final_state_is_handed_out_only_when_it_is_durable() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    world.answer_call(1, 200);
    assert!(world.ended.is_empty());
    world.commit();
    assert_eq!(world.ended, BTreeMap::from([(1, Status::Completed)]));
}

#[test]
fn what_is_ready_at_once_shares_a_batch() {
    let mut world = World::new();
    for id in 1..=3 {
        let new = world.new_execution(id, CALL, "acme", None);
        world.shard.handle(Input::Start(new), Timestamp(1));
    }
    world.give(Input::Wake);
    assert_eq!(world.commits.len(), 1);
    assert_eq!(world.commits[0].writes.len(), 3);
}

#[test]
fn the_next_batch_is_decided_while_the_last_is_on_its_way() {
    let mut world = World::new();
    world.start(1, CALL);
    world.start(2, CALL);
    assert_eq!(world.commits.iter().map(|batch| batch.number).collect::<Vec<_>>(), [0, 1]);
    world.commit_all();
    assert_eq!(world.performed.len(), 2);
}

#[test]
fn a_call_closed_before_its_intent_is_durable_is_never_sent() {
    let mut world = World::new();
    world.start(1, CALL);
    world.terminate(1, "acme", 90);
    world.commit_all();
    assert!(world.performed.is_empty());
    assert_eq!((world.abandoned, world.status(1)), (0, Status::Terminated));
    assert!(world.is_done(90));
}

#[test]
fn a_call_under_way_is_abandoned_once_its_end_is_durable() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    world.terminate(1, "acme", 90);
    assert_eq!(world.abandoned, 0);
    world.commit();
    assert_eq!(world.abandoned, 1);
}

/// P1: completion is final.
#[test]
fn a_result_that_comes_twice_counts_once() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    let copy = world.performed.clone();
    world.answer_call(1, 200);
    world.performed = copy;
    world.answer_call(1, 500);
    world.commit_all();
    assert_eq!(world.status(1), Status::Completed);
}

/// FR-025: another tenant's execution does not exist.
#[test]
fn a_command_of_another_tenant_finds_nothing() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    world.terminate(1, "evil", 90);
    assert_eq!(world.replies[&90], Err(Rejected::NotFound));
    assert_eq!(world.status(1), Status::Running);
}

#[test]
fn a_command_for_nothing_finds_nothing() {
    let mut world = World::new();
    world.terminate(7, "acme", 90);
    assert_eq!(world.replies[&90], Err(Rejected::NotFound));
    assert_eq!((world.shard.resident(), world.shard.queued()), (0, 0));
}

#[test]
fn a_start_with_bad_input_leaves_no_trace() {
    let mut world = World::new();
    let mut new = world.new_execution(1, CALL, "acme", None);
    new.start.input = Json::parse("[]").unwrap();
    world.give(Input::Start(new));
    assert!(matches!(world.replies[&1], Err(Rejected::InvalidInput(_))));
    assert!(world.commits.is_empty());
    assert_eq!((world.shard.resident(), world.shard.queued()), (0, 0));
}

#[test]
fn a_refusal_that_rests_on_a_batch_waits_for_it() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    world.terminate(1, "acme", 90);
    let input = execution::Input::Cancel { compensate: false, reason: None, by: actor() };
    let (tenant, reply) = (Some(tenant("acme")), Some(ReplyTo(91)));
    let mail = Mail { id: ExecutionId(1), tenant, input, idempotency: None, reply };
    world.give(Input::Deliver(mail));
    assert!(!world.replies.contains_key(&91));
    world.commit();
    assert_eq!(world.replies[&91], Err(Rejected::Ended(Status::Terminated)));
}

/// P3: an at-most-once attempt of a former owner is not sent again.
#[test]
fn attempts_of_a_former_owner_are_lost_and_not_repeated() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    world.crash();
    world.give(Input::Attend { id: ExecutionId(1) });
    world.commit_all();
    assert!(world.performed.is_empty());
    assert_eq!(world.status(1), Status::Suspended);
}

#[test]
fn a_late_answer_settles_a_lost_attempt() {
    let mut world = World::new();
    world.start(1, CALL);
    world.commit();
    let performed = world.performed.clone();
    world.crash();
    world.give(Input::Attend { id: ExecutionId(1) });
    world.commit_all();
    world.performed = performed;
    world.answer_call(1, 200);
    world.commit_all();
    assert_eq!(world.status(1), Status::Completed);
}

#[test]
fn a_timer_fires_when_it_is_due_and_not_before() {
    let mut world = World::new();
    world.start(1, NAP);
    world.commit();
    assert_eq!(world.shard.next_due(), Some(Timestamp(11_000)));
    world.now = 10_999;
    world.give(Input::Wake);
    assert!(world.commits.is_empty());
    world.now = 11_000;
    world.give(Input::Wake);
    world.commit();
    assert_eq!(world.status(1), Status::Completed);
    assert_eq!(world.shard.next_due(), None);
}

#[test]
fn a_long_sleep_is_not_kept_in_memory_and_goes_on_when_attended() {
    let mut world = World::new();
    world.start(1, SLEEP);
    world.commit();
    assert_eq!((world.shard.resident(), world.shard.next_due()), (0, None));
    world.now += 30 * 24 * 60 * 60 * 1_000 - TIMER_HORIZON_MS + 1;
    world.give(Input::Attend { id: ExecutionId(1) });
    assert_eq!(world.shard.resident(), 1);
    world.now += TIMER_HORIZON_MS;
    world.give(Input::Wake);
    world.commit();
    assert_eq!(world.status(1), Status::Completed);
}

/// After an outage a timer that was due fires at once.
#[test]
fn an_overdue_timer_fires_when_the_execution_is_attended() {
    let mut world = World::new();
    world.start(1, NAP);
    world.commit();
    world.crash();
    world.now = 1_000_000;
    world.give(Input::Attend { id: ExecutionId(1) });
    world.commit_all();
    assert_eq!(world.status(1), Status::Completed);
}

/// A retry further away than the horizon leaves memory, and the store's due index brings it back.
#[test]
fn a_retry_beyond_the_horizon_is_known_to_the_store() {
    let retrying = "
document: { dsl: '1.0.3', namespace: test, name: retrying, version: '1.0.0' }
do:
  - guarded:
      try:
        - charge: { call: http, with: { method: post, endpoint: 'http://service/charge' } }
      catch:
        retry: { delay: { minutes: 5 }, limit: { attempt: { count: 3 } } }
";
    let mut world = World::new();
    world.start(1, retrying);
    world.commit();
    world.answer_call(1, 503);
    let (summary, _) = world.commits[0].writes[0].row.as_ref().unwrap();
    assert_eq!(summary.due, Some(Timestamp(301_000)));
    world.commit();
    assert_eq!(world.shard.resident(), 0);
    world.now = 301_000;
    world.give(Input::Attend { id: ExecutionId(1) });
    world.commit();
    assert_eq!(world.performed.len(), 1);
}

/// The clock was set back while nobody owned the shard.
#[test]
fn times_of_one_history_never_run_backwards() {
    let mut world = World::new();
    world.start(1, NAP);
    world.commit();
    world.crash();
    world.now = 1;
    world.terminate(1, "acme", 90);
    assert!(world.commits[0].writes[0].events.iter().all(|event| event.at >= Timestamp(1_000)));
}

/// A command that names an id before its start is answered does not bring two of it into memory.
#[test]
fn a_start_whose_id_is_in_use_steps_back() {
    let mut world = World::new();
    world.start_keyed(1, OnConflict::Fail);
    world.shard.handle(Input::Attend { id: ExecutionId(1) }, Timestamp(world.now));
    world.answer_key(None);
    assert_eq!(world.replies[&1], Err(Rejected::Busy));
}

/// R6, FR-029: a flood waits behind itself.
#[test]
fn a_quiet_tenant_is_served_in_the_first_batch_beside_a_flood() {
    let mut world = World::new();
    for id in 0..2_000 {
        let new = world.new_execution(id, NAP, "loud", None);
        world.shard.handle(Input::Start(new), Timestamp(1));
    }
    let new = world.new_execution(9_999, NAP, "acme", None);
    world.shard.handle(Input::Start(new), Timestamp(1));
    world.give(Input::Wake);
    let first = &world.commits[0];
    assert_eq!(first.writes.len(), BATCH_EXECUTIONS_MAX);
    assert!(first.writes.iter().any(|write| write.id.0 == 9_999));
}

#[test]
fn a_tenant_beyond_its_share_of_the_queue_is_refused() {
    let mut world = World::new();
    let definition = definition(NAP);
    for id in 0..=TENANT_STARTS_MAX as u128 {
        let mut new = world.new_execution(1_000_000 + id, NAP, "acme", None);
        new.definition = definition.clone();
        world.shard.handle(Input::Start(new), Timestamp(1));
    }
    world.give(Input::Wake);
    let refused: Vec<_> =
        world.replies.values().filter(|answer| **answer == Err(Rejected::TenantBusy)).collect();
    assert_eq!(refused.len(), 1);
}

#[test]
fn a_free_key_is_asked_of_the_store_once() {
    let mut world = World::new();
    world.start_keyed(1, OnConflict::Fail);
    world.start_keyed(2, OnConflict::Fail);
    assert_eq!(world.asked.len(), 1);
    world.answer_key(None);
    world.commit_all();
    assert!(world.is_done(1));
    assert_eq!(world.replies[&2], Err(Rejected::KeyTaken(ExecutionId(1))));
}

#[test]
fn a_key_that_the_store_knows_is_taken() {
    let mut world = World::new();
    world.start_keyed(2, OnConflict::Fail);
    world.answer_key(Some(ExecutionId(1)));
    assert_eq!(world.replies[&2], Err(Rejected::KeyTaken(ExecutionId(1))));
}

#[test]
fn use_existing_answers_when_the_existing_is_durable() {
    let mut world = World::new();
    world.start_keyed(1, OnConflict::Fail);
    world.answer_key(None);
    world.start_keyed(2, OnConflict::UseExisting);
    assert!(world.replies.is_empty());
    world.commit();
    assert_eq!(world.replies[&2], Ok(Answer::Existing(ExecutionId(1))));
}

#[test]
fn terminate_existing_ends_the_holder_before_the_new_one_starts() {
    let mut world = World::new();
    world.start_keyed(1, OnConflict::Fail);
    world.answer_key(None);
    world.commit();
    world.start_keyed(2, OnConflict::TerminateExisting);
    world.commit_all();
    assert_eq!((world.status(1), world.status(2)), (Status::Terminated, Status::Running));
    assert!(world.is_done(2));
}

#[test]
fn a_key_is_free_again_once_its_holder_has_ended() {
    let mut world = World::new();
    world.start_keyed(1, OnConflict::Fail);
    world.answer_key(None);
    world.commit();
    world.answer_call(1, 200);
    world.start_keyed(2, OnConflict::Fail);
    world.commit_all();
    assert!(world.is_done(2));
}

#[test]
fn a_key_is_free_again_when_the_start_that_claimed_it_is_refused() {
    let mut world = World::new();
    let mut bad = world.new_execution(1, CALL, "acme", Some("k"));
    bad.start.input = Json::parse("[]").unwrap();
    world.give(Input::Start(bad));
    world.start_keyed(2, OnConflict::Fail);
    world.answer_key(None);
    world.answer_key(None);
    world.commit_all();
    assert!(matches!(world.replies[&1], Err(Rejected::InvalidInput(_))));
    assert!(world.is_done(2));
}

#[test]
fn a_loaded_holder_keeps_its_key() {
    let mut world = World::new();
    world.start_keyed(1, OnConflict::Fail);
    world.answer_key(None);
    world.commit();
    world.crash();
    world.give(Input::Attend { id: ExecutionId(1) });
    world.start_keyed(2, OnConflict::Fail);
    world.commit_all();
    assert_eq!(world.replies[&2], Err(Rejected::KeyTaken(ExecutionId(1))));
}

#[test]
fn the_row_is_written_only_when_something_queryable_changes() {
    let two = CALL.to_owned()
        + "  - ship: { call: http, with: { method: post, endpoint: 'http://service/ship' } }\n";
    let mut world = World::new();
    world.start(1, &two);
    assert!(world.commits[0].writes[0].row.is_some());
    world.commit();
    world.answer_call(1, 200);
    assert!(world.commits[0].writes[0].row.is_none());
    world.commit();
    world.answer_call(1, 200);
    let (summary, before) = world.commits[0].writes[0].row.as_ref().unwrap();
    assert_eq!((summary.status, *before), (Status::Completed, Some(Status::Running)));
}

/// FR-030: audited in the same transaction.
#[test]
fn every_start_and_every_end_is_audited_with_its_write() {
    let mut world = World::new();
    world.start(1, CALL);
    let actions =
        |batch: &Batch| batch.writes[0].audits.iter().map(|fact| fact.action.to_string()).collect::<Vec<_>>();
    assert_eq!(actions(&world.commits[0]), ["workflow.started"]);
    world.commit();
    world.answer_call(1, 200);
    assert_eq!(actions(&world.commits[0]), ["workflow.completed"]);
}

/// P4, for what executions ask of each other.
#[test]
fn an_errand_is_run_only_when_its_reason_is_durable() {
    let mut world = World::new();
    world.start(1, PARENT);
    assert!(world.errands.is_empty());
    world.commit();
    assert_eq!(world.errands.len(), 1);
    let Word::Start(start) = &world.errands[0].word else { panic!("a child is to start") };
    assert_eq!((&*start.name, &start.version), ("call", &None));
    assert_eq!(start.start.parent.as_ref().map(|parent| parent.execution), Some(ExecutionId(1)));
    assert_eq!(world.shard.resident(), 1, "an execution with an errand stays in memory");
}

#[test]
fn a_parent_that_waits_for_its_child_leaves_memory() {
    let mut world = World::new();
    world.start(1, PARENT);
    world.commit();
    world.child_started(1);
    world.commit();
    assert_eq!(world.status(1), Status::Waiting);
    assert_eq!(world.shard.resident(), 0);
}

#[test]
fn errands_that_are_open_are_run_again_after_a_crash() {
    let mut world = World::new();
    world.start(1, PARENT);
    world.commit();
    let first = world.errands.clone();
    world.crash();
    world.give(Input::Attend { id: ExecutionId(1) });
    assert_eq!(world.errands, first);
    world.child_started(1);
    world.commit();
    world.crash();
    world.give(Input::Attend { id: ExecutionId(1) });
    assert!(world.errands.is_empty(), "the child has started");
}

#[test]
fn an_errand_that_is_closed_before_its_reason_is_durable_is_not_run() {
    let mut world = World::new();
    world.start(1, &PARENT.replace("latest } }", "latest }, await: false }"));
    world.terminate(1, "acme", 90);
    world.commit_all();
    assert!(world.errands.is_empty());
}

#[test]
fn a_child_that_has_ended_owes_its_report_until_the_parent_knows() {
    let mut world = World::new();
    world.start_child(2, CALL);
    world.commit();
    world.answer_call(2, 200);
    let (row, _) = world.commits[0].writes[0].row.as_ref().expect("it has ended");
    assert!(row.status.ended() && row.owing);
    assert_eq!(row.parent, Some(ExecutionId(1)));
    world.commit();
    assert_eq!((world.errands_of(ErrandKind::Report), world.shard.resident()), (1, 1));
    world.crash();
    world.give(Input::Attend { id: ExecutionId(2) });
    assert_eq!(world.errands_of(ErrandKind::Report), 1);
    world.tell(2, execution::Input::ParentTold { frame: FrameId(1) });
    let (row, _) = world.commits[0].writes[0].row.as_ref().expect("it owes nothing any more");
    assert!(!row.owing);
    world.commit();
    assert_eq!(world.shard.resident(), 0);
}

/// The answer to an errand and the reason for the same one again may meet in one turn.
#[test]
fn an_errand_that_is_answered_and_wanted_again_in_one_turn_is_run_again() {
    const UNDOABLE: &str = "
document: { dsl: '1.0.3', namespace: test, name: undoable, version: '1.0.0' }
do:
  - a: { set: { x: 1 }, metadata: { compensate: { do: [ { b: { set: { y: 1 } } } ] } } }
";
    let mut world = World::new();
    world.start_child(2, UNDOABLE);
    world.commit();
    let unwind = || {
        let (parent, frame) = (ExecutionId(1), FrameId(8));
        let reason = execution::Reason::Fault;
        execution::Input::Unwind(Box::new(execution::Unwind { parent, frame, reason, error: None }))
    };
    world.tell(2, execution::Input::ParentTold { frame: FrameId(1) });
    world.commit();
    world.tell(2, unwind());
    world.commit();
    assert_eq!(world.errands_of(ErrandKind::Report), 2);
    let both = [execution::Input::ParentTold { frame: FrameId(8) }, unwind()];
    for input in both {
        let id = ExecutionId(2);
        let mail = Mail { id, tenant: None, input, idempotency: None, reply: None };
        world.shard.handle(Input::Deliver(mail), Timestamp(world.now));
    }
    world.give(Input::Wake);
    world.commit_all();
    assert_eq!(world.errands_of(ErrandKind::Report), 3);
}

#[test]
fn a_start_under_an_id_that_is_in_memory_is_put_off() {
    let mut world = World::new();
    world.start_child(2, CALL);
    world.commit();
    world.replies.clear();
    world.start_child(2, CALL);
    assert_eq!(world.replies[&2], Err(Rejected::Busy));
    world.commit_all();
    assert_eq!(world.status(2), Status::Running);
}

//! The thread that owns the shards: takes what has come, lets the shards decide, does what they say.
//!
//! It decides nothing. One loop: wait for messages, commits, loads or the next timer; hand everything to the shards;
//! drain them; give all their batches to the store as one commit. When the store refuses a commit, everything in
//! memory is dropped, the shards are acquired anew and what was open is read again.

use crate::clock::Clock;
use crate::codec::{self, Cipher};
use crate::dispatch::{self, Call, Finished, Guard};
use crate::errand::{self, Birth, Prepared, Sent};
use crate::error::Error;
use crate::limits;
use crate::metrics::{ByTenant, Metrics};
use crate::publish::{Origin, Publisher};
use crate::recovery;
use crate::registry::Registry;
use crate::watch::Watches;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use tenure_engine::execution::{self, EffectId, Errand, Word};
use tenure_engine::shard::{Answer, Batch, Input, Key, LimitKey, Mail, NewExecution, Output, ReplyTo, Shard};
use tenure_store::{ShardLease, Store};
use tenure_types::{ExecutionId, ShardId, TenantId, Timestamp};
use tokio::sync::{mpsc, oneshot};

/// Messages taken at once: enough for a large batch, little enough that commits are not kept waiting.
const MESSAGES_AT_ONCE: usize = 1_024;
/// How long a commit waits before it is tried again when the disk is full.
const FULL_RETRY: Duration = Duration::from_millis(500);
/// Starts over in a row after which the pause before the next one grows no more.
const FAILURES_COUNTED_MAX: u32 = 20;
/// Loads asked of the store at once.
const LOADS_AT_ONCE: usize = 16;

/// What the rest of the node tells the lane.
#[derive(Debug)]
pub(crate) enum Message {
    /// Start an execution.
    Start { new: Box<NewExecution>, arrived: Instant, reply: Reply },
    /// A command or an outcome.
    Deliver { mail: Mail, reply: Option<Reply> },
    /// Bring executions into memory.
    Attend { ids: Vec<ExecutionId> },
    /// Somebody waits under these limits.
    AttendLimits { limits: Vec<LimitKey> },
    /// Take nothing more, and end once everything decided is durable.
    Stop,
}

/// Everything a lane works with.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) cipher: Arc<dyn Cipher>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) dispatcher: dispatch::Handle,
    pub(crate) watches: Arc<Watches>,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Clock,
    pub(crate) messages: mpsc::WeakSender<Message>,
}

type Loaded = Result<Vec<(ExecutionId, recovery::Read)>, Error>;
type KeyFound = (Key, Result<Option<ExecutionId>, Error>);
type LimitFound = (LimitKey, Result<limits::Found, Error>);
type Committed = (Result<(), tenure_store::Error>, Vec<(ShardId, u64)>, Instant);

type Reply = oneshot::Sender<Result<Answer, Error>>;

/// Who waits for an answer of a shard.
enum Waiting {
    /// A client; with the execution, when the answer is to its start.
    Client(Reply, Option<ExecutionId>),
    /// A parent, for the start of its child.
    Birth(Box<Birth>),
    /// An execution, for the answer to what it told another.
    Errand(Sent),
}

pub(crate) struct Lane {
    parts: Parts,
    inbox: mpsc::Receiver<Message>,
    /// How calls ended. A way of its own: it is bounded by the dispatcher's slots, and goes first.
    outcomes: mpsc::Receiver<Finished>,
    shards: Vec<Shard>,
    lease: Arc<Lease>,
    /// Calls given to the dispatcher that the shards still want, with the word that their guards ask for.
    wanted: BTreeMap<ExecutionId, Vec<(EffectId, Arc<AtomicBool>)>>,
    touched: BTreeSet<u16>,
    waiting: BTreeMap<ReplyTo, Waiting>,
    replies: u64,
    /// When the starts arrived that are not answered and have sent no call yet.
    arrivals: BTreeMap<ExecutionId, Instant>,
    commits: FuturesOrdered<BoxFuture<'static, Committed>>,
    loads: FuturesUnordered<BoxFuture<'static, Loaded>>,
    keys: FuturesUnordered<BoxFuture<'static, KeyFound>>,
    births: FuturesUnordered<BoxFuture<'static, (Birth, Prepared)>>,
    limits: FuturesUnordered<BoxFuture<'static, LimitFound>>,
    to_load: Vec<ExecutionId>,
    batches: Vec<Batch>,
    blame: Blame,
    tenants: ByTenant,
    /// A shard failed an assertion: what is in memory is not to be trusted.
    failed: bool,
    /// Starts over since the last commit that went well.
    failures: u32,
}

impl Lane {
    pub(crate) fn new(
        parts: Parts,
        inbox: mpsc::Receiver<Message>,
        outcomes: mpsc::Receiver<Finished>,
        leases: &[ShardLease],
    ) -> Self {
        let tenants = ByTenant::new(parts.metrics.tenants.clone());
        let mut lane = Self {
            parts,
            inbox,
            outcomes,
            shards: vec![],
            lease: Arc::default(),
            wanted: BTreeMap::new(),
            touched: BTreeSet::new(),
            waiting: BTreeMap::new(),
            replies: 0,
            arrivals: BTreeMap::new(),
            commits: FuturesOrdered::new(),
            loads: FuturesUnordered::new(),
            keys: FuturesUnordered::new(),
            births: FuturesUnordered::new(),
            limits: FuturesUnordered::new(),
            to_load: vec![],
            batches: vec![],
            blame: Blame::default(),
            tenants,
            failed: false,
            failures: 0,
        };
        lane.own(leases);
        lane
    }

    /// Runs until it is told to stop and everything decided is durable.
    pub(crate) async fn run(mut self) {
        let mut news = News::default();
        let mut open = true;
        while open || !self.commits.is_empty() {
            let due = self.next_due();
            tokio::select! {
                biased;
                Some(committed) = self.commits.next(), if !self.commits.is_empty() => {
                    if self.committed(committed).is_err() {
                        self.start_over().await;
                    }
                }
                more = news.receive(&mut self.outcomes, &mut self.inbox), if open => {
                    open = more;
                    for finished in news.outcomes.drain(..) {
                        self.handle(self.shard_of(finished.execution), Input::Deliver(outcome(finished)));
                    }
                    for message in news.messages.drain(..) {
                        self.take(message);
                    }
                }
                Some(loaded) = self.loads.next(), if !self.loads.is_empty() => {
                    if self.loaded(loaded).is_err() {
                        self.start_over().await;
                    }
                }
                Some((key, holder)) = self.keys.next(), if !self.keys.is_empty() => {
                    match holder {
                        Ok(holder) => self.handle(shard_of_key(&key, self.shards.len()), Input::KeyFound { key, holder }),
                        Err(_) => self.start_over().await,
                    }
                }
                Some((birth, prepared)) = self.births.next(), if !self.births.is_empty() => {
                    self.prepared(birth, prepared);
                }
                Some((limit, found)) = self.limits.next(), if !self.limits.is_empty() => {
                    if self.limit_found(limit, found).is_err() {
                        self.start_over().await;
                    }
                }
                () = sleep(due), if due.is_some() => self.wake(),
            }
            self.drain();
            if self.failed {
                self.start_over().await;
                self.drain();
            }
            self.gauge();
        }
    }

    fn gauge(&self) {
        let metrics = &self.parts.metrics;
        metrics.resident.set(sum(self.shards.iter().map(Shard::resident)));
        metrics.queued.set(sum(self.shards.iter().map(Shard::queued)));
    }

    fn own(&mut self, leases: &[ShardLease]) {
        self.shards = leases.iter().map(|lease| Shard::new(lease.shard, lease.epoch)).collect();
        for (index, shard) in leases.iter().enumerate() {
            assert_eq!(usize::from(shard.shard.0), index, "the embedded node owns every shard, in order");
        }
        for id in self.blame.held.clone() {
            self.handle(self.shard_of(id), Input::Hold { id });
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Start { mut new, arrived, reply } => {
                new.reply = self.wait_for(Waiting::Client(reply, Some(new.id)));
                self.arrivals.insert(new.id, arrived);
                self.handle(self.shard_of(new.id), Input::Start(new));
            }
            Message::Deliver { mut mail, reply } => {
                mail.reply = reply.map(|reply| self.wait_for(Waiting::Client(reply, None)));
                self.handle(self.shard_of(mail.id), Input::Deliver(mail));
            }
            Message::Attend { ids } => {
                for id in ids {
                    self.handle(self.shard_of(id), Input::Attend { id });
                }
            }
            Message::AttendLimits { limits } => {
                for limit in limits {
                    self.handle(shard_of_limit(&limit, self.shards.len()), Input::AttendLimit { limit });
                }
            }
            Message::Stop => {}
        }
    }

    fn wait_for(&mut self, who: Waiting) -> ReplyTo {
        self.replies += 1;
        let to = ReplyTo(self.replies);
        self.waiting.insert(to, who);
        to
    }

    fn deliver(&mut self, mail: Mail) {
        self.handle(self.shard_of(mail.id), Input::Deliver(mail));
    }

    fn shard_of(&self, id: ExecutionId) -> u16 {
        let shards = u16::try_from(self.shards.len()).expect("a store has at most 65,535 shards");
        id.shard(shards).0
    }

    fn handle(&mut self, shard: u16, input: Input) {
        let now = self.parts.clock.now();
        self.guarded(shard, |shard| shard.handle(input, now));
        self.touched.insert(shard);
    }

    /// Lets a shard work. When it fails an assertion, all that is in memory is dropped and read again, as after a crash;
    /// the execution it was about is held the second time, so that it cannot stop the others for ever.
    fn guarded<T>(&mut self, index: u16, work: impl FnOnce(&mut Shard) -> T) -> Option<T> {
        if self.failed {
            return None;
        }
        let shard = &mut self.shards[usize::from(index)];
        if let Ok(done) = catch_unwind(AssertUnwindSafe(|| work(shard))) {
            return Some(done);
        }
        let deciding = shard.deciding();
        self.failed = true;
        self.blame(deciding);
        None
    }

    fn blame(&mut self, deciding: Option<ExecutionId>) {
        let Some(id) = deciding else {
            tracing::error!("a shard failed an assertion; everything is read again");
            return;
        };
        if self.blame.failed(id) {
            tracing::error!(workflow_id = %id, "an execution failed its shard twice; it is held");
        } else {
            tracing::error!(workflow_id = %id, "a shard failed an assertion; everything is read again");
        }
        self.parts.metrics.held.set(sum(std::iter::once(self.blame.held.len())));
    }

    fn wake(&mut self) {
        let now = self.parts.clock.now();
        for (index, shard) in (0..).zip(&mut self.shards) {
            if shard.next_due().is_some_and(|due| due <= now) {
                shard.handle(Input::Wake, now);
                self.touched.insert(index);
            }
        }
    }

    /// How long until the first timer of all shards.
    fn next_due(&self) -> Option<Duration> {
        let due = self.shards.iter().filter_map(Shard::next_due).min()?;
        Some(Duration::from_millis(due.ms_since(self.parts.clock.now())))
    }

    /// Does what the shards that were touched say, and gives all their batches to the store as one commit.
    fn drain(&mut self) {
        while let Some(shard) = self.touched.pop_first() {
            while let Some(output) = self.guarded(shard, Shard::poll).flatten() {
                self.perform(output);
            }
        }
        if self.failed {
            return;
        }
        if !self.batches.is_empty() {
            self.commit();
        }
        while !self.to_load.is_empty() && self.loads.len() < LOADS_AT_ONCE {
            let ids = self.to_load.split_off(self.to_load.len().saturating_sub(256));
            self.load(ids);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Load { id } => self.to_load.push(id),
            Output::FindKey { key } => self.find_key(key),
            Output::FindLimit { limit } => self.find_limit(limit),
            Output::Limited(limited) => {
                let shard = shard_of_limit(&limited.limit, self.shards.len());
                self.handle(shard, Input::Limited(limited));
            }
            Output::Admit { id, granted } => {
                let input = execution::Input::Admitted { granted };
                self.deliver(Mail { id, tenant: None, input, idempotency: None, reply: None });
            }
            Output::Commit(batch) => {
                self.withdraw(&batch);
                self.batches.push(batch);
            }
            Output::Perform { id, tenant, correlation_id, call } => {
                let wanted = Arc::new(AtomicBool::new(true));
                let effect = EffectId::Call { frame: call.frame, attempt: call.attempt };
                self.wanted.entry(id).or_default().push((effect, wanted.clone()));
                let guard = Arc::new(CallGuard { lease: self.lease.clone(), wanted });
                self.call(Call { tenant, execution: id, correlation_id, effect: call, guard });
            }
            Output::Publish { id, tenant, correlation_id, frame, event } => {
                let by = execution::Actor::engine();
                self.parts.publisher.emit(id, frame, Origin { tenant, by, correlation_id }, event);
            }
            Output::Abandon { id, effect } => self.parts.dispatcher.abandon(id, effect),
            Output::Errand { id, tenant, errand } => self.run_errand(id, tenant, errand),
            Output::Reply { to, answer } => self.answer(to, answer),
            Output::Advanced { id, status, ended, .. } => {
                self.parts.watches.advanced(id, status, ended);
            }
        }
    }

    fn answer(&mut self, to: ReplyTo, answer: Result<Answer, execution::Rejected>) {
        match self.waiting.remove(&to) {
            Some(Waiting::Client(reply, start)) => {
                // Calls of the first turn leave before the start is answered; later ones measure something else.
                if let Some(id) = start {
                    self.arrivals.remove(&id);
                }
                // The client may have gone: the act stands all the same.
                let _ = reply.send(answer.map_err(Error::from));
            }
            Some(Waiting::Birth(birth)) => match birth.answered(answer) {
                Some(mail) => self.deliver(mail),
                None => self.prepare(*birth, true),
            },
            Some(Waiting::Errand(sent)) => {
                if let Some(mail) = sent.answered(&answer) {
                    self.deliver(mail);
                }
            }
            None => {}
        }
    }

    fn run_errand(&mut self, from: ExecutionId, tenant: TenantId, errand: Errand) {
        let Errand { id, to, word } = errand;
        match word {
            Word::Start(start) => {
                let birth = Birth { tenant, parent: from, errand: id, child: to, start };
                self.prepare(birth, false);
            }
            Word::Tell(input) => {
                let reply = Some(self.wait_for(Waiting::Errand(Sent { from, id, to })));
                self.deliver(Mail { id: to, tenant: None, input: *input, idempotency: None, reply });
            }
        }
    }

    fn prepare(&mut self, birth: Birth, again: bool) {
        let (store, registry, cipher) =
            (self.parts.store.clone(), self.parts.registry.clone(), self.parts.cipher.clone());
        self.births.push(Box::pin(errand::prepare(store, registry, cipher, birth, again)));
    }

    fn prepared(&mut self, birth: Birth, prepared: Prepared) {
        match prepared {
            Prepared::There(definition, digest) => self.deliver(birth.started(definition, digest)),
            Prepared::Refused(why) => self.deliver(birth.refused(why)),
            Prepared::Startable(definition) => {
                let shard = self.shard_of(birth.child);
                let reply = ReplyTo(self.replies + 1);
                let new = birth.new_execution(definition, reply);
                assert_eq!(self.wait_for(Waiting::Birth(Box::new(birth))), reply, "answers are numbered");
                self.handle(shard, Input::Start(new));
            }
        }
    }

    /// A call that is closed by a decision must not leave any more, though the decision is not durable yet.
    fn withdraw(&mut self, batch: &Batch) {
        let shard = &self.shards[usize::from(batch.shard.0)];
        for write in &batch.writes {
            let Some(calls) = self.wanted.get_mut(&write.id) else { continue };
            for (_, wanted) in calls.extract_if(.., |(effect, _)| !shard.wants(write.id, *effect)) {
                wanted.store(false, Ordering::SeqCst);
            }
            if calls.is_empty() {
                self.wanted.remove(&write.id);
            }
        }
    }

    fn call(&mut self, call: Call) {
        if let Some(arrived) = self.arrivals.remove(&call.execution) {
            self.parts.metrics.start_to_first_call_seconds.observe(arrived.elapsed().as_secs_f64());
        }
        self.parts.metrics.calls.inc();
        self.tenants.of(&call.tenant).called();
        let now = self.parts.clock.now();
        if let Err(turned_away) = self.parts.dispatcher.perform(call, now) {
            self.handle(self.shard_of(turned_away.execution), Input::Deliver(outcome(*turned_away)));
        }
    }

    fn commit(&mut self) {
        let batches = std::mem::take(&mut self.batches);
        self.count(&batches);
        let numbers = batches.iter().map(|batch| (batch.shard, batch.number)).collect();
        let commit = codec::commit(batches, &*self.parts.cipher);
        let store = self.parts.store.clone();
        let given = Instant::now();
        self.commits.push_back(Box::pin(async move {
            let result = match commit {
                Ok(commit) => commit_through_full_disk(&*store, commit).await,
                Err(error) => Err(tenure_store::Error::Permanent(error.to_string())),
            };
            (result, numbers, given)
        }));
    }

    fn count(&mut self, batches: &[Batch]) {
        let metrics = &self.parts.metrics;
        metrics.batches.inc();
        for write in batches.iter().flat_map(|batch| &batch.writes) {
            metrics.turns.inc();
            metrics.events.inc_by(write.events.len() as u64);
            if write.first_seq == 1 {
                metrics.executions_started.inc();
                self.tenants.of(&write.tenant).started();
            }
            if write
                .row
                .as_ref()
                .is_some_and(|(row, before)| row.status.ended() && before.is_none_or(|s| !s.ended()))
            {
                self.tenants.of(&write.tenant).ended(write.status);
            }
            let open_before =
                write.row.as_ref().is_some_and(|(_, before)| before.is_none_or(|before| !before.ended()));
            if write.status.ended() && open_before {
                metrics.executions_ended.inc();
            }
        }
    }

    fn committed(&mut self, (result, numbers, given): Committed) -> Result<(), ()> {
        if let Err(error) = result {
            tracing::error!(%error, "the store refused a commit; everything is read again under a new lease");
            return Err(());
        }
        self.parts.metrics.commit_seconds.observe(given.elapsed().as_secs_f64());
        self.failures = 0;
        for (shard, batch) in numbers {
            self.handle(shard.0, Input::Committed { batch });
        }
        Ok(())
    }

    fn load(&mut self, ids: Vec<ExecutionId>) {
        let (store, registry, cipher) =
            (self.parts.store.clone(), self.parts.registry.clone(), self.parts.cipher.clone());
        self.loads.push(Box::pin(async move { recovery::load(&*store, &registry, &*cipher, ids).await }));
    }

    fn loaded(&mut self, loaded: Loaded) -> Result<(), ()> {
        let loaded = loaded.map_err(|error| tracing::error!(%error, "stored executions cannot be loaded"))?;
        for (id, read) in loaded {
            let input = match read {
                Ok(found) => Input::Loaded { id, found },
                Err(reason) => {
                    tracing::error!(workflow_id = %id, reason, "an execution cannot be read; it is held");
                    self.blame.hold(id);
                    self.parts.metrics.held.set(sum(std::iter::once(self.blame.held.len())));
                    Input::Hold { id }
                }
            };
            self.handle(self.shard_of(id), input);
        }
        Ok(())
    }

    fn find_key(&mut self, key: Key) {
        let store = self.parts.store.clone();
        self.keys.push(Box::pin(async move {
            let holders = store.find_by_key(&key.tenant, &key.namespace, &key.name, &key.key).await;
            let holder = holders.map(|holders| holders.open.map(|(id, _)| id)).map_err(Error::from);
            (key, holder)
        }));
    }

    fn find_limit(&mut self, limit: LimitKey) {
        let store = self.parts.store.clone();
        self.limits.push(Box::pin(async move {
            let found = limits::find(&*store, &limit).await;
            (limit, found)
        }));
    }

    fn limit_found(&mut self, limit: LimitKey, found: Result<limits::Found, Error>) -> Result<(), ()> {
        let found =
            found.map_err(|error| tracing::error!(%error, "who runs under a limit cannot be read"))?;
        let limits::Found { running, waiting } = found;
        let shard = shard_of_limit(&limit, self.shards.len());
        self.handle(shard, Input::LimitFound { limit, running, waiting });
        Ok(())
    }

    /// Drops everything in memory, takes the shards anew and reads what was open.
    async fn start_over(&mut self) {
        self.lease.revoke();
        let Some(messages) = self.parts.messages.upgrade() else {
            // Nobody can reach this lane any more and it is about to end: whoever has the shards now keeps them.
            return self.commits.clear();
        };
        self.lease = Arc::default();
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            // What executions tell each other is told again when they are read again.
            if let Waiting::Client(reply, _) = waiting {
                let lost = Error::Unavailable("the outcome is unknown; ask again".into());
                let _ = reply.send(Err(lost));
            }
        }
        self.commits.clear();
        self.loads.clear();
        self.keys.clear();
        self.births.clear();
        self.limits.clear();
        self.to_load.clear();
        self.batches.clear();
        self.touched.clear();
        self.arrivals.clear();
        self.wanted.clear();
        self.failed = false;
        if self.failures > 0 {
            // What fails again and again must not keep the processor and the log busy.
            tokio::time::sleep(FULL_RETRY * self.failures.min(FAILURES_COUNTED_MAX)).await;
        }
        self.failures = self.failures.saturating_add(1);
        let leases = acquire_until_granted(&*self.parts.store).await;
        self.own(&leases);
        let (store, now) = (self.parts.store.clone(), self.parts.clock.now());
        tokio::spawn(recovery::attend_open(store, messages.downgrade(), now));
    }
}

/// Whose fault it was that shards failed.
#[derive(Debug, Default)]
struct Blame {
    once: BTreeSet<ExecutionId>,
    held: BTreeSet<ExecutionId>,
}

impl Blame {
    /// A shard failed while it decided about this execution. `true` when that was the second time: it is held.
    fn failed(&mut self, id: ExecutionId) -> bool {
        let again = !self.once.insert(id);
        if again {
            self.hold(id);
        }
        again
    }

    fn hold(&mut self, id: ExecutionId) {
        self.held.insert(id);
    }
}

/// What has come since the lane looked last.
#[derive(Debug, Default)]
struct News {
    outcomes: Vec<Finished>,
    messages: Vec<Message>,
}

impl News {
    /// Waits until something has come, and takes whatever has come in both ways: one batch, one wake-up. `false` when
    /// the lane is to stop; every outcome that was reported before it was told so has been taken by then.
    async fn receive(
        &mut self,
        outcomes: &mut mpsc::Receiver<Finished>,
        inbox: &mut mpsc::Receiver<Message>,
    ) -> bool {
        poll_fn(|cx| {
            let told = inbox.poll_recv_many(cx, &mut self.messages, MESSAGES_AT_ONCE);
            let finished = outcomes.poll_recv_many(cx, &mut self.outcomes, MESSAGES_AT_ONCE);
            let stop = told == Poll::Ready(0) || self.messages.iter().any(|m| matches!(m, Message::Stop));
            if told.is_pending() && matches!(finished, Poll::Pending | Poll::Ready(0)) {
                return Poll::Pending;
            }
            Poll::Ready(!stop)
        })
        .await
    }
}

/// The mail that brings a call's outcome to its execution.
fn outcome(finished: Finished) -> Mail {
    let Finished { execution: id, frame, attempt, outcome, .. } = finished;
    let input = execution::Input::CallFinished { frame, attempt, outcome };
    Mail { id, tenant: None, input, idempotency: None, reply: None }
}

/// Whether the shards are still ours: asked at the last instant before a request leaves.
#[derive(Debug, Default)]
struct Lease {
    revoked: AtomicBool,
}

impl Lease {
    fn revoke(&self) {
        self.revoked.store(true, Ordering::SeqCst);
    }
}

/// The last word on a call: the shards are ours, and nothing decided since has closed it.
#[derive(Debug)]
struct CallGuard {
    lease: Arc<Lease>,
    wanted: Arc<AtomicBool>,
}

impl Guard for CallGuard {
    fn may_send(&self, _: Timestamp) -> bool {
        self.wanted.load(Ordering::SeqCst) && !self.lease.revoked.load(Ordering::SeqCst)
    }
}

/// The shard that every start under this key goes to, so that conflicts are decided in one place.
pub(crate) fn shard_of_key(key: &Key, shards: usize) -> u16 {
    shard_of_parts([key.tenant.as_str(), &key.namespace, &key.name, &key.key], shards)
}

/// The shard that looks after a limit.
fn shard_of_limit(limit: &LimitKey, shards: usize) -> u16 {
    shard_of_parts([limit.tenant.as_str(), &limit.namespace, &limit.name, &limit.key], shards)
}

fn shard_of_parts(parts: [&str; 4], shards: usize) -> u16 {
    // FNV-1a: spreads keys well enough, and every node computes the same.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    u16::try_from(hash % shards as u64).expect("a store has at most 65,535 shards")
}

/// A full disk is waited out: what was decided stays in memory, and nothing is acknowledged before it is durable.
async fn commit_through_full_disk(
    store: &dyn Store,
    commit: tenure_store::Commit,
) -> Result<(), tenure_store::Error> {
    loop {
        match store.commit(commit.clone()).await {
            Err(tenure_store::Error::Full) => tokio::time::sleep(FULL_RETRY).await,
            other => return other,
        }
    }
}

async fn acquire_until_granted(store: &dyn Store) -> Vec<ShardLease> {
    loop {
        match store.acquire_shards().await {
            Ok(leases) => return leases,
            Err(error) => {
                tracing::error!(%error, "the shards cannot be acquired; trying again");
                tokio::time::sleep(FULL_RETRY).await;
            }
        }
    }
}

async fn sleep(due: Option<Duration>) {
    if let Some(due) = due {
        tokio::time::sleep(due).await;
    }
}

fn sum(sizes: impl Iterator<Item = usize>) -> i64 {
    i64::try_from(sizes.sum::<usize>()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_held_when_it_fails_its_shard_for_the_second_time() {
        let mut blame = Blame::default();
        assert!(!blame.failed(ExecutionId(1)) && !blame.failed(ExecutionId(2)));
        assert!(blame.held.is_empty());
        assert!(blame.failed(ExecutionId(1)));
        assert_eq!(blame.held, BTreeSet::from([ExecutionId(1)]));
    }
}

//! Slots, the calls that hold them, and the way of each outcome to its shard.

use super::Times;
use super::counters::{Counters, Reading, add_one};
use super::fair_queue::{FairQueue, Share};
use super::http::Client;
use super::outcome::{not_sent, unknown};
use super::secrets::{NoSecrets, Secrets};
use crate::egress::Egress;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tenure_dsl::switches::Switches;
use tenure_engine::execution::{CallEffect, CallOutcome, EffectId, FrameId};
use tenure_types::{ExecutionId, TenantId, Timestamp};
use tokio::runtime::Handle as Runtime;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Calls under way at once: each holds a socket and some memory, an answer of 1 MiB at the worst.
pub const SLOTS_MAX: usize = 1_024;
/// Calls that wait for a slot, of all tenants.
pub const CALLS_WAITING_MAX: usize = 100_000;
/// What a tenant without a share of its own may use: half of the slots, so that one alone cannot take all.
pub const TENANT_SHARE: Share =
    Share { weight: 1, slots_max: SLOTS_MAX / 2, queue_max: CALLS_WAITING_MAX / 4 };
/// How often calls whose send-by passed while they waited, and idle connections, are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Body bytes that weigh as much as a call itself when slots are shared.
const BYTES_PER_COST: usize = 256 * 1024;

/// Asked at the last instant before the first byte of a request can leave.
pub trait Guard: Send + Sync + fmt::Debug {
    /// Whether the lease under which the intent was recorded still holds, and nothing has come between.
    fn may_send(&self, now: Timestamp) -> bool;
}

/// Where outcomes go. A slot is held until its outcome was taken, so a slow shard slows its calls, and nothing grows.
pub trait Results: Send + Sync + fmt::Debug {
    /// The queue of the shard that owns the execution.
    fn queue(&self, execution: ExecutionId) -> mpsc::Sender<Finished>;
}

impl Results for mpsc::Sender<Finished> {
    fn queue(&self, _: ExecutionId) -> mpsc::Sender<Finished> {
        self.clone()
    }
}

/// What the dispatcher is made of.
#[derive(Debug)]
pub struct Options {
    /// The way out.
    pub egress: Arc<Egress>,
    /// Which processes are run.
    pub switches: Switches,
    /// The way back.
    pub results: Arc<dyn Results>,
    /// The tenants' secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Calls under way at once.
    pub slots_max: usize,
    /// Calls that wait, of all tenants.
    pub waiting_max: usize,
    /// What a tenant may use.
    pub tenant_share: Share,
}

impl Options {
    /// The documented limits, no processes, and no secrets.
    pub fn new(egress: Arc<Egress>, results: Arc<dyn Results>) -> Self {
        Self {
            egress,
            switches: Switches::default(),
            results,
            secrets: Arc::new(NoSecrets),
            slots_max: SLOTS_MAX,
            waiting_max: CALLS_WAITING_MAX,
            tenant_share: TENANT_SHARE,
        }
    }
}

/// One attempt to be performed.
#[derive(Clone, Debug)]
pub struct Call {
    /// On whose behalf.
    pub tenant: TenantId,
    /// Of which execution.
    pub execution: ExecutionId,
    /// Sent along.
    pub correlation_id: Arc<str>,
    /// The attempt as its intent was recorded.
    pub effect: CallEffect,
    /// Has the last word.
    pub guard: Arc<dyn Guard>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// On whose behalf.
    pub tenant: TenantId,
    /// Of which execution.
    pub execution: ExecutionId,
    /// The task's activation.
    pub frame: FrameId,
    /// The attempt.
    pub attempt: u32,
    /// How.
    pub outcome: CallOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct CallId {
    execution: ExecutionId,
    frame: FrameId,
    attempt: u32,
}

#[derive(Debug)]
struct Waiting {
    call: Call,
    times: Times,
}

/// A call that was taken and has not been reported. Who removes it here has the right to report it.
#[derive(Debug)]
enum Open {
    Waiting(TenantId),
    /// The handle is missing for the moment between the call's turn and the start of its task.
    Running(Option<AbortHandle>),
}

#[derive(Debug)]
struct State {
    queue: FairQueue<TenantId, Waiting>,
    open: HashMap<CallId, Open>,
    stopping: bool,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    results: Arc<dyn Results>,
    counters: Arc<Counters>,
    state: Mutex<State>,
    runtime: Runtime,
    /// Some call gave its slot back.
    released: Notify,
    /// A task ended before its call did: the next call must be started by somebody else.
    cut_off: Arc<Notify>,
}

/// A running dispatcher. When the last handle is dropped, calls under way end as they would have.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Shared>);

/// Starts a dispatcher. It needs a tokio runtime with time and IO.
pub fn run(options: Options) -> Handle {
    let counters = Arc::new(Counters::default());
    let cut_off = Arc::new(Notify::new());
    let queue = FairQueue::new(options.slots_max, options.waiting_max, options.tenant_share);
    let shared = Arc::new(Shared {
        client: Client::new(options.egress, options.switches, Arc::clone(&counters), options.secrets),
        results: options.results,
        counters,
        state: Mutex::new(State { queue, open: HashMap::new(), stopping: false }),
        runtime: Runtime::current(),
        released: Notify::new(),
        cut_off: Arc::clone(&cut_off),
    });
    tokio::spawn(keep_house(Arc::downgrade(&shared), cut_off));
    Handle(shared)
}

impl Handle {
    /// Takes a call. `now` is the reading of the wall clock at this instant. When it cannot be taken, the outcome (nothing
    /// was sent) comes back at once instead of through [`Results`].
    pub fn perform(&self, call: Call, now: Timestamp) -> Result<(), Box<Finished>> {
        let times = Times::new(now, call.effect.send_by, call.effect.deadline);
        let (id, cost, tenant) = (call.id(), call.cost(), call.tenant.clone());
        let mut state = self.0.lock();
        assert!(!state.open.contains_key(&id), "an attempt is performed once");
        if state.stopping {
            return Err(Box::new(self.0.turn_away(&call, "the node is stopping")));
        }
        if let Err(waiting) = state.queue.push(&tenant, cost, Waiting { call, times }) {
            return Err(Box::new(self.0.turn_away(&waiting.call, "too many calls are waiting")));
        }
        state.open.insert(id, Open::Waiting(tenant));
        self.0.start_ready(state);
        Ok(())
    }

    /// Cuts an attempt off: if it waits, nothing is sent; if it is under way, its connection is closed. Nothing is
    /// reported, unless its outcome was on its way already.
    pub fn abandon(&self, execution: ExecutionId, effect: EffectId) {
        let EffectId::Call { frame, attempt } = effect else { return };
        let id = CallId { execution, frame, attempt };
        let mut state = self.0.lock();
        let running = match state.open.remove(&id) {
            None => return,
            Some(Open::Running(task)) => task,
            Some(Open::Waiting(tenant)) => {
                state
                    .queue
                    .remove(&tenant, |waiting| waiting.call.id() == id)
                    .expect("an open call waits or runs");
                self.0.gauge(&state);
                None
            }
        };
        drop(state);
        add_one(&self.0.counters.abandoned);
        if let Some(task) = running {
            task.abort();
        }
    }

    /// Gives a tenant a share of its own.
    pub fn set_share(&self, tenant: &TenantId, share: Share) {
        let mut state = self.0.lock();
        state.queue.set_share(tenant, share);
        self.0.start_ready(state);
    }

    /// What has been done so far.
    pub fn counters(&self) -> Reading {
        self.0.counters.read()
    }

    /// Connections that wait to be used again.
    pub fn idle_connections(&self) -> usize {
        self.0.client.idle_connections()
    }

    /// Takes no more calls, reports those that wait as not sent, and gives those under way until `grace` has passed. What
    /// is under way then is cut off and not reported: whoever owns the execution next finds the attempt lost.
    pub async fn stop(&self, grace: Duration) {
        let waiting = {
            let mut state = self.0.lock();
            state.stopping = true;
            self.0.take_waiting(&mut state, |_| true)
        };
        let end = Instant::now() + grace;
        let _ = tokio::time::timeout_at(end, self.0.report_all(waiting, "the node is stopping")).await;
        let _ = tokio::time::timeout_at(end, self.0.until_idle()).await;
        let left: Vec<Open> = self.0.lock().open.drain().map(|(_, open)| open).collect();
        for open in left {
            if let Open::Running(Some(task)) = open {
                task.abort();
            }
        }
    }
}

impl Call {
    fn id(&self) -> CallId {
        CallId { execution: self.execution, frame: self.effect.frame, attempt: self.effect.attempt }
    }

    fn cost(&self) -> u32 {
        let bytes = self.effect.request.len_bytes();
        1 + u32::try_from(bytes / BYTES_PER_COST).expect("a payload is at most 1 MiB")
    }

    fn finished(&self, outcome: CallOutcome) -> Finished {
        let (frame, attempt) = (self.effect.frame, self.effect.attempt);
        Finished { tenant: self.tenant.clone(), execution: self.execution, frame, attempt, outcome }
    }
}

impl Shared {
    /// Starts what waits while there are slots. One task a call: it ends with the call. Tasks are spawned without the
    /// lock: a runtime that shuts down drops them at once, and with them their slots.
    fn start_ready<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>) {
        while let Some((tenant, Waiting { call, times })) = state.queue.start() {
            let id = call.id();
            let open = state.open.insert(id, Open::Running(None));
            assert!(matches!(open, Some(Open::Waiting(_))), "a call that waits is open");
            drop(state);
            add_one(&self.counters.started);
            let slot = Slot { shared: Arc::clone(self), id, tenant, ended: false };
            let task = self.runtime.spawn(slot.run(call, times)).abort_handle();
            state = self.lock();
            match state.open.get_mut(&id) {
                Some(open) => *open = Open::Running(Some(task)),
                None => task.abort(),
            }
        }
        self.gauge(&state);
    }

    fn gauge(&self, state: &State) {
        self.counters.in_flight.store(state.queue.running() as u64, Ordering::Relaxed);
        self.counters.waiting.store(state.queue.waiting() as u64, Ordering::Relaxed);
    }

    fn turn_away(&self, call: &Call, why: &str) -> Finished {
        add_one(&self.counters.turned_away);
        call.finished(not_sent("guard", why))
    }

    fn take_waiting(&self, state: &mut State, mut matches: impl FnMut(&Waiting) -> bool) -> Vec<Call> {
        let taken: Vec<Call> = state.queue.remove_all(&mut matches).into_iter().map(|w| w.call).collect();
        for call in &taken {
            state.open.remove(&call.id());
        }
        self.gauge(state);
        taken
    }

    async fn report_all(&self, calls: Vec<Call>, why: &str) {
        for call in calls {
            self.report(call.finished(not_sent("guard", why))).await;
        }
    }

    /// A shard that is gone takes no outcomes; its next owner finds the attempts lost.
    async fn report(&self, finished: Finished) {
        self.counters.count(&finished.outcome);
        let _ = self.results.queue(finished.execution).send(finished).await;
    }

    async fn until_idle(&self) {
        loop {
            let changed = self.released.notified();
            if self.lock().queue.running() == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Expires what waited for too long: it would be refused when its turn comes, but the engine should know now.
    async fn expire_waiting(&self) {
        let now = Instant::now();
        let late = self.take_waiting(&mut self.lock(), |waiting| waiting.times.send_by() <= now);
        self.report_all(late, "the send-by passed while the call waited for a slot").await;
    }

    /// The state is changed only by code that does not panic half-way; a poisoned lock means a failed assertion, after
    /// which the slots of other calls still have to be given back.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right of a call to run; given back however its task ends.
#[derive(Debug)]
struct Slot {
    shared: Arc<Shared>,
    id: CallId,
    tenant: TenantId,
    /// Whether the task went through to its end.
    ended: bool,
}

impl Slot {
    async fn run(mut self, call: Call, times: Times) {
        let may_send = || self.open() && call.guard.may_send(times.now());
        let outcome = self.shared.client.perform(&call, &times, may_send).await;
        if self.close() {
            self.shared.report(call.finished(outcome)).await;
        }
        let shared = Arc::clone(&self.shared);
        self.ended = true;
        drop(self);
        shared.start_ready(shared.lock());
    }

    /// Whether the call has not been abandoned.
    fn open(&self) -> bool {
        self.shared.lock().open.contains_key(&self.id)
    }

    /// Takes the right to report.
    fn close(&self) -> bool {
        self.shared.lock().open.remove(&self.id).is_some()
    }

    /// The task ended without an outcome and was not abandoned: it panicked. Whether it had sent is not known.
    fn report_lost(&self) {
        let outcome = unknown("protocol", "the dispatcher failed");
        self.shared.counters.count(&outcome);
        let (tenant, CallId { execution, frame, attempt }) = (self.tenant.clone(), self.id);
        let lost = Finished { tenant, execution, frame, attempt, outcome };
        if self.shared.results.queue(execution).try_send(lost).is_err() {
            tracing::error!(%execution, "the outcome of a failed call could not be reported");
        }
    }
}

/// Starts nothing itself: in a runtime that shuts down, the next call would be dropped right here, and the next.
impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.queue.release(&self.tenant);
        let lost = state.open.remove(&self.id).is_some();
        self.shared.gauge(&state);
        let stopping = state.stopping;
        drop(state);
        if lost {
            self.report_lost();
        }
        if !self.ended {
            self.shared.cut_off.notify_one();
        }
        if stopping {
            self.shared.released.notify_waiters();
        }
    }
}

/// Ends when the last handle and the last call are gone.
async fn keep_house(shared: Weak<Shared>, cut_off: Arc<Notify>) {
    let mut ticks = interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let tick = tokio::select! {
            _ = ticks.tick() => true,
            () = cut_off.notified() => false,
        };
        let Some(shared) = shared.upgrade() else { return };
        shared.start_ready(shared.lock());
        if tick {
            shared.client.sweep();
            shared.expire_waiting().await;
        }
    }
}

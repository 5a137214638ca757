//! Events on their way to executions: who may want one is looked up, and each of them is handed it by the ordinary door.
//!
//! An event is taken when every execution that it may concern has made it durable or has no use for it. There is no
//! table of events: a repetition is noticed by the executions themselves, so anything here may be done again. A tenant
//! has a bounded number of deliveries under way, so that a broadcast keeps the shards busy for nobody else's time.
//!
//! Deliberately absent: which events match, which the engine says, and who may publish, which the server says.

use crate::codec::Cipher;
use crate::error::Error;
use crate::lane::Message;
use crate::metrics::Metrics;
use crate::registry::Registry;
use futures_util::stream::{FuturesUnordered, StreamExt};
use ring::digest::{Context, SHA256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tenure_dsl::program::Definition;
use tenure_engine::execution::{self, Actor, Event, FrameId, Rejected, Start};
use tenure_engine::shard::{Answer, Mail, NewExecution, OnConflict, ReplyTo};
use tenure_store::{DefinitionName, Store, SubscribedFilter};
use tenure_types::{ExecutionId, TenantId};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Deliveries of one tenant under way at once: little enough that a turn of a shard stays short for everybody else.
pub const DELIVERIES_AT_ONCE: usize = 16;
/// Events that executions of one tenant emit, looked up at once.
pub const EMITS_AT_ONCE: usize = 16;
/// Executions, filters or definitions that are looked up at once.
const PAGE: usize = 256;
/// How often something that was busy is tried before its sender is told to come back.
const TRIES_MAX: u32 = 50;
/// How long until it is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// How long until an event that an execution emits is published again after that went wrong.
const EMIT_AGAIN: Duration = Duration::from_millis(500);
/// Locks that starts by events are spread over.
const STARTING: usize = 64;

/// What became of some events. All of it is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// How many events there were.
    pub events: u64,
    /// How often one of them was handed to an execution that might want it.
    pub deliveries: u64,
    /// How many executions they started.
    pub started: u64,
}

impl Published {
    /// Three numbers of 8 bytes, big-endian.
    pub fn to_bytes(self) -> Vec<u8> {
        [self.events, self.deliveries, self.started].map(u64::to_be_bytes).concat()
    }

    /// `None` when the bytes are no such numbers.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks::<8>() else { return None };
        let [events, deliveries, started] = *numbers else { return None };
        let number = u64::from_be_bytes;
        Some(Self { events: number(events), deliveries: number(deliveries), started: number(started) })
    }

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.deliveries += other.deliveries;
        self.started += other.started;
    }
}

/// Who publishes, and in whose name space.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) tenant: TenantId,
    pub(crate) by: Actor,
    /// What ties the executions that are started to what happened.
    pub(crate) correlation_id: Arc<str>,
}

/// Looks up and delivers. One a node.
#[derive(Debug)]
pub(crate) struct Publisher {
    parts: Parts,
    tenants: Mutex<BTreeMap<TenantId, Arc<Bounds>>>,
    /// Held while an event starts something: an event that comes twice at once finds what the first one started.
    starting: Vec<tokio::sync::Mutex<()>>,
}

/// What a publisher works with.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) cipher: Arc<dyn Cipher>,
    pub(crate) metrics: Metrics,
    pub(crate) messages: mpsc::WeakSender<Message>,
    /// Where events that executions emit are published: the lane's own thread decides, and nothing else.
    pub(crate) spawner: tokio::runtime::Handle,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// One tenant's share of the node.
#[derive(Debug)]
struct Bounds {
    deliveries: Semaphore,
    emits: Semaphore,
}

impl Publisher {
    pub(crate) fn new(parts: Parts) -> Self {
        let starting = (0..STARTING).map(|_| tokio::sync::Mutex::default()).collect();
        Self { parts, tenants: Mutex::default(), starting }
    }

    /// Publishes events one after the other, so that each execution gets them in their order.
    pub(crate) async fn publish_all(
        &self,
        origin: &Origin,
        events: &[Arc<Event>],
    ) -> Result<Published, Error> {
        let mut all = Published::default();
        for event in events {
            all.add(self.publish(origin, event).await?);
        }
        Ok(all)
    }

    /// Publishes one event. Returns when everything that it led to is durable.
    async fn publish(&self, origin: &Origin, event: &Arc<Event>) -> Result<Published, Error> {
        let arrived = Instant::now();
        let deliveries = self.deliver_to_subscribers(origin, event).await?;
        let started = self.start_what_it_starts(origin, event).await?;
        let metrics = &self.parts.metrics;
        metrics.events_published.inc();
        metrics.event_deliveries.inc_by(deliveries);
        metrics.event_starts.inc_by(started);
        metrics.event_seconds.observe(arrived.elapsed().as_secs_f64());
        Ok(Published { events: 1, deliveries, started })
    }

    async fn deliver_to_subscribers(&self, origin: &Origin, event: &Arc<Event>) -> Result<u64, Error> {
        let bounds = self.bounds(&origin.tenant);
        let mut under_way = FuturesUnordered::new();
        let mut deliveries = Deliveries::default();
        let mut after: Option<SubscribedFilter> = None;
        loop {
            let store = &self.parts.store;
            let filters =
                store.subscribed_filters(&origin.tenant, event.kind(), after.as_ref(), PAGE).await?;
            for filter in &filters {
                for correlation in self.addresses(origin, filter, event).await? {
                    let mut last = None;
                    loop {
                        let page = store.subscribers(&origin.tenant, filter, correlation, last, PAGE).await?;
                        for id in &page {
                            if under_way.len() >= DELIVERIES_AT_ONCE
                                && let Some(outcome) = under_way.next().await
                            {
                                deliveries.note(outcome)?;
                            }
                            under_way.push(self.deliver(origin, &bounds, *id, event));
                        }
                        last = page.last().copied();
                        if page.len() < PAGE {
                            break;
                        }
                    }
                }
            }
            if filters.len() < PAGE {
                break;
            }
            after = filters.last().cloned();
        }
        while let Some(outcome) = under_way.next().await {
            deliveries.note(outcome)?;
        }
        deliveries.whole()
    }

    /// The correlation values under which executions may want the event at a filter, none at all first: an execution
    /// goes from no expectation to one, so whoever is not found under the first is found under a later one.
    async fn addresses(
        &self,
        origin: &Origin,
        filter: &SubscribedFilter,
        event: &Event,
    ) -> Result<Vec<Option<[u8; 16]>>, Error> {
        let Parts { registry, cipher, .. } = &self.parts;
        let definition = registry.pinned(&origin.tenant, filter.digest, &**cipher).await?;
        let mut addresses = execution::addresses(&definition, &filter.task, filter.filter, event);
        addresses.sort_unstable();
        Ok(addresses)
    }

    /// Hands an execution the event. `false`: it has ended, or is gone.
    async fn deliver(
        &self,
        origin: &Origin,
        bounds: &Bounds,
        id: ExecutionId,
        event: &Arc<Event>,
    ) -> Result<bool, Error> {
        let _turn = bounds.deliveries.acquire().await.expect("it is never closed");
        let outcome = patiently(|| async {
            let input =
                execution::Input::Event { event: event.clone(), addressed: false, by: origin.by.clone() };
            let mail =
                Mail { id, tenant: Some(origin.tenant.clone()), input, idempotency: None, reply: None };
            self.ask(|reply| Message::Deliver { mail, reply: Some(reply) }).await
        });
        match outcome.await {
            Ok(_) => Ok(true),
            Err(Error::Rejected(Rejected::NotFound | Rejected::Ended(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn start_what_it_starts(&self, origin: &Origin, event: &Arc<Event>) -> Result<u64, Error> {
        let Parts { store, registry, cipher, .. } = &self.parts;
        let mut started = 0;
        let mut after: Option<DefinitionName> = None;
        loop {
            let names = store.started_by(&origin.tenant, event.kind(), after.as_ref(), PAGE).await?;
            for DefinitionName { namespace, name } in &names {
                let latest = registry.named(&origin.tenant, namespace, name, None, &**cipher).await?;
                if let Some(latest) = latest.filter(|latest| latest.enabled)
                    && let Some(input) = execution::starts(&latest.definition, event)
                {
                    let id = started_id(&origin.tenant, namespace, name, event);
                    let start = Start {
                        input,
                        key: None,
                        correlation_id: origin.correlation_id.clone(),
                        labels: vec![],
                        start_at: None,
                        by: origin.by.clone(),
                        signal: None,
                        parent: None,
                    };
                    started += u64::from(self.start_once(origin, id, &latest.definition, start).await?);
                }
            }
            if names.len() < PAGE {
                return Ok(started);
            }
            after = names.last().cloned();
        }
    }

    /// Starts the execution that has this id, unless it is there. `false`: it was there, or does not fit its schema.
    async fn start_once(
        &self,
        origin: &Origin,
        id: ExecutionId,
        definition: &Arc<Definition>,
        start: Start,
    ) -> Result<bool, Error> {
        let slot = usize::try_from(id.0 % STARTING as u128).expect("smaller than the number of locks");
        let _alone = self.starting[slot].lock().await;
        let tenant = &origin.tenant;
        if self.parts.store.health().full {
            return Err(Error::Full);
        }
        let outcome = patiently(|| async {
            if self.parts.store.row(tenant, id).await?.is_some() {
                return Ok(None);
            }
            let new = Box::new(NewExecution {
                id,
                tenant: tenant.clone(),
                definition: definition.clone(),
                start: start.clone(),
                on_conflict: OnConflict::Fail,
                idempotency: None,
                reply: ReplyTo(0),
            });
            self.ask(|reply| Message::Start { new, arrived: Instant::now(), reply }).await.map(Some)
        });
        match outcome.await {
            Ok(answer) => Ok(answer.is_some()),
            Err(Error::Rejected(rejected @ Rejected::InvalidInput(_))) => {
                tracing::warn!(%tenant, definition = %definition.id, %rejected, "an event starts nothing");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<Answer, Error>>) -> Message,
    ) -> Result<Answer, Error> {
        let going_down = || Error::Unavailable("the node is going down".into());
        let (reply, answer) = oneshot::channel();
        let messages = self.parts.messages.upgrade().ok_or_else(going_down)?;
        // Waits for room: what is under way is bounded, so the queue is never filled by events alone.
        messages.send(message(reply)).await.map_err(|_| going_down())?;
        drop(messages);
        answer.await.unwrap_or_else(|_| Err(going_down()))
    }

    /// Publishes what an execution emits, until that is done or the node goes down, and tells the execution.
    pub(crate) fn emit(self: &Arc<Self>, id: ExecutionId, frame: FrameId, origin: Origin, event: Arc<Event>) {
        let publisher = Arc::clone(self);
        self.parts.spawner.spawn(async move {
            let bounds = publisher.bounds(&origin.tenant);
            let _turn = bounds.emits.acquire().await.expect("it is never closed");
            while let Err(error) = publisher.publish(&origin, &event).await {
                if publisher.parts.messages.upgrade().is_none_or(|messages| messages.is_closed()) {
                    // The effect stays open: the next process performs it again.
                    return;
                }
                tracing::warn!(%id, %error, "an emitted event cannot be published yet; trying again");
                tokio::time::sleep(EMIT_AGAIN).await;
            }
            let Some(messages) = publisher.parts.messages.upgrade() else { return };
            let input = execution::Input::Published { frame };
            let mail = Mail { id, tenant: None, input, idempotency: None, reply: None };
            // It is going down: as above.
            let _ = messages.send(Message::Deliver { mail, reply: None }).await;
        });
    }

    fn bounds(&self, tenant: &TenantId) -> Arc<Bounds> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Bounds {
                deliveries: Semaphore::new(DELIVERIES_AT_ONCE),
                emits: Semaphore::new(EMITS_AT_ONCE),
            })
        };
        Arc::clone(tenants.entry(tenant.clone()).or_insert_with(new))
    }
}

/// What became of the deliveries of one event.
#[derive(Debug, Default)]
struct Deliveries {
    made: u64,
    /// Whether an execution that the engine leaves alone for now may want the event: it is not done before that has it.
    held: bool,
}

impl Deliveries {
    fn note(&mut self, outcome: Result<bool, Error>) -> Result<(), Error> {
        match outcome {
            Err(Error::Rejected(Rejected::Held)) => self.held = true,
            outcome => self.made += u64::from(outcome?),
        }
        Ok(())
    }

    /// Everybody else has got it by now.
    fn whole(self) -> Result<u64, Error> {
        if self.held { Err(Error::Rejected(Rejected::Held)) } else { Ok(self.made) }
    }
}

/// Tries again while the node is busy, or while it does not know what became of the last try.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(mut act: impl FnMut() -> F) -> Result<T, Error> {
    let mut tries = 1;
    loop {
        match act().await {
            Err(Error::Busy | Error::Unavailable(_) | Error::Rejected(Rejected::Busy))
                if tries < TRIES_MAX =>
            {
                tries += 1;
                tokio::time::sleep(TRY_AGAIN).await;
            }
            outcome => return outcome,
        }
    }
}

/// The id of what an event starts: the same whenever the same event comes, so that a repetition starts nothing.
fn started_id(tenant: &TenantId, namespace: &str, name: &str, event: &Event) -> ExecutionId {
    let mut hash = Context::new(&SHA256);
    for part in ["event start", tenant.as_str(), namespace, name, event.source(), event.id()] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finish();
    let (half, _) = digest.as_ref().split_first_chunk::<16>().expect("SHA-256 has 32 bytes");
    ExecutionId(u128::from_be_bytes(*half))
}

#[cfg(test)]
mod tests;

//! A node: everything that runs, and the handle that the rest of the process talks to.
//!
//! Deliberately absent: who may do what (the server's), and every rule about executions (the engine's).

use crate::catalog::StoredFunction;
use crate::clock::Clock;
use crate::codec::{self, Cipher, CodecError};
use crate::dispatch;
use crate::egress::Egress;
use crate::error::Error;
use crate::lane::{Lane, Message, Parts, shard_of_key};
use crate::metrics::Metrics;
use crate::publish::{self, Origin, Published, Publisher};
use crate::registry::{ChangeDefinition, Registered, RegisteredDefinition, Registry};
use crate::seal::Keyring;
use crate::secrets::Vault;
use crate::watch::{Until, Watch, Watches};
use crate::{recovery, retention};
use futures_util::future::try_join;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenure_dsl::program::Definition;
use tenure_dsl::switches::Switches;
use tenure_engine::execution::{self, Actor, Event, Execution, HistoryEvent, Rejected, Start, Summary};
use tenure_engine::shard::limits::TIMER_HORIZON_MS;
use tenure_engine::shard::{Answer, Idempotency, Key, Mail, NewExecution, OnConflict, ReplyTo};
use tenure_store::{self as store, AuditRecord, Store, StoredAudit, TenantRecord};
use tenure_types::{Digest, ExecutionId, FunctionId, Status, TenantId, Timestamp};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Messages on their way to the lane. Beyond it starts and commands are refused as busy; outcomes wait.
const MESSAGES_MAX: usize = 16_384;
/// The lane's stack: expressions of definitions are evaluated on it.
const LANE_STACK_BYTES: usize = 16 << 20;
/// How long calls under way may take when the node stops.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// Expired answers deleted at once.
const SWEEP_AT_ONCE: usize = 1_000;

/// What a node is made of.
#[derive(Debug)]
pub struct Options {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The tenants' keys.
    pub keyring: Arc<Keyring>,
    /// The way out for calls.
    pub egress: Arc<Egress>,
    /// Which processes are run.
    pub switches: Switches,
    /// The time.
    pub clock: Clock,
}

/// Everything that runs. Dropping it without [`Node::drain`] abandons what is under way, as a crash would.
#[derive(Debug)]
pub struct Node {
    handle: Handle,
    lane: std::thread::JoinHandle<()>,
    housekeeping: Vec<tokio::task::JoinHandle<()>>,
}

/// The way to a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
    vault: Arc<Vault>,
    registry: Arc<Registry>,
    watches: Arc<Watches>,
    metrics: Metrics,
    clock: Clock,
    messages: mpsc::Sender<Message>,
    dispatcher: dispatch::Handle,
    publisher: Arc<Publisher>,
}

/// Who does something: for the audit record that is written in the same transaction, and for its repetition.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who.
    pub actor: Actor,
    /// What ties it to a request.
    pub correlation_id: Arc<str>,
    /// The client's promise to repeat the same request under the same key.
    pub idempotency: Option<Idempotency>,
}

impl Act {
    /// The audit record of this act.
    pub fn audit(
        &self,
        tenant: &TenantId,
        action: &str,
        (kind, id): (&str, &str),
        outcome: store::Outcome,
        at: Timestamp,
    ) -> AuditRecord {
        AuditRecord {
            id: Uuid::now_v7().as_u128(),
            at,
            tenant: tenant.clone(),
            correlation_id: self.correlation_id.clone(),
            actor: store::Actor {
                subject: self.actor.subject.clone(),
                kind: self.actor.kind.clone(),
                roles: self.actor.roles.clone(),
            },
            action: action.into(),
            resource: store::Resource { kind: kind.into(), id: id.into() },
            outcome,
            details: store::Sealed::EMPTY,
        }
    }
}

/// A start.
#[derive(Debug)]
pub struct StartExecution {
    /// What runs.
    pub definition: Arc<Definition>,
    /// The command.
    pub start: Start,
    /// What to do when the key is taken.
    pub on_conflict: OnConflict,
    /// Whether the caller wants to be told of the end.
    pub watch: bool,
}

/// An accepted start.
#[derive(Debug)]
pub struct Started {
    /// The execution.
    pub id: ExecutionId,
    /// Whether it is new; otherwise it is the open execution that holds the key.
    pub created: bool,
    /// Its state when it was accepted; `None` for an existing one.
    pub summary: Option<Box<Summary>>,
    /// Fires at its end, when asked for.
    pub ended: Option<Watch>,
}

/// The answer that a request got under its idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// Digest of that request.
    pub fingerprint: [u8; 32],
    /// What its answer is made from: [`codec::Response`], or for a registration one byte, 1 when it was new.
    pub response: Vec<u8>,
}

impl Node {
    /// Acquires the shards, starts everything, and begins to bring back what was under way.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options { store, keyring, egress, switches, clock } = options;
        for tenant in tenants(&*store).await? {
            keyring.insert(&tenant.id, &tenant.wrapped_key).map_err(CodecError::from)?;
        }
        let leases = store.acquire_shards().await?;
        let (messages, inbox) = mpsc::channel(MESSAGES_MAX);
        let (finished, outcomes) = mpsc::channel(dispatch::SLOTS_MAX);
        let vault = Arc::new(Vault::new(store.clone(), keyring.clone()));
        let mut calls = dispatch::Options::new(egress.clone(), Arc::new(finished));
        calls.secrets = vault.clone();
        calls.switches = switches;
        let dispatcher = dispatch::run(calls);
        let watches = Arc::new(Watches::default());
        let metrics = Metrics::default();
        let registry = Arc::new(Registry::new(store.clone(), egress, switches));
        let publisher = Arc::new(Publisher::new(publish::Parts {
            store: store.clone(),
            registry: registry.clone(),
            cipher: keyring.clone(),
            metrics: metrics.clone(),
            messages: messages.downgrade(),
            spawner: tokio::runtime::Handle::current(),
        }));
        let parts = Parts {
            publisher: publisher.clone(),
            store: store.clone(),
            cipher: keyring.clone(),
            registry: registry.clone(),
            dispatcher: dispatcher.clone(),
            watches: watches.clone(),
            metrics: metrics.clone(),
            clock: clock.clone(),
            messages: messages.downgrade(),
        };
        let lane = Lane::new(parts, inbox, outcomes, &leases);
        let handle = Handle(Arc::new(Inner {
            store: store.clone(),
            keyring,
            vault,
            registry,
            watches,
            metrics,
            clock,
            messages: messages.clone(),
            dispatcher: dispatcher.clone(),
            publisher,
        }));
        let housekeeping = vec![
            tokio::spawn(recovery::attend_open(store.clone(), messages.downgrade(), handle.now())),
            tokio::spawn(keep_house(store, messages.downgrade(), handle.0.clock.clone())),
        ];
        Ok(Self { handle, lane: spawn_lane(lane)?, housekeeping })
    }

    /// The way to this node.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops: nothing new is taken, what was decided becomes durable. Calls under way are given a grace; what is left
    /// then is found by its intents at the next start.
    pub async fn drain(self) {
        let Self { handle, lane, housekeeping } = self;
        for task in housekeeping {
            task.abort();
            // Until it is gone it holds on to the store.
            let _ = task.await;
        }
        // What it reports is on its way to the lane before the lane is told to stop.
        handle.0.dispatcher.stop(DRAIN_GRACE).await;
        let _ = handle.0.messages.send(Message::Stop).await;
        // The lane does not panic: it would have ended the process.
        let _ = tokio::task::spawn_blocking(move || lane.join()).await;
    }
}

/// The lane has a thread of its own: evaluating an expression may take a while, and must not keep the network waiting.
fn spawn_lane(lane: Lane) -> Result<std::thread::JoinHandle<()>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| Error::Unavailable(error.to_string()))?;
    std::thread::Builder::new()
        .name("tenure-lane".into())
        .stack_size(LANE_STACK_BYTES)
        .spawn(move || {
            let run = AssertUnwindSafe(|| runtime.block_on(lane.run()));
            if catch_unwind(run).is_err() {
                // An assertion of ours failed. A process without its lane would take requests and answer none; the
                // next one reads what is durable and goes on.
                tracing::error!("the lane panicked; the process ends and recovers at its next start");
                std::process::abort();
            }
        })
        .map_err(|error| Error::Unavailable(error.to_string()))
}

async fn keep_house(store: Arc<dyn Store>, messages: mpsc::WeakSender<Message>, clock: Clock) {
    let mut every = tokio::time::interval(Duration::from_millis(TIMER_HORIZON_MS / 3));
    every.tick().await;
    loop {
        retention::sweep(&*store, clock.now()).await;
        every.tick().await;
        if messages.strong_count() == 0 {
            return;
        }
        recovery::attend_due(&*store, &messages, clock.now()).await;
        if let Err(error) = store.sweep_idempotency(clock.now(), SWEEP_AT_ONCE).await {
            tracing::warn!(%error, "expired answers cannot be deleted");
        }
    }
}

/// Every tenant.
pub(crate) async fn tenants(store: &dyn Store) -> Result<Vec<TenantRecord>, Error> {
    let mut all: Vec<TenantRecord> = vec![];
    loop {
        let page = store.tenants(all.last().map(|tenant| tenant.id.clone()), 1_000).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

impl Handle {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn cipher(&self) -> &dyn Cipher {
        &*self.0.keyring
    }

    /// Creates a tenant with a key of its own. `false`: it was there.
    pub async fn provision_tenant(
        &self,
        tenant: &TenantId,
        display_name: &str,
        act: &Act,
    ) -> Result<bool, Error> {
        if self.0.store.tenant(tenant).await?.is_some() {
            return Ok(false);
        }
        let now = self.now();
        let wrapped_key = self.0.keyring.draw(tenant).map_err(CodecError::from)?;
        let record = TenantRecord {
            id: tenant.clone(),
            display_name: display_name.into(),
            wrapped_key: wrapped_key.clone(),
            settings: vec![],
            created_at: now,
            updated_at: now,
        };
        let resource = ("tenant", tenant.as_str());
        let audit = act.audit(tenant, "tenant.created", resource, store::Outcome::Allowed, now);
        self.0.store.put_tenant(record, store::Act { audits: vec![audit], idempotency: None }).await?;
        self.0.keyring.insert(tenant, &wrapped_key).map_err(CodecError::from)?;
        Ok(true)
    }

    /// Every tenant.
    pub async fn tenants(&self) -> Result<Vec<TenantRecord>, Error> {
        tenants(&*self.0.store).await
    }

    /// Validates and registers a definition.
    pub async fn register(&self, tenant: &TenantId, text: &str, act: &Act) -> Result<Registered, Error> {
        self.0.registry.register(tenant, text, act, self.now(), self.cipher()).await
    }

    /// The definition that a text would be registered as; what it refers to is read, nothing is stored.
    pub async fn validate(&self, tenant: &TenantId, text: &str) -> Result<Definition, Error> {
        self.0.registry.validate(tenant, text, self.cipher()).await
    }

    /// A definition; the latest enabled version when none is given.
    pub async fn definition(
        &self,
        tenant: &TenantId,
        namespace: &str,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Arc<RegisteredDefinition>>, Error> {
        self.0.registry.named(tenant, namespace, name, version, self.cipher()).await
    }

    /// Changes a registered version if its condition holds. `None`: there is no such version.
    pub async fn change_definition(
        &self,
        tenant: &TenantId,
        wanted: ChangeDefinition<'_>,
        act: &Act,
    ) -> Result<Option<store::DefinitionHead>, Error> {
        self.0.registry.change(tenant, wanted, act, self.now(), self.cipher()).await
    }

    /// The definition that an execution is pinned to.
    pub async fn pinned(&self, execution: &Execution) -> Result<Arc<Definition>, Error> {
        let digest = execution.summary().digest;
        self.0.registry.pinned(execution.tenant(), digest, self.cipher()).await
    }

    /// The definition with this digest, deleted ones too: what an execution of a tenant is pinned to.
    pub async fn pinned_to(&self, tenant: &TenantId, digest: Digest) -> Result<Arc<Definition>, Error> {
        self.0.registry.pinned(tenant, digest, self.cipher()).await
    }

    /// A page of a tenant's definitions.
    pub async fn definitions(
        &self,
        tenant: &TenantId,
        query: &store::DefinitionQuery,
    ) -> Result<store::DefinitionPage, Error> {
        Ok(self.0.store.definitions(tenant, query).await?)
    }

    /// Writes the next version of a secret: the text of a JSON value.
    pub async fn put_secret(
        &self,
        tenant: &TenantId,
        name: &str,
        value: &str,
        act: &Act,
    ) -> Result<store::SecretHead, Error> {
        self.0.vault.put(tenant, name, value, act, self.now()).await
    }

    /// A secret without its value.
    pub async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<store::SecretHead>, Error> {
        self.0.vault.head(tenant, name).await
    }

    /// A tenant's secrets after a name, by name, without their values.
    pub async fn secrets(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<store::SecretHead>, Error> {
        self.0.vault.list(tenant, after, limit).await
    }

    /// Deletes a secret; `false` when there is none such.
    pub async fn delete_secret(&self, tenant: &TenantId, name: &str, act: &Act) -> Result<bool, Error> {
        self.0.vault.delete(tenant, name, act, self.now()).await
    }

    /// Puts a function into a tenant's catalog; `true` when it is new.
    pub async fn put_function(
        &self,
        tenant: &TenantId,
        id: FunctionId,
        text: &str,
        act: &Act,
    ) -> Result<(store::FunctionHead, bool), Error> {
        self.0.registry.put_function(tenant, id, text, act, self.now(), self.cipher()).await
    }

    /// A function of a tenant's catalog.
    pub async fn function(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
    ) -> Result<Option<StoredFunction>, Error> {
        self.0.registry.function(tenant, id, self.cipher()).await
    }

    /// A page of a tenant's functions.
    pub async fn functions(
        &self,
        tenant: &TenantId,
        query: &store::FunctionQuery,
    ) -> Result<store::FunctionPage, Error> {
        Ok(self.0.store.functions(tenant, query).await?)
    }

    /// Hides a function; what was registered with it keeps it. `None` when there is none.
    pub async fn delete_function(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
        act: &Act,
    ) -> Result<Option<store::FunctionHead>, Error> {
        self.0.registry.delete_function(tenant, id, act, self.now()).await
    }

    /// Starts an execution. Returns when its start is durable.
    pub async fn start(&self, tenant: &TenantId, start: StartExecution, act: Act) -> Result<Started, Error> {
        if self.0.store.health().full {
            return Err(Error::Full);
        }
        let StartExecution { definition, start, on_conflict, watch } = start;
        let id = self.new_id(tenant, &definition, start.key.as_ref());
        let ended = watch.then(|| self.0.watches.watch(id, Until::Ended));
        let new = Box::new(NewExecution {
            id,
            tenant: tenant.clone(),
            definition,
            start,
            on_conflict,
            idempotency: act.idempotency,
            reply: ReplyTo(0),
        });
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Start { new, arrived: Instant::now(), reply })?;
        match received(answer.await)? {
            Answer::Done { id, summary } => Ok(Started { id, created: true, summary: Some(summary), ended }),
            Answer::Existing(id) => {
                let ended = watch.then(|| self.0.watches.watch(id, Until::Ended));
                Ok(Started { id, created: false, summary: None, ended })
            }
        }
    }

    /// Gives an execution a command. Returns when what it led to is durable.
    pub async fn command(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        input: execution::Input,
        act: Act,
    ) -> Result<Box<Summary>, Error> {
        let mail =
            Mail { id, tenant: Some(tenant.clone()), input, idempotency: act.idempotency, reply: None };
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Deliver { mail, reply: Some(reply) })?;
        match received(answer.await)? {
            Answer::Done { summary, .. } => Ok(summary),
            Answer::Existing(_) => Err(Error::Rejected(Rejected::NotFound)),
        }
    }

    /// Publishes events, in their order, to whoever listens and to what they start. Returns when all of it is durable.
    pub async fn publish(
        &self,
        tenant: &TenantId,
        events: &[Arc<Event>],
        act: Act,
    ) -> Result<Published, Error> {
        let now = self.now();
        let audit = |event: &Arc<Event>| {
            act.audit(tenant, "event.published", ("event", event.id()), store::Outcome::Allowed, now)
        };
        let origin = Origin {
            tenant: tenant.clone(),
            by: act.actor.clone(),
            correlation_id: act.correlation_id.clone(),
        };
        // Both are durable before anybody is answered, and neither waits for the other.
        let audited = async { Ok(self.0.store.write_audit(events.iter().map(audit).collect()).await?) };
        let ((), published) = try_join(audited, self.0.publisher.publish_all(&origin, events)).await?;
        if let Some(promise) = &act.idempotency {
            let kept = codec::idempotency(tenant, promise, &published.to_bytes(), now, self.cipher())?;
            let commit = store::Commit { idempotency: vec![kept], ..store::Commit::default() };
            self.0.store.commit(commit).await?;
        }
        Ok(published)
    }

    /// The durable state of an execution.
    pub async fn execution(&self, tenant: &TenantId, id: ExecutionId) -> Result<Option<Execution>, Error> {
        let loaded = self.0.store.load(id).await?.filter(|loaded| loaded.row.tenant == *tenant);
        Ok(loaded.map(|loaded| codec::execution(&loaded, self.cipher())).transpose()?)
    }

    /// The row of an execution: what lists show of it.
    pub async fn row(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
    ) -> Result<Option<Arc<store::ExecutionRow>>, Error> {
        Ok(self.0.store.row(tenant, id).await?)
    }

    /// Durable events after a sequence number, with theirs. `None`: there is no such execution.
    pub async fn history(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<(u64, HistoryEvent)>>, Error> {
        let Some(blobs) = self.0.store.history(tenant, id, after, limit).await? else { return Ok(None) };
        let mut events = vec![];
        for blob in &blobs {
            let piece = codec::events(tenant, id, blob, self.cipher())?;
            events.extend((blob.first_seq..).zip(piece).filter(|(seq, _)| *seq > after));
        }
        events.truncate(limit);
        Ok(Some(events))
    }

    /// Watches an execution. Register first, then read, then wait: so nothing is missed.
    pub fn watch(&self, id: ExecutionId, until: Until) -> Watch {
        self.0.watches.watch(id, until)
    }

    /// A page of a tenant's executions.
    pub async fn list(&self, tenant: &TenantId, query: &store::Query) -> Result<store::Page, Error> {
        Ok(self.0.store.list(tenant, query).await?)
    }

    /// How many of a tenant's executions match, by status.
    pub async fn count(
        &self,
        tenant: &TenantId,
        filter: &store::Filter,
    ) -> Result<BTreeMap<Status, u64>, Error> {
        Ok(self.0.store.count(tenant, filter).await?)
    }

    /// What a request under this idempotency key was answered.
    pub async fn idempotent(&self, tenant: &TenantId, key: &str) -> Result<Option<IdempotentAnswer>, Error> {
        let Some(record) = self.0.store.idempotency(tenant, key, self.now()).await? else { return Ok(None) };
        let response = codec::idempotent_response(&record, self.cipher())?;
        Ok(Some(IdempotentAnswer { fingerprint: record.fingerprint, response }))
    }

    /// Audits something that changed nothing, such as a refusal.
    pub async fn audit(&self, records: Vec<AuditRecord>) -> Result<(), Error> {
        Ok(self.0.store.write_audit(records).await?)
    }

    /// A piece of a tenant's audit chain; the details are opened beside each record.
    pub async fn audit_page(
        &self,
        tenant: &TenantId,
        query: &store::AuditQuery,
    ) -> Result<Vec<(StoredAudit, Option<Arc<str>>)>, Error> {
        let page = self.0.store.audit_page(tenant, query).await?;
        let open = |audit: StoredAudit| {
            let details = codec::audit_details(&audit.record, self.cipher())?;
            Ok((audit, details))
        };
        page.into_iter().map(open).collect()
    }

    /// Whether the store can work.
    pub fn health(&self) -> store::Health {
        self.0.store.health()
    }

    /// The store's counters.
    pub fn store_stats(&self) -> store::Stats {
        self.0.store.stats()
    }

    /// The node's counters.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The dispatcher's counters.
    pub fn dispatch_counters(&self) -> dispatch::Reading {
        self.0.dispatcher.counters()
    }

    fn tell(&self, message: Message) -> Result<(), Error> {
        self.0.messages.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Unavailable("the node is going down".into()),
        })
    }

    /// A new id. Starts under a key get one on the key's shard, so that one writer sees them all.
    fn new_id(&self, tenant: &TenantId, definition: &Definition, key: Option<&Arc<str>>) -> ExecutionId {
        let shards = self.0.store.shard_count();
        let id = || ExecutionId(Uuid::now_v7().as_u128());
        let Some(key) = key else { return id() };
        let (namespace, name) = (definition.id.namespace.clone(), definition.id.name.clone());
        let key = Key { tenant: tenant.clone(), namespace, name, key: key.clone() };
        let wanted = shard_of_key(&key, usize::from(shards));
        loop {
            let id = id();
            if id.shard(shards).0 == wanted {
                return id;
            }
        }
    }
}

fn received(answer: Result<Result<Answer, Error>, oneshot::error::RecvError>) -> Result<Answer, Error> {
    answer.unwrap_or_else(|_| Err(Error::Unavailable("the node is going down".into())))
}

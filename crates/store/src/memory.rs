//! The memory store: complete, deterministic, gone with the process. For tests and for the simulator, which uses
//! [`Core`] without a lock or a future.
//!
//! Deliberately absent: durability and speed. It is the plainest statement of what every backend must do.

mod commit;
mod executions;
mod functions;
mod registry;
mod secrets;
mod subscriptions;

use crate::audit::Head;
use crate::error::Error;
use crate::filter::Filter;
use crate::query::{
    AuditQuery, DefinitionPage, DefinitionQuery, DueCursor, FunctionPage, FunctionQuery, KeyHolders, Page,
    Query,
};
use crate::records::{
    Act, AuditRecord, Commit, DefinitionHead, DefinitionName, DefinitionRecord, ExecutionRow, FunctionRecord,
    HistoryBlob, IdempotencyRecord, LoadedExecution, PutOutcome, Sealed, SecretHead, SecretRecord,
    ShardLease, StoredAudit, SubscribedFilter, SubscriptionWrite, TenantRecord,
};
use crate::traits::{BoxFuture, Health, Result, Stats, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tenure_types::limits::SHARDS_DEFAULT;
use tenure_types::{
    DefinitionId, Digest, Epoch, ExecutionId, FunctionId, ShardId, Status, TenantId, Timestamp,
};

/// Everything that is stored. `Clone` is a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Core {
    epochs: Vec<Epoch>,
    executions: BTreeMap<ExecutionId, Stored>,
    audits: BTreeMap<TenantId, Vec<StoredAudit>>,
    idempotency: BTreeMap<(TenantId, Arc<str>), IdempotencyRecord>,
    definitions: BTreeMap<(TenantId, DefinitionId), DefinitionRecord>,
    functions: BTreeMap<(TenantId, FunctionId), FunctionRecord>,
    tenants: BTreeMap<TenantId, TenantRecord>,
    secrets: BTreeMap<(TenantId, Arc<str>), SecretRecord>,
    stats: Stats,
}

/// An execution's row and history.
#[derive(Clone, Debug)]
struct Stored {
    row: Arc<ExecutionRow>,
    history: Vec<HistoryBlob>,
    /// What it waits for.
    subscriptions: Option<SubscriptionWrite>,
}

impl Stored {
    fn last_seq(&self) -> u64 {
        self.history.last().map_or(0, HistoryBlob::last_seq)
    }
}

impl Core {
    /// An empty store with so many shards.
    pub fn new(shards: u16) -> Self {
        assert!(shards > 0, "a store has at least one shard");
        Self { epochs: vec![Epoch(0); usize::from(shards)], ..Self::default() }
    }

    /// The number of shards.
    pub fn shard_count(&self) -> u16 {
        u16::try_from(self.epochs.len()).expect("made from a u16")
    }

    /// Raises every epoch.
    pub fn acquire_shards(&mut self) -> Vec<ShardLease> {
        let mut leases = Vec::with_capacity(self.epochs.len());
        for (shard, epoch) in (0..).zip(&mut self.epochs) {
            epoch.0 += 1;
            leases.push(ShardLease { shard: ShardId(shard), epoch: *epoch });
        }
        leases
    }

    /// Raises one shard's epoch: what losing a shard to another node looks like.
    pub fn acquire_shard(&mut self, shard: ShardId) -> ShardLease {
        let epoch = &mut self.epochs[usize::from(shard.0)];
        epoch.0 += 1;
        ShardLease { shard, epoch: *epoch }
    }

    /// The end of a tenant's audit chain.
    pub fn audit_head(&self, tenant: &TenantId) -> Head {
        let last = self.audits.get(tenant).and_then(|chain| chain.last());
        last.map_or_else(Head::default, |stored| Head { seq: stored.seq, hash: stored.hash })
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        self.stats
    }
}

/// The memory store behind the trait.
#[derive(Debug)]
pub struct MemoryStore {
    core: Mutex<Core>,
    shards: u16,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(SHARDS_DEFAULT)
    }
}

impl MemoryStore {
    /// An empty store with so many shards.
    pub fn new(shards: u16) -> Self {
        Self { core: Mutex::new(Core::new(shards)), shards }
    }

    /// The store's content, locked.
    pub fn core(&self) -> MutexGuard<'_, Core> {
        // A panic while it was locked is an assertion of ours: the content is as the last whole operation left it.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Store for MemoryStore {
    fn shard_count(&self) -> u16 {
        self.shards
    }

    fn acquire_shards(&self) -> BoxFuture<'_, Result<Vec<ShardLease>>> {
        ready(Ok(self.core().acquire_shards()))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<()>> {
        ready(self.core().apply(commit))
    }

    fn load(&self, id: ExecutionId) -> BoxFuture<'_, Result<Option<LoadedExecution>>> {
        ready(Ok(self.core().load(id)))
    }

    fn load_many(&self, ids: Vec<ExecutionId>) -> BoxFuture<'_, Result<Vec<LoadedExecution>>> {
        let core = self.core();
        ready(Ok(ids.into_iter().filter_map(|id| core.load(id)).collect()))
    }

    fn open_executions(
        &self,
        shard: ShardId,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Arc<ExecutionRow>>>> {
        ready(Ok(self.core().open_executions(shard, after, limit)))
    }

    fn due(
        &self,
        shard: Option<ShardId>,
        until: Timestamp,
        after: Option<DueCursor>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<DueCursor>>> {
        ready(Ok(self.core().due(shard, until, after, limit)))
    }

    fn row<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: ExecutionId,
    ) -> BoxFuture<'a, Result<Option<Arc<ExecutionRow>>>> {
        ready(Ok(self.core().row(tenant, id)))
    }

    fn history<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: ExecutionId,
        after_seq: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Option<Vec<HistoryBlob>>>> {
        ready(Ok(self.core().history(tenant, id, after_seq, limit)))
    }

    fn list<'a>(&'a self, tenant: &'a TenantId, query: &'a Query) -> BoxFuture<'a, Result<Page>> {
        ready(Ok(self.core().list(tenant, query)))
    }

    fn count<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a Filter,
    ) -> BoxFuture<'a, Result<BTreeMap<Status, u64>>> {
        ready(Ok(self.core().count(tenant, filter)))
    }

    fn find_by_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        namespace: &'a str,
        name: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<KeyHolders>> {
        ready(Ok(self.core().find_by_key(tenant, namespace, name, key)))
    }

    fn subscribed_filters<'a>(
        &'a self,
        tenant: &'a TenantId,
        kind: &'a str,
        after: Option<&'a SubscribedFilter>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SubscribedFilter>>> {
        ready(Ok(self.core().subscribed_filters(tenant, kind, after, limit)))
    }

    fn subscribers<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ExecutionId>>> {
        ready(Ok(self.core().subscribers(tenant, filter, correlation, after, limit)))
    }

    fn delete_ended_before<'a>(
        &'a self,
        tenant: &'a TenantId,
        before: Timestamp,
        limit: usize,
        act: Act,
    ) -> BoxFuture<'a, Result<u64>> {
        ready(self.core().delete_ended_before(tenant, before, limit, act))
    }

    fn delete_ended<'a>(
        &'a self,
        tenant: &'a TenantId,
        ids: Vec<ExecutionId>,
        act: Act,
    ) -> BoxFuture<'a, Result<u64>> {
        ready(self.core().delete_ended(tenant, &ids, act))
    }

    fn put_definition(&self, record: DefinitionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        ready(self.core().put_definition(record, act))
    }

    fn definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        ready(Ok(self.core().definition(tenant, id).cloned()))
    }

    fn latest_definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        ready(Ok(self.core().latest_definition(tenant, namespace, name).cloned()))
    }

    fn definition_by_digest<'a>(
        &'a self,
        tenant: &'a TenantId,
        digest: Digest,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        ready(Ok(self.core().definition_by_digest(tenant, digest).cloned()))
    }

    fn definitions<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a DefinitionQuery,
    ) -> BoxFuture<'a, Result<DefinitionPage>> {
        ready(Ok(self.core().definitions(tenant, query)))
    }

    fn started_by<'a>(
        &'a self,
        tenant: &'a TenantId,
        kind: &'a str,
        after: Option<&'a DefinitionName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DefinitionName>>> {
        ready(Ok(self.core().started_by(tenant, kind, after, limit)))
    }

    fn set_definition_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
        enabled: bool,
        act: Act,
    ) -> BoxFuture<'a, Result<Option<DefinitionHead>>> {
        ready(self.core().set_definition_enabled(tenant, id, enabled, act))
    }

    fn delete_definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>> {
        ready(self.core().delete_definition(tenant, id, act))
    }

    fn put_function(&self, record: FunctionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        ready(self.core().put_function(record, act))
    }

    fn function<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a FunctionId,
    ) -> BoxFuture<'a, Result<Option<FunctionRecord>>> {
        ready(Ok(self.core().function(tenant, id).cloned()))
    }

    fn functions<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a FunctionQuery,
    ) -> BoxFuture<'a, Result<FunctionPage>> {
        ready(Ok(self.core().functions(tenant, query)))
    }

    fn delete_function<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a FunctionId,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>> {
        ready(self.core().delete_function(tenant, id, act))
    }

    fn put_secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
        value: Sealed,
        at: Timestamp,
        act: Act,
    ) -> BoxFuture<'a, Result<SecretHead>> {
        ready(self.core().put_secret(tenant, name, value, at, act))
    }

    fn secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretRecord>>> {
        ready(Ok(self.core().secret(tenant, name).cloned()))
    }

    fn secrets<'a>(
        &'a self,
        tenant: &'a TenantId,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SecretHead>>> {
        ready(Ok(self.core().secrets(tenant, after, limit)))
    }

    fn delete_secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>> {
        ready(self.core().delete_secret(tenant, name, act))
    }

    fn put_tenant(&self, record: TenantRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        ready(self.core().put_tenant(record, act))
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> BoxFuture<'a, Result<Option<TenantRecord>>> {
        ready(Ok(self.core().tenant(id).cloned()))
    }

    fn tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<TenantRecord>>> {
        ready(Ok(self.core().tenants(after.as_ref(), limit)))
    }

    fn idempotency<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<IdempotencyRecord>>> {
        ready(Ok(self.core().idempotency(tenant, key, now).cloned()))
    }

    fn sweep_idempotency(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<u64>> {
        ready(Ok(self.core().sweep_idempotency(now, limit)))
    }

    fn write_audit(&self, records: Vec<AuditRecord>) -> BoxFuture<'_, Result<()>> {
        self.core().write_audit(records);
        ready(Ok(()))
    }

    fn audit_page<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a AuditQuery,
    ) -> BoxFuture<'a, Result<Vec<StoredAudit>>> {
        ready(Ok(self.core().audit_page(tenant, query)))
    }

    fn health(&self) -> Health {
        Health { writable: true, full: false, free_bytes: None }
    }

    fn stats(&self) -> Stats {
        self.core().stats()
    }
}

fn conflict<T>(message: String) -> Result<T> {
    Err(Error::Conflict(message))
}

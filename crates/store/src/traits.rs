//! The trait that every backend implements: dyn-compatible, no driver's type in sight.
//!
//! A function that writes returns when the write is durable. A function that reads sees every write that returned before
//! it was called. Functions with a `tenant` argument see that tenant only; what belongs to another is as absent as what
//! does not exist. Functions without one are for the engine itself.

use crate::error::Error;
use crate::filter::Filter;
use crate::query::{
    AuditQuery, DefinitionPage, DefinitionQuery, DueCursor, FunctionPage, FunctionQuery, KeyHolders, Page,
    Query,
};
use crate::records::{
    Act, AuditRecord, Commit, DefinitionHead, DefinitionName, DefinitionRecord, ExecutionRow, FunctionRecord,
    HistoryBlob, IdempotencyRecord, LoadedExecution, PutOutcome, Sealed, SecretHead, SecretRecord,
    ShardLease, StoredAudit, SubscribedFilter, TenantRecord,
};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use tenure_types::{DefinitionId, Digest, ExecutionId, FunctionId, ShardId, Status, TenantId, Timestamp};

/// A future that any runtime can drive.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a store answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Whether the store can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether commits are still taken.
    pub writable: bool,
    /// Whether new work is refused because the disk is nearly full.
    pub full: bool,
    /// Free bytes on the store's disk, where it has one.
    pub free_bytes: Option<u64>,
}

/// Counters since the store was opened, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits made durable.
    pub commits_total: u64,
    /// Commits refused (fenced, conflict, taken, full).
    pub commits_refused_total: u64,
    /// Transactions; commits divided by transactions is the batch size.
    pub transactions_total: u64,
    /// Commits in the largest transaction.
    pub transaction_commits_max: u64,
    /// History appends made durable.
    pub appends_total: u64,
    /// Bytes handed to the disk, logs and checkpoints included.
    pub written_bytes_total: u64,
    /// Waits for the disk.
    pub fsyncs_total: u64,
    /// Journal rows not yet moved into tables.
    pub journal_rows: u64,
    /// Executions in the overlay of what is not yet in tables.
    pub overlay_executions: u64,
    /// Checkpoints.
    pub checkpoints_total: u64,
    /// Time spent in checkpoints.
    pub checkpoint_us_total: u64,
    /// Commits that wait for the writer.
    pub queue_length: u64,
}

/// Everything that the engine and the server keep.
pub trait Store: Send + Sync + Debug {
    /// The fixed number of shards, chosen when the store was created.
    fn shard_count(&self) -> u16;

    /// Takes every shard over: raises each epoch, durably. Commits under older ones are refused from then on.
    fn acquire_shards(&self) -> BoxFuture<'_, Result<Vec<ShardLease>>>;

    /// Makes everything in `commit` durable, or nothing of it.
    ///
    /// `Fenced`: a lease is not current, or an execution's shard has none in the commit. `Conflict`: a history does not
    /// continue what is stored, a row's `before` is another, an execution or its tenant is not as stored. `Taken`: the key
    /// of a row that opens belongs to an open execution of the same definition name, or an idempotency key is in use.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<()>>;

    /// An execution with its whole history.
    fn load(&self, id: ExecutionId) -> BoxFuture<'_, Result<Option<LoadedExecution>>>;

    /// Several executions, those that exist, in the order of `ids`.
    fn load_many(&self, ids: Vec<ExecutionId>) -> BoxFuture<'_, Result<Vec<LoadedExecution>>>;

    /// Executions of a shard that have something under way (see [`ExecutionRow::attended`]), by id: for recovery.
    fn open_executions(
        &self,
        shard: ShardId,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Arc<ExecutionRow>>>>;

    /// Executions whose `due` is at or before `until`, of one shard or of all, in the order of (due, id).
    fn due(
        &self,
        shard: Option<ShardId>,
        until: Timestamp,
        after: Option<DueCursor>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<DueCursor>>>;

    /// An execution's row.
    fn row<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: ExecutionId,
    ) -> BoxFuture<'a, Result<Option<Arc<ExecutionRow>>>>;

    /// The pieces of a history that hold events after `after_seq`, until at least `limit` such events are included.
    /// The first piece may start at or before `after_seq`. `None`: the tenant has no such execution.
    fn history<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: ExecutionId,
        after_seq: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Option<Vec<HistoryBlob>>>>;

    /// A page of a tenant's executions.
    fn list<'a>(&'a self, tenant: &'a TenantId, query: &'a Query) -> BoxFuture<'a, Result<Page>>;

    /// The number of a tenant's executions that match, by status; statuses without any are left out.
    fn count<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a Filter,
    ) -> BoxFuture<'a, Result<BTreeMap<Status, u64>>>;

    /// Who bears `key` among the executions of a definition's namespace and name.
    fn find_by_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        namespace: &'a str,
        name: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<KeyHolders>>;

    /// The filters that let events of type `kind` through and that executions of the tenant wait at, those for any type
    /// first, in order. One whose last execution has just gone may still be named; none that has one is missing.
    fn subscribed_filters<'a>(
        &'a self,
        tenant: &'a TenantId,
        kind: &'a str,
        after: Option<&'a SubscribedFilter>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SubscribedFilter>>>;

    /// The executions of the tenant that wait at a filter under these correlation values, by id.
    fn subscribers<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ExecutionId>>>;

    /// Deletes executions that ended before `before` and owe nothing, the earliest first, at most `limit`; returns how
    /// many.
    fn delete_ended_before<'a>(
        &'a self,
        tenant: &'a TenantId,
        before: Timestamp,
        limit: usize,
        act: Act,
    ) -> BoxFuture<'a, Result<u64>>;

    /// Deletes those of a tenant's executions that have ended, in one transaction; returns how many.
    fn delete_ended<'a>(
        &'a self,
        tenant: &'a TenantId,
        ids: Vec<ExecutionId>,
        act: Act,
    ) -> BoxFuture<'a, Result<u64>>;

    /// Registers a definition. `Same`: it was there with the same digest; a deleted one comes back as `Created`.
    /// `Taken`: its version has another digest.
    fn put_definition(&self, record: DefinitionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>>;

    /// A definition that is not deleted.
    fn definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>>;

    /// The highest enabled version of a name, by semantic versioning; releases before pre-releases of any version.
    fn latest_definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>>;

    /// A definition by what executions are pinned to, deleted ones too.
    fn definition_by_digest<'a>(
        &'a self,
        tenant: &'a TenantId,
        digest: Digest,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>>;

    /// A page of a tenant's definitions.
    fn definitions<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a DefinitionQuery,
    ) -> BoxFuture<'a, Result<DefinitionPage>>;

    /// The names of the definitions with a version, not deleted, that events of type `kind` start, in order.
    fn started_by<'a>(
        &'a self,
        tenant: &'a TenantId,
        kind: &'a str,
        after: Option<&'a DefinitionName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DefinitionName>>>;

    /// Allows or forbids starts. `None`: there is no such definition, and nothing was written.
    fn set_definition_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
        enabled: bool,
        act: Act,
    ) -> BoxFuture<'a, Result<Option<DefinitionHead>>>;

    /// Hides a definition; running executions go on. `false`: there is no such definition, and nothing was written.
    fn delete_definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Puts a function into a tenant's catalog. `Same`: it was there with the same digest; a deleted one comes back as
    /// `Created`. `Taken`: its version has another digest.
    fn put_function(&self, record: FunctionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>>;

    /// A function that is not deleted.
    fn function<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a FunctionId,
    ) -> BoxFuture<'a, Result<Option<FunctionRecord>>>;

    /// A page of a tenant's functions.
    fn functions<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a FunctionQuery,
    ) -> BoxFuture<'a, Result<FunctionPage>>;

    /// Hides a function; what was registered with it goes on. `false`: there is no such function, and nothing was
    /// written.
    fn delete_function<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a FunctionId,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Writes the next version of a secret. `Taken`: it would be one more than `SECRETS_MAX` of the tenant.
    fn put_secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
        value: Sealed,
        at: Timestamp,
        act: Act,
    ) -> BoxFuture<'a, Result<SecretHead>>;

    /// A secret with its newest value.
    fn secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretRecord>>>;

    /// A tenant's secrets after a name, by name.
    fn secrets<'a>(
        &'a self,
        tenant: &'a TenantId,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SecretHead>>>;

    /// Deletes a secret with all its versions. `false`: there is no such secret, and nothing was written.
    fn delete_secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Writes a tenant, whether it is there or not.
    fn put_tenant(&self, record: TenantRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>>;

    /// A tenant.
    fn tenant<'a>(&'a self, id: &'a TenantId) -> BoxFuture<'a, Result<Option<TenantRecord>>>;

    /// Tenants after an id, by id.
    fn tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<TenantRecord>>>;

    /// The answer kept under a key, unless it has expired by `now`.
    fn idempotency<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<IdempotencyRecord>>>;

    /// Deletes answers that have expired by `now`, at most `limit`; returns how many.
    fn sweep_idempotency(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<u64>>;

    /// Audits something that changed nothing else, such as a refusal.
    fn write_audit(&self, records: Vec<AuditRecord>) -> BoxFuture<'_, Result<()>>;

    /// A piece of a tenant's audit chain, by sequence.
    fn audit_page<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a AuditQuery,
    ) -> BoxFuture<'a, Result<Vec<StoredAudit>>>;

    /// Whether the store can work.
    fn health(&self) -> Health;

    /// Counters since the store was opened.
    fn stats(&self) -> Stats;
}

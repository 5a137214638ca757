//! What is stored: plain records with sealed payloads. Their serialized forms are durable and grow by addition only.
//!
//! Deliberately absent: behaviour. A record says what was decided; the stores decide nothing.

use crate::error::Error;
use crate::limits::SUBSCRIPTIONS_MAX;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use tenure_types::limits::SECRET_VERSIONS_MAX;
use tenure_types::{
    CompensationStatus, DefinitionId, Digest, Epoch, ExecutionId, FunctionId, ShardId, Status, TenantId,
    Timestamp,
};

/// Ciphertext: the store never sees what is inside. `Debug` prints its length only.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// Nothing sealed.
    pub const EMPTY: Self = Self(Vec::new());

    /// The ciphertext.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Sealed {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

// Written as bytes, not as a sequence of numbers: formats copy it in one piece.
impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Sealed;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("sealed bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> std::result::Result<Sealed, E> {
                Ok(Sealed(bytes.to_vec()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> std::result::Result<Sealed, E> {
                Ok(Sealed(bytes))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Sealed, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Sealed(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// The right to write for a shard, under the number it was acquired with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShardLease {
    /// The shard.
    pub shard: ShardId,
    /// Its fencing number; a commit under an older one is refused.
    pub epoch: Epoch,
}

/// All history events of one execution in one turn, encoded and sealed in one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryAppend {
    /// The execution.
    pub execution: ExecutionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Sequence number of the first event; histories start at 1 and have no gaps.
    pub first_seq: u64,
    /// Number of events in `blob`, at least 1.
    pub events: u32,
    /// The events.
    pub blob: Sealed,
}

/// A piece of a stored history, as it was appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryBlob {
    /// Sequence number of the first event.
    pub first_seq: u64,
    /// Number of events in `blob`.
    pub events: u32,
    /// The events.
    pub blob: Sealed,
}

impl HistoryBlob {
    /// Sequence number of the last event.
    pub fn last_seq(&self) -> u64 {
        self.first_seq + u64::from(self.events) - 1
    }
}

/// What can be queried about an execution. Written only when one of these changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// The execution.
    pub id: ExecutionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The definition that it runs.
    pub definition: DefinitionId,
    /// The digest of that definition's text, to which it is pinned.
    pub digest: Digest,
    /// The business key: at most one open execution of a definition's namespace and name has it.
    pub key: Option<Arc<str>>,
    /// What ties it to the request that caused it.
    pub correlation_id: Arc<str>,
    /// Where it is in its life.
    pub status: Status,
    /// How far it has undone itself.
    pub compensation: CompensationStatus,
    /// When it was accepted.
    pub started_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its earliest timer while it waits; the due index.
    pub due: Option<Timestamp>,
    /// Search labels, names unique.
    pub labels: Vec<(String, String)>,
    /// Opaque extra for display; may be empty.
    pub summary: Sealed,
    /// History events when this row was written.
    pub events: u64,
    /// Whose child it is. Not part of the first stored form: whoever stores a row stores it beside.
    #[serde(skip)]
    pub parent: Option<ExecutionId>,
    /// Whether something is under way that its status does not tell of. Stored beside, like `parent`.
    #[serde(skip)]
    pub owing: bool,
}

impl ExecutionRow {
    /// Whether it is brought back at a restart: something is under way, and only the engine can go on with it.
    pub fn attended(&self) -> bool {
        match self.status {
            Status::Pending | Status::Running | Status::Suspended => true,
            Status::Waiting
            | Status::Cancelled
            | Status::Faulted
            | Status::Completed
            | Status::Terminated => self.owing,
        }
    }
}

/// A new state of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowWrite {
    /// The row.
    pub row: ExecutionRow,
    /// The status in the stored row that this one replaces; `None`: the execution is new.
    pub before: Option<Status>,
}

impl RowWrite {
    /// Whether the execution is open after it and was not before: from then on it holds its key.
    pub fn opens(&self) -> bool {
        self.before.is_none_or(Status::ended) && !self.row.status.ended()
    }
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The subject of the credential, or the name of a part of the engine.
    pub subject: Arc<str>,
    /// `user`, `service`, `engine` …
    pub kind: Arc<str>,
    /// The roles it acted under.
    pub roles: Vec<Arc<str>>,
}

/// What was acted on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// `workflow`, `definition`, `tenant` …
    pub kind: Arc<str>,
    /// Its id within the tenant.
    pub id: Arc<str>,
}

/// How an audited act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// It was refused.
    Denied,
    /// It was allowed and went wrong.
    Failed,
}

/// Who did what. The store gives it its place in the tenant's chain, in the transaction of the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Unique; sortable by time.
    pub id: u128,
    /// When.
    pub at: Timestamp,
    /// In whose name space.
    pub tenant: TenantId,
    /// What ties it to a request.
    pub correlation_id: Arc<str>,
    /// Who.
    pub actor: Actor,
    /// What, such as `workflow.started`.
    pub action: Arc<str>,
    /// On what.
    pub resource: Resource,
    /// How it ended.
    pub outcome: Outcome,
    /// More about it.
    pub details: Sealed,
}

/// An audit record with its place in the tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAudit {
    /// 1, 2, 3 … per tenant.
    pub seq: u64,
    /// SHA-256 of the previous record's hash and this record's canonical bytes.
    pub hash: [u8; 32],
    /// The record.
    pub record: AuditRecord,
}

/// The answer that a repeated request gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// Whose key it is.
    pub tenant: TenantId,
    /// The key that the client chose.
    pub key: Arc<str>,
    /// Of the request, so that another request under the same key is noticed.
    pub fingerprint: [u8; 32],
    /// The answer.
    pub response: Sealed,
    /// When it was written; an older record that has expired by then makes room.
    pub created_at: Timestamp,
    /// From when on it no longer counts.
    pub expires_at: Timestamp,
}

/// A registered definition without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionHead {
    /// Namespace, name and version.
    pub id: DefinitionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Of its canonical text.
    pub digest: Digest,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Whether it may be started.
    pub enabled: bool,
    /// Whether it is hidden; running executions still find it by its digest.
    pub deleted: bool,
}

/// A registered definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionRecord {
    /// All but the text.
    pub head: DefinitionHead,
    /// The text as registered.
    pub text: Sealed,
    /// The types of the events that start it, `None` for events of any type; empty: no event does.
    pub starts_on: Vec<Option<Arc<str>>>,
}

/// All versions of a definition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionName {
    /// `document.namespace`
    pub namespace: Arc<str>,
    /// `document.name`
    pub name: Arc<str>,
}

/// A function of a tenant's catalog without its text. A version never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionHead {
    /// Name and version.
    pub id: FunctionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Of its canonical text.
    pub digest: Digest,
    /// When it was put.
    pub created_at: Timestamp,
    /// Whether it is hidden. What its version stood for is kept, so that it never stands for something else.
    pub deleted: bool,
}

/// A function of a tenant's catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionRecord {
    /// All but the text.
    pub head: FunctionHead,
    /// The text as it was put.
    pub text: Sealed,
}

/// A secret without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHead {
    /// Whose it is.
    pub tenant: TenantId,
    /// Unique in the tenant.
    pub name: Arc<str>,
    /// Its versions and when each was written, the newest last; of a long list only the end.
    pub versions: Vec<SecretVersion>,
    /// When its first version was written.
    pub created_at: Timestamp,
    /// When its newest version was written.
    pub updated_at: Timestamp,
}

/// One version of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVersion {
    /// 1, 2, 3 …; a secret that was deleted and is written again begins anew.
    pub number: u32,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A secret with the value of its newest version. Older values are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRecord {
    /// All but the value.
    pub head: SecretHead,
    /// The value.
    pub value: Sealed,
}

impl SecretRecord {
    /// The record once `value` is written over `stored`.
    pub fn next(
        stored: Option<&Self>,
        tenant: TenantId,
        name: Arc<str>,
        value: Sealed,
        at: Timestamp,
    ) -> Self {
        let mut versions = stored.map(|stored| stored.head.versions.clone()).unwrap_or_default();
        let number = versions.last().map_or(0, |last| last.number) + 1;
        versions.push(SecretVersion { number, created_at: at });
        let surplus = versions.len().saturating_sub(SECRET_VERSIONS_MAX);
        versions.drain(..surplus);
        let created_at = stored.map_or(at, |stored| stored.head.created_at);
        Self { head: SecretHead { tenant, name, versions, created_at, updated_at: at }, value }
    }
}

/// A tenant and its wrapped data key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRecord {
    /// The tenant.
    pub id: TenantId,
    /// For people.
    pub display_name: Arc<str>,
    /// The data key, wrapped by the root key; empty once it is destroyed.
    pub wrapped_key: Vec<u8>,
    /// Quotas, retention and the like: the server's own encoding, opaque here.
    pub settings: Vec<u8>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// What an event must match so that executions may want it: one filter of one `listen` of one definition.
///
/// The order of the fields is the order in which a store lists filters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SubscribedFilter {
    /// The `type` that an event must have; `None`: any.
    pub kind: Option<Arc<str>>,
    /// The definition.
    pub digest: Digest,
    /// Its task that listens, as a JSON pointer.
    pub task: Arc<str>,
    /// Which of the task's filters.
    pub filter: u32,
}

/// One thing that an execution waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subscription {
    /// The `type` that an event must have; `None`: any.
    pub kind: Option<Arc<str>>,
    /// The task that listens, as a JSON pointer.
    pub task: Arc<str>,
    /// Which of the task's filters.
    pub filter: u32,
    /// Hash of the correlation values that it expects; `None`: it expects none yet.
    pub correlation: Option<[u8; 16]>,
}

/// Everything that an execution waits for from now on, in place of what it waited for before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionWrite {
    /// The execution.
    pub execution: ExecutionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The definition that it is pinned to.
    pub digest: Digest,
    /// What it waits for; empty: nothing any more.
    pub subscriptions: Vec<Subscription>,
}

impl SubscriptionWrite {
    /// Whether it waits for what `filter` lets through, under these correlation values.
    pub fn wants(&self, filter: &SubscribedFilter, correlation: Option<[u8; 16]>) -> bool {
        let one_of = |own: &Subscription| own.correlation == correlation && self.filter(own) == *filter;
        self.digest == filter.digest && self.subscriptions.iter().any(one_of)
    }

    /// The filter that one of its subscriptions belongs to.
    pub fn filter(&self, subscription: &Subscription) -> SubscribedFilter {
        let Subscription { kind, task, filter, correlation: _ } = subscription;
        SubscribedFilter { kind: kind.clone(), digest: self.digest, task: Arc::clone(task), filter: *filter }
    }

    /// Refuses what no store can keep: too many subscriptions, or an empty `kind`.
    pub fn check(&self) -> Result<(), Error> {
        let id = self.execution;
        if self.subscriptions.len() > SUBSCRIPTIONS_MAX {
            return Err(Error::Permanent(format!("`{id}` waits for more than {SUBSCRIPTIONS_MAX} things")));
        }
        if self.subscriptions.iter().any(|own| own.kind.as_deref() == Some("")) {
            return Err(Error::Permanent(format!("`{id}` waits for events of an empty type")));
        }
        Ok(())
    }
}

/// Whether a put made something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It was not there.
    Created,
    /// It was there, the same.
    Same,
    /// It was there, different, and was replaced.
    Replaced,
}

/// Whether a commit may use the space that is kept for finishing what runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Starts something: refused first when the disk fills up.
    NewWork,
    /// Goes on with what was accepted.
    #[default]
    RunningWork,
}

/// The audit and the replayable answer that belong to a write outside a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Act {
    /// Who did it.
    pub audits: Vec<AuditRecord>,
    /// What a repetition is answered.
    pub idempotency: Option<IdempotencyRecord>,
}

/// Everything that some shards decided: durable as a whole, or refused as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// The leases that it was decided under; they cover every execution in it.
    pub leases: Vec<ShardLease>,
    /// Histories that grow, in order.
    pub appends: Vec<HistoryAppend>,
    /// Rows that change, in order.
    pub rows: Vec<RowWrite>,
    /// Who did what.
    pub audits: Vec<AuditRecord>,
    /// What repeated requests are answered.
    pub idempotency: Vec<IdempotencyRecord>,
    /// Which space it may use.
    pub priority: Priority,
    /// What executions wait for, where that changes; at most one for each execution.
    pub subscriptions: Vec<SubscriptionWrite>,
}

/// An execution as a shard needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedExecution {
    /// Its row.
    pub row: Arc<ExecutionRow>,
    /// Its whole history, in order.
    pub history: Vec<HistoryBlob>,
}

//! What is durable in the journal and not yet in tables: two generations in memory, one that grows and one that is
//! being moved. Only the writer changes them; readers look at them before they look at the tables.
//!
//! A reader takes both generations, reads them, and opens its database snapshot only then: what left the generations
//! in between is in the snapshot. So nothing that was durable when a question was asked is missed, and neither side
//! waits for more than one short lock over a small part of a generation.

use crate::chunk::Chunk;
use crate::journal::Record;
use crate::subscribers::Subscribers;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tenure_store::{
    ExecutionRow, IdempotencyRecord, Sealed, StoredAudit, SubscribedFilter, SubscriptionWrite,
};
use tenure_types::{ExecutionId, TenantId};

/// Parts of a generation that are locked on their own.
const PARTS: usize = 64;

/// Ids are random in their low half: they need no mixing.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u128(&mut self, id: u128) {
        let low = u64::try_from(id & u128::from(u64::MAX)).expect("masked to 64 bits");
        self.0 = low.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

/// A map by execution id.
pub(crate) type ById<T> = HashMap<ExecutionId, T, BuildHasherDefault<IdHasher>>;

/// What a generation holds of one execution.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    /// The internal key.
    pub(crate) key: u64,
    /// Appends, oldest first.
    pub(crate) chunks: Vec<Chunk>,
    /// The newest row, if it changed.
    pub(crate) row: Option<Arc<ExecutionRow>>,
    /// Whether the row is certainly in no table.
    pub(crate) fresh: bool,
    /// Whether the execution is gone, whatever the tables say.
    pub(crate) deleted: bool,
    /// Internal keys that the id had before it was deleted: what the tables have under them is to go.
    pub(crate) gone: Vec<u64>,
    /// What it waits for, if that changed.
    pub(crate) subscriptions: Option<Arc<SubscriptionWrite>>,
}

/// What a generation says about what an execution waits for.
#[derive(Debug)]
pub(crate) enum Waits {
    /// Nothing: look further.
    Unsaid,
    /// For this, and for nothing else.
    For(Arc<SubscriptionWrite>),
    /// The execution is gone, whoever bears its id now.
    Gone,
}

/// What a generation says about a row.
#[derive(Debug)]
pub(crate) enum Said {
    /// Nothing: look further.
    Nothing,
    /// This is the row.
    Row(Arc<ExecutionRow>),
    /// There is none any more.
    Deleted,
}

/// Tenant and key of an idempotency record, or tenant and business key.
type TenantKey = (TenantId, Arc<str>);

/// One generation.
#[derive(Debug)]
pub(crate) struct Generation {
    parts: Vec<Mutex<ById<Entry>>>,
    by_key: Mutex<HashMap<TenantKey, Vec<ExecutionId>>>,
    audits: Mutex<BTreeMap<TenantId, Vec<Arc<StoredAudit>>>>,
    idempotency: Mutex<HashMap<TenantKey, Arc<IdempotencyRecord>>>,
    subscribers: Mutex<Subscribers>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks can panic half-way but our own assertions, which stop the writer anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            by_key: Mutex::default(),
            audits: Mutex::default(),
            idempotency: Mutex::default(),
            subscribers: Mutex::default(),
        }
    }
}

impl Generation {
    /// The part that holds an execution.
    pub(crate) fn part(&self, id: ExecutionId) -> MutexGuard<'_, ById<Entry>> {
        let index = usize::try_from((id.0 >> 8) % PARTS as u128).expect("smaller than the number of parts");
        lock(&self.parts[index])
    }

    /// Each part in turn, locked only while it is looked at.
    pub(crate) fn each_part(&self, mut look: impl FnMut(&ById<Entry>)) {
        for part in &self.parts {
            look(&lock(part));
        }
    }

    /// What this generation says about a row.
    pub(crate) fn row(&self, id: ExecutionId) -> Said {
        match self.part(id).get(&id) {
            Some(Entry { deleted: true, .. }) => Said::Deleted,
            Some(Entry { row: Some(row), .. }) => Said::Row(Arc::clone(row)),
            Some(Entry { row: None, .. }) | None => Said::Nothing,
        }
    }

    /// Adds an append; returns the bytes that it takes.
    pub(crate) fn append(
        &self,
        id: ExecutionId,
        key: u64,
        first_seq: u64,
        events: u32,
        blob: &Sealed,
    ) -> usize {
        let mut part = self.part(id);
        let entry = part.entry(id).or_insert_with(|| Entry { key, ..Entry::default() });
        if entry.chunks.last().is_none_or(Chunk::full) {
            entry.chunks.push(Chunk::new(first_seq));
        }
        let chunk = entry.chunks.last_mut().expect("there is one now");
        chunk.push(events, blob.as_bytes());
        blob.as_bytes().len()
    }

    /// Puts a row's new state.
    pub(crate) fn put_row(&self, key: u64, row: ExecutionRow, fresh: bool) {
        let id = row.id;
        if let Some(business_key) = &row.key {
            let mut by_key = lock(&self.by_key);
            let ids = by_key.entry((row.tenant.clone(), Arc::clone(business_key))).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut part = self.part(id);
        let entry = part.entry(id).or_insert_with(|| Entry { key, ..Entry::default() });
        if entry.deleted {
            // The id starts a new life, under a new key.
            let gone = std::mem::take(&mut entry.gone);
            *entry = Entry { key, gone, ..Entry::default() };
        }
        entry.fresh |= fresh;
        entry.row = Some(Arc::new(row));
    }

    /// Notes that an execution is gone.
    pub(crate) fn delete(&self, id: ExecutionId, key: u64) {
        let mut part = self.part(id);
        let Entry { mut gone, subscriptions, .. } = part.remove(&id).unwrap_or_default();
        gone.push(key);
        part.insert(id, Entry { key, deleted: true, gone, ..Entry::default() });
        drop(part);
        if let Some(before) = subscriptions {
            lock(&self.subscribers).remove(&before);
        }
    }

    /// Puts what an execution waits for.
    pub(crate) fn subscribe(&self, key: u64, write: SubscriptionWrite) {
        let id = write.execution;
        let write = Arc::new(write);
        let mut part = self.part(id);
        let entry = part.entry(id).or_insert_with(|| Entry { key, ..Entry::default() });
        let before = entry.subscriptions.replace(Arc::clone(&write));
        drop(part);
        let mut subscribers = lock(&self.subscribers);
        if let Some(before) = before {
            subscribers.remove(&before);
        }
        subscribers.add(&write);
    }

    /// What this generation says about what an execution waits for.
    pub(crate) fn waits(&self, id: ExecutionId) -> Waits {
        match self.part(id).get(&id) {
            Some(Entry { deleted: true, .. }) => Waits::Gone,
            Some(Entry { subscriptions: Some(write), .. }) => Waits::For(Arc::clone(write)),
            // What older generations and the tables say is of an earlier life.
            Some(Entry { gone, .. }) if !gone.is_empty() => Waits::Gone,
            Some(_) | None => Waits::Unsaid,
        }
    }

    /// The filters of one type that somebody waits at.
    pub(crate) fn subscribed_filters(
        &self,
        tenant: &TenantId,
        kind: Option<&str>,
        after: Option<&SubscribedFilter>,
        limit: usize,
    ) -> Vec<SubscribedFilter> {
        lock(&self.subscribers).filters(tenant, kind, after, limit)
    }

    /// Who waits at a filter, by id.
    pub(crate) fn subscribers(
        &self,
        tenant: &TenantId,
        filter: &SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Vec<ExecutionId> {
        lock(&self.subscribers).page(tenant, filter, correlation, after, limit)
    }

    /// Adds a link of an audit chain.
    pub(crate) fn audit(&self, audit: StoredAudit) {
        let mut audits = lock(&self.audits);
        match audits.get_mut(&audit.record.tenant) {
            Some(chain) => chain.push(Arc::new(audit)),
            None => {
                audits.insert(audit.record.tenant.clone(), vec![Arc::new(audit)]);
            }
        }
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, record: IdempotencyRecord) {
        let key = (record.tenant.clone(), Arc::clone(&record.key));
        lock(&self.idempotency).insert(key, Arc::new(record));
    }

    /// Adds a journal record.
    pub(crate) fn replay(&self, record: Record) {
        match record {
            Record::Append { key, id, first_seq, events, blob } => {
                self.append(id, key, first_seq, events, &blob);
            }
            Record::Row { key, row } => self.put_row(key, row, false),
            Record::RowBeside { key, row, parent, owing } => {
                self.put_row(key, ExecutionRow { parent, owing, ..row }, false);
            }
            Record::Audit { seq, hash, record } => self.audit(StoredAudit { seq, hash, record }),
            Record::Idempotency(record) => self.keep(record),
            Record::Deleted { key, id } => self.delete(id, key),
            Record::Subscriptions { key, write } => self.subscribe(key, write),
        }
    }

    fn rows(&self, wanted: impl Fn(&ExecutionRow) -> bool) -> Vec<Arc<ExecutionRow>> {
        let mut rows = Vec::new();
        self.each_part(|part| {
            rows.extend(
                part.values().filter_map(|entry| entry.row.as_ref()).filter(|row| wanted(row)).cloned(),
            );
        });
        rows
    }

    /// Executions that bear a key, of any definition.
    pub(crate) fn bearers(&self, tenant: &TenantId, key: &str) -> Vec<ExecutionId> {
        lock(&self.by_key).get(&(tenant.clone(), key.into())).cloned().unwrap_or_default()
    }

    /// The last link of a tenant's chain in this generation.
    pub(crate) fn last_audit(&self, tenant: &TenantId) -> Option<Arc<StoredAudit>> {
        lock(&self.audits).get(tenant).and_then(|chain| chain.last()).cloned()
    }

    /// The links of a tenant's chain after a number that are wanted.
    pub(crate) fn audits(
        &self,
        tenant: &TenantId,
        after_seq: u64,
        limit: usize,
        wanted: impl Fn(&StoredAudit) -> bool,
    ) -> Vec<Arc<StoredAudit>> {
        let audits = lock(&self.audits);
        let Some(chain) = audits.get(tenant) else { return Vec::new() };
        let start = chain.partition_point(|audit| audit.seq <= after_seq);
        chain[start..].iter().filter(|audit| wanted(audit)).take(limit).cloned().collect()
    }

    /// A kept answer.
    pub(crate) fn kept(&self, tenant: &TenantId, key: &str) -> Option<Arc<IdempotencyRecord>> {
        lock(&self.idempotency).get(&(tenant.clone(), key.into())).cloned()
    }

    /// Kept answers that a condition holds for.
    pub(crate) fn all_kept(
        &self,
        wanted: impl Fn(&IdempotencyRecord) -> bool,
    ) -> Vec<Arc<IdempotencyRecord>> {
        lock(&self.idempotency).values().filter(|record| wanted(record)).cloned().collect()
    }

    /// Forgets a kept answer.
    pub(crate) fn forget(&self, tenant: &TenantId, key: &Arc<str>) {
        lock(&self.idempotency).remove(&(tenant.clone(), Arc::clone(key)));
    }

    /// Every link, by tenant and number.
    pub(crate) fn all_audits(&self) -> Vec<Arc<StoredAudit>> {
        lock(&self.audits).values().flatten().cloned().collect()
    }

    /// Ids and internal keys of all executions, by key.
    pub(crate) fn ids(&self) -> Vec<(u64, ExecutionId)> {
        let mut ids = Vec::new();
        self.each_part(|part| ids.extend(part.iter().map(|(id, entry)| (entry.key, *id))));
        ids.sort_unstable();
        ids
    }
}

/// Both generations, as they were at one moment. What is added to the growing one later may be seen, too.
#[derive(Clone, Debug)]
pub(crate) struct Generations {
    /// Grows.
    pub(crate) active: Arc<Generation>,
    /// Is being moved into tables.
    pub(crate) frozen: Option<Arc<Generation>>,
}

impl Generations {
    /// The generations, newest first.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Generation> {
        std::iter::once(&*self.active).chain(self.frozen.as_deref())
    }

    /// What the newest generation that says something says about a row.
    pub(crate) fn row(&self, id: ExecutionId) -> Said {
        for generation in self.each() {
            match generation.row(id) {
                Said::Nothing => {}
                said @ (Said::Row(_) | Said::Deleted) => return said,
            }
        }
        Said::Nothing
    }

    /// What the newest generation that says something says about what an execution waits for.
    pub(crate) fn waits(&self, id: ExecutionId) -> Waits {
        for generation in self.each() {
            match generation.waits(id) {
                Waits::Unsaid => {}
                said @ (Waits::For(_) | Waits::Gone) => return said,
            }
        }
        Waits::Unsaid
    }

    /// The kept answer under a key.
    pub(crate) fn kept(&self, tenant: &TenantId, key: &str) -> Option<Arc<IdempotencyRecord>> {
        self.each().find_map(|generation| generation.kept(tenant, key))
    }

    /// The newest rows that a condition holds for, in no order.
    pub(crate) fn rows(&self, wanted: impl Fn(&ExecutionRow) -> bool) -> Vec<Arc<ExecutionRow>> {
        let mut rows = self.active.rows(&wanted);
        let Some(frozen) = &self.frozen else { return rows };
        let older = frozen.rows(&wanted);
        if older.is_empty() {
            return rows;
        }
        let newer: HashSet<ExecutionId> = rows.iter().map(|row| row.id).collect();
        for row in older.into_iter().filter(|row| !newer.contains(&row.id)) {
            // The growing generation may have a newer state, even one that came after it was looked through.
            match self.active.row(row.id) {
                Said::Nothing => rows.push(row),
                Said::Row(row) if wanted(&row) => rows.push(row),
                Said::Row(_) | Said::Deleted => {}
            }
        }
        rows
    }
}

/// The generations that count now, shared between the writer and its readers.
#[derive(Clone, Debug)]
pub(crate) struct Overlay(Arc<Mutex<Generations>>);

impl Overlay {
    /// An overlay whose frozen generation holds what the journal did.
    pub(crate) fn new(frozen: Option<Arc<Generation>>) -> Self {
        Self(Arc::new(Mutex::new(Generations { active: Arc::default(), frozen })))
    }

    /// The generations as they are now.
    pub(crate) fn now(&self) -> Generations {
        lock(&self.0).clone()
    }

    /// Starts a new generation; the one that grew until now is to be moved.
    pub(crate) fn freeze(&self) -> Arc<Generation> {
        let mut generations = lock(&self.0);
        assert!(generations.frozen.is_none(), "one generation is moved at a time");
        let frozen = std::mem::take(&mut generations.active);
        generations.frozen = Some(Arc::clone(&frozen));
        frozen
    }

    /// Forgets the frozen generation, all of which is in tables. It is large: freeing it takes a while.
    pub(crate) fn thaw(&self) -> Option<Arc<Generation>> {
        lock(&self.0).frozen.take()
    }
}

//! What the cases share: records with plain defaults, a store's calls without futures, and a way to wait.

use super::Backend;
use crate::audit::{self, Head};
use crate::error::Error;
use crate::filter::Filter;
use crate::query::{AuditQuery, Order, Page, Query};
use crate::records::{
    Actor, AuditRecord, Commit, ExecutionRow, HistoryAppend, HistoryBlob, IdempotencyRecord, Outcome,
    Resource, RowWrite, Sealed, ShardLease, StoredAudit,
};
use crate::traits::{Result, Store};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use tenure_types::{CompensationStatus, DefinitionId, Digest, ExecutionId, Status, TenantId, Timestamp};

/// Waits for a future on this thread, without a runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// An id that sorts by `n`, its low half scattered like a real one's.
pub fn id(n: u64) -> ExecutionId {
    let scattered = n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17);
    ExecutionId((u128::from(n) << 64) | u128::from(scattered))
}

/// The tenant of most cases.
pub(super) fn acme() -> TenantId {
    TenantId::new("acme").expect("a DNS label")
}

/// Another tenant.
pub(super) fn demo() -> TenantId {
    TenantId::new("demo").expect("a DNS label")
}

/// The definition of most cases.
pub fn definition_id(version: &str) -> DefinitionId {
    DefinitionId { namespace: "shop".into(), name: "order".into(), version: version.into() }
}

/// A running execution of `acme`, started at 1,000 + n.
pub fn row(n: u64) -> ExecutionRow {
    ExecutionRow {
        id: id(n),
        tenant: acme(),
        definition: definition_id("1.0.0"),
        digest: Digest([7; 32]),
        key: None,
        correlation_id: format!("c-{n}").into(),
        status: Status::Running,
        compensation: CompensationStatus::None,
        started_at: Timestamp(1_000 + n),
        updated_at: Timestamp(1_000 + n),
        ended_at: None,
        due: None,
        labels: Vec::new(),
        summary: Sealed::EMPTY,
        events: 1,
        parent: None,
        owing: false,
    }
}

/// The first state of a row.
pub(super) fn new(row: ExecutionRow) -> RowWrite {
    RowWrite { row, before: None }
}

/// A row that has ended.
pub(super) fn ended(mut row: ExecutionRow, status: Status, at: u64) -> ExecutionRow {
    row.status = status;
    row.ended_at = Some(Timestamp(at));
    row.updated_at = Timestamp(at);
    row.due = None;
    row
}

/// An append of `events` events whose payload names them.
pub(super) fn append(n: u64, first_seq: u64, events: u32) -> HistoryAppend {
    let blob = Sealed(format!("{n}:{first_seq}+{events}").into_bytes());
    HistoryAppend { execution: id(n), tenant: acme(), first_seq, events, blob }
}

/// An audit record about an execution.
pub(super) fn audit_record(tenant: TenantId, n: u64) -> AuditRecord {
    AuditRecord {
        id: u128::from(n),
        at: Timestamp(n),
        tenant,
        correlation_id: format!("c-{n}").into(),
        actor: Actor { subject: "ada".into(), kind: "user".into(), roles: vec!["operator".into()] },
        action: "workflow.started".into(),
        resource: Resource { kind: "workflow".into(), id: id(n).to_string().into() },
        outcome: Outcome::Allowed,
        details: Sealed(vec![1, 2, 3]),
    }
}

/// An answer that is kept from 1,000 to 2,000.
pub(super) fn answer(tenant: TenantId, key: &str) -> IdempotencyRecord {
    IdempotencyRecord {
        tenant,
        key: key.into(),
        fingerprint: [5; 32],
        response: Sealed(b"201".to_vec()),
        created_at: Timestamp(1_000),
        expires_at: Timestamp(2_000),
    }
}

/// A store under test and the leases that were acquired last.
pub struct Bench<'a> {
    backend: &'a mut dyn Backend,
    /// Leases of every shard.
    pub leases: Vec<ShardLease>,
}

impl std::fmt::Debug for Bench<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("store", self.store()).finish_non_exhaustive()
    }
}

impl<'a> Bench<'a> {
    /// A bench that owns every shard.
    pub fn new(backend: &'a mut dyn Backend) -> Self {
        let leases = block_on(backend.store().acquire_shards()).expect("shards can be acquired");
        Self { backend, leases }
    }

    /// The store.
    pub fn store(&self) -> &dyn Store {
        self.backend.store()
    }

    /// Restarts the store and takes its shards over.
    pub fn restart(&mut self) {
        self.backend.reopen();
        self.leases = block_on(self.store().acquire_shards()).expect("shards can be acquired");
    }

    /// Commits under all leases.
    pub fn commit(&self, rows: Vec<RowWrite>, appends: Vec<HistoryAppend>) -> Result<()> {
        self.send(Commit { appends, rows, ..Commit::default() })
    }

    /// Commits under all leases.
    pub(super) fn send(&self, commit: Commit) -> Result<()> {
        block_on(self.store().commit(Commit { leases: self.leases.clone(), ..commit }))
    }

    /// Starts an execution with one event.
    pub(super) fn start(&self, row: ExecutionRow) {
        let append = HistoryAppend {
            execution: row.id,
            tenant: row.tenant.clone(),
            first_seq: 1,
            events: 1,
            blob: Sealed(b"started".to_vec()),
        };
        self.commit(vec![new(row)], vec![append]).expect("an execution can be started");
    }

    /// Replaces a running row.
    pub(super) fn change(&self, row: ExecutionRow) {
        self.change_from(Status::Running, row);
    }

    /// Replaces a row.
    pub(super) fn change_from(&self, before: Status, row: ExecutionRow) {
        self.commit(vec![RowWrite { row, before: Some(before) }], vec![]).expect("a row can change");
    }

    /// The whole history of an execution, or nothing.
    pub(super) fn pieces(&self, n: u64) -> Vec<HistoryBlob> {
        block_on(self.store().load(id(n))).expect("load").map_or_else(Vec::new, |loaded| loaded.history)
    }

    /// First sequence number and number of events of each piece of a history.
    pub(super) fn spans(&self, n: u64) -> Vec<(u64, u32)> {
        self.pieces(n).iter().map(|piece| (piece.first_seq, piece.events)).collect()
    }

    /// An execution's row as its tenant sees it.
    pub(super) fn row(&self, n: u64) -> Option<Arc<ExecutionRow>> {
        block_on(self.store().row(&acme(), id(n))).expect("row")
    }

    /// A page of `acme`.
    pub(super) fn page(&self, query: &Query) -> Page {
        block_on(self.store().list(&acme(), query)).expect("list")
    }

    /// All of `acme` that matches, newest first, by number.
    pub(super) fn list(&self, filter: Filter) -> Vec<u64> {
        numbers(&self.page(&Query { filter, order: Order::NewestFirst, page_size: 1_000, cursor: None }))
    }

    /// Counts of `acme`.
    pub(super) fn count(&self, filter: &Filter) -> BTreeMap<Status, u64> {
        block_on(self.store().count(&acme(), filter)).expect("count")
    }

    /// A tenant's audit chain, verified.
    pub(super) fn chain(&self, tenant: &TenantId) -> Vec<StoredAudit> {
        let query = AuditQuery { after_seq: 0, limit: 1_000, resource: None };
        let chain = block_on(self.store().audit_page(tenant, &query)).expect("audit page");
        audit::verify(Head::default(), &chain).expect("the chain is whole");
        chain
    }
}

/// The numbers that the rows of a page were made from.
pub(super) fn numbers(page: &Page) -> Vec<u64> {
    page.rows.iter().map(|row| u64::try_from(row.id.0 >> 64).expect("made from a u64")).collect()
}

/// Whether an outcome is a conflict.
pub(super) fn is_conflict<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(Error::Conflict(_)))
}

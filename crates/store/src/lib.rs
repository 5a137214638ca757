//! The store seam: plain records, the [`Store`] trait, the memory store and one conformance suite for every backend.
//!
//! Payloads arrive sealed ([`Sealed`]) and leave sealed: a store can neither read nor alter them. What must be queried
//! (status, definition, times, ids, labels) stays in plain columns.
//!
//! Deliberately absent: an async runtime, a database driver, clocks, and every rule about executions. A store knows
//! nothing about the engine; it keeps what shards decided, all of a commit or nothing of it, and refuses a stale owner.

pub mod attribute;
pub mod audit;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
pub mod filter;
pub mod limit;
pub mod limits;
pub mod memory;
mod query;
mod records;
mod tenant;
mod traits;
pub mod version;

pub use error::Error;
pub use filter::{Filter, FilterError};
pub use memory::MemoryStore;
pub use query::{
    AuditQuery, Cursor, DefinitionPage, DefinitionQuery, DueCursor, FunctionPage, FunctionQuery, KeyHolders,
    Order, Page, Query,
};
pub use records::{
    Act, Actor, AuditRecord, Commit, DefinitionHead, DefinitionName, DefinitionRecord, ExecutionRow,
    FunctionHead, FunctionRecord, HistoryAppend, HistoryBlob, IdempotencyRecord, LoadedExecution, Outcome,
    Priority, PutOutcome, Resource, RowWrite, Sealed, SecretHead, SecretRecord, SecretVersion, ShardLease,
    StoredAudit, SubscribedFilter, Subscription, SubscriptionWrite, TenantRecord,
};
pub use tenant::TenantStore;
pub use traits::{BoxFuture, Health, Result, Stats, Store};

//! What the writer tells the rest of the process: counters and its state of health.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tenure_store::{Health, Stats};

/// Counters and flags. The writer writes, everyone reads; they are independent of each other.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) commits: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) transactions: AtomicU64,
    pub(crate) batch_max: AtomicU64,
    pub(crate) appends: AtomicU64,
    pub(crate) written_bytes: AtomicU64,
    pub(crate) fsyncs: AtomicU64,
    pub(crate) journal_rows: AtomicU64,
    pub(crate) overlay_executions: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
    pub(crate) checkpoint_us: AtomicU64,
    pub(crate) queue: AtomicU64,
    pub(crate) stopped: AtomicBool,
    pub(crate) full: AtomicBool,
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

impl Shared {
    /// The counters as they are.
    pub(crate) fn stats(&self) -> Stats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            commits_total: of(&self.commits),
            commits_refused_total: of(&self.refused),
            transactions_total: of(&self.transactions),
            transaction_commits_max: of(&self.batch_max),
            appends_total: of(&self.appends),
            written_bytes_total: of(&self.written_bytes),
            fsyncs_total: of(&self.fsyncs),
            journal_rows: of(&self.journal_rows),
            overlay_executions: of(&self.overlay_executions),
            checkpoints_total: of(&self.checkpoints),
            checkpoint_us_total: of(&self.checkpoint_us),
            queue_length: of(&self.queue),
        }
    }

    /// The state of health.
    pub(crate) fn health(&self, free_bytes: Option<u64>) -> Health {
        Health {
            writable: !self.stopped.load(Ordering::Acquire),
            full: self.full.load(Ordering::Relaxed),
            free_bytes,
        }
    }
}

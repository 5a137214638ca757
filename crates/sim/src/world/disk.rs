//! The store behind a slow and unreliable connection: one writer, commits in their order, the real memory store.

use std::collections::VecDeque;
use tenure_engine::execution::{HistoryEvent, Summary};
use tenure_store::memory::Core;
use tenure_store::{Commit, Error, LoadedExecution, ShardLease};
use tenure_types::{ExecutionId, ShardId, Timestamp};

/// A commit on its way to the disk.
#[derive(Debug)]
pub(super) struct Op {
    pub(super) number: u64,
    /// Which generation of the node's memory asked for it.
    pub(super) life: u64,
    pub(super) commit: Commit,
    /// What it contains, for the oracles: they do not trust the encoding.
    pub(super) writes: Vec<Written>,
    pub(super) numbers: Vec<(ShardId, u64)>,
    pub(super) fate: Fate,
}

/// What one commit writes of one execution, as it was decided.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) id: ExecutionId,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) row: Option<Summary>,
}

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Applied and confirmed.
    Confirmed,
    /// Applied, and the confirmation is lost.
    Unconfirmed,
    /// Lost before it is applied.
    Lost,
}

/// The store and what is on its way to it.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) core: Core,
    pub(super) ops: VecDeque<Op>,
    /// When the last commit is applied, so that the next one follows it.
    pub(super) applied_at: Timestamp,
    pub(super) confirmed_at: Timestamp,
}

impl Disk {
    pub(super) fn new(shards: u16) -> Self {
        let at = Timestamp::default();
        Self { core: Core::new(shards), ops: VecDeque::new(), applied_at: at, confirmed_at: at }
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Op> {
        let at = self.ops.iter().position(|op| op.number == number)?;
        self.ops.remove(at)
    }

    /// Applies a commit for real.
    pub(super) fn apply(&mut self, commit: Commit) -> Result<(), Error> {
        self.core.apply(commit)
    }

    /// The lease that is current.
    pub(super) fn leases(&mut self) -> Vec<ShardLease> {
        self.core.acquire_shards()
    }

    pub(super) fn load(&self, id: ExecutionId) -> Option<LoadedExecution> {
        self.core.load(id)
    }
}

//! What the writer remembers of executions, so that most commits are checked without a look into the tables.

use crate::counts::GroupId;
use crate::overlay::ById;
use tenure_types::{ExecutionId, Status, TenantId};

/// Executions in each of the two halves.
const HALF: usize = 65_536;

/// What a commit is checked against.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) key: u64,
    pub(crate) tenant: TenantId,
    pub(crate) status: Status,
    pub(crate) group: GroupId,
    pub(crate) last_seq: u64,
}

/// A bounded memory: when the young half is full, it becomes the old half, and the old half is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    young: ById<Known>,
    old: ById<Known>,
}

impl Memory {
    /// What is remembered of an execution.
    pub(crate) fn recall(&mut self, id: ExecutionId) -> Option<&Known> {
        if !self.young.contains_key(&id) {
            let known = self.old.remove(&id)?;
            self.young.insert(id, known);
        }
        self.young.get(&id)
    }

    /// Remembers an execution.
    pub(crate) fn learn(&mut self, id: ExecutionId, known: Known) {
        self.young.insert(id, known);
    }

    /// Forgets an execution.
    pub(crate) fn forget(&mut self, id: ExecutionId) {
        self.young.remove(&id);
        self.old.remove(&id);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    /// Forgets the old half when the young one is full.
    pub(crate) fn age(&mut self) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

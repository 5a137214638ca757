//! One commit: everything is checked against what is stored, then everything is written.

use super::{Core, Stored, conflict};
use crate::error::Error;
use crate::limits::HISTORY_SEQ_MAX;
use crate::records::{
    AuditRecord, Commit, ExecutionRow, HistoryAppend, HistoryBlob, IdempotencyRecord, RowWrite, ShardLease,
    SubscriptionWrite,
};
use crate::traits::Result;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_types::{ExecutionId, Status, TenantId};

/// What the commit itself has changed so far, on top of what is stored.
struct Pending<'a> {
    tenant: &'a TenantId,
    status: Status,
    last_seq: u64,
}

impl Core {
    /// Writes all of `commit`, or nothing of it.
    pub fn apply(&mut self, commit: Commit) -> Result<()> {
        if let Err(error) = self.check(&commit) {
            self.stats.commits_refused_total += 1;
            return Err(error);
        }
        self.stats.commits_total += 1;
        self.stats.transactions_total += 1;
        self.stats.transaction_commits_max = 1;
        self.stats.appends_total += commit.appends.len() as u64;
        for RowWrite { row, before: _ } in commit.rows {
            self.write_row(row);
        }
        for append in commit.appends {
            self.append(append);
        }
        for write in commit.subscriptions {
            self.write_subscriptions(write);
        }
        self.write_audit(commit.audits);
        for record in commit.idempotency {
            self.idempotency.insert((record.tenant.clone(), Arc::clone(&record.key)), record);
        }
        Ok(())
    }

    fn check(&self, commit: &Commit) -> Result<()> {
        self.check_leases(commit)?;
        let mut pending: BTreeMap<ExecutionId, Pending<'_>> = BTreeMap::new();
        let mut keys = BTreeSet::new();
        for write in &commit.rows {
            self.check_row(write, &mut pending)?;
            if write.opens() {
                self.check_key(&write.row, &pending, &mut keys)?;
            }
        }
        for append in &commit.appends {
            self.check_append(append, &mut pending)?;
        }
        for write in &commit.subscriptions {
            self.check_subscriptions(write, &mut pending)?;
        }
        self.check_idempotency(&commit.idempotency)
    }

    fn check_leases(&self, commit: &Commit) -> Result<()> {
        for lease in &commit.leases {
            if self.epochs.get(usize::from(lease.shard.0)) != Some(&lease.epoch) {
                return Err(Error::Fenced);
            }
        }
        let shards = self.shard_count();
        let appended = commit.appends.iter().map(|append| append.execution);
        let listening = commit.subscriptions.iter().map(|write| write.execution);
        let mut executions = appended.chain(commit.rows.iter().map(|write| write.row.id)).chain(listening);
        let covered =
            |id: ExecutionId| commit.leases.iter().any(|ShardLease { shard, .. }| *shard == id.shard(shards));
        if executions.all(covered) { Ok(()) } else { Err(Error::Fenced) }
    }

    fn check_row<'a>(
        &'a self,
        write: &'a RowWrite,
        pending: &mut BTreeMap<ExecutionId, Pending<'a>>,
    ) -> Result<()> {
        let row = &write.row;
        let current = self.pending(row.id, pending);
        match (current, write.before) {
            (None, None) => {
                let new = Pending { tenant: &row.tenant, status: row.status, last_seq: 0 };
                pending.insert(row.id, new);
                Ok(())
            }
            (Some(current), Some(before)) if current.tenant == &row.tenant && current.status == before => {
                current.status = row.status;
                Ok(())
            }
            _ => conflict(format!("the row of `{}`", row.id)),
        }
    }

    fn check_append<'a>(
        &'a self,
        append: &'a HistoryAppend,
        pending: &mut BTreeMap<ExecutionId, Pending<'a>>,
    ) -> Result<()> {
        let id = append.execution;
        if append.events == 0 {
            return Err(Error::Permanent(format!("an append to `{id}` without events")));
        }
        let current = self.pending(id, pending).filter(|current| current.tenant == &append.tenant);
        let Some(current) = current.filter(|current| current.last_seq + 1 == append.first_seq) else {
            return conflict(format!("the history of `{id}` at {}", append.first_seq));
        };
        current.last_seq += u64::from(append.events);
        if current.last_seq > HISTORY_SEQ_MAX {
            return Err(Error::Permanent(format!("the history of `{id}` is too long")));
        }
        Ok(())
    }

    fn check_subscriptions<'a>(
        &'a self,
        write: &'a SubscriptionWrite,
        pending: &mut BTreeMap<ExecutionId, Pending<'a>>,
    ) -> Result<()> {
        write.check()?;
        match self.pending(write.execution, pending) {
            Some(current) if current.tenant == &write.tenant => Ok(()),
            Some(_) | None => conflict(format!("the subscriptions of `{}`", write.execution)),
        }
    }

    fn pending<'a, 'b>(
        &'a self,
        id: ExecutionId,
        pending: &'b mut BTreeMap<ExecutionId, Pending<'a>>,
    ) -> Option<&'b mut Pending<'a>> {
        Some(match pending.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let stored = self.executions.get(&id)?;
                let (tenant, status) = (&stored.row.tenant, stored.row.status);
                place.insert(Pending { tenant, status, last_seq: stored.last_seq() })
            }
        })
    }

    fn check_key<'a>(
        &self,
        row: &'a ExecutionRow,
        pending: &BTreeMap<ExecutionId, Pending<'_>>,
        keys: &mut BTreeSet<(&'a TenantId, &'a str, &'a str, &'a str)>,
    ) -> Result<()> {
        let Some(key) = &row.key else { return Ok(()) };
        let (namespace, name) = (&row.definition.namespace, &row.definition.name);
        let first = keys.insert((&row.tenant, namespace, name, key));
        let holder = self.find_by_key(&row.tenant, namespace, name, key).open;
        // It may end in this very commit.
        let ends = |id: ExecutionId| pending.get(&id).is_some_and(|holder| holder.status.ended());
        if first && holder.is_none_or(|(id, _)| ends(id)) {
            return Ok(());
        }
        Err(Error::Taken(format!("key `{key}`")))
    }

    pub(super) fn check_idempotency(&self, records: &[IdempotencyRecord]) -> Result<()> {
        let mut keys = BTreeSet::new();
        for record in records {
            let first = keys.insert((&record.tenant, &record.key));
            if !first || self.idempotency(&record.tenant, &record.key, record.created_at).is_some() {
                return Err(Error::Taken(format!("idempotency key `{}`", record.key)));
            }
        }
        Ok(())
    }

    fn write_row(&mut self, row: ExecutionRow) {
        let id = row.id;
        let row = Arc::new(row);
        match self.executions.get_mut(&id) {
            Some(stored) => stored.row = row,
            None => {
                self.executions.insert(id, Stored { row, history: Vec::new(), subscriptions: None });
            }
        }
    }

    fn append(&mut self, append: HistoryAppend) {
        let HistoryAppend { execution, tenant: _, first_seq, events, blob } = append;
        let stored = self.executions.get_mut(&execution).expect("checked before anything was written");
        stored.history.push(HistoryBlob { first_seq, events, blob });
    }

    /// Appends to the tenants' audit chains.
    pub fn write_audit(&mut self, records: Vec<AuditRecord>) {
        for record in records {
            let mut head = self.audit_head(&record.tenant);
            let chain = self.audits.entry(record.tenant.clone()).or_default();
            chain.push(head.chain(record));
        }
    }
}

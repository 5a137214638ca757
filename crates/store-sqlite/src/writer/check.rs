//! Whether a commit may be written: its leases, and whether it continues what is stored.

use super::Writer;
use super::stage::{Places, Staged};
use crate::counts::Move;
use crate::known::Known;
use crate::overlay::ById;
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError};
use tenure_store::limits::HISTORY_SEQ_MAX;
use tenure_store::{
    Commit, Error, ExecutionRow, HistoryAppend, IdempotencyRecord, RowWrite, SubscriptionWrite,
};
use tenure_types::{ExecutionId, TenantId};

/// Executions as they are after the part of the commit that was looked at.
type Changed = ById<Known>;

impl Writer {
    /// Refuses a commit, or tells what it changes.
    pub(super) fn check(
        &mut self,
        commit: &Commit,
        staged: &Staged,
        changed: &mut Changed,
        places: &mut Places,
    ) -> Result<(), Error> {
        self.check_leases(commit)?;
        let mut keys = HashSet::new();
        for write in &commit.rows {
            self.check_row(write, staged, changed, places)?;
            if write.opens() {
                self.check_key(&write.row, staged, changed, &mut keys)?;
            }
        }
        for append in &commit.appends {
            self.check_append(append, staged, changed)?;
        }
        for write in &commit.subscriptions {
            self.check_subscriptions(write, staged, changed)?;
        }
        self.check_idempotency(&commit.idempotency, staged)
    }

    fn check_leases(&self, commit: &Commit) -> Result<(), Error> {
        for lease in &commit.leases {
            if self.epochs.get(usize::from(lease.shard.0)) != Some(&lease.epoch) {
                return Err(Error::Fenced);
            }
        }
        let shards = self.shards();
        let appended = commit.appends.iter().map(|append| append.execution);
        let listening = commit.subscriptions.iter().map(|write| write.execution);
        let mut executions = appended.chain(commit.rows.iter().map(|write| write.row.id)).chain(listening);
        let covered = |id: ExecutionId| commit.leases.iter().any(|lease| lease.shard == id.shard(shards));
        if executions.all(covered) { Ok(()) } else { Err(Error::Fenced) }
    }

    fn check_row(
        &mut self,
        write: &RowWrite,
        staged: &Staged,
        changed: &mut Changed,
        places: &mut Places,
    ) -> Result<(), Error> {
        let RowWrite { row, before } = write;
        let stored = self.current(row.id, staged, changed)?;
        let group = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.group(&row.tenant, &row.definition)
        };
        let to = Some((group, row.status));
        match (stored, before) {
            (None, None) => {
                let key = self.key_next;
                self.key_next += 1;
                let known = Known { key, tenant: row.tenant.clone(), status: row.status, group, last_seq: 0 };
                changed.insert(row.id, known);
                places.moves.push(Move { from: None, to });
                Ok(())
            }
            (Some(stored), Some(before)) if stored.tenant == row.tenant && stored.status == *before => {
                places.moves.push(Move { from: Some((stored.group, stored.status)), to });
                stored.status = row.status;
                stored.group = group;
                Ok(())
            }
            (None, Some(_)) | (Some(_), None | Some(_)) => conflict(format!("the row of `{}`", row.id)),
        }
    }

    fn check_append(
        &mut self,
        append: &HistoryAppend,
        staged: &Staged,
        changed: &mut Changed,
    ) -> Result<(), Error> {
        let id = append.execution;
        if append.events == 0 {
            return Err(Error::Permanent(format!("an append to `{id}` without events")));
        }
        let stored = self.current(id, staged, changed)?.filter(|stored| stored.tenant == append.tenant);
        let Some(stored) = stored.filter(|stored| stored.last_seq + 1 == append.first_seq) else {
            return conflict(format!("the history of `{id}` at {}", append.first_seq));
        };
        stored.last_seq += u64::from(append.events);
        if stored.last_seq > HISTORY_SEQ_MAX {
            return Err(Error::Permanent(format!("the history of `{id}` is too long")));
        }
        Ok(())
    }

    fn check_subscriptions(
        &mut self,
        write: &SubscriptionWrite,
        staged: &Staged,
        changed: &mut Changed,
    ) -> Result<(), Error> {
        write.check()?;
        match self.current(write.execution, staged, changed)? {
            Some(stored) if stored.tenant == write.tenant => Ok(()),
            Some(_) | None => conflict(format!("the subscriptions of `{}`", write.execution)),
        }
    }

    fn current<'a>(
        &mut self,
        id: ExecutionId,
        staged: &Staged,
        changed: &'a mut Changed,
    ) -> Result<Option<&'a mut Known>, Error> {
        Ok(match changed.entry(id) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(place) => self.known(id, staged)?.map(|known| place.insert(known)),
        })
    }

    fn check_key<'a>(
        &mut self,
        row: &'a ExecutionRow,
        staged: &Staged,
        changed: &mut Changed,
        keys: &mut HashSet<(&'a TenantId, &'a str, &'a str, &'a str)>,
    ) -> Result<(), Error> {
        let Some(key) = &row.key else { return Ok(()) };
        let (namespace, name) = (&row.definition.namespace, &row.definition.name);
        let taken = || Err(Error::Taken(format!("key `{key}`")));
        let in_transaction = (row.tenant.clone(), Arc::clone(namespace), Arc::clone(name), Arc::clone(key));
        if !keys.insert((&row.tenant, namespace, name, key)) || staged.keys.contains(&in_transaction) {
            return taken();
        }
        let holders = self.view(staged).find_by_key(&row.tenant, namespace, name, key)?;
        let Some((holder, _)) = holders.open else { return Ok(()) };
        // It may have ended in this very transaction.
        match self.current(holder, staged, changed)? {
            Some(holder) if !holder.status.ended() => taken(),
            Some(_) | None => Ok(()),
        }
    }

    fn check_idempotency(&self, records: &[IdempotencyRecord], staged: &Staged) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let view = self.view(staged);
        let mut keys = HashSet::new();
        for record in records {
            let first = keys.insert((&record.tenant, &record.key));
            let in_transaction = staged.kept.contains(&(record.tenant.clone(), Arc::clone(&record.key)));
            let stored = view.idempotency(&record.tenant, &record.key, record.created_at)?;
            if !first || in_transaction || stored.is_some() {
                return Err(Error::Taken(format!("idempotency key `{}`", record.key)));
            }
        }
        Ok(())
    }
}

fn conflict<T>(message: String) -> Result<T, Error> {
    Err(Error::Conflict(message))
}

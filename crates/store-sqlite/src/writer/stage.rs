//! What a transaction has accepted so far: encoded into its journal row, and shown to readers once it is durable.

use super::{Extra, Request, Tx, Writer};
use crate::counts::Move;
use crate::error::from_sql;
use crate::journal::RecordRef;
use crate::known::Known;
use crate::overlay::{ById, Generations};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use tenure_store::audit::{self, Head};
use tenure_store::{Commit, Error, HistoryAppend, RowWrite, StoredAudit};
use tenure_types::{ExecutionId, TenantId};

/// About what one subscription takes in memory.
pub(super) const SUBSCRIPTION_BYTES: usize = 200;

/// Tenant, namespace, name, key.
type BusinessKey = (TenantId, Arc<str>, Arc<str>, Arc<str>);

/// State of one transaction, on top of what is durable.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(super) generations: Generations,
    /// Idempotency keys that were written.
    pub(super) kept: HashSet<(TenantId, Arc<str>)>,
    /// Business keys that came into use.
    pub(super) keys: HashSet<BusinessKey>,
    /// Executions that are deleted.
    pub(super) deleted: HashSet<ExecutionId>,
    /// History appends.
    pub(super) appends: usize,
}

impl Staged {
    pub(super) fn new(generations: Generations) -> Self {
        Self { generations, kept: HashSet::new(), keys: HashSet::new(), deleted: HashSet::new(), appends: 0 }
    }

    /// Notes that a key is in use, or free again.
    fn note_key(&mut self, write: &RowWrite) {
        let row = &write.row;
        let Some(key) = &row.key else { return };
        let (namespace, name) = (Arc::clone(&row.definition.namespace), Arc::clone(&row.definition.name));
        let key = (row.tenant.clone(), namespace, name, Arc::clone(key));
        if write.opens() {
            self.keys.insert(key);
        } else if row.status.ended() {
            self.keys.remove(&key);
        }
    }
}

/// Where the parts of an accepted request belong.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Internal keys, one for each row, then one for each append, then one for each set of subscriptions.
    pub(super) keys: Vec<u64>,
    pub(super) audits: Vec<Head>,
    pub(super) moves: Vec<Move>,
    pub(super) deleted: Vec<(u64, ExecutionId)>,
}

impl Writer {
    /// Checks a request and puts it into the transaction, or leaves no trace of it.
    pub(super) fn accept(&mut self, request: &mut Request, staged: &mut Staged) -> Result<Places, Error> {
        let mut changed = ById::default();
        let mut places = Places::default();
        self.check(&request.commit, staged, &mut changed, &mut places)?;
        if let Some(extra) = &mut request.extra
            && !self.run_extra(extra, staged, &mut places)?
        {
            // It changed nothing: neither does what would have gone with it.
            request.commit.audits.clear();
            request.commit.idempotency.clear();
            return Ok(Places::default());
        }
        self.stage(&request.commit, &changed, staged, &mut places)?;
        for (id, known) in changed {
            self.memory.learn(id, known);
        }
        Ok(places)
    }

    /// Runs a write of its own kind; if it fails, what it wrote is undone and the transaction goes on.
    fn run_extra(
        &mut self,
        extra: &mut Extra,
        staged: &mut Staged,
        places: &mut Places,
    ) -> Result<bool, Error> {
        self.execute("SAVEPOINT extra")?;
        let journaled = self.row.length();
        let outcome = extra(&mut Tx { writer: self, staged, places });
        if outcome.is_err() {
            self.execute("ROLLBACK TO extra")?;
            self.row.cut(journaled);
        }
        self.execute("RELEASE extra")?;
        outcome
    }

    fn stage(
        &mut self,
        commit: &Commit,
        changed: &ById<Known>,
        staged: &mut Staged,
        places: &mut Places,
    ) -> Result<(), Error> {
        let heads = self.chain(commit, staged)?;
        let key = |id: &ExecutionId| changed.get(id).expect("the check has seen every execution").key;
        for RowWrite { row, before: _ } in &commit.rows {
            let key = key(&row.id);
            places.keys.push(key);
            self.row.push(&RecordRef::row(key, row));
        }
        for HistoryAppend { execution: id, tenant: _, first_seq, events, blob } in &commit.appends {
            let key = key(id);
            places.keys.push(key);
            self.row.push(&RecordRef::Append { key, id: *id, first_seq: *first_seq, events: *events, blob });
        }
        for write in &commit.subscriptions {
            let key = key(&write.execution);
            places.keys.push(key);
            self.row.push(&RecordRef::Subscriptions { key, write });
        }
        for (record, Head { seq, hash }) in commit.audits.iter().zip(&heads) {
            self.row.push(&RecordRef::Audit { seq: *seq, hash: *hash, record });
        }
        for record in &commit.idempotency {
            staged.kept.insert((record.tenant.clone(), Arc::clone(&record.key)));
            self.row.push(&RecordRef::Idempotency(record));
        }
        for write in &commit.rows {
            staged.deleted.remove(&write.row.id);
            staged.note_key(write);
        }
        staged.appends += commit.appends.len();
        places.audits = heads;
        Ok(())
    }

    /// Gives each audit record its place in its tenant's chain.
    fn chain(&mut self, commit: &Commit, staged: &Staged) -> Result<Vec<Head>, Error> {
        let mut heads = Vec::with_capacity(commit.audits.len());
        for record in &commit.audits {
            let head = match self.heads.get(&record.tenant) {
                Some(head) => *head,
                None => self.view(staged).audit_head(&record.tenant)?,
            };
            let seq = head.seq + 1;
            let head = Head { seq, hash: audit::hash(&head.hash, seq, record) };
            match self.heads.get_mut(&record.tenant) {
                Some(last) => *last = head,
                None => {
                    self.heads.insert(record.tenant.clone(), head);
                }
            }
            heads.push(head);
        }
        Ok(heads)
    }

    /// Puts an execution's deletion into the transaction.
    pub(super) fn delete(
        &mut self,
        id: ExecutionId,
        staged: &mut Staged,
        places: &mut Places,
    ) -> Result<bool, Error> {
        let Some(known) = self.known(id, staged)? else { return Ok(false) };
        let key = known.key;
        places.moves.push(Move { from: Some((known.group, known.status)), to: None });
        places.deleted.push((key, id));
        staged.deleted.insert(id);
        self.row.push(&RecordRef::Deleted { key, id });
        Ok(true)
    }

    /// Shows an accepted request to readers; returns the bytes that it takes in memory.
    pub(super) fn show(&mut self, commit: Commit, places: Places) -> usize {
        let generation = self.overlay.now().active;
        let mut keys = places.keys.into_iter();
        let mut bytes = 0;
        for RowWrite { row, before } in commit.rows {
            let key = keys.next().expect("one for each row");
            bytes += 400;
            generation.put_row(key, row, before.is_none());
        }
        for HistoryAppend { execution, tenant: _, first_seq, events, blob } in commit.appends {
            let key = keys.next().expect("one for each append");
            bytes += generation.append(execution, key, first_seq, events, &blob);
        }
        for write in commit.subscriptions {
            let key = keys.next().expect("one for each set of subscriptions");
            bytes += 200 + SUBSCRIPTION_BYTES * write.subscriptions.len();
            generation.subscribe(key, write);
        }
        for (record, Head { seq, hash }) in commit.audits.into_iter().zip(places.audits) {
            bytes += 300;
            generation.audit(StoredAudit { seq, hash, record });
        }
        for record in commit.idempotency {
            bytes += 200 + record.response.as_bytes().len();
            generation.keep(record);
        }
        for (key, id) in places.deleted {
            generation.delete(id, key);
            self.memory.forget(id);
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        places.moves.into_iter().for_each(|step| counts.note(step));
        bytes
    }
}

impl Writer {
    /// What is known of an execution, from memory, the overlay, or the tables.
    pub(super) fn known(&mut self, id: ExecutionId, staged: &Staged) -> Result<Option<Known>, Error> {
        if staged.deleted.contains(&id) {
            return Ok(None);
        }
        if let Some(known) = self.memory.recall(id) {
            return Ok(Some(known.clone()));
        }
        let view = self.view(staged);
        let (Some(row), Some(key)) = (view.row(id)?, view.key(id)?) else { return Ok(None) };
        let last_seq = view.last_seq(id, key)?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let group = counts.group(&row.tenant, &row.definition);
        Ok(Some(Known { key, tenant: row.tenant.clone(), status: row.status, group, last_seq }))
    }

    /// Asks the database something small.
    pub(super) fn ask<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T, Error> {
        self.db.query_row(sql, [], |row| row.get(0)).map_err(from_sql)
    }
}

//! Moving a frozen generation into the tables, a slice in each transaction, and deleting its journal rows afterwards.
//!
//! Until all of it is moved, the journal holds all of it: a crash half-way repeats the whole generation, so every
//! write here gives the same result when it is done again.

use super::Writer;
use crate::error::{from_sql, undecodable};
use crate::overlay::{Entry, Generation};
use crate::read::executions::history_key;
use crate::read::subscriptions::{correlation_column, kind_column};
use crate::row::{self, id_bytes, ms};
use crate::shared::add;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tenure_store::limits::HISTORY_SEQ_MAX;
use tenure_store::{Error, ExecutionRow, IdempotencyRecord, StoredAudit, Subscription, SubscriptionWrite};
use tenure_types::{DefinitionId, ExecutionId, Status, TenantId};

/// Items of the smallest slice that work pays for: below it, a transaction's fixed cost is not shared well.
const SLICE_MIN: usize = 64;
/// Time of a slice that nothing has paid for, inside a transaction that somebody waits for.
const SLICE_AGED: Duration = Duration::from_millis(1);
/// Time of a slice when there is nothing else to do: a request that comes waits for no more than this.
const SLICE_IDLE: Duration = Duration::from_millis(3);
/// Time of a slice when the next generation is full already: memory is bounded, so work has to wait.
const SLICE_URGENT: Duration = Duration::from_millis(20);
/// Items between two looks at the clock.
const ITEMS_A_LOOK: usize = 8;
/// Journal rows deleted in one transaction.
const PURGE_ROWS: i64 = 64;

/// One thing to move.
#[derive(Debug)]
enum Item {
    Execution(ExecutionId),
    Audit(Arc<StoredAudit>),
    Kept(Arc<IdempotencyRecord>),
}

/// A generation on its way into the tables.
#[derive(Debug)]
pub(super) struct Moving {
    generation: Arc<Generation>,
    items: Vec<Item>,
    /// Items that are in the tables.
    at: usize,
    /// Items that are, if the transaction commits.
    next: usize,
    /// Items that are owed for the work that was accepted since.
    credit: usize,
    /// Appends it held when it was frozen: it should be moved before as many have come again.
    appends: usize,
    /// The last journal row whose content is in it.
    upto: i64,
    /// Whether parts of it may be in tables already.
    recovered: bool,
    since: Instant,
}

/// How much is moved in one transaction.
#[derive(Clone, Copy, Debug)]
enum Slice {
    Items(usize),
    Time(Duration),
}

impl Slice {
    /// Whether there is to be more than what was moved since `begun`. Never nothing at all.
    fn goes_on(self, moved: usize, begun: Instant) -> bool {
        match self {
            Self::Items(count) => moved < count,
            Self::Time(budget) => {
                !moved.is_multiple_of(ITEMS_A_LOOK) || moved == 0 || begun.elapsed() < budget
            }
        }
    }
}

impl Moving {
    fn new(generation: Arc<Generation>, appends: usize, upto: i64, recovered: bool) -> Self {
        let executions = generation.ids().into_iter().map(|(_, id)| Item::Execution(id));
        let audits = generation.all_audits().into_iter().map(Item::Audit);
        let kept = generation.all_kept(|_| true).into_iter().map(Item::Kept);
        let items = executions.chain(audits).chain(kept).collect();
        Self { generation, items, at: 0, next: 0, credit: 0, appends, upto, recovered, since: Instant::now() }
    }

    /// A generation that was read from the journal's tail.
    pub(super) fn recovered(generation: Arc<Generation>, upto: i64) -> Self {
        Self::new(generation, 1, upto, true)
    }

    /// The transaction was rolled back.
    pub(super) fn forget_step(&mut self) {
        self.next = self.at;
    }

    fn left(&self) -> usize {
        self.items.len() - self.at
    }
}

impl Writer {
    /// Moves as much as the transaction's own work pays for.
    pub(super) fn move_some(&mut self, appends: usize) -> Result<(), Error> {
        let urgent = self.active_full();
        let aged = Duration::from_millis(self.options.apply_age_ms);
        let Some(moving) = &mut self.moving else { return self.purge(PURGE_ROWS / 8) };
        // A quarter more than its share, so that it ends before the next generation is full.
        let share = moving.items.len() * appends * 5 / 4 / moving.appends.max(1);
        moving.credit += share;
        let slice = if urgent {
            Slice::Time(SLICE_URGENT)
        } else if moving.credit >= SLICE_MIN {
            // What was put off is made up for little by little.
            Slice::Items(moving.credit.min(SLICE_MIN + 2 * share))
        } else if moving.since.elapsed() > aged {
            Slice::Time(SLICE_AGED)
        } else {
            return Ok(());
        };
        self.move_slice(slice)
    }

    fn move_slice(&mut self, slice: Slice) -> Result<(), Error> {
        let Some(mut moving) = self.moving.take() else { return Ok(()) };
        let outcome = self.write_slice(&mut moving, slice);
        self.moving = Some(moving);
        outcome
    }

    fn write_slice(&self, moving: &mut Moving, slice: Slice) -> Result<(), Error> {
        let mut tables = Tables { db: &self.db, shards: self.shards(), counts: BTreeMap::new() };
        let begun = Instant::now();
        let mut end = moving.at;
        while end < moving.items.len() && slice.goes_on(end - moving.at, begun) {
            tables.item(moving, &moving.items[end])?;
            end += 1;
        }
        tables.write_counts()?;
        moving.next = end;
        if end == moving.items.len() {
            let mut statement = self.db.prepare_cached("UPDATE meta SET applied = ?").map_err(from_sql)?;
            statement.execute([moving.upto]).map_err(from_sql)?;
        }
        Ok(())
    }

    /// The transaction is durable: so is what it moved.
    pub(super) fn moved(&mut self) {
        let Some(moving) = &mut self.moving else { return };
        if moving.next > moving.at {
            moving.credit = moving.credit.saturating_sub(moving.next - moving.at);
            moving.at = moving.next;
        }
        if moving.left() == 0 {
            self.purge_upto = moving.upto;
            self.wal.free((self.moving.take(), self.overlay.thaw()));
        }
    }

    /// Whether every journal row that is in tables is deleted.
    pub(super) fn purged(&self) -> bool {
        let first = self.journal_id + 1 - self.journal_rows();
        first > self.purge_upto
    }

    fn journal_rows(&self) -> i64 {
        i64::try_from(self.shared.journal_rows.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }

    fn purge(&mut self, rows: i64) -> Result<(), Error> {
        if self.purged() {
            return Ok(());
        }
        let first: Option<i64> = self.ask("SELECT min(id) FROM journal")?;
        let Some(first) = first else { return Ok(()) };
        let upto = self.purge_upto.min(first + rows - 1);
        let mut statement = self.db.prepare_cached("DELETE FROM journal WHERE id <= ?").map_err(from_sql)?;
        let deleted = statement.execute([upto]).map_err(from_sql)?;
        let left = self.shared.journal_rows.load(Ordering::Relaxed).saturating_sub(deleted as u64);
        self.shared.journal_rows.store(left, Ordering::Relaxed);
        Ok(())
    }

    fn active_full(&self) -> bool {
        self.active.appends >= self.options.apply_appends || self.active.bytes >= self.options.apply_bytes
    }

    /// Starts a new generation when the growing one is large or old enough.
    pub(super) fn freeze_if_due(&mut self) {
        let Some(since) = self.active.since else { return };
        let old = since.elapsed() >= Duration::from_millis(self.options.apply_age_ms);
        if self.moving.is_none() && (old || self.active_full()) {
            let generation = self.overlay.freeze();
            let appends = std::mem::take(&mut self.active).appends;
            let moving = Moving::new(generation, appends, self.journal_id, false);
            self.shared.overlay_executions.store(moving.items.len() as u64, Ordering::Relaxed);
            self.moving = Some(moving);
        }
    }

    /// Uses a pause: moves a slice, or deletes journal rows, in a transaction of their own.
    pub(super) fn tidy(&mut self) {
        if self.shared.stopped.load(Ordering::Acquire) {
            return;
        }
        self.freeze_if_due();
        if self.wal.catching_up() || (self.moving.is_none() && self.purged()) {
            self.checkpoint_if_due();
            return;
        }
        match self.tidy_transaction() {
            Ok(()) => {
                self.moved();
                add(&self.shared.fsyncs, 1);
                self.note_log();
            }
            Err(Error::Full) => {
                // It stays in memory and in the journal; the next pause tries again.
                self.roll_back();
                self.shared.full.store(true, Ordering::Relaxed);
            }
            Err(error) => {
                self.shared.stopped.store(true, Ordering::Release);
                (self.options.fatal.0)(&error.to_string());
            }
        }
        self.checkpoint_if_due();
    }

    fn tidy_transaction(&mut self) -> Result<(), Error> {
        self.execute("BEGIN IMMEDIATE")?;
        if self.moving.is_some() {
            self.move_slice(Slice::Time(SLICE_IDLE))?;
        } else {
            self.purge(PURGE_ROWS)?;
        }
        self.execute("COMMIT")
    }
}

/// Where the counts have an execution.
pub(super) struct Place {
    pub(super) tenant: TenantId,
    pub(super) definition: DefinitionId,
    pub(super) status: Status,
    rest: Vec<u8>,
    started_at: i64,
}

/// Where the counts have an execution that is in the tables.
pub(super) fn stored_place(db: &Connection, key: u64) -> Result<Option<Place>, Error> {
    let sql =
        "SELECT tenant, namespace, name, version, status, rest, started_at FROM executions WHERE key = ?";
    let mut statement = db.prepare_cached(sql).map_err(from_sql)?;
    let columns = |row: &rusqlite::Row<'_>| -> rusqlite::Result<_> {
        let text = |column: usize| row.get::<_, String>(column);
        let definition =
            DefinitionId { namespace: text(1)?.into(), name: text(2)?.into(), version: text(3)?.into() };
        Ok((text(0)?, definition, row.get(4)?, row.get(5)?, row.get(6)?))
    };
    let Some((tenant, definition, status, rest, started_at)) =
        statement.query_row([key.cast_signed()], columns).optional().map_err(from_sql)?
    else {
        return Ok(None);
    };
    let (tenant, status) = (row::tenant(&tenant)?, row::status(status)?);
    Ok(Some(Place { tenant, definition, status, rest, started_at }))
}

/// The tables inside a transaction.
struct Tables<'a> {
    db: &'a Connection,
    shards: u16,
    counts: BTreeMap<(TenantId, DefinitionId, Status), i64>,
}

impl Tables<'_> {
    fn item(&mut self, moving: &Moving, item: &Item) -> Result<(), Error> {
        match item {
            Item::Execution(id) => {
                let part = moving.generation.part(*id);
                let entry = part.get(id).expect("nothing leaves a frozen generation");
                self.execution(*id, entry, moving.recovered)
            }
            Item::Audit(audit) => self.audit(audit),
            // A swept record is not brought back.
            Item::Kept(record) if moving.generation.kept(&record.tenant, &record.key).is_none() => Ok(()),
            Item::Kept(record) => self.keep(record),
        }
    }

    fn execution(&mut self, id: ExecutionId, entry: &Entry, recovered: bool) -> Result<(), Error> {
        for key in &entry.gone {
            self.delete(*key)?;
        }
        if entry.deleted {
            return Ok(());
        }
        if let Some(chunk) = entry.chunks.first()
            && recovered
        {
            self.delete_history(entry.key, chunk.first_seq)?;
        }
        if !entry.chunks.is_empty() {
            let mut insert = self.db.prepare_cached("INSERT INTO history VALUES (?, ?)").map_err(from_sql)?;
            for chunk in &entry.chunks {
                let k = history_key(entry.key, chunk.first_seq);
                insert.execute(params![k, chunk.bytes]).map_err(from_sql)?;
            }
        }
        let in_no_table = entry.fresh && !recovered;
        if let Some(row) = &entry.row {
            let stored = if in_no_table { None } else { stored_place(self.db, entry.key)? };
            self.row(id, entry.key, row, stored)?;
        }
        if let Some(write) = &entry.subscriptions {
            let stored = if in_no_table { None } else { self.subscribed(entry.key)? };
            self.subscribe(entry.key, write, stored.as_ref())?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        id: ExecutionId,
        key: u64,
        row: &ExecutionRow,
        stored: Option<Place>,
    ) -> Result<(), Error> {
        let rest = row::rest(row);
        self.count(&row.tenant, &row.definition, row.status, 1);
        match stored {
            None => {
                self.write_row("INSERT", id, key, row, &rest)?;
                self.insert_labels(key, row)
            }
            Some(place) => {
                self.count(&place.tenant, &place.definition, place.status, -1);
                self.write_row("REPLACE", id, key, row, &rest)?;
                let labels = row::labels(&place.rest)?;
                if labels == row.labels && place.started_at == ms(row.started_at) {
                    return Ok(());
                }
                self.delete_labels(key, &place.tenant, place.started_at, &labels)?;
                self.insert_labels(key, row)
            }
        }
    }

    fn write_row(
        &self,
        verb: &str,
        id: ExecutionId,
        key: u64,
        row: &ExecutionRow,
        rest: &[u8],
    ) -> Result<(), Error> {
        let sql = if verb == "INSERT" {
            "INSERT INTO executions VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)"
        } else {
            "UPDATE executions SET id=?2, tenant=?3, shard=?4, status=?5, compensation=?6, namespace=?7, name=?8, \
             version=?9, business_key=?10, correlation_id=?11, started_at=?12, updated_at=?13, ended_at=?14, due=?15, \
             rest=?16, owing=?17, parent=?18 WHERE key=?1"
        };
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let values = params![
            key.cast_signed(),
            id_bytes(id),
            row.tenant.as_str(),
            id.shard(self.shards).0,
            row.status as u8,
            row.compensation as u8,
            row.definition.namespace,
            row.definition.name,
            row.definition.version,
            row.key,
            row.correlation_id,
            ms(row.started_at),
            ms(row.updated_at),
            row.ended_at.map(ms),
            row.due.map(ms),
            rest,
            row.owing,
            row.parent.map(id_bytes),
        ];
        statement.execute(values).map(drop).map_err(from_sql)
    }

    fn insert_labels(&self, key: u64, row: &ExecutionRow) -> Result<(), Error> {
        if row.labels.is_empty() {
            return Ok(());
        }
        let sql = "INSERT OR IGNORE INTO labels VALUES (?, ?, ?, ?, ?)";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        for (name, value) in &row.labels {
            let values = params![row.tenant.as_str(), name, value, ms(row.started_at), key.cast_signed()];
            statement.execute(values).map_err(from_sql)?;
        }
        Ok(())
    }

    fn delete_labels(
        &self,
        key: u64,
        tenant: &TenantId,
        started_at: i64,
        labels: &[(String, String)],
    ) -> Result<(), Error> {
        let sql =
            "DELETE FROM labels WHERE tenant = ? AND name = ? AND value = ? AND started_at = ? AND key = ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        for (name, value) in labels {
            let values = params![tenant.as_str(), name, value, started_at, key.cast_signed()];
            statement.execute(values).map_err(from_sql)?;
        }
        Ok(())
    }

    fn delete(&mut self, key: u64) -> Result<(), Error> {
        self.delete_history(key, 0)?;
        if let Some(stored) = self.subscribed(key)? {
            let nothing = SubscriptionWrite { subscriptions: vec![], ..stored.clone() };
            self.subscribe(key, &nothing, Some(&stored))?;
        }
        let Some(place) = stored_place(self.db, key)? else { return Ok(()) };
        self.count(&place.tenant, &place.definition, place.status, -1);
        self.delete_labels(key, &place.tenant, place.started_at, &row::labels(&place.rest)?)?;
        let mut statement =
            self.db.prepare_cached("DELETE FROM executions WHERE key = ?").map_err(from_sql)?;
        statement.execute([key.cast_signed()]).map(drop).map_err(from_sql)
    }

    /// What the tables say that an execution waits for.
    fn subscribed(&self, key: u64) -> Result<Option<SubscriptionWrite>, Error> {
        let sql = "SELECT record FROM subscribed WHERE key = ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let record: Option<Vec<u8>> =
            statement.query_row([key.cast_signed()], |row| row.get(0)).optional().map_err(from_sql)?;
        let decode = |record: Vec<u8>| postcard::from_bytes(&record);
        record.map(decode).transpose().map_err(|error| undecodable("a set of subscriptions", error))
    }

    /// Writes the difference between what is stored and what is wanted.
    fn subscribe(
        &self,
        key: u64,
        wanted: &SubscriptionWrite,
        stored: Option<&SubscriptionWrite>,
    ) -> Result<(), Error> {
        let before: BTreeSet<&Subscription> =
            stored.iter().flat_map(|stored| &stored.subscriptions).collect();
        let after: BTreeSet<&Subscription> = wanted.subscriptions.iter().collect();
        if before == after {
            return Ok(());
        }
        let delete = "DELETE FROM subscriptions WHERE tenant = ? AND kind = ? AND digest = ? AND task = ? AND filter = ? \
                      AND correlation = ? AND execution = ?";
        self.each_subscription(delete, wanted, before.difference(&after))?;
        let insert = "INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?)";
        self.each_subscription(insert, wanted, after.difference(&before))?;
        let key = key.cast_signed();
        if after.is_empty() {
            let mut statement =
                self.db.prepare_cached("DELETE FROM subscribed WHERE key = ?").map_err(from_sql)?;
            return statement.execute([key]).map(drop).map_err(from_sql);
        }
        let record = postcard::to_stdvec(wanted).expect("a vector takes every byte");
        let sql = "INSERT OR REPLACE INTO subscribed VALUES (?, ?)";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        statement.execute(params![key, record]).map(drop).map_err(from_sql)
    }

    fn each_subscription<'a>(
        &self,
        sql: &str,
        of: &SubscriptionWrite,
        subscriptions: impl Iterator<Item = &'a &'a Subscription>,
    ) -> Result<(), Error> {
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        for Subscription { kind, task, filter, correlation } in subscriptions {
            let (kind, correlation) =
                (kind_column(kind.as_deref()), correlation_column(correlation.as_ref()));
            let execution = id_bytes(of.execution);
            let values = params![of.tenant.as_str(), kind, of.digest.0, task, filter, correlation, execution];
            statement.execute(values).map_err(from_sql)?;
        }
        Ok(())
    }

    fn delete_history(&self, key: u64, from_seq: u64) -> Result<(), Error> {
        let mut statement =
            self.db.prepare_cached("DELETE FROM history WHERE k BETWEEN ? AND ?").map_err(from_sql)?;
        let bounds = [history_key(key, from_seq), history_key(key, HISTORY_SEQ_MAX)];
        statement.execute(bounds).map(drop).map_err(from_sql)
    }

    fn count(&mut self, tenant: &TenantId, definition: &DefinitionId, status: Status, n: i64) {
        *self.counts.entry((tenant.clone(), definition.clone(), status)).or_default() += n;
    }

    fn write_counts(&self) -> Result<(), Error> {
        let sql = "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        for ((tenant, definition, status), n) in self.counts.iter().filter(|(_, n)| **n != 0) {
            let DefinitionId { namespace, name, version } = definition;
            let values = params![tenant.as_str(), namespace, name, version, *status as u8, n];
            statement.execute(values).map_err(from_sql)?;
        }
        Ok(())
    }

    fn audit(&self, audit: &StoredAudit) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO audit VALUES (?, ?, ?, ?, ?, ?)";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let record = postcard::to_stdvec(&audit.record).expect("a vector takes every byte");
        let (tenant, resource) = (audit.record.tenant.as_str(), &audit.record.resource);
        let values = params![tenant, audit.seq.cast_signed(), audit.hash, resource.kind, resource.id, record];
        statement.execute(values).map(drop).map_err(from_sql)
    }

    fn keep(&self, record: &IdempotencyRecord) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?)";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let bytes = postcard::to_stdvec(record).expect("a vector takes every byte");
        let values = params![record.tenant.as_str(), record.key, ms(record.expires_at), bytes];
        statement.execute(values).map(drop).map_err(from_sql)
    }
}

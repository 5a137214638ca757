//! Reads of executions, and their deletion.

use super::Core;
use crate::filter::Filter;
use crate::query::{Cursor, DueCursor, KeyHolders, Order, Page, Query};
use crate::records::{Act, ExecutionRow, HistoryBlob, LoadedExecution};
use crate::traits::Result;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{ExecutionId, ShardId, Status, TenantId, Timestamp};

impl Core {
    /// An execution with its whole history.
    pub fn load(&self, id: ExecutionId) -> Option<LoadedExecution> {
        let stored = self.executions.get(&id)?;
        Some(LoadedExecution { row: Arc::clone(&stored.row), history: stored.history.clone() })
    }

    /// Executions of a shard with something under way, by id.
    pub fn open_executions(
        &self,
        shard: ShardId,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Vec<Arc<ExecutionRow>> {
        let shards = self.shard_count();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.executions.range((start, Bound::Unbounded)).map(|(_, stored)| &stored.row);
        rows.filter(|row| row.id.shard(shards) == shard && row.attended())
            .take(limit)
            .map(Arc::clone)
            .collect()
    }

    /// Executions that are due, by (due, id).
    pub fn due(
        &self,
        shard: Option<ShardId>,
        until: Timestamp,
        after: Option<DueCursor>,
        limit: usize,
    ) -> Vec<DueCursor> {
        let shards = self.shard_count();
        let mut due: Vec<DueCursor> = self
            .executions
            .values()
            .filter_map(|stored| stored.row.due.map(|due| DueCursor { due, id: stored.row.id }))
            .filter(|at| at.due <= until && after.is_none_or(|after| *at > after))
            .filter(|at| shard.is_none_or(|shard| at.id.shard(shards) == shard))
            .collect();
        due.sort_unstable();
        due.truncate(limit);
        due
    }

    /// An execution's row, if it is the tenant's.
    pub fn row(&self, tenant: &TenantId, id: ExecutionId) -> Option<Arc<ExecutionRow>> {
        self.executions
            .get(&id)
            .filter(|stored| stored.row.tenant == *tenant)
            .map(|stored| Arc::clone(&stored.row))
    }

    /// A part of an execution's history, if it is the tenant's.
    pub fn history(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        after_seq: u64,
        limit: usize,
    ) -> Option<Vec<HistoryBlob>> {
        let stored = self.executions.get(&id).filter(|stored| stored.row.tenant == *tenant)?;
        let mut pieces = Vec::new();
        for piece in stored.history.iter().filter(|piece| piece.last_seq() > after_seq) {
            if piece.first_seq.saturating_sub(after_seq.saturating_add(1)) >= limit as u64 {
                break;
            }
            pieces.push(piece.clone());
        }
        Some(pieces)
    }

    /// A page of a tenant's executions.
    pub fn list(&self, tenant: &TenantId, query: &Query) -> Page {
        let mut rows: Vec<&Arc<ExecutionRow>> =
            self.rows(tenant, &query.filter).filter(|row| query.includes(Cursor::of(row))).collect();
        rows.sort_unstable_by(|a, b| query.order.compare(&Cursor::of(a), &Cursor::of(b)));
        let page_size = query.page_size.min(PAGE_ITEMS_MAX);
        let more = rows.len() > page_size;
        rows.truncate(page_size);
        let next = rows.last().filter(|_| more).map(|row| Cursor::of(row));
        Page { rows: rows.into_iter().map(Arc::clone).collect(), next }
    }

    /// How many of a tenant's executions match, by status.
    pub fn count(&self, tenant: &TenantId, filter: &Filter) -> BTreeMap<Status, u64> {
        let mut counts = BTreeMap::new();
        for row in self.rows(tenant, filter) {
            *counts.entry(row.status).or_default() += 1;
        }
        counts
    }

    fn rows<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a Filter,
    ) -> impl Iterator<Item = &'a Arc<ExecutionRow>> {
        let rows = self.executions.values().map(|stored| &stored.row);
        rows.filter(move |row| row.tenant == *tenant && filter.matches(row))
    }

    /// Who bears a key.
    pub fn find_by_key(&self, tenant: &TenantId, namespace: &str, name: &str, key: &str) -> KeyHolders {
        let mut holders = KeyHolders::default();
        let mut ended = None;
        for row in self.rows(tenant, &Filter::everything()) {
            let definition = &row.definition;
            let named = &*definition.namespace == namespace && &*definition.name == name;
            if !named || row.key.as_deref() != Some(key) {
                continue;
            }
            if !row.status.ended() {
                holders.open = Some((row.id, row.status));
            } else if ended < Some(Cursor::of(row)) {
                ended = Some(Cursor::of(row));
                holders.ended = Some((row.id, row.status));
            }
        }
        holders
    }

    /// Deletes those of a tenant's executions that have ended.
    pub fn delete_ended(&mut self, tenant: &TenantId, ids: &[ExecutionId], act: Act) -> Result<u64> {
        self.check_act(&act)?;
        let before = self.executions.len();
        for id in ids {
            if self.row(tenant, *id).is_some_and(|row| row.status.ended()) {
                self.executions.remove(id);
            }
        }
        self.write_act(act);
        Ok((before - self.executions.len()) as u64)
    }

    /// Deletes a tenant's executions that ended before an instant, the earliest first.
    pub fn delete_ended_before(
        &mut self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
        act: Act,
    ) -> Result<u64> {
        self.check_act(&act)?;
        let mut ended: Vec<(Timestamp, ExecutionId)> = self
            .rows(tenant, &Filter::everything())
            .filter(|row| !row.owing)
            .filter_map(|row| row.ended_at.filter(|ended_at| *ended_at < before).map(|at| (at, row.id)))
            .collect();
        ended.sort_unstable();
        ended.truncate(limit);
        for (_, id) in &ended {
            self.executions.remove(id);
        }
        self.write_act(act);
        Ok(ended.len() as u64)
    }
}

impl Order {
    /// How two positions stand in this order.
    pub fn compare(self, a: &Cursor, b: &Cursor) -> std::cmp::Ordering {
        match self {
            Self::NewestFirst => b.cmp(a),
            Self::OldestFirst => a.cmp(b),
        }
    }
}

impl Query {
    /// Whether a position comes after the query's cursor.
    pub fn includes(&self, at: Cursor) -> bool {
        self.cursor.is_none_or(|cursor| self.order.compare(&cursor, &at).is_lt())
    }
}

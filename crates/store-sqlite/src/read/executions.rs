//! Single executions, their histories, and the engine's own indexes.

use super::View;
use crate::chunk::{self, Chunk, Wanted};
use crate::error::from_sql;
use crate::overlay::{Generation, Said};
use crate::row::{self, COLUMNS, from_ms, id_bytes, ms};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_store::{Cursor, DueCursor, Error, ExecutionRow, HistoryBlob, KeyHolders, LoadedExecution};
use tenure_types::{ExecutionId, ShardId, TenantId, Timestamp};

/// The key of an execution's first possible history row.
pub(crate) fn history_key(key: u64, seq: u64) -> i64 {
    i64::try_from((key << 20) | seq).expect("internal keys are sequential and far smaller")
}

/// The highest sequence number in an execution's tables; 0 without any.
pub(crate) fn last_seq(db: &Connection, key: u64) -> Result<u64, Error> {
    let mut statement = db
        .prepare_cached("SELECT k, blob FROM history WHERE k BETWEEN ? AND ? ORDER BY k DESC LIMIT 1")
        .map_err(from_sql)?;
    let bounds = [history_key(key, 0), history_key(key, tenure_store::limits::HISTORY_SEQ_MAX)];
    let mut rows = statement.query(bounds).map_err(from_sql)?;
    let Some(stored) = rows.next().map_err(from_sql)? else { return Ok(0) };
    let mut pieces = Vec::new();
    read_chunk(stored, &Wanted::ALL, &mut pieces)?;
    Ok(pieces.last().map_or(0, HistoryBlob::last_seq))
}

fn read_chunk(
    stored: &rusqlite::Row<'_>,
    wanted: &Wanted,
    pieces: &mut Vec<HistoryBlob>,
) -> Result<bool, Error> {
    let k: i64 = stored.get(0).map_err(from_sql)?;
    let first_seq = u64::try_from(k).unwrap_or(0) & tenure_store::limits::HISTORY_SEQ_MAX;
    if wanted.satisfied(first_seq) {
        return Ok(false);
    }
    let bytes = stored.get_ref(1).map_err(from_sql)?.as_blob().map_err(|error| from_sql(error.into()))?;
    chunk::read(first_seq, bytes, wanted, pieces)?;
    Ok(true)
}

impl View<'_> {
    /// An execution's newest row.
    pub(crate) fn row(&self, id: ExecutionId) -> Result<Option<Arc<ExecutionRow>>, Error> {
        match self.generations.row(id) {
            Said::Row(row) => Ok(Some(row)),
            Said::Deleted => Ok(None),
            Said::Nothing => Ok(self.table_row(id)?.map(Arc::new)),
        }
    }

    fn table_row(&self, id: ExecutionId) -> Result<Option<ExecutionRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM executions e WHERE e.id = ?");
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        let mut rows = statement.query([id_bytes(id)]).map_err(from_sql)?;
        rows.next().map_err(from_sql)?.map(row::decode).transpose()
    }

    /// The internal key of an execution that is not deleted.
    pub(crate) fn key(&self, id: ExecutionId) -> Result<Option<u64>, Error> {
        for generation in self.generations.each() {
            if let Some(entry) = generation.part(id).get(&id) {
                return Ok(if entry.deleted { None } else { Some(entry.key) });
            }
        }
        let mut statement =
            self.db.prepare_cached("SELECT key FROM executions WHERE id = ?").map_err(from_sql)?;
        statement
            .query_row([id_bytes(id)], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))
            .optional()
            .map_err(from_sql)
    }

    /// The highest sequence number of an execution.
    pub(crate) fn last_seq(&self, id: ExecutionId, key: u64) -> Result<u64, Error> {
        for generation in self.generations.each() {
            let part = generation.part(id);
            if let Some(chunk) =
                part.get(&id).filter(|entry| entry.key == key).and_then(|entry| entry.chunks.last())
            {
                return Ok(chunk.last_seq);
            }
        }
        last_seq(self.db, key)
    }

    /// An execution with its whole history.
    pub(crate) fn load(&self, id: ExecutionId) -> Result<Option<LoadedExecution>, Error> {
        // The row is read first: a history that is newer than it loses nothing, the other way round it would.
        let Some(row) = self.row(id)? else { return Ok(None) };
        Ok(self.pieces(id, &Wanted::ALL)?.map(|history| LoadedExecution { row, history }))
    }

    /// A part of a history, if the execution is the tenant's.
    pub(crate) fn history(
        &self,
        tenant: &TenantId,
        id: ExecutionId,
        wanted: &Wanted,
    ) -> Result<Option<Vec<HistoryBlob>>, Error> {
        match self.row(id)? {
            Some(row) if row.tenant == *tenant => self.pieces(id, wanted),
            Some(_) | None => Ok(None),
        }
    }

    fn pieces(&self, id: ExecutionId, wanted: &Wanted) -> Result<Option<Vec<HistoryBlob>>, Error> {
        let Some(key) = self.key(id)? else { return Ok(None) };
        // Taken before the tables are read, see `overlay`; newest generation first. Another key is another life.
        let chunks = |generation: &Generation| {
            let part = generation.part(id);
            part.get(&id).filter(|entry| entry.key == key).map_or_else(Vec::new, |entry| entry.chunks.clone())
        };
        let newer: Vec<Vec<Chunk>> = self.generations.each().map(chunks).collect();
        let mut pieces = Vec::new();
        self.table_pieces(key, wanted, &mut pieces)?;
        for chunk in newer.iter().rev().flatten() {
            chunk::read(chunk.first_seq, &chunk.bytes, wanted, &mut pieces)?;
        }
        Ok(Some(pieces))
    }

    fn table_pieces(&self, key: u64, wanted: &Wanted, pieces: &mut Vec<HistoryBlob>) -> Result<(), Error> {
        let seq_max = tenure_store::limits::HISTORY_SEQ_MAX;
        let first_wanted = history_key(key, wanted.after_seq.saturating_add(1).min(seq_max));
        // The last chunk that starts at or before the first event wanted holds it.
        let sql = "SELECT k, blob FROM history WHERE k BETWEEN coalesce(\
                   (SELECT max(k) FROM history WHERE k BETWEEN ?1 AND ?2), ?1) AND ?3 ORDER BY k";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let bounds = params![history_key(key, 0), first_wanted, history_key(key, seq_max)];
        let mut rows = statement.query(bounds).map_err(from_sql)?;
        while let Some(stored) = rows.next().map_err(from_sql)? {
            if !read_chunk(stored, wanted, pieces)? {
                break;
            }
        }
        Ok(())
    }

    /// Executions of a shard with something under way, by id.
    pub(crate) fn open_executions(
        &self,
        shard: ShardId,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<Arc<ExecutionRow>>, Error> {
        let wanted = |row: &ExecutionRow| {
            row.id.shard(self.shards) == shard && row.attended() && after.is_none_or(|after| row.id > after)
        };
        let newer = self.generations.rows(wanted);
        let mut found: BTreeMap<ExecutionId, Arc<ExecutionRow>> =
            newer.into_iter().map(|row| (row.id, row)).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM executions e WHERE e.shard = ? AND (e.status IN (0, 1, 3) OR e.owing = 1) AND e.id > ? ORDER BY e.id"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        // An id has 16 bytes; the empty blob sorts before all.
        let after = after.map_or_else(Vec::new, |id| id_bytes(id).to_vec());
        let mut rows = statement.query(params![shard.0, after]).map_err(from_sql)?;
        let mut taken = 0;
        while taken < limit {
            let Some(stored) = rows.next().map_err(from_sql)? else { break };
            let id = row::id(stored.get(0).map_err(from_sql)?);
            let row = match self.generations.row(id) {
                Said::Nothing => Arc::new(row::decode(stored)?),
                Said::Row(newer) if newer.attended() => newer,
                Said::Row(_) | Said::Deleted => continue,
            };
            found.insert(id, row);
            taken += 1;
        }
        Ok(found.into_values().take(limit).collect())
    }

    /// Executions that are due, by (due, id).
    pub(crate) fn due(
        &self,
        shard: Option<ShardId>,
        until: Timestamp,
        after: Option<DueCursor>,
        limit: usize,
    ) -> Result<Vec<DueCursor>, Error> {
        let at = |row: &ExecutionRow| row.due.map(|due| DueCursor { due, id: row.id });
        let wanted = |row: &ExecutionRow| {
            let in_time = at(row).is_some_and(|at| at.due <= until && after.is_none_or(|after| at > after));
            in_time && shard.is_none_or(|shard| row.id.shard(self.shards) == shard)
        };
        let mut due: Vec<DueCursor> =
            self.generations.rows(wanted).iter().filter_map(|row| at(row)).collect();
        let shards = shard.map_or(0..self.shards, |shard| shard.0..shard.0 + 1);
        for shard in shards {
            self.table_due(ShardId(shard), until, after, limit, &mut due)?;
        }
        due.sort_unstable();
        due.dedup();
        due.truncate(limit);
        Ok(due)
    }

    fn table_due(
        &self,
        shard: ShardId,
        until: Timestamp,
        after: Option<DueCursor>,
        limit: usize,
        due: &mut Vec<DueCursor>,
    ) -> Result<(), Error> {
        let sql = "SELECT due, id FROM executions WHERE shard = ? AND due BETWEEN ? AND ? ORDER BY due, id";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let from = after.map_or(0, |after| ms(after.due));
        let mut rows = statement.query(params![shard.0, from, ms(until)]).map_err(from_sql)?;
        let mut taken = 0;
        while taken < limit {
            let Some(stored) = rows.next().map_err(from_sql)? else { break };
            let at = DueCursor {
                due: from_ms(stored.get(0).map_err(from_sql)?),
                id: row::id(stored.get(1).map_err(from_sql)?),
            };
            // A newer row is in `due` already if it is due.
            let stale = matches!(self.generations.row(at.id), Said::Row(_) | Said::Deleted);
            if !stale && after.is_none_or(|after| at > after) {
                due.push(at);
                taken += 1;
            }
        }
        Ok(())
    }

    /// Who bears a key among the executions of a definition's name.
    pub(crate) fn find_by_key(
        &self,
        tenant: &TenantId,
        namespace: &str,
        name: &str,
        key: &str,
    ) -> Result<KeyHolders, Error> {
        let mut ids: Vec<ExecutionId> =
            self.generations.each().flat_map(|generation| generation.bearers(tenant, key)).collect();
        let sql =
            "SELECT id FROM executions WHERE tenant = ? AND business_key = ? AND namespace = ? AND name = ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let mut rows = statement.query(params![tenant.as_str(), key, namespace, name]).map_err(from_sql)?;
        while let Some(stored) = rows.next().map_err(from_sql)? {
            ids.push(row::id(stored.get(0).map_err(from_sql)?));
        }
        let mut holders = KeyHolders::default();
        let mut ended: Option<Cursor> = None;
        for id in ids {
            let Some(row) = self.row(id)? else { continue };
            let named = &*row.definition.namespace == namespace && &*row.definition.name == name;
            if !named || row.key.as_deref() != Some(key) || row.tenant != *tenant {
                continue;
            }
            if !row.status.ended() {
                holders.open = Some((row.id, row.status));
            } else if ended < Some(Cursor::of(&row)) {
                ended = Some(Cursor::of(&row));
                holders.ended = Some((row.id, row.status));
            }
        }
        Ok(holders)
    }

    /// Internal keys and ids of a tenant's executions that ended before an instant, the earliest first.
    pub(crate) fn ended_before(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, Error> {
        let at = |row: &ExecutionRow| {
            row.ended_at.filter(|ended_at| *ended_at < before && !row.owing).map(|at| (at, row.id))
        };
        let newer = self.generations.rows(|row| row.tenant == *tenant && at(row).is_some());
        let mut ended: Vec<(Timestamp, ExecutionId)> = newer.iter().filter_map(|row| at(row)).collect();
        let sql = "SELECT ended_at, id FROM executions WHERE tenant = ? AND ended_at < ? AND owing = 0 ORDER BY ended_at, id";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let mut rows = statement.query(params![tenant.as_str(), ms(before)]).map_err(from_sql)?;
        let mut taken = 0;
        while taken < limit {
            let Some(stored) = rows.next().map_err(from_sql)? else { break };
            let id = row::id(stored.get(1).map_err(from_sql)?);
            if matches!(self.generations.row(id), Said::Nothing) {
                ended.push((from_ms(stored.get(0).map_err(from_sql)?), id));
                taken += 1;
            }
        }
        ended.sort_unstable();
        ended.truncate(limit);
        Ok(ended.into_iter().map(|(_, id)| id).collect())
    }
}

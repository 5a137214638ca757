//! Opening: what the journal holds beyond the tables becomes the frozen generation, and is moved like any other.

use super::apply::{Moving, stored_place};
use super::checkpoint::Wal;
use super::{Active, Space, Writer};
use crate::counts::{Counts, GroupId, Move};
use crate::dir::DataDir;
use crate::error::from_sql;
use crate::journal;
use crate::known::Memory;
use crate::options::Options;
use crate::overlay::{Generation, Overlay};
use crate::row;
use crate::schema;
use crate::shared::Shared;
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tenure_store::Error;
use tenure_types::{DefinitionId, Epoch, Status, TenantId};

/// The epochs of all shards, by shard.
pub(super) fn epochs(db: &Connection) -> Result<Vec<Epoch>, Error> {
    let mut statement = db.prepare_cached("SELECT epoch FROM shards ORDER BY shard").map_err(from_sql)?;
    let epochs = statement
        .query_map([], |row| row.get(0).map(|epoch: i64| Epoch(epoch.cast_unsigned())))
        .map_err(from_sql)?;
    epochs.collect::<Result<_, _>>().map_err(from_sql)
}

impl Writer {
    /// Opens the store's file and reads what a commit is checked against.
    pub(crate) fn open(options: Options, dir: Arc<DataDir>, shared: Arc<Shared>) -> Result<Self, Error> {
        let mut db = schema::open_writer(&dir.database(), options.shards)?;
        if let Some(pages) = options.pages_max {
            db.pragma_update(None, "max_page_count", pages).map_err(from_sql)?;
        }
        let pages = Arc::new(AtomicU32::new(0));
        watch_log(&mut db, Arc::clone(&pages))?;
        let replayed = replay(&db)?;
        let mut counts = stored_counts(&db)?;
        let key_next = recount(&db, &replayed.generation, &mut counts)?;
        shared.journal_rows.store(replayed.rows, Ordering::Relaxed);
        let frozen = replayed.replayed.then(|| Arc::new(replayed.generation));
        let moving = frozen.clone().map(|generation| Moving::recovered(generation, replayed.last_id));
        dir.keep_reserve();
        dir.fill_log(options.log_filled_bytes);
        let database = dir.database();
        Ok(Self {
            epochs: epochs(&db)?,
            dir,
            overlay: Overlay::new(frozen),
            counts: Arc::new(Mutex::new(counts)),
            shared,
            memory: Memory::default(),
            heads: HashMap::new(),
            row: journal::Row::default(),
            key_next,
            journal_id: replayed.last_id,
            moving,
            purge_upto: replayed.applied,
            active: Active::default(),
            wal: Wal::new(&database, pages, options.checkpoint_pages)?,
            space: Space { looked_at: None, roomy: true },
            pausing: false,
            options,
            db,
        })
    }

    /// What readers share with the writer.
    pub(crate) fn parts(&self) -> (Overlay, Arc<Mutex<Counts>>, u16) {
        (self.overlay.clone(), Arc::clone(&self.counts), self.shards())
    }
}

fn watch_log(db: &mut Connection, pages: Arc<AtomicU32>) -> Result<(), Error> {
    let hook = move |_: &mut rusqlite::hooks::Wal, length: i32| {
        pages.store(u32::try_from(length).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    };
    db.wal_hook(Some(hook)).map_err(from_sql)
}

/// The journal's tail.
struct Replayed {
    generation: Generation,
    replayed: bool,
    rows: u64,
    applied: i64,
    last_id: i64,
}

fn replay(db: &Connection) -> Result<Replayed, Error> {
    let applied: i64 = db.query_row("SELECT applied FROM meta", [], |row| row.get(0)).map_err(from_sql)?;
    let mut replayed =
        Replayed { generation: Generation::default(), replayed: false, rows: 0, applied, last_id: applied };
    let mut statement =
        db.prepare("SELECT id, blob FROM journal WHERE id > ? ORDER BY id").map_err(from_sql)?;
    let mut rows = statement.query([applied]).map_err(from_sql)?;
    while let Some(row) = rows.next().map_err(from_sql)? {
        let id: i64 = row.get(0).map_err(from_sql)?;
        replayed.replayed = true;
        if id != replayed.last_id + 1 {
            return Err(Error::Corrupt(format!("journal row {} is missing", replayed.last_id + 1)));
        }
        let blob = row.get_ref(1).map_err(from_sql)?.as_blob().map_err(|error| from_sql(error.into()))?;
        journal::read(id, blob, |record| replayed.generation.replay(record))?;
        replayed.last_id = id;
    }
    // Rows that were moved and not yet deleted count, too: they are the first to go.
    let first: Option<i64> =
        db.query_row("SELECT min(id) FROM journal", [], |row| row.get(0)).map_err(from_sql)?;
    let rows = first.map_or(0, |first| replayed.last_id + 1 - first);
    replayed.rows = u64::try_from(rows).unwrap_or(0);
    Ok(replayed)
}

fn stored_counts(db: &Connection) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    let mut statement =
        db.prepare("SELECT tenant, namespace, name, version, status, n FROM counts").map_err(from_sql)?;
    let mut rows = statement.query([]).map_err(from_sql)?;
    while let Some(row) = rows.next().map_err(from_sql)? {
        let text = |column: usize| row.get::<_, String>(column).map_err(from_sql);
        let tenant: TenantId = row::tenant(&text(0)?)?;
        let definition =
            DefinitionId { namespace: text(1)?.into(), name: text(2)?.into(), version: text(3)?.into() };
        let group = counts.group(&tenant, &definition);
        let status = row::status(row.get(4).map_err(from_sql)?)?;
        counts.add(group, status, row.get(5).map_err(from_sql)?);
    }
    Ok(counts)
}

/// Brings the counts from the tables' state to the generation's; returns the next internal key.
fn recount(db: &Connection, generation: &Generation, counts: &mut Counts) -> Result<u64, Error> {
    let highest: i64 = db
        .query_row("SELECT coalesce(max(key), 0) FROM executions", [], |row| row.get(0))
        .map_err(from_sql)?;
    let mut key_next = u64::try_from(highest).unwrap_or(0) + 1;
    for (key, id) in generation.ids() {
        key_next = key_next.max(key + 1);
        let part = generation.part(id);
        let entry = part.get(&id).expect("its id was just read");
        for gone in &entry.gone {
            let from = stored_group(db, *gone, counts)?;
            counts.note(Move { from, to: None });
        }
        let Some(row) = &entry.row else { continue };
        let from = stored_group(db, key, counts)?;
        let to = Some((counts.group(&row.tenant, &row.definition), row.status));
        counts.note(Move { from, to });
    }
    Ok(key_next)
}

fn stored_group(db: &Connection, key: u64, counts: &mut Counts) -> Result<Option<(GroupId, Status)>, Error> {
    let place = stored_place(db, key)?;
    Ok(place.map(|place| (counts.group(&place.tenant, &place.definition), place.status)))
}

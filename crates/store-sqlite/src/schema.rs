//! Opening the file: its settings, its migrations, and the refusal of what is not ours or too new.

use crate::error::from_sql;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use tenure_store::Error;

/// Marks the file as ours: "Tenu".
const APPLICATION_ID: i64 = 0x5465_6E75;
/// Numbered from 1; one that was released never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_subscriptions.sql"),
    include_str!("../migrations/0003_functions.sql"),
    include_str!("../migrations/0004_secrets.sql"),
    include_str!("../migrations/0005_children.sql"),
];
/// Files up to this size are checked when they are opened; larger ones would make a restart slow.
const CHECK_BYTES_MAX: u64 = 64 << 20;
/// Prepared statements that a connection keeps: more than there are.
const STATEMENTS: usize = 128;

/// The writer's connection to a file that has the newest schema. `shards` counts only when the file is made.
pub(crate) fn open_writer(path: &Path, shards: u16) -> Result<Connection, Error> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(from_sql)?;
    // Before anything is written: is this file ours, and whole?
    let tables: i64 =
        db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(from_sql)?;
    let application: i64 =
        db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(from_sql)?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(Error::Permanent(format!("`{}` is a database of another program", path.display())));
    }
    if tables > 0 {
        check(&db, path)?;
    }
    settings(&db).map_err(from_sql)?;
    migrate(&db, shards)?;
    Ok(db)
}

/// A connection that only reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(from_sql)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.pragma_update(None, "cache_size", -8 * 1024).map_err(from_sql)?;
    Ok(db)
}

/// A connection that only moves the log into the main file.
pub(crate) fn open_checkpointer(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(from_sql)?;
    db.pragma_update(None, "synchronous", "FULL").map_err(from_sql)?;
    db.pragma_update(None, "wal_autocheckpoint", 0).map_err(from_sql)?;
    // The log is opened by the first question.
    db.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).map_err(from_sql)?;
    Ok(db)
}

fn settings(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.pragma_update(None, "page_size", 4096)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // The writer checkpoints between transactions, so that it knows when and how long.
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A larger cache makes it slower: what is dirty is found by walking it.
    db.pragma_update(None, "cache_size", -24 * 1024)?;
    db.pragma_update(None, "temp_store", "MEMORY")
}

fn check(db: &Connection, path: &Path) -> Result<(), Error> {
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    if bytes > CHECK_BYTES_MAX {
        return Ok(());
    }
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(from_sql)?;
    if verdict == "ok" { Ok(()) } else { Err(Error::Corrupt(verdict)) }
}

fn migrate(db: &Connection, shards: u16) -> Result<(), Error> {
    let version = schema_version(db).map_err(from_sql)?;
    if version > MIGRATIONS.len() {
        let known = MIGRATIONS.len();
        return Err(Error::Permanent(format!(
            "the store has schema {version}, this program knows up to {known}"
        )));
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(version) {
        migration(db, number, sql, shards).map_err(|error| {
            // The connection is closed with its transaction open, which rolls it back.
            from_sql(error)
        })?;
        tracing::info!(number, "schema migrated");
    }
    Ok(())
}

fn schema_version(db: &Connection) -> rusqlite::Result<usize> {
    if !db.table_exists(None, "schema")? {
        return Ok(0);
    }
    let version: i64 = db.query_row("SELECT coalesce(max(version), 0) FROM schema", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn migration(db: &Connection, number: i64, sql: &str, shards: u16) -> rusqlite::Result<()> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    db.execute_batch("CREATE TABLE IF NOT EXISTS schema (version INTEGER PRIMARY KEY)")?;
    db.execute_batch(sql)?;
    db.execute("INSERT INTO schema VALUES (?)", [number])?;
    if number == 1 {
        db.pragma_update(None, "application_id", APPLICATION_ID)?;
        db.execute("INSERT INTO meta VALUES (1, ?, 0)", [shards])?;
        for shard in 0..shards {
            db.execute("INSERT INTO shards VALUES (?, 0)", [shard])?;
        }
    }
    db.execute_batch("COMMIT")
}

//! The files: locks, damage, migrations, space, the log's length, the journal's end, backups.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use tenure_store::conformance::{block_on, id, row};
use tenure_store::{
    Commit, Error, HistoryAppend, Priority, RowWrite, Sealed, ShardLease, Store, Subscription,
    SubscriptionWrite,
};
use tenure_store_sqlite::{FatalHandler, Options, SqliteStore};

fn options(dir: &Path) -> Options {
    let mut options = Options::new(dir);
    options.reserve_bytes = 0;
    options.readers = 1;
    options
}

fn start(leases: &[ShardLease], n: u64, bytes: usize, priority: Priority) -> Commit {
    let row = row(n);
    let append = HistoryAppend {
        execution: row.id,
        tenant: row.tenant.clone(),
        first_seq: 1,
        events: 1,
        blob: Sealed(vec![0xC3; bytes]),
    };
    let rows = vec![RowWrite { row, before: None }];
    Commit { leases: leases.to_vec(), rows, appends: vec![append], priority, ..Commit::default() }
}

/// A store that was closed with some executions, all of them in tables when `moved`.
fn closed(moved: bool) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.apply_appends = if moved { 1 } else { usize::MAX };
    options.apply_age_ms = if moved { 0 } else { u64::MAX };
    let store = SqliteStore::open(options).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    for n in 0..50 {
        block_on(store.commit(start(&leases, n, 500, Priority::NewWork))).unwrap();
    }
    store.shutdown();
    dir
}

fn database(dir: &TempDir) -> Connection {
    Connection::open(dir.path().join("tenure.db")).unwrap()
}

#[test]
fn a_directory_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(dir.path())).unwrap();
    assert_eq!(SqliteStore::open(options(dir.path())).unwrap_err(), Error::Busy(dir.path().into()));
    store.shutdown();
    SqliteStore::open(options(dir.path())).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let text = b"my only copy of something else, long enough to have the length of a header ".repeat(20);
    std::fs::write(dir.path().join("tenure.db"), &text).unwrap();
    assert!(matches!(SqliteStore::open(options(dir.path())), Err(Error::Corrupt(_))));
    assert_eq!(std::fs::read(dir.path().join("tenure.db")).unwrap(), text);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    database(&dir).execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    let before = std::fs::read(dir.path().join("tenure.db")).unwrap();
    assert!(matches!(SqliteStore::open(options(dir.path())), Err(Error::Permanent(_))));
    assert_eq!(std::fs::read(dir.path().join("tenure.db")).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused() {
    let dir = closed(true);
    database(&dir).execute("INSERT INTO schema VALUES (1000)", []).unwrap();
    let Err(Error::Permanent(message)) = SqliteStore::open(options(dir.path())) else {
        panic!("it was opened")
    };
    assert_eq!(message, "the store has schema 1000, this program knows up to 5");
}

#[test]
fn opening_twice_migrates_once_and_keeps_the_number_of_shards() {
    let dir = tempfile::tempdir().unwrap();
    let mut few = options(dir.path());
    few.shards = 4;
    assert_eq!(SqliteStore::open(few).unwrap().shard_count(), 4);
    assert_eq!(SqliteStore::open(options(dir.path())).unwrap().shard_count(), 4);
    let versions: i64 =
        database(&dir).query_row("SELECT count(*) FROM schema", [], |row| row.get(0)).unwrap();
    assert_eq!(versions, 5);
}

/// A store of the first schema, with executions in its tables and in its journal, is opened and goes on.
#[test]
fn a_store_without_subscriptions_is_given_them() {
    for moved in [true, false] {
        let dir = closed(moved);
        let first = "DROP TABLE secrets; DROP TABLE functions; DROP TABLE subscriptions; DROP TABLE subscribed; DROP TABLE starts_on; \
                     ALTER TABLE definitions DROP COLUMN starts_on; \
                     DROP INDEX executions_open; DROP INDEX executions_by_parent; \
                     ALTER TABLE executions DROP COLUMN owing; ALTER TABLE executions DROP COLUMN parent; \
                     CREATE INDEX executions_open ON executions (shard, id) WHERE status IN (0, 1, 3); \
                     DELETE FROM schema WHERE version > 1";
        database(&dir).execute_batch(first).unwrap();
        let store = SqliteStore::open(options(dir.path())).unwrap();
        let leases = block_on(store.acquire_shards()).unwrap();
        let wait = Subscription { kind: None, task: "/do/0/wait".into(), filter: 0, correlation: None };
        let write = SubscriptionWrite {
            execution: id(7),
            tenant: row(7).tenant,
            digest: row(7).digest,
            subscriptions: vec![wait],
        };
        let subscriptions = vec![write.clone()];
        block_on(store.commit(Commit { leases, subscriptions, ..Commit::default() })).unwrap();
        let filters = block_on(store.subscribed_filters(&write.tenant, "any", None, 10)).unwrap();
        assert_eq!(filters, [write.filter(&write.subscriptions[0])]);
        let found = block_on(store.subscribers(&write.tenant, &filters[0], None, None, 10)).unwrap();
        assert_eq!(found, [id(7)]);
    }
}

/// A log filled beforehand holds no frames: nothing is found in it, and what is written over it is found again.
#[test]
fn a_log_filled_beforehand_changes_nothing_that_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut filled = options(dir.path());
    filled.log_filled_bytes = 1 << 20;
    let store = SqliteStore::open(filled.clone()).unwrap();
    let log = dir.path().join("tenure.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() >= 1 << 20);
    let leases = block_on(store.acquire_shards()).unwrap();
    for n in 0..3 {
        block_on(store.commit(start(&leases, n, 500, Priority::NewWork))).unwrap();
    }
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 1 << 20, "the log is overwritten, not appended to");
    let copy = tempfile::tempdir().unwrap();
    for file in ["tenure.db", "tenure.db-wal"] {
        std::fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
    }
    filled.dir = copy.path().into();
    let recovered = SqliteStore::open(filled).unwrap();
    for n in 0..3 {
        assert_eq!(block_on(recovered.load(id(n))).unwrap().unwrap().history.len(), 1);
    }
}

#[test]
fn a_damaged_page_is_reported() {
    let dir = closed(true);
    let path = dir.path().join("tenure.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[4096..] {
        *byte ^= 0x5A;
    }
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(SqliteStore::open(options(dir.path())), Err(Error::Corrupt(_))));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_cut_file_is_reported() {
    let dir = closed(true);
    let path = dir.path().join("tenure.db");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(SqliteStore::open(options(dir.path())), Err(Error::Corrupt(_))));
}

#[test]
fn a_damaged_journal_row_is_reported() {
    let dir = closed(false);
    let damage = "UPDATE journal SET blob = zeroblob(length(blob)) WHERE id = 7";
    assert_eq!(database(&dir).execute(damage, []).unwrap(), 1);
    let Err(Error::Corrupt(message)) = SqliteStore::open(options(dir.path())) else {
        panic!("it was opened")
    };
    assert_eq!(message, "journal row 7 is damaged");
}

#[test]
fn a_missing_journal_row_is_reported() {
    let dir = closed(false);
    database(&dir).execute("DELETE FROM journal WHERE id = 7", []).unwrap();
    let Err(Error::Corrupt(message)) = SqliteStore::open(options(dir.path())) else {
        panic!("it was opened")
    };
    assert_eq!(message, "journal row 7 is missing");
}

#[test]
fn the_journal_is_emptied_once_its_rows_are_in_tables() {
    let dir = closed(false);
    let rows = |dir: &TempDir, table: &str| -> i64 {
        database(dir).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((rows(&dir, "journal"), rows(&dir, "executions")), (50, 0));
    let store = SqliteStore::open(options(dir.path())).unwrap();
    while store.stats().journal_rows > 0 {
        // Idle time moves things; the counter is the signal.
        std::thread::yield_now();
    }
    store.shutdown();
    assert_eq!((rows(&dir, "journal"), rows(&dir, "executions")), (0, 50));
    let counted: i64 = database(&dir).query_row("SELECT sum(n) FROM counts", [], |row| row.get(0)).unwrap();
    assert_eq!(counted, 50);
    let reopened = SqliteStore::open(options(dir.path())).unwrap();
    assert_eq!(block_on(reopened.load(id(49))).unwrap().unwrap().history.len(), 1);
}

#[test]
fn checkpoints_keep_the_log_short() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.checkpoint_pages = 64;
    let store = SqliteStore::open(options).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    for n in 0..200 {
        block_on(store.commit(start(&leases, n, 20_000, Priority::NewWork))).unwrap();
    }
    let stats = store.stats();
    let log = std::fs::metadata(dir.path().join("tenure.db-wal")).unwrap().len();
    assert!(stats.checkpoints_total > 5, "{stats:?}");
    assert!(stats.written_bytes_total > 200 * 20_000, "{stats:?}");
    assert!(log < 2 << 20, "{log} bytes");
}

/// A full disk refuses new work first, then everything, and loses nothing that was acknowledged.
#[test]
fn a_full_disk_refuses_new_work_first_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut small = options(dir.path());
    small.pages_max = Some(400);
    let store = SqliteStore::open(small).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    let mut accepted = Vec::new();
    let mut fill = |priority, from: u64| {
        for n in from.. {
            match block_on(store.commit(start(&leases, n, 10_000, priority))) {
                Ok(()) => accepted.push(n),
                Err(error) => {
                    assert_eq!(error, Error::Full);
                    return accepted.len();
                }
            }
        }
        unreachable!("the file has an end")
    };
    let new_work = fill(Priority::NewWork, 0);
    let running = fill(Priority::RunningWork, 1_000);
    assert!(new_work > 10 && running > new_work, "{new_work} {running}");
    assert!(store.health().full && store.health().writable);
    for n in &accepted {
        assert!(block_on(store.load(id(*n))).unwrap().is_some());
    }
    store.shutdown();
    // With more space it goes on.
    let store = SqliteStore::open(options(dir.path())).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    block_on(store.commit(start(&leases, 5_000, 10_000, Priority::NewWork))).unwrap();
    for n in &accepted {
        assert_eq!(
            block_on(store.load(id(*n))).unwrap().unwrap().history[0].blob,
            Sealed(vec![0xC3; 10_000])
        );
    }
}

#[test]
fn too_little_free_space_refuses_new_work_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.free_bytes_min = u64::MAX;
    let store = SqliteStore::open(options).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    let new_work = block_on(store.commit(start(&leases, 1, 10, Priority::NewWork)));
    let running = block_on(store.commit(start(&leases, 2, 10, Priority::RunningWork)));
    assert_eq!((new_work, running), (Err(Error::Full), Ok(())));
    assert!(store.health().full);
}

#[test]
fn a_reserve_is_kept_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.reserve_bytes = 300_000;
    let _store = SqliteStore::open(options).unwrap();
    assert_eq!(std::fs::metadata(dir.path().join("tenure.reserve")).unwrap().len(), 300_000);
}

/// A commit whose write fails is told to the handler, which ends the process by default, and is never tried again.
#[test]
fn a_failed_write_is_fatal() {
    let dir = tempfile::tempdir().unwrap();
    let told = Arc::new(AtomicBool::new(false));
    let mut options = options(dir.path());
    let flag = Arc::clone(&told);
    options.fatal = FatalHandler(Arc::new(move |_| flag.store(true, Ordering::Release)));
    let store = SqliteStore::open(options).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    // Behind the store's back its table goes away: the write of the next journal row fails.
    database(&dir).execute_batch("DROP TABLE journal").unwrap();
    let outcome = block_on(store.commit(start(&leases, 1, 10, Priority::NewWork)));
    assert!(matches!(outcome, Err(Error::Connection(_))), "{outcome:?}");
    assert!(told.load(Ordering::Acquire));
    assert!(!store.health().writable);
    let next = block_on(store.commit(Commit::default()));
    assert!(matches!(next, Err(Error::Connection(_))), "{next:?}");
}

#[test]
fn a_backup_is_a_whole_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(dir.path())).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    for n in 0..20 {
        block_on(store.commit(start(&leases, n, 100, Priority::NewWork))).unwrap();
    }
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("tenure.db");
    block_on(store.backup(&to)).unwrap();
    assert!(matches!(block_on(store.backup(&to)), Err(Error::Permanent(_))));
    block_on(store.commit(start(&leases, 20, 100, Priority::NewWork))).unwrap();
    let restored = SqliteStore::open(options(copy.path())).unwrap();
    for n in 0..20 {
        assert!(block_on(restored.load(id(n))).unwrap().is_some());
    }
    assert_eq!(block_on(restored.load(id(20))).unwrap(), None);
}

//! Crashes: a copy of the files taken while the store works is what a power cut would leave. Every copy must open, hold
//! everything that was acknowledged before it was taken, and verify (FR-002, P4).

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use tempfile::TempDir;
use tenure_store::audit::{self, Head};
use tenure_store::conformance::{block_on, id, row};
use tenure_store::{
    Act, Actor, AuditQuery, AuditRecord, Commit, Filter, HistoryAppend, Order, Outcome, Query, Resource,
    RowWrite, Sealed, ShardLease, Store,
};
use tenure_store_sqlite::{Options, SqliteStore};
use tenure_types::{Status, Timestamp};

const EXECUTIONS: u64 = 40;
const TURNS: u64 = 6;

fn options(dir: &Path) -> Options {
    let mut options = Options::new(dir);
    options.reserve_bytes = 0;
    options.readers = 1;
    options.log_filled_bytes = 256 * 1024;
    options
}

/// One turn of an execution: turn 0 starts it, the last one ends it.
fn turn(leases: &[ShardLease], n: u64, turn: u64) -> Commit {
    let mut write = RowWrite { row: row(n), before: (turn > 0).then_some(Status::Running) };
    if turn + 1 == TURNS {
        write.row.status = Status::Completed;
        write.row.ended_at = Some(Timestamp(9_000));
    }
    let tenant = write.row.tenant.clone();
    let append = HistoryAppend {
        execution: id(n),
        tenant: tenant.clone(),
        first_seq: turn * 2 + 1,
        events: 2,
        blob: Sealed(vec![u8::try_from(n).unwrap(); 700]),
    };
    let audit = AuditRecord {
        id: u128::from(n * TURNS + turn),
        at: Timestamp(n),
        tenant,
        correlation_id: "c".into(),
        actor: Actor { subject: "engine".into(), kind: "engine".into(), roles: vec![] },
        action: "workflow.turned".into(),
        resource: Resource { kind: "workflow".into(), id: id(n).to_string().into() },
        outcome: Outcome::Allowed,
        details: Sealed::EMPTY,
    };
    // A row is rewritten at its start, in the middle, and at its end.
    let rows = if turn.is_multiple_of(3) || turn + 1 == TURNS { vec![write] } else { vec![] };
    Commit { leases: leases.to_vec(), rows, appends: vec![append], audits: vec![audit], ..Commit::default() }
}

fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    // The main file first and the log second: between transactions, nothing moves from one to the other unseen.
    for name in ["tenure.db", "tenure.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.path().join(name)).unwrap();
        }
    }
    to
}

fn check(image: &Path, acknowledged: &[(u64, u64)]) {
    let store = SqliteStore::open(options(image)).unwrap();
    let tenant = row(0).tenant;
    let mut turns = vec![0; usize::try_from(EXECUTIONS).unwrap()];
    for (n, turn) in acknowledged {
        turns[usize::try_from(*n).unwrap()] = turn + 1;
    }
    let started = turns.iter().filter(|turns| **turns > 0).count();
    for (n, turns) in (0..).zip(&turns) {
        let loaded = block_on(store.load(id(n))).unwrap();
        let seqs: Vec<u64> =
            loaded.iter().flat_map(|one| &one.history).map(|piece| piece.first_seq).collect();
        assert_eq!(seqs, (0..*turns).map(|turn| turn * 2 + 1).collect::<Vec<_>>(), "execution {n}");
        let ended = loaded.is_some_and(|one| one.row.status == Status::Completed);
        assert_eq!(ended, *turns == TURNS, "execution {n}");
    }
    let query =
        Query { filter: Filter::everything(), order: Order::default(), page_size: 1_000, cursor: None };
    assert_eq!(block_on(store.list(&tenant, &query)).unwrap().rows.len(), started);
    let counts = block_on(store.count(&tenant, &Filter::everything())).unwrap();
    assert_eq!(counts.values().sum::<u64>(), started as u64);
    let audits = AuditQuery { after_seq: 0, limit: 1_000, resource: None };
    let chain = block_on(store.audit_page(&tenant, &audits)).unwrap();
    audit::verify(Head::default(), &chain).unwrap();
    assert_eq!(chain.len(), acknowledged.len());
    // It goes on from here.
    let leases = block_on(store.acquire_shards()).unwrap();
    block_on(store.commit(turn(&leases, EXECUTIONS, 0))).unwrap();
    // The journal's tail was repeated: nothing is there twice.
    store.shutdown();
    let db = rusqlite::Connection::open(image.join("tenure.db")).unwrap();
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

fn crash_at_many_points(change: impl FnOnce(&mut Options)) {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    change(&mut options);
    let store = SqliteStore::open(options).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    let mut acknowledged = Vec::new();
    for number in 0..TURNS {
        for n in 0..EXECUTIONS {
            block_on(store.commit(turn(&leases, n, number))).unwrap();
            acknowledged.push((n, number));
            if (number * EXECUTIONS + n) % 17 == 16 {
                check(copy(dir.path()).path(), &acknowledged);
            }
        }
    }
    check(copy(dir.path()).path(), &acknowledged);
}

#[test]
fn nothing_acknowledged_is_lost_while_everything_is_in_the_journal() {
    crash_at_many_points(|options| {
        options.apply_appends = usize::MAX;
        options.apply_age_ms = u64::MAX;
    });
}

// The age is endless: then things are moved only by the transactions of the test itself, not while it copies.
#[test]
fn nothing_acknowledged_is_lost_while_generations_are_being_moved() {
    crash_at_many_points(|options| {
        options.apply_appends = 25;
        options.apply_age_ms = u64::MAX;
    });
}

#[test]
fn a_crash_between_recovery_and_its_end_repeats_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut unmoved = options(dir.path());
    unmoved.apply_appends = usize::MAX;
    unmoved.apply_age_ms = u64::MAX;
    let store = SqliteStore::open(unmoved.clone()).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    let mut acknowledged = Vec::new();
    for number in 0..TURNS {
        for n in 0..EXECUTIONS {
            block_on(store.commit(turn(&leases, n, number))).unwrap();
            acknowledged.push((n, number));
        }
    }
    let first = copy(dir.path());
    drop(SqliteStore::open(options(first.path())).unwrap());
    let second = copy(first.path());
    check(second.path(), &acknowledged);
}

#[test]
fn deletions_that_were_acknowledged_stay_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(dir.path())).unwrap();
    let leases = block_on(store.acquire_shards()).unwrap();
    for number in 0..TURNS {
        block_on(store.commit(turn(&leases, 1, number))).unwrap();
    }
    let tenant = row(1).tenant;
    assert_eq!(
        block_on(store.delete_ended_before(&tenant, Timestamp(u64::MAX), 10, Act::default())).unwrap(),
        1
    );
    let image = copy(dir.path());
    let reopened = SqliteStore::open(options(image.path())).unwrap();
    assert_eq!(block_on(reopened.load(id(1))).unwrap(), None);
    assert!(block_on(reopened.count(&tenant, &Filter::everything())).unwrap().is_empty());
}

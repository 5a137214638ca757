//! Measures the store alone: turns a second at several batch sizes, with rows, audits and deletion of nothing, against
//! what the disk itself does with the same bytes in the same run.
//!
//! `cargo run --release -p tenure-store-sqlite --example throughput [DIR]`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tenure_store::conformance::{block_on, id, row};
use tenure_store::{BoxFuture, Commit, HistoryAppend, RowWrite, Sealed, ShardLease, Store};
use tenure_store_sqlite::{Options, SqliteStore};
use tenure_types::{Status, Timestamp};

/// Executions that are alive at once.
const ALIVE: u64 = 10_000;
/// Turns of one execution.
const TURNS: u64 = 12;
/// Bytes of one sealed turn.
const RECORD_BYTES: usize = 300;
const LASTS: Duration = Duration::from_secs(4);

fn main() {
    let root = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").expect("stdout takes text");
    say("batch | turns/s | bytes/turn | fsyncs/s | raw disk turns/s | share of raw".into());
    for batch in [1, 16, 128, 1_024] {
        let dir = root.join(format!("tenure-throughput-{}-{batch}", std::process::id()));
        let store = measure(&dir, batch);
        let raw = raw_disk(&dir.join("raw"), batch * store.bytes_per_turn);
        std::fs::remove_dir_all(&dir).expect("the directory is ours");
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let (turns, raw_turns) = (store.turns as f64 / store.seconds, raw * batch as f64);
        let share = turns / raw_turns * 100.0;
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let fsyncs = store.fsyncs as f64 / store.seconds;
        say(format!(
            "{batch:5} | {turns:7.0} | {:10} | {fsyncs:8.0} | {raw_turns:16.0} | {share:5.1} %",
            store.bytes_per_turn
        ));
    }
}

struct Measured {
    turns: u64,
    seconds: f64,
    fsyncs: u64,
    bytes_per_turn: usize,
}

/// Turns of `batch` executions in each commit, two commits on their way at any time.
fn measure(dir: &Path, batch: usize) -> Measured {
    let store = SqliteStore::open(Options::new(dir)).expect("the directory is ours");
    let leases = block_on(store.acquire_shards()).expect("nobody else has them");
    let (before, started) = (store.stats(), Instant::now());
    let (done, waits) = channel::<()>();
    let mut turn = 0;
    std::thread::scope(|scope| {
        let (answers, pending) = std::sync::mpsc::sync_channel::<BoxFuture<'_, tenure_store::Result<()>>>(1);
        scope.spawn(move || {
            while let Ok(answer) = pending.recv() {
                block_on(answer).expect("every commit continues the one before");
            }
            drop(done);
        });
        while started.elapsed() < LASTS {
            let commit = turns(&leases, turn, batch as u64);
            turn += batch as u64;
            answers.send(store.commit(commit)).expect("the waiter lives");
        }
        drop(answers);
        waits.recv().expect_err("it only ends");
    });
    let seconds = started.elapsed().as_secs_f64();
    let after = store.stats();
    let written = after.written_bytes_total - before.written_bytes_total;
    Measured {
        turns: turn,
        seconds,
        fsyncs: after.fsyncs_total - before.fsyncs_total,
        bytes_per_turn: usize::try_from(written / turn.max(1)).expect("a few hundred"),
    }
}

/// The turns from number `from` on: generations of `ALIVE` executions, all of which take turns in a round.
fn turns(leases: &[ShardLease], from: u64, count: u64) -> Commit {
    let mut commit = Commit { leases: leases.to_vec(), ..Commit::default() };
    for number in from..from + count {
        let (generation, within) = (number / (ALIVE * TURNS), number % (ALIVE * TURNS));
        let (turn, n) = (within / ALIVE, generation * ALIVE + within % ALIVE);
        let mut row = row(n);
        row.updated_at = Timestamp(number);
        let append = HistoryAppend {
            execution: id(n),
            tenant: row.tenant.clone(),
            first_seq: turn + 1,
            events: 1,
            blob: Sealed(vec![0x5C; RECORD_BYTES]),
        };
        commit.appends.push(append);
        if turn == 0 {
            commit.rows.push(RowWrite { row, before: None });
        } else if turn + 1 == TURNS {
            row.status = Status::Completed;
            row.ended_at = Some(Timestamp(number));
            commit.rows.push(RowWrite { row, before: Some(Status::Running) });
        }
    }
    commit
}

/// Appends and syncs of so many bytes a second, over a file that is already filled.
fn raw_disk(path: &Path, bytes: usize) -> f64 {
    let block = vec![0x3A; bytes.max(1)];
    let filled = 64 << 20;
    std::fs::write(path, vec![0; filled]).expect("the directory is ours");
    let mut file = std::fs::OpenOptions::new().write(true).open(path).expect("it was just made");
    file.sync_all().expect("a working disk");
    let (started, mut writes, mut at) = (Instant::now(), 0_u32, 0);
    while started.elapsed() < Duration::from_secs(2) {
        if at + block.len() > filled {
            std::io::Seek::rewind(&mut file).expect("a plain file");
            at = 0;
        }
        file.write_all(&block).expect("a working disk");
        file.sync_data().expect("a working disk");
        at += block.len();
        writes += 1;
    }
    f64::from(writes) / started.elapsed().as_secs_f64()
}

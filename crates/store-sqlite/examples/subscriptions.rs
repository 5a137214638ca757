//! Measures the subscription index: many executions that wait under distinct correlation values, then look-ups of one,
//! and pages of a broadcast, in the tables and in the journal's overlay.
//!
//! `cargo run --release -p tenure-store-sqlite --example subscriptions [EXECUTIONS] [DIR]`

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tenure_store::conformance::{block_on, id, row};
use tenure_store::{
    Commit, HistoryAppend, RowWrite, Sealed, ShardLease, Store, Subscription, SubscriptionWrite,
};
use tenure_store_sqlite::{Options, SqliteStore};
use tenure_types::Status;

const BATCH: u64 = 500;
const LOOKUPS: u64 = 2_000;

fn main() {
    let executions = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let root = std::env::args().nth(2).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = root.join(format!("tenure-subscriptions-{}", std::process::id()));
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").expect("stdout takes text");
    let store = SqliteStore::open(Options::new(&dir)).expect("the directory is ours");
    let leases = block_on(store.acquire_shards()).expect("nobody else has them");
    let started = Instant::now();
    for from in (0..executions).step_by(usize::try_from(BATCH).expect("small")) {
        block_on(store.commit(waiting(&leases, from, executions.min(from + BATCH))))
            .expect("nothing is there yet");
    }
    say(format!("{executions} executions wait after {:.1} s", started.elapsed().as_secs_f64()));
    measure(&store, executions, "overlay and tables", &mut say);
    while store.stats().journal_rows > 0 {
        // Idle time moves what is in memory into tables; the counter is the signal.
        std::thread::yield_now();
    }
    measure(&store, executions, "tables", &mut say);
    store.shutdown();
    std::fs::remove_dir_all(&dir).expect("the directory is ours");
}

fn subscription(correlation: Option<u64>) -> Subscription {
    let hash =
        |n: u64| (u128::from(n) << 64 | u128::from(n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).to_be_bytes();
    Subscription {
        kind: Some("com.example.paid".into()),
        task: "/do/0/wait".into(),
        filter: 0,
        correlation: correlation.map(hash),
    }
}

/// Each waits under a correlation of its own, and for a broadcast.
fn waiting(leases: &[ShardLease], from: u64, to: u64) -> Commit {
    let mut commit = Commit { leases: leases.to_vec(), ..Commit::default() };
    for n in from..to {
        let mut row = row(n);
        row.status = Status::Waiting;
        let (execution, tenant, digest) = (row.id, row.tenant.clone(), row.digest);
        let blob = Sealed(vec![0x5C; 300]);
        commit.appends.push(HistoryAppend {
            execution,
            tenant: tenant.clone(),
            first_seq: 1,
            events: 1,
            blob,
        });
        commit.rows.push(RowWrite { row, before: None });
        let subscriptions = vec![subscription(Some(n)), subscription(None)];
        commit.subscriptions.push(SubscriptionWrite { execution, tenant, digest, subscriptions });
    }
    commit
}

fn measure(store: &SqliteStore, executions: u64, where_: &str, say: &mut impl FnMut(String)) {
    let tenant = row(0).tenant;
    let (mut filters, mut one, mut pages) = (vec![], vec![], vec![]);
    for n in 0..LOOKUPS {
        let n = n.wrapping_mul(0x9E37_79B9) % executions;
        let asked = Instant::now();
        let found =
            block_on(store.subscribed_filters(&tenant, "com.example.paid", None, 256)).expect("answers");
        filters.push(asked.elapsed());
        assert_eq!(found.len(), 1, "everyone waits at one filter");
        let asked = Instant::now();
        let correlation = subscription(Some(n)).correlation;
        let who = block_on(store.subscribers(&tenant, &found[0], correlation, None, 256)).expect("answers");
        one.push(asked.elapsed());
        assert_eq!(who, [id(n)], "each waits under a correlation of its own");
        let asked = Instant::now();
        let page = block_on(store.subscribers(&tenant, &found[0], None, Some(id(n)), 256)).expect("answers");
        pages.push(asked.elapsed());
        assert!(page.first().is_none_or(|first| *first > id(n)), "pages go on after the last id");
    }
    for (what, mut times) in
        [("filters of a type", filters), ("one by correlation", one), ("a page of 256", pages)]
    {
        times.sort_unstable();
        let at = |share: usize| ms(times[(times.len() * share / 100).min(times.len() - 1)]);
        say(format!("{where_:>18} | {what:<18} | p50 {:.3} ms | p99 {:.3} ms", at(50), at(99)));
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

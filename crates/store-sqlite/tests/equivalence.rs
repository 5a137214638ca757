//! Whatever is where, in the overlay, half-way or in tables: every question is answered as the memory store answers it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use proptest::prelude::*;
use std::fmt::Write;
use tenure_store::conformance::{block_on, definition_id, id, row};
use tenure_store::filter::{Comparison, Condition, Filter, TextField, TimeField};
use tenure_store::{
    Act, Commit, ExecutionRow, HistoryAppend, MemoryStore, Order, Query, RowWrite, Sealed, ShardLease, Store,
    SubscribedFilter, Subscription, SubscriptionWrite,
};
use tenure_store_sqlite::{Options, SqliteStore};
use tenure_types::{ShardId, Status, TenantId, Timestamp};

const SHARDS: u16 = 4;

/// One thing that is done to both stores.
#[derive(Clone, Debug)]
enum Step {
    Start { n: u64, variant: u8 },
    Append { n: u64, events: u32 },
    Change { n: u64, status: usize, due: Option<u64> },
    Listen { n: u64, set: u8 },
    Delete { before: u64, limit: usize },
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..24_u64, any::<u8>()).prop_map(|(n, variant)| Step::Start { n, variant }),
        6 => (0..24_u64, 1..4_u32).prop_map(|(n, events)| Step::Append { n, events }),
        8 => (0..24_u64, 0..8_usize, proptest::option::of(0..50_u64))
            .prop_map(|(n, status, due)| Step::Change { n, status, due }),
        6 => (0..24_u64, any::<u8>()).prop_map(|(n, set)| Step::Listen { n, set }),
        1 => (2_000..2_024_u64, 1..4_usize).prop_map(|(before, limit)| Step::Delete { before, limit }),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..120)
}

fn started(n: u64, variant: u8) -> ExecutionRow {
    let mut row = row(n);
    if variant & 1 == 1 {
        row.tenant = TenantId::new("demo").unwrap();
    }
    row.definition = definition_id(if variant & 2 == 2 { "2.0.0" } else { "1.0.0" });
    row.key = (variant & 4 == 4).then(|| format!("k{}", n % 3).into());
    row.started_at = Timestamp(1_000 + u64::from(variant >> 5));
    row.parent = (variant & 64 == 64).then(|| id(n % 4));
    row.owing = variant & 128 == 128;
    if variant & 8 == 8 {
        row.labels.push(("region".into(), if variant & 16 == 16 { "eu" } else { "us" }.into()));
    }
    row
}

struct Pair {
    memory: MemoryStore,
    sqlite: Option<SqliteStore>,
    options: Options,
    leases: Vec<ShardLease>,
}

impl Pair {
    fn sqlite(&self) -> &SqliteStore {
        self.sqlite.as_ref().unwrap()
    }

    fn acquire(&mut self) {
        self.leases = block_on(self.sqlite().acquire_shards()).unwrap();
        assert_eq!(block_on(self.memory.acquire_shards()).unwrap(), self.leases);
    }

    fn commit(&self, rows: Vec<RowWrite>, appends: Vec<HistoryAppend>) {
        self.send(Commit { rows, appends, ..Commit::default() });
    }

    fn send(&self, commit: Commit) {
        let commit = Commit { leases: self.leases.clone(), ..commit };
        let expected = block_on(self.memory.commit(commit.clone()));
        assert_eq!(block_on(self.sqlite().commit(commit)), expected);
    }

    fn take(&mut self, step: &Step) {
        let load = |n: u64| block_on(self.memory.load(id(n))).unwrap();
        let append = |row: &ExecutionRow, first_seq, events| HistoryAppend {
            execution: row.id,
            tenant: row.tenant.clone(),
            first_seq,
            events,
            blob: Sealed(first_seq.to_le_bytes().to_vec()),
        };
        match step {
            Step::Start { n, variant } => {
                let row = started(*n, *variant);
                let first = append(&row, 1, 1);
                self.commit(vec![RowWrite { row, before: None }], vec![first]);
            }
            Step::Append { n, events } => {
                let Some(stored) = load(*n) else { return };
                let first_seq = stored.history.last().map_or(1, |piece| piece.last_seq() + 1);
                self.commit(vec![], vec![append(&stored.row, first_seq, *events)]);
            }
            Step::Change { n, status, due } => {
                let Some(stored) = load(*n) else { return };
                let mut row = ExecutionRow::clone(&stored.row);
                row.status = Status::ALL[*status];
                row.ended_at = row.status.ended().then_some(Timestamp(2_000 + n));
                row.due = due.map(Timestamp);
                row.owing = due.is_some_and(|due| due % 3 == 0);
                row.updated_at = Timestamp(row.updated_at.0 + 1);
                self.commit(vec![RowWrite { row, before: Some(stored.row.status) }], vec![]);
            }
            Step::Listen { n, set } => {
                let Some(stored) = load(*n) else { return };
                let write = SubscriptionWrite {
                    execution: stored.row.id,
                    tenant: stored.row.tenant.clone(),
                    digest: stored.row.digest,
                    subscriptions: subscriptions(*set),
                };
                self.send(Commit { subscriptions: vec![write], ..Commit::default() });
            }
            Step::Delete { before, limit } => {
                for tenant in tenants() {
                    let delete = |store: &dyn Store| {
                        block_on(store.delete_ended_before(
                            &tenant,
                            Timestamp(*before),
                            *limit,
                            Act::default(),
                        ))
                    };
                    assert_eq!(delete(self.sqlite()), delete(&self.memory));
                }
            }
            Step::Reopen => {
                self.sqlite.take().unwrap().shutdown();
                self.sqlite = Some(SqliteStore::open(self.options.clone()).unwrap());
                self.acquire();
            }
        }
    }

    /// The embedded store may name a filter whose last subscriber has just gone, and misses none.
    fn compare_filters(&self, tenant: &TenantId) {
        let ask = |store: &dyn Store| {
            let mut all: Vec<SubscribedFilter> = vec![];
            loop {
                let page = block_on(store.subscribed_filters(tenant, "paid", all.last(), 2)).unwrap();
                if page.is_empty() {
                    return all;
                }
                all.extend(page);
            }
        };
        let (expected, found) = (ask(&self.memory), ask(self.sqlite()));
        assert!(found.is_sorted() && expected.iter().all(|filter| found.contains(filter)), "{found:?}");
    }

    fn compare(&self) {
        let both = [&self.memory as &dyn Store, self.sqlite()];
        let same = |ask: &dyn Fn(&dyn Store) -> String| assert_eq!(ask(both[1]), ask(both[0]));
        for tenant in tenants() {
            for filter in filters() {
                for order in [Order::NewestFirst, Order::OldestFirst] {
                    same(&|store| pages(store, &tenant, &filter, order));
                }
                same(&|store| format!("{:?}", block_on(store.count(&tenant, &filter))));
            }
            for key in ["k0", "k1", "k2"] {
                same(&|store| {
                    let holders = block_on(store.find_by_key(&tenant, "shop", "order", key)).unwrap();
                    format!("{holders:?}")
                });
            }
            same(&|store| format!("{:?}", block_on(store.history(&tenant, id(3), 2, 3))));
            same(&|store| subscribers(store, &tenant));
            self.compare_filters(&tenant);
        }
        for n in 0..24 {
            same(&|store| format!("{:?}", block_on(store.load(id(n)))));
        }
        for shard in 0..SHARDS {
            same(&|store| format!("{:?}", block_on(store.open_executions(ShardId(shard), Some(id(2)), 3))));
            same(&|store| format!("{:?}", block_on(store.due(Some(ShardId(shard)), Timestamp(30), None, 3))));
        }
        same(&|store| format!("{:?}", block_on(store.due(None, Timestamp(30), None, 5))));
    }
}

/// Any of four subscriptions, by the bits of `set`.
fn subscriptions(set: u8) -> Vec<Subscription> {
    let one = |kind: Option<&str>, filter, correlation: Option<u8>| Subscription {
        kind: kind.map(Into::into),
        task: "/do/0/wait".into(),
        filter,
        correlation: correlation.map(|n| [n; 16]),
    };
    let all = [
        one(Some("paid"), 0, None),
        one(Some("paid"), 0, Some(1)),
        one(Some("paid"), 1, None),
        one(None, 0, None),
    ];
    (0..).zip(all).filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, subscription)| subscription).collect()
}

/// Everyone who waits for any of the four, in pages.
fn subscribers(store: &dyn Store, tenant: &TenantId) -> String {
    let mut found = String::new();
    for subscription in subscriptions(u8::MAX) {
        let of = SubscriptionWrite {
            execution: id(0),
            tenant: tenant.clone(),
            digest: row(0).digest,
            subscriptions: vec![],
        };
        let filter = of.filter(&subscription);
        let mut after = None;
        loop {
            let page = store.subscribers(tenant, &filter, subscription.correlation, after, 3);
            let page = block_on(page).unwrap();
            writeln!(found, "{subscription:?} {page:?}").unwrap();
            after = page.last().copied();
            if after.is_none() {
                break;
            }
        }
    }
    found
}

fn tenants() -> [TenantId; 2] {
    ["acme", "demo"].map(|name| TenantId::new(name).unwrap())
}

fn filters() -> Vec<Filter> {
    let all = Filter::everything;
    vec![
        all(),
        all().status([Status::Running]),
        all().status([Status::Running, Status::Completed, Status::Waiting]),
        all().text(TextField::Version, "2.0.0"),
        all().text(TextField::Key, "k1"),
        all().label("region", "eu"),
        all().label("region", "us").status([Status::Running, Status::Faulted]),
        all().and(Condition::NotLabel { name: "region".into(), value: "eu".into() }),
        all().time(TimeField::EndedAt, Comparison::AtLeast, Timestamp(2_010)),
    ]
}

fn pages(store: &dyn Store, tenant: &TenantId, filter: &Filter, order: Order) -> String {
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query { filter: filter.clone(), order, page_size: 4, cursor };
        let page = block_on(store.list(tenant, &query)).unwrap();
        cursor = page.next;
        pages.push(page);
        if cursor.is_none() {
            return format!("{pages:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_answers_like_the_memory_store(steps in steps(), generation in 1..40_usize) {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path());
        options.shards = SHARDS;
        options.reserve_bytes = 0;
        options.readers = 1;
        options.apply_appends = generation;
        options.apply_age_ms = u64::MAX;
        options.checkpoint_pages = 64;
        let sqlite = Some(SqliteStore::open(options.clone()).unwrap());
        let mut pair = Pair { memory: MemoryStore::new(SHARDS), sqlite, options, leases: vec![] };
        pair.acquire();
        for (n, step) in steps.iter().enumerate() {
            pair.take(step);
            if n % 16 == 15 {
                pair.compare();
            }
        }
        pair.compare();
    }
}

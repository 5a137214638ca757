//! Reads of single executions and of the engine's indexes, and deletion.

use super::block_on;
use super::fixture::{Bench, acme, append, definition_id, demo, ended, id, new, row};
use crate::filter::Filter;
use crate::query::DueCursor;
use crate::records::{Act, ExecutionRow, HistoryAppend, Sealed};
use tenure_types::{CompensationStatus, Digest, ShardId, Status, Timestamp};

pub(super) fn what_is_not_there_is_none(t: &mut Bench<'_>) {
    let store = t.store();
    assert_eq!(block_on(store.load(id(1))).unwrap(), None);
    assert_eq!(block_on(store.row(&acme(), id(1))).unwrap(), None);
    assert_eq!(block_on(store.history(&acme(), id(1), 0, 10)).unwrap(), None);
    assert_eq!(block_on(store.definition(&acme(), &definition_id("1.0.0"))).unwrap(), None);
    assert_eq!(block_on(store.latest_definition(&acme(), "shop", "order")).unwrap(), None);
    assert_eq!(block_on(store.definition_by_digest(&acme(), Digest([0; 32]))).unwrap(), None);
    assert_eq!(block_on(store.tenant(&acme())).unwrap(), None);
    assert_eq!(block_on(store.idempotency(&acme(), "k", Timestamp(0))).unwrap(), None);
}

fn part(t: &Bench<'_>, after_seq: u64, limit: usize) -> Vec<u64> {
    let pieces = block_on(t.store().history(&acme(), id(1), after_seq, limit)).unwrap().unwrap();
    pieces.iter().map(|piece| piece.first_seq).collect()
}

/// FR-031
pub(super) fn a_history_is_read_in_pieces(t: &mut Bench<'_>) {
    t.start(row(1));
    t.commit(vec![], vec![append(1, 2, 3), append(1, 5, 1)]).unwrap();
    t.commit(vec![], vec![append(1, 6, 2)]).unwrap();
    assert_eq!(part(t, 0, 100), [1, 2, 5, 6]);
    assert_eq!(part(t, 0, 1), [1]);
    assert_eq!(part(t, 0, 2), [1, 2]);
    assert_eq!(part(t, 1, 3), [2]);
    assert_eq!(part(t, 3, 1), [2], "the piece that holds event 4 starts at 2");
    assert_eq!(part(t, 4, 100), [5, 6]);
    assert_eq!(part(t, 7, 100), Vec::<u64>::new());
    assert_eq!(part(t, u64::MAX, 100), Vec::<u64>::new());
    assert_eq!(part(t, 0, 0), Vec::<u64>::new());
}

pub(super) fn a_long_history_comes_back_whole(t: &mut Bench<'_>) {
    t.start(row(1));
    let blob = |seq: u64| Sealed(vec![u8::try_from(seq % 251).unwrap(); 3_000]);
    for turn in 0..20 {
        let seqs = (2 + turn * 10)..(12 + turn * 10);
        let appends = seqs.map(|seq| HistoryAppend { blob: blob(seq), ..append(1, seq, 1) }).collect();
        t.commit(vec![], appends).unwrap();
    }
    let pieces = t.pieces(1);
    assert_eq!(pieces.len(), 201);
    for (seq, piece) in (2..).zip(&pieces[1..]) {
        assert_eq!((piece.first_seq, &piece.blob), (seq, &blob(seq)));
    }
    assert_eq!(part(t, 100, 5), [101, 102, 103, 104, 105]);
    t.restart();
    assert_eq!(t.pieces(1), pieces);
}

pub(super) fn load_many_skips_what_is_not_there(t: &mut Bench<'_>) {
    t.start(row(1));
    t.start(row(3));
    let loaded = block_on(t.store().load_many(vec![id(3), id(2), id(1)])).unwrap();
    assert_eq!(loaded.iter().map(|one| one.row.id).collect::<Vec<_>>(), [id(3), id(1)]);
    assert_eq!(loaded[0].history.len(), 1);
}

/// FR-025
pub(super) fn rows_and_histories_of_another_tenant_do_not_exist(t: &mut Bench<'_>) {
    t.start(row(1));
    assert_eq!(block_on(t.store().row(&demo(), id(1))).unwrap(), None);
    assert_eq!(block_on(t.store().history(&demo(), id(1), 0, 10)).unwrap(), None);
    assert!(block_on(t.store().history(&acme(), id(1), 0, 10)).unwrap().is_some());
}

fn open(t: &Bench<'_>) -> Vec<ExecutionRow> {
    let mut rows = Vec::new();
    for shard in 0..t.store().shard_count() {
        let found = block_on(t.store().open_executions(ShardId(shard), None, 1_000)).unwrap();
        assert!(found.iter().all(|row| row.id.shard(t.store().shard_count()) == ShardId(shard)));
        assert!(found.is_sorted_by_key(|row| row.id));
        rows.extend(found.iter().map(|row| ExecutionRow::clone(row)));
    }
    rows.sort_by_key(|row| row.id);
    rows
}

pub(super) fn open_executions_are_those_with_something_under_way(t: &mut Bench<'_>) {
    for (n, status) in (0..).zip(Status::ALL) {
        let mut row = row(n);
        row.status = *status;
        t.start(row);
    }
    let statuses = |t: &Bench<'_>| open(t).iter().map(|row| row.status).collect::<Vec<_>>();
    assert_eq!(statuses(t), [Status::Pending, Status::Running, Status::Suspended]);
    t.change(ended(row(1), Status::Completed, 5_000));
    let mut resumed = row(2);
    resumed.status = Status::Running;
    t.change_from(Status::Waiting, resumed);
    assert_eq!(statuses(t), [Status::Pending, Status::Running, Status::Suspended]);
    assert_eq!(open(t)[1].id, id(2));
    t.restart();
    assert_eq!(open(t)[1].id, id(2));
}

pub(super) fn executions_that_owe_something_are_open_whatever_their_status(t: &mut Bench<'_>) {
    for (n, status) in (0..).zip(Status::ALL) {
        let mut row = if status.ended() { ended(row(n), *status, 5_000) } else { row(n) };
        (row.status, row.owing) = (*status, true);
        t.start(row);
    }
    let ids = |t: &Bench<'_>| open(t).iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(t), (0..8).map(id).collect::<Vec<_>>());
    assert_eq!(delete(t, 9_000, 10), 0, "what owes something is kept");
    t.restart();
    assert_eq!(ids(t), (0..8).map(id).collect::<Vec<_>>());
    for (n, status) in (0..).zip(Status::ALL) {
        let settled = if status.ended() { ended(row(n), *status, 5_000) } else { row(n) };
        t.change_from(*status, ExecutionRow { status: *status, ..settled });
    }
    assert_eq!(ids(t), [id(0), id(1), id(3)]);
    t.restart();
    assert_eq!(ids(t), [id(0), id(1), id(3)]);
    assert_eq!(delete(t, 9_000, 10), 4);
}

pub(super) fn open_executions_come_in_pages_by_id(t: &mut Bench<'_>) {
    let shards = t.store().shard_count();
    let shard = id(0).shard(shards);
    let mine: Vec<u64> = (0..u64::from(shards) * 12).filter(|n| id(*n).shard(shards) == shard).collect();
    assert!(mine.len() > 4);
    for n in &mine {
        t.start(row(*n));
    }
    let mut found = Vec::new();
    loop {
        let page = block_on(t.store().open_executions(shard, found.last().copied(), 3)).unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        found.extend(page.iter().map(|row| row.id));
    }
    assert_eq!(found, mine.iter().map(|n| id(*n)).collect::<Vec<_>>());
}

fn waiting(n: u64, due: u64) -> ExecutionRow {
    let mut row = row(n);
    row.status = Status::Waiting;
    row.due = Some(Timestamp(due));
    row
}

fn due(t: &Bench<'_>, until: u64) -> Vec<(u64, u64)> {
    let found = block_on(t.store().due(None, Timestamp(until), None, 1_000)).unwrap();
    found.iter().map(|at| (at.due.0, u64::try_from(at.id.0 >> 64).unwrap())).collect()
}

pub(super) fn due_executions_come_in_order_up_to_an_instant(t: &mut Bench<'_>) {
    for (n, at) in [(1, 300), (2, 100), (3, 200), (4, 200), (5, 400)] {
        t.start(waiting(n, at));
    }
    t.start(row(6));
    assert_eq!(due(t, 300), [(100, 2), (200, 3), (200, 4), (300, 1)]);
    assert_eq!(due(t, 99), []);
    t.restart();
    assert_eq!(due(t, 300), [(100, 2), (200, 3), (200, 4), (300, 1)]);
    for n in 1..=5 {
        let shard = id(n).shard(t.store().shard_count());
        let mine = block_on(t.store().due(Some(shard), Timestamp(1_000), None, 10)).unwrap();
        assert!(mine.iter().any(|at| at.id == id(n)));
        assert!(mine.iter().all(|at| at.id.shard(t.store().shard_count()) == shard));
    }
}

pub(super) fn due_executions_come_in_pages(t: &mut Bench<'_>) {
    for n in 0..25 {
        t.start(waiting(n, 100 + n / 5));
    }
    let mut found: Vec<DueCursor> = Vec::new();
    loop {
        let page = block_on(t.store().due(None, Timestamp(1_000), found.last().copied(), 4)).unwrap();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    let expected: Vec<DueCursor> =
        (0..25).map(|n| DueCursor { due: Timestamp(100 + n / 5), id: id(n) }).collect();
    assert_eq!(found, expected);
}

pub(super) fn due_follows_the_newest_row(t: &mut Bench<'_>) {
    t.start(waiting(1, 100));
    t.start(waiting(2, 100));
    t.start(waiting(3, 100));
    t.change_from(Status::Waiting, waiting(1, 700));
    t.change_from(Status::Waiting, row(2));
    assert_eq!(due(t, 1_000), [(100, 3), (700, 1)]);
    t.restart();
    assert_eq!(due(t, 1_000), [(100, 3), (700, 1)]);
    assert_eq!(due(t, 500), [(100, 3)]);
}

fn keyed(n: u64) -> ExecutionRow {
    let mut row = row(n);
    row.key = Some("k".into());
    row
}

pub(super) fn the_holder_of_a_key_is_found(t: &mut Bench<'_>) {
    t.start(keyed(1));
    let find =
        |t: &Bench<'_>, key: &str| block_on(t.store().find_by_key(&acme(), "shop", "order", key)).unwrap();
    assert_eq!(find(t, "k").open, Some((id(1), Status::Running)));
    assert_eq!(find(t, "k").ended, None);
    assert_eq!((find(t, "other").open, find(t, "").open), (None, None));
    assert_eq!(block_on(t.store().find_by_key(&demo(), "shop", "order", "k")).unwrap().open, None);
    assert_eq!(block_on(t.store().find_by_key(&acme(), "shop", "refund", "k")).unwrap().open, None);
    t.restart();
    assert_eq!(find(t, "k").open, Some((id(1), Status::Running)));
}

pub(super) fn the_latest_ended_holder_of_a_key_is_found(t: &mut Bench<'_>) {
    for n in [1, 2, 3] {
        t.start(keyed(n));
        t.change(ended(keyed(n), Status::Faulted, 9_000 - n));
    }
    let holders = block_on(t.store().find_by_key(&acme(), "shop", "order", "k")).unwrap();
    assert_eq!((holders.open, holders.ended), (None, Some((id(3), Status::Faulted))));
}

fn start_ended(t: &Bench<'_>, n: u64, at: u64) {
    t.start(keyed_labelled(n));
    t.change(ended(keyed_labelled(n), Status::Completed, at));
}

fn keyed_labelled(n: u64) -> ExecutionRow {
    let mut row = row(n);
    row.key = Some(format!("k{n}").into());
    row.labels = vec![("region".into(), "eu".into())];
    row
}

fn delete(t: &Bench<'_>, before: u64, limit: usize) -> u64 {
    block_on(t.store().delete_ended_before(&acme(), Timestamp(before), limit, Act::default())).unwrap()
}

/// FR-041
pub(super) fn ended_executions_are_deleted_the_earliest_first(t: &mut Bench<'_>) {
    for (n, at) in [(1, 5_003), (2, 5_001), (3, 5_002), (4, 5_004)] {
        start_ended(t, n, at);
    }
    assert_eq!(delete(t, 5_001, 10), 0);
    assert_eq!(delete(t, 5_004, 2), 2);
    assert_eq!(t.list(Filter::everything()), [4, 1]);
    assert_eq!(delete(t, 5_004, 2), 1);
    assert_eq!(delete(t, 5_004, 2), 0);
    assert_eq!(t.list(Filter::everything()), [4]);
}

pub(super) fn deleted_executions_leave_lists_counts_keys_and_due(t: &mut Bench<'_>) {
    start_ended(t, 1, 5_000);
    t.restart();
    assert_eq!(t.count(&Filter::everything()).get(&Status::Completed), Some(&1));
    assert_eq!(delete(t, 9_000, 10), 1);
    assert!(t.count(&Filter::everything()).is_empty());
    assert!(t.list(Filter::everything()).is_empty());
    assert!(t.list(Filter::everything().label("region", "eu")).is_empty());
    assert_eq!((t.row(1), t.pieces(1)), (None, vec![]));
    let holders = block_on(t.store().find_by_key(&acme(), "shop", "order", "k1")).unwrap();
    assert_eq!((holders.open, holders.ended), (None, None));
    assert_eq!(due(t, u64::MAX), []);
}

pub(super) fn deletion_spares_other_tenants_and_open_executions(t: &mut Bench<'_>) {
    let mut foreign = row(1);
    foreign.tenant = demo();
    t.start(ended(foreign, Status::Completed, 5_000));
    t.start(row(2));
    assert_eq!(delete(t, 9_000, 10), 0);
    assert!(block_on(t.store().row(&demo(), id(1))).unwrap().is_some());
    assert!(t.row(2).is_some());
}

/// FR-041: what is named is deleted if it has ended and is the tenant's.
pub(super) fn named_executions_are_deleted_when_they_have_ended(t: &mut Bench<'_>) {
    let mut foreign = row(3);
    foreign.tenant = demo();
    t.start(ended(foreign, Status::Completed, 5_000));
    start_ended(t, 1, 5_000);
    t.start(row(2));
    t.restart();
    start_ended(t, 4, 5_000);
    let ids = [1, 2, 3, 4, 9].map(id).to_vec();
    assert_eq!(block_on(t.store().delete_ended(&acme(), ids.clone(), Act::default())), Ok(2));
    assert_eq!(block_on(t.store().delete_ended(&acme(), ids, Act::default())), Ok(0));
    assert_eq!(t.list(Filter::everything()), [2]);
    assert!(t.list(Filter::everything().label("region", "eu")).is_empty());
    assert!(block_on(t.store().row(&demo(), id(3))).unwrap().is_some());
    t.restart();
    assert_eq!(t.list(Filter::everything()), [2]);
}

pub(super) fn deletions_survive_a_restart(t: &mut Bench<'_>) {
    start_ended(t, 1, 5_000);
    start_ended(t, 2, 5_000);
    t.restart();
    assert_eq!(delete(t, 9_000, 1), 1);
    t.restart();
    assert_eq!(t.list(Filter::everything()), [2]);
    assert_eq!(t.count(&Filter::everything()).get(&Status::Completed), Some(&1));
}

pub(super) fn a_deleted_id_may_live_again(t: &mut Bench<'_>) {
    for round in 0..3 {
        start_ended(t, 1, 5_000);
        t.commit(vec![], vec![append(1, 2, 1 + round)]).unwrap();
        assert_eq!(t.spans(1), [(1, 1), (2, 1 + round)]);
        if round == 1 {
            t.restart();
        }
        assert_eq!(delete(t, 9_000, 10), 1);
        assert_eq!((t.row(1), t.pieces(1)), (None, vec![]));
    }
    start_ended(t, 1, 5_000);
    t.restart();
    assert_eq!(t.spans(1), [(1, 1)]);
    assert_eq!(t.count(&Filter::everything()).get(&Status::Completed), Some(&1));
    assert_eq!(t.list(Filter::everything().label("region", "eu")), [1]);
}

/// FR-025
pub(super) fn an_id_that_lives_again_elsewhere_is_not_shown_to_its_old_tenant(t: &mut Bench<'_>) {
    start_ended(t, 1, 5_000);
    t.restart();
    assert_eq!(delete(t, 9_000, 10), 1);
    let mut foreign = keyed_labelled(1);
    foreign.tenant = demo();
    t.start(foreign);
    assert_eq!(t.list(Filter::everything()), Vec::<u64>::new());
    assert_eq!(t.list(Filter::everything().label("region", "eu")), Vec::<u64>::new());
    assert!(t.count(&Filter::everything().label("region", "eu")).is_empty());
    assert!(t.count(&Filter::everything()).is_empty());
    assert_eq!((t.row(1), block_on(t.store().history(&acme(), id(1), 0, 10)).unwrap()), (None, None));
    let holders = block_on(t.store().find_by_key(&acme(), "shop", "order", "k1")).unwrap();
    assert_eq!((holders.open, holders.ended), (None, None));
}

pub(super) fn every_field_of_a_row_comes_back(t: &mut Bench<'_>) {
    let mut full = row(1);
    full.digest = Digest([9; 32]);
    full.key = Some("käse \u{1F9C0}".into());
    full.correlation_id = "c'; DROP TABLE executions; --".into();
    full.compensation = CompensationStatus::Running;
    full.due = Some(Timestamp(u64::MAX));
    full.labels = vec![("b".into(), "2".into()), ("a".into(), String::new())];
    full.summary = Sealed(vec![0, 255, 1]);
    full.events = 17;
    full.parent = Some(id(9));
    t.start(full.clone());
    assert_eq!(*t.row(1).unwrap(), full);
    t.restart();
    assert_eq!(*t.row(1).unwrap(), full);
    full.definition = definition_id("2.0.0");
    full.labels.pop();
    full.ended_at = Some(Timestamp(8));
    t.change(full.clone());
    t.restart();
    assert_eq!(*t.row(1).unwrap(), full);
    assert_eq!(t.list(Filter::everything().label("a", "")), Vec::<u64>::new());
    assert_eq!(t.list(Filter::everything().label("b", "2")), [1]);
}

/// FR-037: a store keeps ciphertext as it is.
pub(super) fn payloads_come_back_byte_for_byte(t: &mut Bench<'_>) {
    let blob = |n: usize| Sealed((0..n).map(|i| u8::try_from(i * 7 % 256).unwrap()).collect());
    t.commit(vec![new(row(1))], vec![HistoryAppend { blob: blob(0), ..append(1, 1, 1) }]).unwrap();
    for (seq, size) in (2..).zip([1, 255, 70_000, 1 << 20, 5]) {
        t.commit(vec![], vec![HistoryAppend { blob: blob(size), ..append(1, seq, 1) }]).unwrap();
    }
    t.restart();
    let sizes = [0, 1, 255, 70_000, 1 << 20, 5];
    assert_eq!(t.pieces(1).into_iter().map(|piece| piece.blob).collect::<Vec<_>>(), sizes.map(blob));
}

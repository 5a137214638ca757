//! What a commit may and may not do.

use super::block_on;
use super::fixture::{Bench, acme, append, demo, ended, id, is_conflict, new, row};
use crate::error::Error;
use crate::limits::HISTORY_SEQ_MAX;
use crate::records::{Commit, HistoryAppend, RowWrite, ShardLease};
use std::sync::Arc;
use tenure_types::{Epoch, ShardId, Status};

fn keyed(n: u64, key: &str) -> crate::records::ExecutionRow {
    let mut row = row(n);
    row.key = Some(key.into());
    row
}

pub(super) fn acquired_epochs_only_grow(t: &mut Bench<'_>) {
    let again = block_on(t.store().acquire_shards()).unwrap();
    assert_eq!(again.len(), usize::from(t.store().shard_count()));
    for (before, after) in t.leases.iter().zip(&again) {
        assert_eq!(before.shard, after.shard);
        assert!(before.epoch < after.epoch);
    }
}

pub(super) fn acquired_epochs_survive_a_restart(t: &mut Bench<'_>) {
    let before = t.leases.clone();
    t.restart();
    assert!(before.iter().zip(&t.leases).all(|(before, after)| before.epoch < after.epoch));
}

pub(super) fn a_commit_under_the_current_epoch_is_durable(t: &mut Bench<'_>) {
    t.commit(vec![new(row(1))], vec![append(1, 1, 2)]).unwrap();
    assert_eq!(*t.row(1).unwrap(), row(1));
    assert_eq!(t.spans(1), [(1, 2)]);
}

/// FR-002, P5: a stale owner can change nothing.
pub(super) fn a_commit_under_an_old_epoch_is_fenced_and_writes_nothing(t: &mut Bench<'_>) {
    t.start(row(1));
    let _newer = block_on(t.store().acquire_shards()).unwrap();
    let outcome = t.commit(vec![new(row(2))], vec![append(1, 2, 1)]);
    assert_eq!(outcome, Err(Error::Fenced));
    assert_eq!((t.row(2), t.spans(1)), (None, vec![(1, 1)]));
}

pub(super) fn a_commit_with_one_old_lease_of_several_is_fenced(t: &mut Bench<'_>) {
    let mut leases = t.leases.clone();
    let last = leases.last_mut().unwrap();
    last.epoch = Epoch(last.epoch.0 - 1);
    let commit = Commit { leases, rows: vec![new(row(1))], ..Commit::default() };
    assert_eq!(block_on(t.store().commit(commit)), Err(Error::Fenced));
    assert_eq!(t.row(1), None);
}

pub(super) fn a_commit_without_a_lease_for_an_execution_is_fenced(t: &mut Bench<'_>) {
    let shard = id(1).shard(t.store().shard_count());
    let others: Vec<ShardLease> = t.leases.iter().copied().filter(|lease| lease.shard != shard).collect();
    let commit = Commit { leases: others, rows: vec![new(row(1))], ..Commit::default() };
    assert_eq!(block_on(t.store().commit(commit)), Err(Error::Fenced));
}

pub(super) fn a_lease_of_an_unknown_shard_is_fenced(t: &mut Bench<'_>) {
    let shard = ShardId(t.store().shard_count());
    let commit = Commit { leases: vec![ShardLease { shard, epoch: Epoch(1) }], ..Commit::default() };
    assert_eq!(block_on(t.store().commit(commit)), Err(Error::Fenced));
}

pub(super) fn a_history_starts_at_one(t: &mut Bench<'_>) {
    assert!(is_conflict(&t.commit(vec![new(row(1))], vec![append(1, 2, 1)])));
    assert!(is_conflict(&t.commit(vec![new(row(1))], vec![append(1, 0, 1)])));
    assert_eq!(t.row(1), None);
}

pub(super) fn a_gap_in_a_history_is_a_conflict_and_writes_nothing(t: &mut Bench<'_>) {
    t.start(row(1));
    let outcome = t.commit(vec![new(row(2))], vec![append(2, 1, 1), append(1, 3, 1)]);
    assert!(is_conflict(&outcome));
    assert_eq!((t.row(2), t.spans(1)), (None, vec![(1, 1)]));
}

/// FR-005: a late or repeated commit cannot write a second time.
pub(super) fn an_append_that_is_there_already_is_a_conflict(t: &mut Bench<'_>) {
    t.start(row(1));
    t.commit(vec![], vec![append(1, 2, 3)]).unwrap();
    assert!(is_conflict(&t.commit(vec![], vec![append(1, 2, 3)])));
    assert!(is_conflict(&t.commit(vec![], vec![append(1, 4, 1)])));
    assert_eq!(t.spans(1), [(1, 1), (2, 3)]);
}

pub(super) fn appends_of_one_commit_follow_each_other(t: &mut Bench<'_>) {
    t.commit(vec![new(row(1))], vec![append(1, 1, 2), append(1, 3, 1), append(1, 4, 5)]).unwrap();
    assert_eq!(t.spans(1), [(1, 2), (3, 1), (4, 5)]);
}

pub(super) fn an_append_without_an_execution_is_a_conflict(t: &mut Bench<'_>) {
    assert!(is_conflict(&t.commit(vec![], vec![append(1, 1, 1)])));
}

/// FR-025
pub(super) fn an_append_under_another_tenant_is_a_conflict(t: &mut Bench<'_>) {
    t.start(row(1));
    let foreign = HistoryAppend { tenant: demo(), ..append(1, 2, 1) };
    assert!(is_conflict(&t.commit(vec![], vec![foreign])));
    assert_eq!(t.spans(1), [(1, 1)]);
}

pub(super) fn an_append_without_events_is_refused(t: &mut Bench<'_>) {
    let outcome = t.commit(vec![new(row(1))], vec![append(1, 1, 0)]);
    assert!(matches!(outcome, Err(Error::Permanent(_))));
    assert_eq!(t.row(1), None);
}

pub(super) fn a_row_whose_status_is_another_is_a_conflict(t: &mut Bench<'_>) {
    t.start(row(1));
    let write = RowWrite { row: ended(row(1), Status::Completed, 5_000), before: Some(Status::Waiting) };
    assert!(is_conflict(&t.commit(vec![write], vec![])));
    assert_eq!(t.row(1).unwrap().status, Status::Running);
}

pub(super) fn a_row_that_is_there_is_not_new(t: &mut Bench<'_>) {
    t.start(row(1));
    assert!(is_conflict(&t.commit(vec![new(row(1))], vec![])));
}

pub(super) fn a_row_that_is_not_there_cannot_change(t: &mut Bench<'_>) {
    assert!(is_conflict(&t.commit(vec![RowWrite { row: row(1), before: Some(Status::Running) }], vec![])));
}

/// FR-025
pub(super) fn a_row_cannot_change_its_tenant(t: &mut Bench<'_>) {
    t.start(row(1));
    let mut stolen = row(1);
    stolen.tenant = demo();
    assert!(is_conflict(&t.commit(vec![RowWrite { row: stolen, before: Some(Status::Running) }], vec![])));
    assert_eq!(t.row(1).unwrap().tenant, acme());
}

pub(super) fn a_row_may_change_twice_in_a_commit(t: &mut Bench<'_>) {
    let second = RowWrite { row: ended(row(1), Status::Completed, 5_000), before: Some(Status::Running) };
    t.commit(vec![new(row(1)), second], vec![append(1, 1, 4)]).unwrap();
    assert_eq!(t.row(1).unwrap().status, Status::Completed);
}

pub(super) fn a_refused_commit_leaves_no_trace(t: &mut Bench<'_>) {
    t.start(row(1));
    let mut keyed = keyed(2, "k");
    keyed.due = Some(tenure_types::Timestamp(9));
    let refused = Commit {
        rows: vec![new(keyed)],
        appends: vec![append(2, 1, 1), append(1, 9, 1)],
        audits: vec![super::fixture::audit_record(acme(), 1)],
        idempotency: vec![super::fixture::answer(acme(), "k")],
        ..Commit::default()
    };
    assert!(is_conflict(&t.send(refused)));
    assert_eq!(t.list(crate::Filter::everything()), [1]);
    assert!(t.chain(&acme()).is_empty());
    let due = block_on(t.store().due(None, tenure_types::Timestamp(u64::MAX), None, 10)).unwrap();
    assert!(due.is_empty());
    let kept = block_on(t.store().idempotency(&acme(), "k", tenure_types::Timestamp(1_000))).unwrap();
    assert_eq!(kept, None);
    // The execution and its key are still free.
    t.start(self::keyed(2, "k"));
}

pub(super) fn commits_of_one_execution_keep_their_order(t: &mut Bench<'_>) {
    t.start(row(1));
    let futures: Vec<_> = (2..60)
        .map(|seq| {
            let commit =
                Commit { leases: t.leases.clone(), appends: vec![append(1, seq, 1)], ..Commit::default() };
            t.store().commit(commit)
        })
        .collect();
    for future in futures {
        block_on(future).unwrap();
    }
    assert_eq!(t.spans(1), (1..60).map(|seq| (seq, 1)).collect::<Vec<_>>());
}

pub(super) fn many_executions_share_a_commit(t: &mut Bench<'_>) {
    let rows = (0..500).map(|n| new(row(n))).collect();
    let appends = (0..500).map(|n| append(n, 1, 1)).collect();
    t.commit(rows, appends).unwrap();
    let appends = (0..500).rev().map(|n| append(n, 2, 2)).collect();
    t.commit(vec![], appends).unwrap();
    for n in [0, 1, 250, 499] {
        assert_eq!(t.spans(n), [(1, 1), (2, 2)]);
    }
}

/// FR-002, P4
pub(super) fn what_was_committed_survives_a_restart(t: &mut Bench<'_>) {
    t.start(row(1));
    t.commit(vec![], vec![append(1, 2, 3)]).unwrap();
    t.change(ended(row(1), Status::Faulted, 5_000));
    t.restart();
    assert_eq!(*t.row(1).unwrap(), ended(row(1), Status::Faulted, 5_000));
    assert_eq!(t.spans(1), [(1, 1), (2, 3)]);
    t.commit(vec![], vec![append(1, 5, 1)]).unwrap();
    t.restart();
    assert_eq!(t.spans(1), [(1, 1), (2, 3), (5, 1)]);
}

pub(super) fn an_empty_commit_is_accepted(t: &mut Bench<'_>) {
    t.send(Commit::default()).unwrap();
}

pub(super) fn a_history_has_a_limit(t: &mut Bench<'_>) {
    let most = u32::try_from(HISTORY_SEQ_MAX).unwrap();
    t.commit(vec![new(row(1))], vec![append(1, 1, most - 1)]).unwrap();
    t.commit(vec![], vec![append(1, HISTORY_SEQ_MAX, 1)]).unwrap();
    let outcome = t.commit(vec![], vec![append(1, HISTORY_SEQ_MAX + 1, 1)]);
    assert!(matches!(outcome, Err(Error::Permanent(_))));
    t.start(row(2));
    assert_eq!((t.spans(1).len(), t.spans(2).len()), (2, 1));
}

pub(super) fn a_key_of_an_open_execution_is_taken(t: &mut Bench<'_>) {
    t.start(keyed(1, "k"));
    let outcome = t.commit(vec![new(keyed(2, "k"))], vec![append(2, 1, 1)]);
    assert!(matches!(outcome, Err(Error::Taken(_))));
    assert_eq!(t.row(2), None);
    let both = t.commit(vec![new(keyed(3, "x")), new(keyed(4, "x"))], vec![]);
    assert!(matches!(both, Err(Error::Taken(_))));
}

pub(super) fn a_key_is_free_once_its_execution_has_ended(t: &mut Bench<'_>) {
    t.start(keyed(1, "k"));
    t.change(ended(keyed(1, "k"), Status::Completed, 5_000));
    t.start(keyed(2, "k"));
    assert!(t.row(2).is_some());
}

pub(super) fn a_key_may_pass_on_within_a_commit(t: &mut Bench<'_>) {
    t.start(keyed(1, "k"));
    let end = RowWrite { row: ended(keyed(1, "k"), Status::Cancelled, 5_000), before: Some(Status::Running) };
    t.commit(vec![end, new(keyed(2, "k"))], vec![append(2, 1, 1)]).unwrap();
    let holders = block_on(t.store().find_by_key(&acme(), "shop", "order", "k")).unwrap();
    assert_eq!(holders.open, Some((id(2), Status::Running)));
    assert_eq!(holders.ended, Some((id(1), Status::Cancelled)));
}

pub(super) fn a_key_belongs_to_one_definition_and_tenant(t: &mut Bench<'_>) {
    t.start(keyed(1, "k"));
    let mut other_name = keyed(2, "k");
    other_name.definition.name = Arc::from("refund");
    t.start(other_name);
    let mut other_tenant = keyed(3, "k");
    other_tenant.tenant = demo();
    t.start(other_tenant);
    let mut other_version = keyed(4, "k");
    other_version.definition.version = Arc::from("2.0.0");
    assert!(matches!(t.commit(vec![new(other_version)], vec![]), Err(Error::Taken(_))));
}

pub(super) fn an_execution_that_opens_again_needs_its_key(t: &mut Bench<'_>) {
    t.start(keyed(1, "k"));
    t.change(ended(keyed(1, "k"), Status::Faulted, 5_000));
    t.start(keyed(2, "k"));
    let again = RowWrite { row: keyed(1, "k"), before: Some(Status::Faulted) };
    assert!(matches!(t.commit(vec![again.clone()], vec![]), Err(Error::Taken(_))));
    t.change(ended(keyed(2, "k"), Status::Completed, 6_000));
    t.commit(vec![again], vec![]).unwrap();
    assert_eq!(t.row(1).unwrap().status, Status::Running);
}

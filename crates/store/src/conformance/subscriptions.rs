//! What executions wait for: found by tenant, type, filter and correlation, never by looking at who waits.

use super::block_on;
use super::fixture::{Bench, acme, append, demo, ended, id, is_conflict, new, row};
use crate::error::Error;
use crate::limits::SUBSCRIPTIONS_MAX;
use crate::records::{
    Act, Commit, ExecutionRow, HistoryAppend, RowWrite, ShardLease, SubscribedFilter, Subscription,
    SubscriptionWrite,
};
use tenure_types::{Digest, Epoch, ExecutionId, Status, TenantId, Timestamp};

const DIGEST: Digest = Digest([7; 32]);

/// A wait for orders of one number, or for orders of any number.
fn order(number: Option<u8>) -> Subscription {
    Subscription {
        kind: Some("com.shop.order".into()),
        task: "/do/0/wait".into(),
        filter: 0,
        correlation: number.map(|number| [number; 16]),
    }
}

fn waits_for(n: u64, subscriptions: Vec<Subscription>) -> SubscriptionWrite {
    SubscriptionWrite { execution: id(n), tenant: acme(), digest: DIGEST, subscriptions }
}

fn filter_of(subscription: &Subscription) -> SubscribedFilter {
    waits_for(0, vec![]).filter(subscription)
}

fn write(t: &Bench<'_>, write: SubscriptionWrite) {
    t.send(Commit { subscriptions: vec![write], ..Commit::default() }).unwrap();
}

fn start_waiting(t: &Bench<'_>, n: u64, subscriptions: Vec<Subscription>) {
    start_row(t, row(n), subscriptions);
}

fn start_row(t: &Bench<'_>, mut row: ExecutionRow, subscriptions: Vec<Subscription>) {
    row.status = Status::Waiting;
    let (execution, tenant) = (row.id, row.tenant.clone());
    let first = HistoryAppend { execution, tenant: tenant.clone(), ..append(0, 1, 1) };
    let wait = SubscriptionWrite { execution, tenant, digest: DIGEST, subscriptions };
    let rows = vec![new(row)];
    t.send(Commit { rows, appends: vec![first], subscriptions: vec![wait], ..Commit::default() }).unwrap();
}

fn filters(t: &Bench<'_>, tenant: &TenantId, kind: &str) -> Vec<SubscribedFilter> {
    block_on(t.store().subscribed_filters(tenant, kind, None, 100)).unwrap()
}

/// Who waits under the subscription's filter and correlation, by number.
fn waiting(t: &Bench<'_>, tenant: &TenantId, subscription: &Subscription) -> Vec<u64> {
    numbers(&page(t, tenant, subscription, None, 1_000))
}

fn page(
    t: &Bench<'_>,
    tenant: &TenantId,
    subscription: &Subscription,
    after: Option<ExecutionId>,
    limit: usize,
) -> Vec<ExecutionId> {
    let filter = filter_of(subscription);
    block_on(t.store().subscribers(tenant, &filter, subscription.correlation, after, limit)).unwrap()
}

fn numbers(ids: &[ExecutionId]) -> Vec<u64> {
    ids.iter().map(|id| u64::try_from(id.0 >> 64).unwrap()).collect()
}

pub(super) fn who_waits_is_found_by_kind_filter_and_correlation(t: &mut Bench<'_>) {
    start_waiting(t, 1, vec![order(None)]);
    start_waiting(t, 2, vec![order(Some(5))]);
    assert_eq!(filters(t, &acme(), "com.shop.order"), [filter_of(&order(None))]);
    assert_eq!(filters(t, &acme(), "com.shop.refund"), []);
    assert_eq!(waiting(t, &acme(), &order(None)), [1]);
    assert_eq!(waiting(t, &acme(), &order(Some(5))), [2]);
    assert_eq!(waiting(t, &acme(), &order(Some(6))), [0_u64; 0]);
    let other = [
        Subscription { filter: 1, ..order(None) },
        Subscription { task: "/do/1/wait".into(), ..order(None) },
        Subscription { kind: None, ..order(None) },
    ];
    for other in other {
        assert_eq!(waiting(t, &acme(), &other), [0_u64; 0], "{other:?}");
    }
    let another = SubscribedFilter { digest: Digest([8; 32]), ..filter_of(&order(None)) };
    let found = block_on(t.store().subscribers(&acme(), &another, None, None, 10)).unwrap();
    assert_eq!(found, []);
}

pub(super) fn one_of_many_is_found_by_its_correlation(t: &mut Bench<'_>) {
    for n in 0..200 {
        start_waiting(t, n, vec![order(Some(u8::try_from(n).unwrap()))]);
    }
    assert_eq!(filters(t, &acme(), "com.shop.order"), [filter_of(&order(None))]);
    for n in [0, 77, 199] {
        assert_eq!(waiting(t, &acme(), &order(Some(u8::try_from(n).unwrap()))), [n]);
    }
}

pub(super) fn a_filter_for_any_type_is_named_for_every_type(t: &mut Bench<'_>) {
    let any = Subscription { kind: None, task: "/do/9/any".into(), ..order(None) };
    start_waiting(t, 1, vec![any.clone()]);
    start_waiting(t, 2, vec![order(None)]);
    assert_eq!(filters(t, &acme(), "com.shop.order"), [filter_of(&any), filter_of(&order(None))]);
    assert_eq!(filters(t, &acme(), "com.shop.refund"), [filter_of(&any)]);
    assert_eq!(waiting(t, &acme(), &any), [1]);
}

pub(super) fn a_new_set_takes_the_place_of_the_old_one(t: &mut Bench<'_>) {
    start_waiting(t, 1, vec![order(Some(1))]);
    write(t, waits_for(1, vec![order(Some(2))]));
    assert_eq!(waiting(t, &acme(), &order(Some(1))), [0_u64; 0]);
    assert_eq!(waiting(t, &acme(), &order(Some(2))), [1]);
    t.restart();
    write(t, waits_for(1, vec![order(Some(3)), order(None)]));
    assert_eq!(waiting(t, &acme(), &order(Some(2))), [0_u64; 0]);
    assert_eq!(waiting(t, &acme(), &order(Some(3))), [1]);
    assert_eq!(waiting(t, &acme(), &order(None)), [1]);
    // The same set again changes nothing.
    write(t, waits_for(1, vec![order(Some(3)), order(None)]));
    assert_eq!(waiting(t, &acme(), &order(Some(3))), [1]);
}

pub(super) fn an_empty_set_ends_the_wait(t: &mut Bench<'_>) {
    start_waiting(t, 1, vec![order(None)]);
    write(t, waits_for(1, vec![]));
    assert_eq!(waiting(t, &acme(), &order(None)), [0_u64; 0]);
    t.restart();
    assert_eq!(waiting(t, &acme(), &order(None)), [0_u64; 0]);
}

pub(super) fn one_execution_may_wait_for_several_things(t: &mut Bench<'_>) {
    let second = Subscription { filter: 1, ..order(None) };
    start_waiting(t, 1, vec![order(None), order(Some(1)), order(Some(2)), second.clone()]);
    assert_eq!(filters(t, &acme(), "com.shop.order"), [filter_of(&order(None)), filter_of(&second)]);
    for subscription in [order(None), order(Some(1)), order(Some(2)), second] {
        assert_eq!(waiting(t, &acme(), &subscription), [1], "{subscription:?}");
    }
}

pub(super) fn filters_come_in_pages(t: &mut Bench<'_>) {
    let at = |filter| Subscription { filter, ..order(None) };
    // Some from before a restart and some from after it, so that pages are put together from both.
    for n in [0, 2, 4, 6] {
        start_waiting(t, u64::from(n), vec![at(n)]);
    }
    t.restart();
    for n in [1, 3, 5] {
        start_waiting(t, u64::from(n), vec![at(n), at(0)]);
    }
    let page = |after: Option<&SubscribedFilter>, limit| {
        let page = block_on(t.store().subscribed_filters(&acme(), "com.shop.order", after, limit)).unwrap();
        page.iter().map(|filter| filter.filter).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 3), [0, 1, 2]);
    assert_eq!(page(Some(&filter_of(&at(2))), 3), [3, 4, 5]);
    assert_eq!(page(Some(&filter_of(&at(5))), 3), [6]);
    assert_eq!(page(Some(&filter_of(&at(6))), 3), [0_u32; 0]);
    assert_eq!(page(None, 0), [0_u32; 0]);
}

pub(super) fn subscribers_come_in_pages_by_id(t: &mut Bench<'_>) {
    for n in [0, 2, 4, 6, 8] {
        start_waiting(t, n, vec![order(None)]);
    }
    t.restart();
    for n in [1, 3, 5, 7] {
        start_waiting(t, n, vec![order(None)]);
    }
    write(t, waits_for(4, vec![]));
    write(t, waits_for(6, vec![order(Some(1))]));
    let page = |after: Option<u64>, limit| numbers(&page(t, &acme(), &order(None), after.map(id), limit));
    assert_eq!(page(None, 3), [0, 1, 2]);
    assert_eq!(page(Some(2), 3), [3, 5, 7]);
    assert_eq!(page(Some(7), 3), [8]);
    assert_eq!(page(Some(8), 3), [0_u64; 0]);
    assert_eq!(page(None, 0), [0_u64; 0]);
}

/// FR-033
pub(super) fn who_waits_in_another_tenant_is_not_found(t: &mut Bench<'_>) {
    let mut foreign = row(1);
    foreign.tenant = demo();
    start_row(t, foreign, vec![order(None)]);
    assert_eq!(filters(t, &acme(), "com.shop.order"), []);
    assert_eq!(waiting(t, &acme(), &order(None)), [0_u64; 0]);
    assert_eq!(waiting(t, &demo(), &order(None)), [1]);
}

/// A listen that is durable is found by whatever comes after it: nothing is between the two.
pub(super) fn a_subscription_is_found_as_soon_as_its_commit_is_durable(t: &mut Bench<'_>) {
    for n in 0..50 {
        start_waiting(t, n, vec![order(Some(1))]);
        let found = waiting(t, &acme(), &order(Some(1)));
        assert_eq!(found, (n..=n).collect::<Vec<_>>());
        write(t, waits_for(n, vec![]));
        assert_eq!(waiting(t, &acme(), &order(Some(1))), [0_u64; 0]);
    }
}

pub(super) fn subscriptions_survive_a_restart(t: &mut Bench<'_>) {
    let second = Subscription { kind: None, filter: 3, ..order(Some(9)) };
    start_waiting(t, 1, vec![order(None), second.clone()]);
    start_waiting(t, 2, vec![order(None)]);
    for _ in 0..2 {
        t.restart();
        assert_eq!(waiting(t, &acme(), &order(None)), [1, 2]);
        assert_eq!(waiting(t, &acme(), &second), [1]);
        assert_eq!(filters(t, &acme(), "com.shop.order"), [filter_of(&second), filter_of(&order(None))]);
    }
}

pub(super) fn ended_subscriptions_stay_ended_after_a_restart(t: &mut Bench<'_>) {
    start_waiting(t, 1, vec![order(None)]);
    start_waiting(t, 2, vec![order(None)]);
    t.restart();
    write(t, waits_for(1, vec![]));
    t.restart();
    assert_eq!(waiting(t, &acme(), &order(None)), [2]);
}

fn end_and_delete(t: &Bench<'_>, n: u64) {
    let row = ended(row(n), Status::Completed, 2_000);
    let write = RowWrite { row, before: Some(Status::Waiting) };
    t.send(Commit { rows: vec![write], ..Commit::default() }).unwrap();
    let tenant = acme();
    let deleted = t.store().delete_ended_before(&tenant, Timestamp(3_000), 10, Act::default());
    assert_eq!(block_on(deleted).unwrap(), 1);
}

pub(super) fn deleted_executions_wait_for_nothing(t: &mut Bench<'_>) {
    start_waiting(t, 1, vec![order(None)]);
    start_waiting(t, 2, vec![order(None)]);
    t.restart();
    start_waiting(t, 3, vec![order(None)]);
    end_and_delete(t, 1);
    end_and_delete(t, 3);
    assert_eq!(waiting(t, &acme(), &order(None)), [2]);
    t.restart();
    assert_eq!(waiting(t, &acme(), &order(None)), [2]);
}

pub(super) fn a_deleted_id_that_lives_again_waits_for_its_own(t: &mut Bench<'_>) {
    start_waiting(t, 1, vec![order(Some(1)), order(Some(2))]);
    t.restart();
    end_and_delete(t, 1);
    start_waiting(t, 1, vec![order(Some(2)), order(Some(3))]);
    for _ in 0..2 {
        assert_eq!(waiting(t, &acme(), &order(Some(1))), [0_u64; 0]);
        assert_eq!(waiting(t, &acme(), &order(Some(2))), [1]);
        assert_eq!(waiting(t, &acme(), &order(Some(3))), [1]);
        t.restart();
    }
}

pub(super) fn subscriptions_of_what_is_not_there_are_a_conflict(t: &mut Bench<'_>) {
    let wait = vec![waits_for(1, vec![order(None)])];
    let alone = Commit { subscriptions: wait, ..Commit::default() };
    assert!(is_conflict(&t.send(alone.clone())));
    // Refused as a whole: what comes with it is not written either.
    let with = Commit { rows: vec![new(row(2))], ..alone.clone() };
    assert!(is_conflict(&t.send(with)));
    assert_eq!((t.row(2), filters(t, &acme(), "com.shop.order")), (None, vec![]));
    t.send(Commit { rows: vec![new(row(1))], ..alone }).unwrap();
    assert_eq!(waiting(t, &acme(), &order(None)), [1]);
}

pub(super) fn subscriptions_need_the_lease_and_the_tenant_of_their_execution(t: &mut Bench<'_>) {
    t.start(row(1));
    let foreign = SubscriptionWrite { tenant: demo(), ..waits_for(1, vec![order(None)]) };
    assert!(is_conflict(&t.send(Commit { subscriptions: vec![foreign], ..Commit::default() })));
    let own = Commit { subscriptions: vec![waits_for(1, vec![order(None)])], ..Commit::default() };
    assert_eq!(block_on(t.store().commit(own.clone())), Err(Error::Fenced));
    let old = |lease: &ShardLease| ShardLease { epoch: Epoch(lease.epoch.0 - 1), ..*lease };
    let leases = t.leases.iter().map(old).collect();
    assert_eq!(block_on(t.store().commit(Commit { leases, ..own })), Err(Error::Fenced));
    assert_eq!(waiting(t, &acme(), &order(None)), [0_u64; 0]);
}

pub(super) fn impossible_subscriptions_are_refused(t: &mut Bench<'_>) {
    t.start(row(1));
    let nameless = vec![Subscription { kind: Some("".into()), ..order(None) }];
    let at = |filter| Subscription { filter, ..order(None) };
    let too_many = (0..=u32::try_from(SUBSCRIPTIONS_MAX).unwrap()).map(at).collect();
    for refused in [nameless, too_many] {
        let commit = Commit { subscriptions: vec![waits_for(1, refused)], ..Commit::default() };
        assert!(matches!(t.send(commit), Err(Error::Permanent(_))));
    }
    assert_eq!(filters(t, &acme(), "com.shop.order"), []);
}

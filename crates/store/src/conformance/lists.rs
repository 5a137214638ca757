//! Lists and counts.

use super::block_on;
use super::fixture::{Bench, acme, definition_id, demo, ended, id, numbers, row};
use crate::attribute::{self, AttributeValue};
use crate::filter::{Comparison, Condition, Filter, TextField, TimeField};
use crate::limit;
use crate::query::{Cursor, Order, Query};
use crate::records::ExecutionRow;
use std::collections::BTreeMap;
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{CompensationStatus, Status, Timestamp};

fn query(page_size: usize, cursor: Option<Cursor>) -> Query {
    Query { filter: Filter::everything(), order: Order::NewestFirst, page_size, cursor }
}

fn started(n: u64, at: u64) -> ExecutionRow {
    let mut row = row(n);
    row.started_at = Timestamp(at);
    row
}

pub(super) fn a_list_is_ordered_by_start_and_id(t: &mut Bench<'_>) {
    for (n, at) in [(1, 50), (2, 70), (3, 50), (4, 60), (5, 50)] {
        t.start(started(n, at));
    }
    assert_eq!(numbers(&t.page(&query(10, None))), [2, 4, 5, 3, 1]);
    let oldest = Query { order: Order::OldestFirst, ..query(10, None) };
    assert_eq!(numbers(&t.page(&oldest)), [1, 3, 5, 4, 2]);
    t.restart();
    assert_eq!(numbers(&t.page(&query(10, None))), [2, 4, 5, 3, 1]);
    assert_eq!(numbers(&t.page(&oldest)), [1, 3, 5, 4, 2]);
}

/// FR-025
pub(super) fn a_list_shows_one_tenant(t: &mut Bench<'_>) {
    t.start(row(1));
    let mut foreign = row(2);
    foreign.tenant = demo();
    t.start(foreign);
    assert_eq!(t.list(Filter::everything()), [1]);
    assert_eq!(t.list(Filter::everything().and(Condition::Id(id(2)))), Vec::<u64>::new());
    let theirs = block_on(t.store().list(&demo(), &query(10, None))).unwrap();
    assert_eq!(numbers(&theirs), [2]);
}

fn all_pages(t: &Bench<'_>, order: Order, page_size: usize) -> Vec<u64> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = t.page(&Query { order, ..query(page_size, cursor) });
        assert!(page.rows.len() <= page_size);
        found.extend(numbers(&page));
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
        assert_eq!(cursor, page.rows.last().map(|row| Cursor::of(row)));
    }
}

pub(super) fn pages_follow_each_other_without_gaps(t: &mut Bench<'_>) {
    for n in 0..23 {
        t.start(started(n, 100 + n / 4));
    }
    let newest: Vec<u64> = (0..23).rev().collect();
    let oldest: Vec<u64> = (0..23).collect();
    for page_size in [1, 2, 5, 22, 23, 24] {
        assert_eq!(all_pages(t, Order::NewestFirst, page_size), newest);
        assert_eq!(all_pages(t, Order::OldestFirst, page_size), oldest);
    }
    t.restart();
    for n in 23..27 {
        t.start(started(n, 100 + n / 4));
    }
    assert_eq!(all_pages(t, Order::NewestFirst, 5), (0..27).rev().collect::<Vec<_>>());
}

pub(super) fn pages_are_stable_while_executions_start(t: &mut Bench<'_>) {
    for n in 0..6 {
        t.start(row(n));
    }
    let first = t.page(&query(3, None));
    t.start(row(6));
    t.start(started(7, 0));
    let second = t.page(&query(3, first.next));
    let third = t.page(&query(3, second.next));
    assert_eq!((numbers(&first), numbers(&second)), (vec![5, 4, 3], vec![2, 1, 0]));
    assert_eq!((numbers(&third), third.next), (vec![7], None));
}

pub(super) fn a_change_between_pages_shows_an_execution_once(t: &mut Bench<'_>) {
    for n in 0..6 {
        t.start(row(n));
    }
    let first = t.page(&query(3, None));
    t.change(ended(row(1), Status::Completed, 9_000));
    t.change(ended(row(4), Status::Completed, 9_000));
    let second = t.page(&query(3, first.next));
    assert_eq!(numbers(&second), [2, 1, 0]);
    assert_eq!(second.rows[1].status, Status::Completed);
}

pub(super) fn page_sizes_are_capped(t: &mut Bench<'_>) {
    let rows = (0..=PAGE_ITEMS_MAX as u64).map(|n| super::fixture::new(row(n))).collect();
    t.commit(rows, vec![]).unwrap();
    let page = t.page(&query(usize::MAX, None));
    assert_eq!(page.rows.len(), PAGE_ITEMS_MAX);
    assert!(page.next.is_some());
}

pub(super) fn an_empty_page_has_no_next(t: &mut Bench<'_>) {
    assert_eq!(t.page(&query(10, None)), crate::query::Page::default());
}

fn varied(n: u64) -> ExecutionRow {
    let mut row = row(n);
    row.status = Status::ALL[usize::try_from(n).unwrap() % Status::ALL.len()];
    row.definition.namespace = if n.is_multiple_of(2) { "shop" } else { "bank" }.into();
    row.definition.name = if n.is_multiple_of(3) { "order" } else { "refund" }.into();
    row.definition.version = if n.is_multiple_of(5) { "2.0.0" } else { "1.0.0" }.into();
    row.key = n.is_multiple_of(4).then(|| format!("k{n}").into());
    row.compensation = CompensationStatus::ALL[usize::try_from(n).unwrap() % CompensationStatus::ALL.len()];
    row.updated_at = Timestamp(2_000 + n);
    row.ended_at = row.status.ended().then_some(Timestamp(3_000 + n * 2));
    row.labels = vec![("region".into(), if n.is_multiple_of(3) { "eu" } else { "us" }.into())];
    if n.is_multiple_of(2) {
        row.labels.push(("tier".into(), "gold".into()));
    }
    let mut attribute = |name: &str, value: AttributeValue| {
        row.labels.push((attribute::label(name), value.encode()));
    };
    let small = u32::try_from(n).unwrap();
    attribute("total", AttributeValue::Number(f64::from(small) - 10.5));
    if n.is_multiple_of(3) {
        attribute("mixed", AttributeValue::Text(format!("t{n}").into()));
    } else {
        attribute("mixed", AttributeValue::Bool(n.is_multiple_of(2)));
    }
    attribute("paidAt", AttributeValue::Time(Timestamp(5_000 + n)));
    row
}

fn conditions() -> Vec<Filter> {
    let everything = Filter::everything;
    let not_text = |field, value: &str| everything().and(Condition::NotText { field, value: value.into() });
    let duration = |comparison, value_ms| {
        everything().and(Condition::Duration { comparison, value_ms, now: Timestamp(2_500) })
    };
    let mut filters = vec![
        everything(),
        everything().status([Status::Faulted]),
        everything().status([Status::Faulted, Status::Running, Status::Waiting]),
        everything().status(Status::ALL.iter().copied()),
        everything().status([]),
        everything()
            .and(Condition::Compensation([CompensationStatus::Failed, CompensationStatus::None].into())),
        everything().and(Condition::Id(id(7))),
        everything().text(TextField::Namespace, "shop").text(TextField::Name, "order"),
        everything().text(TextField::Version, "2.0.0"),
        everything().text(TextField::Key, "k8"),
        everything().text(TextField::CorrelationId, "c-9"),
        not_text(TextField::Name, "order"),
        not_text(TextField::Key, "k8"),
        everything().label("region", "eu"),
        everything().label("region", "eu").label("tier", "gold"),
        everything().label("region", "' OR 1=1"),
        everything().and(Condition::NotLabel { name: "tier".into(), value: "gold".into() }),
        everything().label("region", "us").status([Status::Completed, Status::Running]),
        duration(Comparison::Greater, 1_990),
        duration(Comparison::AtMost, 1_480),
        everything().attribute("mixed", Comparison::Equal, &AttributeValue::Bool(true)),
        everything().expired(Timestamp(u64::MAX)),
    ];
    for comparison in [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::AtMost,
        Comparison::Greater,
        Comparison::AtLeast,
    ] {
        filters.push(everything().time(TimeField::StartedAt, comparison, Timestamp(1_011)));
        filters.push(everything().time(TimeField::UpdatedAt, comparison, Timestamp(2_011)));
        filters.push(everything().time(TimeField::EndedAt, comparison, Timestamp(3_014)));
        let total = AttributeValue::Number(-0.5);
        filters.push(everything().attribute("total", comparison, &total));
        filters.push(everything().attribute("paidAt", comparison, &AttributeValue::Time(Timestamp(5_007))));
        filters.push(everything().attribute("mixed", comparison, &AttributeValue::Text("t15".into())));
        filters.push(everything().attribute("none", comparison, &total));
        filters.push(everything().label("region", "eu").attribute("total", comparison, &total));
        filters.push(
            everything()
                .attribute("total", comparison, &total)
                .attribute("paidAt", Comparison::Less, &AttributeValue::Time(Timestamp(5_020)))
                .status([Status::Completed, Status::Running]),
        );
    }
    filters
}

pub(super) fn every_condition_filters(t: &mut Bench<'_>) {
    for n in 0..12 {
        t.start(varied(n));
    }
    t.restart();
    for n in 12..24 {
        t.start(varied(n));
    }
    for filter in conditions() {
        let expected: Vec<u64> = (0..24).rev().filter(|n| filter.matches(&varied(*n))).collect();
        assert_eq!(t.list(filter.clone()), expected, "{filter:?}");
        let count: u64 = t.count(&filter).values().sum();
        assert_eq!(count, expected.len() as u64, "{filter:?}");
        let oldest = Query { filter: filter.clone(), order: Order::OldestFirst, page_size: 2, cursor: None };
        let first: Vec<u64> = expected.iter().rev().copied().take(2).collect();
        assert_eq!(numbers(&t.page(&oldest)), first, "{filter:?}");
    }
}

pub(super) fn the_children_of_an_execution_are_listed(t: &mut Bench<'_>) {
    let of = |n: u64, parent: u64| ExecutionRow { parent: Some(id(parent)), ..row(n) };
    t.start(row(1));
    t.start(of(2, 1));
    t.start(of(3, 9));
    let mut foreign = of(4, 1);
    foreign.tenant = demo();
    t.start(foreign);
    t.restart();
    t.start(of(5, 1));
    t.start(of(6, 2));
    let children = |n: u64| Filter::everything().and(Condition::Parent(id(n)));
    assert_eq!(t.list(children(1)), [5, 2]);
    assert_eq!(t.list(children(2)), [6]);
    assert_eq!(t.list(children(6)), Vec::<u64>::new());
    let oldest = Query { filter: children(1), order: Order::OldestFirst, page_size: 1, cursor: None };
    let first = t.page(&oldest);
    assert_eq!(numbers(&first), [2]);
    assert_eq!(numbers(&t.page(&Query { cursor: first.next, ..oldest })), [5]);
    t.change(ended(of(2, 1), Status::Completed, 9_000));
    assert_eq!(t.list(children(1).status([Status::Completed])), [2]);
    assert_eq!(t.count(&children(1)), BTreeMap::from([(Status::Running, 1), (Status::Completed, 1)]));
}

pub(super) fn executions_under_a_limit_are_found(t: &mut Bench<'_>) {
    let waits = |n: u64| limit::Waits { since: Timestamp(1_000 - n), max: 2, faults: false };
    let under = |n: u64, key: &str, waits: Option<limit::Waits>| ExecutionRow {
        labels: limit::labels(key, waits).collect(),
        ..row(n)
    };
    t.start(under(1, "\"ada\"", None));
    t.start(under(2, "\"ada\"", Some(waits(2))));
    t.restart();
    t.start(under(3, "\"ada\"", Some(waits(3))));
    t.start(under(4, "", Some(waits(4))));
    t.start(row(5));
    let name = definition_id("1.0.0");
    let found =
        |t: &Bench<'_>, key: &str| t.list(Filter::everything().limited(&name.namespace, &name.name, key));
    assert_eq!((found(t, "\"ada\""), found(t, ""), found(t, "\"bob\"")), (vec![3, 2, 1], vec![4], vec![]));
    assert_eq!(t.list(Filter::everything().limited("other", &name.name, "")), Vec::<u64>::new());
    assert_eq!(t.list(Filter::everything().waits_for_a_place()), [4, 3, 2]);
    t.change(under(2, "\"ada\"", None));
    assert_eq!(t.list(Filter::everything().waits_for_a_place()), [4, 3]);
    assert_eq!(found(t, "\"ada\""), [3, 2, 1]);
}

pub(super) fn a_filter_of_several_statuses_merges_in_order(t: &mut Bench<'_>) {
    for n in 0..16 {
        t.start(varied(n));
    }
    t.restart();
    let filter = Filter::everything().status([Status::Running, Status::Completed, Status::Terminated]);
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = t.page(&Query { filter: filter.clone(), ..query(2, cursor) });
        found.extend(numbers(&page));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [15, 14, 9, 7, 6, 1]);
}

pub(super) fn a_list_shows_the_newest_state(t: &mut Bench<'_>) {
    t.start(row(1));
    t.start(row(2));
    t.restart();
    t.change(ended(row(1), Status::Completed, 9_000));
    let open = Filter::everything().status([Status::Running]);
    let done = Filter::everything().status([Status::Completed]);
    assert_eq!((t.list(open.clone()), t.list(done.clone())), (vec![2], vec![1]));
    t.restart();
    assert_eq!((t.list(open), t.list(done)), (vec![2], vec![1]));
}

pub(super) fn counts_follow_every_change(t: &mut Bench<'_>) {
    for n in 0..5 {
        t.start(row(n));
    }
    t.change(ended(row(0), Status::Completed, 9_000));
    t.change(ended(row(1), Status::Faulted, 9_000));
    let mut migrated = row(2);
    migrated.definition.version = "2.0.0".into();
    t.change(migrated);
    let expected = BTreeMap::from([(Status::Running, 3), (Status::Completed, 1), (Status::Faulted, 1)]);
    assert_eq!(t.count(&Filter::everything()), expected);
    let second = Filter::everything().text(TextField::Version, "2.0.0");
    assert_eq!(t.count(&second), BTreeMap::from([(Status::Running, 1)]));
    let open = Filter::everything().status([Status::Running]).text(TextField::Name, "order");
    assert_eq!(t.count(&open), BTreeMap::from([(Status::Running, 3)]));
}

pub(super) fn counts_with_other_conditions_look_at_rows(t: &mut Bench<'_>) {
    for n in 0..6 {
        t.start(varied(n));
    }
    t.restart();
    let gold = Filter::everything().label("tier", "gold");
    let expected = BTreeMap::from([(Status::Pending, 1), (Status::Waiting, 1), (Status::Cancelled, 1)]);
    assert_eq!(t.count(&gold), expected);
    let mut ended = varied(2);
    ended.status = Status::Terminated;
    t.change_from(Status::Waiting, ended);
    let expected = BTreeMap::from([(Status::Pending, 1), (Status::Cancelled, 1), (Status::Terminated, 1)]);
    assert_eq!(t.count(&gold), expected);
}

/// FR-025
pub(super) fn counts_show_one_tenant(t: &mut Bench<'_>) {
    let mut foreign = row(1);
    foreign.tenant = demo();
    t.start(foreign);
    assert_eq!(t.count(&Filter::everything()), BTreeMap::new());
    assert_eq!(t.count(&Filter::everything().label("x", "y")), BTreeMap::new());
    assert!(block_on(t.store().count(&acme(), &Filter::everything())).unwrap().is_empty());
}

pub(super) fn counts_survive_a_restart(t: &mut Bench<'_>) {
    for n in 0..4 {
        t.start(row(n));
    }
    t.restart();
    t.change(ended(row(0), Status::Completed, 9_000));
    t.start(row(4));
    let expected = BTreeMap::from([(Status::Running, 4), (Status::Completed, 1)]);
    assert_eq!(t.count(&Filter::everything()), expected);
    t.restart();
    assert_eq!(t.count(&Filter::everything()), expected);
}

//! Functions of tenants' catalogs. FR-004

use super::block_on;
use super::fixture::{Bench, acme, answer, audit_record, demo};
use crate::error::Error;
use crate::query::FunctionQuery;
use crate::records::{Act, FunctionHead, FunctionRecord, PutOutcome, Sealed};
use tenure_types::{Digest, FunctionId, Timestamp};

fn id(name: &str, version: &str) -> FunctionId {
    FunctionId { name: name.into(), version: version.into() }
}

/// A function whose digest and text follow from `content`.
fn function(id: FunctionId, content: u8) -> FunctionRecord {
    let head = FunctionHead {
        id,
        tenant: acme(),
        digest: Digest([content; 32]),
        created_at: Timestamp(1_000),
        deleted: false,
    };
    FunctionRecord { head, text: Sealed(vec![content; 3]) }
}

fn put(t: &Bench<'_>, record: FunctionRecord) -> crate::Result<PutOutcome> {
    block_on(t.store().put_function(record, Act::default()))
}

pub(super) fn a_function_is_put_once(t: &mut Bench<'_>) {
    let record = function(id("vm-create", "1.0.0"), 1);
    assert_eq!(put(t, record.clone()), Ok(PutOutcome::Created));
    assert_eq!(put(t, record.clone()), Ok(PutOutcome::Same));
    assert!(matches!(put(t, function(id("vm-create", "1.0.0"), 2)), Err(Error::Taken(_))));
    assert_eq!(block_on(t.store().function(&acme(), &record.head.id)), Ok(Some(record)));
    assert_eq!(block_on(t.store().function(&acme(), &id("vm-create", "1.0.1"))), Ok(None));
}

/// FR-025
pub(super) fn a_function_belongs_to_its_tenant(t: &mut Bench<'_>) {
    let record = function(id("vm-create", "1.0.0"), 1);
    put(t, record.clone()).unwrap();
    assert_eq!(block_on(t.store().function(&demo(), &record.head.id)), Ok(None));
    let query = FunctionQuery { page_size: 10, ..FunctionQuery::default() };
    assert!(block_on(t.store().functions(&demo(), &query)).unwrap().items.is_empty());
    assert_eq!(block_on(t.store().delete_function(&demo(), &record.head.id, Act::default())), Ok(false));
    assert!(block_on(t.store().function(&acme(), &record.head.id)).unwrap().is_some());
    let mut other = function(id("vm-create", "1.0.0"), 2);
    other.head.tenant = demo();
    assert_eq!(put(t, other), Ok(PutOutcome::Created));
}

pub(super) fn a_deleted_function_comes_back_only_as_what_it_was(t: &mut Bench<'_>) {
    let vm = id("vm-create", "1.0.0");
    put(t, function(vm.clone(), 1)).unwrap();
    assert_eq!(block_on(t.store().delete_function(&acme(), &vm, Act::default())), Ok(true));
    assert_eq!(block_on(t.store().delete_function(&acme(), &vm, Act::default())), Ok(false));
    assert_eq!(block_on(t.store().function(&acme(), &vm)), Ok(None));
    let query = FunctionQuery { page_size: 10, ..FunctionQuery::default() };
    assert!(block_on(t.store().functions(&acme(), &query)).unwrap().items.is_empty());
    assert!(matches!(put(t, function(vm.clone(), 2)), Err(Error::Taken(_))));
    assert_eq!(put(t, function(vm.clone(), 1)), Ok(PutOutcome::Created));
    assert!(block_on(t.store().function(&acme(), &vm)).unwrap().is_some());
}

pub(super) fn acts_on_functions_are_audited_once_they_change_something(t: &mut Bench<'_>) {
    let act =
        |key: &str, n| Act { audits: vec![audit_record(acme(), n)], idempotency: Some(answer(acme(), key)) };
    let vm = id("vm-create", "1.0.0");
    assert_eq!(block_on(t.store().delete_function(&acme(), &vm, act("a", 1))), Ok(false));
    assert!(t.chain(&acme()).is_empty());
    assert_eq!(block_on(t.store().idempotency(&acme(), "a", Timestamp(1_000))), Ok(None));
    assert_eq!(
        block_on(t.store().put_function(function(vm.clone(), 1), act("b", 2))),
        Ok(PutOutcome::Created)
    );
    assert_eq!(block_on(t.store().delete_function(&acme(), &vm, act("c", 3))), Ok(true));
    assert_eq!(t.chain(&acme()).len(), 2);
}

pub(super) fn functions_are_listed_in_pages_by_version(t: &mut Bench<'_>) {
    let all = [
        ("vm-create", "1.10.0"),
        ("vm-create", "1.2.0"),
        ("disk-attach", "1.0.0"),
        ("vm-create", "1.10.0-rc.1"),
    ];
    for (content, (name, version)) in (1..).zip(all) {
        put(t, function(id(name, version), content)).unwrap();
    }
    for page_size in [1, 2, 3, 10] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let query = FunctionQuery { page_size, after, name: None };
            let page = block_on(t.store().functions(&acme(), &query)).unwrap();
            found.extend(page.items.iter().map(|head| head.id.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected = ["disk-attach:1.0.0", "vm-create:1.2.0", "vm-create:1.10.0-rc.1", "vm-create:1.10.0"];
        assert_eq!(found, expected, "pages of {page_size}");
    }
    let query = FunctionQuery { page_size: 10, after: None, name: Some("disk-attach".into()) };
    assert_eq!(block_on(t.store().functions(&acme(), &query)).unwrap().items.len(), 1);
}

pub(super) fn functions_survive_a_restart(t: &mut Bench<'_>) {
    let record = function(id("vm-create", "1.0.0"), 1);
    put(t, record.clone()).unwrap();
    t.restart();
    assert_eq!(block_on(t.store().function(&acme(), &record.head.id)), Ok(Some(record)));
}

//! Secrets: values that are written, never listed, and gone when they are replaced.

use super::block_on;
use super::fixture::{Bench, acme, answer, audit_record, demo};
use crate::error::Error;
use crate::records::{Act, Sealed, SecretHead};
use tenure_types::limits::{PAGE_ITEMS_MAX, SECRET_VERSIONS_MAX, SECRETS_MAX};
use tenure_types::{TenantId, Timestamp};

fn put(t: &Bench<'_>, tenant: &TenantId, name: &str, value: u8, at: u64) -> crate::Result<SecretHead> {
    block_on(t.store().put_secret(tenant, name, Sealed(vec![value]), Timestamp(at), Act::default()))
}

fn numbers(head: &SecretHead) -> Vec<(u32, u64)> {
    head.versions.iter().map(|version| (version.number, version.created_at.0)).collect()
}

pub(super) fn each_write_of_a_secret_is_a_version(t: &mut Bench<'_>) {
    let first = put(t, &acme(), "db", 1, 10).unwrap();
    assert_eq!((numbers(&first), first.created_at), (vec![(1, 10)], Timestamp(10)));
    let second = put(t, &acme(), "db", 2, 20).unwrap();
    assert_eq!(numbers(&second), [(1, 10), (2, 20)]);
    assert_eq!((second.created_at, second.updated_at), (Timestamp(10), Timestamp(20)));
    let stored = block_on(t.store().secret(&acme(), "db")).unwrap().unwrap();
    assert_eq!((stored.head, stored.value), (second, Sealed(vec![2])));
}

/// FR-025
pub(super) fn a_secret_belongs_to_its_tenant(t: &mut Bench<'_>) {
    put(t, &acme(), "db", 1, 10).unwrap();
    assert_eq!(block_on(t.store().secret(&demo(), "db")), Ok(None));
    assert_eq!(block_on(t.store().secrets(&demo(), None, 10)), Ok(vec![]));
    assert_eq!(block_on(t.store().delete_secret(&demo(), "db", Act::default())), Ok(false));
    put(t, &demo(), "db", 2, 20).unwrap();
    let mine = block_on(t.store().secret(&acme(), "db")).unwrap().unwrap();
    assert_eq!((numbers(&mine.head), mine.value), (vec![(1, 10)], Sealed(vec![1])));
}

pub(super) fn secrets_are_listed_in_pages_by_name(t: &mut Bench<'_>) {
    for name in ["b", "a.b", "c", "a"] {
        put(t, &acme(), name, 1, 10).unwrap();
    }
    let list = |after: Option<&str>, limit| {
        let found = block_on(t.store().secrets(&acme(), after, limit)).unwrap();
        found.iter().map(|head| head.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 10), ["a", "a.b", "b", "c"]);
    assert_eq!(list(None, 2), ["a", "a.b"]);
    assert_eq!(list(Some("a.b"), 2), ["b", "c"]);
    assert_eq!(list(Some("c"), 2), [""; 0]);
    assert_eq!(list(None, PAGE_ITEMS_MAX + 1).len(), 4);
}

pub(super) fn a_deleted_secret_is_gone(t: &mut Bench<'_>) {
    put(t, &acme(), "db", 1, 10).unwrap();
    assert_eq!(block_on(t.store().delete_secret(&acme(), "db", Act::default())), Ok(true));
    assert_eq!(block_on(t.store().secret(&acme(), "db")), Ok(None));
    assert_eq!(block_on(t.store().delete_secret(&acme(), "db", Act::default())), Ok(false));
    assert_eq!(numbers(&put(t, &acme(), "db", 2, 20).unwrap()), [(1, 20)]);
}

pub(super) fn acts_on_secrets_are_audited(t: &mut Bench<'_>) {
    let act = |n| Act { audits: vec![audit_record(acme(), n)], idempotency: None };
    block_on(t.store().put_secret(&acme(), "db", Sealed(vec![1]), Timestamp(10), act(1))).unwrap();
    block_on(t.store().delete_secret(&acme(), "db", act(2))).unwrap();
    assert_eq!(t.chain(&acme()).len(), 2);
    let promise = Act { audits: vec![audit_record(acme(), 3)], idempotency: Some(answer(acme(), "k")) };
    assert_eq!(block_on(t.store().delete_secret(&acme(), "db", promise)), Ok(false));
    assert_eq!(t.chain(&acme()).len(), 2, "what changed nothing is not audited");
    assert_eq!(block_on(t.store().idempotency(&acme(), "k", Timestamp(1_000))), Ok(None));
}

pub(super) fn secrets_survive_a_restart(t: &mut Bench<'_>) {
    put(t, &acme(), "db", 1, 10).unwrap();
    put(t, &acme(), "db", 2, 20).unwrap();
    put(t, &acme(), "other", 3, 30).unwrap();
    block_on(t.store().delete_secret(&acme(), "other", Act::default())).unwrap();
    t.restart();
    let stored = block_on(t.store().secret(&acme(), "db")).unwrap().unwrap();
    assert_eq!((numbers(&stored.head), stored.value), (vec![(1, 10), (2, 20)], Sealed(vec![2])));
    assert_eq!(block_on(t.store().secret(&acme(), "other")), Ok(None));
}

pub(super) fn a_tenant_has_so_many_secrets(t: &mut Bench<'_>) {
    for n in 0..SECRETS_MAX {
        put(t, &acme(), &format!("s{n}"), 1, 10).unwrap();
    }
    assert!(matches!(put(t, &acme(), "one-more", 1, 10), Err(Error::Taken(_))));
    put(t, &acme(), "s0", 2, 20).unwrap();
    put(t, &demo(), "one-more", 1, 10).unwrap();
}

pub(super) fn only_the_newest_versions_are_remembered(t: &mut Bench<'_>) {
    let writes = u32::try_from(SECRET_VERSIONS_MAX).unwrap() + 2;
    let mut last = put(t, &acme(), "db", 1, 1).unwrap();
    for n in 2..=writes {
        last = put(t, &acme(), "db", 1, n.into()).unwrap();
    }
    assert_eq!(last.versions.len(), SECRET_VERSIONS_MAX);
    assert_eq!((last.versions[0].number, last.versions.last().unwrap().number), (3, writes));
    assert_eq!(last.created_at, Timestamp(1));
}

//! Definitions and tenants.

use super::block_on;
use super::fixture::{Bench, acme, answer, audit_record, definition_id, demo};
use crate::error::Error;
use crate::query::{AuditQuery, DefinitionQuery};
use crate::records::{
    Act, DefinitionHead, DefinitionName, DefinitionRecord, PutOutcome, Sealed, TenantRecord,
};
use tenure_types::{DefinitionId, Digest, TenantId, Timestamp};

/// A definition whose digest and text follow from `content`.
fn definition(id: DefinitionId, content: u8) -> DefinitionRecord {
    let head = DefinitionHead {
        id,
        tenant: acme(),
        digest: Digest([content; 32]),
        created_at: Timestamp(1_000),
        enabled: true,
        deleted: false,
    };
    DefinitionRecord { head, text: Sealed(vec![content; 3]), starts_on: vec![] }
}

fn put(t: &Bench<'_>, record: DefinitionRecord) -> crate::Result<PutOutcome> {
    block_on(t.store().put_definition(record, Act::default()))
}

fn latest(t: &Bench<'_>) -> Option<String> {
    let latest = block_on(t.store().latest_definition(&acme(), "shop", "order")).unwrap();
    latest.map(|record| record.head.id.version.to_string())
}

pub(super) fn a_definition_is_registered_once(t: &mut Bench<'_>) {
    let record = definition(definition_id("1.0.0"), 1);
    assert_eq!(put(t, record.clone()), Ok(PutOutcome::Created));
    assert_eq!(put(t, record.clone()), Ok(PutOutcome::Same));
    assert_eq!(block_on(t.store().definition(&acme(), &record.head.id)), Ok(Some(record.clone())));
    assert_eq!(block_on(t.store().definition_by_digest(&acme(), record.head.digest)), Ok(Some(record)));
}

pub(super) fn other_content_under_a_taken_version_is_refused(t: &mut Bench<'_>) {
    put(t, definition(definition_id("1.0.0"), 1)).unwrap();
    assert!(matches!(put(t, definition(definition_id("1.0.0"), 2)), Err(Error::Taken(_))));
    let stored = block_on(t.store().definition(&acme(), &definition_id("1.0.0"))).unwrap().unwrap();
    assert_eq!(stored.text, Sealed(vec![1; 3]));
}

/// FR-025
pub(super) fn a_definition_belongs_to_its_tenant(t: &mut Bench<'_>) {
    let record = definition(definition_id("1.0.0"), 1);
    put(t, record.clone()).unwrap();
    let store = t.store();
    assert_eq!(block_on(store.definition(&demo(), &record.head.id)), Ok(None));
    assert_eq!(block_on(store.latest_definition(&demo(), "shop", "order")), Ok(None));
    assert_eq!(block_on(store.definition_by_digest(&demo(), record.head.digest)), Ok(None));
    let query = DefinitionQuery { page_size: 10, ..DefinitionQuery::default() };
    assert!(block_on(store.definitions(&demo(), &query)).unwrap().items.is_empty());
    let id = &record.head.id;
    assert_eq!(block_on(store.set_definition_enabled(&demo(), id, false, Act::default())), Ok(None));
    assert_eq!(block_on(store.delete_definition(&demo(), id, Act::default())), Ok(false));
    assert_eq!(latest(t).as_deref(), Some("1.0.0"));
}

pub(super) fn the_latest_definition_is_the_highest_release(t: &mut Bench<'_>) {
    for (content, version) in (1..).zip(["1.9.0", "1.10.0", "1.2.0", "2.0.0-rc.1"]) {
        put(t, definition(definition_id(version), content)).unwrap();
    }
    assert_eq!(latest(t).as_deref(), Some("1.10.0"));
}

pub(super) fn a_disabled_definition_is_not_the_latest(t: &mut Bench<'_>) {
    put(t, definition(definition_id("1.0.0"), 1)).unwrap();
    put(t, definition(definition_id("2.0.0"), 2)).unwrap();
    let set = |t: &Bench<'_>, enabled| {
        let id = definition_id("2.0.0");
        block_on(t.store().set_definition_enabled(&acme(), &id, enabled, Act::default())).unwrap().unwrap()
    };
    assert!(!set(t, false).enabled);
    assert_eq!(latest(t).as_deref(), Some("1.0.0"));
    assert!(set(t, true).enabled);
    assert_eq!(latest(t).as_deref(), Some("2.0.0"));
}

pub(super) fn a_deleted_definition_is_found_by_its_digest_only(t: &mut Bench<'_>) {
    let id = definition_id("1.0.0");
    put(t, definition(id.clone(), 1)).unwrap();
    assert_eq!(block_on(t.store().delete_definition(&acme(), &id, Act::default())), Ok(true));
    assert_eq!(block_on(t.store().delete_definition(&acme(), &id, Act::default())), Ok(false));
    assert_eq!(block_on(t.store().definition(&acme(), &id)), Ok(None));
    assert_eq!(latest(t), None);
    let query = DefinitionQuery { page_size: 10, ..DefinitionQuery::default() };
    assert!(block_on(t.store().definitions(&acme(), &query)).unwrap().items.is_empty());
    let everything = DefinitionQuery { deleted: true, ..query };
    let listed = block_on(t.store().definitions(&acme(), &everything)).unwrap().items;
    assert_eq!(listed.iter().map(|head| (&head.id, head.deleted)).collect::<Vec<_>>(), [(&id, true)]);
    let pinned = block_on(t.store().definition_by_digest(&acme(), Digest([1; 32]))).unwrap().unwrap();
    assert!(pinned.head.deleted);
    assert_eq!(pinned.text, Sealed(vec![1; 3]));
}

pub(super) fn a_deleted_definition_comes_back_when_it_is_registered_again(t: &mut Bench<'_>) {
    let id = definition_id("1.0.0");
    put(t, definition(id.clone(), 1)).unwrap();
    block_on(t.store().delete_definition(&acme(), &id, Act::default())).unwrap();
    assert!(matches!(put(t, definition(id.clone(), 2)), Err(Error::Taken(_))));
    assert_eq!(put(t, definition(id, 1)), Ok(PutOutcome::Created));
    assert_eq!(latest(t).as_deref(), Some("1.0.0"));
}

pub(super) fn acts_on_what_is_not_there_write_nothing(t: &mut Bench<'_>) {
    let act = || Act { audits: vec![audit_record(acme(), 1)], idempotency: Some(answer(acme(), "k")) };
    let id = definition_id("1.0.0");
    assert_eq!(block_on(t.store().set_definition_enabled(&acme(), &id, true, act())), Ok(None));
    assert_eq!(block_on(t.store().delete_definition(&acme(), &id, act())), Ok(false));
    assert!(t.chain(&acme()).is_empty());
    assert_eq!(block_on(t.store().idempotency(&acme(), "k", Timestamp(1_000))), Ok(None));
}

pub(super) fn definitions_are_listed_in_pages_by_version(t: &mut Bench<'_>) {
    let names = [("bank", "pay", "1.0.0"), ("shop", "order", "1.2.0"), ("shop", "order", "1.10.0")];
    let more = [("shop", "order", "1.10.0-rc.1"), ("shop", "refund", "0.1.0"), ("bank", "pay", "0.9.0")];
    for (content, (namespace, name, version)) in (1..).zip(names.into_iter().chain(more)) {
        let id = DefinitionId { namespace: namespace.into(), name: name.into(), version: version.into() };
        put(t, definition(id, content)).unwrap();
    }
    for page_size in [1, 2, 4, 6, 10] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let query = DefinitionQuery { page_size, after, ..DefinitionQuery::default() };
            let page = block_on(t.store().definitions(&acme(), &query)).unwrap();
            found.extend(page.items.iter().map(|head| head.id.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected = [
            "bank/pay@0.9.0",
            "bank/pay@1.0.0",
            "shop/order@1.2.0",
            "shop/order@1.10.0-rc.1",
            "shop/order@1.10.0",
            "shop/refund@0.1.0",
        ];
        assert_eq!(found, expected, "pages of {page_size}");
    }
}

pub(super) fn definitions_are_filtered_by_name(t: &mut Bench<'_>) {
    for (content, (namespace, name)) in (1..).zip([("bank", "pay"), ("shop", "order"), ("shop", "pay")]) {
        let id = DefinitionId { namespace: namespace.into(), name: name.into(), version: "1.0.0".into() };
        put(t, definition(id, content)).unwrap();
    }
    let found = |namespace: Option<&str>, name: Option<&str>| {
        let query = DefinitionQuery {
            namespace: namespace.map(Into::into),
            name: name.map(Into::into),
            page_size: 10,
            ..DefinitionQuery::default()
        };
        let page = block_on(t.store().definitions(&acme(), &query)).unwrap();
        page.items.iter().map(|head| format!("{}/{}", head.id.namespace, head.id.name)).collect::<Vec<_>>()
    };
    assert_eq!(found(Some("shop"), None), ["shop/order", "shop/pay"]);
    assert_eq!(found(None, Some("pay")), ["bank/pay", "shop/pay"]);
    assert_eq!(found(Some("shop"), Some("pay")), ["shop/pay"]);
}

fn tenant(id: &str, display_name: &str) -> TenantRecord {
    TenantRecord {
        id: TenantId::new(id).unwrap(),
        display_name: display_name.into(),
        wrapped_key: vec![1, 2, 3],
        settings: b"{}".to_vec(),
        created_at: Timestamp(1),
        updated_at: Timestamp(2),
    }
}

/// FR-039
pub(super) fn definitions_are_found_by_the_events_that_start_them(t: &mut Bench<'_>) {
    let named = |name: &str, version: &str, content, starts_on: &[Option<&str>]| {
        let id = DefinitionId { name: name.into(), ..definition_id(version) };
        let starts_on = starts_on.iter().map(|kind| kind.map(Into::into)).collect();
        DefinitionRecord { starts_on, ..definition(id, content) }
    };
    let both = named("both", "1.0.0", 1, &[Some("paid"), Some("sent")]);
    put(t, both.clone()).unwrap();
    put(t, named("any", "1.0.0", 2, &[None])).unwrap();
    put(t, named("any", "2.0.0", 3, &[None, Some("paid")])).unwrap();
    put(t, named("none", "1.0.0", 4, &[])).unwrap();
    let by = |t: &Bench<'_>, tenant: &TenantId, kind: &str, after: Option<&str>, limit| -> Vec<String> {
        let after = after.map(|name| DefinitionName { namespace: "shop".into(), name: name.into() });
        let names = block_on(t.store().started_by(tenant, kind, after.as_ref(), limit)).unwrap();
        names.iter().map(|name| name.name.to_string()).collect()
    };
    t.restart();
    assert_eq!(by(t, &acme(), "paid", None, 10), ["any", "both"]);
    assert_eq!(by(t, &acme(), "sent", None, 10), ["any", "both"]);
    assert_eq!(by(t, &acme(), "lost", None, 10), ["any"]);
    assert_eq!(by(t, &acme(), "paid", None, 1), ["any"]);
    assert_eq!(by(t, &acme(), "paid", Some("any"), 1), ["both"]);
    assert_eq!(by(t, &demo(), "paid", None, 10), [""; 0]);
    assert_eq!(block_on(t.store().definition(&acme(), &both.head.id)), Ok(Some(both.clone())));
    assert!(block_on(t.store().delete_definition(&acme(), &both.head.id, Act::default())).unwrap());
    assert_eq!(by(t, &acme(), "paid", None, 10), ["any"]);
    put(t, both).unwrap();
    assert_eq!(by(t, &acme(), "sent", None, 10), ["any", "both"]);
}

pub(super) fn tenants_are_put_and_listed(t: &mut Bench<'_>) {
    let put = |record| block_on(t.store().put_tenant(record, Act::default()));
    for id in ["demo", "acme", "zoo"] {
        assert_eq!(put(tenant(id, "first")), Ok(PutOutcome::Created));
    }
    assert_eq!(put(tenant("acme", "first")), Ok(PutOutcome::Same));
    assert_eq!(put(tenant("acme", "second")), Ok(PutOutcome::Replaced));
    assert_eq!(block_on(t.store().tenant(&acme())), Ok(Some(tenant("acme", "second"))));
    let list = |after: Option<TenantId>, limit| {
        let found = block_on(t.store().tenants(after, limit)).unwrap();
        found.iter().map(|record| record.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 2), ["acme", "demo"]);
    assert_eq!(list(Some(demo()), 2), ["zoo"]);
}

pub(super) fn definitions_and_tenants_survive_a_restart(t: &mut Bench<'_>) {
    let record = definition(definition_id("1.0.0"), 1);
    put(t, record.clone()).unwrap();
    block_on(t.store().put_tenant(tenant("acme", "first"), Act::default())).unwrap();
    t.restart();
    assert_eq!(block_on(t.store().definition(&acme(), &record.head.id)), Ok(Some(record)));
    assert_eq!(block_on(t.store().tenant(&acme())), Ok(Some(tenant("acme", "first"))));
}

/// FR-025: what belongs to another tenant is refused before it reaches a store.
pub(super) fn the_tenant_view_refuses_records_of_others(t: &mut Bench<'_>) {
    let store: std::sync::Arc<dyn crate::Store> = std::sync::Arc::new(crate::MemoryStore::default());
    let mine = crate::TenantStore::new(std::sync::Arc::clone(&store), demo());
    let foreign = definition(definition_id("1.0.0"), 1);
    assert!(matches!(
        block_on(mine.put_definition(foreign.clone(), Act::default())),
        Err(Error::Permanent(_))
    ));
    let act = || Act { audits: vec![audit_record(acme(), 1)], idempotency: None };
    assert!(matches!(block_on(mine.delete_definition(&foreign.head.id, act())), Err(Error::Permanent(_))));
    assert!(matches!(block_on(mine.write_audit(vec![audit_record(acme(), 1)])), Err(Error::Permanent(_))));
    let everything = AuditQuery { limit: 10, ..AuditQuery::default() };
    assert!(block_on(store.audit_page(&acme(), &everything)).unwrap().is_empty());
    assert!(block_on(t.store().definition(&acme(), &foreign.head.id)).unwrap().is_none());
}

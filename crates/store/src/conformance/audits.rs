//! The audit chain, kept answers, counters.

use super::block_on;
use super::fixture::{Bench, acme, answer, append, audit_record, demo, is_conflict, new, row};
use crate::audit::{self, Break, Head};
use crate::error::Error;
use crate::query::AuditQuery;
use crate::records::{
    Act, Commit, DefinitionHead, DefinitionRecord, IdempotencyRecord, Outcome, Resource, Sealed, StoredAudit,
};
use tenure_types::{Digest, TenantId, Timestamp};

fn audited(n: u64) -> Commit {
    Commit {
        rows: vec![new(row(n))],
        appends: vec![append(n, 1, 1)],
        audits: vec![audit_record(acme(), n)],
        ..Commit::default()
    }
}

/// FR-030, P7
pub(super) fn an_audit_is_written_with_its_act(t: &mut Bench<'_>) {
    t.send(audited(1)).unwrap();
    let chain = t.chain(&acme());
    assert_eq!(chain.len(), 1);
    assert_eq!((chain[0].seq, &chain[0].record), (1, &audit_record(acme(), 1)));
}

pub(super) fn a_refused_commit_is_not_audited(t: &mut Bench<'_>) {
    t.send(audited(1)).unwrap();
    assert!(is_conflict(&t.send(audited(1))));
    t.send(audited(2)).unwrap();
    assert_eq!(t.chain(&acme()).len(), 2);
}

pub(super) fn an_audit_chain_verifies_across_commits_and_restarts(t: &mut Bench<'_>) {
    for n in 0..5 {
        t.send(audited(n)).unwrap();
    }
    t.restart();
    for n in 5..10 {
        t.send(audited(n)).unwrap();
    }
    t.restart();
    let chain = t.chain(&acme());
    assert_eq!(chain.iter().map(|link| link.record.id).collect::<Vec<_>>(), (0..10).collect::<Vec<u128>>());
}

pub(super) fn each_tenant_has_its_own_chain(t: &mut Bench<'_>) {
    let mixed = vec![audit_record(acme(), 1), audit_record(demo(), 2), audit_record(acme(), 3)];
    block_on(t.store().write_audit(mixed)).unwrap();
    let ids =
        |tenant: &TenantId| t.chain(tenant).iter().map(|link| (link.seq, link.record.id)).collect::<Vec<_>>();
    assert_eq!(ids(&acme()), [(1, 1), (2, 3)]);
    assert_eq!(ids(&demo()), [(1, 2)]);
}

fn chain_of_five(t: &Bench<'_>) -> Vec<StoredAudit> {
    block_on(t.store().write_audit((1..=5).map(|n| audit_record(acme(), n)).collect())).unwrap();
    t.chain(&acme())
}

pub(super) fn an_altered_record_breaks_the_chain(t: &mut Bench<'_>) {
    let chain = chain_of_five(t);
    let alter: [fn(&mut StoredAudit); 9] = [
        |link| link.record.id += 1,
        |link| link.record.at = Timestamp(9),
        |link| link.record.tenant = demo(),
        |link| link.record.correlation_id = "x".into(),
        |link| link.record.actor.subject = "eve".into(),
        |link| link.record.actor.roles.push("admin".into()),
        |link| link.record.outcome = Outcome::Denied,
        |link| link.record.details = Sealed(vec![]),
        |link| link.hash[31] ^= 1,
    ];
    for alter in alter {
        let mut altered = chain.clone();
        alter(&mut altered[2]);
        assert_eq!(audit::verify(Head::default(), &altered), Err(Break::Hash { seq: 3 }));
    }
    // Text that moves from one field to its neighbour is noticed, too.
    let mut moved = chain;
    moved[0].record.resource = Resource { kind: "workflo".into(), id: format!("w{}", super::id(1)).into() };
    assert_eq!(audit::verify(Head::default(), &moved), Err(Break::Hash { seq: 1 }));
}

pub(super) fn a_removed_record_breaks_the_chain(t: &mut Bench<'_>) {
    let mut chain = chain_of_five(t);
    chain.remove(2);
    assert_eq!(audit::verify(Head::default(), &chain), Err(Break::Sequence { expected: 3, found: 4 }));
    for link in &mut chain[2..] {
        link.seq -= 1;
    }
    assert_eq!(audit::verify(Head::default(), &chain), Err(Break::Hash { seq: 3 }));
}

pub(super) fn audits_are_read_in_pages(t: &mut Bench<'_>) {
    let chain = chain_of_five(t);
    t.restart();
    block_on(t.store().write_audit(vec![audit_record(acme(), 6)])).unwrap();
    let page = |after_seq, limit| {
        let query = AuditQuery { after_seq, limit, resource: None };
        let page = block_on(t.store().audit_page(&acme(), &query)).unwrap();
        page.iter().map(|link| link.seq).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 2), [1, 2]);
    assert_eq!(page(2, 2), [3, 4]);
    assert_eq!(page(4, 2), [5, 6]);
    assert_eq!(page(6, 2), Vec::<u64>::new());
    assert_eq!(page(0, 0), Vec::<u64>::new());
    let head = Head { seq: 2, hash: chain[1].hash };
    assert!(audit::verify(head, &chain[2..]).is_ok());
}

pub(super) fn audits_of_one_resource_are_found(t: &mut Bench<'_>) {
    let chain = chain_of_five(t);
    t.restart();
    block_on(t.store().write_audit(vec![audit_record(acme(), 2), audit_record(acme(), 3)])).unwrap();
    let resource = Some(chain[1].record.resource.clone());
    let find = |tenant: &TenantId, after_seq| {
        let query = AuditQuery { after_seq, limit: 10, resource: resource.clone() };
        let page = block_on(t.store().audit_page(tenant, &query)).unwrap();
        page.iter().map(|link| link.seq).collect::<Vec<_>>()
    };
    assert_eq!(find(&acme(), 0), [2, 6]);
    assert_eq!(find(&acme(), 2), [6]);
    assert_eq!(find(&demo(), 0), Vec::<u64>::new());
}

pub(super) fn refusals_are_audited_without_an_act(t: &mut Bench<'_>) {
    let mut denied = audit_record(acme(), 1);
    denied.outcome = Outcome::Denied;
    block_on(t.store().write_audit(vec![denied.clone()])).unwrap();
    t.restart();
    assert_eq!(t.chain(&acme())[0].record, denied);
}

pub(super) fn acts_on_definitions_are_audited(t: &mut Bench<'_>) {
    let act = |n| Act { audits: vec![audit_record(acme(), n)], idempotency: None };
    let id = super::definition_id("1.0.0");
    let head = DefinitionHead {
        id: id.clone(),
        tenant: acme(),
        digest: Digest([1; 32]),
        created_at: Timestamp(1),
        enabled: true,
        deleted: false,
    };
    let record = DefinitionRecord { head, text: Sealed(vec![1]), starts_on: vec![] };
    block_on(t.store().put_definition(record.clone(), act(1))).unwrap();
    block_on(t.store().set_definition_enabled(&acme(), &id, false, act(2))).unwrap();
    block_on(t.store().delete_definition(&acme(), &id, act(3))).unwrap();
    let mut other = record;
    other.head.digest = Digest([2; 32]);
    block_on(t.store().put_definition(other, act(4))).unwrap_err();
    block_on(t.store().delete_ended_before(&acme(), Timestamp(1), 1, act(5))).unwrap();
    assert_eq!(t.chain(&acme()).iter().map(|link| link.record.id).collect::<Vec<_>>(), [1, 2, 3, 5]);
}

fn with_answer(n: u64, answer: IdempotencyRecord) -> Commit {
    Commit { rows: vec![new(row(n))], idempotency: vec![answer], ..Commit::default() }
}

fn kept(t: &Bench<'_>, key: &str, now: u64) -> Option<IdempotencyRecord> {
    block_on(t.store().idempotency(&acme(), key, Timestamp(now))).unwrap()
}

pub(super) fn an_answer_is_kept_with_its_commit(t: &mut Bench<'_>) {
    t.send(with_answer(1, answer(acme(), "k"))).unwrap();
    assert_eq!(kept(t, "k", 1_999), Some(answer(acme(), "k")));
    t.restart();
    assert_eq!(kept(t, "k", 1_999), Some(answer(acme(), "k")));
}

/// FR-005: the same request cannot act twice.
pub(super) fn an_answer_under_a_used_key_refuses_the_commit(t: &mut Bench<'_>) {
    t.send(with_answer(1, answer(acme(), "k"))).unwrap();
    assert!(matches!(t.send(with_answer(2, answer(acme(), "k"))), Err(Error::Taken(_))));
    let twice = Commit { idempotency: vec![answer(acme(), "x"), answer(acme(), "x")], ..Commit::default() };
    assert!(matches!(t.send(twice), Err(Error::Taken(_))));
    assert_eq!((t.row(2), kept(t, "x", 1_000)), (None, None));
}

pub(super) fn an_expired_answer_does_not_count(t: &mut Bench<'_>) {
    t.send(with_answer(1, answer(acme(), "k"))).unwrap();
    assert_eq!(kept(t, "k", 2_000), None);
    let later = IdempotencyRecord {
        created_at: Timestamp(2_000),
        expires_at: Timestamp(3_000),
        ..answer(acme(), "k")
    };
    t.send(with_answer(2, later.clone())).unwrap();
    assert_eq!(kept(t, "k", 2_500), Some(later.clone()));
    t.restart();
    assert_eq!(kept(t, "k", 2_500), Some(later));
}

pub(super) fn expired_answers_are_swept(t: &mut Bench<'_>) {
    for (n, key) in [(1, "a"), (2, "b"), (3, "c")] {
        t.send(with_answer(n, answer(acme(), key))).unwrap();
    }
    t.restart();
    let fresh = IdempotencyRecord { expires_at: Timestamp(9_000), ..answer(acme(), "d") };
    t.send(with_answer(4, fresh.clone())).unwrap();
    t.send(with_answer(5, answer(acme(), "e"))).unwrap();
    let sweep = |now, limit| block_on(t.store().sweep_idempotency(Timestamp(now), limit)).unwrap();
    assert_eq!(sweep(1_999, 10), 0);
    assert_eq!((sweep(2_000, 3), sweep(2_000, 3), sweep(2_000, 3)), (3, 1, 0));
    assert_eq!((kept(t, "a", 0), kept(t, "e", 0), kept(t, "d", 0)), (None, None, Some(fresh)));
}

/// FR-025
pub(super) fn answers_belong_to_their_tenant(t: &mut Bench<'_>) {
    t.send(with_answer(1, answer(acme(), "k"))).unwrap();
    assert_eq!(block_on(t.store().idempotency(&demo(), "k", Timestamp(1_000))), Ok(None));
    t.send(with_answer(2, answer(demo(), "k"))).unwrap();
}

pub(super) fn stats_count_commits_and_refusals(t: &mut Bench<'_>) {
    let before = t.store().stats();
    t.send(audited(1)).unwrap();
    t.send(audited(1)).unwrap_err();
    let after = t.store().stats();
    assert_eq!(after.commits_total - before.commits_total, 1);
    assert_eq!(after.commits_refused_total - before.commits_refused_total, 1);
    assert_eq!(after.appends_total - before.appends_total, 1);
    assert!(t.store().health().writable);
}

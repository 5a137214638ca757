//! What was decided comes back as it was; what was moved or changed does not come back.

use super::*;
use crate::seal::RootKey;
use tenure_dsl::json::Json;
use tenure_engine::execution::{Actor, Input, Now, Start, step};
use tenure_store::memory::Core;
use tenure_types::{Epoch, ShardId};

const WAIT: &str = "
document: { dsl: '1.0.3', namespace: test, name: wait, version: '1.0.0' }
do:
  - note: { set: { card: 'canary-4711' } }
  - nap: { wait: { seconds: 10 } }
";

fn acme() -> TenantId {
    TenantId::new("acme").unwrap()
}

fn keyring() -> Keyring {
    let keyring = Keyring::new(RootKey::from_bytes([1; 32]).unwrap());
    for name in ["acme", "evil"] {
        let tenant = TenantId::new(name).unwrap();
        let wrapped = keyring.draw(&tenant).unwrap();
        keyring.insert(&tenant, &wrapped).unwrap();
    }
    keyring
}

/// A started execution and the batch that makes it durable.
fn started() -> (Execution, Batch) {
    let definition = tenure_dsl::load(WAIT).unwrap();
    let id = ExecutionId(42);
    let by = Actor { subject: "ada".into(), kind: "user".into(), roles: vec!["admin".into()] };
    let start = Start {
        input: Json::null(),
        key: Some("k".into()),
        correlation_id: "c".into(),
        labels: vec![("color".into(), "red".into())],
        start_at: None,
        signal: None,
        by,
        parent: None,
    };
    let mut execution = Execution::new(id, acme());
    let now = Now { at: Timestamp(5_000), epoch: Epoch(1) };
    let events = step(&definition, &execution, Input::Start(Box::new(start)), now).unwrap();
    for event in &events {
        execution.apply(event);
    }
    let write = Write {
        id,
        tenant: acme(),
        correlation_id: "c".into(),
        digest: execution.summary().digest,
        status: execution.status(),
        first_seq: 1,
        audits: events.iter().filter_map(HistoryEvent::audit).collect(),
        events,
        row: Some((Box::new(execution.summary()), None)),
        idempotency: vec![Idempotency { key: "once".into(), fingerprint: [9; 32] }],
        subscriptions: None,
    };
    let shard = id.shard(1);
    (execution, Batch { number: 0, shard, epoch: Epoch(1), writes: vec![write] })
}

fn loaded(commit: &Commit) -> LoadedExecution {
    let append = &commit.appends[0];
    let blob = HistoryBlob { first_seq: append.first_seq, events: append.events, blob: append.blob.clone() };
    LoadedExecution { row: Arc::new(commit.rows[0].row.clone()), history: vec![blob] }
}

#[test]
fn a_stored_execution_loads_as_it_was() {
    let keyring = keyring();
    let (execution, batch) = started();
    let commit = commit(vec![batch], &keyring).unwrap();
    assert_eq!(super::execution(&loaded(&commit), &keyring).unwrap(), execution);
}

#[test]
fn the_row_shows_what_is_queried() {
    let (_, batch) = started();
    let commit = commit(vec![batch], &keyring()).unwrap();
    let row = &commit.rows[0].row;
    assert_eq!(
        (row.status, row.due, row.key.as_deref()),
        (Status::Waiting, Some(Timestamp(15_000)), Some("k"))
    );
    assert_eq!(row.labels, [("color".to_owned(), "red".to_owned())]);
    assert_eq!(row.events, u64::from(commit.appends[0].events));
}

/// FR-037: payloads are sealed before they reach a store.
#[test]
fn no_payload_is_readable_in_what_is_stored() {
    let (_, batch) = started();
    let commit = commit(vec![batch], &keyring()).unwrap();
    let text = format!("{:?}", commit.appends[0].blob.as_bytes().escape_ascii().to_string());
    assert!(!text.contains("canary"));
}

#[test]
fn a_store_takes_the_commit() {
    let (_, batch) = started();
    let mut core = Core::new(1);
    core.acquire_shards();
    core.apply(commit(vec![batch], &keyring()).unwrap()).unwrap();
}

/// T4: ciphertexts moved between tenants or places do not open.
#[test]
fn a_moved_history_does_not_open() {
    let keyring = keyring();
    let (_, batch) = started();
    let commit = commit(vec![batch], &keyring).unwrap();
    let good = loaded(&commit);
    let blob = &good.history[0];
    let evil = TenantId::new("evil").unwrap();
    assert!(events(&evil, good.row.id, blob, &keyring).is_err());
    assert!(events(&acme(), ExecutionId(43), blob, &keyring).is_err());
    let moved = HistoryBlob { first_seq: 2, ..blob.clone() };
    assert!(events(&acme(), good.row.id, &moved, &keyring).is_err());
    assert!(events(&acme(), good.row.id, blob, &keyring).is_ok());
}

#[test]
fn a_history_with_a_hole_does_not_load() {
    let keyring = keyring();
    let (_, batch) = started();
    let mut holed = loaded(&commit(vec![batch], &keyring).unwrap());
    holed.history.remove(0);
    let again = HistoryBlob { first_seq: 2, events: 1, blob: Sealed::EMPTY };
    holed.history.push(again);
    assert!(matches!(super::execution(&holed, &keyring), Err(CodecError::History(_))));
}

/// FR-030: the same batch encoded again gives the same audit records.
#[test]
fn audit_records_are_the_same_whenever_the_batch_is_encoded() {
    let keyring = keyring();
    let ids = || {
        let commit = commit(vec![started().1], &keyring).unwrap();
        commit.audits.iter().map(|audit| (audit.id, audit.action.clone())).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ids());
    assert_eq!(&*ids()[0].1, "workflow.started");
}

#[test]
fn the_answer_to_a_repetition_is_sealed_and_complete() {
    let keyring = keyring();
    let commit = commit(vec![started().1], &keyring).unwrap();
    let record = &commit.idempotency[0];
    let response = Response::from_bytes(&idempotent_response(record, &keyring).unwrap());
    assert_eq!(response, Some(Response { id: ExecutionId(42), status: Status::Waiting, created: true }));
    assert_eq!(record.expires_at, Timestamp(5_000 + IDEMPOTENCY_MS));
}

#[test]
fn a_response_of_other_bytes_is_none() {
    let good = Response { id: ExecutionId(7), status: Status::Faulted, created: false };
    assert_eq!(Response::from_bytes(&good.to_bytes()), Some(good));
    for bytes in [
        &[][..],
        &[0; 17],
        &[0; 19],
        &[[0; 16].as_slice(), &[99, 0]].concat(),
        &[[0; 16].as_slice(), &[0, 2]].concat(),
    ] {
        assert_eq!(Response::from_bytes(bytes), None);
    }
}

#[test]
fn one_commit_carries_the_leases_of_all_its_batches() {
    let (_, first) = started();
    let second = Batch { number: 3, shard: ShardId(9), epoch: Epoch(4), writes: vec![] };
    let commit = commit(vec![first, second], &keyring()).unwrap();
    assert_eq!(commit.leases.len(), 2);
}

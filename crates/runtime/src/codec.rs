//! Between the engine's words and the store's records: encoded, sealed, and back. Pure.
//!
//! The only place that knows both. Deliberately absent: what is written when, and every rule about executions.

use crate::seal::{self, Keyring, Place};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::resource::Resources;
use tenure_engine::execution::{
    AuditFact, AuditOutcome, Execution, HistoryEvent, Limited, Subscription, Summary,
};
use tenure_engine::shard::{Batch, Idempotency, Write};
use tenure_store as store;
use tenure_store::{
    AuditRecord, Commit, DefinitionHead, DefinitionRecord, ExecutionRow, HistoryAppend, HistoryBlob,
    IdempotencyRecord, LoadedExecution, Priority, RowWrite, Sealed, ShardLease, SubscriptionWrite,
};
use tenure_types::{ExecutionId, Status, TenantId, Timestamp};

/// How long a client may repeat a request under its key: 24 hours.
pub const IDEMPOTENCY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Seals what goes into a store and opens what comes out of it.
pub trait Cipher: Send + Sync {
    /// Ciphertext that only opens for the same tenant and place.
    fn seal(&self, tenant: &TenantId, place: &Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>, CodecError>;
    /// The plaintext of what was sealed for this tenant and place.
    fn open(&self, tenant: &TenantId, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, CodecError>;
}

impl Cipher for Keyring {
    fn seal(&self, tenant: &TenantId, place: &Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(self.sealer(tenant)?.seal(*place, plaintext)?)
    }

    fn open(&self, tenant: &TenantId, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        Ok(self.sealer(tenant)?.open(*place, sealed)?)
    }
}

impl From<seal::Error> for CodecError {
    fn from(error: seal::Error) -> Self {
        Self::Sealed(error.to_string())
    }
}

/// What a repeated start or command is answered from: how it was when the first one was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// The execution.
    pub id: ExecutionId,
    /// Its status then.
    pub status: Status,
    /// Whether the request created it.
    pub created: bool,
}

impl Response {
    /// 16 bytes of id, big-endian; the status's place in [`Status::ALL`]; whether it was created.
    pub fn to_bytes(self) -> Vec<u8> {
        let status = Status::ALL.iter().position(|status| *status == self.status);
        let status = u8::try_from(status.expect("every status is listed")).expect("there are few");
        [&self.id.0.to_be_bytes()[..], &[status, u8::from(self.created)]].concat()
    }

    /// `None` when the bytes are no such response.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let [status, created @ (0 | 1)] = *rest else { return None };
        let status = *Status::ALL.get(usize::from(status))?;
        Some(Self { id: ExecutionId(u128::from_be_bytes(*id)), status, created: created == 1 })
    }
}

/// A record that cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not those that were sealed, or the key is gone.
    #[error("a sealed record does not open: {0}")]
    Sealed(String),
    /// The bytes are not a history, or not the one that belongs here.
    #[error("a stored history cannot be read: {0}")]
    History(String),
}

/// One transaction out of what several shards decided.
pub fn commit(batches: Vec<Batch>, cipher: &dyn Cipher) -> Result<Commit, CodecError> {
    let mut commit = Commit { priority: Priority::RunningWork, ..Commit::default() };
    for batch in batches {
        commit.leases.push(ShardLease { shard: batch.shard, epoch: batch.epoch });
        for write in batch.writes {
            add(&mut commit, write, cipher)?;
        }
    }
    Ok(commit)
}

fn add(commit: &mut Commit, write: Write, cipher: &dyn Cipher) -> Result<(), CodecError> {
    let at = write.events.last().map(|event| event.at).unwrap_or_default();
    let encoded = postcard::to_stdvec(&write.events).map_err(|e| CodecError::History(e.to_string()))?;
    let row = history_row(write.id, write.first_seq);
    let blob = cipher.seal(&write.tenant, &Place { table: "history", row: &row }, &encoded)?;
    let events = u32::try_from(write.events.len()).expect("a turn's events are bounded");
    let last_seq = write.first_seq + u64::from(events) - 1;
    commit.appends.push(HistoryAppend {
        execution: write.id,
        tenant: write.tenant.clone(),
        first_seq: write.first_seq,
        events,
        blob: Sealed(blob),
    });
    for (index, fact) in write.audits.iter().enumerate() {
        commit.audits.push(audit(&write, fact, index, cipher)?);
    }
    for promise in &write.idempotency {
        let response = Response { id: write.id, status: write.status, created: write.first_seq == 1 };
        commit.idempotency.push(idempotency(&write.tenant, promise, &response.to_bytes(), at, cipher)?);
    }
    if let Some(subscriptions) = write.subscriptions {
        commit.subscriptions.push(SubscriptionWrite {
            execution: write.id,
            tenant: write.tenant.clone(),
            digest: write.digest,
            subscriptions: subscriptions.into_iter().map(subscription).collect(),
        });
    }
    if let Some((summary, before)) = write.row {
        commit.rows.push(RowWrite { row: execution_row(write.id, write.tenant, *summary, last_seq), before });
    }
    Ok(())
}

fn subscription(own: Subscription) -> store::Subscription {
    let Subscription { kind, task, filter, correlation } = own;
    store::Subscription { kind, task, filter, correlation }
}

fn execution_row(id: ExecutionId, tenant: TenantId, summary: Summary, events: u64) -> ExecutionRow {
    let labels = stored_labels(&summary);
    ExecutionRow {
        id,
        tenant,
        definition: summary.definition,
        digest: summary.digest,
        key: summary.key,
        correlation_id: summary.correlation_id,
        status: summary.status,
        compensation: summary.compensation,
        started_at: summary.started_at,
        updated_at: summary.updated_at,
        ended_at: summary.ended_at,
        due: summary.due,
        labels,
        summary: Sealed::EMPTY,
        events,
        parent: summary.parent,
        owing: summary.owing,
    }
}

/// Labels, and what is kept among them to be found: search attributes, and when the execution may be deleted.
fn stored_labels(summary: &Summary) -> Vec<(String, String)> {
    let labels = summary.labels.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let attributes = summary
        .attributes
        .iter()
        .filter_map(|(name, value)| Some((store::attribute::label(name), attribute_value(value)?.encode())));
    let expires = summary.expires_at.map(|at| {
        (store::attribute::EXPIRES.to_owned(), store::attribute::AttributeValue::Time(at).encode())
    });
    let limit = summary.limit.iter().flat_map(|limit| {
        let Limited { key, since, max, faults } = &**limit;
        let waits = store::limit::Waits { since: *since, max: *max, faults: *faults };
        store::limit::labels(key, summary.queued.then_some(waits))
    });
    labels.chain(attributes).chain(expires).chain(limit).collect()
}

/// A search attribute as stores compare it. A text that is an instant is a time.
fn attribute_value(value: &Json) -> Option<store::attribute::AttributeValue> {
    use store::attribute::AttributeValue;
    if let Some(text) = value.as_str() {
        return Some(AttributeValue::of_text(text));
    }
    let number = || value.text().parse().ok().map(AttributeValue::Number);
    value.as_bool().map(AttributeValue::Bool).or_else(number)
}

fn audit(
    write: &Write,
    fact: &AuditFact,
    index: usize,
    cipher: &dyn Cipher,
) -> Result<AuditRecord, CodecError> {
    let id = audit_id(write, fact.at, index);
    let details = match &fact.details {
        Some(details) => {
            let place = Place { table: "audit", row: &id.to_be_bytes() };
            Sealed(cipher.seal(&write.tenant, &place, details.text().as_bytes())?)
        }
        None => Sealed::EMPTY,
    };
    Ok(AuditRecord {
        id,
        at: fact.at,
        tenant: write.tenant.clone(),
        correlation_id: write.correlation_id.clone(),
        actor: store::Actor {
            subject: fact.actor.subject.clone(),
            kind: fact.actor.kind.clone(),
            roles: fact.actor.roles.clone(),
        },
        action: fact.action.into(),
        resource: store::Resource { kind: "workflow".into(), id: write.id.to_string().into() },
        outcome: match fact.outcome {
            AuditOutcome::Allowed => store::Outcome::Allowed,
            AuditOutcome::Denied => store::Outcome::Denied,
            AuditOutcome::Failed => store::Outcome::Failed,
        },
        details,
    })
}

/// Sortable by time, the same whenever the same batch is encoded again.
fn audit_id(write: &Write, at: Timestamp, index: usize) -> u128 {
    const LOW: u128 = (1 << 80) - 1;
    let place = (u128::from(write.first_seq) << 20) | index as u128;
    let mixed = write.id.0.wrapping_add(place).wrapping_mul(0x2545_F491_4F6C_DD1D_9E37_79B9_7F4A_7C15);
    (u128::from(at.0) << 80) | (mixed >> 40 & LOW)
}

/// The promise to answer a repeated request as the first one; `response` is what the answer is made from.
pub fn idempotency(
    tenant: &TenantId,
    promise: &Idempotency,
    response: &[u8],
    now: Timestamp,
    cipher: &dyn Cipher,
) -> Result<IdempotencyRecord, CodecError> {
    let place = Place { table: "idempotency", row: promise.key.as_bytes() };
    Ok(IdempotencyRecord {
        tenant: tenant.clone(),
        key: promise.key.clone(),
        fingerprint: promise.fingerprint,
        response: Sealed(cipher.seal(tenant, &place, response)?),
        created_at: now,
        expires_at: now.plus_ms(IDEMPOTENCY_MS),
    })
}

/// Opens the answer that was promised.
pub fn idempotent_response(record: &IdempotencyRecord, cipher: &dyn Cipher) -> Result<Vec<u8>, CodecError> {
    let place = Place { table: "idempotency", row: record.key.as_bytes() };
    cipher.open(&record.tenant, &place, record.response.as_bytes())
}

/// An execution's state: the fold of its stored history.
pub fn execution(loaded: &LoadedExecution, cipher: &dyn Cipher) -> Result<Execution, CodecError> {
    let row = &loaded.row;
    let mut execution = Execution::new(row.id, row.tenant.clone());
    for blob in &loaded.history {
        if blob.first_seq != execution.seq() + 1 {
            return Err(CodecError::History(format!(
                "event {} follows event {}",
                blob.first_seq,
                execution.seq()
            )));
        }
        for event in events(&row.tenant, row.id, blob, cipher)? {
            execution.apply(&event);
        }
    }
    Ok(execution)
}

/// The events of one stored piece of a history.
pub fn events(
    tenant: &TenantId,
    id: ExecutionId,
    blob: &HistoryBlob,
    cipher: &dyn Cipher,
) -> Result<Vec<HistoryEvent>, CodecError> {
    let row = history_row(id, blob.first_seq);
    let encoded = cipher.open(tenant, &Place { table: "history", row: &row }, blob.blob.as_bytes())?;
    let events: Vec<HistoryEvent> =
        postcard::from_bytes(&encoded).map_err(|e| CodecError::History(e.to_string()))?;
    if events.len() != blob.events as usize {
        return Err(CodecError::History(format!(
            "{} events where {} were written",
            events.len(),
            blob.events
        )));
    }
    Ok(events)
}

/// Begins a definition that is stored with its resources. No text begins so: the byte does not occur in UTF-8.
const WITH_RESOURCES: u8 = 0xFF;

/// A definition's text, and beside it, sealed in one piece, the resources that it was compiled with.
pub fn definition_record(
    head: DefinitionHead,
    text: &str,
    resources: &Resources,
    cipher: &dyn Cipher,
) -> Result<DefinitionRecord, CodecError> {
    let pinned: Vec<(&str, &[u8])> = resources.iter().collect();
    let plain = if pinned.is_empty() {
        text.as_bytes().to_vec()
    } else {
        postcard::to_extend(&(text, pinned), vec![WITH_RESOURCES])
            .map_err(|e| CodecError::History(e.to_string()))?
    };
    let text = cipher.seal(&head.tenant, &Place { table: "definition", row: &head.digest.0 }, &plain)?;
    Ok(DefinitionRecord { head, text: Sealed(text), starts_on: vec![] })
}

/// Opens what [`definition_record`] sealed.
pub fn definition(record: &DefinitionRecord, cipher: &dyn Cipher) -> Result<(String, Resources), CodecError> {
    let place = Place { table: "definition", row: &record.head.digest.0 };
    let plain = cipher.open(&record.head.tenant, &place, record.text.as_bytes())?;
    let mut resources = Resources::default();
    let Some(encoded) = plain.strip_prefix(&[WITH_RESOURCES]) else {
        let text = String::from_utf8(plain).map_err(|e| CodecError::Sealed(e.to_string()))?;
        return Ok((text, resources));
    };
    let (text, pinned): (String, Vec<(String, Vec<u8>)>) =
        postcard::from_bytes(encoded).map_err(|e| CodecError::Sealed(e.to_string()))?;
    for (address, content) in pinned {
        resources.insert(address, content);
    }
    Ok((text, resources))
}

fn history_row(id: ExecutionId, first_seq: u64) -> [u8; 24] {
    let mut row = [0; 24];
    row[..16].copy_from_slice(&id.0.to_be_bytes());
    row[16..].copy_from_slice(&first_seq.to_be_bytes());
    row
}

/// Opens the details of an audit record; `None` when it has none.
pub fn audit_details(record: &AuditRecord, cipher: &dyn Cipher) -> Result<Option<Arc<str>>, CodecError> {
    if record.details.as_bytes().is_empty() {
        return Ok(None);
    }
    let place = Place { table: "audit", row: &record.id.to_be_bytes() };
    let text = cipher.open(&record.tenant, &place, record.details.as_bytes())?;
    String::from_utf8(text).map(|text| Some(text.into())).map_err(|e| CodecError::Sealed(e.to_string()))
}

#[cfg(test)]
mod tests;

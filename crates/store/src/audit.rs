//! The audit chain: each record's hash covers the previous one, so that nothing can be altered, removed or inserted
//! without every later hash being wrong.
//!
//! Deliberately absent: keys. Whoever can rewrite the whole file can rewrite the whole chain; exported heads show that.

use crate::records::{AuditRecord, Outcome, StoredAudit};
use sha2::{Digest, Sha256};

/// The end of a tenant's chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Sequence number of the last record; 0 before the first.
    pub seq: u64,
    /// Its hash; zeros before the first.
    pub hash: [u8; 32],
}

/// A record that does not follow from the one before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// A record is missing, doubled or out of order.
    #[error("audit record {expected} was expected, {found} was found")]
    Sequence {
        /// The next number.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
    /// A record or one before it was altered.
    #[error("audit record {seq} does not have the hash that it should have")]
    Hash {
        /// The first record whose hash is wrong.
        seq: u64,
    },
}

impl Head {
    /// Gives `record` the next place in the chain.
    pub fn chain(&mut self, record: AuditRecord) -> StoredAudit {
        let seq = self.seq + 1;
        let hash = hash(&self.hash, seq, &record);
        *self = Self { seq, hash };
        StoredAudit { seq, hash, record }
    }
}

/// Checks that `records` follow `head` without a gap; returns the new end of the chain.
pub fn verify(head: Head, records: &[StoredAudit]) -> Result<Head, Break> {
    let mut head = head;
    for stored in records {
        let expected = head.seq + 1;
        if stored.seq != expected {
            return Err(Break::Sequence { expected, found: stored.seq });
        }
        if stored.hash != hash(&head.hash, stored.seq, &stored.record) {
            return Err(Break::Hash { seq: stored.seq });
        }
        head = Head { seq: stored.seq, hash: stored.hash };
    }
    Ok(head)
}

/// The hash of a record at its place: SHA-256 of the previous hash and the record's canonical bytes.
pub fn hash(previous: &[u8; 32], seq: u64, record: &AuditRecord) -> [u8; 32] {
    let mut sha = Canonical(Sha256::new());
    sha.0.update(previous);
    sha.0.update(seq.to_be_bytes());
    sha.0.update(record.id.to_be_bytes());
    sha.0.update(record.at.0.to_be_bytes());
    sha.field(record.tenant.as_str().as_bytes());
    sha.field(record.correlation_id.as_bytes());
    sha.field(record.actor.subject.as_bytes());
    sha.field(record.actor.kind.as_bytes());
    sha.0.update((record.actor.roles.len() as u64).to_be_bytes());
    for role in &record.actor.roles {
        sha.field(role.as_bytes());
    }
    sha.field(record.action.as_bytes());
    sha.field(record.resource.kind.as_bytes());
    sha.field(record.resource.id.as_bytes());
    let outcome: u8 = match record.outcome {
        Outcome::Allowed => 0,
        Outcome::Denied => 1,
        Outcome::Failed => 2,
    };
    sha.0.update([outcome]);
    sha.field(record.details.as_bytes());
    sha.0.finalize().into()
}

/// Canonical bytes: numbers big-endian, texts with their length in front, so that no two records have the same bytes.
struct Canonical(Sha256);

impl Canonical {
    fn field(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

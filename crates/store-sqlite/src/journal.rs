//! A journal row: what one transaction decided, in order, with a version in front and a checksum behind.
//!
//! The format is durable: records grow by new variants at the end only.

use crate::error::undecodable;
use serde::{Deserialize, Serialize};
use tenure_store::{AuditRecord, Error, ExecutionRow, IdempotencyRecord, Sealed, SubscriptionWrite};
use tenure_types::ExecutionId;

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

/// A record as it is written. The variants are those of [`Record`], in the same order.
#[derive(Debug, Serialize)]
pub(crate) enum RecordRef<'a> {
    /// A piece of history.
    Append { key: u64, id: ExecutionId, first_seq: u64, events: u32, blob: &'a Sealed },
    /// A new state of a row.
    Row { key: u64, row: &'a ExecutionRow },
    /// A link of an audit chain.
    Audit { seq: u64, hash: [u8; 32], record: &'a AuditRecord },
    /// A kept answer.
    Idempotency(&'a IdempotencyRecord),
    /// An execution that is gone.
    Deleted { key: u64, id: ExecutionId },
    /// What an execution waits for from here on.
    Subscriptions { key: u64, write: &'a SubscriptionWrite },
    /// A new state of a row, with what the first form of a row has no place for.
    RowBeside { key: u64, row: &'a ExecutionRow, parent: Option<ExecutionId>, owing: bool },
}

impl<'a> RecordRef<'a> {
    /// The record of a row's new state, in the shortest form that holds it.
    pub(crate) fn row(key: u64, row: &'a ExecutionRow) -> Self {
        match (row.parent, row.owing) {
            (None, false) => Self::Row { key, row },
            (parent, owing) => Self::RowBeside { key, row, parent, owing },
        }
    }
}

/// A record as it is read.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Record {
    /// A piece of history.
    Append { key: u64, id: ExecutionId, first_seq: u64, events: u32, blob: Sealed },
    /// A new state of a row.
    Row { key: u64, row: ExecutionRow },
    /// A link of an audit chain.
    Audit { seq: u64, hash: [u8; 32], record: AuditRecord },
    /// A kept answer.
    Idempotency(IdempotencyRecord),
    /// An execution that is gone.
    Deleted { key: u64, id: ExecutionId },
    /// What an execution waits for from here on.
    Subscriptions { key: u64, write: SubscriptionWrite },
    /// A new state of a row, with what the first form of a row has no place for.
    RowBeside { key: u64, row: ExecutionRow, parent: Option<ExecutionId>, owing: bool },
}

/// A row that is being written. The buffer is used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Row {
    bytes: Vec<u8>,
}

impl Row {
    /// Forgets what was pushed.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Whether nothing was pushed.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes so far.
    pub(crate) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Takes records back.
    pub(crate) fn cut(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: &RecordRef<'_>) {
        if self.bytes.is_empty() {
            self.bytes.push(VERSION);
        }
        postcard::serialize_with_flavor(record, Appender(&mut self.bytes))
            .expect("a vector takes every byte");
    }

    /// The finished row.
    pub(crate) fn seal(&mut self) -> &[u8] {
        let checksum = crc32fast::hash(&self.bytes);
        self.bytes.extend_from_slice(&checksum.to_le_bytes());
        &self.bytes
    }
}

/// Appends to a vector, slices in one piece.
struct Appender<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Appender<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Hands each record of a row to `take`, in order.
pub(crate) fn read(id: i64, row: &[u8], mut take: impl FnMut(Record)) -> Result<(), Error> {
    let damaged = || Error::Corrupt(format!("journal row {id} is damaged"));
    let (bytes, checksum) = row.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(damaged)?;
    if crc32fast::hash(bytes) != u32::from_le_bytes(*checksum) {
        return Err(damaged());
    }
    let (version, mut rest) = bytes.split_first().ok_or_else(damaged)?;
    if *version != VERSION {
        return Err(Error::Permanent(format!(
            "journal row {id} has format {version}, this program knows {VERSION}"
        )));
    }
    while !rest.is_empty() {
        let (record, after) =
            postcard::take_from_bytes(rest).map_err(|error| undecodable("a journal record", error))?;
        take(record);
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> ExecutionRow {
        tenure_store::conformance::row(9)
    }

    fn child() -> ExecutionRow {
        ExecutionRow { parent: Some(ExecutionId(8)), owing: true, ..plain() }
    }

    fn sealed() -> Vec<u8> {
        let mut row = Row::default();
        row.push(&RecordRef::Append {
            key: 7,
            id: ExecutionId(9),
            first_seq: 3,
            events: 2,
            blob: &Sealed(b"abc".to_vec()),
        });
        row.push(&RecordRef::Deleted { key: 7, id: ExecutionId(9) });
        row.push(&RecordRef::row(7, &plain()));
        row.push(&RecordRef::row(7, &child()));
        row.seal().to_vec()
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let mut records = Vec::new();
        read(1, &sealed(), |record| records.push(record)).unwrap();
        let blob = Sealed(b"abc".to_vec());
        assert_eq!(
            records,
            [
                Record::Append { key: 7, id: ExecutionId(9), first_seq: 3, events: 2, blob },
                Record::Deleted { key: 7, id: ExecutionId(9) },
                Record::Row { key: 7, row: plain() },
                Record::RowBeside { key: 7, row: plain(), parent: Some(ExecutionId(8)), owing: true },
            ]
        );
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let row = sealed();
        for at in 0..row.len() {
            for bit in 0..8 {
                let mut damaged = row.clone();
                damaged[at] ^= 1 << bit;
                assert!(matches!(read(1, &damaged, |_| ()), Err(Error::Corrupt(_))), "{at} {bit}");
            }
            assert!(matches!(read(1, &row[..at], |_| ()), Err(Error::Corrupt(_))), "{at}");
        }
    }

    #[test]
    fn a_row_of_a_newer_program_is_refused() {
        let mut row = sealed();
        let end = row.len() - CHECKSUM_BYTES;
        row[0] = VERSION + 1;
        let checksum = crc32fast::hash(&row[..end]);
        row.truncate(end);
        row.extend_from_slice(&checksum.to_le_bytes());
        assert!(matches!(read(1, &row, |_| ()), Err(Error::Permanent(_))));
    }
}

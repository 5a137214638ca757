//! A chunk: consecutive appends of one execution in one table row, each with its number of events and its length.

use tenure_store::{Error, HistoryBlob, Sealed};

/// Bytes after which an execution's next append starts a new chunk, so that a long history is read in parts.
const CHUNK_BYTES: usize = 64 << 10;
const HEADER_BYTES: usize = 8;

/// Consecutive appends, encoded.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Chunk {
    /// A chunk for appends from `first_seq` on.
    pub(crate) fn new(first_seq: u64) -> Self {
        Self { first_seq, last_seq: first_seq - 1, bytes: Vec::new() }
    }

    /// Whether the next append belongs into another chunk.
    pub(crate) fn full(&self) -> bool {
        self.bytes.len() >= CHUNK_BYTES
    }

    /// Adds an append.
    pub(crate) fn push(&mut self, events: u32, blob: &[u8]) {
        let length = u32::try_from(blob.len()).expect("an append is far smaller than 4 GiB");
        self.bytes.reserve(HEADER_BYTES + blob.len());
        self.bytes.extend_from_slice(&events.to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(blob);
        self.last_seq += u64::from(events);
    }
}

/// The appends of an encoded chunk that hold events after `after_seq`, added to `pieces` until it holds `limit` such
/// events. Appends that `pieces` has already are skipped.
pub(crate) fn read(
    first_seq: u64,
    bytes: &[u8],
    wanted: &Wanted,
    pieces: &mut Vec<HistoryBlob>,
) -> Result<(), Error> {
    let damaged = || Error::Corrupt(format!("a history chunk at {first_seq} is damaged"));
    let (mut first_seq, mut rest) = (first_seq, bytes);
    while !rest.is_empty() && !wanted.satisfied(first_seq) {
        let (events, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (length, after) = after.split_first_chunk::<4>().ok_or_else(damaged)?;
        let events = u32::from_le_bytes(*events);
        let length = u32::from_le_bytes(*length) as usize;
        let (blob, after) = after.split_at_checked(length).ok_or_else(damaged)?;
        let last_seq = first_seq + u64::from(events) - 1;
        let have = pieces.last().map_or(wanted.after_seq, HistoryBlob::last_seq);
        if last_seq > have {
            pieces.push(HistoryBlob { first_seq, events, blob: Sealed(blob.to_vec()) });
        }
        (first_seq, rest) = (last_seq + 1, after);
    }
    Ok(())
}

/// Which part of a history is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) after_seq: u64,
    pub(crate) limit: u64,
}

impl Wanted {
    /// All of it.
    pub(crate) const ALL: Self = Self { after_seq: 0, limit: u64::MAX };

    /// Whether enough is there when the next piece would start at `first_seq`.
    pub(crate) fn satisfied(&self, first_seq: u64) -> bool {
        first_seq.saturating_sub(self.after_seq.saturating_add(1)) >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk() -> Chunk {
        let mut chunk = Chunk::new(4);
        chunk.push(2, b"ab");
        chunk.push(1, b"");
        chunk.push(3, b"xyz");
        chunk
    }

    fn pieces(after_seq: u64, limit: u64) -> Vec<(u64, u32)> {
        let mut pieces = Vec::new();
        let chunk = chunk();
        read(chunk.first_seq, &chunk.bytes, &Wanted { after_seq, limit }, &mut pieces).unwrap();
        pieces.iter().map(|piece| (piece.first_seq, piece.events)).collect()
    }

    #[test]
    fn appends_come_back_in_order() {
        assert_eq!(pieces(0, u64::MAX), [(4, 2), (6, 1), (7, 3)]);
        assert_eq!(chunk().last_seq, 9);
    }

    #[test]
    fn a_part_starts_with_the_append_that_holds_its_first_event() {
        assert_eq!(pieces(4, u64::MAX), [(4, 2), (6, 1), (7, 3)]);
        assert_eq!(pieces(5, u64::MAX), [(6, 1), (7, 3)]);
        assert_eq!(pieces(9, u64::MAX), []);
    }

    #[test]
    fn a_part_ends_when_it_holds_enough_events() {
        assert_eq!(pieces(3, 1), [(4, 2)]);
        assert_eq!(pieces(3, 2), [(4, 2)]);
        assert_eq!(pieces(3, 3), [(4, 2), (6, 1)]);
    }

    #[test]
    fn a_cut_chunk_is_corrupt() {
        let chunk = chunk();
        for end in [3, 7, 9, 17, chunk.bytes.len() - 1] {
            let read = read(4, &chunk.bytes[..end], &Wanted::ALL, &mut Vec::new());
            assert!(matches!(read, Err(Error::Corrupt(_))), "{end}");
        }
    }
}

//! What happened, as a hash always and as text on request.
//!
//! The hash covers every event of the world and every byte that the store was given: two runs of a seed that differ
//! anywhere differ here.

use std::fmt::Write as _;
use tenure_types::Timestamp;

/// The record of one run.
#[derive(Clone, Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<String>,
}

impl Trace {
    /// An empty trace, which keeps its text if asked to.
    pub fn new(readable: bool) -> Self {
        Self { hash: 0xCBF2_9CE4_8422_2325, lines: readable.then(String::new) }
    }

    /// Adds an event: its kind and what it is about; `text` is called only for a readable trace.
    pub fn note(&mut self, at: Timestamp, kind: &'static str, about: u64, text: impl FnOnce() -> String) {
        self.mix(at.0);
        self.mix(kind.len() as u64 ^ u64::from(kind.as_bytes()[0]) << 8);
        self.mix(about);
        if let Some(lines) = &mut self.lines {
            let text = text();
            writeln!(lines, "{:>12} {kind:<10} {text}", at.0).expect("writing to a string succeeds");
        }
    }

    /// Adds bytes that are part of what happened.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.mix(u64::from(*byte));
        }
        self.mix(bytes.len() as u64);
    }

    /// The hash of everything so far.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The readable text, empty unless it was asked for.
    pub fn text(&self) -> &str {
        self.lines.as_deref().unwrap_or_default()
    }

    fn mix(&mut self, value: u64) {
        self.hash = (self.hash ^ value)
            .wrapping_mul(0x0100_0000_01B3)
            .rotate_left(29)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_difference_changes_the_hash() {
        let run = |at, kind, about, bytes: &[u8]| {
            let mut trace = Trace::new(false);
            trace.note(Timestamp(at), kind, about, String::new);
            trace.bytes(bytes);
            trace.hash()
        };
        let hashes = [
            run(1, "a", 1, b"x"),
            run(2, "a", 1, b"x"),
            run(1, "b", 1, b"x"),
            run(1, "a", 2, b"x"),
            run(1, "a", 1, b"y"),
            run(1, "a", 1, b"12345678x"),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash), "{at}");
        }
    }

    #[test]
    fn text_is_kept_only_on_request() {
        let mut trace = Trace::new(true);
        trace.note(Timestamp(5), "crash", 0, || "node".into());
        assert!(trace.text().contains("crash"));
        let mut silent = Trace::new(false);
        silent.note(Timestamp(5), "crash", 0, || unreachable!("nobody reads it"));
        assert_eq!((silent.text(), silent.hash()), ("", trace.hash()));
    }
}

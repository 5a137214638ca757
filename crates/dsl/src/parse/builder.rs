//! Builds a tree from the events of a parser, within limits.

use super::path::Path;
use super::tree::{Entry, Kind, Position, Tree};
use crate::diagnostic::Code;
use crate::limits::{DIAGNOSTICS_MAX, KEY_BYTES_MAX, NESTING_MAX, NODES_MAX};
use std::collections::BTreeMap;

/// A reason not to take a text.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) at: Position,
    pub(super) path: Path,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(code: Code, at: Position, message: String) -> Self {
        Self { code, at, path: Path::root(), message, hint: None }
    }

    pub(super) fn hinted(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }
}

/// The line and the column of a byte of a text.
pub(super) fn position_of(text: &str, byte: usize) -> Position {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: narrow(line), column: narrow(column) }
}

#[derive(Debug)]
enum Frame {
    List {
        at: Position,
        items: Vec<Tree>,
    },
    Map {
        at: Position,
        entries: Vec<Entry>,
        seen: BTreeMap<String, Position>,
        key: Option<(String, Position)>,
    },
}

/// What a parser drives. The order of calls is the order of the text.
#[derive(Debug, Default)]
pub(super) struct Builder {
    stack: Vec<Frame>,
    nodes: usize,
    root: Option<Tree>,
    refusals: Vec<Refusal>,
}

impl Builder {
    /// Whether the next scalar is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Map { key: None, .. }))
    }

    pub(super) fn key(&mut self, text: String, at: Position) -> Result<(), Refusal> {
        if text.len() > KEY_BYTES_MAX {
            let message = format!("a key has {} bytes; at most {KEY_BYTES_MAX} are allowed", text.len());
            return Err(Refusal::new(Code::KeyTooLong, at, message));
        }
        let Some(Frame::Map { seen, key, .. }) = self.stack.last_mut() else {
            unreachable!("a parser gives a key only inside of a map")
        };
        let first = *seen.entry(text.clone()).or_insert(at);
        let message = format!("the key `{text}` occurs twice; first on line {}", first.line);
        *key = Some((text, at));
        if first != at && self.refusals.len() < DIAGNOSTICS_MAX {
            self.refusals.push(Refusal {
                code: Code::DuplicateKey,
                at,
                path: self.path(),
                message,
                hint: None,
            });
        }
        Ok(())
    }

    pub(super) fn scalar(&mut self, kind: Kind, at: Position) -> Result<(), Refusal> {
        self.count(at)?;
        self.place(Tree { at, kind });
        Ok(())
    }

    pub(super) fn open_list(&mut self, at: Position) -> Result<(), Refusal> {
        self.open(at, Frame::List { at, items: Vec::new() })
    }

    pub(super) fn open_map(&mut self, at: Position) -> Result<(), Refusal> {
        self.open(at, Frame::Map { at, entries: Vec::new(), seen: BTreeMap::new(), key: None })
    }

    pub(super) fn close(&mut self) {
        let tree = match self.stack.pop().expect("a parser closes only what it opened") {
            Frame::List { at, items } => Tree { at, kind: Kind::List(items) },
            Frame::Map { at, entries, .. } => Tree { at, kind: Kind::Map(entries) },
        };
        self.place(tree);
    }

    /// The tree, `None` when nothing was built, and what was wrong without making a tree impossible.
    pub(super) fn finish(self) -> (Option<Tree>, Vec<Refusal>) {
        (self.root, self.refusals)
    }

    fn open(&mut self, at: Position, frame: Frame) -> Result<(), Refusal> {
        if self.stack.len() >= NESTING_MAX {
            return Err(too_deep(at));
        }
        self.count(at)?;
        self.stack.push(frame);
        Ok(())
    }

    fn count(&mut self, at: Position) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let message = format!("the text holds more than {NODES_MAX} values");
            return Err(Refusal::new(Code::TooManyNodes, at, message));
        }
        Ok(())
    }

    fn place(&mut self, tree: Tree) {
        match self.stack.last_mut() {
            None => self.root = Some(tree),
            Some(Frame::List { items, .. }) => items.push(tree),
            Some(Frame::Map { entries, seen, key, .. }) => {
                let (key, key_at) = key.take().expect("a value in a map follows its key");
                // Of two equal keys, which is reported already, the first stays: pointers lead to one place.
                if seen.get(&key) == Some(&key_at) {
                    entries.push(Entry { key, key_at, value: tree });
                }
            }
        }
    }

    fn path(&self) -> Path {
        let mut path = Path::root();
        for frame in &self.stack {
            path = match frame {
                Frame::List { items, .. } => path.index(items.len()),
                Frame::Map { key: Some((key, _)), .. } => path.key(key),
                Frame::Map { key: None, .. } => path,
            };
        }
        path
    }
}

/// The refusal of a text that nests too deep.
pub(super) fn too_deep(at: Position) -> Refusal {
    Refusal::new(Code::TooDeep, at, format!("the text nests deeper than {NESTING_MAX} levels"))
}

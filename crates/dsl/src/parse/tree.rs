//! A text as a tree of values that know where they are written.
//!
//! YAML and JSON both become this tree; nothing after it knows which of the two the text was.

use super::path::Path;
use crate::diagnostic::{Diagnostic, Sink};
use serde_json::{Map, Number, Value};

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Where the value starts.
    pub at: Position,
    /// The value.
    pub kind: Kind,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer or a decimal.
    Number(Number),
    /// A text.
    Text(Text),
    /// A list.
    List(Vec<Tree>),
    /// A map, its keys unique, in the order of the text.
    Map(Vec<Entry>),
}

/// A text value.
#[derive(Clone, Debug)]
pub struct Text {
    /// After escapes and folding.
    pub value: String,
    /// Where its first character stands, when every character stands in the text as it is.
    pub verbatim: Option<Position>,
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key starts.
    pub key_at: Position,
    /// The value.
    pub value: Tree,
}

impl Tree {
    /// The tree of a text.
    pub fn from_text(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut sink = Sink::default();
        let tree = super::tree(text, &mut sink);
        let diagnostics = sink.finish();
        tree.filter(|_| diagnostics.is_empty()).ok_or(diagnostics)
    }

    /// The value as JSON, keys in the order of the text.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::Text(text) => Value::String(text.value.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => {
                let pair = |entry: &Entry| (entry.key.clone(), entry.value.to_value());
                Value::Object(entries.iter().map(pair).collect::<Map<_, _>>())
            }
        }
    }

    /// What kind of value this is, for messages.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// The entry of a map with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) => None,
        }
    }

    /// The value behind a pointer.
    pub fn find(&self, path: &Path) -> Option<&Self> {
        let mut node = self;
        for segment in path.segments() {
            node = match &node.kind {
                Kind::Map(_) => &node.entry(&segment)?.value,
                Kind::List(items) => items.get(segment.parse::<usize>().ok()?)?,
                Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => return None,
            };
        }
        Some(node)
    }

    /// Where the value behind a pointer starts; the nearest value around it when there is none.
    pub fn position(&self, path: &Path) -> Position {
        self.places(path).1
    }

    /// Where the key of the value behind a pointer starts; the value itself when it is an item of a list.
    pub fn key_position(&self, path: &Path) -> Position {
        self.places(path).0
    }

    /// Where a character of the text value behind a pointer stands, as well as that is known.
    pub fn character_position(&self, path: &Path, byte_offset: usize) -> Position {
        let Some(Kind::Text(text)) = self.find(path).map(|node| &node.kind) else {
            return self.position(path);
        };
        let Some(start) = text.verbatim else { return self.position(path) };
        let Some(before) = text.value.get(..byte_offset) else { return start };
        let columns = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        Position { line: start.line, column: start.column.saturating_add(columns) }
    }

    fn places(&self, path: &Path) -> (Position, Position) {
        let mut node = self;
        let mut key_at = self.at;
        for segment in path.segments() {
            match &node.kind {
                Kind::Map(_) => {
                    let Some(entry) = node.entry(&segment) else { break };
                    key_at = entry.key_at;
                    node = &entry.value;
                }
                Kind::List(items) => {
                    let Some(item) = segment.parse::<usize>().ok().and_then(|index| items.get(index)) else {
                        break;
                    };
                    key_at = item.at;
                    node = item;
                }
                Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => break,
            }
        }
        (key_at, node.at)
    }
}

//! Texts in which something stands that nobody here knows: a secret, or a credential that is only obtained when a
//! request is sent.
//!
//! Such a text is a leaf of another kind than a string (see [`super::Json`]): no JSON text from outside, and no
//! expression over one, can make such a leaf, whatever it looks like. It says where its hidden parts come from, never
//! what they are. Its bytes are stored in histories, so they grow by addition only. Deliberately absent: the values.

use super::{Json, str_of, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jaq_json::Val;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What is shown in the place of what is hidden.
pub const MASK: &str = "***";
/// How often a hidden text can be encoded again.
const ENCODINGS_MAX: usize = 8;

/// Where a hidden value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// A secret of the tenant, or the part of it that a path leads to.
    #[serde(rename = "s")]
    Secret(Arc<str>, Vec<Step>),
    /// What the request's own `Authorization` header says after its scheme.
    #[serde(rename = "a")]
    Authorization,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Into an object.
    Key(Arc<str>),
    /// Into an array; negative from the end.
    Index(i64),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Secret(name, path) = self else { return f.write_str("$authorization.parameter") };
        write!(f, "$secrets.{name}")?;
        path.iter().try_for_each(|step| match step {
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}

impl Source {
    /// The part of a secret's value that the path leads to; `None` when there is none such.
    pub fn within(&self, value: &Json) -> Option<Json> {
        let Self::Secret(_, path) = self else { return None };
        path.iter().try_fold(value.clone(), |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => {
                let items = value.items()?;
                let from_end = usize::try_from(index.unsigned_abs()).ok()?;
                let at = if *index < 0 { items.len().checked_sub(from_end)? } else { from_end };
                items.get(at).cloned()
            }
        })
    }
}

/// How a hidden text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Encoding {
    /// Percent-encoded, all but the unreserved characters.
    #[serde(rename = "uri")]
    Uri,
    /// Base 64.
    #[serde(rename = "base64")]
    Base64,
}

impl Encoding {
    pub(crate) fn apply(self, text: &str) -> String {
        match self {
            Self::Uri => {
                let mut out = String::with_capacity(text.len());
                percent_encode(&mut out, text);
                out
            }
            Self::Base64 => STANDARD.encode(text),
        }
    }
}

/// Appends a text with everything percent-encoded but RFC 3986's unreserved characters.
pub fn percent_encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "h")]
    Hidden(Source),
    #[serde(rename = "e")]
    Encoded(Encoding, Vec<Piece>),
}

/// A text that is put together of parts, some of which may be hidden.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pieces: Vec<Piece>,
    /// What was appended since the last hidden part.
    tail: String,
}

impl Text {
    /// Appends a text.
    pub fn push_str(&mut self, text: &str) {
        self.tail.push_str(text);
    }

    /// Appends a string as it is, hidden parts included, and anything else as JSON.
    pub fn push(&mut self, value: &Json) {
        match value.as_str() {
            Some(text) => self.tail.push_str(text),
            None if value.is_opaque() && matches!(value.tree(), Val::BStr(_)) => {
                self.append(pieces(value.tree()));
            }
            None => self.tail.push_str(value.text()),
        }
    }

    /// The same, percent-encoded.
    pub fn push_encoded(&mut self, value: &Json) {
        match value.as_str() {
            Some(text) => percent_encode(&mut self.tail, text),
            None if value.is_opaque() && matches!(value.tree(), Val::BStr(_)) => {
                self.append(vec![Piece::Encoded(Encoding::Uri, pieces(value.tree()))]);
            }
            None => percent_encode(&mut self.tail, value.text()),
        }
    }

    /// Appends another text.
    pub fn push_text(&mut self, text: Self) {
        self.append(text.pieces);
        self.tail.push_str(&text.tail);
    }

    /// Appends a leaf of a tree that is a string or opaque.
    pub(crate) fn push_leaf(&mut self, leaf: &Val) {
        match leaf {
            Val::BStr(_) => self.append(pieces(leaf)),
            _ => self.tail.push_str(str_of(leaf)),
        }
    }

    fn append(&mut self, more: Vec<Piece>) {
        for piece in more {
            if let Piece::Text(text) = piece {
                self.tail.push_str(&text);
                continue;
            }
            self.flush();
            self.pieces.push(piece);
        }
    }

    fn flush(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.tail)));
        }
    }

    /// The text as a string when nothing in it is hidden.
    pub fn into_plain(self) -> Result<String, Json> {
        if self.pieces.is_empty() { Ok(self.tail) } else { Err(Json::from_tree(self.into_leaf())) }
    }

    /// The text as a value.
    pub fn into_json(self) -> Json {
        self.into_plain().map_or_else(|opaque| opaque, |text| Json::string(&text))
    }

    pub(crate) fn into_leaf(mut self) -> Val {
        if self.pieces.is_empty() {
            return Val::utf8_str(self.tail);
        }
        self.flush();
        leaf(&self.pieces)
    }
}

fn leaf(pieces: &[Piece]) -> Val {
    Val::byte_str(serde_json::to_vec(pieces).expect("texts and numbers are JSON"))
}

fn pieces(leaf: &Val) -> Vec<Piece> {
    let Val::BStr(bytes) = leaf else { return Vec::new() };
    serde_json::from_slice(bytes).expect("only this module makes such leaves")
}

/// The leaf that stands for all of a source.
pub(super) fn of_source(source: Source) -> Val {
    leaf(&[Piece::Hidden(source)])
}

/// The leaf one step further in; `None` when the leaf is more than one secret.
pub(crate) fn step(tree: &Val, step: Step) -> Option<Val> {
    match pieces(tree).as_mut_slice() {
        [Piece::Hidden(Source::Secret(name, path))] => {
            path.push(step);
            Some(of_source(Source::Secret(Arc::clone(name), std::mem::take(path))))
        }
        _ => None,
    }
}

/// The leaf, encoded; `None` when it is encoded too often already.
pub(crate) fn encoded(tree: &Val, encoding: Encoding) -> Option<Val> {
    let inner = pieces(tree);
    (depth(&inner) < ENCODINGS_MAX).then(|| leaf(&[Piece::Encoded(encoding, inner)]))
}

fn depth(pieces: &[Piece]) -> usize {
    let deep = |piece: &Piece| match piece {
        Piece::Text(_) | Piece::Hidden(_) => 0,
        Piece::Encoded(_, inner) => 1 + depth(inner),
    };
    pieces.iter().map(deep).max().unwrap_or(0)
}

/// What is shown of a leaf.
pub(super) fn masked(tree: &Val) -> String {
    let mut out = String::new();
    for piece in pieces(tree) {
        match piece {
            Piece::Text(text) => out.push_str(&text),
            Piece::Hidden(_) | Piece::Encoded(..) => out.push_str(MASK),
        }
    }
    out
}

/// The same tree with every opaque leaf as what is shown of it.
pub(super) fn masked_tree(tree: &Val) -> Val {
    map(tree, &mut |leaf| Ok::<_, std::convert::Infallible>(Val::utf8_str(masked(leaf))))
        .unwrap_or_else(|never| match never {})
}

/// Whether a leaf of the tree is opaque.
pub(crate) fn is_inside(tree: &Val) -> bool {
    match tree {
        Val::BStr(_) => true,
        Val::Arr(items) => items.iter().any(is_inside),
        Val::Obj(entries) => entries.values().any(is_inside),
        Val::Null | Val::Bool(_) | Val::Num(_) | Val::TStr(_) => false,
    }
}

/// The same tree with every hidden part replaced by what `find` gives for it. A leaf that is nothing but one hidden
/// value becomes that value, whatever its kind; within a text it is written as a text.
pub(super) fn revealed<E>(tree: &Val, find: &mut dyn FnMut(&Source) -> Result<Json, E>) -> Result<Val, E> {
    map(tree, &mut |leaf| match pieces(leaf).as_slice() {
        [Piece::Hidden(source)] => Ok(find(source)?.tree().clone()),
        pieces => written(pieces, find).map(Val::utf8_str),
    })
}

fn written<E>(pieces: &[Piece], find: &mut dyn FnMut(&Source) -> Result<Json, E>) -> Result<String, E> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Hidden(source) => {
                let value = find(source)?;
                out.push_str(value.as_str().unwrap_or_else(|| value.text()));
            }
            Piece::Encoded(encoding, inner) => out.push_str(&encoding.apply(&written(inner, find)?)),
        }
    }
    Ok(out)
}

fn map<E>(tree: &Val, leaf: &mut dyn FnMut(&Val) -> Result<Val, E>) -> Result<Val, E> {
    Ok(match tree {
        Val::BStr(_) => leaf(tree)?,
        Val::Arr(items) => items.iter().map(|item| map(item, leaf)).collect::<Result<_, _>>()?,
        Val::Obj(entries) => {
            let entry = |(key, value): (&Val, &Val)| Ok((key.clone(), map(value, leaf)?));
            Val::obj(entries.iter().map(entry).collect::<Result<_, E>>()?)
        }
        Val::Null | Val::Bool(_) | Val::Num(_) | Val::TStr(_) => tree.clone(),
    })
}

/// Calls `each` for every hidden part of a tree.
pub(super) fn sources(tree: &Val, each: &mut dyn FnMut(&Source)) {
    fn walk(pieces: &[Piece], each: &mut dyn FnMut(&Source)) {
        for piece in pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Hidden(source) => each(source),
                Piece::Encoded(_, inner) => walk(inner, each),
            }
        }
    }
    match tree {
        Val::BStr(_) => walk(&pieces(tree), each),
        Val::Arr(items) => items.iter().for_each(|item| sources(item, each)),
        Val::Obj(entries) => entries.values().for_each(|value| sources(value, each)),
        Val::Null | Val::Bool(_) | Val::Num(_) | Val::TStr(_) => {}
    }
}

/// What marks the stored form of a value with opaque leaves: no JSON text begins like this.
pub(super) const STORED_MARK: char = '!';

/// The stored form behind its mark: JSON in which each string begins with `=`, and each opaque leaf is a string that
/// begins with the mark.
pub(super) fn write_stored(out: &mut String, tree: &Val) {
    match tree {
        Val::Arr(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_stored(out, item);
            }
            out.push(']');
        }
        Val::Obj(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                text::write_string(out, str_of(key));
                out.push(':');
                write_stored(out, value);
            }
            out.push('}');
        }
        Val::TStr(_) => text::write_string(out, &format!("={}", str_of(tree))),
        Val::BStr(bytes) => {
            let pieces = std::str::from_utf8(bytes).expect("pieces are written as JSON");
            text::write_string(out, &format!("{STORED_MARK}{pieces}"));
        }
        leaf @ (Val::Null | Val::Bool(_) | Val::Num(_)) => super::write_leaf(out, leaf),
    }
}

/// Reads the stored form behind its mark; `None` when it is not one.
pub(super) fn read_stored(tree: &Val) -> Option<Val> {
    Some(match tree {
        Val::TStr(_) => {
            let text = str_of(tree);
            if let Some(plain) = text.strip_prefix('=') {
                Val::utf8_str(plain.to_owned())
            } else {
                let pieces: Vec<Piece> = serde_json::from_str(text.strip_prefix(STORED_MARK)?).ok()?;
                leaf(&pieces)
            }
        }
        Val::Arr(items) => items.iter().map(read_stored).collect::<Option<_>>()?,
        Val::Obj(entries) => {
            let entry = |(key, value): (&Val, &Val)| Some((key.clone(), read_stored(value)?));
            Val::obj(entries.iter().map(entry).collect::<Option<_>>()?)
        }
        Val::Null | Val::Bool(_) | Val::Num(_) => tree.clone(),
        Val::BStr(_) => return None,
    })
}

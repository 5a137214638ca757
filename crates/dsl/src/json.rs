//! An immutable JSON value that is cheap to clone.
//!
//! A value is text until an expression needs it, and what an expression made is a tree until someone needs the text:
//! each side is produced at most once and shared by all clones. A value may have opaque leaves ([`opaque`]): texts that
//! hold references to secrets. Its text then shows them masked, and only its stored form keeps them. Deliberately
//! absent: changing a value in place, and numbers that JSON cannot write.

pub mod opaque;
pub(crate) mod text;

#[cfg(test)]
mod tests;

use jaq_json::{Map, Num, Val};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};
use tenure_types::limits::NESTING_MAX;

/// Levels that a value composed here may reach. Text from outside is held to [`NESTING_MAX`]; what the engine puts
/// together out of such values is a few levels deeper and must be readable again.
const COMPOSED_NESTING_MAX: usize = 2 * NESTING_MAX;

/// A JSON value. At least one of the two sides is always there.
#[derive(Clone)]
pub struct Json(Arc<Sides>);

#[derive(Default)]
struct Sides {
    text: OnceLock<Box<str>>,
    tree: OnceLock<Val>,
    /// Whether a leaf is opaque; the tree is there then.
    opaque: bool,
}

/// Why a text is not JSON that we take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset}")]
pub struct JsonError {
    /// What is wrong.
    pub message: &'static str,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

impl Json {
    /// Reads a text. Of equal keys the last wins; nesting is limited to [`NESTING_MAX`].
    pub fn parse(source: &str) -> Result<Self, JsonError> {
        text::canonical(source, NESTING_MAX).map(Self::from_canonical)
    }

    /// Reads bytes, which must be UTF-8.
    pub fn from_slice(source: &[u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(source)
            .map_err(|error| JsonError { message: "not UTF-8", offset: error.valid_up_to() })?;
        Self::parse(text)
    }

    /// Reads what this node wrote, which may be composed of several values from outside.
    fn parse_composed(source: &str) -> Result<Self, JsonError> {
        text::canonical(source, COMPOSED_NESTING_MAX).map(Self::from_canonical)
    }

    fn from_canonical(text: String) -> Self {
        let sides = Sides::default();
        let _ = sides.text.set(text.into_boxed_str());
        Self(Arc::new(sides))
    }

    /// Takes a tree that is known to be JSON: finite numbers, keys that are strings, text that is UTF-8.
    pub(crate) fn from_plain_tree(tree: Val) -> Self {
        Self::from_known_tree(tree, false)
    }

    /// Takes such a tree, of which leaves may be opaque.
    pub(crate) fn from_tree(tree: Val) -> Self {
        let opaque = opaque::is_inside(&tree);
        Self::from_known_tree(tree, opaque)
    }

    /// Takes such a tree, of which it is known whether a leaf is opaque.
    pub(crate) fn from_known_tree(tree: Val, opaque: bool) -> Self {
        let sides = Sides { opaque, ..Sides::default() };
        let _ = sides.tree.set(tree);
        Self(Arc::new(sides))
    }

    /// A part of this value.
    fn part(&self, tree: Val) -> Self {
        if self.0.opaque { Self::from_tree(tree) } else { Self::from_plain_tree(tree) }
    }

    /// The place of a secret's value: what expressions see of it.
    pub fn secret(name: &str) -> Self {
        Self::from_known_tree(opaque::of_source(opaque::Source::Secret(name.into(), Vec::new())), true)
    }

    /// The place of what a request's own `Authorization` header will say after its scheme.
    pub fn authorization() -> Self {
        Self::from_known_tree(opaque::of_source(opaque::Source::Authorization), true)
    }

    /// Whether something in it is hidden.
    pub fn is_opaque(&self) -> bool {
        self.0.opaque
    }

    /// The same value with [`opaque::MASK`] for whatever is hidden.
    #[must_use]
    pub fn masked(self) -> Self {
        if self.0.opaque { Self::from_plain_tree(opaque::masked_tree(self.tree())) } else { self }
    }

    /// Where what is hidden comes from, each source once, in order.
    pub fn sources(&self) -> Vec<opaque::Source> {
        let mut found = Vec::new();
        if self.0.opaque {
            opaque::sources(self.tree(), &mut |source| found.push(source.clone()));
            found.sort();
            found.dedup();
        }
        found
    }

    /// The same value with what `find` gives for whatever is hidden.
    pub fn revealed<E>(&self, find: &mut dyn FnMut(&opaque::Source) -> Result<Self, E>) -> Result<Self, E> {
        if !self.0.opaque {
            return Ok(self.clone());
        }
        opaque::revealed(self.tree(), find).map(Self::from_tree)
    }

    /// What is stored: the text, or a form that keeps what is hidden and that no text can have.
    fn stored(&self) -> std::borrow::Cow<'_, str> {
        if !self.0.opaque {
            return self.text().into();
        }
        let mut out = String::from(opaque::STORED_MARK);
        opaque::write_stored(&mut out, self.tree());
        out.into()
    }

    /// Reads what [`Json::stored`] wrote.
    fn parse_stored(source: &str) -> Result<Self, JsonError> {
        let Some(marked) = source.strip_prefix(opaque::STORED_MARK) else {
            return Self::parse_composed(source);
        };
        let value = Self::parse_composed(marked)?;
        let damaged = JsonError { message: "not the stored form of a value", offset: 0 };
        opaque::read_stored(value.tree()).map(Self::from_tree).ok_or(damaged)
    }

    /// The value as a tree; shares its parts with every other user of the tree.
    pub(crate) fn tree(&self) -> &Val {
        self.0.tree.get_or_init(|| {
            jaq_json::read::parse_single(self.text().as_bytes())
                .expect("the text was checked when it came in")
        })
    }

    /// The canonical compact text.
    pub fn text(&self) -> &str {
        self.0.text.get_or_init(|| {
            let tree = self.0.tree.get().expect("a value has a text or a tree");
            let mut out = String::new();
            write_tree(&mut out, tree);
            out.into_boxed_str()
        })
    }

    /// Bytes of the text.
    pub fn len_bytes(&self) -> usize {
        self.text().len()
    }

    /// `null`
    pub fn null() -> Self {
        static NULL: LazyLock<Json> = LazyLock::new(|| Json::from_canonical("null".to_owned()));
        NULL.clone()
    }

    /// A string.
    pub fn string(value: &str) -> Self {
        let mut out = String::with_capacity(value.len() + 2);
        text::write_string(&mut out, value);
        Self::from_canonical(out)
    }

    /// `true` or `false`
    pub fn bool(value: bool) -> Self {
        Self::from_canonical(value.to_string())
    }

    /// A number.
    pub fn number(value: i64) -> Self {
        Self::from_canonical(value.to_string())
    }

    /// Converts from `serde_json`.
    pub fn from_value(value: &serde_json::Value) -> Self {
        Self::from_canonical(value.to_string())
    }

    /// Converts to `serde_json`. Integers beyond 64 bits become floating-point numbers.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).expect("the text is JSON with finite numbers")
    }

    /// An array of these values, in order.
    pub fn array(items: impl IntoIterator<Item = Self>) -> Self {
        let items: Vec<Self> = items.into_iter().collect();
        let opaque = items.iter().any(Self::is_opaque);
        if opaque || !items.is_empty() && items.iter().all(Self::is_tree) {
            let tree = items.iter().map(|item| item.tree().clone()).collect();
            return Self::from_known_tree(tree, opaque);
        }
        let mut out = String::from("[");
        for item in items {
            separate(&mut out, '[');
            out.push_str(item.text());
        }
        out.push(']');
        Self::from_canonical(out)
    }

    /// An object of these entries, in order. Of equal keys the last wins and keeps the first's place.
    pub fn object(entries: impl IntoIterator<Item = (impl AsRef<str>, Self)>) -> Self {
        let mut unique: Vec<(String, Self)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for (key, value) in entries {
            match places.entry(key.as_ref().to_owned()) {
                Entry::Occupied(place) => unique[*place.get()].1 = value,
                Entry::Vacant(place) => {
                    place.insert(unique.len());
                    unique.push((key.as_ref().to_owned(), value));
                }
            }
        }
        let opaque = unique.iter().any(|(_, value)| value.is_opaque());
        if opaque || !unique.is_empty() && unique.iter().all(|(_, value)| value.is_tree()) {
            let entry = |(key, value): (String, Self)| (Val::utf8_str(key), value.tree().clone());
            return Self::from_known_tree(Val::obj(unique.into_iter().map(entry).collect::<Map>()), opaque);
        }
        let mut out = String::from("{");
        for (key, value) in unique {
            separate(&mut out, '{');
            text::write_string(&mut out, &key);
            out.push(':');
            out.push_str(value.text());
        }
        out.push('}');
        Self::from_canonical(out)
    }

    /// Whether only the tree is there, so that composing trees is cheaper than composing texts.
    fn is_tree(&self) -> bool {
        self.0.text.get().is_none()
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.tree(), Val::Null)
    }

    /// The string's content.
    pub fn as_str(&self) -> Option<&str> {
        match self.tree() {
            Val::TStr(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.tree() {
            Val::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, when it is an integer that fits. `1.0` is one.
    pub fn as_i64(&self) -> Option<i64> {
        integer(self.tree())
    }

    /// The number, when it is an integer that fits and is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        integer(self.tree())
    }

    /// The items of an array.
    pub fn items(&self) -> Option<Vec<Self>> {
        match self.tree() {
            Val::Arr(items) => Some(items.iter().map(|item| self.part(item.clone())).collect()),
            _ => None,
        }
    }

    /// The value at a key of an object.
    pub fn get(&self, key: &str) -> Option<Self> {
        match self.tree() {
            Val::Obj(entries) => {
                entries.get(&Val::utf8_str(key.to_owned())).map(|value| self.part(value.clone()))
            }
            _ => None,
        }
    }

    /// The entries of an object, in order.
    pub fn entries(&self) -> Option<Vec<(Arc<str>, Self)>> {
        let Val::Obj(entries) = self.tree() else { return None };
        let entry = |(key, value): (&Val, &Val)| (Arc::from(str_of(key)), self.part(value.clone()));
        Some(entries.iter().map(entry).collect())
    }

    /// The name of the kind of value, as jq's `type` gives it.
    pub fn kind_name(&self) -> &'static str {
        kind_name(self.tree())
    }
}

fn separate(out: &mut String, open: char) {
    if out.len() > open.len_utf8() {
        out.push(',');
    }
}

fn integer<T: std::str::FromStr>(tree: &Val) -> Option<T> {
    let Val::Num(number) = tree else { return None };
    let text = match number {
        Num::Int(_) | Num::BigInt(_) => number.to_string(),
        Num::Float(_) | Num::Dec(_) => {
            let value: f64 = number.to_string().parse().ok()?;
            if value.fract() != 0.0 || value.abs() > 9_007_199_254_740_992.0 {
                return None;
            }
            format!("{value:.0}")
        }
    };
    text.parse().ok()
}

/// The name of the kind of a tree, as jq's `type` gives it.
pub(crate) fn kind_name(tree: &Val) -> &'static str {
    match tree {
        Val::Null => "null",
        Val::Bool(_) => "boolean",
        Val::Num(_) => "number",
        Val::TStr(_) | Val::BStr(_) => "string",
        Val::Arr(_) => "array",
        Val::Obj(_) => "object",
    }
}

/// The content of a string in a tree, which is UTF-8.
pub(crate) fn str_of(tree: &Val) -> &str {
    match tree {
        Val::TStr(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        _ => "",
    }
}

/// Appends the text of a tree that is known to be JSON. Nesting is limited, so recursion is.
fn write_tree(out: &mut String, tree: &Val) {
    match tree {
        Val::Arr(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_tree(out, item);
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
                write_tree(out, value);
            }
            out.push('}');
        }
        leaf => write_leaf(out, leaf),
    }
}

/// Appends the text of a tree that is neither an array nor an object.
pub(crate) fn write_leaf(out: &mut String, leaf: &Val) {
    use fmt::Write;
    match leaf {
        Val::Bool(true) => out.push_str("true"),
        Val::Bool(false) => out.push_str("false"),
        Val::Num(number) => write!(out, "{number}").expect("writing to a string cannot fail"),
        Val::TStr(_) => text::write_string(out, str_of(leaf)),
        Val::BStr(_) => text::write_string(out, &opaque::masked(leaf)),
        Val::Null | Val::Arr(_) | Val::Obj(_) => out.push_str("null"),
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::null()
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.text() == other.text()
                && self.0.opaque == other.0.opaque
                && (!self.0.opaque || self.stored() == other.stored())
    }
}

impl Eq for Json {}

impl std::hash::Hash for Json {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_str(&self.stored());
        }
        let raw: &serde_json::value::RawValue =
            serde_json::from_str(self.text()).expect("the text was checked when it came in");
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
            return Self::parse(raw.get()).map_err(serde::de::Error::custom);
        }
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse_stored(&text).map_err(serde::de::Error::custom)
    }
}

//! The interpreter's value: a JSON tree that reports what it does to the meter and behaves as jq's values do.
//!
//! It wraps the tree of `jaq-json` and takes from it the storage and the numbers; how values are compared, indexed,
//! updated and printed is ours, because each of these walks a structure that can be shared so often that walking it
//! never ends, and because null can be indexed and updated in jq. The tree's byte strings are our opaque texts
//! ([`crate::json::opaque`]): strings to whoever asks for the type, which can be indexed, put together, encoded and
//! passed on, and which give nothing away. Deliberately absent: other byte strings, keys that are not strings.

mod access;
mod arithmetic;
mod order;
mod print;
mod update;

pub(super) use access::index_of;
use access::{bounds, cannot_index, float_index, position, slice_bounds};
pub(super) use order::{contains, indices};
pub(super) use print::{into_json, message, print};

use super::Limit;
use super::meter::{charge, charge_allocation, charge_bytes, stop};
use crate::json::opaque::{self, Encoding};
use crate::json::{Json, kind_name, str_of};
use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::val::Range;
use jaq_json::{Map, Num, Val};
use std::sync::Arc;

/// Levels of nesting inside an evaluation. Everything that walks a value recursively relies on it.
pub(super) const DEPTH_MAX: u16 = 256;
/// Bytes of one string inside an evaluation.
pub(super) const STRING_BYTES_MAX: usize = 4 << 20;
/// Items that an assignment beyond the end of an array may create.
const PADDING_MAX: usize = 1 << 16;

pub(super) type Error = jaq_core::Error<V>;
pub(super) type ValR = Result<V, Error>;

/// A value of the interpreter.
#[derive(Clone, Debug)]
pub(super) struct V {
    pub(super) tree: Val,
    /// At least the levels of nesting: 0 for a scalar. Exact only when it was measured, see [`V::settle`].
    depth: u16,
}

impl V {
    pub(super) fn scalar(tree: Val) -> Self {
        Self { tree, depth: 0 }
    }

    pub(super) fn null() -> Self {
        Self::scalar(Val::Null)
    }

    /// A value from outside, whose nesting is limited.
    pub(super) fn outer(json: &Json) -> Self {
        Self::child_of(DEPTH_MAX / 2, json.tree().clone())
    }

    /// A part of a value that has at most `depth` levels.
    fn child_of(depth: u16, tree: Val) -> Self {
        let depth = if is_container(&tree) { depth.saturating_sub(1).max(1) } else { 0 };
        Self { tree, depth }
    }

    fn child(&self, tree: Val) -> Self {
        Self::child_of(self.depth, tree)
    }

    /// A value made from parts of which the deepest has at most `inner` levels.
    fn parent_of(inner: u16, tree: Val) -> Self {
        Self { tree, depth: inner + 1 }.settle()
    }

    /// Holds the limit on nesting. Bounds grow when parts are taken out and put back, so a bound that is too high is
    /// measured before it counts.
    fn settle(mut self) -> Self {
        if self.depth > DEPTH_MAX {
            self.depth = measure(&self.tree);
            if self.depth > DEPTH_MAX {
                stop(Limit::Stack);
            }
        }
        self
    }

    pub(super) fn str(&self) -> Option<&str> {
        match &self.tree {
            Val::TStr(bytes) => {
                charge_bytes(bytes.len());
                Some(str_of(&self.tree))
            }
            _ => None,
        }
    }

    pub(super) fn string(text: String) -> Self {
        if text.len() > STRING_BYTES_MAX {
            stop(Limit::Memory);
        }
        Self::scalar(Val::utf8_str(text))
    }

    fn kind(&self) -> &'static str {
        kind_name(&self.tree)
    }

    pub(super) fn is_opaque(&self) -> bool {
        matches!(self.tree, Val::BStr(_))
    }

    /// A text put together of strings and opaque texts.
    pub(super) fn text(text: opaque::Text) -> Self {
        let tree = text.into_leaf();
        if let Val::TStr(bytes) | Val::BStr(bytes) = &tree
            && bytes.len() > STRING_BYTES_MAX
        {
            stop(Limit::Memory);
        }
        Self::scalar(tree)
    }

    /// A string or an opaque text in another writing.
    pub(super) fn encoded(&self, encoding: Encoding) -> ValR {
        match &self.tree {
            Val::TStr(bytes) => {
                charge_allocation(3 * bytes.len());
                Ok(Self::string(encoding.apply(str_of(&self.tree))))
            }
            Val::BStr(bytes) => {
                charge_allocation(bytes.len());
                let encoded = opaque::encoded(&self.tree, encoding);
                let tree = encoded.ok_or_else(|| Error::str("a secret is encoded too often"))?;
                Ok(Self::scalar(tree))
            }
            _ => Err(Error::str(format_args!("{} ({self}) cannot be encoded", self.kind()))),
        }
    }
}

/// Whether a part of the value is opaque.
pub(super) fn has_opaque(tree: &Val) -> bool {
    charge(1);
    match tree {
        Val::BStr(_) => true,
        Val::Arr(items) => items.iter().any(has_opaque),
        Val::Obj(entries) => entries.values().any(has_opaque),
        Val::Null | Val::Bool(_) | Val::Num(_) | Val::TStr(_) => false,
    }
}

fn is_container(tree: &Val) -> bool {
    matches!(tree, Val::Arr(_) | Val::Obj(_))
}

fn measure(tree: &Val) -> u16 {
    charge(1);
    let inner = match tree {
        Val::Arr(items) => items.iter().map(measure).max(),
        Val::Obj(entries) => entries.values().map(measure).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// The items of an array for changing; copied when they are shared.
pub(super) fn own_items(items: &mut Arc<Vec<Val>>) -> &mut Vec<Val> {
    if Arc::strong_count(items) > 1 {
        charge_allocation(items.len() * size_of::<Val>());
    }
    Arc::make_mut(items)
}

/// The entries of an object for changing; copied when they are shared.
pub(super) fn own_entries(entries: &mut Arc<Map>) -> &mut Map {
    if Arc::strong_count(entries) > 1 {
        charge_allocation(entries.len() * 64);
    }
    Arc::make_mut(entries)
}

impl From<bool> for V {
    fn from(value: bool) -> Self {
        Self::scalar(Val::Bool(value))
    }
}

impl From<isize> for V {
    fn from(value: isize) -> Self {
        Self::scalar(Val::from(value))
    }
}

impl From<usize> for V {
    fn from(value: usize) -> Self {
        Self::scalar(Val::from(value))
    }
}

impl From<f64> for V {
    fn from(value: f64) -> Self {
        Self::scalar(Val::Num(arithmetic::from_f64(value)))
    }
}

impl From<String> for V {
    fn from(value: String) -> Self {
        charge_bytes(value.len());
        Self::string(value)
    }
}

impl From<Range<Self>> for V {
    fn from(range: Range<Self>) -> Self {
        let bounds = [("start", range.start), ("end", range.end)];
        let entry =
            |(key, bound): (&'static str, Option<Self>)| bound.map(|bound| (Val::utf8_str(key), bound.tree));
        Self { tree: Val::obj(bounds.into_iter().filter_map(entry).collect()), depth: DEPTH_MAX }
    }
}

impl FromIterator<Self> for V {
    fn from_iter<I: IntoIterator<Item = Self>>(iter: I) -> Self {
        let mut inner = 0;
        let mut items = Vec::new();
        for item in iter {
            charge(1);
            if items.len() == items.capacity() && items.len() > 1024 {
                charge_allocation(2 * items.len() * size_of::<Val>());
            }
            inner = inner.max(item.depth);
            items.push(item.tree);
        }
        Self::parent_of(inner, Val::Arr(Arc::new(items)))
    }
}

impl jaq_core::ValT for V {
    fn from_num(number: &str) -> ValR {
        arithmetic::parse(number).map(|number| Self::scalar(Val::Num(number)))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(iter: I) -> ValR {
        let mut inner = 0;
        let mut entries = Map::default();
        for (key, value) in iter {
            charge(1);
            if key.str().is_none() {
                return Err(Error::str(format_args!(
                    "object keys must be strings, not {} ({key})",
                    key.kind()
                )));
            }
            inner = inner.max(value.depth);
            entries.insert(key.tree, value.tree);
        }
        Ok(Self::parent_of(inner, Val::obj(entries)))
    }

    fn key_values(self) -> BoxIter<'static, Result<(Self, Self), Error>> {
        let depth = self.depth;
        match self.tree {
            Val::Arr(items) => Box::new((0..items.len()).map(move |index| {
                charge(1);
                Ok((Self::from(index), Self::child_of(depth, items[index].clone())))
            })),
            Val::Obj(entries) => Box::new((0..entries.len()).map(move |index| {
                charge(1);
                let (key, value) = entries.get_index(index).expect("the index is below the length");
                Ok((Self::scalar(key.clone()), Self::child_of(depth, value.clone())))
            })),
            _ => box_once(Err(cannot_iterate(&self))),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR>> {
        let depth = self.depth;
        match self.tree {
            Val::Arr(items) => Box::new((0..items.len()).map(move |index| {
                charge(1);
                Ok(Self::child_of(depth, items[index].clone()))
            })),
            Val::Obj(entries) => Box::new((0..entries.len()).map(move |index| {
                charge(1);
                Ok(Self::child_of(depth, entries[index].clone()))
            })),
            _ => box_once(Err(cannot_iterate(&self))),
        }
    }

    fn index(self, index: &Self) -> ValR {
        charge(1);
        self.at(index)
    }

    fn range(self, range: Range<&Self>) -> ValR {
        charge(1);
        self.slice(&range)
    }

    fn map_values<'a, I: Iterator<Item = update::ValX<'a>>>(
        self,
        opt: jaq_core::path::Opt,
        f: impl Fn(Self) -> I,
    ) -> update::ValX<'a> {
        update::values(self, opt, f)
    }

    fn map_index<'a, I: Iterator<Item = update::ValX<'a>>>(
        self,
        index: &Self,
        opt: jaq_core::path::Opt,
        f: impl Fn(Self) -> I,
    ) -> update::ValX<'a> {
        update::index(self, index, opt, f)
    }

    fn map_range<'a, I: Iterator<Item = update::ValX<'a>>>(
        self,
        range: Range<&Self>,
        opt: jaq_core::path::Opt,
        f: impl Fn(Self) -> I,
    ) -> update::ValX<'a> {
        update::range(self, &range, opt, f)
    }

    fn as_bool(&self) -> bool {
        !matches!(self.tree, Val::Null | Val::Bool(false))
    }

    fn into_string(self) -> Self {
        match self.tree {
            Val::TStr(_) | Val::BStr(_) => self,
            _ => Self::string(print(&self)),
        }
    }
}

pub(super) fn cannot_iterate(value: &V) -> Error {
    Error::str(format_args!("cannot iterate over {} ({value})", value.kind()))
}

impl jaq_std::ValT for V {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        let depth = self.depth;
        match self.tree {
            Val::Arr(items) => {
                charge_allocation(items.len() * size_of::<Self>());
                Ok(items.iter().map(|item| Self::child_of(depth, item.clone())).collect())
            }
            tree => Err(Self { tree, depth }),
        }
    }

    fn is_int(&self) -> bool {
        matches!(self.tree, Val::Num(Num::Int(_) | Num::BigInt(_)))
    }

    fn as_isize(&self) -> Option<isize> {
        match &self.tree {
            Val::Num(number) => number.as_isize(),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        match &self.tree {
            Val::Num(number) => Some(arithmetic::to_f64(number)),
            _ => None,
        }
    }

    fn is_utf8_str(&self) -> bool {
        matches!(self.tree, Val::TStr(_))
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        self.str().map(str::as_bytes)
    }

    fn as_sub_str(&self, sub: &[u8]) -> Self {
        match &self.tree {
            Val::TStr(bytes) => Self::scalar(Val::utf8_str(bytes.slice_ref(sub))),
            _ => Self::null(),
        }
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        charge_bytes(bytes.as_ref().len());
        Self::string(String::from_utf8_lossy(bytes.as_ref()).into_owned())
    }
}

/// Reads JSON text, as `fromjson` does.
pub(super) fn from_json(source: &str) -> ValR {
    charge_bytes(source.len() * 16);
    let json = Json::parse(source).map_err(|error| Error::str(format_args!("cannot parse JSON: {error}")))?;
    let tree = json.tree().clone();
    Ok(V::outer(&Json::from_plain_tree(tree)))
}

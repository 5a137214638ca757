//! Reading parts of a value: keys, positions, slices. Null has every part, and each is null, as in jq.

use super::{Error, V, ValR, arithmetic, order, print};
use crate::expr::meter::{charge_allocation, charge_bytes};
use crate::json::opaque::{self, Step};
use crate::json::str_of;
use jaq_core::val::Range;
use jaq_json::{Num, Val};

/// An integer for use as an index: floating-point numbers are rounded down, as in jq.
pub(in crate::expr) fn index_of(number: &Num) -> isize {
    match number {
        Num::Int(index) => *index,
        Num::BigInt(_) | Num::Float(_) | Num::Dec(_) => float_index(arithmetic::to_f64(number).floor()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the conversion saturates, and no array is so long")]
pub(super) fn float_index(value: f64) -> isize {
    value as isize
}

/// The position of an index in something of length `len`; negative ones count from the end.
pub(super) fn position(index: isize, len: usize) -> Option<usize> {
    let from_end = index.unsigned_abs();
    if index < 0 { len.checked_sub(from_end) } else { Some(from_end) }
}

/// The bounds of a slice of something of length `len`, as jq takes them.
pub(super) fn bounds(range: &Range<&V>, len: usize) -> Result<(usize, usize), Error> {
    let bound = |value: Option<&V>, default: usize, up: bool| match value.map(|value| &value.tree) {
        None | Some(Val::Null) => Ok(default),
        Some(Val::Num(number)) => {
            let value = arithmetic::to_f64(number);
            let index = float_index(if up { value.ceil() } else { value.floor() });
            Ok(position(index, len).unwrap_or(0).min(len))
        }
        Some(_) => Err(Error::str("the bounds of a slice must be numbers")),
    };
    let from = bound(range.start, 0, false)?;
    Ok((from, bound(range.end, len, true)?.max(from)))
}

/// Byte positions of character positions.
fn char_bytes(text: &str, from: usize, to: usize) -> (usize, usize) {
    let mut offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let start = offsets.nth(from).unwrap_or(text.len());
    let end = if to > from { offsets.nth(to - from - 1).unwrap_or(text.len()) } else { start };
    (start, end)
}

impl V {
    pub(super) fn slice(self, range: &Range<&Self>) -> ValR {
        match &self.tree {
            Val::Null => Ok(self),
            Val::Arr(items) => {
                let (from, to) = bounds(range, items.len())?;
                charge_allocation((to - from) * size_of::<Val>());
                Ok(Self { tree: items[from..to].iter().cloned().collect(), depth: self.depth })
            }
            Val::TStr(bytes) => {
                charge_bytes(bytes.len());
                let text = str_of(&self.tree);
                let (from, to) = bounds(range, text.chars().count())?;
                let (from, to) = char_bytes(text, from, to);
                Ok(Self::scalar(Val::utf8_str(bytes.slice(from..to))))
            }
            _ => Err(Error::str(format_args!("cannot slice {} ({self})", self.kind()))),
        }
    }

    pub(super) fn at(self, index: &Self) -> ValR {
        match (&self.tree, &index.tree) {
            (Val::Null, Val::TStr(_) | Val::Num(_) | Val::Null) => Ok(Self::null()),
            (Val::Obj(entries), key @ Val::TStr(bytes)) => {
                charge_bytes(bytes.len());
                Ok(entries.get(key).map_or_else(Self::null, |value| self.child(value.clone())))
            }
            (Val::Arr(items), Val::Num(number)) => {
                let item = position(index_of(number), items.len()).and_then(|at| items.get(at));
                Ok(item.map_or_else(Self::null, |item| self.child(item.clone())))
            }
            (Val::Null | Val::Arr(_) | Val::TStr(_), Val::Obj(_)) => {
                let (start, end) = slice_bounds(index);
                self.slice(&(start.as_ref()..end.as_ref()))
            }
            (Val::Arr(_), Val::Arr(_)) => order::indices(&self, index),
            (Val::BStr(bytes), Val::TStr(_)) => {
                charge_bytes(bytes.len());
                self.within(Step::Key(str_of(&index.tree).into()))
            }
            (Val::BStr(bytes), Val::Num(number)) => {
                charge_bytes(bytes.len());
                self.within(Step::Index(i64::try_from(index_of(number)).unwrap_or(i64::MAX)))
            }
            _ => Err(cannot_index(&self, index)),
        }
    }
}

impl V {
    /// A part of a secret: nobody knows here whether there is one.
    fn within(&self, step: Step) -> ValR {
        let inner = opaque::step(&self.tree, step).map(Self::scalar);
        inner.ok_or_else(|| Error::str("a text with a secret has no parts"))
    }
}

/// The bounds in `{"start": …, "end": …}`: the form that a slice has in a path.
pub(super) fn slice_bounds(index: &V) -> (Option<V>, Option<V>) {
    let Val::Obj(entries) = &index.tree else { return (None, None) };
    let bound =
        |name: &'static str| entries.get(&Val::utf8_str(name)).map(|value| index.child(value.clone()));
    (bound("start"), bound("end"))
}

pub(super) fn cannot_index(value: &V, index: &V) -> Error {
    match index.str() {
        Some(key) => {
            Error::str(format_args!("cannot index {} with \"{}\"", value.kind(), print::shorten(key)))
        }
        None => Error::str(format_args!("cannot index {} with {}", value.kind(), index.kind())),
    }
}

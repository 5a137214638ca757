//! Assignments: what `|=`, `=`, `+=` and `del` do to a value. Null becomes what the path needs, as in jq.

use super::{
    Error, PADDING_MAX, V, bounds, cannot_index, cannot_iterate, index_of, own_entries, own_items, position,
};
use crate::expr::Limit;
use crate::expr::meter::{charge, charge_allocation, charge_bytes, stop};
use jaq_core::path::Opt;
use jaq_core::val::Range;
use jaq_core::{Exn, ValT};
use jaq_json::{Map, Val};
use std::sync::Arc;

pub(super) type ValX<'a> = Result<V, Exn<'a, V>>;

fn fail<'a>(value: V, opt: Opt, error: impl FnOnce(&V) -> Error) -> ValX<'a> {
    opt.fail(value, |value| Exn::from(error(&value)))
}

fn first<'a>(mut outputs: impl Iterator<Item = ValX<'a>>) -> Result<Option<V>, Exn<'a, V>> {
    outputs.next().transpose()
}

/// `.[] |= f`
pub(super) fn values<'a, I: Iterator<Item = ValX<'a>>>(value: V, opt: Opt, f: impl Fn(V) -> I) -> ValX<'a> {
    let depth = value.depth;
    match value.tree {
        Val::Arr(items) => {
            charge_allocation(items.len() * size_of::<Val>());
            let items = Arc::try_unwrap(items).unwrap_or_else(|shared| (*shared).clone());
            items.into_iter().flat_map(|item| f(V::child_of(depth, item))).collect()
        }
        Val::Obj(entries) => {
            charge_allocation(entries.len() * 64);
            let entries = Arc::try_unwrap(entries).unwrap_or_else(|shared| (*shared).clone());
            let mut inner = 0;
            let mut updated = Map::default();
            for (key, item) in entries {
                charge(1);
                if let Some(item) = first(f(V::child_of(depth, item)))? {
                    inner = inner.max(item.depth);
                    updated.insert(key, item.tree);
                }
            }
            Ok(V::parent_of(inner, Val::obj(updated)))
        }
        _ => fail(value, opt, cannot_iterate),
    }
}

/// `.[k] |= f`
pub(super) fn index<'a, I: Iterator<Item = ValX<'a>>>(
    mut value: V,
    index: &V,
    opt: Opt,
    f: impl Fn(V) -> I,
) -> ValX<'a> {
    charge(1);
    match (&mut value.tree, &index.tree) {
        (Val::Null | Val::Arr(_) | Val::TStr(_), Val::Obj(_)) => {
            let (start, end) = super::slice_bounds(index);
            range(value, &(start.as_ref()..end.as_ref()), opt, f)
        }
        (Val::Null, Val::TStr(_)) => match first(f(V::null()))? {
            Some(new) => Ok(V::from_map([(index.clone(), new)])?),
            None => Ok(value),
        },
        (Val::Null, Val::Num(number)) => {
            let Some(new) = first(f(V::null()))? else { return Ok(value) };
            let Some(at) = position(index_of(number), 0) else {
                return fail(value, opt, |_| Error::str("out of bounds negative array index"));
            };
            let mut items = Vec::new();
            set_item(&mut items, at, new.tree);
            Ok(V::parent_of(new.depth, Val::Arr(Arc::new(items))))
        }
        (Val::Obj(entries), key @ Val::TStr(bytes)) => {
            charge_bytes(bytes.len());
            let depth = value.depth;
            let entries = own_entries(entries);
            let old = entries.get_mut(key).map_or(Val::Null, std::mem::take);
            if let Some(new) = first(f(V::child_of(depth, old)))? {
                entries.insert(key.clone(), new.tree);
                value.depth = depth.max(new.depth + 1);
                return Ok(value.settle());
            }
            charge(entries.len() as u64 / 64);
            entries.shift_remove(key);
            Ok(value)
        }
        (Val::Arr(items), Val::Num(number)) => {
            let depth = value.depth;
            let Some(at) = position(index_of(number), items.len()) else {
                return fail(value, opt, |_| Error::str("out of bounds negative array index"));
            };
            let items = own_items(items);
            let old = items.get_mut(at).map_or(Val::Null, std::mem::take);
            if let Some(new) = first(f(V::child_of(depth, old)))? {
                set_item(items, at, new.tree);
                value.depth = depth.max(new.depth + 1);
                return Ok(value.settle());
            }
            if at < items.len() {
                charge(items.len() as u64 / 64);
                items.remove(at);
            }
            Ok(value)
        }
        _ => fail(value, opt, |value| cannot_index(value, index)),
    }
}

/// Sets an item; nulls fill the gap behind the end.
fn set_item(items: &mut Vec<Val>, at: usize, item: Val) {
    if at >= items.len() {
        if at - items.len() > PADDING_MAX {
            stop(Limit::Memory);
        }
        charge_allocation((at + 1 - items.len()) * size_of::<Val>());
        items.resize(at + 1, Val::Null);
    }
    items[at] = item;
}

/// `.[s:e] |= f`
pub(super) fn range<'a, I: Iterator<Item = ValX<'a>>>(
    mut value: V,
    range: &Range<&V>,
    opt: Opt,
    f: impl Fn(V) -> I,
) -> ValX<'a> {
    charge(1);
    if matches!(value.tree, Val::Null) {
        value = V { tree: Val::Arr(Arc::default()), depth: 1 };
    }
    let Val::Arr(items) = &value.tree else {
        return fail(value, opt, |value| {
            Error::str(format_args!("cannot update a slice of {}", super::kind_name(&value.tree)))
        });
    };
    let (from, to) = match bounds(range, items.len()) {
        Ok(bounds) => bounds,
        Err(error) => return fail(value, opt, |_| error),
    };
    let old = V { tree: items[from..to].iter().cloned().collect(), depth: value.depth };
    let new = first(f(old))?.unwrap_or_else(|| V { tree: Val::Arr(Arc::default()), depth: 1 });
    let Val::Arr(replacement) = new.tree else {
        return fail(value, opt, |_| Error::str("a slice of an array can only be assigned another array"));
    };
    let depth = value.depth.max(new.depth);
    let Val::Arr(items) = &mut value.tree else { return Ok(value) };
    charge_allocation((items.len() + replacement.len()) * size_of::<Val>());
    own_items(items).splice(from..to, replacement.iter().cloned());
    value.depth = depth;
    Ok(value.settle())
}

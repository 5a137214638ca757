//! Comparing values. Each step is charged, because structures can share their parts without limit.

use super::{Error, V, ValR};
use crate::expr::meter::{charge, charge_bytes};
use crate::json::str_of;
use jaq_json::{Map, Val};
use std::cmp::Ordering;

/// jq's order: null, false, true, numbers, strings, arrays, objects. An opaque text equals nothing but the same one.
pub(super) fn compare(left: &Val, right: &Val) -> Ordering {
    charge(1);
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => left.cmp(right),
        (Val::Num(left), Val::Num(right)) => left.cmp(right),
        (Val::TStr(a), Val::TStr(b)) => {
            charge_bytes(a.len().min(b.len()));
            str_of(left).cmp(str_of(right))
        }
        (Val::BStr(left), Val::BStr(right)) => {
            charge_bytes(left.len().min(right.len()));
            left.cmp(right)
        }
        (Val::Arr(left), Val::Arr(right)) => {
            let different =
                left.iter().zip(right.iter()).map(|(left, right)| compare(left, right)).find(|o| o.is_ne());
            different.unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        (Val::Obj(left), Val::Obj(right)) => compare_objects(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// First the sets of keys, in order; then the values, key by key.
fn compare_objects(left: &Map, right: &Map) -> Ordering {
    charge_bytes((left.len() + right.len()) * 16);
    let sorted = |entries: &Map| {
        let mut keys: Vec<_> = entries.keys().cloned().collect();
        keys.sort_unstable_by(|a, b| str_of(a).cmp(str_of(b)));
        keys
    };
    let (left_keys, right_keys) = (sorted(left), sorted(right));
    let by_keys = left_keys.iter().map(str_of).cmp(right_keys.iter().map(str_of));
    if by_keys.is_ne() {
        return by_keys;
    }
    let value = |entries: &Map, key: &Val| entries.get(key).cloned().unwrap_or_default();
    let different =
        left_keys.iter().map(|key| compare(&value(left, key), &value(right, key))).find(|o| o.is_ne());
    different.unwrap_or(Ordering::Equal)
}

fn rank(value: &Val) -> u8 {
    match value {
        Val::Null => 0,
        Val::Bool(_) => 1,
        Val::Num(_) => 2,
        Val::TStr(_) => 3,
        Val::BStr(_) => 4,
        Val::Arr(_) => 5,
        Val::Obj(_) => 6,
    }
}

fn equal(left: &Val, right: &Val) -> bool {
    compare(left, right).is_eq()
}

/// Where `part` stands in `whole`: positions of a substring, of a run of items, or of an item.
pub(in crate::expr) fn indices(whole: &V, part: &V) -> ValR {
    let positions: Vec<usize> = match (&whole.tree, &part.tree) {
        (Val::Null, _) => return Ok(V::null()),
        (Val::TStr(_), Val::TStr(_)) => substrings(whole, part),
        (Val::Arr(_), Val::Arr(part)) if part.is_empty() => return Ok(V::null()),
        (Val::Arr(items), Val::Arr(part)) => {
            let runs = items.windows(part.len()).enumerate();
            let same = |run: &[Val]| run.iter().zip(part.iter()).all(|(left, right)| equal(left, right));
            runs.filter(|(_, run)| same(run)).map(|(at, _)| at).collect()
        }
        (Val::Arr(items), item) => {
            items.iter().enumerate().filter(|(_, it)| equal(it, item)).map(|(at, _)| at).collect()
        }
        _ => return Err(super::cannot_index(whole, part)),
    };
    Ok(positions.into_iter().map(V::from).collect())
}

fn substrings(whole: &V, part: &V) -> Vec<usize> {
    let (Some(text), Some(part)) = (whole.str(), part.str()) else { return Vec::new() };
    if part.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, (byte, _)) in text.char_indices().enumerate() {
        if at % 256 == 0 {
            charge(1 + part.len() as u64 / 16);
        }
        if text.as_bytes()[byte..].starts_with(part.as_bytes()) {
            found.push(at);
        }
    }
    found
}

/// jq's `contains`.
pub(in crate::expr) fn contains(whole: &V, part: &V) -> Result<bool, Error> {
    if super::kind_name(&whole.tree) == super::kind_name(&part.tree) {
        return Ok(tree_contains(&whole.tree, &part.tree));
    }
    Err(Error::str(format_args!(
        "{} ({whole}) and {} ({part}) cannot have their containment checked",
        whole.kind(),
        part.kind()
    )))
}

fn tree_contains(whole: &Val, part: &Val) -> bool {
    charge(1);
    match (whole, part) {
        (Val::TStr(bytes), Val::TStr(_)) => {
            charge_bytes(bytes.len());
            str_of(whole).contains(str_of(part))
        }
        (Val::Arr(whole), Val::Arr(part)) => {
            part.iter().all(|part| whole.iter().any(|item| tree_contains(item, part)))
        }
        (Val::Obj(whole), Val::Obj(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|value| tree_contains(value, part)))
        }
        _ => equal(whole, part),
    }
}

impl PartialEq for V {
    fn eq(&self, other: &Self) -> bool {
        equal(&self.tree, &other.tree)
    }
}

impl Eq for V {}

impl PartialOrd for V {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for V {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.tree, &other.tree)
    }
}

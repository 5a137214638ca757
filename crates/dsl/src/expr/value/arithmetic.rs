//! Operators. Integers stay integers of any size up to a limit; a floating-point result that is a whole number becomes
//! an integer again, so that it prints and indexes as in jq.

use super::{Error, STRING_BYTES_MAX, V, ValR, order, own_entries, own_items};
use crate::expr::Limit;
use crate::expr::meter::{charge, charge_allocation, charge_bytes, stop};
use crate::json::{opaque, str_of, text};
use jaq_json::{Map, Num, Val};
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::sync::Arc;

/// Bits of an integer; what is larger becomes a floating-point number.
const INTEGER_BITS_MAX: u64 = 768;
/// Up to here every whole floating-point number becomes an integer. Below 2^63, so the conversion is exact.
const WHOLE_MAX: f64 = 1e18;

pub(super) fn to_f64(number: &Num) -> f64 {
    use jaq_std::ValT;
    match number {
        Num::Float(value) => *value,
        Num::Dec(text) => text.parse().unwrap_or(f64::NAN),
        Num::Int(_) | Num::BigInt(_) => Val::Num(number.clone()).as_f64().unwrap_or(f64::NAN),
    }
}

pub(super) fn from_f64(value: f64) -> Num {
    if value.fract() == 0.0 && value.abs() < WHOLE_MAX {
        Num::Int(super::float_index(value))
    } else {
        Num::Float(value)
    }
}

/// A number in the source of an expression.
pub(super) fn parse(source: &str) -> Result<Num, Error> {
    let number = if text::is_number(source) {
        let json = jaq_json::read::parse_single_num(source.as_bytes());
        json.ok_or_else(|| Error::str(format_args!("`{source}` is not a number")))?
    } else {
        Num::from_dec_str(source)
    };
    Ok(number)
}

/// Numbers that keep their text are computed with as floating-point numbers.
fn plain(number: Num) -> Num {
    match number {
        Num::Dec(_) => Num::Float(to_f64(&number)),
        other => other,
    }
}

fn bits(number: &Num) -> u64 {
    match number {
        Num::Int(_) => 64,
        Num::BigInt(value) => value.bits(),
        Num::Float(_) | Num::Dec(_) => 0,
    }
}

fn whole(number: Num) -> V {
    match number {
        Num::Float(value) => V::from(value),
        other => V::scalar(Val::Num(other)),
    }
}

/// Applies an operator to integers of bounded size, and to floating-point numbers otherwise.
fn calculate(left: Num, right: Num, bits_needed: u64, integers: fn(Num, Num) -> Num) -> V {
    let (left, right) = (plain(left), plain(right));
    if bits_needed > INTEGER_BITS_MAX {
        return whole(integers(Num::Float(to_f64(&left)), Num::Float(to_f64(&right))));
    }
    whole(integers(left, right))
}

fn cannot(left: &V, verb: &str, right: &V) -> Error {
    Error::str(format_args!("{} ({left}) and {} ({right}) cannot be {verb}", left.kind(), right.kind()))
}

impl Add for V {
    type Output = ValR;

    fn add(self, right: Self) -> ValR {
        charge(1);
        let depth = self.depth.max(right.depth);
        match (self.tree, right.tree) {
            (Val::Null, tree) | (tree, Val::Null) => Ok(Self { tree, depth }),
            (Val::Num(left), Val::Num(right)) => {
                let bits = bits(&left).max(bits(&right)) + 1;
                Ok(calculate(left, right, bits, |left, right| left + right))
            }
            (Val::TStr(left), Val::TStr(right)) => {
                let len = left.len() + right.len();
                if len > STRING_BYTES_MAX {
                    stop(Limit::Memory);
                }
                charge_allocation(len);
                (Val::TStr(left) + Val::TStr(right))
                    .map(Self::scalar)
                    .map_err(|_| Error::str("cannot be added"))
            }
            (left @ (Val::TStr(_) | Val::BStr(_)), right @ (Val::TStr(_) | Val::BStr(_))) => {
                Ok(concatenate(&left, &right))
            }
            (Val::Arr(mut left), Val::Arr(right)) => {
                charge_allocation(right.len() * size_of::<Val>());
                own_items(&mut left).extend(right.iter().cloned());
                Ok(Self { tree: Val::Arr(left), depth })
            }
            (Val::Obj(mut left), Val::Obj(right)) => {
                charge_allocation(right.len() * 64);
                own_entries(&mut left).extend(right.iter().map(|(key, value)| (key.clone(), value.clone())));
                Ok(Self { tree: Val::Obj(left), depth })
            }
            (left, right) => Err(cannot(&Self { tree: left, depth }, "added", &Self { tree: right, depth })),
        }
    }
}

/// Two texts of which at least one is opaque.
fn concatenate(left: &Val, right: &Val) -> V {
    let mut text = opaque::Text::default();
    for part in [left, right] {
        if let Val::TStr(bytes) | Val::BStr(bytes) = part {
            charge_allocation(bytes.len());
        }
        text.push_leaf(part);
    }
    V::text(text)
}

impl Sub for V {
    type Output = ValR;

    fn sub(self, right: Self) -> ValR {
        charge(1);
        let depth = self.depth;
        match (self.tree, &right.tree) {
            (Val::Num(left), Val::Num(right)) => {
                let bits = bits(&left).max(bits(right)) + 1;
                Ok(calculate(left, right.clone(), bits, |left, right| left - right))
            }
            (Val::Arr(mut items), Val::Arr(removed)) => {
                let mut removed: Vec<&Val> = removed.iter().collect();
                charge_bytes(removed.len() * size_of::<Val>());
                removed.sort_by(|a, b| order::compare(a, b));
                let kept =
                    |item: &Val| removed.binary_search_by(|probe| order::compare(probe, item)).is_err();
                own_items(&mut items).retain(kept);
                Ok(Self { tree: Val::Arr(items), depth })
            }
            (left, _) => Err(cannot(&Self { tree: left, depth }, "subtracted", &right)),
        }
    }
}

impl Mul for V {
    type Output = ValR;

    fn mul(self, right: Self) -> ValR {
        charge(1);
        let depth = self.depth.max(right.depth);
        match (self.tree, right.tree) {
            (Val::Num(left), Val::Num(right)) => {
                let bits = bits(&left).saturating_add(bits(&right));
                Ok(calculate(left, right, bits, |left, right| left * right))
            }
            (Val::TStr(text), Val::Num(times)) | (Val::Num(times), Val::TStr(text)) => {
                Ok(repeat(&Val::TStr(text), to_f64(&times)))
            }
            (Val::Obj(mut left), Val::Obj(right)) => {
                merge(&mut left, &right);
                Ok(Self { tree: Val::Obj(left), depth }.settle())
            }
            (left, right) => {
                Err(cannot(&Self { tree: left, depth }, "multiplied", &Self { tree: right, depth }))
            }
        }
    }
}

/// A string many times; null when that is not even once, as in jq.
fn repeat(tree: &Val, times: f64) -> V {
    if times.is_nan() || times <= 0.0 {
        return V::null();
    }
    let text = str_of(tree);
    let times = super::float_index(times.ceil()).unsigned_abs();
    if text.len().saturating_mul(times) > STRING_BYTES_MAX {
        stop(Limit::Memory);
    }
    charge_allocation(text.len() * times);
    V::string(text.repeat(times))
}

fn merge(left: &mut Arc<Map>, right: &Map) {
    charge_allocation(right.len() * 64);
    let left = own_entries(left);
    for (key, value) in right {
        charge(1);
        match (left.get_mut(key), value) {
            (Some(Val::Obj(left)), Val::Obj(right)) => merge(left, right),
            (Some(left), value) => *left = value.clone(),
            (None, value) => {
                left.insert(key.clone(), value.clone());
            }
        }
    }
}

impl Div for V {
    type Output = ValR;

    fn div(self, right: Self) -> ValR {
        charge(1);
        match (&self.tree, &right.tree) {
            (Val::Num(_), Val::Num(divisor)) if to_f64(divisor) == 0.0 => {
                Err(cannot(&self, "divided because the divisor is zero", &right))
            }
            (Val::Num(left), Val::Num(right)) => Ok(Self::from(to_f64(left) / to_f64(right))),
            (Val::TStr(_), Val::TStr(_)) => Ok(split(&self, &right)),
            _ => Err(cannot(&self, "divided", &right)),
        }
    }
}

fn split(text: &V, separator: &V) -> V {
    let (Some(whole), Some(separator)) = (text.str(), separator.str()) else { return V::null() };
    let part = |part: &str| jaq_std::ValT::as_sub_str(text, part.as_bytes());
    if whole.is_empty() {
        return std::iter::empty().collect();
    }
    if separator.is_empty() {
        return whole.char_indices().map(|(at, c)| part(&whole[at..at + c.len_utf8()])).collect();
    }
    whole.split(separator).map(part).collect()
}

impl Rem for V {
    type Output = ValR;

    fn rem(self, right: Self) -> ValR {
        charge(1);
        let (Val::Num(left), Val::Num(divisor)) = (&self.tree, &right.tree) else {
            return Err(cannot(&self, "divided", &right));
        };
        let (left, divisor) = (truncated(left), truncated(divisor));
        if to_f64(&divisor) == 0.0 {
            return Err(cannot(&self, "divided because the divisor is zero", &right));
        }
        Ok(whole(left % divisor))
    }
}

/// The whole part: the remainder is an operation on integers in jq.
fn truncated(number: &Num) -> Num {
    match number {
        Num::Int(_) | Num::BigInt(_) => number.clone(),
        Num::Float(_) | Num::Dec(_) => Num::Int(super::float_index(to_f64(number).trunc())),
    }
}

impl Neg for V {
    type Output = ValR;

    fn neg(self) -> ValR {
        match self.tree {
            Val::Num(number) => Ok(whole(-plain(number))),
            _ => Err(Error::str(format_args!("{} ({self}) cannot be negated", self.kind()))),
        }
    }
}

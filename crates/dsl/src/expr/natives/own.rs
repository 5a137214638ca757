//! Functions on our values that the interpreter leaves to the owner of the value type.

use super::Jq;
use crate::expr::Limit;
use crate::expr::meter::{charge_bytes, stop};
use crate::expr::value::{self, Error, V, ValR};
use crate::json::kind_name;
use crate::json::opaque::{Encoding, Text};
use jaq_core::native::{Filter, bome, unary, v};
use jaq_core::{RunPtr, ValT, ValXs};
use jaq_json::{Num, Val};

type Cv<'a> = jaq_core::Cv<'a, Jq>;

/// The last second of the year 9999, and as far back.
const SECONDS_MAX: f64 = 253_402_300_799.0;

pub(super) fn functions() -> impl Iterator<Item = Filter<RunPtr<Jq>>> {
    let functions: [Filter<RunPtr<Jq>>; 15] = [
        ("type", v(0), |cv| bome(Ok(V::from(kind_name(&cv.1.tree).to_owned())))),
        ("length", v(0), |cv| bome(length(&cv.1))),
        ("tojson", v(0), |cv| bome(to_json(&cv.1))),
        ("encode_base64", v(0), |cv| bome(cv.1.encoded(Encoding::Base64))),
        ("encode_uri", v(0), |cv| bome(cv.1.encoded(Encoding::Uri))),
        ("fromjson", v(0), |cv| bome(from_json(&cv.1))),
        ("contains", v(1), |cv| unary(cv, |whole, part| value::contains(&whole, &part).map(V::from))),
        ("has", v(1), |cv| unary(cv, |value, key| has(&value, &key))),
        ("indices", v(1), |cv| unary(cv, |whole, part| value::indices(&whole, &part))),
        ("bsearch", v(1), |cv| unary(cv, |items, item| binary_search(items, &item))),
        ("add", v(0), |cv| bome(add(cv.1))),
        ("join", v(1), |cv| unary(cv, |values, separator| join(values, &separator))),
        ("time__raw", v(0), time),
        ("time_format__raw", v(1), |cv| unary(cv, |value, format| time_format(value, &format))),
        ("tonumber__raw", v(0), |cv| bome(to_number(cv.1))),
    ];
    functions.into_iter()
}

/// The sum of all values. Strings are put together at once, which `+` one by one would take too long for.
fn add(values: V) -> ValR {
    let mut sum = V::null();
    let mut text = String::new();
    for value in values.values() {
        let value = value?;
        match (&sum.tree, value.str()) {
            (Val::Null | Val::TStr(_), Some(part)) => {
                text.push_str(part);
                check_string(text.len());
                sum = V::scalar(Val::utf8_str(""));
            }
            (Val::TStr(_), None) if value.is_opaque() => {
                sum = (V::string(std::mem::take(&mut text)) + value)?;
            }
            (Val::TStr(_), None) if value != V::null() => return V::string(text) + value,
            _ => sum = (sum + value)?,
        }
    }
    Ok(if matches!(sum.tree, Val::TStr(_)) { V::string(text) } else { sum })
}

fn join(values: V, separator: &V) -> ValR {
    let mut text = Text::default();
    let mut length = 0;
    for (index, value) in values.values().enumerate() {
        let value = value?;
        if index > 0 {
            let separator = separator.str();
            let separator =
                separator.ok_or_else(|| Error::str("the separator of `join` must be a string"))?;
            length += separator.len();
            text.push_str(separator);
        }
        match &value.tree {
            Val::Null => {}
            Val::TStr(bytes) | Val::BStr(bytes) => {
                charge_bytes(bytes.len());
                length += bytes.len();
                text.push_leaf(&value.tree);
            }
            Val::Bool(_) | Val::Num(_) => {
                let printed = value::print(&value);
                length += printed.len();
                text.push_str(&printed);
            }
            Val::Arr(_) | Val::Obj(_) => {
                return Err(Error::str(format_args!(
                    "{} ({value}) cannot be joined",
                    kind_name(&value.tree)
                )));
            }
        }
        check_string(length);
    }
    Ok(V::text(text))
}

fn check_string(bytes: usize) {
    if bytes > value::STRING_BYTES_MAX {
        stop(Limit::Memory);
    }
}

fn length(value: &V) -> ValR {
    Ok(match &value.tree {
        Val::Null => V::from(0_usize),
        Val::Num(_) => return if *value < V::from(0_usize) { -value.clone() } else { Ok(value.clone()) },
        Val::TStr(bytes) => {
            charge_bytes(bytes.len());
            V::from(value.str().map_or(0, |text| text.chars().count()))
        }
        Val::Arr(items) => V::from(items.len()),
        Val::Obj(entries) => V::from(entries.len()),
        Val::Bool(_) | Val::BStr(_) => {
            return Err(Error::str(format_args!("boolean ({value}) has no length")));
        }
    })
}

fn to_json(value: &V) -> ValR {
    if value::has_opaque(&value.tree) {
        return Err(Error::str("a value with a secret in it cannot be printed as JSON"));
    }
    Ok(V::string(value::print(value)))
}

fn from_json(value: &V) -> ValR {
    match value.str() {
        Some(text) => value::from_json(text),
        None => {
            Err(Error::str(format_args!("{} ({value}) cannot be parsed as JSON", kind_name(&value.tree))))
        }
    }
}

fn to_number(value: V) -> ValR {
    if matches!(value.tree, Val::Num(_)) {
        return Ok(value);
    }
    let number = value.str().filter(|text| crate::json::text::is_number(text.trim())).map(value::from_json);
    number.unwrap_or_else(|| {
        Err(Error::str(format_args!("{} ({value}) cannot be parsed as a number", kind_name(&value.tree))))
    })
}

fn has(value: &V, key: &V) -> ValR {
    match (&value.tree, &key.tree) {
        (Val::Obj(entries), key @ Val::TStr(_)) => Ok(V::from(entries.contains_key(key))),
        (Val::Arr(items), Val::Num(number)) => {
            let index = value::index_of(number);
            Ok(V::from(usize::try_from(index).is_ok_and(|index| index < items.len())))
        }
        _ => Err(Error::str(format_args!(
            "cannot check whether {} has a {} key",
            kind_name(&value.tree),
            kind_name(&key.tree)
        ))),
    }
}

/// The position of an item in a sorted array, or where it would be, as jq gives it: negative, less one.
fn binary_search(items: V, item: &V) -> ValR {
    let items = <V as jaq_std::ValT>::into_seq::<Vec<V>>(items);
    let items = items.map_err(|value| Error::str(format_args!("{value} cannot be searched from")))?;
    let found = items.binary_search(item);
    Ok(V::from(found.map_or_else(|at| -1 - at.cast_signed(), usize::cast_signed)))
}

/// Passes a time on that the calendar can hold: seconds, or the parts of a date.
fn time(cv: Cv<'_>) -> ValXs<'_, V> {
    let sound = match &cv.1.tree {
        Val::Num(_) => jaq_std::ValT::as_f64(&cv.1).is_some_and(|seconds| seconds.abs() <= SECONDS_MAX),
        Val::Arr(parts) => match parts.get(1) {
            Some(Val::Num(Num::Int(month))) => (0..12).contains(month),
            _ => false,
        },
        _ => false,
    };
    bome(if sound { Ok(cv.1) } else { Err(Error::str(format_args!("{} is not a time", cv.1))) })
}

/// Passes the input on when the format reads no time zone by name: those come from files of the machine.
fn time_format(value: V, format: &V) -> ValR {
    let mut directives = format.str().unwrap_or_default().split('%').skip(1);
    let modifiers = |c: char| c.is_ascii_digit() || "-_^#:".contains(c);
    if directives.any(|directive| directive.trim_start_matches(modifiers).starts_with('Q')) {
        return Err(Error::str("`%Q` needs time zones by name, which expressions do not have"));
    }
    Ok(value)
}

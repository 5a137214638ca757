//! Values as text.

use super::{DEPTH_MAX, STRING_BYTES_MAX, V};
use crate::expr::meter::{charge, charge_bytes, charge_output, stop};
use crate::expr::{ExprError, Limit};
use crate::json::{Json, str_of, text, write_leaf};
use jaq_json::{Num, Val};
use std::fmt;
use tenure_types::limits::NESTING_MAX;

/// Characters of a value in a message.
const MESSAGE_CHARS_MAX: usize = 60;
/// Characters of a whole message.
const ERROR_CHARS_MAX: usize = 1_000;

/// The compact JSON text of a value; numbers that JSON cannot write become `null`, as in jq.
pub(in crate::expr) fn print(value: &V) -> String {
    let mut out = String::new();
    write(&mut out, &value.tree, STRING_BYTES_MAX);
    if out.len() > STRING_BYTES_MAX {
        stop(Limit::Memory);
    }
    out
}

/// Appends the text; stops somewhere behind `bytes_max`.
fn write(out: &mut String, tree: &Val, bytes_max: usize) {
    charge(1);
    if out.len() > bytes_max {
        return;
    }
    match tree {
        Val::Arr(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item, bytes_max);
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
                write(out, value, bytes_max);
            }
            out.push('}');
        }
        Val::Num(Num::Float(value)) if !value.is_finite() => out.push_str("null"),
        Val::TStr(bytes) => {
            charge_bytes(bytes.len());
            write_leaf(out, tree);
        }
        leaf => write_leaf(out, leaf),
    }
}

/// The result as JSON. It must be that, and within the limits on output.
pub(in crate::expr) fn into_json(value: V) -> Result<Json, ExprError> {
    let mut opaque = false;
    check(&value.tree, NESTING_MAX, &mut opaque)?;
    Ok(Json::from_known_tree(value.tree, opaque))
}

fn check(tree: &Val, depth_left: usize, opaque: &mut bool) -> Result<(), ExprError> {
    charge(1);
    match tree {
        Val::Arr(items) => {
            let inner = inner_depth(depth_left)?;
            charge_output(2 + items.len().saturating_sub(1));
            items.iter().try_for_each(|item| check(item, inner, opaque))
        }
        Val::Obj(entries) => {
            let inner = inner_depth(depth_left)?;
            charge_output(2 + entries.len() + entries.len().saturating_sub(1));
            entries.iter().try_for_each(|(key, value)| {
                charge_output(text::string_len(str_of(key)));
                check(value, inner, opaque)
            })
        }
        Val::Num(Num::Float(value)) if !value.is_finite() => {
            Err(ExprError::Failed("the result is not a finite number".to_owned()))
        }
        Val::TStr(_) => {
            charge_output(text::string_len(str_of(tree)));
            Ok(())
        }
        Val::BStr(bytes) => {
            *opaque = true;
            charge_output(bytes.len());
            Ok(())
        }
        leaf => {
            let mut out = String::new();
            write_leaf(&mut out, leaf);
            charge_output(out.len());
            Ok(())
        }
    }
}

fn inner_depth(depth_left: usize) -> Result<usize, ExprError> {
    depth_left
        .checked_sub(1)
        .ok_or_else(|| ExprError::Failed(format!("the result is nested more than {NESTING_MAX} levels deep")))
}

/// What an error says: the text of a string, the JSON of anything else.
pub(in crate::expr) fn message(value: &V) -> String {
    if let Some(text) = value.str() {
        return cut(text, ERROR_CHARS_MAX);
    }
    let mut out = String::new();
    write(&mut out, &value.tree, ERROR_CHARS_MAX);
    cut(&out, ERROR_CHARS_MAX)
}

/// A text for use inside a message.
pub(super) fn shorten(text: &str) -> String {
    cut(text, MESSAGE_CHARS_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// For messages only, so cut short.
impl fmt::Display for V {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_assert!(self.depth <= DEPTH_MAX + 1);
        let mut out = String::new();
        write(&mut out, &self.tree, 4 * MESSAGE_CHARS_MAX);
        f.write_str(&shorten(&out))
    }
}

//! The functions that are not written in jq: which of the interpreter's are let in, and ours.
//!
//! The list is a list of names, so a new version of the interpreter cannot add a function without a test noticing.
//! Left out is what reads the outside (environment, clock, time zone, input, log), what ends the process, what makes
//! byte strings, and what spins inside one step; replaced is what would search for too long.

mod own;
mod regex;

use super::value::V;
use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut, Native, native};

/// The interpreter's view of an evaluation.
#[derive(Debug)]
pub(super) struct Jq;

/// The program that runs. Asking for it is a step.
#[derive(Clone, Copy)]
pub(super) struct Data<'a>(pub(super) &'a Lut<Jq>);

impl DataT for Jq {
    type V<'a> = V;
    type Data<'a> = Data<'a>;
}

impl<'a> HasLut<'a, Jq> for Data<'a> {
    fn lut(&self) -> &'a Lut<Jq> {
        super::meter::charge(1);
        self.0
    }
}

pub(super) type Fun = native::Filter<Native<Jq>>;

/// Those of the interpreter's functions that expressions may use as they are.
const ALLOWED: &[&str] = &[
    "acos",
    "acosh",
    "ascii_downcase",
    "ascii_upcase",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "copysign",
    "cos",
    "cosh",
    "decode_base64",
    "decode_uri",
    "endswith",
    "erf",
    "erfc",
    "error_empty",
    "escape_html",
    "escape_sh",
    "exp",
    "exp10",
    "exp2",
    "explode",
    "expm1",
    "fabs",
    "fdim",
    "first",
    "floor",
    "fma",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "fromdateiso8601",
    "group_by",
    "hypot",
    "ilogb",
    "implode",
    "j0",
    "j1",
    "key_values",
    "keys_unsorted",
    "last",
    "ldexp",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "ltrim",
    "max_by_or_empty",
    "min_by_or_empty",
    "modf",
    "nearbyint",
    "nextafter",
    "path",
    "path_value",
    "pow",
    "range",
    "remainder",
    "reverse",
    "rint",
    "round",
    "rtrim",
    "scalbln",
    "sin",
    "sinh",
    "sort",
    "sort_by",
    "sqrt",
    "startswith",
    "tan",
    "tanh",
    "tgamma",
    "trim",
    "trunc",
    "unescape_html",
    "utf8bytelength",
    "y0",
    "y1",
];

/// Those that the prelude wraps in a check: the interpreter's name, and the name that only the prelude may use.
const WRAPPED: &[(&str, &str)] = &[
    ("gmtime", "gmtime__raw"),
    ("limit", "limit__raw"),
    ("ltrimstr", "ltrimstr__raw"),
    ("mktime", "mktime__raw"),
    ("rtrimstr", "rtrimstr__raw"),
    ("skip", "skip__raw"),
    ("strftime", "strftime__raw"),
    ("strptime", "strptime__raw"),
    ("todateiso8601", "todateiso8601__raw"),
];

/// Those that expressions must not have, or have from us.
#[cfg(test)]
pub(super) const REFUSED: &[&str] = &[
    "debug_empty",
    "encode_base64",
    "encode_uri",
    "env",
    "halt",
    "jn",
    "localtime",
    "matches",
    "now",
    "split_",
    "split_matches",
    "stderr_empty",
    "strflocaltime",
    "yn",
];

fn provided() -> impl Iterator<Item = Fun> {
    jaq_core::funs::<Jq>().chain(jaq_std::funs::<Jq>())
}

/// Every function that is let in.
pub(super) fn all() -> impl Iterator<Item = Fun> {
    let named = provided().filter_map(|(name, arguments, run)| Some((admit(name)?, arguments, run)));
    named.chain(own::functions().chain(regex::functions()).map(|function| native::run::<Jq>(function)))
}

fn admit(name: &'static str) -> Option<&'static str> {
    if ALLOWED.binary_search(&name).is_ok() {
        return Some(name);
    }
    WRAPPED.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours)
}

/// Whether only the prelude may call a function of this name.
pub(super) fn is_internal(name: &str) -> bool {
    name.ends_with("__raw")
        || ["error_empty", "key_values", "path_value", "matches", "split_matches", "split_"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, REFUSED, WRAPPED, provided};
    use std::collections::BTreeSet;

    #[test]
    fn every_function_of_the_interpreter_was_judged() {
        let theirs: BTreeSet<&str> = provided().map(|(name, ..)| name).collect();
        let judged = ALLOWED.iter().chain(REFUSED).copied().chain(WRAPPED.iter().map(|(name, _)| *name));
        assert_eq!(theirs, judged.collect());
    }

    #[test]
    fn allowed_names_are_sorted_for_the_search() {
        assert!(ALLOWED.is_sorted());
    }
}

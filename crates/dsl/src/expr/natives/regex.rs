//! Regular expressions: linear in the text, and bounded in pattern, text and number of matches.
//!
//! The engine has no look-around and no back-references. `\w`, `\d` and `\s` mean ASCII.

use super::Jq;
use crate::expr::Limit;
use crate::expr::meter::{charge, charge_bytes, stop};
use crate::expr::value::{Error, V};
use jaq_core::native::{Filter, bome, v};
use jaq_core::{RunPtr, ValT};
use regex_bites::{Captures, Regex, RegexBuilder};

type Cv<'a> = jaq_core::Cv<'a, Jq>;

/// Characters of a pattern.
const PATTERN_CHARS_MAX: usize = 1_000;
/// Bytes of a compiled pattern.
const PROGRAM_BYTES_MAX: usize = 256 << 10;
/// States of a pattern times characters of the text: what one search may cost.
const SEARCH_COST_MAX: u64 = 4_000_000;

pub(super) fn functions() -> impl Iterator<Item = Filter<RunPtr<Jq>>> {
    let functions: [Filter<RunPtr<Jq>>; 3] = [
        ("matches", v(2), |cv| bome(run(cv, Parts::Matches))),
        ("split_matches", v(2), |cv| bome(run(cv, Parts::Both))),
        ("split_", v(2), |cv| bome(run(cv, Parts::Between))),
    ];
    functions.into_iter()
}

/// Which parts of the text are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    Matches,
    Between,
    Both,
}

struct Flags {
    global: bool,
    skip_empty: bool,
}

fn run(mut cv: Cv<'_>, parts: Parts) -> Result<V, Error> {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let text = cv.1.str().ok_or_else(|| not_a_string(&cv.1))?;
    let pattern = pattern.str().ok_or_else(|| not_a_string(&pattern))?;
    let flags = if flags == V::null() { "" } else { flags.str().ok_or_else(|| not_a_string(&flags))? };
    let (regex, flags) = compile(pattern, flags)?;
    let states = states(pattern);
    if states.saturating_mul(text.len() as u64 + 1) > SEARCH_COST_MAX {
        stop(Limit::Fuel);
    }
    search(&regex, text, &flags, parts, states)
}

fn not_a_string(value: &V) -> Error {
    Error::str(format_args!("{value} cannot be matched, as it is not a string"))
}

fn compile(pattern: &str, flags: &str) -> Result<(Regex, Flags), Error> {
    charge_bytes(pattern.len() * 64);
    if pattern.chars().count() > PATTERN_CHARS_MAX {
        return Err(Error::str(format_args!("the pattern has more than {PATTERN_CHARS_MAX} characters")));
    }
    let mut set = Flags { global: false, skip_empty: false };
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(PROGRAM_BYTES_MAX);
    for flag in flags.chars() {
        match flag {
            'g' => set.global = true,
            'n' => set.skip_empty = true,
            'i' => _ = builder.case_insensitive(true),
            's' => _ = builder.dot_matches_new_line(true),
            'p' => _ = builder.multi_line(true).dot_matches_new_line(true),
            'x' => _ = builder.ignore_whitespace(true),
            'l' => _ = builder.swap_greed(true),
            _ => return Err(Error::str(format_args!("`{flags}` is not a set of flags"))),
        }
    }
    let regex = builder.build().map_err(|error| Error::str(format_args!("invalid pattern: {error}")))?;
    Ok((regex, set))
}

/// At least the states of a pattern: characters, with what counted repetitions repeat counted as often.
fn states(pattern: &str) -> u64 {
    let mut groups = vec![(0_u64, 0_u64)];
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c == '(' {
            groups.push((0, 0));
            continue;
        }
        let closed = if c == ')' && groups.len() > 1 { groups.pop() } else { None };
        let (total, last) = groups.last_mut().expect("the outermost group is never closed");
        match c {
            ')' => {
                let (inner, _) = closed.unwrap_or_default();
                (*total, *last) = (total.saturating_add(inner), inner);
            }
            '{' => {
                let bounds: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let times =
                    bounds.split(',').filter_map(|bound| bound.trim().parse::<u64>().ok()).max().unwrap_or(1);
                *total = total.saturating_add(last.saturating_mul(times));
            }
            _ => (*total, *last) = (total.saturating_add(1), 1),
        }
    }
    groups.into_iter().fold(1_u64, |sum, (total, _)| sum.saturating_add(total))
}

fn search(regex: &Regex, text: &str, flags: &Flags, parts: Parts, states: u64) -> Result<V, Error> {
    let mut found = Vec::new();
    let mut between_from = 0;
    let mut chars = Chars { text, byte: 0, char: 0 };
    let mut searched = 0;
    for captures in regex.captures_iter(text) {
        let whole = captures.get(0).expect("group 0 is the match");
        charge(4 + states * (whole.end() - searched) as u64 / 16 + (text.len() - searched) as u64 / 256);
        searched = whole.end();
        if flags.skip_empty && whole.is_empty() {
            continue;
        }
        if parts != Parts::Matches {
            found.push(V::from(text[between_from..whole.start()].to_owned()));
            between_from = whole.end();
        }
        if parts != Parts::Between {
            found.push(groups(regex, &captures, &mut chars)?);
        }
        if !flags.global {
            break;
        }
    }
    charge(states * (text.len() - searched) as u64 / 16);
    if parts != Parts::Matches {
        found.push(V::from(text[between_from..].to_owned()));
    }
    Ok(found.into_iter().collect())
}

/// One match as an array: the whole, then the groups.
fn groups(regex: &Regex, captures: &Captures<'_>, chars: &mut Chars<'_>) -> Result<V, Error> {
    let mut all = Vec::new();
    for (index, (group, name)) in captures.iter().zip(regex.capture_names()).enumerate() {
        let (offset, length, string) = match group {
            Some(group) => (
                V::from(chars.at(group.start())),
                V::from(group.as_str().chars().count()),
                V::from(group.as_str().to_owned()),
            ),
            None => (V::from(-1_isize), V::from(0_usize), V::null()),
        };
        let key = |key: &str| V::from(key.to_owned());
        let mut entries = vec![(key("offset"), offset), (key("length"), length), (key("string"), string)];
        if index > 0 {
            entries.push((key("name"), name.map_or_else(V::null, key)));
        }
        all.push(V::from_map(entries)?);
    }
    Ok(all.into_iter().collect())
}

/// Positions in characters, which mostly grow.
struct Chars<'t> {
    text: &'t str,
    byte: usize,
    char: usize,
}

impl Chars<'_> {
    fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            let back = &self.text[byte..self.byte];
            charge_bytes(back.len());
            return self.char - back.chars().count();
        }
        self.char += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.char
    }
}

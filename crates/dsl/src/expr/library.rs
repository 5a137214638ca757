//! The definitions written in jq, read once, and given out only as far as an expression needs them.
//!
//! The interpreter processes every definition that it is given again for every expression. So each expression gets
//! those whose names it mentions, and those that these mention. Names in places where no function can stand only cause
//! a definition too many.

use super::natives::{self, Fun};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::Part;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const FIRST: &str = include_str!("first.jq");
const LAST: &str = include_str!("last.jq");

/// Definitions of the interpreter that we do not take: they reach outside, or ours stand in for them.
const DROPPED: &[(&str, usize)] = &[
    ("add", 0),
    ("debug", 0),
    ("debug", 1),
    ("del", 1),
    ("delpaths", 1),
    ("flatten", 1),
    ("from_entries", 0),
    ("halt", 0),
    ("halt_error", 0),
    ("halt_error", 1),
    ("infinite", 0),
    ("join", 1),
    ("nan", 0),
    ("stderr", 0),
    ("tonumber", 0),
    ("type", 0),
];

struct Entry {
    def: Def<&'static str>,
    mentions: BTreeSet<String>,
}

struct Library {
    entries: Vec<Entry>,
    by_name: BTreeMap<&'static str, Vec<usize>>,
    natives: BTreeSet<&'static str>,
}

/// What one expression is compiled with.
pub(super) struct Needed {
    pub(super) defs: Vec<Def<&'static str>>,
    pub(super) natives: Vec<Fun>,
}

fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(build)
}

fn build() -> Library {
    let ours = |source| parse(source, |parser| parser.defs()).expect("the prelude is jq");
    let theirs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let kept = theirs.filter(|def| !DROPPED.contains(&(def.name, def.args.len())));
    let defs = ours(FIRST).into_iter().chain(kept).chain(ours(LAST));
    let entry = |def: Def<&'static str>| {
        let mut mentions = BTreeSet::new();
        mentioned(&def.body, &mut mentions);
        Entry { def, mentions }
    };
    let entries: Vec<Entry> = defs.map(entry).collect();
    let mut by_name: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        by_name.entry(entry.def.name).or_default().push(index);
    }
    Library { entries, by_name, natives: natives::all().map(|(name, ..)| name).collect() }
}

/// The definitions and natives that an expression with these words can reach.
pub(super) fn needed<'w>(words: impl IntoIterator<Item = &'w str>) -> Needed {
    let library = library();
    let mut reached = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut open: Vec<&str> = words.into_iter().collect();
    while let Some(name) = open.pop() {
        if library.natives.contains(name) {
            names.insert(name);
        }
        for index in library.by_name.get(name).into_iter().flatten() {
            if reached.insert(*index) {
                open.extend(library.entries[*index].mentions.iter().map(String::as_str));
            }
        }
    }
    let defs = reached.into_iter().map(|index| library.entries[index].def.clone()).collect();
    let natives = if names.is_empty() {
        Vec::new()
    } else {
        natives::all().filter(|(name, ..)| names.contains(name)).collect()
    };
    Needed { defs, natives }
}

/// The names of all functions that an expression may call.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let library = library();
    let defined = library.by_name.keys().chain(&library.natives).copied();
    defined.filter(|name| !natives::is_internal(name) && *name != "row_cell")
}

/// Collects the names of the functions that a term calls.
fn mentioned<S: AsRef<str>>(term: &Term<S>, names: &mut BTreeSet<String>) {
    let mut each = |terms: &mut dyn Iterator<Item = &Term<S>>| terms.for_each(|term| mentioned(term, names));
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => {}
        Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => mentioned(inner, names),
        Term::Str(format, parts) => {
            each(&mut parts.iter().filter_map(|part| match part {
                StrPart::Term(term) => Some(term),
                StrPart::Str(_) | StrPart::Char(_) => None,
            }));
            names.extend(format.iter().map(|format| format.as_ref().to_owned()));
        }
        Term::Obj(entries) => {
            each(&mut entries.iter().flat_map(|(key, value)| std::iter::once(key).chain(value)));
        }
        Term::BinOp(left, operator, right) => {
            each(&mut [&**left, &**right].into_iter());
            if let BinaryOp::Pipe(Some(pattern)) = operator {
                mentioned_in_pattern(pattern, names);
            }
        }
        Term::Fold(_, source, pattern, arguments) => {
            each(&mut std::iter::once(&**source).chain(arguments));
            mentioned_in_pattern(pattern, names);
        }
        Term::TryCatch(tried, caught) => each(&mut std::iter::once(&**tried).chain(caught.as_deref())),
        Term::IfThenElse(cases, otherwise) => {
            each(&mut cases.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()));
        }
        Term::Def(defs, body) => {
            each(&mut defs.iter().map(|def| &def.body).chain([&**body]));
        }
        Term::Call(name, arguments) => {
            each(&mut arguments.iter());
            names.insert(name.as_ref().to_owned());
        }
        Term::Path(base, path) => {
            mentioned(base, names);
            for (part, _) in &path.0 {
                match part {
                    Part::Index(index) => mentioned(index, names),
                    Part::Range(from, to) => from.iter().chain(to).for_each(|bound| mentioned(bound, names)),
                }
            }
        }
    }
}

fn mentioned_in_pattern<S: AsRef<str>>(pattern: &Pattern<S>, names: &mut BTreeSet<String>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| mentioned_in_pattern(item, names)),
        Pattern::Obj(entries) => entries.iter().for_each(|(key, value)| {
            mentioned(key, names);
            mentioned_in_pattern(value, names);
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{DROPPED, library, needed};

    #[test]
    fn path_needs_no_definition() {
        assert_eq!(needed([]).defs.len(), 0);
    }

    #[test]
    fn definition_brings_what_it_mentions() {
        let names: Vec<_> = needed(["with_entries"]).defs.iter().map(|def| def.name).collect();
        assert_eq!(names, ["from_entries", "map", "to_entries", "with_entries"]);
    }

    #[test]
    fn every_mentioned_function_exists() {
        let library = library();
        let known = |name: &str| library.by_name.contains_key(name) || library.natives.contains(name);
        for entry in &library.entries {
            let locals = format!("{:?}", entry.def.args);
            for name in
                entry.mentions.iter().filter(|name| !known(name) && !locals.contains(&format!("\"{name}\"")))
            {
                // Functions defined inside a definition.
                assert!(
                    ["rec", "r", "handle"].contains(&name.as_str()),
                    "{} mentions {name}",
                    entry.def.name
                );
            }
        }
    }

    #[test]
    fn every_dropped_definition_existed() {
        let theirs: Vec<_> = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).collect();
        for (name, arity) in DROPPED {
            assert!(theirs.iter().any(|def| def.name == *name && def.args.len() == *arity), "{name}/{arity}");
        }
    }
}

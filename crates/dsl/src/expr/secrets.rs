//! Which secrets an expression names. Each is written out: what a definition may use is known before it runs.

use super::CompileError;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::Part;
use std::sync::Arc;

const VARIABLE: &str = "$secrets";

/// The names after `$secrets`, sorted; an error when it stands without one. A source that cannot be parsed names none:
/// whoever compiles it says what is wrong.
pub(super) fn named(source: &str) -> Result<Vec<Arc<str>>, CompileError> {
    let Some(term) = parse(source, |parser| parser.term()) else { return Ok(Vec::new()) };
    let mut finder = Finder { source, names: Vec::new(), bare: None };
    finder.term(&term);
    if let Some(at) = finder.bare {
        let error = CompileError::new("`$secrets` needs the name of a secret behind it", Some(at));
        return Err(error.with_hint("write it out, as in `$secrets.name` or `$secrets[\"name\"]`"));
    }
    finder.names.sort();
    finder.names.dedup();
    Ok(finder.names)
}

struct Finder<'s> {
    source: &'s str,
    names: Vec<Arc<str>>,
    /// Where the variable stands without a name.
    bare: Option<usize>,
}

impl<'s> Finder<'s> {
    fn all<'t>(&mut self, terms: impl IntoIterator<Item = &'t Term<&'s str>>)
    where
        's: 't,
    {
        terms.into_iter().for_each(|term| self.term(term));
    }

    fn term(&mut self, term: &Term<&'s str>) {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Arr(None) => {}
            Term::Var(name) => self.variable(name),
            Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => self.term(inner),
            Term::Str(_, parts) => self.string(parts),
            Term::Obj(entries) => entries.iter().for_each(|(key, value)| {
                self.term(key);
                self.all(value);
            }),
            Term::BinOp(left, operator, right) => {
                self.all([&**left, &**right]);
                if let BinaryOp::Pipe(Some(pattern)) = operator {
                    self.pattern(pattern);
                }
            }
            Term::Fold(_, source, pattern, arguments) => {
                self.term(source);
                self.pattern(pattern);
                self.all(arguments);
            }
            Term::TryCatch(tried, caught) => self.all(std::iter::once(&**tried).chain(caught.as_deref())),
            Term::IfThenElse(cases, otherwise) => {
                self.all(cases.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()));
            }
            Term::Def(defs, body) => self.all(defs.iter().map(|def| &def.body).chain([&**body])),
            Term::Call(_, arguments) => self.all(arguments),
            Term::Path(base, path) => self.path(base, &path.0),
        }
    }

    fn path<O>(&mut self, base: &Term<&'s str>, path: &[(Part<Term<&'s str>>, O)]) {
        match (base, path.first().and_then(|(part, _)| literal(part))) {
            (Term::Var(name), Some(secret)) if *name == VARIABLE => self.names.push(Arc::from(secret)),
            _ => self.term(base),
        }
        for (part, _) in path {
            match part {
                Part::Index(index) => self.term(index),
                Part::Range(from, to) => self.all(from.iter().chain(to)),
            }
        }
    }

    fn string(&mut self, parts: &[StrPart<&'s str, Term<&'s str>>]) {
        for part in parts {
            if let StrPart::Term(term) = part {
                self.term(term);
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern<&'s str>) {
        match pattern {
            Pattern::Var(name) => self.variable(name),
            Pattern::Arr(items) => items.iter().for_each(|item| self.pattern(item)),
            Pattern::Obj(entries) => entries.iter().for_each(|(key, value)| {
                self.term(key);
                self.pattern(value);
            }),
        }
    }

    fn variable(&mut self, name: &'s str) {
        if name == VARIABLE {
            self.bare.get_or_insert_with(|| jaq_core::load::span(self.source, name).start);
        }
    }
}

/// The key that is written out in `.name` or `["name"]`.
fn literal(part: &Part<Term<&str>>) -> Option<String> {
    let Part::Index(Term::Str(None, parts)) = part else { return None };
    let text = parts.iter().map(|part| match part {
        StrPart::Str(text) => Some((*text).to_owned()),
        StrPart::Char(c) => Some(c.to_string()),
        StrPart::Term(_) => None,
    });
    text.collect()
}

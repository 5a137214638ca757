//! From the source of an expression to a program, or to an error that says what to change.

use super::natives::{self, Jq};
use super::{CompileError, VARIABLES, library, secrets};
use jaq_core::compile::Undefined;
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::{self, Arena, File, Lexer, Loader};
use jaq_core::{Compiler, Filter};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of the source of one expression.
pub const SOURCE_BYTES_MAX: usize = 16 << 10;

/// Stack for compiling. The compiler recurses over the source, at worst once for each byte.
const STACK_BYTES: usize = 256 << 20;
/// A short source compiles on the caller's stack when that has this much left.
const SHORT_SOURCE_BYTES: usize = 256;
const SHORT_STACK_BYTES: usize = 1 << 20;

/// A compiled source, the variables it names, without `$`, in the order in which they are bound, and the secrets.
pub(super) struct Compiled {
    pub(super) filter: Filter<Jq>,
    pub(super) variables: Vec<Arc<str>>,
    /// The names after `$secrets`, sorted.
    pub(super) secrets: Vec<Arc<str>>,
}

/// Compiles bare jq.
pub(super) fn compile(source: &str, locals: &[Arc<str>]) -> Result<Compiled, CompileError> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(CompileError::new(
            format!("the expression has more than {SOURCE_BYTES_MAX} bytes"),
            None,
        ));
    }
    if source.len() <= SHORT_SOURCE_BYTES
        && stacker::remaining_stack().is_some_and(|left| left >= SHORT_STACK_BYTES)
    {
        return compile_here(source, locals);
    }
    stacker::grow(STACK_BYTES, || compile_here(source, locals))
}

fn compile_here(source: &str, locals: &[Arc<str>]) -> Result<Compiled, CompileError> {
    let tokens = Lexer::new(source).lex().map_err(|errors| lexical(source, &errors))?;
    if let Some(Token(word @ ("import" | "include" | "module"), Tok::Word)) = tokens.first() {
        return Err(no_modules(Some(offset(source, word))));
    }
    let mut words = Words::default();
    for token in &tokens {
        words.collect(token);
    }
    if let Some(internal) = words.names.iter().find(|name| natives::is_internal(name)) {
        return Err(unknown_function(internal, 0, Some(offset(source, internal))));
    }
    let known = VARIABLES.into_iter().chain(locals.iter().map(|local| &**local));
    let mut used: Vec<&str> = known.filter(|name| words.variables.contains(name)).collect();
    used.sort_unstable();
    used.dedup();

    let secrets = if used.contains(&"secrets") { secrets::named(source)? } else { Vec::new() };

    let needed = library::needed(words.names.iter().copied());
    let arena = Arena::default();
    let modules = Loader::new(needed.defs)
        .load(&arena, File { code: source, path: () })
        .map_err(|errors| syntax(source, errors))?;
    let globals: Vec<String> = used.iter().map(|name| format!("${name}")).collect();
    let filter = Compiler::default()
        .with_funs(needed.natives)
        .with_global_vars(globals.iter().map(String::as_str))
        .compile(modules)
        .map_err(|errors| undefined(source, locals, errors))?;
    Ok(Compiled { filter, variables: used.into_iter().map(Arc::from).collect(), secrets })
}

/// The words of a source that can be names.
#[derive(Default)]
struct Words<'s> {
    names: BTreeSet<&'s str>,
    /// Without `$`.
    variables: BTreeSet<&'s str>,
}

impl<'s> Words<'s> {
    fn collect(&mut self, token: &Token<&'s str>) {
        match &token.1 {
            Tok::Word | Tok::Fmt => _ = self.names.insert(token.0),
            Tok::Var => _ = self.variables.insert(token.0.trim_start_matches('$')),
            Tok::Num | Tok::Sym => {}
            Tok::Block(inner) => inner.iter().for_each(|token| self.collect(token)),
            Tok::Str(parts) => parts.iter().for_each(|part| match part {
                StrPart::Term(token) => self.collect(token),
                StrPart::Str(_) | StrPart::Char(_) => {}
            }),
        }
    }
}

/// Where a part of the source starts.
fn offset(source: &str, part: &str) -> usize {
    load::span(source, part).start
}

fn lexical(source: &str, errors: &[load::lex::Error<&str>]) -> CompileError {
    let Some((expected, found)) = errors.first() else { return CompileError::new("syntax error", None) };
    CompileError::new(format!("syntax error: expected {}", expected.as_str()), Some(offset(source, found)))
}

fn syntax(source: &str, errors: load::Errors<&str, ()>) -> CompileError {
    let Some((_, error)) = errors.into_iter().next() else { return CompileError::new("syntax error", None) };
    match error {
        load::Error::Io(imports) => no_modules(imports.first().map(|(path, _)| offset(source, path))),
        load::Error::Lex(errors) => lexical(source, &errors),
        load::Error::Parse(errors) => match errors.first() {
            Some((expected, found)) => {
                let found =
                    if found.is_empty() { "the end".to_owned() } else { format!("`{}`", brief(found)) };
                let message = format!("syntax error: expected {}, found {found}", expected.as_str());
                CompileError::new(message, errors.first().map(|(_, found)| offset(source, found)))
            }
            None => CompileError::new("syntax error", None),
        },
    }
}

fn no_modules(at: Option<usize>) -> CompileError {
    CompileError::new("modules cannot be imported", at).with_hint("write the definitions into the expression")
}

fn brief(text: &str) -> String {
    text.chars().take(20).collect()
}

fn undefined(source: &str, locals: &[Arc<str>], errors: jaq_core::compile::Errors<&str, ()>) -> CompileError {
    let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
    let Some((name, kind)) = first else {
        return CompileError::new("the expression cannot be compiled", None);
    };
    // A name from the prelude has no place in this source.
    let at = source.as_bytes().as_ptr_range().contains(&name.as_ptr()).then(|| offset(source, name));
    match kind {
        Undefined::Var => unknown_variable(name, locals, at),
        Undefined::Filter(arity) => unknown_function(name, arity, at),
        Undefined::Label => CompileError::new(format!("unknown label `{name}`"), at),
        Undefined::Mod => CompileError::new(format!("unknown module in `{name}`"), at)
            .with_hint("write the definitions into the expression"),
        _ => CompileError::new(format!("unknown {} `{name}`", kind.as_str()), at),
    }
}

fn unknown_variable(name: &str, locals: &[Arc<str>], at: Option<usize>) -> CompileError {
    let error = CompileError::new(format!("unknown variable `{name}`"), at);
    if name == "$ENV" {
        return error.with_hint("the environment of the server is not readable; pass what you need as input");
    }
    let bare = name.trim_start_matches('$');
    let known = VARIABLES.into_iter().chain(locals.iter().map(|local| &**local));
    match closest(bare, known) {
        Some(close) => error.with_hint(format!("did you mean `${close}`?")),
        None => error,
    }
}

fn unknown_function(name: &str, arity: usize, at: Option<usize>) -> CompileError {
    let error = CompileError::new(format!("unknown function `{name}/{arity}`"), at);
    if let Some(hint) = removed(name) {
        return error.with_hint(hint);
    }
    if library::names().any(|known| known == name) {
        return error.with_hint(format!("`{name}` takes another number of arguments"));
    }
    match closest(name, library::names()) {
        Some(close) => error.with_hint(format!("did you mean `{close}`?")),
        None => error,
    }
}

/// Why a function of jq is missing, and what to use instead.
fn removed(name: &str) -> Option<&'static str> {
    Some(match name {
        "now" => "an expression gives the same result whenever it is evaluated; use `$workflow.startedAt`",
        "localtime" | "strflocaltime" => {
            "the time zone of the server is not readable; use `gmtime` or `strftime`, with `$workflow.startedAt`"
        }
        "env" => "the environment of the server is not readable; pass what you need as input",
        "input" | "inputs" => "there is one input only: `.`, or `$input` for the task's input",
        "input_filename" | "input_line_number" => {
            "the input is not a file; use `$input` or `$workflow.input`"
        }
        "halt" | "halt_error" => "an expression cannot end the process; use `error(\"…\")`",
        "debug" | "stderr" => "an expression cannot write a log; give the value as output",
        "get_search_list" | "modulemeta" | "import" | "include" => {
            "there are no modules; write the definitions into the expression"
        }
        "tobytes" => "there are no byte strings; use `@base64` and `@base64d`",
        "builtins" => "the functions are listed in the guide on expressions",
        "jn" | "yn" => "it would take too many steps",
        _ => return None,
    })
}

fn closest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let scored =
        known.map(|known| (strsim::jaro_winkler(name, known), known)).filter(|(score, _)| *score > 0.84);
    scored.max_by(|(left, _), (right, _)| left.total_cmp(right)).map(|(_, known)| known)
}

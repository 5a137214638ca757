//! Workflow definitions: text in, a definition that cannot be wrong out.
//!
//! [`load`] reads YAML or JSON, says everything that is wrong with it at once, each thing with a code and a place, and
//! compiles what is right into a [`program::Definition`]. The crate is pure: it reads no clock, no file, no network.
//! Deliberately absent: anything about an execution, and fetching what a definition refers to.

mod compile;
pub mod diagnostic;
pub mod duration;
pub mod error;
pub mod expr;
pub mod json;
pub mod limits;
pub mod model;
pub mod parse;
pub mod program;
pub mod schema;
mod validate;

pub use diagnostic::{Code, Diagnostic};

use program::Definition;

/// Reads, checks and compiles a definition.
///
/// On failure there is at least one diagnostic, at most [`limits::DIAGNOSTICS_MAX`], in the order of the text.
pub fn load(text: &str) -> Result<Definition, Vec<Diagnostic>> {
    let mut sink = diagnostic::Sink::default();
    let definition = load_into(text, &mut sink);
    let diagnostics = sink.finish();
    match definition {
        Some(definition) if diagnostics.is_empty() => Ok(definition),
        _ => Err(diagnostics),
    }
}

/// Everything that is wrong with a definition; nothing when [`load`] would take it.
pub fn check(text: &str) -> Vec<Diagnostic> {
    load(text).err().unwrap_or_default()
}

fn load_into(text: &str, sink: &mut diagnostic::Sink) -> Option<Definition> {
    let tree = parse::tree(text, sink)?;
    let document = parse::document(&tree, sink);
    validate::document(&document, &tree, sink);
    compile::definition(text, &document, &tree, sink)
}

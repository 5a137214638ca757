//! Workflow definitions: text in, a definition that cannot be wrong out.
//!
//! [`load`] reads YAML or JSON, says everything that is wrong with it at once, each thing with a code and a place, and
//! compiles what is right into a [`program::Definition`]. The crate is pure: it reads no clock, no file, no network.
//! Deliberately absent: anything about an execution, and fetching what a definition refers to: [`Draft::wanted`] says what
//! that is, and [`Draft::compile`] takes it.

mod compile;
pub mod diagnostic;
pub mod diff;
pub mod duration;
pub mod error;
pub mod expr;
pub mod graph;
pub mod json;
pub mod limits;
pub mod matcher;
pub mod model;
pub mod parse;
pub mod program;
pub mod resource;
pub mod schema;
pub mod schemas;
pub mod sensitive;
pub mod trial;
mod validate;

pub use diagnostic::{Code, Diagnostic};

use program::Definition;
use tenure_types::DefinitionId;

/// A definition that was read and not compiled yet: between the two, what it refers to is fetched.
#[derive(Debug)]
pub struct Draft<'t> {
    text: &'t str,
    sink: diagnostic::Sink,
    read: Option<(parse::Tree, model::Document)>,
    wanted: Vec<resource::Wanted>,
}

impl<'t> Draft<'t> {
    /// Reads and checks a text as far as that goes without its resources.
    pub fn read(text: &'t str) -> Self {
        let mut sink = diagnostic::Sink::default();
        let read = parse::tree(text, &mut sink).map(|tree| {
            let document = parse::document(&tree, &mut sink);
            validate::document(&document, &tree, &mut sink);
            (tree, document)
        });
        let wanted = read.as_ref().map(|(tree, document)| resource::wanted(document, tree, &mut sink));
        Self { text, sink, read, wanted: wanted.unwrap_or_default() }
    }

    /// The resources that it needs.
    pub fn wanted(&self) -> &[resource::Wanted] {
        &self.wanted
    }

    /// Namespace, name and version, when they can be told.
    pub fn id(&self) -> Option<DefinitionId> {
        self.read.as_ref().map(|(_, document)| compile::id(document))
    }

    /// Whether nothing is wrong with it so far.
    pub fn sound(&self) -> bool {
        self.sink.empty()
    }

    /// Compiles it with what its resources hold.
    ///
    /// On failure there is at least one diagnostic, at most [`limits::DIAGNOSTICS_MAX`], in the order of the text.
    pub fn compile(mut self, resources: &resource::Resources) -> Result<Definition, Vec<Diagnostic>> {
        let definition = self.read.as_ref().and_then(|(tree, document)| {
            compile::definition(self.text, document, tree, (&self.wanted, resources), &mut self.sink)
        });
        let diagnostics = self.sink.finish();
        match definition {
            Some(definition) if diagnostics.is_empty() => Ok(definition),
            _ => Err(diagnostics),
        }
    }
}

/// Reads, checks and compiles a definition that needs no resources.
///
/// On failure there is at least one diagnostic, at most [`limits::DIAGNOSTICS_MAX`], in the order of the text.
pub fn load(text: &str) -> Result<Definition, Vec<Diagnostic>> {
    Draft::read(text).compile(&resource::Resources::default())
}

/// Everything that is wrong with a definition; nothing when [`load`] would take it.
pub fn check(text: &str) -> Vec<Diagnostic> {
    load(text).err().unwrap_or_default()
}

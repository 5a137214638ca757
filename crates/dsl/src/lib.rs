//! Workflow definitions: text in, a definition that cannot be wrong out.
//!
//! [`load`] reads YAML or JSON, says everything that is wrong with it at once, each thing with a code and a place, and
//! compiles what is right into a [`program::Definition`]. The crate is pure: it reads no clock, no file, no network.
//! Deliberately absent: anything about an execution, and fetching what a definition refers to: [`Draft::wanted`] says what
//! that is, and [`Draft::compile`] takes it.

pub mod authentication;
mod compile;
pub mod diagnostic;
pub mod diff;
pub mod duration;
pub mod error;
pub mod expr;
pub mod function;
pub mod graph;
pub mod json;
pub mod limits;
pub mod matcher;
pub mod model;
pub mod parse;
pub mod program;
pub mod proto;
pub mod resource;
pub mod schema;
pub mod schemas;
pub mod sensitive;
pub mod switches;
pub mod trial;
mod validate;

pub use diagnostic::{Code, Diagnostic};

use program::Definition;
use std::collections::BTreeMap;
use switches::Switches;
use tenure_types::DefinitionId;

/// A definition that was read and not compiled yet: between the two, what it refers to is fetched.
#[derive(Debug)]
pub struct Draft<'t> {
    text: &'t str,
    sink: diagnostic::Sink,
    read: Option<(parse::Tree, model::Document)>,
    wanted: Vec<resource::Wanted>,
    switches: Switches,
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
        Self { text, sink, read, wanted: wanted.unwrap_or_default(), switches: Switches::ON }
    }

    /// The same for a server that does not run everything.
    #[must_use]
    pub fn under(self, switches: Switches) -> Self {
        Self { switches, ..self }
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
    pub fn compile(self, resources: &resource::Resources) -> Result<Definition, Vec<Diagnostic>> {
        let Self { text, mut sink, read, wanted, switches } = self;
        let Some((tree, document)) = read else { return Err(sink.finish()) };
        let origin = compile::Origin { text, value: tree.to_value(), resources, switches };
        if sink.empty() && wanted.iter().any(resource::Wanted::calls) {
            return with_functions(origin, &tree);
        }
        let source = compile::Source {
            document: &document,
            tree: &tree,
            wanted: &wanted,
            functions: &BTreeMap::new(),
        };
        let definition = compile::definition(origin, source, &mut sink);
        finished(definition, sink.finish())
    }
}

/// Compiles a document together with the functions that it calls and does not declare.
fn with_functions(origin: compile::Origin<'_>, tree: &parse::Tree) -> Result<Definition, Vec<Diagnostic>> {
    let mut whole = function::graft(tree, origin.resources);
    let mut sink = std::mem::take(&mut whole.sink);
    let function::Grafted { tree, document, wanted, functions, .. } = &whole;
    let definition =
        compile::definition(origin, compile::Source { document, tree, wanted, functions }, &mut sink);
    let found = sink.finish().into_iter().map(|one| whole.located(one)).collect();
    finished(definition, found)
}

fn finished(definition: Option<Definition>, found: Vec<Diagnostic>) -> Result<Definition, Vec<Diagnostic>> {
    match definition {
        Some(definition) if found.is_empty() => Ok(definition),
        _ => Err(found),
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

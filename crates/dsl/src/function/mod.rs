//! Functions outside of a document: those of catalogs, and those behind an address.
//!
//! A function is a task, in a text of its own. What a definition calls is read once, when the definition is registered, and
//! put among the functions that the document declares ([`graft()`]); from there on nothing tells them apart. Deliberately
//! absent: where functions are kept, and fetching.

mod graft;
mod name;

pub(crate) use graft::{Grafted, graft};
pub use name::parse_name;
pub(crate) use name::{Callee, Unknown};

use crate::diagnostic::{Diagnostic, Sink};
use crate::json::Json;
use crate::model::Document;
use crate::parse::{self, Entry, Kind, Path, Position, Text, Tree};
use crate::resource::{self, Resources, Wanted};
use crate::switches::Switches;
use crate::{Draft, compile, validate};
use tenure_types::{Digest, FunctionId};

/// A function that may be put into a catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Of its canonical JSON.
    pub digest: Digest,
    /// The task as JSON.
    pub document: Json,
}

/// Reads and checks a function with what it calls in turn. Places in diagnostics are those of the function's text.
pub fn load(id: &FunctionId, text: &str, resources: &Resources) -> Result<Function, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let Some(tree) = parse::tree(text, &mut sink) else { return Err(sink.finish()) };
    let value = tree.to_value();
    let tree = alone(&id.name, &id.version, tree);
    let document = parse::document(&tree, &mut sink);
    validate::document(&document, &tree, &mut sink);
    let wanted = resource::wanted(&document, &tree, &mut sink);
    // What a server has switched off is refused to the definitions that call the function.
    let draft = Draft { text, sink, read: Some((tree, document)), wanted, switches: Switches::ON };
    if let Err(found) = draft.compile(resources) {
        return Err(found.into_iter().map(|one| relative(&id.name, one)).collect());
    }
    Ok(Function { digest: compile::digest(&value), document: Json::from_value(&value) })
}

/// The task of a function's text as JSON.
pub fn document(text: &str) -> Result<Json, Vec<Diagnostic>> {
    Tree::from_text(text).map(|tree| Json::from_value(&tree.to_value()))
}

/// What a function needs, as far as its text can be read.
pub fn wanted(text: &str) -> Vec<Wanted> {
    let mut sink = Sink::default();
    let Some(tree) = parse::tree(text, &mut sink) else { return vec![] };
    let tree = alone("function", "0.0.0", tree);
    let document: Document = parse::document(&tree, &mut sink);
    resource::wanted(&document, &tree, &mut sink)
}

/// A document whose only task is the function.
fn alone(name: &str, version: &str, task: Tree) -> Tree {
    let at = Position::START;
    let text = |value: &str| Tree { at, kind: Kind::Text(Text { value: value.to_owned(), verbatim: None }) };
    let map = |entries: Vec<(&str, Tree)>| Tree {
        at,
        kind: Kind::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry { key: key.to_owned(), key_at: at, value })
                .collect(),
        ),
    };
    let about = [
        ("dsl", text("1.0.3")),
        ("namespace", text("functions")),
        ("name", text("function")),
        ("version", text(version)),
    ];
    let tasks = Tree { at, kind: Kind::List(vec![map(vec![(name, task)])]) };
    map(vec![("document", map(about.into())), ("do", tasks)])
}

fn relative(name: &str, mut found: Diagnostic) -> Diagnostic {
    let task = Path::root().key("do").index(0).key(name);
    if let Some(rest) = found.pointer.strip_prefix(task.as_str()).map(ToOwned::to_owned) {
        found.pointer = rest;
    }
    found
}

//! Puts the functions that a document calls from elsewhere among those that it declares.
//!
//! Their places become the place of the first call that needs them, because the document shows nothing else of them.
//! What is wrong with one is said there.

use super::{Callee, Unknown};
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::limits::{CATALOG_FUNCTIONS_MAX, RESOURCES_MAX};
use crate::model::{Call, Document, TaskKind};
use crate::parse::{self, Entry, Kind, Path, Position, Tree};
use crate::resource::{self, Resources, Wanted};
use crate::validate;
use std::collections::BTreeMap;

/// A document with everything that it calls.
#[derive(Debug)]
pub(crate) struct Grafted {
    /// The tree with the functions under `use.functions`.
    pub(crate) tree: Tree,
    /// Its model.
    pub(crate) document: Document,
    /// What the document and its functions need besides.
    pub(crate) wanted: Vec<Wanted>,
    /// What is wrong.
    pub(crate) sink: Sink,
    /// The functions, and where the document first needs them.
    pub(crate) functions: BTreeMap<String, Path>,
}

/// Adds every function that is called and not declared, and what those call in turn.
pub(crate) fn graft(tree: &Tree, resources: &Resources) -> Grafted {
    let mut stock =
        Stock { tree: tree.clone(), resources, sink: Sink::default(), functions: BTreeMap::new() };
    // What is wrong with a text shows in the last model, in which everything is.
    let mut document = parse::document(&stock.tree, &mut Sink::default());
    while stock.add_called(&document) {
        document = parse::document(&stock.tree, &mut Sink::default());
    }
    let Stock { tree, mut sink, functions, .. } = stock;
    let document = parse::document(&tree, &mut sink);
    validate::document(&document, &tree, &mut sink);
    let wanted = resource::wanted(&document, &tree, &mut sink);
    Grafted { tree, document, wanted, sink, functions }
}

impl Grafted {
    /// A diagnostic as the author of the document can use it: what is inside of a function is said where it is called.
    pub(crate) fn located(&self, mut found: Diagnostic) -> Diagnostic {
        if let Some((name, origin)) = owner(&self.functions, &found.pointer) {
            found.message = format!("in the function `{name}`: {}", found.message);
            found.pointer = origin.as_str().to_owned();
        }
        found
    }
}

/// The function from elsewhere that a pointer points into, and where the document needs it.
fn owner<'f>(functions: &'f BTreeMap<String, Path>, pointer: &str) -> Option<(&'f str, &'f Path)> {
    functions.iter().find_map(|(name, origin)| {
        let rest = pointer.strip_prefix(place(name).as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some((name.as_str(), origin))
    })
}

fn place(name: &str) -> Path {
    Path::root().keys(&["use", "functions", name])
}

struct Stock<'r> {
    tree: Tree,
    resources: &'r Resources,
    sink: Sink,
    functions: BTreeMap<String, Path>,
}

impl Stock<'_> {
    /// Adds what is called and not there yet; `false` when nothing was.
    fn add_called(&mut self, document: &Document) -> bool {
        let mut called = vec![];
        document.each_task(&mut |task, path| {
            if let TaskKind::Call(Call::Function(call)) = &task.kind
                && document.function(&call.name).is_none()
            {
                called.push((call.name.as_str(), path.key("call")));
            }
        });
        let before = self.functions.len();
        for (name, path) in called {
            if !self.functions.contains_key(name) {
                self.add(document, name, &path);
            }
        }
        self.functions.len() > before
    }

    fn add(&mut self, document: &Document, name: &str, path: &Path) {
        let around = owner(&self.functions, path.as_str()).map(|(_, origin)| origin.clone());
        // A function knows nothing of the catalogs of whoever calls it.
        let catalogs = document.declared.as_ref().and_then(|declared| declared.catalogs.as_ref());
        let callee = Callee::of(name, catalogs.filter(|_| around.is_none()));
        let origin = around.unwrap_or_else(|| path.clone());
        let added = match callee {
            Ok(callee) => self.text(&callee).and_then(|text| self.insert(name, &text, &origin)),
            Err(unknown) => Err((Code::UnknownFunction, unknown.said_of(name))),
        };
        if let Err((code, message)) = added {
            self.sink.value(code, &self.tree, &origin, message, None);
        }
        self.functions.insert(name.to_owned(), origin);
    }

    fn text(&self, callee: &Callee) -> Result<String, Wrong> {
        if self.functions.len() == RESOURCES_MAX + CATALOG_FUNCTIONS_MAX {
            let message =
                "the definition calls more functions of catalogs than one definition may".to_owned();
            return Err((Code::TooManyResources, message));
        }
        let address = callee.address();
        let shown = address.strip_prefix("function:").unwrap_or(&address);
        let why = match self.resources.get(&address) {
            Some(Ok(content)) => {
                let text = std::str::from_utf8(content).map(ToOwned::to_owned);
                return text.map_err(|_| (Code::InvalidResource, format!("`{shown}` is not UTF-8")));
            }
            Some(Err(why)) => why,
            None => "only a server reads functions",
        };
        Err((Code::ResourceUnavailable, format!("`{shown}` cannot be read: {why}")))
    }

    fn insert(&mut self, name: &str, text: &str, origin: &Path) -> Result<(), Wrong> {
        let mut function = Tree::from_text(text).map_err(|found| {
            let first = found.first().map(|one| format!("line {}: {}", one.line, one.message));
            (Code::InvalidResource, format!("`{name}` cannot be used: {}", first.unwrap_or_default()))
        })?;
        let at = self.tree.position(origin);
        move_to(&mut function, at);
        let declared = entry(&mut self.tree, "use", at).and_then(|group| entry(group, "functions", at));
        if let Some(Tree { kind: Kind::Map(entries), .. }) = declared {
            entries.push(Entry { key: name.to_owned(), key_at: at, value: function });
        }
        Ok(())
    }
}

type Wrong = (Code, String);

impl Unknown {
    /// What is said about the name.
    pub(crate) fn said_of(&self, name: &str) -> String {
        match self {
            Self::Malformed => format!("`{name}` names no function"),
            Self::Public(_) => format!("`{name}` is a function of the public catalog, which is not read"),
            Self::Catalog(catalog) => format!("no catalog `{catalog}` is declared"),
        }
    }
}

/// The map under a key, which is added if it is missing.
fn entry<'t>(tree: &'t mut Tree, key: &str, at: Position) -> Option<&'t mut Tree> {
    let Kind::Map(entries) = &mut tree.kind else { return None };
    let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let value = Tree { at, kind: Kind::Map(vec![]) };
        entries.push(Entry { key: key.to_owned(), key_at: at, value });
        entries.len() - 1
    });
    entries.get_mut(index).map(|entry| &mut entry.value)
}

fn move_to(tree: &mut Tree, at: Position) {
    tree.at = at;
    match &mut tree.kind {
        Kind::Text(text) => text.verbatim = None,
        Kind::List(items) => items.iter_mut().for_each(|item| move_to(item, at)),
        Kind::Map(entries) => {
            for entry in entries {
                entry.key_at = at;
                move_to(&mut entry.value, at);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

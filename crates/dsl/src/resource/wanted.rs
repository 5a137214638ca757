//! Which resources a definition needs, and where it says so.

use crate::diagnostic::{Code, Sink};
use crate::limits::RESOURCES_MAX;
use crate::model::{Call, Document, ExternalResource, Task, TaskKind, TaskList};
use crate::parse::{Path, Tree};

/// A resource that a definition needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its URI.
    pub address: String,
}

/// Every resource that the calls of a document need, each once, in the order of the text. What cannot be one is reported.
pub(crate) fn wanted(document: &Document, tree: &Tree, sink: &mut Sink) -> Vec<Wanted> {
    let mut search = Search { tree, sink, found: vec![] };
    search.list(&document.tasks, &Path::root().key("do"));
    search.declared(document);
    search.found
}

struct Search<'a> {
    tree: &'a Tree,
    sink: &'a mut Sink,
    found: Vec<Wanted>,
}

impl Search<'_> {
    fn list(&mut self, list: &TaskList, path: &Path) {
        for (index, (name, task)) in list.0.iter().enumerate() {
            self.task(task, &path.index(index).key(name));
        }
    }

    /// What functions and extensions need, whether anything calls them or not: they are compiled all the same.
    fn declared(&mut self, document: &Document) {
        let Some(declared) = &document.declared else { return };
        let path = Path::root().key("use");
        for (name, task) in declared.functions.as_ref().map_or(&[][..], |group| &group.0) {
            self.task(task, &path.keys(&["functions", name]));
        }
        for (index, item) in declared.extensions.iter().flatten().enumerate() {
            for (name, extension) in &item.0 {
                let path = path.key("extensions").index(index).key(name);
                for (key, tasks) in [("before", &extension.before), ("after", &extension.after)] {
                    if let Some(tasks) = tasks {
                        self.list(tasks, &path.key(key));
                    }
                }
            }
        }
    }

    fn task(&mut self, task: &Task, path: &Path) {
        if let TaskKind::Call(call) = &task.kind
            && let Some((key, resource)) = of_call(call)
        {
            self.resource(resource, &path.key("with").key(key));
        }
        for nested in task.lists(path) {
            self.list(nested.tasks, &nested.path);
        }
    }

    fn resource(&mut self, resource: &ExternalResource, path: &Path) {
        let address = &resource.endpoint.uri().0;
        if !fixed(address) {
            let message =
                "a resource is read when the definition is registered: its address cannot be computed";
            let hint = Some("write a whole URI such as `https://example.com/openapi.yaml`".to_owned());
            let path = path.key("endpoint");
            return self.sink.value(Code::ResourceAddress, self.tree, &path, message.to_owned(), hint);
        }
        if self.found.iter().any(|wanted| wanted.address == *address) {
            return;
        }
        if self.found.len() == RESOURCES_MAX {
            let message = format!("the definition needs more than {RESOURCES_MAX} resources");
            return self.sink.value(Code::TooManyResources, self.tree, path, message, None);
        }
        self.found.push(Wanted { address: address.clone() });
    }
}

/// The resource that a call needs, with the key it stands under.
pub(crate) fn of_call(call: &Call) -> Option<(&'static str, &ExternalResource)> {
    match call {
        Call::OpenApi(call) => Some(("document", &call.document)),
        // A server that is given needs no card.
        Call::A2a(call) if call.server.is_none() => call.agent_card.as_ref().map(|card| ("agentCard", card)),
        Call::Http(_)
        | Call::Grpc(_)
        | Call::AsyncApi(_)
        | Call::A2a(_)
        | Call::Mcp(_)
        | Call::Compensate(_)
        | Call::Function(_) => None,
    }
}

/// Whether an address is a whole URI in itself.
fn fixed(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://")) && !address.contains(['{', '}'])
}

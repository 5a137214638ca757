//! Which resources a definition needs, and where it says so.

use crate::diagnostic::{Code, Sink};
use crate::function::{self, Callee};
use crate::limits::{CATALOG_FUNCTIONS_MAX, RESOURCES_MAX};
use crate::model::{Call, Document, ExternalResource, Process, Run, ScriptSource, TaskKind};
use crate::parse::{Path, Tree};
use tenure_types::FunctionId;

/// A resource that a definition needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its URI, or what stands for one.
    pub address: String,
    /// What it is.
    pub source: Source,
}

/// What a resource is, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A document behind its address.
    Document,
    /// A function behind its address.
    Function,
    /// A function of the tenant's own catalog.
    Catalog(FunctionId),
}

impl Wanted {
    /// What the resource itself needs, now that its content is known.
    pub fn further(&self, content: &[u8]) -> Vec<Self> {
        match (&self.source, std::str::from_utf8(content)) {
            (Source::Function | Source::Catalog(_), Ok(text)) => function::wanted(text),
            (Source::Function | Source::Catalog(_), Err(_)) | (Source::Document, _) => vec![],
        }
    }

    /// Whether it is a function.
    pub(crate) fn calls(&self) -> bool {
        self.source != Source::Document
    }
}

/// Every resource that the tasks of a document need, each once, in the order of the text. What cannot be one is reported.
pub(crate) fn wanted(document: &Document, tree: &Tree, sink: &mut Sink) -> Vec<Wanted> {
    let mut search = Search { document, tree, sink, found: vec![] };
    document.each_task(&mut |task, path| match &task.kind {
        TaskKind::Call(call) => search.call(call, path),
        TaskKind::Run(run) => search.run(run, path),
        _ => {}
    });
    search.found
}

struct Search<'a> {
    document: &'a Document,
    tree: &'a Tree,
    sink: &'a mut Sink,
    found: Vec<Wanted>,
}

impl Search<'_> {
    fn call(&mut self, call: &Call, path: &Path) {
        if let Call::Function(call) = call {
            self.function(&call.name, &path.key("call"));
        } else if let Some((key, resource)) = of_call(call) {
            let path = path.key("with").key(key);
            self.at_address(&resource.endpoint.uri().0, Source::Document, &path);
        }
    }

    fn run(&mut self, run: &Run, path: &Path) {
        if let Some(resource) = of_run(run) {
            let path = path.keys(&["run", "script", "source"]);
            self.at_address(&resource.endpoint.uri().0, Source::Document, &path);
        }
    }

    /// A name that calls nothing is reported by whoever checks references.
    fn function(&mut self, name: &str, path: &Path) {
        let declared = self.document.declared.as_ref();
        if self.document.function(name).is_some() {
            return;
        }
        match Callee::of(name, declared.and_then(|declared| declared.catalogs.as_ref())) {
            Ok(callee @ Callee::Catalog(_)) => self.add(callee.address(), callee.source(), path),
            Ok(Callee::Address(address)) => self.at_address(&address, Source::Function, path),
            Err(_) => {}
        }
    }

    fn at_address(&mut self, address: &str, source: Source, path: &Path) {
        if fixed(address) {
            return self.add(address.to_owned(), source, path);
        }
        let message = "a resource is read when the definition is registered: its address cannot be computed";
        let hint = Some("write a whole URI such as `https://example.com/openapi.yaml`".to_owned());
        let path = if source == Source::Document { path.key("endpoint") } else { path.clone() };
        self.sink.value(Code::ResourceAddress, self.tree, &path, message.to_owned(), hint);
    }

    fn add(&mut self, address: String, source: Source, path: &Path) {
        if self.found.iter().any(|wanted| wanted.address == address) {
            return;
        }
        let own = matches!(source, Source::Catalog(_));
        let there = self.found.iter().filter(|wanted| matches!(wanted.source, Source::Catalog(_)) == own);
        let (max, what) = if own {
            (CATALOG_FUNCTIONS_MAX, "functions of the catalog")
        } else {
            (RESOURCES_MAX, "resources")
        };
        if there.count() == max {
            let message = format!("the definition needs more than {max} {what}");
            return self.sink.value(Code::TooManyResources, self.tree, path, message, None);
        }
        self.found.push(Wanted { address, source });
    }
}

/// The resource that a call needs, with the key it stands under.
pub(crate) fn of_call(call: &Call) -> Option<(&'static str, &ExternalResource)> {
    match call {
        Call::OpenApi(call) => Some(("document", &call.document)),
        // A server that is given needs no card.
        Call::A2a(call) if call.server.is_none() => call.agent_card.as_ref().map(|card| ("agentCard", card)),
        Call::Grpc(call) => Some(("proto", &call.proto)),
        // Subscriptions are refused: what they refer to need not be read.
        Call::AsyncApi(call) => call.message.is_some().then_some(("document", &call.document)),
        Call::Http(_) | Call::A2a(_) | Call::Mcp(_) | Call::Compensate(_) | Call::Function(_) => None,
    }
}

/// The text of a script that is not in the definition.
fn of_run(run: &Run) -> Option<&ExternalResource> {
    match &run.process {
        Process::Script(script) => match &script.source {
            ScriptSource::Source(source) => Some(source),
            ScriptSource::Code(_) => None,
        },
        Process::Container(_) | Process::Shell(_) | Process::Workflow(_) => None,
    }
}

/// Whether an address is a whole URI in itself.
fn fixed(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://")) && !address.contains(['{', '}'])
}

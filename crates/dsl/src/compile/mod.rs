//! Model to program.
//!
//! Everything that can be wrong with an expression, a schema or a URI template comes to light here and is reported like
//! any other rule. A program comes out only when nothing at all was reported. Deliberately absent: evaluating anything.

mod asyncapi;
mod authentication;
mod canonical;
mod event;
mod expression;
mod extension;
mod function;
mod grpc;
mod kind;
mod operation;
mod process;
mod resource;
mod rpc;

pub(crate) use canonical::digest;

use crate::diagnostic::{Code, Sink};
use crate::expr::{Expr, Mode, held_bytes};
use crate::json::Json;
use crate::limits::{PROBE_AFTER_MS, PROBE_COUNT, PROBE_EVERY_MS};
use crate::model::{self, Document, Names, Reference, Task, TaskList, Use};
use crate::parse::{Path, Position, Tree};
use crate::program::{
    self, CompensationPolicy, Definition, Flow, Node, NodeId, OnUndoFailure, Probe, Program, Scope, ScopeId,
    Span, Undo, UndoOn, UndoOrder,
};
use crate::resource::{Resources, Wanted};
use crate::sensitive::Sensitive;
use crate::switches::Switches;
use expression::{Place, Surroundings};
use function::Site;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_types::DefinitionId;

/// What a definition is registered with.
pub(crate) struct Origin<'a> {
    /// Its text.
    pub(crate) text: &'a str,
    /// What the text says.
    pub(crate) value: Value,
    /// What it refers to.
    pub(crate) resources: &'a Resources,
    /// What the server runs.
    pub(crate) switches: Switches,
}

/// What is compiled: the document with everything that it calls.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The model.
    pub(crate) document: &'a Document,
    /// Where it is written.
    pub(crate) tree: &'a Tree,
    /// What it needs.
    pub(crate) wanted: &'a [Wanted],
    /// The functions among those that it declares that are of other texts.
    pub(crate) functions: &'a BTreeMap<String, Path>,
}

/// Compiles a document. `None` when a part cannot be compiled, which is then reported, here or before.
pub(crate) fn definition(origin: Origin<'_>, source: Source<'_>, sink: &mut Sink) -> Option<Definition> {
    let Origin { text, value, resources, switches } = origin;
    let held_before = held_bytes();
    let mut compiler = Compiler::new(source, (resources, switches), sink);
    let program = compiler.program();
    compiler.unused();
    let program = program?;
    let digest = resources.pin(digest(&value));
    let (text, id) = (Arc::from(text), id(source.document));
    let document = Json::from_value(&value);
    // What the sink took is among it; of what compiles there is nothing in the sink.
    let bytes = usize::try_from(held_bytes().wrapping_sub(held_before).cast_signed()).unwrap_or(0);
    Some(Definition { id, digest, text, document, program, bytes: bytes.max(1) })
}

/// Namespace, name and version.
pub(crate) fn id(document: &Document) -> DefinitionId {
    let info = &document.document;
    DefinitionId {
        namespace: Arc::from(info.namespace.0.as_str()),
        name: Arc::from(info.name.0.as_str()),
        version: Arc::from(info.version.0.as_str()),
    }
}

/// What compiling needs everywhere.
struct Compiler<'a> {
    document: &'a Document,
    tree: &'a Tree,
    wanted: &'a [Wanted],
    /// The declared functions that are of other texts.
    foreign: &'a BTreeMap<String, Path>,
    resources: &'a Resources,
    switches: Switches,
    sink: &'a mut Sink,
    mode: Mode,
    /// What the text that is being compiled declares.
    declared: Option<&'a Use>,
    /// Where in the program that text comes to lie.
    site: Site,
    /// The id of each task by its reference, in the order of the text; behind them those of functions.
    ids: BTreeMap<Path, NodeId>,
    nodes: Vec<Option<Node>>,
    scopes: Vec<Scope>,
    /// Pointers of the retry policies, errors and functions that were compiled where they are used.
    used: BTreeSet<Path>,
    /// What all expressions so far count together.
    spent: usize,
    /// What the tasks of functions say, by their pointers: all calls of a function share it.
    definitions: BTreeMap<Path, Json>,
}

/// The list around a task.
struct List<'l> {
    path: &'l Path,
    scope: ScopeId,
    names: Names<'l>,
}

impl<'a> Compiler<'a> {
    fn new(source: Source<'a>, (resources, switches): (&'a Resources, Switches), sink: &'a mut Sink) -> Self {
        let Source { document, tree, wanted, functions } = source;
        let mode = if document.loose() { Mode::Loose } else { Mode::Strict };
        let mut places = Vec::new();
        places_of(&document.tasks, &Path::root().key("do"), tree, &mut places);
        places.sort();
        let number = |(index, (_, path)): (usize, (Position, Path))| (path, NodeId(index_u32(index)));
        let ids: BTreeMap<_, _> = places.into_iter().enumerate().map(number).collect();
        let nodes = ids.iter().map(|_| None).collect();
        let (scopes, used, definitions) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        let (declared, site) = (document.declared.as_ref(), Site::default());
        Self {
            document,
            tree,
            wanted,
            foreign: functions,
            resources,
            switches,
            sink,
            mode,
            declared,
            site,
            ids,
            nodes,
            scopes,
            used,
            spent: 0,
            definitions,
        }
    }

    fn program(&mut self) -> Option<Program> {
        let document = self.document;
        let path = Path::root();
        let outside = Surroundings::default();
        let input = self.input(document.input.as_ref(), &path, Place::WorkflowFrom, &outside);
        let output = self.output(document.output.as_ref(), &path, Place::WorkflowOutput, &outside);
        let timeout = self.timeout(document.timeout.as_ref(), &path, Place::WorkflowInput, &outside);
        let compensation = self.compensation();
        let starts_on = self.starts_on();
        let attributes = self.attributes();
        let limit = self.limit();
        let root = self.list(&document.tasks, &path.key("do"), None, &outside);
        let nodes = std::mem::take(&mut self.nodes).into_iter().collect::<Option<Vec<_>>>()?;
        let scopes = std::mem::take(&mut self.scopes);
        self.ids.clear();
        let by_task = (0..).map(NodeId).zip(&nodes).map(|(id, node)| (node.task.clone(), id)).collect();
        let (timeout, compensation, starts_on) = (timeout?, compensation?, starts_on?);
        let metadata = document.document.metadata.as_ref();
        let sensitive = metadata.and_then(|metadata| metadata.sensitive.as_deref()).unwrap_or_default();
        let sensitive = Sensitive::of(sensitive.iter().map(String::as_str));
        let retention = metadata.and_then(|metadata| metadata.retention.as_ref());
        let retention_ms = retention.and_then(model::DurationValue::fixed_ms);
        let secrets = self.declared_secrets().map(Arc::from).collect();
        Some(Program {
            scopes,
            nodes,
            by_task,
            root,
            input,
            output,
            timeout,
            compensation,
            starts_on,
            attributes: attributes?,
            sensitive,
            retention_ms,
            secrets,
            limit: limit?,
        })
    }

    /// Checks what is declared and never used: it would come to light with its first use, in a later version.
    fn unused(&mut self) {
        let Some(declared) = &self.document.declared else { return };
        let path = Path::root().key("use");
        let around = Surroundings::default().catching("error");
        for (name, policy) in declared.retries.as_ref().map_or(&[][..], |group| &group.0) {
            let path = path.keys(&["retries", name]);
            if !self.used.contains(&path) {
                self.retry(policy, &path, &around);
            }
        }
        for (name, policy) in declared.authentications.as_ref().map_or(&[][..], |group| &group.0) {
            let path = path.keys(&["authentications", name]);
            if !self.used.contains(&path) {
                self.policy(policy, &path, &Surroundings::default());
            }
        }
        for (name, error) in declared.errors.as_ref().map_or(&[][..], |group| &group.0) {
            let path = path.keys(&["errors", name]);
            if !self.used.contains(&path) {
                self.raised(error, &path, &Surroundings::default());
            }
        }
        for (name, task) in declared.functions.as_ref().map_or(&[][..], |group| &group.0) {
            let path = path.keys(&["functions", name]);
            if !self.used.contains(&path) {
                self.uncalled(name, task, &path);
            }
        }
        self.unapplied();
    }

    fn attributes(&mut self) -> Option<Vec<(Arc<str>, Expr)>> {
        let metadata = self.document.document.metadata.as_ref();
        let named = metadata.and_then(|metadata| metadata.search_attributes.as_ref());
        let path = Path::root().keys(&["document", "metadata", "searchAttributes"]);
        let around = Surroundings::default();
        let mut attributes = Vec::new();
        for (name, expression) in named.map_or(&[][..], |named| &named.0) {
            let expr = self.expr(&expression.0, &path.key(name), Place::Attribute, &around);
            attributes.push(expr.map(|expr| (Arc::from(name.as_str()), expr)));
        }
        attributes.into_iter().collect()
    }

    /// `use.secrets`
    fn declared_secrets(&self) -> impl Iterator<Item = &str> {
        let declared = self.document.declared.as_ref().and_then(|declared| declared.secrets.as_ref());
        declared.into_iter().flatten().map(String::as_str)
    }

    /// `metadata.limits`; `None` when it cannot be compiled.
    #[expect(
        clippy::option_option,
        reason = "the outer one says whether it compiles, the inner whether there is one"
    )]
    fn limit(&mut self) -> Option<Option<program::Limit>> {
        let metadata = self.document.document.metadata.as_ref();
        let Some(limits) = metadata.and_then(|metadata| metadata.limits.as_ref()) else { return Some(None) };
        let path = Path::root().keys(&["document", "metadata", "limits", "key"]);
        let key = match &limits.key {
            Some(key) => Some(self.expr(&key.0, &path, Place::LimitKey, &Surroundings::default())?),
            None => None,
        };
        let faults = limits.strategy == Some(model::LimitStrategy::Fault);
        Some(Some(program::Limit { key, max: limits.max, faults }))
    }

    fn compensation(&mut self) -> Option<CompensationPolicy> {
        let policy =
            self.document.document.metadata.as_ref().and_then(|metadata| metadata.compensation.as_ref());
        let path = Path::root().keys(&["document", "metadata", "compensation"]);
        let timeout = match policy.and_then(|policy| policy.timeout.as_ref()) {
            Some(timeout) => Some(self.span(
                timeout,
                &path.key("timeout"),
                Place::WorkflowOutput,
                &Surroundings::default(),
            )?),
            None => None,
        };
        let triggers = policy.and_then(|policy| policy.on.as_ref());
        let on_failure = match policy.and_then(|policy| policy.on_failure) {
            None | Some(model::OnCompensationFailure::Suspend) => OnUndoFailure::Suspend,
            Some(model::OnCompensationFailure::Continue) => OnUndoFailure::Continue,
            Some(model::OnCompensationFailure::Fault) => OnUndoFailure::Fault,
        };
        let order = match policy.and_then(|policy| policy.order) {
            None | Some(model::CompensationOrder::Structural) => UndoOrder::Structural,
            Some(model::CompensationOrder::Sequential) => UndoOrder::Sequential,
        };
        let on_fault = triggers.is_none_or(|triggers| triggers.contains(&model::CompensationTrigger::Fault));
        Some(CompensationPolicy { on_fault, on_failure, timeout, order })
    }

    fn list(
        &mut self,
        tasks: &TaskList,
        path: &Path,
        owner: Option<NodeId>,
        around: &Surroundings,
    ) -> ScopeId {
        let scope = ScopeId(index_u32(self.scopes.len()));
        let names = Names::of(tasks);
        let nodes = names
            .all()
            .iter()
            .enumerate()
            .map(|(index, name)| self.id(&path.index(index).key(name)))
            .collect();
        self.scopes.push(Scope { pointer: Arc::from(self.reference(path).as_str()), owner, nodes });
        let list = List { path, scope, names };
        for (index, (name, task)) in tasks.0.iter().enumerate() {
            let path = path.index(index).key(name);
            self.node(task, name, &path, &list, index, around);
            self.extend(task, &path, scope, index, around);
        }
        scope
    }

    fn node(
        &mut self,
        task: &Task,
        name: &str,
        path: &Path,
        list: &List<'_>,
        index: usize,
        around: &Surroundings,
    ) {
        let id = self.id(path);
        self.called_by_undo(task, path);
        let common = &task.common;
        let guard = self.optional_expr(common.guard.as_ref(), &path.key("if"), Place::Guard, around);
        let input = self.input(common.input.as_ref(), path, Place::TaskFrom, around);
        let kind = self.kind(task, path, list, index, around);
        let output = self.output(common.output.as_ref(), path, Place::Definition, around);
        let export = self.export(common.export.as_ref(), path, around);
        let timeout = self.timeout(common.timeout.as_ref(), path, Place::Definition, around);
        let undo = self.undo(task, path, id, around);
        let probe = self.probe(task, path, id, around);
        let then = common.then.as_ref().map_or(Flow::Continue, |then| flow(then, &list.names));
        let (Some(guard), Some(kind), Some(timeout), Some(undo), Some(probe)) =
            (guard, kind, timeout, undo, probe)
        else {
            return;
        };
        if probe.is_some() && kind.effect().is_none_or(|effect| effect.mode != program::Mode::AtMostOnce) {
            let path = path.keys(&["metadata", "effect", "probe"]);
            let message = "a probe asks for nothing: only an `at_most_once` call can have an unknown outcome";
            let hint = Some("remove it, or set `mode: at_most_once`".to_owned());
            self.sink.key(Code::EffectProbe, self.tree, &path, message.to_owned(), hint);
        }
        let definition = self.definition_of(path);
        let node = Node {
            name: Arc::from(name),
            task: Arc::from(self.reference(path).as_str()),
            scope: list.scope,
            index,
            definition,
            guard,
            input,
            output,
            export,
            timeout,
            then,
            kind,
            undo,
            extension: self.site.extension(),
            probe: probe.map(Box::new),
        };
        self.nodes[id.0 as usize] = Some(node);
    }

    /// The outer `None`: a part cannot be compiled. The inner one: there is nothing to undo.
    #[expect(clippy::option_option, reason = "a broken undo and no undo are two things")]
    fn undo(
        &mut self,
        task: &Task,
        path: &Path,
        owner: NodeId,
        around: &Surroundings,
    ) -> Option<Option<Undo>> {
        let compensate = task.common.metadata.as_ref().and_then(|metadata| metadata.compensate.as_ref());
        let Some(tasks) = compensate.and_then(model::Compensate::tasks) else { return Some(None) };
        let path = path.keys(&["metadata", "compensate"]);
        let around = around.undoing();
        let when = self.optional_expr(tasks.when.as_ref(), &path.key("when"), Place::Definition, &around);
        let retry = self.referenced_retry(tasks.retry.as_ref(), &path.key("retry"), &around);
        let body = self.list(&tasks.tasks, &path.key("do"), Some(owner), &around);
        let on = match tasks.on {
            None | Some(model::CompensateOn::Completed) => UndoOn::Completed,
            Some(model::CompensateOn::Attempted) => UndoOn::Attempted,
        };
        Some(Some(Undo { body, on, when: when?, retry: retry? }))
    }

    /// The outer `None`: a part cannot be compiled. The inner one: nothing is asked.
    #[expect(clippy::option_option, reason = "a broken probe and no probe are two things")]
    fn probe(
        &mut self,
        task: &Task,
        path: &Path,
        owner: NodeId,
        around: &Surroundings,
    ) -> Option<Option<Probe>> {
        let effect = task.common.metadata.as_ref().and_then(|metadata| metadata.effect.as_ref());
        let Some(probe) = effect.and_then(|effect| effect.probe.as_ref()) else { return Some(None) };
        let path = path.keys(&["metadata", "effect", "probe"]);
        let source = |given: Option<&model::Expression>, default: &str| {
            given.map_or_else(|| default.to_owned(), |expression| expression.0.clone())
        };
        let executed = source(probe.executed.as_ref(), ".executed");
        let executed = self.expr(&executed, &path.key("executed"), Place::Definition, around);
        let output = source(probe.output.as_ref(), ".output");
        let output = self.computed(&output, &path.key("output"), Place::Definition, around);
        let mut pause = |given: Option<&model::DurationValue>, key: &str, default: u64| match given {
            Some(given) => self.span(given, &path.key(key), Place::Definition, around),
            None => Some(Span::Fixed(default)),
        };
        let after = pause(probe.after.as_ref(), "after", PROBE_AFTER_MS);
        let every = pause(probe.every.as_ref(), "every", PROBE_EVERY_MS);
        let body = self.list(&probe.tasks, &path.key("do"), Some(owner), &around.probing());
        let count = probe.count.map_or(PROBE_COUNT, |count| count.0);
        Some(Some(Probe { body, executed: executed?, output: output?, after: after?, every: every?, count }))
    }

    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken timeout and no timeout are two things")]
    fn timeout(
        &mut self,
        timeout: Option<&Reference<model::Timeout>>,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Option<Span>> {
        let (timeout, path) = match timeout {
            None => return Some(None),
            Some(Reference::Inline(timeout)) => (timeout, path.key("timeout")),
            Some(Reference::Name(name)) => {
                let timeouts = self.declared.and_then(|declared| declared.timeouts.as_ref());
                (timeouts?.get(name)?, Path::root().keys(&["use", "timeouts", name]))
            }
        };
        self.span(&timeout.after, &path.key("after"), place, around).map(Some)
    }

    fn id(&self, path: &Path) -> NodeId {
        *self.ids.get(&self.reference(path)).expect("all tasks were numbered before")
    }
}

/// Where `then` leads. A target that does not exist was reported.
fn flow(then: &str, names: &Names<'_>) -> Flow {
    match then {
        "continue" => Flow::Continue,
        "exit" => Flow::Exit,
        "end" => Flow::End,
        _ => names.position(then).map_or(Flow::Continue, Flow::Goto),
    }
}

fn places_of(tasks: &TaskList, path: &Path, tree: &Tree, places: &mut Vec<(Position, Path)>) {
    for (index, (name, task)) in tasks.0.iter().enumerate() {
        let path = path.index(index).key(name);
        places.push((tree.key_position(&path), path.clone()));
        for nested in task.lists(&path) {
            places_of(nested.tasks, &nested.path, tree, places);
        }
    }
}

fn index_u32(index: usize) -> u32 {
    u32::try_from(index).expect("a text of 1 MiB has fewer tasks than that")
}

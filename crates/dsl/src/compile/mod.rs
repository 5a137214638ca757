//! Model to program.
//!
//! Everything that can be wrong with an expression, a schema or a URI template comes to light here and is reported like
//! any other rule. A program comes out only when nothing at all was reported. Deliberately absent: evaluating anything.

mod canonical;
mod expression;
mod kind;

use crate::diagnostic::Sink;
use crate::expr::Mode;
use crate::json::Json;
use crate::model::{self, Document, Reference, Task, TaskList};
use crate::parse::{Path, Position, Tree};
use crate::program::{
    CompensationPolicy, Definition, Flow, Node, NodeId, OnUndoFailure, Program, Scope, ScopeId, Span, Undo,
    UndoOn, UndoOrder,
};
use expression::{Place, Surroundings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_types::DefinitionId;

/// Compiles a document. `None` when a part cannot be compiled, which is then reported, here or before.
pub(crate) fn definition(
    text: &str,
    document: &Document,
    tree: &Tree,
    sink: &mut Sink,
) -> Option<Definition> {
    let mut compiler = Compiler::new(document, tree, sink);
    let program = compiler.program();
    compiler.unused();
    let program = program?;
    let value = tree.to_value();
    let info = &document.document;
    let id = DefinitionId {
        namespace: Arc::from(info.namespace.0.as_str()),
        name: Arc::from(info.name.0.as_str()),
        version: Arc::from(info.version.0.as_str()),
    };
    let digest = canonical::digest(&value);
    Some(Definition { id, digest, text: Arc::from(text), document: Json::from_value(&value), program })
}

/// What compiling needs everywhere.
struct Compiler<'a> {
    document: &'a Document,
    tree: &'a Tree,
    sink: &'a mut Sink,
    mode: Mode,
    /// The id of each task by its pointer, in the order of the text.
    ids: BTreeMap<Path, NodeId>,
    nodes: Vec<Option<Node>>,
    scopes: Vec<Scope>,
    /// Pointers of the retry policies and errors that were compiled where they are used.
    used: BTreeSet<Path>,
    /// What all expressions so far count together.
    spent: usize,
}

/// The list around a task.
struct List<'l> {
    path: &'l Path,
    scope: ScopeId,
    names: Vec<&'l str>,
}

impl<'a> Compiler<'a> {
    fn new(document: &'a Document, tree: &'a Tree, sink: &'a mut Sink) -> Self {
        let mode = if document.loose() { Mode::Loose } else { Mode::Strict };
        let mut places = Vec::new();
        places_of(&document.tasks, &Path::root().key("do"), tree, &mut places);
        places.sort();
        let number = |(index, (_, path)): (usize, (Position, Path))| (path, NodeId(index_u32(index)));
        let ids: BTreeMap<_, _> = places.into_iter().enumerate().map(number).collect();
        let nodes = ids.iter().map(|_| None).collect();
        Self { document, tree, sink, mode, ids, nodes, scopes: Vec::new(), used: BTreeSet::new(), spent: 0 }
    }

    fn program(&mut self) -> Option<Program> {
        let document = self.document;
        let path = Path::root();
        let outside = Surroundings::default();
        let input = self.input(document.input.as_ref(), &path, Place::WorkflowInput, &outside);
        let output = self.output(document.output.as_ref(), &path, Place::WorkflowOutput, &outside);
        let timeout = self.timeout(document.timeout.as_ref(), &path, Place::WorkflowInput, &outside);
        let compensation = self.compensation();
        let root = self.list(&document.tasks, &path.key("do"), None, &outside);
        let nodes = std::mem::take(&mut self.nodes).into_iter().collect::<Option<Vec<_>>>()?;
        let scopes = std::mem::take(&mut self.scopes);
        let by_task = (0..).map(NodeId).zip(&nodes).map(|(id, node)| (node.task.clone(), id)).collect();
        let (timeout, compensation) = (timeout?, compensation?);
        Some(Program { scopes, nodes, by_task, root, input, output, timeout, compensation })
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
        for (name, error) in declared.errors.as_ref().map_or(&[][..], |group| &group.0) {
            let path = path.keys(&["errors", name]);
            if !self.used.contains(&path) {
                self.raised(error, &path, &Surroundings::default());
            }
        }
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
        let names: Vec<&str> = tasks.0.iter().map(|(name, _)| name.as_str()).collect();
        let nodes =
            names.iter().enumerate().map(|(index, name)| self.id(&path.index(index).key(name))).collect();
        self.scopes.push(Scope { pointer: Arc::from(path.as_str()), owner, nodes });
        let list = List { path, scope, names };
        for (index, (_, task)) in tasks.0.iter().enumerate() {
            self.node(task, &list, index, around);
        }
        scope
    }

    fn node(&mut self, task: &Task, list: &List<'_>, index: usize, around: &Surroundings) {
        let name = list.names[index];
        let path = &list.path.index(index).key(name);
        let id = self.id(path);
        let common = &task.common;
        let guard = self.optional_expr(common.guard.as_ref(), &path.key("if"), Place::Guard, around);
        let input = self.input(common.input.as_ref(), path, Place::Guard, around);
        let kind = self.kind(task, path, list, index, around);
        let output = self.output(common.output.as_ref(), path, Place::Definition, around);
        let export = self.export(common.export.as_ref(), path, around);
        let timeout = self.timeout(common.timeout.as_ref(), path, Place::Definition, around);
        let undo = self.undo(task, path, id, around);
        let then = common.then.as_ref().map_or(Flow::Continue, |then| flow(then, &list.names));
        let (Some(guard), Some(kind), Some(timeout), Some(undo)) = (guard, kind, timeout, undo) else {
            return;
        };
        let definition =
            self.tree.find(path).map_or_else(Json::null, |tree| Json::from_value(&tree.to_value()));
        let node = Node {
            name: Arc::from(name),
            task: Arc::from(path.as_str()),
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
                let timeouts =
                    self.document.declared.as_ref().and_then(|declared| declared.timeouts.as_ref());
                (timeouts?.get(name)?, Path::root().keys(&["use", "timeouts", name]))
            }
        };
        self.span(&timeout.after, &path.key("after"), place, around).map(Some)
    }

    fn id(&self, path: &Path) -> NodeId {
        *self.ids.get(path).expect("all tasks were numbered before")
    }
}

/// Where `then` leads. A target that does not exist was reported.
fn flow(then: &str, names: &[&str]) -> Flow {
    match then {
        "continue" => Flow::Continue,
        "exit" => Flow::Exit,
        "end" => Flow::End,
        _ => names.iter().position(|name| *name == then).map_or(Flow::Continue, Flow::Goto),
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

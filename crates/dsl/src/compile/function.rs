//! Calls of functions: a function's task is compiled anew for each of its calls, below the call.
//!
//! So every activation has a reference of its own, `/do/0/greet/call/greeting/do/0/say` for the task `say` of the function
//! `greeting` that `/do/0/greet` calls: keys, compensation and errors need no further notion of who called. What it costs
//! is limited: tasks all together, the depth, and the bytes of references.

use super::expression::Surroundings;
use super::{Compiler, List, index_u32, places_of};
use crate::diagnostic::Code;
use crate::expr::{Mode, Template};
use crate::json::Json;
use crate::limits::{FUNCTION_NESTING_MAX, PROGRAM_TASKS_MAX};
use crate::model::{self, Compensate, Names, Task, TaskKind};
use crate::parse::{Path, Position};
use crate::program::{FunctionCall, Kind, NodeId, Scope, ScopeId};
use serde_json::Value;
use std::sync::Arc;

/// Where in the program a text comes to lie.
#[derive(Default)]
pub(super) struct Site {
    /// A pointer in the text.
    from: Path,
    /// What it is in the program.
    to: Path,
    /// The functions around, from the outside in.
    calls: Vec<Arc<str>>,
    /// Whether a compensation is around.
    undo: bool,
    /// Whether this is an extension, or is around what lies here.
    extending: Extending,
}

/// What a text has to do with extensions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Extending {
    /// They apply to its tasks.
    #[default]
    Applies,
    /// It is the text of one.
    Is,
    /// One calls it.
    Calls,
}

impl Site {
    /// The text of an extension around a task.
    pub(super) fn of_extension(from: Path, to: Path) -> Self {
        Self { from, to, extending: Extending::Is, ..Self::default() }
    }

    /// Whether it is the text of an extension.
    pub(super) fn extension(&self) -> bool {
        self.extending == Extending::Is
    }

    /// Whether extensions apply to its tasks: not to those of extensions, nor to those of compensations.
    pub(super) fn extensible(&self) -> bool {
        self.extending == Extending::Applies && !self.undo
    }

    /// Whether it is the document itself.
    fn document(&self) -> bool {
        self.from == Path::root()
    }
}

impl<'a> Compiler<'a> {
    /// A call of a function that the document declares.
    pub(super) fn function(
        &mut self,
        task: &Task,
        call: &model::FunctionCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let with = match &call.with {
            Some(with) => self.template(&Value::Object(with.clone()), &path.key("with"), around),
            None => Some(Template::literal_value(Json::object(Vec::<(&str, Json)>::new()))),
        };
        let (name, callee) = (call.name.as_str(), self.callee(&call.name)?);
        let body = self.placed(name, callee, path, around)?;
        let metadata = task.common.metadata.as_ref();
        if matches!(metadata.and_then(|metadata| metadata.compensate.as_ref()), Some(Compensate::Never)) {
            self.without_undo(body);
        }
        Some(Kind::Function(Box::new(FunctionCall { with: with?, body })))
    }

    /// What a name calls. One that calls nothing was reported.
    fn callee(&self, name: &str) -> Option<(&'a Task, Path)> {
        let functions = self.declared.and_then(|declared| declared.functions.as_ref());
        Some((functions?.get(name)?, Path::root().keys(&["use", "functions", name])))
    }

    /// Puts a function below its call.
    fn placed(
        &mut self,
        name: &str,
        (task, source): (&'a Task, Path),
        path: &Path,
        around: &Surroundings,
    ) -> Option<ScopeId> {
        self.callable(name, path)?;
        let owner = self.id(path);
        let list = self.reference(path).key("call");
        let mut calls = self.site.calls.clone();
        calls.push(Arc::from(name));
        let undo = self.site.undo || around.undoes();
        let extending = match self.site.extending {
            Extending::Applies => Extending::Applies,
            Extending::Is | Extending::Calls => Extending::Calls,
        };
        let site = Site { from: source.clone(), to: list.key(name), calls, undo, extending };
        self.used.insert(source.clone());
        // A text of its own is evaluated as it was written, whatever the document says for itself.
        let mode = if self.foreign.contains_key(name) { Mode::Strict } else { self.mode };
        let outer = std::mem::replace(&mut self.mode, mode);
        let body = self.at_site(site, |compiler| compiler.alone(name, task, &source, &list, Some(owner)));
        self.mode = outer;
        body
    }

    /// A list of one task, which has no index in its reference.
    fn alone(
        &mut self,
        name: &str,
        task: &Task,
        source: &Path,
        pointer: &Path,
        owner: Option<NodeId>,
    ) -> Option<ScopeId> {
        self.number(task, source)?;
        let scope = ScopeId(index_u32(self.scopes.len()));
        let id = self.id(source);
        self.scopes.push(Scope { pointer: Arc::from(pointer.as_str()), owner, nodes: vec![id] });
        let list = List { path: source, scope, names: Names::default() };
        self.node(task, name, source, &list, 0, &Surroundings::default());
        self.extend(task, source, scope, 0, &Surroundings::default());
        Some(scope)
    }

    /// Gives the tasks of a function ids behind all others.
    fn number(&mut self, task: &Task, source: &Path) -> Option<()> {
        let mut places = vec![(self.tree.key_position(source), source.clone())];
        for nested in task.lists(source) {
            places_of(nested.tasks, &nested.path, self.tree, &mut places);
        }
        self.number_all(places)
    }

    /// Gives tasks ids behind all others, in the order of their text.
    pub(super) fn number_all(&mut self, mut places: Vec<(Position, Path)>) -> Option<()> {
        // What was moved to the place of its call has one position, and is in the order of its text already.
        places.sort_by_key(|(position, _)| *position);
        for (_, path) in places {
            let reference = self.reference(&path);
            self.spend(reference.as_str().len(), &path)?;
            self.ids.insert(reference, NodeId(index_u32(self.nodes.len())));
            self.nodes.push(None);
        }
        Some(())
    }

    /// Refuses a call that has no end, or whose program is too large.
    fn callable(&mut self, name: &str, path: &Path) -> Option<()> {
        let at = path.key("call");
        if self.site.calls.iter().any(|around| **around == *name) {
            let chain: Vec<&str> = self.site.calls.iter().map(|around| &**around).chain([name]).collect();
            let message = format!("the function `{name}` calls itself: {}", chain.join(" → "));
            let hint = Some("use `for`, or a `then` that goes back".to_owned());
            self.sink.value(Code::Recursion, self.tree, &at, message, hint);
            return None;
        }
        if self.site.calls.len() == FUNCTION_NESTING_MAX {
            let message = format!("functions call each other more than {FUNCTION_NESTING_MAX} deep");
            self.sink.value(Code::FunctionNesting, self.tree, &at, message, None);
            return None;
        }
        self.room(&at)
    }

    /// Refuses what makes a program too large.
    pub(super) fn room(&mut self, at: &Path) -> Option<()> {
        if self.nodes.len() < PROGRAM_TASKS_MAX {
            return Some(());
        }
        let what = "with its functions and extensions in their places";
        let message = format!("{what}, the definition has more than {PROGRAM_TASKS_MAX} tasks");
        self.sink.value(Code::TooManyTasks, self.tree, at, message, None);
        None
    }

    /// `compensate: none` on a call: the function's own compensation does not count.
    fn without_undo(&mut self, body: ScopeId) {
        let mut id = self.scopes[body.0 as usize].nodes[0];
        while let Some(node) = &mut self.nodes[id.0 as usize] {
            node.undo = None;
            let Kind::Extended(extended) = &node.kind else { return };
            id = extended.inner;
        }
    }

    /// Checks a function that nothing calls; it comes to lie nowhere.
    pub(super) fn uncalled(&mut self, name: &str, task: &Task, path: &Path) {
        let (nodes, scopes) = (self.nodes.len(), self.scopes.len());
        self.site.calls.push(Arc::from(name));
        self.alone(name, task, path, path, None);
        self.site.calls.pop();
        self.nodes.truncate(nodes);
        self.scopes.truncate(scopes);
    }

    /// Compiles a text elsewhere in the program than where it stands.
    pub(super) fn at_site<T>(&mut self, site: Site, compile: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.site, site);
        let compiled = compile(self);
        self.site = outer;
        compiled
    }

    /// What a pointer of the text is in the program.
    pub(super) fn reference(&self, path: &Path) -> Path {
        match path.as_str().strip_prefix(self.site.from.as_str()) {
            Some(rest) => self.site.to.join(rest),
            None => path.clone(),
        }
    }

    /// `$task.definition`
    pub(super) fn definition_of(&mut self, path: &Path) -> Json {
        let found =
            || self.tree.find(path).map_or_else(Json::null, |tree| Json::from_value(&tree.to_value()));
        if self.site.document() {
            return found();
        }
        if let Some(known) = self.definitions.get(path) {
            return known.clone();
        }
        let definition = found();
        self.definitions.insert(path.clone(), definition.clone());
        definition
    }

    /// What a compensation may not do, its functions may not do either.
    pub(super) fn called_by_undo(&mut self, task: &Task, path: &Path) {
        if !self.site.undo {
            return;
        }
        let metadata = task.common.metadata.as_ref();
        if let Some(Compensate::Tasks(_)) = metadata.and_then(|metadata| metadata.compensate.as_ref()) {
            let message = "a compensation calls this function, and a compensation is not compensated itself";
            let path = path.keys(&["metadata", "compensate"]);
            self.sink.key(Code::NestedCompensation, self.tree, &path, message.to_owned(), None);
        }
        if ends(task) {
            let message = "a compensation calls this function, and a compensation cannot end the workflow";
            self.sink.key(Code::EndInCompensation, self.tree, path, message.to_owned(), None);
        }
        if matches!(task.kind, TaskKind::Listen(..)) && task.common.timeout.is_none() {
            let message =
                "a compensation calls this function, and a compensation cannot listen without a timeout";
            self.sink.key(Code::ListenInCompensation, self.tree, path, message.to_owned(), None);
        }
        if matches!(task.kind, TaskKind::Call(model::Call::Compensate(_))) {
            let message = "a compensation calls this function, and a compensation cannot unwind anything";
            self.sink.key(Code::CompensateScope, self.tree, path, message.to_owned(), None);
        }
    }
}

/// Whether a task itself can end the workflow.
fn ends(task: &Task) -> bool {
    let end = |then: &String| then == "end";
    let own = task.common.then.as_ref().is_some_and(end);
    own || match &task.kind {
        TaskKind::Switch(switch) => switch.0.iter().any(|(_, case)| end(&case.then)),
        TaskKind::Try(_, catch) => catch.then.as_ref().is_some_and(end),
        TaskKind::Call(_)
        | TaskKind::Do(_)
        | TaskKind::Emit(_)
        | TaskKind::For(_)
        | TaskKind::Fork(_)
        | TaskKind::Listen(..)
        | TaskKind::Raise(_)
        | TaskKind::Run(_)
        | TaskKind::Set(_)
        | TaskKind::Wait(_) => false,
    }
}

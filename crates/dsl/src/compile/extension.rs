//! Extensions: their tasks are compiled anew around each task that they extend.
//!
//! Of several extensions the one that is declared first is the outermost. The task keeps its reference and all that belongs
//! to it but its `if`, which decides about the extensions too: what is skipped is not extended. The tasks around
//! `/do/0/pay` that the extension `log` brings are `/do/0/pay/extensions/log/before/0/…`.

use super::expression::{Place, Surroundings};
use super::function::Site;
use super::{Compiler, index_u32, places_of};
use crate::model::{Call, Extension, ExtensionTarget, Task, TaskKind, TaskList};
use crate::parse::Path;
use crate::program::{Extended, Kind, Node, NodeId, ScopeId, Transform};
use std::sync::Arc;

/// An extension and where it is written.
type Declared<'a> = (&'a str, &'a Extension, Path);

impl<'a> Compiler<'a> {
    /// Puts the extensions that apply around a task of a list.
    pub(super) fn extend(
        &mut self,
        task: &Task,
        path: &Path,
        scope: ScopeId,
        index: usize,
        around: &Surroundings,
    ) {
        if !self.site.extensible() || around.undoes() || self.sink.full() {
            return;
        }
        let id = self.id(path);
        let mut outer = id;
        for extension in self.extensions().into_iter().rev() {
            if applies(extension.1.extend, &task.kind) {
                let Some(wrapped) = self.wrapped(id, outer, path, extension) else { return };
                outer = wrapped;
            }
        }
        if outer == id {
            return;
        }
        let guard = self.nodes[id.0 as usize].as_mut().and_then(|node| node.guard.take());
        if let Some(node) = &mut self.nodes[outer.0 as usize] {
            node.guard = guard;
        }
        self.scopes[scope.0 as usize].nodes[index] = outer;
    }

    /// Those of the document, in the order of the text.
    fn extensions(&self) -> Vec<Declared<'a>> {
        let all = self.document.declared.as_ref().and_then(|declared| declared.extensions.as_ref());
        let mut found = Vec::new();
        for (index, item) in all.map_or(&[][..], |all| all).iter().enumerate() {
            for (name, extension) in &item.0 {
                let path = Path::root().keys(&["use", "extensions"]).index(index).key(name);
                found.push((name.as_str(), extension, path));
            }
        }
        found
    }

    /// A node around another; the task itself must have been compiled.
    fn wrapped(
        &mut self,
        task: NodeId,
        inner: NodeId,
        path: &Path,
        (name, extension, source): Declared<'a>,
    ) -> Option<NodeId> {
        self.room(&source)?;
        self.used.insert(source.clone());
        let reference = self.reference(path).keys(&["extensions", name]);
        self.spend(reference.as_str().len(), &source)?;
        let id = NodeId(index_u32(self.nodes.len()));
        self.nodes.push(None);
        let site = Site::of_extension(source.clone(), reference.clone());
        let extended = self.at_site(site, |compiler| compiler.tasks_around(extension, &source, id, inner))?;
        let extended = Kind::Extended(Box::new(extended));
        let node = self.around(self.nodes[task.0 as usize].as_ref()?, &reference, extended);
        self.nodes[id.0 as usize] = Some(node);
        Some(id)
    }

    /// What stands for a task in its list: it goes where the task goes.
    fn around(&self, task: &Node, reference: &Path, kind: Kind) -> Node {
        Node {
            name: Arc::clone(&task.name),
            task: Arc::from(reference.as_str()),
            scope: task.scope,
            index: task.index,
            definition: task.definition.clone(),
            guard: None,
            input: Transform::default(),
            output: Transform::default(),
            export: Transform::default(),
            timeout: None,
            then: task.then,
            kind,
            undo: None,
            probe: None,
            extension: self.site.extension(),
        }
    }

    fn tasks_around(
        &mut self,
        extension: &'a Extension,
        source: &Path,
        owner: NodeId,
        inner: NodeId,
    ) -> Option<Extended> {
        let around = Surroundings::default();
        let when = self.optional_expr(extension.when.as_ref(), &source.key("when"), Place::Guard, &around);
        let before = self.tasks_beside(extension.before.as_ref(), &source.key("before"), owner);
        let after = self.tasks_beside(extension.after.as_ref(), &source.key("after"), owner);
        Some(Extended { when: when?, before: before?, inner, after: after? })
    }

    /// The outer `None`: they cannot be placed. The inner one: there are none.
    #[expect(clippy::option_option, reason = "a list without room and no list are two things")]
    fn tasks_beside(
        &mut self,
        tasks: Option<&'a TaskList>,
        path: &Path,
        owner: NodeId,
    ) -> Option<Option<ScopeId>> {
        let Some(tasks) = tasks.filter(|tasks| !tasks.0.is_empty()) else { return Some(None) };
        let mut places = Vec::new();
        places_of(tasks, path, self.tree, &mut places);
        self.number_all(places)?;
        Some(Some(self.list(tasks, path, Some(owner), &Surroundings::default())))
    }

    /// Checks the extensions that extend nothing; they come to lie nowhere.
    pub(super) fn unapplied(&mut self) {
        for (_, extension, source) in self.extensions() {
            if self.used.contains(&source) {
                continue;
            }
            let (nodes, scopes) = (self.nodes.len(), self.scopes.len());
            let site = Site::of_extension(source.clone(), source.clone());
            let nowhere = NodeId(index_u32(nodes));
            self.at_site(site, |compiler| compiler.tasks_around(extension, &source, nowhere, nowhere));
            self.nodes.truncate(nodes);
            self.scopes.truncate(scopes);
        }
    }
}

/// Whether an extension is for tasks of this kind. `composite` is older than the difference between `do` and `fork`.
/// What undoes is no work of its own: it is never extended.
fn applies(target: ExtensionTarget, kind: &TaskKind) -> bool {
    if matches!(kind, TaskKind::Call(Call::Compensate(_))) {
        return false;
    }
    match target {
        ExtensionTarget::All => true,
        ExtensionTarget::Call => matches!(kind, TaskKind::Call(_)),
        ExtensionTarget::Composite => matches!(kind, TaskKind::Do(_) | TaskKind::Fork(_)),
        ExtensionTarget::Emit => matches!(kind, TaskKind::Emit(_)),
        ExtensionTarget::For => matches!(kind, TaskKind::For(_)),
        ExtensionTarget::Listen => matches!(kind, TaskKind::Listen(..)),
        ExtensionTarget::Raise => matches!(kind, TaskKind::Raise(_)),
        ExtensionTarget::Run => matches!(kind, TaskKind::Run(_)),
        ExtensionTarget::Set => matches!(kind, TaskKind::Set(_)),
        ExtensionTarget::Switch => matches!(kind, TaskKind::Switch(_)),
        ExtensionTarget::Try => matches!(kind, TaskKind::Try(..)),
        ExtensionTarget::Wait => matches!(kind, TaskKind::Wait(_)),
    }
}

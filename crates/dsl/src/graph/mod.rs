//! A definition as nodes and edges: for pictures, for documentation, and for whoever wants to see where a jump leads.
//!
//! It is made of the document, not of the compiled program, so that it also shows what this engine does not run. A task
//! that holds others is a node around them. Deliberately absent: layout, and the state of an execution.

mod mermaid;

use crate::model::{Call, Document, ListRole, Task, TaskKind, TaskList};
use crate::parse::Path;
use serde_json::{Value, json};

/// The node before the first task.
pub const START: &str = "start";
/// The node after the last task.
pub const END: &str = "end";

/// Tasks and the ways between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The tasks in the order of the text.
    pub nodes: Vec<GraphNode>,
    /// The ways, in the order of the tasks that they leave.
    pub edges: Vec<GraphEdge>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphNode {
    /// The task's reference.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it does: `set`, `call http`, `run workflow`.
    pub kind: String,
    /// The task that holds it.
    pub parent: Option<String>,
    /// What the list that holds it is to that task.
    pub role: Option<ListRole>,
}

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphEdge {
    /// Where it leaves.
    pub from: String,
    /// Where it leads.
    pub to: String,
    /// Why it is taken.
    pub kind: EdgeKind,
    /// The case of a `switch`.
    pub label: Option<String>,
}

/// Why a way is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// One task after another.
    Next,
    /// By a `then`.
    Jump,
    /// By a case of a `switch`.
    Case,
    /// Into a list of the task.
    Inside,
    /// Into what undoes the task.
    Undo,
}

impl EdgeKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Jump => "jump",
            Self::Case => "case",
            Self::Inside => "inside",
            Self::Undo => "undo",
        }
    }
}

/// The graph of a document.
pub fn of(document: &Document) -> Graph {
    let mut graph = Graph::default();
    let path = Path::root().key("do");
    if let Some(first) = reference(&document.tasks, 0, &path) {
        graph.edge(START, &first, EdgeKind::Next, None);
    }
    graph.list(&document.tasks, &path, None);
    graph
}

impl Graph {
    /// As JSON: `{"nodes": […], "edges": […]}`.
    pub fn to_json(&self) -> Value {
        let node = |node: &GraphNode| {
            let GraphNode { id, name, kind, parent, role } = node;
            let mut shown = json!({ "id": id, "name": name, "kind": kind });
            if let (Some(parent), Some(role)) = (parent, role) {
                shown["parent"] = parent.as_str().into();
                shown["role"] = role_word(*role).into();
            }
            shown
        };
        let edge = |edge: &GraphEdge| {
            let mut shown = json!({ "from": edge.from, "to": edge.to, "kind": edge.kind.as_str() });
            if let Some(label) = &edge.label {
                shown["label"] = label.as_str().into();
            }
            shown
        };
        json!({
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
            "edges": self.edges.iter().map(edge).collect::<Vec<_>>(),
        })
    }

    /// As a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        mermaid::text(self)
    }

    fn list(&mut self, tasks: &TaskList, path: &Path, within: Option<(&str, ListRole)>) {
        for (index, (name, task)) in tasks.0.iter().enumerate() {
            let place = path.index(index).key(name);
            let id = place.as_str().to_owned();
            self.nodes.push(GraphNode {
                id: id.clone(),
                name: name.clone(),
                kind: kind(task),
                parent: within.map(|(parent, _)| parent.to_owned()),
                role: within.map(|(_, role)| role),
            });
            let spot = Spot { tasks, path, index, within };
            self.leaves(task, &id, &spot);
            for nested in task.lists(&place) {
                let why = if nested.role == ListRole::Undo { EdgeKind::Undo } else { EdgeKind::Inside };
                // Branches all start; of any other list the first task does.
                let starts = if nested.role == ListRole::Branches { nested.tasks.0.len() } else { 1 };
                for first in (0..starts).filter_map(|index| reference(nested.tasks, index, &nested.path)) {
                    self.edge(&id, &first, why, None);
                }
                self.list(nested.tasks, &nested.path, Some((&id, nested.role)));
            }
        }
    }

    /// The ways out of a task.
    fn leaves(&mut self, task: &Task, id: &str, spot: &Spot<'_>) {
        if spot.branch() {
            return;
        }
        let mut open = true;
        if let TaskKind::Switch(switch) = &task.kind {
            for (name, case) in &switch.0 {
                open &= case.when.is_some();
                if let Some(to) = spot.target(&case.then) {
                    self.edge(id, &to, EdgeKind::Case, Some(name));
                }
            }
        }
        if let TaskKind::Try(_, catch) = &task.kind
            && let Some(to) = catch.then.as_deref().and_then(|then| spot.target(then))
        {
            self.edge(id, &to, EdgeKind::Jump, Some("caught"));
        }
        let then = task.common.then.as_deref().unwrap_or("continue");
        if matches!(task.kind, TaskKind::Raise(_)) || !open {
            return;
        }
        if let Some(to) = spot.target(then) {
            let kind = if then == "continue" { EdgeKind::Next } else { EdgeKind::Jump };
            self.edge(id, &to, kind, None);
        }
    }

    fn edge(&mut self, from: &str, to: &str, kind: EdgeKind, label: Option<&str>) {
        let label = label.map(str::to_owned);
        self.edges.push(GraphEdge { from: from.into(), to: to.into(), kind, label });
    }
}

/// Where a task stands in its list.
struct Spot<'a> {
    tasks: &'a TaskList,
    path: &'a Path,
    index: usize,
    within: Option<(&'a str, ListRole)>,
}

impl Spot<'_> {
    /// Branches run side by side: none leads to another.
    fn branch(&self) -> bool {
        self.within.is_some_and(|(_, role)| role == ListRole::Branches)
    }

    /// Where a flow directive leads. `None`: out of a list inside of a task, which goes on then itself.
    fn target(&self, then: &str) -> Option<String> {
        let outermost = self.within.is_none();
        match then {
            "end" => Some(END.to_owned()),
            "exit" => outermost.then(|| END.to_owned()),
            "continue" => {
                let next = reference(self.tasks, self.index + 1, self.path);
                next.or_else(|| outermost.then(|| END.to_owned()))
            }
            name => {
                let index = self.tasks.0.iter().position(|(own, _)| own == name)?;
                reference(self.tasks, index, self.path)
            }
        }
    }
}

fn reference(tasks: &TaskList, index: usize, path: &Path) -> Option<String> {
    tasks.0.get(index).map(|(name, _)| path.index(index).key(name).as_str().to_owned())
}

fn kind(task: &Task) -> String {
    match &task.kind {
        TaskKind::Call(Call::Function(function)) => format!("call {}", function.name),
        TaskKind::Call(call) => format!("call {}", call.name()),
        other => other.name().to_owned(),
    }
}

fn role_word(role: ListRole) -> &'static str {
    match role {
        ListRole::Body => "do",
        ListRole::Guarded => "try",
        ListRole::Handler => "catch",
        ListRole::Branches => "branches",
        ListRole::Undo => "undo",
        ListRole::Probe => "probe",
    }
}

#[cfg(test)]
mod tests;

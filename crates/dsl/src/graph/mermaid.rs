//! A graph as a Mermaid flowchart. A task that holds others is drawn around them, one frame for each of its lists.

use super::{END, EdgeKind, Graph, GraphNode, START, role_word};
use crate::model::ListRole;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The text of the flowchart.
pub(super) fn text(graph: &Graph) -> String {
    let mut page = Page { graph, ids: BTreeMap::new(), text: "flowchart TD\n".into() };
    page.ids.insert(START, "start".into());
    page.ids.insert(END, "finish".into());
    for (index, node) in graph.nodes.iter().enumerate() {
        page.ids.insert(&node.id, format!("t{index}"));
    }
    page.line(1, "start([start])");
    page.children(None, None, 1);
    page.line(1, "finish([end])");
    page.edges();
    page.text
}

struct Page<'g> {
    graph: &'g Graph,
    ids: BTreeMap<&'g str, String>,
    text: String,
}

impl<'g> Page<'g> {
    fn children(&mut self, parent: Option<&str>, role: Option<ListRole>, depth: usize) {
        let graph: &'g Graph = self.graph;
        for node in graph.nodes.iter().filter(|node| node.parent.as_deref() == parent && node.role == role) {
            self.node(node, depth);
        }
    }

    fn node(&mut self, node: &'g GraphNode, depth: usize) {
        let roles = self.roles(node);
        let id = self.ids[node.id.as_str()].clone();
        let label = format!("{}<br/><i>{}</i>", escaped(&node.name), escaped(&node.kind));
        let inside: Vec<ListRole> = roles.iter().copied().filter(|role| *role != ListRole::Undo).collect();
        match inside.as_slice() {
            [] => {
                let (open, close) = shape(&node.kind);
                self.line(depth, &format!("{id}{open}\"{label}\"{close}"));
            }
            [only] => {
                self.line(depth, &format!("subgraph {id} [\"{label}\"]"));
                self.children(Some(&node.id), Some(*only), depth + 1);
                self.line(depth, "end");
            }
            several => {
                self.line(depth, &format!("subgraph {id} [\"{label}\"]"));
                for role in several {
                    let word = role_word(*role);
                    self.line(depth + 1, &format!("subgraph {id}_{word} [\"{word}\"]"));
                    self.children(Some(&node.id), Some(*role), depth + 2);
                    self.line(depth + 1, "end");
                }
                self.line(depth, "end");
            }
        }
        if roles.contains(&ListRole::Undo) {
            self.line(depth, &format!("subgraph {id}_undo [\"undo {}\"]", escaped(&node.name)));
            self.children(Some(&node.id), Some(ListRole::Undo), depth + 1);
            self.line(depth, "end");
        }
    }

    /// The lists of a task that hold something, in the order of the text.
    fn roles(&self, node: &GraphNode) -> Vec<ListRole> {
        let mut roles = Vec::new();
        for child in self.graph.nodes.iter().filter(|child| child.parent.as_ref() == Some(&node.id)) {
            if let Some(role) = child.role
                && !roles.contains(&role)
            {
                roles.push(role);
            }
        }
        roles
    }

    /// The ways into a task's own lists are shown by the frames.
    fn edges(&mut self) {
        for edge in &self.graph.edges {
            let (from, to) = (&self.ids[edge.from.as_str()], &self.ids[edge.to.as_str()]);
            let line = match (edge.kind, &edge.label) {
                (EdgeKind::Inside, _) => continue,
                (EdgeKind::Undo, _) => format!("{from} -. undo .-> {from}_undo"),
                (_, Some(label)) => format!("{from} -- \"{}\" --> {to}", escaped(label)),
                (_, None) => format!("{from} --> {to}"),
            };
            self.line(1, &line);
        }
    }

    fn line(&mut self, depth: usize, line: &str) {
        writeln!(self.text, "{:indent$}{line}", "", indent = depth * 2).expect("a string takes every text");
    }
}

fn shape(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "switch" => ("{", "}"),
        "wait" | "listen" => ("([", "])"),
        "raise" => ("{{", "}}"),
        _ => ("[", "]"),
    }
}

/// Quotes and angle brackets would end a label or become markup.
fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

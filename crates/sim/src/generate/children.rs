//! Definitions that are run as children, and the tasks that run them.
//!
//! Children come from pools of their own, one level above the other, so that every family has an end. Where a child is
//! run is drawn apart from everything else: a definition without children stays what it was.

use super::{Workflow, grammar, tree::Kind, tree::Task, tree::Tree};
use crate::rng::Rng;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Definitions of children that have none themselves, and of those that may.
const LEAVES: u64 = 40;
const MIDDLES: u64 = 20;
/// The seed of children and of where they are run.
const SEED: u64 = 0xC41D_0000_0000_0000;
/// A definition that nobody has registered.
pub(super) const UNKNOWN: &str = "unknown";

/// The definition of a child by its name.
pub fn child(name: &str) -> Option<&'static Workflow> {
    static CHILDREN: LazyLock<BTreeMap<String, Workflow>> = LazyLock::new(|| {
        let leaf = |n: u64| (format!("leaf{n}"), Workflow::of(drawn(n, format!("leaf{n}"))));
        let middle = |n: u64| {
            let mut tree = drawn(1_000 + n, format!("middle{n}"));
            let mut rng = Rng::new(SEED ^ (2_000 + n));
            adopt(&mut tree, &mut rng, 800, &["leaf"]);
            (format!("middle{n}"), Workflow::of(tree))
        };
        (0..LEAVES).map(leaf).chain((0..MIDDLES).map(middle)).collect()
    });
    CHILDREN.get(name)
}

fn drawn(seed: u64, name: String) -> Tree {
    grammar::tree(&mut Rng::new(SEED ^ seed), name)
}

/// Has some tasks of a seed's definition run children.
pub(super) fn raise(tree: &mut Tree, seed: u64) {
    let mut rng = Rng::new(SEED ^ (1 << 32) ^ seed);
    if rng.per_mille(400) {
        adopt(tree, &mut rng, 600, &["leaf", "leaf", "middle"]);
    }
}

fn adopt(tree: &mut Tree, rng: &mut Rng, rate: u64, levels: &[&'static str]) {
    for task in &mut tree.tasks {
        replace(task, rng, rate, levels);
    }
    if rng.per_mille(rate) {
        let kind = drawn_child(rng, levels);
        let timeout_ms = rng.per_mille(200).then(|| rng.pick(&[300, 2_000, 90_000]));
        let name = "child".to_owned();
        let at = rng.index(tree.tasks.len() + 1);
        let task = Task { name, kind, guard: None, timeout_ms, then: None, undo: None, counts: None };
        // Before the jump that closes a loop, if there is one: after it nothing would run twice.
        tree.tasks.insert(at, task);
    }
}

fn replace(task: &mut Task, rng: &mut Rng, rate: u64, levels: &[&'static str]) {
    let inner: Vec<&mut Task> = match &mut task.kind {
        Kind::Set(_) if task.counts.is_none() && rng.per_mille(rate) => {
            task.kind = drawn_child(rng, levels);
            task.timeout_ms = rng.per_mille(200).then(|| rng.pick(&[300, 2_000, 90_000]));
            return;
        }
        Kind::Do(body) | Kind::For { body, .. } | Kind::Fork { branches: body, .. } => {
            body.iter_mut().collect()
        }
        Kind::Listen(listen) => listen.body.iter_mut().flatten().collect(),
        Kind::Try(guarded) => guarded.body.iter_mut().chain(&mut guarded.handler).collect(),
        Kind::Call(_)
        | Kind::Set(_)
        | Kind::Wait(_)
        | Kind::Raise(_)
        | Kind::Switch(_)
        | Kind::Compensate(_)
        | Kind::Emit(_)
        | Kind::Child { .. } => vec![],
    };
    for task in inner {
        replace(task, rng, rate, levels);
    }
}

fn drawn_child(rng: &mut Rng, levels: &[&'static str]) -> Kind {
    let level = rng.pick(levels);
    let count = if level == "leaf" { LEAVES } else { MIDDLES };
    let name = if rng.per_mille(40) { UNKNOWN.to_owned() } else { format!("{level}{}", rng.below(count)) };
    Kind::Child { name, latest: rng.per_mille(300), awaited: !rng.per_mille(150) }
}

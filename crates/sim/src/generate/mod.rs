//! The workload: definitions from a grammar, as text, compiled by the real compiler, with the oracles' own outline.
//!
//! Compiling costs more than running, therefore most seeds draw from a pool that is made once in a process, from
//! seeds of its own, and only some bring a fresh one.

mod children;
mod grammar;
mod outline;
mod text;
mod tree;

pub use children::child;
pub use grammar::{EVENTS, STATUSES};
pub use outline::{Outline, Place, PlaceKind, PlaceUndo};
pub use tree::{Call, Kind, Limit, Listen, Mode, Retry, Task, Tree, Try, Undo};

use crate::rng::Rng;
use std::sync::{Arc, LazyLock};
use tenure_dsl::program::Definition;

/// Definitions in the pool.
pub const POOL_DEFINITIONS: usize = 400;
/// The seed that the pool is made from, and fresh definitions beside it.
const POOL_SEED: u64 = 0x7E17_0E5E_ED00_0000;

/// A definition as the engine runs it and as the oracles read it.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// What the engine runs.
    pub definition: Arc<Definition>,
    /// What the oracles know.
    pub outline: Arc<Outline>,
    /// What both were made from.
    pub tree: Arc<Tree>,
}

impl Workflow {
    /// Draws and compiles the definition of a seed.
    pub fn fresh(seed: u64) -> Self {
        let mut rng = Rng::new(POOL_SEED ^ seed);
        let mut tree = grammar::tree(&mut rng, format!("w{seed}"));
        children::raise(&mut tree, seed);
        Self::of(tree)
    }

    /// Compiles a tree.
    pub fn of(tree: Tree) -> Self {
        let definition = compile(&tree);
        Self { definition, outline: Arc::new(Outline::of(&tree)), tree: Arc::new(tree) }
    }
}

/// The compiled form of a tree.
pub fn compile(tree: &Tree) -> Arc<Definition> {
    let text = tree.yaml();
    match tenure_dsl::load(&text) {
        Ok(definition) => Arc::new(definition),
        Err(diagnostics) => {
            let found: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            panic!("the grammar only makes valid definitions:\n{}\n{text}", found.join("\n"))
        }
    }
}

/// One of the pool.
pub fn pooled(index: usize) -> &'static Workflow {
    static POOL: LazyLock<Vec<Workflow>> =
        LazyLock::new(|| (0..POOL_DEFINITIONS as u64).map(Workflow::fresh).collect());
    &POOL[index % POOL_DEFINITIONS]
}

#[cfg(test)]
mod tests;

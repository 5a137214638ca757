//! Where in an execution something happens: the task's reference and the iterations around it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use tenure_types::TaskRef;

/// One component of an iteration path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Turnaround {
    /// The index of a `for`.
    Index(u32),
    /// The flow of a list has jumped backwards this often.
    Round {
        /// How deep the list lies: the number of components of its JSON pointer. Without it, a round of an outer
        /// list and one of an inner list would give different steps the same path.
        level: u32,
        /// How often, from 1.
        round: u32,
    },
}

/// The iterations around a task, from the outside in. Text: `2/r1/0`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Iteration(Option<Arc<[Turnaround]>>);

impl Iteration {
    /// The components.
    pub fn components(&self) -> &[Turnaround] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether the task is in no iteration.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The path one component further in.
    #[must_use]
    pub fn then(&self, component: Turnaround) -> Self {
        Self(Some(self.components().iter().copied().chain([component]).collect()))
    }
}

impl fmt::Display for Iteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, component) in self.components().iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            match component {
                Turnaround::Index(index) => write!(f, "{index}")?,
                Turnaround::Round { level: 1, round } => write!(f, "r{round}")?,
                Turnaround::Round { level, round } => write!(f, "r{round}@{level}")?,
            }
        }
        Ok(())
    }
}

/// A task and the iterations around it: the same for all its attempts, different for every other logical step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The task's reference; empty for the execution itself.
    pub task: TaskRef,
    /// The iterations.
    pub iteration: Iteration,
}

impl Place {
    /// The execution itself.
    pub fn root() -> Self {
        Self { task: "".into(), iteration: Iteration::default() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.task.is_empty() { "/" } else { &self.task })?;
        if self.iteration.is_empty() { Ok(()) } else { write!(f, "[{}]", self.iteration) }
    }
}

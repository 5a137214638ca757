//! What a `listen` takes, and what it took.

use super::super::effect::FrameId;
use super::super::event::Event;
use super::super::input::Actor;
use super::super::place::Place;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a filter of a `listen` takes, as far as it is known when the task starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// The literal `type`; `None` when it may take any.
    pub kind: Option<Arc<str>>,
    /// The correlations by name, each with what is expected; `None` until an event has shown it.
    pub correlate: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// Whether it takes one event and no more.
    pub once: bool,
}

/// The names of the variables of a `foreach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Each {
    /// Of the item.
    pub item: Arc<str>,
    /// Of its index.
    pub at: Arc<str>,
}

/// A `listen` took an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventConsumed {
    /// The activation of the `listen`.
    pub frame: FrameId,
    /// The `listen`.
    pub place: Place,
    /// The filter that it passed.
    pub filter: u32,
    /// The event.
    pub event: Taken,
    /// What it is to the `listen`.
    pub role: Role,
    /// What it has shown for the first time, by the name of the correlation.
    pub shown: Vec<(Arc<str>, Arc<str>)>,
    /// Whether the `listen` takes no further event.
    pub closes: bool,
}

/// An event that was taken, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// It was published.
    Published {
        /// The event.
        event: Arc<Event>,
        /// Who published it.
        by: Actor,
    },
    /// It was kept as a signal.
    Signal {
        /// Its `source`.
        source: Arc<str>,
        /// Its `id`.
        id: Arc<str>,
    },
}

/// What an event is to the `listen` that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It is part of the output, or has an iteration.
    Item,
    /// It is one of those that end the `listen`.
    Stop,
}

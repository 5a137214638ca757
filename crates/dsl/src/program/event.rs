//! What a definition says about events, compiled: what is emitted, what is listened to, which events start an execution.
//!
//! Deliberately absent: events themselves, and what a `listen` has consumed so far.

use super::{ScopeId, Transform};
use crate::expr::{Expr, Template};
use crate::matcher::Matcher;
use std::sync::Arc;

/// `emit`
#[derive(Debug)]
pub struct Emit {
    /// `event.with`: gives an object of attributes
    pub attributes: Template,
}

/// How many of the events that pass the filters are consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// `one`: one event.
    One,
    /// `any`: the first that passes one of the filters; with `until` every such event until then.
    Any,
    /// `all`: one event for each filter.
    All,
}

/// `listen.to.until`
#[derive(Debug)]
pub enum Until {
    /// A condition on what has been consumed.
    Holds(Expr),
    /// Other events: those of the filters behind the first [`Listen::items`].
    Consumed(Strategy),
}

/// `listen`
#[derive(Debug)]
pub struct Listen {
    /// `to`
    pub to: Strategy,
    /// `to.until`
    pub until: Option<Until>,
    /// Every filter: those of `to`, then those of `until`.
    pub filters: Vec<EventFilter>,
    /// How many of the filters are those of `to`.
    pub items: usize,
    /// `read`
    pub read: EventRead,
    /// `foreach`
    pub foreach: Option<Foreach>,
}

impl Listen {
    /// The strategy that a filter belongs to, and where that strategy's filters are.
    pub fn group(&self, filter: usize) -> (Strategy, std::ops::Range<usize>) {
        match &self.until {
            Some(Until::Consumed(strategy)) if filter >= self.items => {
                (*strategy, self.items..self.filters.len())
            }
            Some(Until::Consumed(_) | Until::Holds(_)) | None => (self.to, 0..self.items),
        }
    }
}

/// How consumed events are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventRead {
    /// What the event carries, by its content type.
    Data,
    /// The whole event, with its attributes.
    Envelope,
    /// The bytes that the event carries, base 64.
    Raw,
}

/// Which events are taken.
#[derive(Debug)]
pub struct EventFilter {
    /// The `type`, when the filter takes one literal type: what a store can look events up by.
    pub kind: Option<Arc<str>>,
    /// `with`: attributes, and `data`, each with what it must be.
    pub with: Vec<(Arc<str>, Matcher)>,
    /// `correlate`, sorted by name.
    pub correlate: Vec<Correlation>,
}

impl EventFilter {
    /// Whether the correlation values of an event can be told without looking at an execution.
    pub fn indexed(&self) -> bool {
        !self.correlate.is_empty() && self.correlate.iter().all(|own| own.from.variables().is_empty())
    }
}

/// One entry of `correlate`.
#[derive(Debug)]
pub struct Correlation {
    /// Its name. What one event has shown under a name is expected of all others of the same `listen`.
    pub name: Arc<str>,
    /// `from`, evaluated on the whole event
    pub from: Expr,
    /// `expect`
    pub expect: Option<Template>,
}

/// `foreach` of a `listen`
#[derive(Debug)]
pub struct Foreach {
    /// Name of the item variable, without `$`.
    pub item: Arc<str>,
    /// Name of the index variable, without `$`.
    pub at: Arc<str>,
    /// `do`
    pub body: Option<ScopeId>,
    /// `output`
    pub output: Transform,
    /// `export`
    pub export: Transform,
}

/// `schedule.on`: events that start an execution, each alone.
#[derive(Debug)]
pub struct StartsOn {
    /// The filters, of which one is enough.
    pub filters: Vec<EventFilter>,
    /// `schedule.read`
    pub read: EventRead,
}

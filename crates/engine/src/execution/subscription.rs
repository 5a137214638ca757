//! By what an execution is found when an event comes, and which definitions an event starts.
//!
//! A subscription may promise too much and never too little: whoever finds an execution delivers the event, and the
//! execution decides. Deliberately absent: the index itself, and who looks things up in it.

use super::correlation::{self, Nothing};
use super::event::Event;
use super::frame::{Frame, ListenState, State};
use super::state::Execution;
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Definition, EventFilter, Kind, Listen};
use tenure_types::TaskRef;

/// Something that an execution would consume now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription {
    /// The literal `type` of the filter; `None` when it may take any.
    pub kind: Option<Arc<str>>,
    /// The `listen`.
    pub task: TaskRef,
    /// Which of its filters.
    pub filter: u32,
    /// Hash of the correlation values that it expects; `None` when it expects none yet.
    pub correlation: Option<[u8; 16]>,
}

impl Execution {
    /// What it would consume now, sorted and without duplicates. The definition is the one that it runs.
    pub fn subscriptions(&self, def: &Definition) -> Vec<Subscription> {
        let mut found = vec![];
        for frame in self.frames.values() {
            let Some(state) = listening(frame) else { continue };
            let task = &frame.place.task;
            let Some(listen) = listen_of(def, task) else { continue };
            for filter in wanted(listen, state) {
                let declared = &listen.filters[filter];
                let expected = &state.wants[filter].correlate;
                found.push(Subscription {
                    kind: declared.kind.clone(),
                    task: Arc::clone(task),
                    filter: number(filter),
                    correlation: correlation::waits_under(declared, expected, &state.shown),
                });
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// The values of [`Subscription::correlation`] under which executions may want this event at this filter. `None` is
/// always one of them. Empty when the definition has no such filter.
pub fn addresses(def: &Definition, task: &str, filter: u32, event: &Event) -> Vec<Option<[u8; 16]>> {
    let declared = listen_of(def, task).and_then(|listen| listen.filters.get(filter as usize));
    declared.map_or_else(Vec::new, |declared| correlation::found_under(declared, event))
}

/// The literal `type`s of the events that start executions of this definition; `None` stands for any type. Empty when
/// no event does.
pub fn start_kinds(def: &Definition) -> Vec<Option<Arc<str>>> {
    let filters = def.program.starts_on.as_ref().map_or(&[][..], |on| &on.filters);
    let mut kinds: Vec<_> = filters.iter().map(|filter| filter.kind.clone()).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// The input of the execution that this event starts: an array with the event, read as the definition says. `None`
/// when it starts none.
pub fn starts(def: &Definition, event: &Event) -> Option<Json> {
    let on = def.program.starts_on.as_ref()?;
    let passes = |filter: &EventFilter| {
        let expected = |own: &tenure_dsl::program::Correlation| {
            let value =
                own.expect.as_ref().map(|expect| expect.eval(&Json::null(), &Nothing)).transpose().ok()?;
            Some((Arc::clone(&own.name), value.as_ref().map(correlation::text)))
        };
        // An expectation that cannot be computed is met by nothing.
        let expected: Option<Vec<_>> = filter.correlate.iter().map(expected).collect();
        let shown = correlation::Shown::new();
        expected.is_some_and(|own| correlation::passes(filter, &own, &shown, event, &Nothing).is_some())
    };
    on.filters.iter().any(passes).then(|| Json::array([event.read(on.read)]))
}

/// The state of a `listen` that still takes events.
pub(super) fn listening(frame: &Frame) -> Option<&ListenState> {
    match &frame.state {
        State::Listen(state) if frame.ending.is_none() && !state.closed => Some(state),
        State::Listen(_)
        | State::Instant
        | State::List(_)
        | State::For(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_)
        | State::Fork(_)
        | State::Try(_)
        | State::Wait { .. }
        | State::Call(_)
        | State::Compensate
        | State::Emit(_)
        | State::Child(_)
        | State::Undo(_) => None,
    }
}

/// The filters that still take events: those of `until` come first, for what ends a `listen` is not consumed by it.
pub(super) fn wanted(listen: &Listen, state: &ListenState) -> Vec<usize> {
    let open = |filter: &usize| !state.wants[*filter].once || !state.passed.contains(&number(*filter));
    (listen.items..listen.filters.len()).chain(0..listen.items).filter(open).collect()
}

/// A filter's number, as it is recorded.
pub(super) fn number(filter: usize) -> u32 {
    u32::try_from(filter).expect("the filters of a `listen` are limited")
}

fn listen_of<'d>(def: &'d Definition, task: &str) -> Option<&'d Listen> {
    let node = def.program.node(def.program.find(task)?);
    if let Kind::Listen(listen) = &node.kind { Some(listen) } else { None }
}

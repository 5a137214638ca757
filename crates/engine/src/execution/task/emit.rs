//! `emit`: the event is made once, when the task starts; the task completes when it is published.
//!
//! Publishing may be repeated after a crash: the event keeps its id, by which everybody who takes it recognises it.
//! Deliberately absent: who takes it.

use super::super::command;
use super::super::dataflow;
use super::super::effect::FrameId;
use super::super::event::{Event, EventError};
use super::super::frame::State;
use super::super::history::Begun;
use super::super::key;
use super::super::step::Turn;
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::Emit;

pub(super) fn prepare(turn: &Turn<'_>, entering: &Entering<'_>, emit: &Emit) -> Result<(Begun, Next), Error> {
    let scope = entering.scope(turn);
    let given = dataflow::eval(&emit.attributes, entering.input(), &scope, "emit.event.with")?;
    let given = given.entries().ok_or_else(|| Error::expression("`emit.event.with` gives no object"))?;
    let event = Event::parse(completed(turn, given)).map_err(|error| match error {
        EventError::TooLarge(_) => Error::runtime(format!("`emit.event.with`: {error}")),
        EventError::NotAnObject
        | EventError::Missing(_)
        | EventError::Version(_)
        | EventError::Attribute { .. }
        | EventError::TwoData => Error::expression(format!("`emit.event.with`: {error}")),
    })?;
    Ok((Begun::Emit { event: Arc::new(event) }, Next::Wait))
}

/// What the author gives, and what the engine gives where the author gives nothing.
fn completed(turn: &Turn<'_>, given: Vec<(Arc<str>, Json)>) -> Json {
    let definition = &turn.def.id;
    let source = format!("/{}/{}/{}", definition.namespace, definition.name, definition.version);
    let id = key::of_event(&turn.exec, command::next_frame(turn)).text();
    let own = [
        (Arc::from("specversion"), Json::string("1.0")),
        (Arc::from("id"), Json::string(&id)),
        (Arc::from("source"), Json::string(&source)),
        (Arc::from("type"), Json::null()),
        (Arc::from("time"), Json::string(&turn.now.at.to_string())),
    ];
    let missing = |name: &str, value: &Json| name != "data" && value.is_null();
    Json::object(own.into_iter().chain(given.into_iter().filter(|(name, value)| !missing(name, value))))
}

/// The event is published.
pub(in super::super) fn published(turn: &mut Turn<'_>, id: FrameId) {
    let event = turn.exec.frames.get(&id).and_then(|frame| match &frame.state {
        State::Emit(event) => Some(event.envelope().clone()),
        State::Instant
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
        | State::Listen(_)
        | State::Child(_)
        | State::Undo(_) => None,
    });
    if let Some(event) = event {
        turn.finish(id, event, None);
    }
}

//! `try`: a list whose errors may be caught, tried again, or handed to another list.

use super::super::dataflow;
use super::super::effect::FrameId;
use super::super::env::Scope;
use super::super::frame::{Frame, State, TryState};
use super::super::history::{Begun, Fact, Slot};
use super::super::retry::{self, Question};
use super::super::step::{Reach, Turn};
use super::Next;
use std::sync::Arc;
use tenure_dsl::error::{Error, canonical_type};
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::program::{ErrorFilter, Flow, Kind, Node, Try};
use tenure_types::Timestamp;

pub(super) fn prepare(guarded: &Try) -> (Begun, Next) {
    (Begun::Try { variable: Arc::clone(&guarded.variable) }, Next::Own)
}

/// Begins the first try.
pub(super) fn start(turn: &mut Turn<'_>, id: FrameId) {
    let (_, guarded) = declared(turn, id);
    let limited = guarded.retry.as_ref().is_some_and(|retry| retry.attempt_duration.is_some());
    if limited { restart(turn, id) } else { turn.begin_list(id, Slot::Body, guarded.body) }
}

/// Begins a try.
pub(in super::super) fn restart(turn: &mut Turn<'_>, id: FrameId) {
    let (_, guarded) = declared(turn, id);
    match try_due(turn, id) {
        Ok(due) => {
            let place = turn.exec.frame(id).place.clone();
            turn.record(Fact::TryStarted { frame: id, place, due });
            turn.begin_list(id, Slot::Body, guarded.body);
        }
        Err(error) => turn.fault(id, error, Reach::Catchable, false),
    }
}

/// When a try that begins now must have ended.
fn try_due(turn: &Turn<'_>, id: FrameId) -> Result<Option<Timestamp>, Error> {
    let (node, guarded) = declared(turn, id);
    let Some(limit) = guarded.retry.as_ref().and_then(|retry| retry.attempt_duration.as_ref()) else {
        return Ok(None);
    };
    let frame = turn.exec.frame(id);
    let scope = Scope::of_frame(turn, frame, node);
    let ms = dataflow::span(limit, &frame.input, &scope, "retry.limit.attempt.duration")?;
    Ok(Some(turn.now.at.plus_ms(ms)))
}

fn declared<'a>(turn: &Turn<'a>, id: FrameId) -> (&'a Node, &'a Try) {
    let node = turn.node_of(id);
    let node = turn.node(node);
    let Kind::Try(guarded) = &node.kind else { unreachable!("`{}` is a `try`", node.task) };
    (node, guarded)
}

fn state(frame: &Frame) -> &TryState {
    let State::Try(state) = &frame.state else { unreachable!("{:?} is a `try`", frame.id) };
    state
}

/// The guarded list or `catch.do` has come to its end.
pub(in super::super) fn list_ended(
    turn: &mut Turn<'_>,
    id: FrameId,
    slot: Slot,
    data: Json,
    flow: Option<Flow>,
) {
    let (_, guarded) = declared(turn, id);
    let caught = match slot {
        Slot::Handler => guarded.then,
        Slot::Body | Slot::Branch(_) | Slot::Undo | Slot::Probe | Slot::Before | Slot::After => None,
    };
    turn.finish(id, data, flow.or(caught));
}

/// What a `try` does about an error of its list.
enum Verdict {
    /// It is not for this `catch`.
    Pass,
    Retry(Timestamp),
    Handle,
    /// Caught, and there is nothing more to do about it.
    Swallow,
}

/// An error has come out of the guarded list.
pub(in super::super) fn catch(turn: &mut Turn<'_>, id: FrameId, error: Error) {
    let place = turn.exec.frame(id).place.clone();
    let (_, guarded) = declared(turn, id);
    match verdict(turn, id, &error) {
        Err(broken) => turn.fault(id, broken.at(&place.task), Reach::Catchable, false),
        Ok(Verdict::Pass) => turn.fault(id, error, Reach::Catchable, false),
        Ok(Verdict::Retry(due)) => {
            let retry = state(turn.exec.frame(id)).retries + 1;
            turn.record(Fact::TryRetried { frame: id, place, retry, error, due });
            if due <= turn.now.at {
                restart(turn, id);
            }
        }
        Ok(Verdict::Handle) => {
            turn.record(Fact::ErrorCaught { frame: id, place, error });
            let handler = guarded.handler.expect("there is a `catch.do`");
            turn.begin_list(id, Slot::Handler, handler);
        }
        Ok(Verdict::Swallow) => {
            turn.record(Fact::ErrorCaught { frame: id, place, error });
            let input = turn.exec.frame(id).input.clone();
            turn.finish(id, input, guarded.then);
        }
    }
}

fn verdict(turn: &Turn<'_>, id: FrameId, error: &Error) -> Result<Verdict, Error> {
    let (node, guarded) = declared(turn, id);
    let frame = turn.exec.frame(id);
    let extra = [(Arc::clone(&guarded.variable), turn.exec.described(error))];
    let scope = Scope::of_frame(turn, frame, node).extra(&extra);
    if !caught(guarded, error, &frame.input, &scope)? {
        return Ok(Verdict::Pass);
    }
    if let Some(policy) = &guarded.retry {
        let retries = state(frame).retries;
        let noise = retry::noise(turn.exec.id(), id.0, retries);
        let question = Question { policy, retries, since: frame.started_at, now: turn.now.at, noise };
        if let Some(due) = question.next(&frame.input, &scope)? {
            return Ok(Verdict::Retry(due));
        }
    }
    Ok(match (guarded.handler, guarded.then, &guarded.retry) {
        (Some(_), _, _) => Verdict::Handle,
        // A `catch` that only retries has nothing to offer once it does not.
        (None, None, Some(_)) => Verdict::Pass,
        (None, Some(_), _) | (None, None, None) => Verdict::Swallow,
    })
}

fn caught(guarded: &Try, error: &Error, dot: &Json, scope: &Scope<'_>) -> Result<bool, Error> {
    if !matches(&guarded.filter, error, dot, scope)? {
        return Ok(false);
    }
    if let Some(when) = &guarded.when
        && !dataflow::holds(when, dot, scope, "catch.when")?
    {
        return Ok(false);
    }
    match &guarded.except_when {
        Some(except) => Ok(!dataflow::holds(except, dot, scope, "catch.exceptWhen")?),
        None => Ok(true),
    }
}

fn matches(filter: &ErrorFilter, error: &Error, dot: &Json, scope: &Scope<'_>) -> Result<bool, Error> {
    let wanted = |template: &Option<Template>, what: &str| match template {
        Some(template) => dataflow::eval(template, dot, scope, what).map(Some),
        None => Ok(None),
    };
    if let Some(kind) = wanted(&filter.kind, "catch.errors.with.type")?
        && kind.as_str().is_none_or(|kind| canonical_type(kind) != canonical_type(&error.kind))
    {
        return Ok(false);
    }
    if let Some(status) = wanted(&filter.status, "catch.errors.with.status")?
        && status.as_u64() != Some(u64::from(error.status))
    {
        return Ok(false);
    }
    for (template, what, own) in [
        (&filter.title, "catch.errors.with.title", &error.title),
        (&filter.detail, "catch.errors.with.detail", &error.detail),
        (&filter.instance, "catch.errors.with.instance", &error.instance),
    ] {
        if let Some(text) = wanted(template, what)?
            && text.as_str() != own.as_deref()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

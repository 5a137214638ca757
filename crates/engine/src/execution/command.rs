//! What clients ask for, and how an execution begins and ends.

use super::compensation;
use super::dataflow;
use super::effect::FrameId;
use super::env::Scope;
use super::frame::ROOT;
use super::history::{Begin, Ending, Fact, Reason, Slot, Started, Target};
use super::inbox;
use super::input::{Actor, Rejected, Start};
use super::interrupt;
use super::state::{Execution, at_once};
use super::step::{Reach, Turn};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::expr::Expr;
use tenure_dsl::json::Json;
use tenure_dsl::limits::LIMIT_KEY_BYTES_MAX;
use tenure_types::limits::PAYLOAD_BYTES_MAX;
use tenure_types::{Status, Timestamp};

/// Refuses commands to an execution that does not exist or has ended.
pub(super) fn alive(exec: &Execution) -> Result<(), Rejected> {
    if !exec.exists() {
        return Err(Rejected::NotFound);
    }
    match &exec.end {
        Some(end) => Err(Rejected::Ended(end.status)),
        None => Ok(()),
    }
}

/// Begins an execution, now or later.
pub(super) fn start(turn: &mut Turn<'_>, start: Start) -> Result<(), Rejected> {
    if turn.exec.exists() {
        return started_before(turn, &start);
    }
    accept(turn, &start.input)?;
    let Start { input, key, correlation_id, labels, start_at, signal, by, parent } = start;
    let start_at = start_at.filter(|at| *at > turn.now.at);
    let (begin, next) = match start_at {
        Some(_) => (None, Next::Nothing),
        None => next(turn, &input),
    };
    turn.record(Fact::Started(Box::new(Started {
        definition: turn.def.id.clone(),
        digest: turn.def.digest,
        input,
        key,
        correlation_id,
        labels: labels.into(),
        by: by.clone(),
        start_at,
        begin,
    })));
    if let Some(parent) = parent {
        turn.record(Fact::BecameChild(parent));
    }
    if let Some(signal) = signal {
        inbox::signal(turn, &signal, by);
    }
    go_on(turn, next);
    Ok(())
}

/// What follows a start.
enum Next {
    /// Its time has not come.
    Nothing,
    /// It waits for a place under its limit.
    Place(Fact),
    /// Its first task, or the error that keeps it from it.
    FirstTask(Option<Error>),
}

/// How an execution begins whose time has come; without a beginning it waits for a place first.
fn next(turn: &Turn<'_>, raw: &Json) -> (Option<Begin>, Next) {
    match limited(turn, raw) {
        Ok(Some(queued)) => (None, Next::Place(queued)),
        Ok(None) => {
            let (begin, failed) = begun(turn, raw);
            (Some(begin), Next::FirstTask(failed))
        }
        Err(error) => (Some(Begin { input: None, deadline: None }), Next::FirstTask(Some(error))),
    }
}

fn go_on(turn: &mut Turn<'_>, next: Next) {
    match next {
        Next::Nothing => {}
        Next::Place(queued) => turn.record(queued),
        Next::FirstTask(failed) => first_task(turn, failed),
    }
}

/// A parent may ask for the same child again: it has it.
fn started_before(turn: &Turn<'_>, start: &Start) -> Result<(), Rejected> {
    match (&start.parent, turn.exec.parent()) {
        (Some(asking), Some(parent)) if **asking == *parent => Ok(()),
        _ => Err(Rejected::Conflict("the execution was started already".into())),
    }
}

/// The time of a delayed start has come.
pub(super) fn release(turn: &mut Turn<'_>) {
    let due = |(timer, due): (super::TimerId, Timestamp)| timer.frame.is_none() && due <= turn.now.at;
    let pending = turn.exec.began_at.is_none() && turn.exec.timers().any(due);
    if !pending {
        return;
    }
    let input = turn.exec.input().clone();
    let (begin, next) = next(turn, &input);
    if let Some(begin) = begin {
        turn.record(Fact::Released(Box::new(begin)));
    }
    go_on(turn, next);
}

/// There is a place under the limit, or there will be none.
pub(super) fn admitted(turn: &mut Turn<'_>, granted: bool) {
    if !turn.exec.queued() {
        return;
    }
    if !granted {
        let limit = turn.exec.limit().map_or_else(String::new, |limit| at_once(limit.max, &limit.key));
        let detail = format!("`limits`: {limit}, and all places are taken");
        turn.record(Fact::Faulted { error: Error::runtime(detail).at("/") });
        return;
    }
    let input = turn.exec.input().clone();
    let (begin, failed) = begun(turn, &input);
    turn.record(Fact::Released(Box::new(begin)));
    first_task(turn, failed);
}

/// What an execution waits for whose definition has a limit.
fn limited(turn: &Turn<'_>, raw: &Json) -> Result<Option<Fact>, Error> {
    let Some(limit) = &turn.def.program.limit else { return Ok(None) };
    let key = match &limit.key {
        Some(key) => limit_key(turn, key, raw)
            .map_err(|why| Error::expression(format!("`limits.key`: {why}")).at("/"))?,
        None => Arc::from(""),
    };
    Ok(Some(Fact::Queued { key, max: limit.max, faults: limit.faults }))
}

/// The value of a limit's key. Stores keep it readable, as they keep search attributes.
fn limit_key(turn: &Turn<'_>, key: &Expr, raw: &Json) -> Result<Arc<str>, String> {
    let scope = Scope::of_start(turn.def, &turn.exec, raw, turn.now.at).input(raw);
    let value = key.eval(raw, &scope).map_err(|error| error.to_string())?;
    if value.len_bytes() > LIMIT_KEY_BYTES_MAX {
        return Err(format!("larger than the limit `limit_key_bytes_max` of {LIMIT_KEY_BYTES_MAX} bytes"));
    }
    if turn.def.program.sensitive.masks([raw]).is_sensitive(&value) {
        return Err("the value is sensitive".into());
    }
    Ok(Arc::from(value.text()))
}

fn accept(turn: &Turn<'_>, input: &Json) -> Result<(), Rejected> {
    if input.len_bytes() > PAYLOAD_BYTES_MAX {
        let detail = format!("larger than the limit `payload_bytes_max` of {PAYLOAD_BYTES_MAX} bytes");
        return Err(Rejected::InvalidInput(vec![(String::new(), detail)]));
    }
    let Some(schema) = &turn.def.program.input.schema else { return Ok(()) };
    schema.validate(input).map_err(|violations| {
        Rejected::InvalidInput(violations.into_iter().map(|v| (v.pointer, v.detail)).collect())
    })
}

/// How it begins: with an error when the input cannot be mapped or the timeout cannot be computed.
fn begun(turn: &Turn<'_>, raw: &Json) -> (Begin, Option<Error>) {
    let program = &turn.def.program;
    let scope = Scope::of_start(turn.def, &turn.exec, raw, turn.now.at);
    let input = match &program.input.map {
        Some(from) => {
            let mapped = dataflow::eval_opaque(from, raw, &scope, "input.from");
            mapped.and_then(|input| dataflow::bounded(input, "input.from")).map(Some)
        }
        None => Ok(None),
    };
    let begin = input.and_then(|input| {
        let timeout = program.timeout.as_ref();
        let dot = input.as_ref().unwrap_or(raw);
        let ms = timeout.map(|after| dataflow::span(after, dot, &scope, "timeout.after")).transpose()?;
        Ok(Begin { input, deadline: ms.map(|ms| turn.now.at.plus_ms(ms)) })
    });
    match begin {
        Ok(begin) => (begin, None),
        Err(error) => (Begin { input: None, deadline: None }, Some(error.at("/"))),
    }
}

fn first_task(turn: &mut Turn<'_>, failed: Option<Error>) {
    if let Some(error) = failed {
        return fault(turn, error, Reach::Catchable);
    }
    turn.begin_list(ROOT, Slot::Body, turn.def.program.root);
}

/// Ends the execution as soon as nothing is under way; undoes it when asked to.
pub(super) fn cancel(
    turn: &mut Turn<'_>,
    compensate: bool,
    reason: Option<Arc<str>>,
    by: Actor,
) -> Result<(), Rejected> {
    match alive(&turn.exec) {
        Err(Rejected::Ended(Status::Cancelled)) => return Ok(()),
        other => other?,
    }
    if turn.exec.cancel.is_some() {
        return Ok(());
    }
    turn.record(Fact::CancelRequested { by, reason, compensate });
    if turn.exec.began_at.is_none() {
        turn.record(Fact::Cancelled);
        return Ok(());
    }
    let root = turn.exec.frame(ROOT);
    if root.ending.is_none() && root.unwinding.is_none() {
        let grace = Some(interrupt::grace(turn.now.at));
        interrupt::break_off(turn, ROOT, Ending::Cancelled, grace);
    }
    Ok(())
}

/// Ends the execution at once.
pub(super) fn terminate(turn: &mut Turn<'_>, reason: Option<Arc<str>>, by: Actor) -> Result<(), Rejected> {
    match alive(&turn.exec) {
        Err(Rejected::Ended(Status::Terminated)) => return Ok(()),
        other => other?,
    }
    turn.record(Fact::Terminated { by, reason });
    Ok(())
}

/// The document's list has come to its end.
pub(super) fn complete(turn: &mut Turn<'_>, data: Json) {
    let scope = Scope::inside(turn, ROOT);
    match dataflow::emerge(&turn.def.program.output, data, &scope) {
        Ok(output) => turn.record(Fact::Completed { output }),
        Err(error) => fault(turn, error.at("/"), Reach::Catchable),
    }
}

/// An error that nothing caught: undoes what can be undone, then the execution has faulted.
pub(super) fn fault(turn: &mut Turn<'_>, error: Error, reach: Reach) {
    let error = if error.instance.is_some() { error } else { error.at("/") };
    let wanted = turn.def.program.compensation.on_fault || reach == Reach::Root;
    unwind_or(turn, wanted, Reason::Fault, Some(error.clone()), Fact::Faulted { error });
}

/// Everything under way has ended after a cancel.
pub(super) fn cancelled(turn: &mut Turn<'_>) {
    let wanted = turn.exec.cancel.as_ref().is_some_and(|cancel| cancel.compensate);
    unwind_or(turn, wanted, Reason::Cancel, None, Fact::Cancelled);
}

fn unwind_or(turn: &mut Turn<'_>, wanted: bool, reason: Reason, error: Option<Error>, end: Fact) {
    if wanted && !turn.exec.frame(ROOT).log.is_empty() {
        compensation::start(turn, ROOT, Target::Own, reason, error);
    } else {
        turn.record(end);
    }
}

/// The execution has undone itself, or given up on it.
pub(super) fn unwound(turn: &mut Turn<'_>, reason: Reason, error: Option<Error>) {
    if turn.exec.end.is_some() {
        // It undid itself for its parent: it stays what it was.
        return;
    }
    match (reason, error) {
        (Reason::Cancel | Reason::Explicit, _) | (Reason::Fault, None) => turn.record(Fact::Cancelled),
        (Reason::Fault, Some(error)) => turn.record(Fact::Faulted { error }),
    }
}

/// The activation that the next fact opens.
pub(super) fn next_frame(turn: &Turn<'_>) -> FrameId {
    FrameId(turn.exec.frames_started)
}

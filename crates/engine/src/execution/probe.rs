//! Probes: a call whose outcome is unknown is asked for, by tasks that the author declares beside it.
//!
//! A probe says that the step was executed, that it was not, or neither. It is asked a few times; what nobody can tell
//! then is left to `onUncertain`. A late answer to the call itself overtakes a probe under way.

use super::attempt;
use super::dataflow;
use super::effect::FrameId;
use super::env::Scope;
use super::history::{Ending, Fact, Slot, Verdict};
use super::interrupt;
use super::step::{Enter, Reach, Turn};
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Probe, Span};

/// The outcome of a call has just become unknown. `false`: there is nobody to ask.
pub(super) fn begin(turn: &mut Turn<'_>, id: FrameId) -> bool {
    let Some(probe) = declared(turn, id) else { return false };
    schedule(turn, id, 1, &probe.after, "probe.after");
    true
}

/// The time of a probe has come.
pub(super) fn start(turn: &mut Turn<'_>, id: FrameId) {
    let probe = declared(turn, id).expect("only a declared probe is scheduled");
    let place = turn.exec.frame(id).place.clone();
    turn.record(Fact::ProbeStarted { frame: id, place, number: number(turn, id) });
    let node = *turn.def.program.scope(probe.body).nodes.first().expect("a list has at least one task");
    let round = turn.exec.frame(id).list().map_or(0, |list| list.round);
    turn.queue(Enter { parent: id, slot: Slot::Probe, node, round });
}

/// The tasks of a probe have ended; their output says what is known.
pub(super) fn answered(turn: &mut Turn<'_>, id: FrameId) {
    let verdict = match verdict(turn, id) {
        Ok(verdict) => verdict,
        Err(error) => unknown(&error),
    };
    end(turn, id, verdict);
}

/// The tasks of a probe have failed: they say nothing.
pub(super) fn failed(turn: &mut Turn<'_>, id: FrameId, error: &Error) {
    end(turn, id, unknown(error));
}

/// The call itself was answered while a probe was asking.
pub(super) fn overtaken(turn: &mut Turn<'_>, id: FrameId, answer: Result<Json, Error>, executed: bool) {
    if turn.exec.frame(id).ending.is_some() {
        return;
    }
    let ending = match answer {
        Ok(output) => Ending::Answered { output },
        Err(error) => Ending::Refused { error, executed },
    };
    interrupt::break_off(turn, id, ending, None);
}

fn declared<'a>(turn: &Turn<'a>, id: FrameId) -> Option<&'a Probe> {
    turn.node(turn.node_of(id)).probe.as_deref()
}

fn number(turn: &Turn<'_>, id: FrameId) -> u32 {
    let call = turn.exec.frame(id).call().expect("only calls are probed");
    call.probe.as_ref().map_or(0, |probe| probe.number)
}

fn schedule(turn: &mut Turn<'_>, id: FrameId, number: u32, pause: &Span, what: &str) {
    let frame = turn.exec.frame(id);
    let scope = Scope::of_frame(turn, frame, turn.node(turn.node_of(id)));
    // A pause that cannot be computed is no reason not to ask.
    let ms = dataflow::span(pause, &frame.input, &scope, what).unwrap_or(tenure_dsl::limits::PROBE_EVERY_MS);
    let (place, due) = (frame.place.clone(), turn.now.at.plus_ms(ms));
    turn.record(Fact::ProbeScheduled { frame: id, place, number, due });
}

fn verdict(turn: &Turn<'_>, id: FrameId) -> Result<Verdict, Error> {
    let probe = declared(turn, id).expect("only a declared probe is asked");
    let frame = turn.exec.frame(id);
    let scope = Scope::of_frame(turn, frame, turn.node(turn.node_of(id)));
    let executed = probe.executed.eval(frame.data(), &scope);
    let executed = executed.map_err(|error| Error::expression(format!("`probe.executed`: {error}")))?;
    match executed.text() {
        "true" => {
            let output = dataflow::eval(&probe.output, frame.data(), &scope, "probe.output")?;
            Ok(Verdict::Executed { output: dataflow::bounded(output, "probe.output")? })
        }
        "false" => Ok(Verdict::NotExecuted),
        _ => Ok(Verdict::Unknown { detail: "the probe says neither `true` nor `false`".into() }),
    }
}

fn unknown(error: &Error) -> Verdict {
    let detail = error.detail.as_deref().or(error.title.as_deref()).unwrap_or("the probe failed");
    Verdict::Unknown { detail: detail.into() }
}

fn end(turn: &mut Turn<'_>, id: FrameId, verdict: Verdict) {
    let probe = declared(turn, id).expect("only a declared probe is asked");
    let number = number(turn, id);
    let place = turn.exec.frame(id).place.clone();
    turn.record(Fact::ProbeEnded { frame: id, place, number, verdict: verdict.clone() });
    match verdict {
        Verdict::Executed { output } => turn.finish(id, output, None),
        Verdict::NotExecuted => not_executed(turn, id),
        Verdict::Unknown { .. } if number < probe.count => {
            schedule(turn, id, number + 1, &probe.every, "probe.every");
        }
        Verdict::Unknown { .. } => attempt::unresolved(turn, id),
    }
}

/// What was not executed is tried again, as after a request that never left, until the step's time is over.
fn not_executed(turn: &mut Turn<'_>, id: FrameId) {
    let call = turn.exec.frame(id).call().expect("only calls are probed");
    if call.deadline > turn.now.at {
        return attempt::start(turn, id);
    }
    let error = Error::timeout("the step was not executed within its time");
    turn.fault(id, error, Reach::Catchable, false);
}

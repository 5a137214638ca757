//! The attempt protocol: intent, outcome, and what an outcome that nobody knows leads to.

use super::dataflow;
use super::effect::FrameId;
use super::frame::{CallPhase, CallState, Frame};
use super::history::{AttemptStarted, Cause, CauseClass, Fact};
use super::input::{Actor, Answer, CallOutcome, Rejected, Resolution};
use super::interrupt;
use super::limits::SEND_WINDOW_MS;
use super::probe;
use super::request::Request;
use super::retry;
use super::step::{Reach, Turn};
use super::task::{call_grpc, call_http, call_rpc, run_process};
use tenure_dsl::error::Error;
use tenure_dsl::program::{Kind, Mode, OnUncertain};

/// Whether a call may be on its way.
pub(super) fn open(frame: &Frame) -> bool {
    frame.call().is_some_and(|call| match call.phase {
        CallPhase::Open { .. } => true,
        CallPhase::Ready | CallPhase::Backoff { .. } | CallPhase::Uncertain { .. } => false,
    })
}

/// The intent to send the next attempt.
pub(super) fn start(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    let call = call_of(frame);
    let now = turn.now.at;
    // An operator may order an attempt after the step's time is over: it then gets the same time again.
    let deadline = if call.deadline > now {
        call.deadline
    } else {
        now.plus_ms(call.deadline.ms_since(frame.started_at))
    };
    let intent = AttemptStarted {
        frame: id,
        place: frame.place.clone(),
        attempt: call.attempt + 1,
        epoch: turn.now.epoch,
        send_by: now.plus_ms(SEND_WINDOW_MS).min(deadline),
        deadline,
    };
    turn.record(Fact::AttemptStarted(Box::new(intent)));
}

/// An attempt has ended, as far as the dispatcher can tell.
pub(super) fn finished(turn: &mut Turn<'_>, id: FrameId, attempt: u32, outcome: CallOutcome) {
    let Some(call) = turn.exec.frames.get(&id).and_then(|frame| frame.call()) else { return };
    if call.attempt != attempt {
        return;
    }
    match (&call.phase, outcome) {
        (CallPhase::Open { .. } | CallPhase::Uncertain { .. }, CallOutcome::Answered(answer)) => {
            answered(turn, id, &answer);
        }
        (CallPhase::Open { .. }, CallOutcome::NotSent { cause, detail }) => {
            no_answer(turn, id, Cause { class: CauseClass::NotSent, word: cause, detail });
        }
        (CallPhase::Open { .. }, CallOutcome::Refused { detail }) => {
            no_answer(turn, id, Cause { class: CauseClass::Refused, word: "refused".into(), detail });
        }
        (CallPhase::Open { .. }, CallOutcome::Unknown { cause, detail }) => {
            no_answer(turn, id, Cause { class: CauseClass::Unknown, word: cause, detail });
        }
        (
            CallPhase::Uncertain { .. },
            CallOutcome::NotSent { .. } | CallOutcome::Refused { .. } | CallOutcome::Unknown { .. },
        )
        | (CallPhase::Ready | CallPhase::Backoff { .. }, _) => {}
    }
}

/// An attempt was found open whose owner is gone.
pub(super) fn lost(turn: &mut Turn<'_>, id: FrameId, attempt: u32) {
    let Some(call) = turn.exec.frames.get(&id).and_then(|frame| frame.call()) else { return };
    let CallPhase::Open { epoch, .. } = call.phase else { return };
    if call.attempt != attempt || epoch == turn.now.epoch {
        return;
    }
    let (class, word) = (CauseClass::Lost, "owner_lost".into());
    no_answer(
        turn,
        id,
        Cause { class, word, detail: "the node that was to send the request is gone".into() },
    );
}

/// The step's own time is over.
pub(super) fn timed_out(turn: &mut Turn<'_>, id: FrameId) {
    let call = call_of(turn.exec.frame(id));
    match (&call.phase, call.mode) {
        (CallPhase::Open { .. }, Mode::AtMostOnce) => {
            let (class, word) = (CauseClass::Unknown, "timeout".into());
            uncertain(
                turn,
                id,
                Cause { class, word, detail: "no answer came before the step's `timeout`".into() },
            );
        }
        (CallPhase::Open { .. }, Mode::ExactlyOnceWithKey | Mode::AtLeastOnce) => {
            let error = Error::timeout("no answer came before the step's `timeout`");
            turn.fault(id, error, Reach::Catchable, true);
        }
        (CallPhase::Backoff { cause, .. }, _) => {
            let (cause, executed) = (cause.clone(), call.ambiguous);
            turn.fault(id, given_up(&cause), Reach::Catchable, executed);
        }
        (CallPhase::Ready | CallPhase::Uncertain { .. }, _) => {}
    }
}

/// An operator settles an unknown outcome.
pub(super) fn resolve(
    turn: &mut Turn<'_>,
    id: FrameId,
    resolution: Resolution,
    by: Actor,
) -> Result<(), Rejected> {
    if !turn.exec.frame(id).drained() {
        return Err(Rejected::Conflict(
            "a probe is asking about this call: resolve it when it has ended".into(),
        ));
    }
    let place = turn.exec.frame(id).place.clone();
    let resolved = Fact::Resolved { frame: id, place, resolution: resolution.clone(), by };
    match resolution {
        Resolution::Skip => {
            return Err(Rejected::Conflict(
                "an uncertain task cannot be skipped: complete, fail or retry it".into(),
            ));
        }
        Resolution::Retry => {
            turn.record(resolved);
            start(turn, id);
        }
        Resolution::Complete { output } => {
            if let Err(error) = dataflow::bounded(output.clone(), "output") {
                return Err(Rejected::Conflict(error.detail.unwrap_or_default()));
            }
            turn.record(resolved);
            turn.finish(id, output, None);
        }
        Resolution::Fail { reason } => {
            turn.record(resolved);
            let reason = reason.as_deref().unwrap_or("an operator found that the step was not executed");
            turn.fault(id, Error::runtime(reason), Reach::Catchable, false);
        }
    }
    Ok(())
}

fn call_of(frame: &Frame) -> &CallState {
    frame.call().expect("the activation is a call")
}

fn answered(turn: &mut Turn<'_>, id: FrameId, answer: &Answer) {
    let frame = turn.exec.frame(id);
    let call = call_of(frame);
    let protection = call.protection.as_deref();
    // An answer that says yes and cannot be used says all the same that the step was executed.
    let (executed, read) = match &call.request {
        Request::Http(request) => {
            (call_http::good(request, answer), call_http::read(request, protection, answer))
        }
        Request::Rpc(request) => {
            (call_rpc::good(request, answer), call_rpc::read(request, protection, answer))
        }
        Request::Grpc(request) => {
            let Kind::Grpc(call) = &turn.node(turn.node_of(id)).kind else {
                unreachable!("an execution is pinned to the definition that its requests were made from")
            };
            (call_grpc::good(answer), call_grpc::read(call, request, answer))
        }
        Request::Process(_) => {
            let Kind::Process(call) = &turn.node(turn.node_of(id)).kind else {
                unreachable!("an execution is pinned to the definition that its requests were made from")
            };
            (run_process::good(answer), run_process::read(call, &frame.input, answer))
        }
    };
    if !frame.drained() {
        return probe::overtaken(turn, id, read, executed);
    }
    match read {
        Ok(output) => turn.finish(id, output, None),
        Err(_) if frame.ending.is_some() => {
            let (parent, place) = (frame.parent, frame.place.clone());
            turn.record(Fact::TaskCancelled { frame: id, place, executed });
            interrupt::settle(turn, parent);
        }
        Err(error) => turn.fault(id, error, Reach::Catchable, executed),
    }
}

/// What the table of semantics.md says about an attempt without an answer.
fn no_answer(turn: &mut Turn<'_>, id: FrameId, cause: Cause) {
    let frame = turn.exec.frame(id);
    let call = call_of(frame);
    let known = match cause.class {
        CauseClass::NotSent | CauseClass::Refused => true,
        CauseClass::Unknown | CauseClass::Lost => false,
    };
    if frame.ending.is_some() {
        return drained(turn, id, cause, known);
    }
    if let Some(error) = verdict(&cause) {
        let executed = call.ambiguous;
        return turn.fault(id, error, Reach::Catchable, executed);
    }
    if known && &*cause.word == "switched_off" {
        // Fail closed, and at once: the operator's word does not change while the server runs.
        let (error, executed) = (Error::authorization(&*cause.detail), call.ambiguous);
        return turn.fault(id, error, Reach::Catchable, executed);
    }
    match (known, call.mode) {
        (false, Mode::AtMostOnce) => uncertain(turn, id, cause),
        (true, _) | (false, Mode::ExactlyOnceWithKey | Mode::AtLeastOnce) => back_off(turn, id, cause, known),
    }
}

/// What makes another attempt pointless: every one sends the same request, with the same credentials.
fn verdict(cause: &Cause) -> Option<Error> {
    let detail = &*cause.detail;
    match (cause.class, &*cause.word) {
        (CauseClass::NotSent, "invalid_request") => Some(Error::configuration(detail)),
        (CauseClass::NotSent, "authentication") => Some(Error::authentication(detail)),
        (CauseClass::NotSent, "authorization") => Some(Error::authorization(detail)),
        (CauseClass::NotSent | CauseClass::Refused | CauseClass::Unknown | CauseClass::Lost, _) => None,
    }
}

/// An interrupted call has ended without an answer.
fn drained(turn: &mut Turn<'_>, id: FrameId, cause: Cause, known: bool) {
    if !known {
        return interrupt::end_cancelled(turn, id, Some(cause));
    }
    let frame = turn.exec.frame(id);
    let (parent, place, executed) = (frame.parent, frame.place.clone(), call_of(frame).ambiguous);
    turn.record(Fact::TaskCancelled { frame: id, place, executed });
    interrupt::settle(turn, parent);
}

fn back_off(turn: &mut Turn<'_>, id: FrameId, cause: Cause, known: bool) {
    let frame = turn.exec.frame(id);
    let call = call_of(frame);
    let (attempt, place) = (call.attempt, frame.place.clone());
    let noise = retry::noise(turn.exec.id(), id.0, attempt);
    let mut due = turn.now.at.plus_ms(retry::engine_delay_ms(call.failures, noise));
    if let (false, Mode::AtLeastOnce, CallPhase::Open { send_by, .. }) = (known, call.mode, &call.phase) {
        due = due.max(*send_by);
    }
    if due >= call.deadline {
        let executed = call.ambiguous || !known;
        return turn.fault(id, given_up(&cause), Reach::Catchable, executed);
    }
    turn.record(Fact::TaskRetried { frame: id, place, attempt, cause, due });
}

fn given_up(cause: &Cause) -> Error {
    let detail = format!(
        "no attempt was answered within the step's time; the last one: {} ({})",
        cause.word, cause.detail
    );
    match cause.class {
        CauseClass::NotSent if &*cause.word == "egress_denied" => Error::communication(403, detail),
        CauseClass::NotSent | CauseClass::Refused => Error::communication(503, detail),
        CauseClass::Unknown | CauseClass::Lost => Error::timeout(detail),
    }
}

fn uncertain(turn: &mut Turn<'_>, id: FrameId, cause: Cause) {
    let frame = turn.exec.frame(id);
    let (place, attempt) = (frame.place.clone(), frame.attempt());
    turn.record(Fact::TaskUncertain { frame: id, place, attempt, cause });
    if !probe::begin(turn, id) {
        unresolved(turn, id);
    }
}

/// Nothing has told whether the call was executed: what the author declared for that.
pub(super) fn unresolved(turn: &mut Turn<'_>, id: FrameId) {
    let frame = turn.exec.frame(id);
    let (call, attempt) = (call_of(frame), frame.attempt());
    let CallPhase::Uncertain { cause, .. } = &call.phase else { unreachable!("its outcome is unknown") };
    let detail =
        format!("whether attempt {attempt} was executed is not known: {} ({})", cause.word, cause.detail);
    let reach = match call.on_uncertain {
        OnUncertain::Wait => return,
        OnUncertain::Fault => Reach::Catchable,
        OnUncertain::Compensate => Reach::Root,
    };
    let mut error = Error::runtime(detail);
    error.title = Some("uncertain".into());
    turn.fault(id, error, reach, true);
}

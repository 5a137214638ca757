//! A task with the tasks of an extension around it. Those see the task's data and change none of it, but for one thing: a
//! task before that ends with `then: exit` takes the task's place, and gives its output.

use super::super::dataflow;
use super::super::effect::FrameId;
use super::super::frame::{ExtendedState, State};
use super::super::history::{Begun, Fact, Onward, Slot, Stage};
use super::super::step::{Enter, Turn};
use super::{Entering, Next};
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Extended, Flow, Kind};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    extended: &Extended,
) -> Result<(Begun, Next), Error> {
    let applies = match &extended.when {
        Some(when) => dataflow::holds(when, &entering.raw, &entering.before_input(turn), "extension.when")?,
        None => true,
    };
    Ok((Begun::Extended { applies }, Next::Own))
}

/// Begins the tasks before, or the task.
pub(super) fn start(turn: &mut Turn<'_>, id: FrameId) {
    let applies = state(turn, id).applies;
    match declared(turn, id).before.filter(|_| applies) {
        Some(before) => turn.begin_list(id, Slot::Before, before),
        None => begin_task(turn, id),
    }
}

fn begin_task(turn: &mut Turn<'_>, id: FrameId) {
    let node = declared(turn, id).inner;
    turn.queue(Enter { parent: id, slot: Slot::Body, node, round: 0 });
}

/// The task has completed, and would go on so.
pub(in super::super) fn task_completed(turn: &mut Turn<'_>, id: FrameId, flow: Flow) {
    let state = state(turn, id);
    if let Some(after) = declared(turn, id).after.filter(|_| state.applies) {
        advance(turn, id, Stage::After { then: onward(flow) });
        turn.begin_list(id, Slot::After, after);
    } else {
        let output = state.list.data.clone();
        turn.finish(id, output, Some(flow));
    }
}

/// The tasks before or after have come to their end.
pub(in super::super) fn list_ended(turn: &mut Turn<'_>, id: FrameId, slot: Slot, data: Json, flow: Flow) {
    if slot == Slot::Before {
        return match flow {
            Flow::Exit => turn.finish(id, data, None),
            Flow::End => turn.finish(id, data, Some(Flow::End)),
            Flow::Continue | Flow::Goto(_) => {
                advance(turn, id, Stage::Task);
                begin_task(turn, id);
            }
        };
    }
    let (output, then) = state(turn, id).done.clone().expect("the tasks after follow the task");
    let then = if flow == Flow::End { Flow::End } else { back(then) };
    turn.finish(id, output, Some(then));
}

fn advance(turn: &mut Turn<'_>, id: FrameId, stage: Stage) {
    let place = turn.exec.frame(id).place.clone();
    turn.record(Fact::ExtensionAdvanced { frame: id, place, stage });
}

fn declared<'a>(turn: &Turn<'a>, id: FrameId) -> &'a Extended {
    let node = turn.node_of(id);
    let node = turn.node(node);
    let Kind::Extended(extended) = &node.kind else { unreachable!("`{}` is extended", node.task) };
    extended
}

fn state<'t>(turn: &'t Turn<'_>, id: FrameId) -> &'t ExtendedState {
    let State::Extended(state) = &turn.exec.frame(id).state else { unreachable!("{id:?} is extended") };
    state
}

fn onward(flow: Flow) -> Onward {
    match flow {
        Flow::Continue => Onward::Continue,
        Flow::Exit => Onward::Exit,
        Flow::End => Onward::End,
        Flow::Goto(index) => {
            Onward::Goto(u32::try_from(index).expect("the tasks of a definition are limited"))
        }
    }
}

fn back(onward: Onward) -> Flow {
    match onward {
        Onward::Continue => Flow::Continue,
        Onward::Exit => Flow::Exit,
        Onward::End => Flow::End,
        Onward::Goto(index) => Flow::Goto(index as usize),
    }
}

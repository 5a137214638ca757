//! `for` with `metadata.concurrency`: iterations side by side, as many at once as it says. Each begins with the loop's
//! input; the output is the array of theirs, in the order of the items.

use super::super::effect::FrameId;
use super::super::frame::{GatherState, Gathered, State};
use super::super::history::{Ending, Fact, Slot};
use super::super::interrupt;
use super::super::step::Turn;
use super::for_;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{For, Kind, Node};

/// What the loop does next.
enum Verdict {
    Begin(u32),
    /// Nothing, until an iteration ends.
    Wait,
    /// No further iteration begins.
    Close,
    Finish(Json),
    Fault(Error),
}

/// Begins as many iterations as may run at once; ends the loop after the last one.
pub(super) fn fill(turn: &mut Turn<'_>, id: FrameId) {
    let (_, each) = declared(turn, id);
    loop {
        let place = turn.exec.frame(id).place.clone();
        match verdict(turn, id) {
            Verdict::Begin(index) => {
                turn.begin_iteration();
                let iteration = super::command::next_frame(turn);
                turn.record(Fact::IterationStarted { frame: id, place, index });
                turn.begin_list(iteration, Slot::Body, each.body);
            }
            Verdict::Wait => return,
            Verdict::Close => turn.record(Fact::LoopClosed { frame: id, place }),
            Verdict::Finish(output) => return turn.finish(id, output, None),
            Verdict::Fault(error) => {
                let ending = Ending::Fault { error: error.at(&place.task), catchable: true };
                return interrupt::break_off(turn, id, ending, Some(interrupt::grace(turn.now.at)));
            }
        }
    }
}

fn verdict(turn: &Turn<'_>, id: FrameId) -> Verdict {
    let (node, each) = declared(turn, id);
    let frame = turn.exec.frame(id);
    let State::Gather(state) = &frame.state else { unreachable!("{id:?} gathers") };
    let running = frame.children as usize;
    let next = state.items.get(state.begun as usize).filter(|_| !state.closed);
    let Some(item) = next else {
        return if running == 0 { Verdict::Finish(outputs(state)) } else { Verdict::Wait };
    };
    if running >= each.concurrency.unwrap_or(1) {
        return Verdict::Wait;
    }
    match for_::goes_on(turn, id, node, (state.begun, item), &frame.input) {
        Ok(true) => Verdict::Begin(state.begun),
        Ok(false) => Verdict::Close,
        Err(error) => Verdict::Fault(error),
    }
}

fn outputs(state: &GatherState) -> Json {
    let mut ended: Vec<&Gathered> = state.ended.iter().collect();
    ended.sort_by_key(|iteration| iteration.index);
    Json::array(ended.into_iter().filter_map(|iteration| iteration.output.clone()))
}

fn declared<'a>(turn: &Turn<'a>, id: FrameId) -> (&'a Node, &'a For) {
    let node = turn.node_of(id);
    let node = turn.node(node);
    let Kind::For(each) = &node.kind else { unreachable!("`{}` is a `for`", node.task) };
    (node, each)
}

/// The list of an iteration has come to its end; `end` when the whole workflow does.
pub(in super::super) fn iteration_ended(turn: &mut Turn<'_>, id: FrameId, end: bool) {
    let frame = turn.exec.frame(id);
    let State::Iteration(state) = &frame.state else { unreachable!("{id:?} is an iteration") };
    let (owner, place) = (frame.parent, frame.place.clone());
    let (index, output) = (state.index, state.list.data.clone());
    turn.record(Fact::IterationEnded { frame: id, place, completed: true });
    if turn.exec.frame(owner).ending.is_some() {
        return interrupt::settle(turn, owner);
    }
    if end {
        let ending = Ending::Complete { branch: index, output, end };
        return interrupt::break_off(turn, owner, ending, Some(interrupt::grace(turn.now.at)));
    }
    fill(turn, owner);
}

//! `fork`: branches side by side. The output is the array of theirs, or the output of the first to complete.

use super::super::compensation;
use super::super::effect::FrameId;
use super::super::frame::{ForkState, State};
use super::super::history::{Begun, Ending, Reason, Slot, Target};
use super::super::interrupt;
use super::super::step::{Enter, Turn};
use super::Next;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Flow, Fork, Kind, NodeId};

pub(super) fn prepare(turn: &Turn<'_>, fork: &Fork) -> (Begun, Next) {
    let count = turn.def.program.scope(fork.branches).nodes.len();
    let branches = u32::try_from(count).expect("the tasks of a definition are limited");
    (Begun::Fork { branches }, Next::Own)
}

/// Starts as many branches as may run at once.
pub(super) fn fill(turn: &mut Turn<'_>, id: FrameId) {
    let fork = declared(turn, id);
    let branches = &turn.def.program.scope(fork.branches).nodes;
    let free = fork.concurrency.unwrap_or(branches.len()).max(1);
    for (branch, node) in branches.iter().enumerate().take(free) {
        start(turn, id, branch, *node);
    }
}

fn start(turn: &mut Turn<'_>, id: FrameId, branch: usize, node: NodeId) {
    let slot = Slot::Branch(u32::try_from(branch).expect("the tasks of a definition are limited"));
    turn.queue(Enter { parent: id, slot, node, round: 0 });
}

fn declared<'a>(turn: &Turn<'a>, id: FrameId) -> &'a Fork {
    let node = turn.node_of(id);
    let node = turn.node(node);
    let Kind::Fork(fork) = &node.kind else { unreachable!("`{}` is a `fork`", node.task) };
    fork
}

fn state(turn: &Turn<'_>, id: FrameId) -> ForkState {
    let State::Fork(state) = &turn.exec.frame(id).state else { unreachable!("{id:?} is a `fork`") };
    state.clone()
}

/// A branch has completed or was skipped.
pub(in super::super) fn branch_completed(turn: &mut Turn<'_>, id: FrameId, branch: u32, flow: Flow) {
    let fork = declared(turn, id);
    let state = state(turn, id);
    let end = flow == Flow::End;
    if fork.compete || end {
        let output = state.outputs[branch as usize].clone().expect("the branch has completed");
        let grace = Some(interrupt::grace(turn.now.at));
        return interrupt::break_off(turn, id, Ending::Complete { branch, output, end }, grace);
    }
    if state.outputs.iter().all(Option::is_some) {
        let output = Json::array(state.outputs.into_iter().flatten());
        return turn.finish(id, output, None);
    }
    // As many branches are queued or running as may be; the one that has ended makes room for the next.
    let branches = &turn.def.program.scope(fork.branches).nodes;
    let ended = state.outputs.iter().flatten().count();
    let next = fork.concurrency.map(|most| most.max(1) + ended - 1);
    if let Some((next, node)) = next.and_then(|next| Some((next, branches.get(next)?))) {
        start(turn, id, next, *node);
    }
}

/// One branch has decided the fork and the others have ended: what they did is undone, then the fork completes.
pub(in super::super) fn decided(turn: &mut Turn<'_>, id: FrameId, branch: u32, output: Json, end: bool) {
    let fork = declared(turn, id);
    let winner = turn.def.program.scope(fork.branches).nodes[branch as usize];
    let winner = turn.def.program.task(winner).task.clone();
    let lost = turn.exec.frame(id).log.iter().any(|item| !item.belongs_to(&winner));
    if fork.compete && lost {
        return compensation::start(turn, id, Target::Losers { winner }, Reason::Cancel, None);
    }
    turn.finish(id, output, end.then_some(Flow::End));
}

//! `for`: one pass of a list for each item, one after the other; each pass begins with the output of the one before.

use super::super::dataflow;
use super::super::effect::FrameId;
use super::super::env::Scope;
use super::super::frame::State;
use super::super::history::{Begun, Fact, Slot};
use super::super::step::{Reach, Turn};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{For, Kind, Node};
use tenure_types::limits::FAN_OUT_MAX;

pub(super) fn prepare(turn: &Turn<'_>, entering: &Entering<'_>, each: &For) -> Result<(Begun, Next), Error> {
    let items = dataflow::eval(&each.items, entering.input(), &entering.scope(turn), "for.in")?;
    let Some(count) = items.items().map(|items| items.len()) else {
        return Err(Error::expression(format!("`for.in` gives {}: an array is needed", items.kind_name())));
    };
    if count > FAN_OUT_MAX {
        return Err(Error::runtime(format!(
            "`for.in` has {count} items: the limit `fan_out_max` is {FAN_OUT_MAX}"
        )));
    }
    let items = dataflow::bounded(items, "for.in")?;
    let (name, at) = (Arc::clone(&each.each), Arc::clone(&each.at));
    let begun = match each.concurrency {
        Some(_) => Begun::Gather { items, each: name, at },
        None => Begun::For { items, each: name, at },
    };
    Ok((begun, Next::Own))
}

/// Begins the next iteration, or ends the loop.
pub(in super::super) fn next(turn: &mut Turn<'_>, id: FrameId) {
    let node = turn.node_of(id);
    let node = turn.node(node);
    let Kind::For(each) = &node.kind else { unreachable!("`{}` is a `for`", node.task) };
    let frame = turn.exec.frame(id);
    let State::For(state) = &frame.state else { unreachable!("{id:?} is a `for`") };
    let index = state.index.map_or(0, |index| index + 1);
    let Some(item) = state.items.get(index as usize) else {
        let data = state.list.data.clone();
        return turn.finish(id, data, None);
    };
    match goes_on(turn, id, node, (index, item), &state.list.data) {
        Ok(true) => {
            let place = frame.place.clone();
            turn.begin_iteration();
            turn.record(Fact::IterationStarted { frame: id, place, index });
            turn.begin_list(id, Slot::Body, each.body);
        }
        Ok(false) => {
            let data = state.list.data.clone();
            turn.finish(id, data, None);
        }
        Err(error) => turn.fault(id, error, Reach::Catchable, false),
    }
}

/// `while`, with the variables of the iteration that would begin.
pub(super) fn goes_on(
    turn: &Turn<'_>,
    id: FrameId,
    node: &Node,
    (index, item): (u32, &Json),
    dot: &Json,
) -> Result<bool, Error> {
    let Kind::For(each) = &node.kind else { unreachable!("`{}` is a `for`", node.task) };
    let Some(condition) = &each.condition else { return Ok(true) };
    let extra =
        [(Arc::clone(&each.each), item.clone()), (Arc::clone(&each.at), Json::number(i64::from(index)))];
    let scope = Scope::of_frame(turn, turn.exec.frame(id), node).extra(&extra);
    dataflow::holds(condition, dot, &scope, "for.while")
}

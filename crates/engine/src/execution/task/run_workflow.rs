//! `run.workflow`: the child is named and its input evaluated once, when the task starts.
//!
//! Deliberately absent: what follows from the child's start and end (`child`), and how its definition is found.

use super::super::command;
use super::super::dataflow;
use super::super::history::{Begun, ChildRequest};
use super::super::key;
use super::super::step::Turn;
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::program::RunWorkflow;
use tenure_types::limits::CHILD_DEPTH_MAX;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    run: &RunWorkflow,
) -> Result<(Begun, Next), Error> {
    let depth = turn.exec.depth() + 1;
    if depth > CHILD_DEPTH_MAX {
        return Err(Error::runtime(format!(
            "the child would have {depth} ancestors: the limit `child_depth_max` is {CHILD_DEPTH_MAX}"
        )));
    }
    let input = match &run.input {
        Some(input) => {
            let what = "run.workflow.input";
            let value = dataflow::eval(input, entering.input(), &entering.scope(turn), what)?;
            dataflow::bounded(value, what)?
        }
        None => super::super::empty_object(),
    };
    let request = ChildRequest {
        child: key::of_child(&turn.exec, command::next_frame(turn), turn.now.at),
        namespace: Arc::clone(&run.namespace),
        name: Arc::clone(&run.name),
        version: run.version.clone(),
        input,
    };
    Ok((Begun::RunWorkflow { request: Arc::new(request), awaited: run.awaited }, Next::Wait))
}

//! `call` of a function: the function's task runs inside of the call, and what the call is given `with` is its input.

use super::super::dataflow;
use super::super::history::Begun;
use super::super::step::Turn;
use super::{Entering, Next};
use tenure_dsl::error::Error;
use tenure_dsl::program::FunctionCall;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &FunctionCall,
) -> Result<(Begun, Next), Error> {
    let with = dataflow::eval_opaque(&call.with, entering.input(), &entering.scope(turn), "with")?;
    let with = dataflow::bounded(with, "with")?;
    Ok((Begun::Function { with }, Next::List(call.body)))
}

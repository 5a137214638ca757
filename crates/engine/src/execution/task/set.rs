//! `set`: its value replaces the data.

use super::super::dataflow;
use super::super::history::Begun;
use super::super::step::Turn;
use super::{Entering, Next};
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    value: &Template,
) -> Result<(Begun, Next), Error> {
    let output = dataflow::eval(value, entering.input(), &entering.scope(turn), "set")?;
    Ok((Begun::Instant, Next::Finish(output, None)))
}

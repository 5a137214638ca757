//! `switch`: the first case that holds says where the flow goes; the data passes through.

use super::super::dataflow;
use super::super::history::Begun;
use super::super::step::Turn;
use super::{Entering, Next};
use tenure_dsl::error::Error;
use tenure_dsl::program::{Case, Flow};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    cases: &[Case],
) -> Result<(Begun, Next), Error> {
    let flow = chosen(turn, entering, cases)?;
    Ok((Begun::Instant, Next::Finish(entering.input().clone(), flow)))
}

/// The default counts only when no other case holds, wherever it stands.
fn chosen(turn: &Turn<'_>, entering: &Entering<'_>, cases: &[Case]) -> Result<Option<Flow>, Error> {
    let scope = entering.scope(turn);
    for case in cases {
        if let Some(when) = &case.when
            && dataflow::holds(when, entering.input(), &scope, &format!("switch.{}.when", case.name))?
        {
            return Ok(Some(case.then));
        }
    }
    Ok(cases.iter().find(|case| case.when.is_none()).map(|case| case.then))
}

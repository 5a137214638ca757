//! `wait`: nothing, until a time.

use super::super::dataflow;
use super::super::history::Begun;
use super::super::step::Turn;
use super::{Entering, Next};
use tenure_dsl::error::Error;
use tenure_dsl::expr::Expr;
use tenure_dsl::program::Wait;
use tenure_types::Timestamp;

pub(super) fn prepare(turn: &Turn<'_>, entering: &Entering<'_>, wait: &Wait) -> Result<(Begun, Next), Error> {
    let due = match wait {
        Wait::For(span) => {
            let ms = dataflow::span(span, entering.input(), &entering.scope(turn), "wait")?;
            turn.now.at.plus_ms(ms)
        }
        Wait::Until(until) => instant(turn, entering, until)?,
    };
    if due <= turn.now.at {
        return Ok((Begun::Instant, Next::Finish(entering.input().clone(), None)));
    }
    Ok((Begun::Wait { due }, Next::Wait))
}

fn instant(turn: &Turn<'_>, entering: &Entering<'_>, until: &Expr) -> Result<Timestamp, Error> {
    let value = until
        .eval(entering.input(), &entering.scope(turn))
        .map_err(|error| Error::expression(format!("`metadata.until`: {error}")))?;
    let parsed = value.as_str().map(str::parse::<Timestamp>);
    match parsed {
        Some(Ok(due)) => Ok(due),
        Some(Err(error)) => Err(Error::expression(format!("`metadata.until`: {error}"))),
        None => Err(Error::expression(format!(
            "`metadata.until` gives {}: an instant is needed",
            value.kind_name()
        ))),
    }
}

//! `raise`: the task faults with an error of the author's.

use super::super::dataflow;
use super::super::history::Begun;
use super::super::step::Turn;
use super::{Entering, Next};
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::program::Raise;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    raise: &Raise,
) -> Result<(Begun, Next), Error> {
    let mut error =
        Error::new(text(turn, entering, &raise.kind, "raise.error.type")?, status(turn, entering, raise)?);
    error.title = optional(turn, entering, raise.title.as_ref(), "raise.error.title")?;
    error.detail = optional(turn, entering, raise.detail.as_ref(), "raise.error.detail")?;
    error.instance = optional(turn, entering, raise.instance.as_ref(), "raise.error.instance")?;
    Ok((Begun::Instant, Next::Fault(error)))
}

fn value(turn: &Turn<'_>, entering: &Entering<'_>, template: &Template, what: &str) -> Result<Json, Error> {
    dataflow::eval(template, entering.input(), &entering.scope(turn), what)
}

fn text(turn: &Turn<'_>, entering: &Entering<'_>, template: &Template, what: &str) -> Result<String, Error> {
    let value = value(turn, entering, template, what)?;
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| Error::expression(format!("`{what}` gives {}: a string is needed", value.kind_name())))
}

fn optional(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    template: Option<&Template>,
    what: &str,
) -> Result<Option<String>, Error> {
    template.map(|template| text(turn, entering, template, what)).transpose()
}

fn status(turn: &Turn<'_>, entering: &Entering<'_>, raise: &Raise) -> Result<u16, Error> {
    let value = value(turn, entering, &raise.status, "raise.error.status")?;
    let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
    status.ok_or_else(|| {
        Error::expression(format!("`raise.error.status` gives {value}: a status code is needed"))
    })
}

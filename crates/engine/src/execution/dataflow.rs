//! The data flow around a task: `if`, `input`, `output`, `export`, their schemas, and the limit on what is kept.

use super::effect::FrameId;
use super::env::Scope;
use super::step::Turn;
use tenure_dsl::duration;
use tenure_dsl::error::Error;
use tenure_dsl::expr::{Env, Expr, Template};
use tenure_dsl::json::Json;
use tenure_dsl::program::{Node, Span, Transform};
use tenure_dsl::schema::Schema;
use tenure_types::limits::PAYLOAD_BYTES_MAX;

/// Evaluates a template; `what` names it in the error. Secrets in it are masked.
pub(super) fn eval(template: &Template, dot: &Json, env: &dyn Env, what: &str) -> Result<Json, Error> {
    template.eval(dot, env).map_err(|error| Error::expression(format!("`{what}`: {error}")))
}

/// The same for what is passed on: secrets stay in it as references.
pub(super) fn eval_opaque(template: &Template, dot: &Json, env: &dyn Env, what: &str) -> Result<Json, Error> {
    template.eval_opaque(dot, env).map_err(|error| Error::expression(format!("`{what}`: {error}")))
}

/// Evaluates a condition; `what` names it in the error.
pub(super) fn holds(condition: &Expr, dot: &Json, env: &dyn Env, what: &str) -> Result<bool, Error> {
    condition.eval_bool(dot, env).map_err(|error| Error::expression(format!("`{what}`: {error}")))
}

/// Milliseconds of a duration; `what` names it in the error.
pub(super) fn span(span: &Span, dot: &Json, env: &dyn Env, what: &str) -> Result<u64, Error> {
    match span {
        Span::Fixed(ms) => Ok(*ms),
        Span::Computed(template) => {
            let value = eval(template, dot, env, what)?;
            duration::from_json(&value).map_err(|error| Error::expression(format!("`{what}`: {error}")))
        }
    }
}

/// Refuses data that does not fit the schema.
pub(super) fn validate(schema: Option<&Schema>, value: &Json, what: &str) -> Result<(), Error> {
    let Some(schema) = schema else { return Ok(()) };
    schema.validate(value).map_err(|violations| {
        let each: Vec<String> = violations.iter().map(ToString::to_string).collect();
        Error::validation(format!("`{what}` refuses {}", each.join("; ")))
    })
}

/// Refuses data that is too large to be kept.
pub(super) fn bounded(value: Json, what: &str) -> Result<Json, Error> {
    let bytes = value.len_bytes();
    if bytes <= PAYLOAD_BYTES_MAX {
        return Ok(value);
    }
    Err(Error::runtime(format!(
        "`{what}` has {bytes} bytes: the limit `payload_bytes_max` is {PAYLOAD_BYTES_MAX}"
    )))
}

/// What comes in: the schema holds for the raw data, then `from` maps it. `None` when nothing maps it.
pub(super) fn enter(input: &Transform, raw: &Json, env: &dyn Env) -> Result<Option<Json>, Error> {
    validate(input.schema.as_ref(), raw, "input.schema")?;
    let Some(from) = &input.map else { return Ok(None) };
    bounded(eval_opaque(from, raw, env, "input.from")?, "input.from").map(Some)
}

/// What comes out: `as` maps the raw data, then the schema holds for the result. Secrets end here: what comes out is
/// shown, and stored as it is shown.
pub(super) fn emerge(output: &Transform, raw: Json, env: &dyn Env) -> Result<Json, Error> {
    let raw = raw.masked();
    let output_json = match &output.map {
        Some(mapping) => eval(mapping, &raw, env, "output.as")?,
        None => raw,
    };
    validate(output.schema.as_ref(), &output_json, "output.schema")?;
    bounded(output_json, "output")
}

/// A task's transformed output, and the new `$context` when it exports one.
pub(super) fn leave(
    turn: &Turn<'_>,
    id: FrameId,
    node: &Node,
    raw_output: Json,
) -> Result<(Json, Option<Json>), Error> {
    let raw_output = raw_output.masked();
    if plain(&node.output) && plain(&node.export) {
        return Ok((bounded(raw_output, "output")?, None));
    }
    let frame = turn.exec.frame(id);
    let raw = raw_output.clone();
    let scope = Scope::of_frame(turn, frame, node).raw_output(&raw);
    let output = emerge(&node.output, raw_output, &scope)?;
    let Some(export) = &node.export.map else {
        return Ok((output, None));
    };
    let scope = scope.output(&output);
    let context = eval(export, &output, &scope, "export.as")?;
    validate(node.export.schema.as_ref(), &context, "export.schema")?;
    let context = bounded(context, "export.as")?;
    Ok((output, Some(context)))
}

fn plain(transform: &Transform) -> bool {
    transform.schema.is_none() && transform.map.is_none()
}

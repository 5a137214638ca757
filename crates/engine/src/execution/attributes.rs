//! What an execution is found by and how long it is kept: `metadata.searchAttributes` and `metadata.retention`.
//!
//! Attributes are computed from the input, the context and the output when one of them has changed: once in a turn, and
//! before the end. What cannot be an attribute (an error, null, a list, a map, a text that is too long, a sensitive
//! value) leaves it absent: looking for executions never makes one fault.

use super::env::Scope;
use super::frame::ROOT;
use super::history::Fact;
use super::step::Turn;
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::limits::ATTRIBUTE_CHARS_MAX;

/// Names and values.
pub(super) type Attributes = Arc<[(Arc<str>, Json)]>;

/// Decides new attributes when they differ. `output` is that of an execution that is about to complete.
pub(super) fn follow(turn: &mut Turn<'_>, output: Option<&Json>) {
    let program = &turn.def.program;
    if (program.attributes.is_empty() && program.retention_ms.is_none()) || !turn.exec.exists() {
        return;
    }
    let retention_ms = program.retention_ms;
    let attributes = evaluate(turn, output);
    if *attributes != *turn.exec.attributes || retention_ms != turn.exec.retention_ms {
        turn.record(Fact::AttributesSet { attributes, retention_ms });
    }
}

fn evaluate(turn: &Turn<'_>, output: Option<&Json>) -> Attributes {
    let program = &turn.def.program;
    let none = Json::null();
    let (input, output) = (turn.exec.input(), output.unwrap_or(&none));
    let scope = Scope::inside(turn, ROOT).input(input).output(output);
    let masks = program.sensitive.masks([input, turn.exec.context(), output]);
    let mut found = Vec::new();
    for (name, expression) in &program.attributes {
        if let Ok(value) = expression.eval(input, &scope)
            && usable(&value)
            && !masks.is_sensitive(&value)
        {
            found.push((Arc::clone(name), value));
        }
    }
    found.into()
}

fn usable(value: &Json) -> bool {
    match value.as_str() {
        Some(text) => text.chars().count() <= ATTRIBUTE_CHARS_MAX,
        None => matches!(value.kind_name(), "number" | "boolean"),
    }
}

//! What is expected of the execution.

use super::{Entry, count, list};
use crate::compare;
use crate::world::{World, brief};
use serde_json::Value;

pub(super) const STEPS: &[Entry] = &[
    ("the workflow should complete", completed),
    ("the workflow should complete with output:", completed_with),
    ("the workflow should fault", faulted),
    ("the workflow should fault with error:", faulted_with),
    ("the workflow should cancel", cancelled),
    ("the workflow should be {}", status),
    ("the workflow output should have properties {*}", properties),
    ("the workflow output should have a '{}' property with value:", property),
    ("the workflow output should have a '{}' property containing {} items", items),
    ("the workflow context should be:", context),
    ("the compensation should be {}", compensation),
    ("the workflow should have undone:", undone),
];

fn completed(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    output(world).map(|_| ())
}

/// The output of an execution that has completed.
fn output(world: &World<'_>) -> Result<Value, String> {
    let workflow = with_status(world, "completed")?;
    Ok(workflow["output"].clone())
}

fn with_status(world: &World<'_>, status: &str) -> Result<Value, String> {
    let workflow = world.ended()?;
    if workflow["status"] == status { Ok(workflow) } else { Err(format!("it has {}", brief(&workflow))) }
}

fn completed_with(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    equal(&expected, &output(world)?)
}

pub(super) fn equal(expected: &Value, actual: &Value) -> Result<(), String> {
    if compare::same(expected, actual) { Ok(()) } else { Err(format!("expected {expected}, found {actual}")) }
}

fn faulted(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    with_status(world, "faulted").map(|_| ())
}

fn faulted_with(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    let workflow = with_status(world, "faulted")?;
    let found = &workflow["error"];
    if compare::error(&expected, found) { Ok(()) } else { Err(format!("expected {expected}, found {found}")) }
}

fn cancelled(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    with_status(world, "cancelled").map(|_| ())
}

fn status(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let wanted = words[0];
    let reached = |workflow: &Value| Ok(workflow["status"] == wanted);
    world.until(&format!("it does not become {wanted}"), reached).map(|_| ())
}

fn properties(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let output = output(world)?;
    match list(words[0]).iter().find(|path| compare::find(&output, path).is_none()) {
        Some(missing) => Err(format!("there is no `{missing}` in {output}")),
        None => Ok(()),
    }
}

fn found(world: &World<'_>, path: &str) -> Result<Value, String> {
    let output = output(world)?;
    compare::find(&output, path).cloned().ok_or_else(|| format!("there is no `{path}` in {output}"))
}

fn property(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    equal(&expected, &found(world, words[0])?)
}

fn items(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = found(world, words[0])?;
    match found.as_array() {
        Some(items) if items.len() == count(words[1])? => Ok(()),
        _ => Err(format!("found {found}")),
    }
}

fn context(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    equal(&expected, &world.ended()?["context"])
}

fn compensation(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let wanted = words[0];
    let reached = |workflow: &Value| Ok(workflow["compensation"] == wanted);
    world.until(&format!("the compensation does not become {wanted}"), reached).map(|_| ())
}

/// Each entry names a task and what became of its undo.
fn undone(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    let workflow = world.ended()?;
    let found = &workflow["error"]["compensation"]["entries"];
    let (Some(wanted), Some(entries)) = (expected.as_array(), found.as_array()) else {
        return Err(format!("expected {expected}, found {}", workflow["error"]));
    };
    let fits = wanted.len() == entries.len()
        && wanted.iter().zip(entries).all(|(wanted, own)| compare::error(wanted, own));
    if fits { Ok(()) } else { Err(format!("expected {expected}, found {found}")) }
}

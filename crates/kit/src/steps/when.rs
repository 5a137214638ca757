//! What is done.

use super::{Entry, count};
use crate::http::Request;
use crate::world::{Found, World, brief, eventually};
use serde_json::{Map, Value, json};

pub(super) const STEPS: &[Entry] = &[
    ("the workflow is executed", executed),
    ("the workflow is started", started),
    ("the workflow is started with:", started_with),
    ("the request is repeated", repeated),
    ("the definition is registered", registered),
    ("this definition is registered:", this_registered),
    ("the definition is validated", validated),
    ("the workflow has reached {}", reached),
    ("{} has become uncertain", uncertain),
    ("the workflow has come to rest", rested),
    ("the service has received '{}'", received),
    ("the service has received '{}' {} times", received_times),
    ("the service now answers '{}' with:", answers),
    ("the workflow is cancelled", cancelled),
    ("the workflow is cancelled with compensation", compensated),
    ("the workflow is terminated", terminated),
    ("the workflow is suspended", suspended),
    ("the workflow is resumed", resumed),
    ("{} is resolved with:", resolved),
    ("the function '{}' is put:", put_function),
    ("the function '{}' is deleted", delete_function),
];

fn executed(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.start(Map::new(), &[("Prefer", "wait=20".into())])
}

fn started(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.start(Map::new(), &[])
}

fn started_with(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let Value::Object(mut more) = world.value(doc)? else { return Err("a map is needed".into()) };
    let mut headers = vec![];
    if let Some(key) = more.remove("idempotencyKey") {
        headers.push(("Idempotency-Key", key.as_str().unwrap_or_default().to_owned()));
    }
    world.start(more, &headers)
}

fn repeated(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.repeat()
}

fn registered(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.register().map(|_| ())
}

fn this_registered(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    world.definition = world.definition(doc);
    world.register().map(|_| ())
}

fn validated(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    let request = Request::yaml("/v1/workflow-definitions/validate", &world.definition);
    world.send(&request).map(|_| ())
}

/// Whether a reference such as `/do/0/charge` is of the task that is named by it or by its last part.
pub(super) fn names(reference: &Value, task: &str) -> bool {
    let reference = reference.as_str().unwrap_or_default();
    reference == task || reference.rsplit('/').next() == Some(task)
}

fn pending<'w>(workflow: &'w Value, task: &str) -> Option<&'w Value> {
    workflow["pending"].as_array()?.iter().find(|pending| names(&pending["task"], task))
}

fn reached(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let task = words[0];
    let wanted = |workflow: &Value| match pending(workflow, task) {
        Some(_) => Ok(true),
        None if workflow["endedAt"].is_string() => Err(format!("it has ended: {}", brief(workflow))),
        None => Ok(false),
    };
    world.until(&format!("it does not reach `{task}`"), wanted).map(|_| ())
}

fn uncertain(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let task = words[0];
    let wanted =
        |workflow: &Value| Ok(pending(workflow, task).is_some_and(|own| own["state"] == "uncertain"));
    world.until(&format!("`{task}` does not become uncertain"), wanted).map(|_| ())
}

fn rested(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.at_rest().map(|_| ())
}

fn received(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    received_times(world, &[words[0], "1"], doc)
}

fn received_times(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let wanted = count(words[1])?;
    let found = eventually(|| {
        let calls = world.service.calls();
        let found = calls.iter().filter(|call| call.route == words[0]).count();
        Ok(if found >= wanted { Found::Yes(()) } else { Found::No(json!(found)) })
    })?;
    found.map_err(|found| format!("`{}` has arrived {found} times", words[0]))
}

fn answers(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let answers = world.value(doc)?;
    world.service.answer(words[0], &answers)
}

fn cancelled(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.tell("cancel", &json!({ "reason": "the scenario says so" }))
}

fn compensated(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.tell("cancel", &json!({ "compensate": true }))
}

fn terminated(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.tell("terminate", &json!({}))
}

fn suspended(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.tell("suspend", &json!({}))
}

fn resumed(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    world.tell("resume", &json!({}))
}

/// What waits for an operator may have been reached a moment later than the scenario did.
fn resolved(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let (task, body) = (words[0], world.value(doc)?);
    reached(world, words, "")?;
    let workflow = world.workflow()?;
    let pending = pending(&workflow, task).ok_or_else(|| format!("`{task}` does not wait"))?;
    let reference = pending["task"].as_str().unwrap_or_default().replace('~', "%7E").replace('/', "%2F");
    world.tell(&format!("tasks/{reference}/resolve"), &body)
}

fn put_function(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    put(world, words[0], doc).map(|_| ())
}

/// Puts a function into the catalog; the status of the answer.
pub(super) fn put(world: &mut World<'_>, name: &str, text: &str) -> Result<u16, String> {
    let body = Some(("application/yaml", world.service.local(text)));
    let request = Request { method: "PUT", target: function_path(name)?, body, headers: vec![] };
    Ok(world.send(&request)?.status)
}

fn delete_function(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let target = function_path(words[0])?;
    let request = Request { method: "DELETE", target, body: None, headers: vec![] };
    world.send(&request).map(|_| ())
}

fn function_path(name: &str) -> Result<String, String> {
    let (name, version) = name.split_once(':').ok_or_else(|| format!("`{name}` is not NAME:VERSION"))?;
    Ok(format!("/v1/functions/{name}/{version}"))
}

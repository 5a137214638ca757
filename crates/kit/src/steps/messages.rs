//! What reaches an execution from outside besides commands: events, signals, and what its children do.

use super::Entry;
use crate::http::Request;
use crate::world::{Found, World, eventually};
use serde_json::{Value, json};

pub(super) const STEPS: &[Entry] = &[
    ("an event is published:", published),
    ("a signal is sent:", signalled),
    ("the child should be {}", child_status),
    ("the compensation of the child should be {}", child_compensation),
];

/// Members that are not given are filled in: an id of its own, the service as source.
fn published(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let Value::Object(given) = world.value(doc)? else { return Err("a map is needed".into()) };
    let id = world.fresh_id();
    let mut event = json!({ "specversion": "1.0", "id": id, "source": "https://kit.example/events" });
    for (name, value) in given {
        event[name] = value;
    }
    let body = Some(("application/cloudevents+json", event.to_string()));
    let request = Request { method: "POST", target: "/v1/events".into(), body, headers: vec![] };
    let answer = world.send(&request)?;
    if answer.status == 202 { Ok(()) } else { Err(world.said()) }
}

fn signalled(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let signal = world.value(doc)?;
    world.tell("signal", &signal)
}

/// Waits until the first child's summary has a member with a value.
fn child(world: &World<'_>, member: &str, wanted: &str) -> Result<(), String> {
    let found = eventually(|| {
        let children = world.children()?;
        let fits = children.first().is_some_and(|child| child[member] == wanted);
        Ok(if fits { Found::Yes(()) } else { Found::No(Value::from(children)) })
    })?;
    found.map_err(|children| format!("its children are {children}"))
}

fn child_status(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    child(world, "status", words[0])
}

fn child_compensation(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    child(world, "compensation", words[0])
}

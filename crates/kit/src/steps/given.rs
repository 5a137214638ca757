//! What there is before anything happens.

use super::Entry;
use crate::http::Request;
use crate::world::World;
use serde_json::json;

pub(super) const STEPS: &[Entry] = &[
    ("a workflow with definition:", definition),
    ("given the workflow input is:", input),
    ("given another workflow with definition:", another),
    ("given the service answers '{}' with:", service),
    ("given the secret '{}' is:", secret),
    ("given the function '{}' is:", function),
];

fn definition(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    if doc.is_empty() {
        return Err("there is no definition".into());
    }
    world.definition = world.definition(doc);
    Ok(())
}

fn input(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    world.input = Some(world.value(doc)?);
    Ok(())
}

/// Registered at once: what refers to it may be registered after it.
fn another(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let own = std::mem::take(&mut world.definition);
    world.definition = world.definition(doc);
    let taken = world.register()?;
    world.definition = own;
    world.forget_registration();
    if taken { Ok(()) } else { Err(format!("it was refused: {}", world.said())) }
}

fn service(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let answers = world.value(doc)?;
    world.service.answer(words[0], &answers)
}

fn secret(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let value = world.value(doc)?;
    let body = Some(("application/json", json!({ "value": value }).to_string()));
    let request =
        Request { method: "PUT", target: format!("/v1/secrets/{}", words[0]), body, headers: vec![] };
    let answer = world.send(&request)?;
    if matches!(answer.status, 200 | 201) { Ok(()) } else { Err(world.said()) }
}

fn function(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let status = super::when::put(world, words[0], doc)?;
    if matches!(status, 200 | 201) { Ok(()) } else { Err(world.said()) }
}

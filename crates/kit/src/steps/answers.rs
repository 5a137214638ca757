//! What is expected of the server's last answer.

use super::{Entry, count};
use crate::http::Answer;
use crate::world::World;
use serde_json::Value;

pub(super) const STEPS: &[Entry] = &[
    ("the definition should be accepted", accepted),
    ("the definition should be refused", refused),
    ("the definition should be refused with '{}' at '{}'", refused_at),
    ("the definition should be refused with:", refused_with),
    ("the definition should be refused with the code '{}'", refused_code),
    ("the input should be refused at '{}'", input_refused),
    ("the answer should be {}", status),
    ("the answer should be {} with code '{}'", coded),
    ("the answer should be a replay", replayed),
    ("the answer should name the first execution", first),
    ("the answer should name another execution", other),
    ("the first execution should be {}", first_status),
];

fn answer<'w>(world: &'w World<'_>) -> Result<&'w Answer, String> {
    world.answer.as_ref().ok_or_else(|| "the server was not asked".into())
}

fn accepted(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    match answer(world)? {
        Answer { status: 200, body, .. } if body["valid"] == false => Err(world.said()),
        Answer { status: 200 | 201, .. } => Ok(()),
        _ => Err(world.said()),
    }
}

/// The broken rules of the last answer: of a refused registration, or of a validation.
fn rules<'w>(world: &'w World<'_>) -> Result<&'w Vec<Value>, String> {
    let answer = answer(world)?;
    let refused = answer.status == 400 || (answer.status == 200 && answer.body["valid"] == false);
    let errors = answer.body["errors"].as_array().filter(|errors| refused && !errors.is_empty());
    errors.ok_or_else(|| format!("the definition was not refused: {}", world.said()))
}

fn refused(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    rules(world).map(|_| ())
}

fn refused_at(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    expect(rules(world)?, &[(words[0], words[1])])
}

/// Where the place is a matter of taste, such as that of an error of syntax.
fn refused_code(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = rules(world)?.iter().any(|rule| rule["code"] == words[0]);
    if found { Ok(()) } else { Err(world.said()) }
}

fn refused_with(world: &mut World<'_>, _: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    let text = |rule: &Value, name: &str| rule[name].as_str().unwrap_or_default().to_owned();
    let each = expected.as_array().into_iter().flatten();
    let each: Vec<(String, String)> = each.map(|rule| (text(rule, "code"), text(rule, "pointer"))).collect();
    let borrowed: Vec<(&str, &str)> = each.iter().map(|(code, at)| (code.as_str(), at.as_str())).collect();
    expect(rules(world)?, &borrowed)
}

/// Exactly these codes at these places, in the order of the text.
fn expect(rules: &[Value], expected: &[(&str, &str)]) -> Result<(), String> {
    let found: Vec<(&str, &str)> = rules
        .iter()
        .map(|rule| (rule["code"].as_str().unwrap_or_default(), rule["pointer"].as_str().unwrap_or_default()))
        .collect();
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

fn input_refused(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let answer = answer(world)?;
    let errors = answer.body["errors"].as_array();
    let place = format!("/input{}", words[0]);
    let pointed = errors.is_some_and(|errors| errors.iter().any(|error| error["pointer"] == place.as_str()));
    if answer.status == 400 && answer.body["code"] == "API-0006" && pointed {
        Ok(())
    } else {
        Err(world.said())
    }
}

fn status(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let wanted = count(words[0])?;
    if usize::from(answer(world)?.status) == wanted { Ok(()) } else { Err(world.said()) }
}

fn coded(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    status(world, words, doc)?;
    if answer(world)?.body["code"] == words[1] { Ok(()) } else { Err(world.said()) }
}

fn replayed(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    if answer(world)?.replayed { Ok(()) } else { Err(world.said()) }
}

fn first(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    let named = answer(world)?.body["id"].as_str();
    if named.is_some() && named == world.executions.first().map(String::as_str) {
        Ok(())
    } else {
        Err(world.said())
    }
}

fn other(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    let named = answer(world)?.body["id"].as_str();
    if named.is_some() && named != world.executions.first().map(String::as_str) {
        Ok(())
    } else {
        Err(world.said())
    }
}

fn first_status(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let last = world.executions.pop().ok_or("nothing was started")?;
    world.executions.truncate(1);
    let wanted = words[0];
    let found =
        world.until(&format!("it does not become {wanted}"), |workflow| Ok(workflow["status"] == wanted));
    world.executions.push(last);
    found.map(|_| ())
}

//! What is expected of single tasks. A task is named by its name, or by its reference such as `/do/0/charge`; of several
//! activations the first is meant unless a step says otherwise.

use super::outcome::equal;
use super::when::names;
use super::{Entry, count, list};
use crate::compare;
use crate::world::World;
use jiff::Timestamp;
use serde_json::Value;

pub(super) const STEPS: &[Entry] = &[
    ("{} should run first", first),
    ("{} should run last", last),
    ("{} should run after {}", after),
    ("{} should run before {}", before),
    ("{} should run {} times", times),
    ("{} should not run", never),
    ("the tasks should run in the order {*}", order),
    ("{} should complete", completed),
    ("{} should complete with output:", completed_with),
    ("{} should fault", faulted),
    ("{} should fault with error:", faulted_with),
    ("{} should cancel", cancelled),
    ("{} should be attempted {} times", attempted),
    ("{} should be retried {} times", retried),
    ("the retries of {} should wait {*} milliseconds", waited),
    ("each retry of {} should wait {} to {} milliseconds", waited_between),
    ("{} should take at least {} milliseconds", at_least),
    ("{} should take at most {} milliseconds", at_most),
];

/// The tasks that ran, once the execution has ended.
fn ran(world: &World<'_>) -> Result<Vec<Value>, String> {
    world.ended()?;
    world.tasks()
}

fn shown(tasks: &[Value]) -> String {
    tasks.iter().map(|task| task["name"].as_str().unwrap_or_default()).collect::<Vec<_>>().join(", ")
}

fn position(tasks: &[Value], task: &str) -> Result<usize, String> {
    let found = tasks.iter().position(|own| names(&own["task"], task));
    found.ok_or_else(|| format!("`{task}` did not run; these did: {}", shown(tasks)))
}

fn holds(condition: bool, tasks: &[Value]) -> Result<(), String> {
    if condition { Ok(()) } else { Err(format!("they ran in the order {}", shown(tasks))) }
}

fn first(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    holds(position(&tasks, words[0])? == 0, &tasks)
}

fn last(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    holds(tasks.last().is_some_and(|own| names(&own["task"], words[0])), &tasks)
}

fn after(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    holds(position(&tasks, words[0])? > position(&tasks, words[1])?, &tasks)
}

fn before(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    holds(position(&tasks, words[0])? < position(&tasks, words[1])?, &tasks)
}

fn times(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    let found = tasks.iter().filter(|own| names(&own["task"], words[0])).count();
    holds(found == count(words[1])?, &tasks)
}

fn never(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    holds(position(&tasks, words[0]).is_err(), &tasks)
}

fn order(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let tasks = ran(world)?;
    let found: Vec<&str> = tasks.iter().map(|task| task["name"].as_str().unwrap_or_default()).collect();
    holds(found == list(words[0]), &tasks)
}

/// The first activation of a task.
fn task(world: &World<'_>, name: &str) -> Result<Value, String> {
    let tasks = ran(world)?;
    Ok(tasks[position(&tasks, name)?].clone())
}

fn with_status(world: &World<'_>, name: &str, status: &str) -> Result<Value, String> {
    let task = task(world, name)?;
    if task["status"] == status { Ok(task) } else { Err(format!("found {task}")) }
}

fn completed(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    with_status(world, words[0], "completed").map(|_| ())
}

fn completed_with(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    equal(&expected, &with_status(world, words[0], "completed")?["output"])
}

fn faulted(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    with_status(world, words[0], "faulted").map(|_| ())
}

fn faulted_with(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    let task = with_status(world, words[0], "faulted")?;
    let found = &task["error"];
    if compare::error(&expected, found) { Ok(()) } else { Err(format!("expected {expected}, found {found}")) }
}

fn cancelled(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    with_status(world, words[0], "cancelled").map(|_| ())
}

fn attempted(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = task(world, words[0])?["attempts"].as_u64().unwrap_or(0);
    if usize::try_from(found) == Ok(count(words[1])?) {
        Ok(())
    } else {
        Err(format!("it was attempted {found} times"))
    }
}

/// How long each retry waited, as decided when the one before had failed.
fn waits(world: &World<'_>, task: &str) -> Result<Vec<i64>, String> {
    world.ended()?;
    let history = world.history()?;
    let retries = history.iter().filter(|event| {
        matches!(event["type"].as_str(), Some("taskRetried" | "undoRetried")) && names(&event["task"], task)
    });
    retries.map(|event| Ok(millis(&event["due"])? - millis(&event["at"])?)).collect()
}

fn millis(time: &Value) -> Result<i64, String> {
    let text = time.as_str().ok_or_else(|| format!("{time} is no time"))?;
    Ok(text.parse::<Timestamp>().map_err(|error| error.to_string())?.as_millisecond())
}

fn retried(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = waits(world, words[0])?.len();
    if found == count(words[1])? { Ok(()) } else { Err(format!("it was retried {found} times")) }
}

fn waited(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let expected = words[1].trim_end_matches("milliseconds").trim();
    let expected: Result<Vec<i64>, _> = list(expected).iter().map(|word| word.parse()).collect();
    let found = waits(world, words[0])?;
    if expected == Ok(found.clone()) { Ok(()) } else { Err(format!("found {found:?}")) }
}

fn waited_between(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let bound = |word: &str| word.parse::<i64>().map_err(|error| error.to_string());
    let (from, to, found) = (bound(words[1])?, bound(words[2])?, waits(world, words[0])?);
    let within = !found.is_empty() && found.iter().all(|wait| (from..=to).contains(wait));
    if within { Ok(()) } else { Err(format!("found {found:?}")) }
}

fn lasted(world: &World<'_>, name: &str) -> Result<i64, String> {
    let task = task(world, name)?;
    Ok(millis(&task["endedAt"])? - millis(&task["startedAt"])?)
}

fn at_least(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = lasted(world, words[0])?;
    if found >= millis_of(words[1])? { Ok(()) } else { Err(format!("it took {found} ms")) }
}

fn at_most(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = lasted(world, words[0])?;
    if found <= millis_of(words[1])? { Ok(()) } else { Err(format!("it took {found} ms")) }
}

fn millis_of(word: &str) -> Result<i64, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}

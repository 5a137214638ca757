//! What is expected of the calls that arrived at the service.

use super::outcome::equal;
use super::{Entry, count, list};
use crate::service::Call;
use crate::world::World;
use std::collections::BTreeSet;

pub(super) const STEPS: &[Entry] = &[
    ("the calls should be {*}", in_order),
    ("the calls in any order should be {*}", in_any_order),
    ("the service should not be called", never),
    ("'{}' should be called {} times", times),
    ("'{}' should be called before '{}'", before),
    ("call {} should have the body:", body),
    ("call {} should have the query '{}'", query),
    ("call {} should have the header '{}' with value '{}'", header),
    ("call {} should have the header '{}'", some_header),
    ("call {} should not have the header '{}'", no_header),
    ("the calls should have the same header '{}'", same_header),
    ("each call should have a header '{}' of its own", own_header),
    ("call {} and call {} should have the same header '{}'", two_same),
    ("call {} and call {} should have different headers '{}'", two_different),
];

fn routes(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.route.as_str()).collect()
}

/// Calls are counted when the execution has come to rest.
fn calls(world: &World<'_>) -> Result<Vec<Call>, String> {
    if !world.executions.is_empty() {
        world.at_rest()?;
    }
    Ok(world.service.calls())
}

fn in_order(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let calls = calls(world)?;
    let (expected, found) = (list(words[0]), routes(&calls));
    if expected == found { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

fn in_any_order(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let calls = calls(world)?;
    let (mut expected, mut found) = (list(words[0]), routes(&calls));
    expected.sort_unstable();
    found.sort_unstable();
    if expected == found { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

fn never(world: &mut World<'_>, _: &[&str], _: &str) -> Result<(), String> {
    let calls = calls(world)?;
    if calls.is_empty() { Ok(()) } else { Err(format!("found {:?}", routes(&calls))) }
}

fn times(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = calls(world)?.iter().filter(|call| call.route == words[0]).count();
    if found == count(words[1])? { Ok(()) } else { Err(format!("it was called {found} times")) }
}

fn before(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let calls = calls(world)?;
    let routes = routes(&calls);
    let at = |route: &str| {
        routes.iter().position(|own| *own == route).ok_or_else(|| format!("no `{route}` in {routes:?}"))
    };
    if at(words[0])? < at(words[1])? { Ok(()) } else { Err(format!("found {routes:?}")) }
}

/// Calls are numbered from 1.
fn numbered(world: &World<'_>, word: &str) -> Result<Call, String> {
    let calls = calls(world)?;
    let index = count(word)?.checked_sub(1).ok_or("calls are numbered from 1")?;
    calls.get(index).cloned().ok_or_else(|| format!("only {} calls arrived", calls.len()))
}

fn body(world: &mut World<'_>, words: &[&str], doc: &str) -> Result<(), String> {
    let expected = world.value(doc)?;
    equal(&expected, &numbered(world, words[0])?.body)
}

fn query(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let call = numbered(world, words[0])?;
    if call.query == words[1] { Ok(()) } else { Err(format!("found `{}`", call.query)) }
}

fn header(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let call = numbered(world, words[0])?;
    let expected = world.service.local(words[2]);
    if call.header(words[1]) == Some(&expected) { Ok(()) } else { Err(format!("found {:?}", call.headers)) }
}

fn some_header(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let call = numbered(world, words[0])?;
    if call.header(words[1]).is_some() { Ok(()) } else { Err(format!("found {:?}", call.headers)) }
}

fn no_header(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let call = numbered(world, words[0])?;
    if call.header(words[1]).is_none() { Ok(()) } else { Err(format!("found {:?}", call.headers)) }
}

fn headers(world: &World<'_>, name: &str) -> Result<Vec<String>, String> {
    let calls = calls(world)?;
    let each = calls.iter().map(|call| call.header(name).map(str::to_owned));
    each.collect::<Option<_>>().ok_or_else(|| format!("a call has no `{name}`"))
}

fn same_header(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = headers(world, words[0])?;
    let different: BTreeSet<&String> = found.iter().collect();
    if found.len() > 1 && different.len() == 1 { Ok(()) } else { Err(format!("found {found:?}")) }
}

fn own_header(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let found = headers(world, words[0])?;
    let different: BTreeSet<&String> = found.iter().collect();
    if found.len() > 1 && different.len() == found.len() { Ok(()) } else { Err(format!("found {found:?}")) }
}

fn two(world: &World<'_>, words: &[&str]) -> Result<(String, String), String> {
    let of = |word: &str| {
        let call = numbered(world, word)?;
        call.header(words[2]).map(str::to_owned).ok_or_else(|| format!("call {word} has no `{}`", words[2]))
    };
    Ok((of(words[0])?, of(words[1])?))
}

fn two_same(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let (one, other) = two(world, words)?;
    if one == other { Ok(()) } else { Err(format!("found `{one}` and `{other}`")) }
}

fn two_different(world: &mut World<'_>, words: &[&str], _: &str) -> Result<(), String> {
    let (one, other) = two(world, words)?;
    if one == other { Err(format!("both are `{one}`")) } else { Ok(()) }
}

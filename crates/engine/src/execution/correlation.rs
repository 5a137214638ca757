//! Whether an event passes a filter, and what ties it to other events.
//!
//! Values are compared as texts, for what a definition expects of them can only be written as one: a text as it is,
//! anything else as JSON. An event that does not show a value for every correlation of a filter does not pass it.

use super::event::Event;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_dsl::expr::Env;
use tenure_dsl::json::Json;
use tenure_dsl::program::EventFilter;

/// What is expected of an event, by the name of the correlation; `None` until an event has shown it.
pub(super) type Expected = (Arc<str>, Option<Arc<str>>);

/// What events have shown to one `listen`, by name.
pub(super) type Shown = BTreeMap<Arc<str>, Arc<str>>;

/// The correlation values of an event that passes a filter; `None` when it does not pass.
pub(super) fn passes(
    filter: &EventFilter,
    expected: &[Expected],
    shown: &Shown,
    event: &Event,
    env: &dyn Env,
) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let envelope = event.envelope();
    for (name, matcher) in &filter.with {
        let value = if **name == *"data" { Some(event.data()) } else { envelope.get(name) };
        if !matcher.matches(value.as_ref(), env) {
            return None;
        }
    }
    let values = values(filter, event, env)?;
    let as_expected = |((name, value), (_, own)): (&(Arc<str>, Arc<str>), &Expected)| {
        own.as_ref().or_else(|| shown.get(name)).is_none_or(|expected| expected == value)
    };
    values.iter().zip(expected).all(as_expected).then_some(values)
}

/// What an event shows for each correlation of a filter; `None` when it does not show one of them.
fn values(filter: &EventFilter, event: &Event, env: &dyn Env) -> Option<Vec<(Arc<str>, Arc<str>)>> {
    let value = |own: &tenure_dsl::program::Correlation| {
        let value = own.from.eval(event.envelope(), env).ok().filter(|value| !value.is_null())?;
        Some((Arc::clone(&own.name), text(&value)))
    };
    filter.correlate.iter().map(value).collect()
}

/// A value as it is compared.
pub(super) fn text(value: &Json) -> Arc<str> {
    match (value.as_str(), value.as_i64()) {
        (Some(text), _) => text.into(),
        (None, Some(whole)) => whole.to_string().into(),
        (None, None) => value.text().into(),
    }
}

/// By which hash an execution is found that waits for an event: of all values when it knows them all, of those that
/// the definition expects while it does not; `None` when it knows nothing or its values cannot be told in advance.
pub(super) fn waits_under(filter: &EventFilter, expected: &[Expected], shown: &Shown) -> Option<[u8; 16]> {
    if !filter.indexed() {
        return None;
    }
    let known = |(name, own): &Expected| {
        let value = own.as_ref().or_else(|| shown.get(name))?;
        Some((Arc::clone(name), Arc::clone(value)))
    };
    let all: Option<Vec<_>> = expected.iter().map(known).collect();
    let declared = || expected.iter().filter_map(|(name, own)| Some((Arc::clone(name), own.clone()?)));
    all.or_else(|| Some(declared().collect()).filter(|some: &Vec<_>| !some.is_empty()))
        .map(|some| hash(&some))
}

/// Every hash under which an execution may wait for this event at this filter.
pub(super) fn found_under(filter: &EventFilter, event: &Event) -> Vec<Option<[u8; 16]>> {
    let mut found = vec![None];
    if !filter.indexed() {
        return found;
    }
    let Some(values) = values(filter, event, &Nothing) else { return found };
    let declared = filter.correlate.iter().zip(&values).filter(|(own, _)| own.expect.is_some());
    let declared: Vec<_> = declared.map(|(_, value)| value.clone()).collect();
    if !declared.is_empty() && declared.len() < values.len() {
        found.push(Some(hash(&declared)));
    }
    found.push(Some(hash(&values)));
    found
}

fn hash(values: &[(Arc<str>, Arc<str>)]) -> [u8; 16] {
    let mut hash = Sha256::new();
    // Lengths first, so that no two lists of parts read the same.
    for part in values.iter().flat_map(|(name, value)| [name, value]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    short
}

/// Surroundings without variables.
pub(super) struct Nothing;

impl Env for Nothing {
    fn var(&self, _: &str) -> Option<Json> {
        None
    }
}

//! Executions under a limit (`metadata.limits`) in the index of labels: whose limit it is, and who waits for a place.
//!
//! As search attributes are kept ([`crate::attribute`]): in labels that no client can have. They are there as long as the
//! execution is open. Deliberately absent: what a limit means.

use crate::filter::{Comparison, Condition, Filter, TextField};
use crate::records::ExecutionRow;
use std::sync::Arc;
use tenure_types::Timestamp;

/// The label that holds the limit's key.
const LIMIT: &str = "\u{2}limit";
/// The label of those that wait for a place.
const WAITS: &str = "\u{2}waits";
/// What the values of that label begin with.
const WAITS_KIND: &str = "w";

/// How an execution waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Since when.
    pub since: Timestamp,
    /// How many may run at once.
    pub max: u32,
    /// Whether it faults when there is no place at once.
    pub faults: bool,
}

/// The labels of an execution under a limit.
pub fn labels(key: &str, waits: Option<Waits>) -> impl Iterator<Item = (String, String)> {
    let waiting = waits.map(|Waits { since, max, faults }| {
        (WAITS.to_owned(), format!("{WAITS_KIND}{:016x}{max:08x}{}", since.0, u8::from(faults)))
    });
    std::iter::once((LIMIT.to_owned(), format!("={key}"))).chain(waiting)
}

/// The key of the limit that a row is under.
pub fn key(row: &ExecutionRow) -> Option<Arc<str>> {
    let (_, value) = row.labels.iter().find(|(name, _)| name == LIMIT)?;
    value.strip_prefix('=').map(Arc::from)
}

/// How a row waits for a place; `None` when it does not.
pub fn waits(row: &ExecutionRow) -> Option<Waits> {
    let (_, value) = row.labels.iter().find(|(name, _)| name == WAITS)?;
    let value = value.strip_prefix(WAITS_KIND)?;
    let since = Timestamp(u64::from_str_radix(value.get(..16)?, 16).ok()?);
    let max = u32::from_str_radix(value.get(16..24)?, 16).ok()?;
    Some(Waits { since, max, faults: value.get(24..)? == "1" })
}

impl Filter {
    /// This filter and open executions of a definition name under one limit.
    #[must_use]
    pub fn limited(self, namespace: &str, name: &str, key: &str) -> Self {
        let definition = self.text(TextField::Namespace, namespace).text(TextField::Name, name);
        definition.and(Condition::Label { name: LIMIT.into(), value: format!("={key}").into() })
    }

    /// This filter and executions that wait for a place under any limit.
    #[must_use]
    pub fn waits_for_a_place(self) -> Self {
        let (name, value) = (WAITS.into(), WAITS_KIND.into());
        self.and(Condition::Range { name, comparison: Comparison::AtLeast, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute;
    use crate::conformance::fixture;

    #[test]
    fn what_is_kept_comes_back_and_is_no_label_of_a_client() {
        let found = Waits { since: Timestamp(1_764_000_000_123), max: 10_000, faults: true };
        let mut row = fixture::row(1);
        row.labels = labels("\"ada\"", Some(found)).collect();
        assert_eq!((key(&row).as_deref(), waits(&row)), (Some("\"ada\""), Some(found)));
        assert_eq!(attribute::labels(&row).count(), 0);
        row.labels = labels("", None).collect();
        assert_eq!((key(&row).as_deref(), waits(&row)), (Some(""), None));
    }
}

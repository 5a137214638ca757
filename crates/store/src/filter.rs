//! Which executions: a small typed tree that every backend compiles or evaluates, and the grammar that people type.
//!
//! Deliberately absent: OR, nesting, full text, and any look into payloads: those are sealed.

mod lexer;
mod parse;

use crate::attribute::{self, AttributeValue};
use crate::records::ExecutionRow;
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_types::{CompensationStatus, ExecutionId, Status, Timestamp};

pub use parse::FilterError;

/// How an ordered field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Whether `a` stands in this relation to `b`.
    pub fn holds<T: Ord>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::NotEqual => a != b,
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Greater => a > b,
            Self::AtLeast => a >= b,
        }
    }
}

/// A field that is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextField {
    /// The definition's namespace.
    Namespace,
    /// The definition's name.
    Name,
    /// The definition's version.
    Version,
    /// The business key; an execution without one has none of the keys.
    Key,
    /// The correlation id.
    CorrelationId,
}

/// A field that is an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// When it was accepted.
    StartedAt,
    /// When it changed last.
    UpdatedAt,
    /// When it ended; an open execution matches no comparison of it.
    EndedAt,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The status is one of these.
    Status(BTreeSet<Status>),
    /// The compensation is one of these.
    Compensation(BTreeSet<CompensationStatus>),
    /// It is this execution.
    Id(ExecutionId),
    /// It is a child of this execution.
    Parent(ExecutionId),
    /// A text field equals a value.
    Text {
        /// The field.
        field: TextField,
        /// The value.
        value: Arc<str>,
    },
    /// A text field differs from a value, or is absent.
    NotText {
        /// The field.
        field: TextField,
        /// The value.
        value: Arc<str>,
    },
    /// An instant stands in a relation to another.
    Time {
        /// The field.
        field: TimeField,
        /// The relation.
        comparison: Comparison,
        /// The other instant.
        value: Timestamp,
    },
    /// From start to end, or to `now` while it is open.
    Duration {
        /// The relation.
        comparison: Comparison,
        /// The other duration.
        value_ms: u64,
        /// When the question was asked.
        now: Timestamp,
    },
    /// A label has a value.
    Label {
        /// The label's name.
        name: Arc<str>,
        /// Its value.
        value: Arc<str>,
    },
    /// A label has another value, or is absent.
    NotLabel {
        /// The label's name.
        name: Arc<str>,
        /// The value that it has not.
        value: Arc<str>,
    },
    /// A label that holds a typed value (see [`crate::attribute`]) stands in an order to another of the same type.
    Range {
        /// The label's name.
        name: Arc<str>,
        /// The relation; one that has an order.
        comparison: Comparison,
        /// The other value, encoded.
        value: Arc<str>,
    },
}

/// Conditions that all hold. Without any, it matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The conditions.
    pub all: Vec<Condition>,
}

impl Filter {
    /// Everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Parses the grammar of `filter=`; `now` is what durations of open executions are measured to.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, FilterError> {
        parse::parse(text, now)
    }

    /// This filter and one more condition.
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.all.push(condition);
        self
    }

    /// This filter and one of these statuses.
    #[must_use]
    pub fn status(self, statuses: impl IntoIterator<Item = Status>) -> Self {
        self.and(Condition::Status(statuses.into_iter().collect()))
    }

    /// This filter and a text field's value.
    #[must_use]
    pub fn text(self, field: TextField, value: &str) -> Self {
        self.and(Condition::Text { field, value: value.into() })
    }

    /// This filter and a label's value.
    #[must_use]
    pub fn label(self, name: &str, value: &str) -> Self {
        self.and(Condition::Label { name: name.into(), value: value.into() })
    }

    /// This filter and a search attribute's relation to a value. `!=` holds also when it is absent.
    #[must_use]
    pub fn attribute(self, name: &str, comparison: Comparison, value: &AttributeValue) -> Self {
        let (name, value) = (attribute::label(name).into(), value.encode().into());
        self.and(match comparison {
            Comparison::Equal => Condition::Label { name, value },
            Comparison::NotEqual => Condition::NotLabel { name, value },
            Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast => {
                Condition::Range { name, comparison, value }
            }
        })
    }

    /// This filter and executions whose own retention ended at or before `until`.
    #[must_use]
    pub fn expired(self, until: Timestamp) -> Self {
        let value = AttributeValue::Time(until).encode().into();
        self.and(Condition::Range { name: attribute::EXPIRES.into(), comparison: Comparison::AtMost, value })
    }

    /// This filter and an instant's relation to another.
    #[must_use]
    pub fn time(self, field: TimeField, comparison: Comparison, value: Timestamp) -> Self {
        self.and(Condition::Time { field, comparison, value })
    }

    /// Whether a row matches.
    pub fn matches(&self, row: &ExecutionRow) -> bool {
        self.all.iter().all(|condition| condition.matches(row))
    }
}

impl Condition {
    /// Whether a row matches.
    pub fn matches(&self, row: &ExecutionRow) -> bool {
        match self {
            Self::Status(statuses) => statuses.contains(&row.status),
            Self::Compensation(states) => states.contains(&row.compensation),
            Self::Id(id) => row.id == *id,
            Self::Parent(id) => row.parent == Some(*id),
            Self::Text { field, value } => field.of(row) == Some(value),
            Self::NotText { field, value } => field.of(row) != Some(value),
            Self::Time { field, comparison, value } => {
                field.of(row).is_some_and(|instant| comparison.holds(&instant, value))
            }
            Self::Duration { comparison, value_ms, now } => {
                let end = row.ended_at.unwrap_or(*now);
                comparison.holds(&end.ms_since(row.started_at), value_ms)
            }
            Self::Label { name, value } => has_label(row, name, value),
            Self::NotLabel { name, value } => !has_label(row, name, value),
            Self::Range { name, comparison, value } => row.labels.iter().any(|(n, v)| {
                **n == **name
                    && v.as_bytes().first() == value.as_bytes().first()
                    && comparison.holds(&v.as_str(), &&**value)
            }),
        }
    }
}

fn has_label(row: &ExecutionRow, name: &str, value: &str) -> bool {
    row.labels.iter().any(|(n, v)| n == name && v == value)
}

impl TextField {
    fn of(self, row: &ExecutionRow) -> Option<&Arc<str>> {
        match self {
            Self::Namespace => Some(&row.definition.namespace),
            Self::Name => Some(&row.definition.name),
            Self::Version => Some(&row.definition.version),
            Self::Key => row.key.as_ref(),
            Self::CorrelationId => Some(&row.correlation_id),
        }
    }
}

impl TimeField {
    fn of(self, row: &ExecutionRow) -> Option<Timestamp> {
        match self {
            Self::StartedAt => Some(row.started_at),
            Self::UpdatedAt => Some(row.updated_at),
            Self::EndedAt => row.ended_at,
        }
    }
}

//! A filter as SQL with bound values: no text of a caller ever becomes part of a statement.

use crate::row::{id_bytes, ms};
use rusqlite::types::Value;
use std::fmt::Write;
use tenure_store::filter::{Comparison, Condition, TextField, TimeField};
use tenure_types::TenantId;

/// A statement's text and the values of its parameters.
#[derive(Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    /// Adds text.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds text with one parameter in it.
    pub(super) fn bind(&mut self, text: &str, value: impl Into<Value>) {
        self.text.push_str(text);
        self.values.push(value.into());
    }

    /// Starts `SELECT columns FROM executions`, narrowed to a tenant and to conditions. One condition on a label may drive
    /// the search through the index of labels; it alone can be selective.
    pub(super) fn select(columns: &str, tenant: &TenantId, conditions: &[Condition]) -> Self {
        let mut sql = Self::default();
        let driver = driver(conditions);
        if let Some(at) = driver {
            write!(sql.text, "SELECT {columns} FROM labels l CROSS JOIN executions e ON e.key = l.key")
                .expect("a string takes every text");
            sql.bind(" WHERE l.tenant = ?", tenant.as_str().to_owned());
            sql.stored("l", &conditions[at]);
            sql.bind(" AND e.tenant = ?", tenant.as_str().to_owned());
        } else {
            write!(sql.text, "SELECT {columns} FROM executions e").expect("a string takes every text");
            sql.bind(" WHERE e.tenant = ?", tenant.as_str().to_owned());
        }
        for (at, condition) in conditions.iter().enumerate() {
            if Some(at) != driver {
                sql.condition(tenant, condition);
            }
        }
        sql
    }

    /// A label's name, and its value or the values of its type that stand in an order to one.
    fn stored(&mut self, table: &str, condition: &Condition) {
        match condition {
            Condition::Label { name, value } => {
                self.bind(&format!(" AND {table}.name = ?"), name.to_string());
                self.bind(&format!(" AND {table}.value = ?"), value.to_string());
            }
            Condition::Range { name, comparison, value } => {
                let kind: String = value.chars().take(1).collect();
                let beyond: String = kind.chars().filter_map(|c| char::from_u32(u32::from(c) + 1)).collect();
                self.bind(&format!(" AND {table}.name = ?"), name.to_string());
                self.bind(&format!(" AND {table}.value >= ?"), kind);
                self.bind(&format!(" AND {table}.value < ?"), beyond);
                self.bind(&format!(" AND {table}.value{}?", operator(*comparison)), value.to_string());
            }
            _ => unreachable!("only what looks at labels is looked up among them"),
        }
    }

    fn condition(&mut self, tenant: &TenantId, condition: &Condition) {
        match condition {
            Condition::Status(statuses) => {
                self.among("e.status", statuses.iter().map(|status| *status as u8));
            }
            Condition::Compensation(states) => {
                self.among("e.compensation", states.iter().map(|state| *state as u8));
            }
            Condition::Id(id) => self.bind(" AND e.id = ?", id_bytes(*id).to_vec()),
            Condition::Parent(id) => self.bind(" AND e.parent = ?", id_bytes(*id).to_vec()),
            Condition::Text { field, value } => {
                self.push(" AND ");
                self.push(text_column(*field));
                self.bind(" = ?", value.to_string());
            }
            Condition::NotText { field, value } => {
                self.push(" AND ");
                self.push(text_column(*field));
                self.bind(" IS NOT ?", value.to_string());
            }
            Condition::Time { field, comparison, value } => {
                self.push(" AND ");
                self.push(time_column(*field));
                self.push(operator(*comparison));
                self.bind("?", ms(*value));
            }
            Condition::Duration { comparison, value_ms, now } => {
                self.bind(" AND max(0, coalesce(e.ended_at, ?) - e.started_at)", ms(*now));
                self.push(operator(*comparison));
                self.bind("?", i64::try_from(*value_ms).unwrap_or(i64::MAX));
            }
            Condition::Label { name, value } => self.label(" AND EXISTS", name, value),
            Condition::NotLabel { name, value } => self.label(" AND NOT EXISTS", name, value),
            Condition::Range { .. } => {
                self.bind(
                    " AND e.key IN (SELECT x.key FROM labels x WHERE x.tenant = ?",
                    tenant.as_str().to_owned(),
                );
                self.stored("x", condition);
                self.push(")");
            }
        }
    }

    fn among(&mut self, column: &str, codes: impl Iterator<Item = u8>) {
        let codes: Vec<u8> = codes.collect();
        match codes.as_slice() {
            [] => self.push(" AND 0"),
            [code] => {
                self.push(" AND ");
                self.push(column);
                self.bind(" = ?", i64::from(*code));
            }
            codes => {
                // The plus keeps the planner from an index that would need a sort of everything.
                self.push(" AND +");
                self.push(column);
                let separators = std::iter::once(" IN (?").chain(std::iter::repeat(", ?"));
                for (code, separator) in codes.iter().zip(separators) {
                    self.bind(separator, i64::from(*code));
                }
                self.push(")");
            }
        }
    }

    fn label(&mut self, exists: &str, name: &str, value: &str) {
        self.push(exists);
        self.push(" (SELECT 1 FROM labels x WHERE x.tenant = e.tenant AND x.started_at = e.started_at AND x.key = e.key");
        self.bind(" AND x.name = ?", name.to_owned());
        self.bind(" AND x.value = ?)", value.to_owned());
    }
}

/// The condition that is looked up among the labels: the first exact one, or else the first range.
pub(super) fn driver(conditions: &[Condition]) -> Option<usize> {
    let exact = conditions.iter().position(|condition| matches!(condition, Condition::Label { .. }));
    exact.or_else(|| conditions.iter().position(|condition| matches!(condition, Condition::Range { .. })))
}

fn text_column(field: TextField) -> &'static str {
    match field {
        TextField::Namespace => "e.namespace",
        TextField::Name => "e.name",
        TextField::Version => "e.version",
        TextField::Key => "e.business_key",
        TextField::CorrelationId => "e.correlation_id",
    }
}

fn time_column(field: TimeField) -> &'static str {
    match field {
        TimeField::StartedAt => "e.started_at",
        TimeField::UpdatedAt => "e.updated_at",
        TimeField::EndedAt => "e.ended_at",
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::AtMost => " <= ",
        Comparison::Greater => " > ",
        Comparison::AtLeast => " >= ",
    }
}

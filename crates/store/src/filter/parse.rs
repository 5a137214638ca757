//! The grammar of `filter=`: `condition (AND condition)*`, a condition being `field operator value` or
//! `field IN (value, …)`. A subset of AIP-160.

use super::lexer::{Token, tokens};
use super::{Comparison, Condition, Filter, TextField, TimeField};
use crate::attribute::AttributeValue;
use crate::limits::{FILTER_CHARS_MAX, FILTER_CONDITIONS_MAX};
use std::collections::BTreeSet;
use std::str::FromStr;
use tenure_types::{CompensationStatus, Status, Timestamp};

/// What is wrong with a filter's text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter, character {}: {message}", position + 1)]
pub struct FilterError {
    /// The byte at which it is wrong, from 0.
    pub position: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl FilterError {
    pub(super) fn new(position: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { position, message: message.into(), hint: hint.into() }
    }
}

const FIELDS: &str = "fields are status, compensation, definition, namespace, name, version, key, correlationId, id, \
                      startedAt, updatedAt, endedAt, duration, label.NAME and attr.NAME";

pub(super) fn parse(text: &str, now: Timestamp) -> Result<Filter, FilterError> {
    if text.len() > FILTER_CHARS_MAX {
        let hint = format!("at most {FILTER_CHARS_MAX} characters are allowed");
        return Err(FilterError::new(FILTER_CHARS_MAX, "the filter is too long", hint));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, end: text.len(), now };
    let mut filter = Filter::default();
    if parser.tokens.is_empty() {
        return Ok(filter);
    }
    loop {
        parser.condition(&mut filter)?;
        if filter.all.len() > FILTER_CONDITIONS_MAX {
            let hint = format!("at most {FILTER_CONDITIONS_MAX} are allowed");
            return Err(FilterError::new(parser.position(), "too many conditions", hint));
        }
        let at = parser.position();
        match parser.next() {
            None => return Ok(filter),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("and") => {}
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("or") => {
                let hint = "conditions are joined by `AND`; several values of one field by `IN (a, b)`";
                return Err(FilterError::new(at, "`OR` is not supported", hint));
            }
            Some(_) => {
                return Err(FilterError::new(at, "expected `AND` or the end", "join conditions by `AND`"));
            }
        }
    }
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    end: usize,
    now: Timestamp,
}

/// A value and where it stands.
struct Value<'a> {
    at: usize,
    text: &'a str,
    quoted: bool,
}

impl<'a> Parser<'a> {
    fn position(&self) -> usize {
        self.tokens.first().map_or(self.end, |(at, _)| *at)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let ((_, token), rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(token)
    }

    fn condition(&mut self, filter: &mut Filter) -> Result<(), FilterError> {
        let at = self.position();
        let Some(Token::Word(field)) = self.next() else {
            return Err(FilterError::new(at, "expected a field", FIELDS));
        };
        let operator_at = self.position();
        let (comparison, values) = match self.next() {
            Some(Token::Operator(comparison)) => (*comparison, vec![self.value()?]),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("in") => (Comparison::Equal, self.values()?),
            _ => {
                let hint = "operators are = != < <= > >= and IN";
                return Err(FilterError::new(
                    operator_at,
                    format!("expected an operator after `{field}`"),
                    hint,
                ));
            }
        };
        let written = Written { field, at, operator_at, comparison, values, now: self.now };
        written.conditions(&mut filter.all)
    }

    fn value(&mut self) -> Result<Value<'a>, FilterError> {
        let at = self.position();
        match self.next() {
            Some(Token::Word(text)) => Ok(Value { at, text, quoted: false }),
            Some(Token::Quoted(text)) => Ok(Value { at, text, quoted: true }),
            _ => Err(FilterError::new(at, "expected a value", "texts with spaces stand in double quotes")),
        }
    }

    fn values(&mut self) -> Result<Vec<Value<'a>>, FilterError> {
        let at = self.position();
        if self.next() != Some(&Token::Open) {
            return Err(FilterError::new(at, "expected `(`", "write `IN (a, b)`"));
        }
        let mut values = vec![self.value()?];
        loop {
            let at = self.position();
            match self.next() {
                Some(Token::Close) => return Ok(values),
                Some(Token::Comma) => values.push(self.value()?),
                _ => return Err(FilterError::new(at, "expected `,` or `)`", "write `IN (a, b)`")),
            }
        }
    }
}

/// A condition as it was written, before it is known what it means.
struct Written<'a> {
    field: &'a str,
    at: usize,
    operator_at: usize,
    comparison: Comparison,
    values: Vec<Value<'a>>,
    now: Timestamp,
}

impl Written<'_> {
    fn conditions(&self, all: &mut Vec<Condition>) -> Result<(), FilterError> {
        match self.field {
            "status" => all.push(Condition::Status(self.words(Status::ALL)?)),
            "compensation" => all.push(Condition::Compensation(self.words(CompensationStatus::ALL)?)),
            "definition" => self.definition(all)?,
            "namespace" => all.push(self.text(TextField::Namespace)?),
            "name" => all.push(self.text(TextField::Name)?),
            "version" => all.push(self.text(TextField::Version)?),
            "key" => all.push(self.text(TextField::Key)?),
            "correlationId" => all.push(self.text(TextField::CorrelationId)?),
            "id" => all.push(self.id()?),
            "startedAt" => all.push(self.time(TimeField::StartedAt)?),
            "updatedAt" => all.push(self.time(TimeField::UpdatedAt)?),
            "endedAt" => all.push(self.time(TimeField::EndedAt)?),
            "duration" => all.push(self.duration()?),
            other => match other.split_once('.') {
                Some(("label", name)) if !name.is_empty() => all.push(self.label(name)?),
                Some(("attr", name)) if !name.is_empty() => self.attribute(name, all)?,
                _ => return Err(FilterError::new(self.at, format!("`{other}` is no field"), FIELDS)),
            },
        }
        Ok(())
    }

    fn single(&self) -> Result<&Value<'_>, FilterError> {
        match self.values.as_slice() {
            [value] => Ok(value),
            _ => Err(FilterError::new(
                self.operator_at,
                format!("`{}` takes one value", self.field),
                "`IN` is for status and compensation",
            )),
        }
    }

    /// `true` for `=`, `false` for `!=`.
    fn equality(&self) -> Result<bool, FilterError> {
        match self.comparison {
            Comparison::Equal => Ok(true),
            Comparison::NotEqual => Ok(false),
            Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast => {
                let message = format!("`{}` has no order", self.field);
                Err(FilterError::new(self.operator_at, message, "use `=` or `!=`"))
            }
        }
    }

    fn words<T: FromStr<Err = String> + Copy + Ord>(&self, all: &[T]) -> Result<BTreeSet<T>, FilterError> {
        let wanted = self.equality()?;
        let mut named = BTreeSet::new();
        for value in &self.values {
            let refuse =
                |hint| FilterError::new(value.at, format!("`{}` is no {}", value.text, self.field), hint);
            named.insert(value.text.parse::<T>().map_err(refuse)?);
        }
        Ok(all.iter().copied().filter(|word| named.contains(word) == wanted).collect())
    }

    fn text(&self, field: TextField) -> Result<Condition, FilterError> {
        let value = self.single()?.text.into();
        Ok(if self.equality()? {
            Condition::Text { field, value }
        } else {
            Condition::NotText { field, value }
        })
    }

    fn label(&self, name: &str) -> Result<Condition, FilterError> {
        let (name, value) = (name.into(), self.single()?.text.into());
        Ok(if self.equality()? {
            Condition::Label { name, value }
        } else {
            Condition::NotLabel { name, value }
        })
    }

    /// A bare number is a number, `true` and `false` are booleans, an instant is a time, all else is a text.
    fn attribute(&self, name: &str, all: &mut Vec<Condition>) -> Result<(), FilterError> {
        let value = self.single()?;
        let number = value.text.parse::<f64>().ok().filter(|number| number.is_finite());
        let value = match (value.quoted, value.text, number) {
            (false, "true", _) => AttributeValue::Bool(true),
            (false, "false", _) => AttributeValue::Bool(false),
            (false, _, Some(number)) => AttributeValue::Number(number),
            (_, text, _) => AttributeValue::of_text(text),
        };
        if matches!(value, AttributeValue::Bool(_)) {
            self.equality()?;
        }
        all.extend(Filter::everything().attribute(name, self.comparison, &value).all);
        Ok(())
    }

    /// `namespace/name` or `namespace/name@version`.
    fn definition(&self, all: &mut Vec<Condition>) -> Result<(), FilterError> {
        let value = self.single()?;
        if !self.equality()? {
            let message = "`definition` cannot be compared by `!=`";
            return Err(FilterError::new(self.operator_at, message, "use `namespace`, `name` or `version`"));
        }
        let (path, version) = match value.text.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (value.text, None),
        };
        let parts =
            path.split_once('/').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
        let Some((namespace, name)) = parts else {
            let hint = "write `\"namespace/name\"` or `\"namespace/name@version\"`";
            return Err(FilterError::new(value.at, format!("`{}` is no definition", value.text), hint));
        };
        all.push(Condition::Text { field: TextField::Namespace, value: namespace.into() });
        all.push(Condition::Text { field: TextField::Name, value: name.into() });
        if let Some(version) = version {
            all.push(Condition::Text { field: TextField::Version, value: version.into() });
        }
        Ok(())
    }

    fn id(&self) -> Result<Condition, FilterError> {
        let value = self.single()?;
        if !self.equality()? {
            return Err(FilterError::new(self.operator_at, "`id` cannot be compared by `!=`", "use `=`"));
        }
        let id = value.text.parse().map_err(|error: tenure_types::IdError| {
            FilterError::new(value.at, error.to_string(), "ids look like `exe_01J…`")
        })?;
        Ok(Condition::Id(id))
    }

    fn time(&self, field: TimeField) -> Result<Condition, FilterError> {
        let value = self.single()?;
        let instant = value.text.parse().map_err(|_| {
            let hint = "write an RFC 3339 instant such as \"2027-01-01T00:00:00Z\"";
            FilterError::new(value.at, format!("`{}` is no instant", value.text), hint)
        })?;
        Ok(Condition::Time { field, comparison: self.comparison, value: instant })
    }

    fn duration(&self) -> Result<Condition, FilterError> {
        let value = self.single()?;
        let value_ms = duration_ms(value.text).ok_or_else(|| {
            let message = format!("`{}` is no duration", value.text);
            FilterError::new(value.at, message, "write `5m`, `1h30m`, `250ms` or `PT5M`")
        })?;
        Ok(Condition::Duration { comparison: self.comparison, value_ms, now: self.now })
    }
}

/// `1d2h3m4s5ms` in any part, or ISO 8601 `P1DT2H3M4S`; whole numbers.
fn duration_ms(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let iso = lower.strip_prefix('p');
    let mut rest = iso.unwrap_or(&lower);
    let mut date = iso.is_some();
    let mut total: u64 = 0;
    let mut parts = 0;
    while !rest.is_empty() {
        if date && let Some(time) = rest.strip_prefix('t') {
            (date, rest) = (false, time);
            continue;
        }
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit_end =
            rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |n| digits + n);
        let mut unit = &rest[digits..unit_end];
        if date && let Some((day, _)) = unit.split_once('t') {
            unit = day;
        }
        let unit_ms: u64 = match (unit, date, iso.is_some()) {
            ("w", true, true) | ("w", false, false) => 7 * 86_400_000,
            ("d", true, true) | ("d", false, false) => 86_400_000,
            ("h", false, _) => 3_600_000,
            ("m", false, _) => 60_000,
            ("s", false, _) => 1_000,
            ("ms", false, false) => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit_ms)?)?;
        parts += 1;
        rest = &rest[digits + unit.len()..];
    }
    (parts > 0).then_some(total)
}

#[cfg(test)]
mod tests;

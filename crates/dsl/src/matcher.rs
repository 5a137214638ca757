//! What a part of an event must be: a value, a pattern, or an expression that decides.
//!
//! A text is compared as it is; when it has signs that texts of attributes do not have, it is also tried as a pattern
//! for the whole text. An expression sees the part as `.`; what it gives decides when it is a boolean, and is compared
//! otherwise. A map takes maps that have at least its entries. Deliberately absent: errors while matching. What cannot
//! be evaluated on a value does not match it, for others send events, and a wrong one must not fault who listens.

use crate::expr::{Env, Mode, Template, TemplateError};
use crate::json::Json;
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_PROGRAM_BYTES_MAX, PATTERN_TEXT_BYTES_MAX};
use regex_bites::{Regex, RegexBuilder};
use std::fmt;
use std::sync::Arc;

/// A compiled requirement.
pub struct Matcher(Node);

/// Why a requirement cannot be compiled.
#[derive(Debug)]
pub enum MatcherError {
    /// An expression is wrong.
    Expression(TemplateError),
    /// A pattern is wrong.
    Pattern {
        /// JSON pointer to the text, within the value.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
}

enum Node {
    Literal(Json),
    Text(Arc<str>, Option<Regex>),
    Computed(Template),
    Map(Vec<(Arc<str>, Node)>),
    List(Vec<Node>),
}

impl Matcher {
    /// Compiles a value of a filter. Its expressions may name `locals`, which come without `$`.
    pub fn compile(value: &serde_json::Value, locals: &[Arc<str>], mode: Mode) -> Result<Self, MatcherError> {
        let mut pointer = String::new();
        Builder { locals, mode }.node(value, &mut pointer).map(Self)
    }

    /// The text, when only this one text matches.
    pub fn as_literal(&self) -> Option<&Arc<str>> {
        match &self.0 {
            Node::Text(text, None) => Some(text),
            Node::Text(_, Some(_)) | Node::Literal(_) | Node::Computed(_) | Node::Map(_) | Node::List(_) => {
                None
            }
        }
    }

    /// The variables that its expressions name, without `$`, sorted.
    pub fn variables(&self) -> Vec<Arc<str>> {
        let mut all = vec![];
        self.0.variables(&mut all);
        all.sort();
        all.dedup();
        all
    }

    /// Whether a value is what is required; `None` when there is no value.
    pub fn matches(&self, value: Option<&Json>, env: &dyn Env) -> bool {
        self.0.matches(value, env)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => f.debug_tuple("Literal").field(value).finish(),
            Self::Text(text, pattern) => f.debug_tuple("Text").field(text).field(&pattern.is_some()).finish(),
            Self::Computed(template) => f.debug_tuple("Computed").field(template).finish(),
            Self::Map(entries) => f.debug_tuple("Map").field(entries).finish(),
            Self::List(items) => f.debug_tuple("List").field(items).finish(),
        }
    }
}

struct Builder<'l> {
    locals: &'l [Arc<str>],
    mode: Mode,
}

impl Builder<'_> {
    fn node(&self, value: &serde_json::Value, pointer: &mut String) -> Result<Node, MatcherError> {
        let here = pointer.len();
        match value {
            serde_json::Value::String(text) => self.text(value, text, pointer),
            serde_json::Value::Array(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    nodes.push(self.node(item, pointer)?);
                    pointer.truncate(here);
                }
                Ok(Node::List(nodes))
            }
            serde_json::Value::Object(entries) => {
                let mut nodes = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                    nodes.push((Arc::from(key.as_str()), self.node(item, pointer)?));
                    pointer.truncate(here);
                }
                Ok(Node::Map(nodes))
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
                Ok(Node::Literal(Json::from_value(value)))
            }
        }
    }

    fn text(&self, value: &serde_json::Value, text: &str, pointer: &str) -> Result<Node, MatcherError> {
        let template = Template::compile(value, self.locals, self.mode).map_err(|error| {
            let TemplateError { pointer: inner, error } = error;
            MatcherError::Expression(TemplateError { pointer: format!("{pointer}{inner}"), error })
        })?;
        if template.as_literal().is_none() {
            return Ok(Node::Computed(template));
        }
        let pattern = pattern(text)
            .map_err(|message| MatcherError::Pattern { pointer: pointer.to_owned(), message })?;
        Ok(Node::Text(Arc::from(text), pattern))
    }
}

/// The pattern that a text is, when it has signs that make it one. Dots alone do not: types and addresses have them.
fn pattern(text: &str) -> Result<Option<Regex>, String> {
    if !text.contains(['*', '+', '?', '[', ']', '(', ')', '{', '}', '|', '^', '$', '\\']) {
        return Ok(None);
    }
    if text.len() > PATTERN_BYTES_MAX {
        return Err(format!("the pattern has more than {PATTERN_BYTES_MAX} bytes"));
    }
    let mut builder = RegexBuilder::new(&format!("^(?:{text})$"));
    builder.size_limit(PATTERN_PROGRAM_BYTES_MAX);
    builder.build().map(Some).map_err(|error| format!("this is not a pattern: {error}"))
}

impl Node {
    fn variables(&self, all: &mut Vec<Arc<str>>) {
        match self {
            Self::Literal(_) | Self::Text(..) => {}
            Self::Computed(template) => all.extend_from_slice(template.variables()),
            Self::Map(entries) => entries.iter().for_each(|(_, node)| node.variables(all)),
            Self::List(items) => items.iter().for_each(|node| node.variables(all)),
        }
    }

    fn matches(&self, value: Option<&Json>, env: &dyn Env) -> bool {
        match (self, value) {
            (Self::Computed(template), value) => decides(template, value, env),
            (_, None) => false,
            (Self::Literal(literal), Some(value)) => same(literal, value),
            (Self::Text(text, pattern), Some(value)) => {
                value.as_str().is_some_and(|value| is_text(text, pattern.as_ref(), value))
            }
            (Self::Map(entries), Some(value)) => {
                value.entries().is_some()
                    && entries.iter().all(|(key, node)| node.matches(value.get(key).as_ref(), env))
            }
            (Self::List(nodes), Some(value)) => value.items().is_some_and(|items| {
                items.len() == nodes.len()
                    && nodes.iter().zip(&items).all(|(node, item)| node.matches(Some(item), env))
            }),
        }
    }
}

fn is_text(text: &str, pattern: Option<&Regex>, value: &str) -> bool {
    value == text
        || value.len() <= PATTERN_TEXT_BYTES_MAX && pattern.is_some_and(|pattern| pattern.is_match(value))
}

fn decides(template: &Template, value: Option<&Json>, env: &dyn Env) -> bool {
    let null = Json::null();
    let Ok(result) = template.eval(value.unwrap_or(&null), env) else { return false };
    match (result.as_bool(), value) {
        (Some(verdict), _) => verdict,
        (None, Some(value)) => same(&result, value),
        (None, None) => false,
    }
}

/// Whether two values are equal, whatever the order of their keys and however their numbers are written.
fn same(one: &Json, other: &Json) -> bool {
    if one == other {
        return true;
    }
    if let (Some(one), Some(other)) = (one.as_i64(), other.as_i64()) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (one.items(), other.items()) {
        return one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| same(one, other));
    }
    let (Some(entries), Some(others)) = (one.entries(), other.entries()) else { return false };
    entries.len() == others.len()
        && entries.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, &other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Vars;

    impl Env for Vars {
        fn var(&self, name: &str) -> Option<Json> {
            (name == "context").then(|| Json::from_value(&json!({"order": "A-17", "min": 3})))
        }
    }

    fn takes(requirement: &serde_json::Value, value: &serde_json::Value) -> bool {
        let matcher = Matcher::compile(requirement, &[], Mode::Strict).unwrap();
        matcher.matches(Some(&Json::from_value(value)), &Vars)
    }

    #[test]
    fn texts_are_compared_as_they_are() {
        assert!(takes(&json!("com.acme.paid"), &json!("com.acme.paid")));
        assert!(!takes(&json!("com.acme.paid"), &json!("comXacmeXpaid")));
        assert!(!takes(&json!("17"), &json!(17)));
    }

    #[test]
    fn a_text_with_the_signs_of_a_pattern_takes_whole_texts() {
        assert!(takes(&json!("com\\.acme\\..*"), &json!("com.acme.paid")));
        assert!(!takes(&json!("acme\\..*"), &json!("com.acme.paid")));
        assert!(takes(&json!("https://x/?a=1"), &json!("https://x/?a=1")), "and itself");
    }

    #[test]
    fn an_expression_decides_or_gives_what_is_expected() {
        assert!(takes(&json!("${ .temperature > 38 }"), &json!({"temperature": 39})));
        assert!(!takes(&json!("${ .temperature > 38 }"), &json!({"temperature": 37})));
        assert!(takes(&json!("${ $context.order }"), &json!("A-17")));
        assert!(takes(&json!("order ${ $context.order }"), &json!("order A-17")));
        assert!(!takes(&json!("${ $context.order }"), &json!("A-18")));
    }

    #[test]
    fn what_cannot_be_evaluated_does_not_match() {
        assert!(!takes(&json!("${ .temperature > 38 }"), &json!("hot")));
        assert!(!takes(&json!("${ $input.x }"), &json!("x")));
    }

    #[test]
    fn what_is_missing_matches_only_an_expression_that_says_so() {
        let missing =
            |requirement| Matcher::compile(&requirement, &[], Mode::Strict).unwrap().matches(None, &Vars);
        assert!(missing(json!("${ . == null }")));
        assert!(!missing(json!("${ . != null }")));
        assert!(!missing(json!(null)));
        assert!(!missing(json!(".*")));
    }

    #[test]
    fn maps_take_maps_with_at_least_their_entries_and_lists_take_equal_lists() {
        let wanted = json!({"kind": "a|b", "n": 1, "deep": {"x": "${ . > 2 }"}});
        assert!(takes(&wanted, &json!({"kind": "b", "n": 1.0, "deep": {"x": 3, "y": 0}, "more": true})));
        assert!(!takes(&wanted, &json!({"kind": "c", "n": 1, "deep": {"x": 3}})));
        assert!(!takes(&wanted, &json!({"kind": "a", "n": 1, "deep": {}})));
        assert!(takes(&json!([1, "x"]), &json!([1, "x"])));
        assert!(!takes(&json!([1]), &json!([1, 2])));
    }

    #[test]
    fn broken_patterns_and_expressions_are_refused_with_their_place() {
        let refused = |value| Matcher::compile(&value, &[], Mode::Strict).unwrap_err();
        assert!(
            matches!(refused(json!({"a": ["x("]})), MatcherError::Pattern { pointer, .. } if pointer == "/a/0")
        );
        assert!(matches!(refused(json!("${ .a | }")), MatcherError::Expression(_)));
        let long = "a*".repeat(PATTERN_BYTES_MAX);
        assert!(matches!(refused(json!(long)), MatcherError::Pattern { .. }));
    }

    #[test]
    fn only_a_text_without_signs_is_a_literal() {
        let literal = |value| Matcher::compile(&value, &[], Mode::Strict).unwrap().as_literal().is_some();
        assert!(literal(json!("com.acme.paid-v1")));
        assert!(!literal(json!("com.acme.*")));
        assert!(!literal(json!("${ $context.order }")));
        assert!(!literal(json!(3)));
    }
}

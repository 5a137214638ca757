//! Events: what is emitted, what is listened to.

use super::data::{Export, Output};
use super::task::TaskList;
use super::value::{Expression, LoopVariable, Named};
use crate::diagnostic::Code;
use crate::parse::{Kind, Path, Print, Read, Reader, Tree, record, words};
use serde_json::{Map, Value};

record! {
    /// `emit`
    EmitEvent {
        /// `event`
        event: "event" required EmittedEvent,
    }
}

record! {
    /// `emit.event`
    EmittedEvent {
        /// `with`
        with: "with" required EventProperties,
    }
}

/// Attributes of a `CloudEvent`; besides the known ones any others.
#[derive(Clone, Debug, PartialEq)]
pub struct EventProperties(pub Map<String, Value>);

impl Read for EventProperties {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        const TEXTS: [&str; 7] = ["id", "source", "type", "time", "subject", "datacontenttype", "dataschema"];
        for entry in reader.entries(tree, path).unwrap_or_default() {
            if TEXTS.contains(&entry.key.as_str()) {
                reader.text(&entry.value, &path.key(&entry.key), "a text");
            }
        }
        match tree.to_value() {
            Value::Object(map) => Self(map),
            _ => Self::gap(),
        }
    }

    fn gap() -> Self {
        Self(Map::from_iter([("type".to_owned(), Value::from("gap"))]))
    }
}

impl Print for EventProperties {
    fn print(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

record! {
    /// `listen`
    Listen {
        /// `to`
        to: "to" required EventStrategy,
        /// `read`
        read: "read" optional EventRead,
    }
}

words! {
    /// How consumed events are read.
    EventRead {
        /// `data`
        Data = "data",
        /// `envelope`
        Envelope = "envelope",
        /// `raw`
        Raw = "raw",
    }
}

/// Which events, and how many of them.
#[derive(Clone, Debug, PartialEq)]
pub enum EventStrategy {
    /// `all`: one for each filter.
    All(Vec<EventFilter>),
    /// `any`: those that one of the filters takes.
    Any {
        /// The filters.
        filters: Vec<EventFilter>,
        /// `until`
        until: Option<Box<Until>>,
    },
    /// `one`
    One(EventFilter),
}

impl Read for EventStrategy {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(fields) = reader.fields(tree, path, &["all", "any", "one", "until"]) else {
            return Self::gap();
        };
        let which = reader.one_of(tree, path, &["all", "any", "one"]);
        if let (Some("all" | "one"), Some(until)) = (which, tree.entry("until")) {
            let message = "`until` goes with `any` only".to_owned();
            reader.report(Code::NotOneOf, until.key_at, &path.key("until"), message, None);
        }
        match which {
            Some("all") => Self::All(fields.required(reader, "all")),
            Some("one") => Self::One(fields.required(reader, "one")),
            Some(_) => {
                Self::Any { filters: fields.required(reader, "any"), until: fields.optional(reader, "until") }
            }
            None => Self::gap(),
        }
    }

    fn gap() -> Self {
        Self::All(Vec::new())
    }
}

impl Print for EventStrategy {
    fn print(&self) -> Value {
        let mut map = Map::new();
        match self {
            Self::All(filters) => {
                map.insert("all".to_owned(), filters.print());
            }
            Self::One(filter) => {
                map.insert("one".to_owned(), filter.print());
            }
            Self::Any { filters, until } => {
                map.insert("any".to_owned(), filters.print());
                if let Some(until) = until {
                    map.insert("until".to_owned(), until.print());
                }
            }
        }
        Value::Object(map)
    }
}

/// When to stop consuming.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// A condition.
    Expression(Expression),
    /// Other events.
    Strategy(EventStrategy),
}

impl Read for Until {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        if matches!(tree.kind, Kind::Text(_)) {
            return Self::Expression(Expression::read(reader, tree, path));
        }
        if let Some(nested) = tree.entry("until") {
            let message = "the events of an `until` have no `until` themselves".to_owned();
            reader.report(Code::UnknownKey, nested.key_at, &path.key("until"), message, None);
        }
        Self::Strategy(EventStrategy::read(reader, tree, path))
    }

    fn gap() -> Self {
        Self::Strategy(EventStrategy::gap())
    }
}

impl Print for Until {
    fn print(&self) -> Value {
        match self {
            Self::Expression(expression) => expression.print(),
            Self::Strategy(strategy) => strategy.print(),
        }
    }
}

record! {
    /// Which events a listener takes.
    EventFilter {
        /// `with`
        with: "with" required EventProperties,
        /// `correlate`
        correlate: "correlate" optional Named<Correlation>,
    }
}

record! {
    /// What ties events to each other.
    Correlation {
        /// `from`
        from: "from" required Expression,
        /// `expect`
        expect: "expect" optional String,
    }
}

record! {
    /// What is done with each consumed event or message.
    SubscriptionIterator {
        /// `item`; `item` when absent
        item: "item" optional LoopVariable,
        /// `at`; `index` when absent
        at: "at" optional LoopVariable,
        /// `do`
        tasks: "do" optional TaskList,
        /// `output`
        output: "output" optional Output,
        /// `export`
        export: "export" optional Export,
    }
}

//! Our keys in `metadata`, the place that the DSL leaves open. Other people's keys are kept as they are.

use super::task::TaskList;
use super::trying::RetryPolicy;
use super::value::{DurationValue, Expression, Named, Reference};
use crate::diagnostic::Code;
use crate::limits::CONCURRENCY_MAX;
use crate::parse::{Fields, Kind, Path, Print, Read, Reader, Tree, record, words};
use serde_json::{Map, Value};

/// A map of which some keys are ours.
macro_rules! metadata {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $key:literal $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: Option<$type>,)*
            /// Other people's keys.
            pub other: Map<String, Value>,
        }

        impl Read for $name {
            fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
                let Some(entries) = reader.entries(tree, path) else { return Self::gap() };
                let fields = Fields::of(tree, path);
                let foreign = entries.iter().filter(|entry| ![$($key),*].contains(&entry.key.as_str()));
                Self {
                    $($field: fields.optional(reader, $key),)*
                    other: foreign.map(|entry| (entry.key.clone(), entry.value.to_value())).collect(),
                }
            }

            fn gap() -> Self {
                Self { $($field: None,)* other: Map::new() }
            }
        }

        impl Print for $name {
            fn print(&self) -> Value {
                let mut map = self.other.clone();
                $(if let Some(value) = &self.$field {
                    map.insert($key.to_owned(), value.print());
                })*
                Value::Object(map)
            }
        }
    };
}

metadata! {
    /// `metadata` of a task
    TaskMetadata {
        /// `compensate`
        compensate: "compensate" Compensate,
        /// `effect`
        effect: "effect" Effect,
        /// `concurrency`
        concurrency: "concurrency" Concurrency,
        /// `until`
        until: "until" Expression,
    }
}

metadata! {
    /// `document.metadata`
    DocumentMetadata {
        /// `compensation`
        compensation: "compensation" CompensationPolicy,
        /// `searchAttributes`
        search_attributes: "searchAttributes" Named<Expression>,
        /// `sensitive`: JSON pointers
        sensitive: "sensitive" Vec<String>,
        /// `retention`
        retention: "retention" DurationValue,
        /// `limits`
        limits: "limits" Limits,
    }
}

/// How a task is undone.
#[derive(Clone, Debug, PartialEq)]
pub enum Compensate {
    /// `none`: not at all, whatever the operation's default is.
    Never,
    /// By tasks.
    Tasks(Box<CompensateTasks>),
}

record! {
    /// `compensate`
    CompensateTasks {
        /// `do`
        tasks: "do" required TaskList,
        /// `on`; `completed` when absent
        on: "on" optional CompensateOn,
        /// `when`
        when: "when" optional Expression,
        /// `retry`
        retry: "retry" optional Reference<RetryPolicy>,
    }
}

impl Compensate {
    /// The tasks that undo.
    pub fn tasks(&self) -> Option<&CompensateTasks> {
        match self {
            Self::Never => None,
            Self::Tasks(tasks) => Some(tasks),
        }
    }
}

impl Read for Compensate {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::Text(text) if text.value == "none" => Self::Never,
            Kind::Map(_) => {
                let tasks = CompensateTasks::read(reader, tree, path);
                let list = tree.entry("do").map(|entry| &entry.value);
                if let Some(Tree { at, kind: Kind::List(items) }) = list
                    && items.is_empty()
                {
                    reader.report(
                        Code::Empty,
                        *at,
                        &path.key("do"),
                        "a compensation needs a task".to_owned(),
                        None,
                    );
                }
                Self::Tasks(Box::new(tasks))
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) => {
                reader.wrong_type(tree, path, "a map with `do`, or `none`");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Never
    }
}

impl Print for Compensate {
    fn print(&self) -> Value {
        match self {
            Self::Never => Value::from("none"),
            Self::Tasks(tasks) => tasks.print(),
        }
    }
}

words! {
    /// `compensate.on`
    CompensateOn {
        /// `completed`
        Completed = "completed",
        /// `attempted`
        Attempted = "attempted",
    }
}

record! {
    /// `effect`
    Effect {
        /// `mode`
        mode: "mode" optional EffectMode,
        /// `key`
        key: "key" optional EffectKey,
        /// `onUncertain`
        on_uncertain: "onUncertain" optional OnUncertain,
        /// `probe`
        probe: "probe" optional Probe,
    }
}

record! {
    /// `effect.probe`
    Probe {
        /// `do`
        tasks: "do" required TaskList,
        /// `executed`; `.executed` when absent
        executed: "executed" optional Expression,
        /// `output`; `.output` when absent
        output: "output" optional Expression,
        /// `after`; 10 seconds when absent
        after: "after" optional DurationValue,
        /// `every`; 30 seconds when absent
        every: "every" optional DurationValue,
        /// `count`; 5 when absent
        count: "count" optional Count,
    }
}

/// How often something is asked: at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

impl Read for Count {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let count = u32::read(reader, tree, path);
        if count == 0 && tree.to_value() == 0 {
            reader.report(Code::OutOfRange, tree.at, path, "a count is at least 1".to_owned(), None);
        }
        Self(count.max(1))
    }

    fn gap() -> Self {
        Self(1)
    }
}

impl Print for Count {
    fn print(&self) -> Value {
        self.0.print()
    }
}

words! {
    /// `effect.mode`
    EffectMode {
        /// `at_most_once`
        AtMostOnce = "at_most_once",
        /// `exactly_once_with_key`
        ExactlyOnceWithKey = "exactly_once_with_key",
        /// `at_least_once`
        AtLeastOnce = "at_least_once",
    }
}

words! {
    /// `effect.key`
    EffectKey {
        /// `step`
        Step = "step",
        /// `attempt`
        Attempt = "attempt",
    }
}

words! {
    /// `effect.onUncertain`
    OnUncertain {
        /// `wait`
        Wait = "wait",
        /// `fault`
        Fault = "fault",
        /// `compensate`
        Compensate = "compensate",
    }
}

/// How many at once: at least one, at most [`CONCURRENCY_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency(pub u32);

impl Read for Concurrency {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let count = u32::read(reader, tree, path);
        if count == 0 && tree.to_value() == 0 {
            let message = "a concurrency is at least 1".to_owned();
            reader.report(Code::OutOfRange, tree.at, path, message, None);
        }
        if count as usize > CONCURRENCY_MAX {
            let message = format!("a concurrency is at most {CONCURRENCY_MAX}");
            reader.report(Code::OutOfRange, tree.at, path, message, None);
        }
        Self(count.max(1))
    }

    fn gap() -> Self {
        Self(1)
    }
}

impl Print for Concurrency {
    fn print(&self) -> Value {
        self.0.print()
    }
}

record! {
    /// `compensation`
    CompensationPolicy {
        /// `on`; `[fault]` when absent
        on: "on" optional Vec<CompensationTrigger>,
        /// `onFailure`; `suspend` when absent
        on_failure: "onFailure" optional OnCompensationFailure,
        /// `timeout`
        timeout: "timeout" optional DurationValue,
        /// `order`; `structural` when absent
        order: "order" optional CompensationOrder,
    }
}

words! {
    /// What makes an execution unwind by itself.
    CompensationTrigger {
        /// `fault`
        Fault = "fault",
    }
}

words! {
    /// `onFailure`
    OnCompensationFailure {
        /// `suspend`
        Suspend = "suspend",
        /// `continue`
        Continue = "continue",
        /// `fault`
        Fault = "fault",
    }
}

words! {
    /// `order`
    CompensationOrder {
        /// `structural`
        Structural = "structural",
        /// `sequential`
        Sequential = "sequential",
    }
}

record! {
    /// `limits`
    Limits {
        /// `key`: what executions with the same value of share the limit
        key: "key" optional Expression,
        /// `max`
        max: "max" required u32,
        /// `strategy`; `queue` when absent
        strategy: "strategy" optional LimitStrategy,
    }
}

words! {
    /// `strategy`
    LimitStrategy {
        /// `queue`
        Queue = "queue",
        /// `fault`
        Fault = "fault",
    }
}

//! Tasks: the twelve kinds, and lists of them.

use super::call::Call;
use super::data::{Export, Input, Output};
use super::document::Timeout;
use super::event::{EmitEvent, Listen, SubscriptionIterator};
use super::metadata::TaskMetadata;
use super::run::Run;
use super::trying::{Catch, RaiseError};
use super::value::{DurationValue, Expression, LoopVariable, Reference, name_is_usable};
use crate::diagnostic::{Code, did_you_mean};
use crate::parse::{Entry, Fields, Kind, Path, Print, Read, Reader, Tree, record};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Named tasks in order. A name that could not be read is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskList(pub Vec<(String, Task)>);

/// The names of a list: found without looking at all of them, for a list may have ten thousand tasks that jump.
#[derive(Debug, Default)]
pub(crate) struct Names<'n> {
    all: Vec<&'n str>,
    /// Of equal names, the first.
    positions: BTreeMap<&'n str, usize>,
}

impl<'n> Names<'n> {
    /// Those of a list.
    pub(crate) fn of(list: &'n TaskList) -> Self {
        let all: Vec<&str> = list.0.iter().map(|(name, _)| name.as_str()).collect();
        let mut positions = BTreeMap::new();
        for (index, name) in all.iter().enumerate() {
            positions.entry(*name).or_insert(index);
        }
        Self { all, positions }
    }

    /// In order.
    pub(crate) fn all(&self) -> &[&'n str] {
        &self.all
    }

    /// Where a name is in the list.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }
}

/// One task.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What every task can say.
    pub common: Common,
    /// What the task does.
    pub kind: TaskKind,
}

record! {
    /// What every task can say.
    Common {
        /// `if`
        guard: "if" optional Expression,
        /// `input`
        input: "input" optional Input,
        /// `output`
        output: "output" optional Output,
        /// `export`
        export: "export" optional Export,
        /// `timeout`
        timeout: "timeout" optional Reference<Timeout>,
        /// `then`
        then: "then" optional String,
        /// `metadata`
        metadata: "metadata" optional TaskMetadata,
    }
}

/// The twelve kinds.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskKind {
    /// `call`
    Call(Call),
    /// `do`
    Do(TaskList),
    /// `emit`
    Emit(EmitEvent),
    /// `for`
    For(Box<For>),
    /// `fork`
    Fork(Fork),
    /// `listen`
    Listen(Box<Listen>, Option<Box<SubscriptionIterator>>),
    /// `raise`
    Raise(Box<RaiseError>),
    /// `run`
    Run(Box<Run>),
    /// `set`
    Set(SetValue),
    /// `switch`
    Switch(Switch),
    /// `try`
    Try(TaskList, Box<Catch>),
    /// `wait`
    Wait(DurationValue),
}

/// The key that says what a task does, and the keys that go with it.
const KINDS: [(&str, &[&str]); 12] = [
    ("call", &["with"]),
    ("do", &[]),
    ("emit", &[]),
    ("for", &["while", "do"]),
    ("fork", &[]),
    ("listen", &["foreach"]),
    ("raise", &[]),
    ("run", &[]),
    ("set", &[]),
    ("switch", &[]),
    ("try", &["catch"]),
    ("wait", &[]),
];

impl Read for Task {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(entries) = reader.entries(tree, path) else { return Self::gap() };
        let Some((kind, with)) = kind_of(reader, tree, entries, path) else { return Self::gap() };
        let mut known = vec![kind];
        known.extend(with);
        known.extend(Common::KEYS);
        let Some(fields) = reader.fields(tree, path, &known) else { return Self::gap() };
        Self { common: Common::read_fields(reader, &fields), kind: TaskKind::read(reader, kind, &fields) }
    }

    fn gap() -> Self {
        Self { common: Common::gap(), kind: TaskKind::Do(TaskList::gap()) }
    }
}

/// The one kind that a task's keys name. `None`, reported, when it is none or several.
fn kind_of(
    reader: &mut Reader<'_>,
    tree: &Tree,
    entries: &[Entry],
    path: &Path,
) -> Option<(&'static str, &'static [&'static str])> {
    let has = |key: &str| tree.entry(key).is_some();
    let named = |(key, _): &&(&str, _)| has(key) && !(*key == "do" && has("for"));
    let present: Vec<_> = KINDS.iter().filter(named).collect();
    match present.as_slice() {
        [one] => Some(**one),
        [] => {
            let kinds = KINDS.map(|(kind, _)| kind);
            let foreign = entries.iter().filter(|entry| !Common::KEYS.contains(&entry.key.as_str()));
            let hint = foreign.clone().find_map(|entry| did_you_mean(&entry.key, kinds));
            let hint = hint.or_else(|| Some(format!("a task has one of the keys {}", kinds.join(", "))));
            reader.report(
                Code::NoTaskKind,
                tree.at,
                path,
                "the task says nothing about what it does".to_owned(),
                hint,
            );
            None
        }
        several => {
            let kinds: Vec<String> = several.iter().map(|(kind, _)| format!("`{kind}`")).collect();
            let message = format!("the task says that it does several things: {}", kinds.join(", "));
            let hint = Some("make a task of each".to_owned());
            reader.report(Code::SeveralTaskKinds, tree.at, path, message, hint);
            None
        }
    }
}

impl TaskKind {
    fn read(reader: &mut Reader<'_>, kind: &str, fields: &Fields<'_>) -> Self {
        match kind {
            "call" => Self::Call(Call::read(reader, fields)),
            "do" => Self::Do(fields.required(reader, "do")),
            "emit" => {
                let emit: EmitEvent = fields.required(reader, "emit");
                type_is_there(reader, fields);
                Self::Emit(emit)
            }
            "for" => Self::For(Box::new(For::read_fields(reader, fields))),
            "fork" => Self::Fork(fields.required(reader, "fork")),
            "listen" => Self::Listen(fields.required(reader, "listen"), fields.optional(reader, "foreach")),
            "raise" => Self::Raise(fields.required(reader, "raise")),
            "run" => Self::Run(fields.required(reader, "run")),
            "set" => Self::Set(fields.required(reader, "set")),
            "switch" => Self::Switch(fields.required(reader, "switch")),
            "try" => Self::Try(fields.required(reader, "try"), fields.required(reader, "catch")),
            _ => Self::Wait(fields.required(reader, "wait")),
        }
    }

    /// The key that names the kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Call(_) => "call",
            Self::Do(_) => "do",
            Self::Emit(_) => "emit",
            Self::For(_) => "for",
            Self::Fork(_) => "fork",
            Self::Listen(..) => "listen",
            Self::Raise(_) => "raise",
            Self::Run(_) => "run",
            Self::Set(_) => "set",
            Self::Switch(_) => "switch",
            Self::Try(..) => "try",
            Self::Wait(_) => "wait",
        }
    }

    fn print_into(&self, map: &mut Map<String, Value>) {
        let value = match self {
            Self::Call(call) => return call.print_into(map),
            Self::For(repeat) => return repeat.print_into(map),
            Self::Do(tasks) => tasks.print(),
            Self::Emit(emit) => emit.print(),
            Self::Fork(fork) => fork.print(),
            Self::Listen(listen, foreach) => {
                if let Some(foreach) = foreach {
                    map.insert("foreach".to_owned(), foreach.print());
                }
                listen.print()
            }
            Self::Raise(raise) => raise.print(),
            Self::Run(run) => run.print(),
            Self::Set(set) => set.print(),
            Self::Switch(switch) => switch.print(),
            Self::Try(tasks, catch) => {
                map.insert("catch".to_owned(), catch.print());
                tasks.print()
            }
            Self::Wait(duration) => duration.print(),
        };
        map.insert(self.name().to_owned(), value);
    }
}

/// An event that is emitted has a type; one that is waited for need not.
fn type_is_there(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let path = fields.at("emit").keys(&["event", "with"]);
    let emit = fields.get("emit").and_then(|emit| emit.entry("event")).map(|entry| &entry.value);
    let Some(with) = emit.and_then(|event| event.entry("with")).map(|entry| &entry.value) else { return };
    if matches!(with.kind, Kind::Map(_)) && with.entry("type").is_none() {
        reader.report(Code::MissingKey, with.at, &path, "the key `type` is required".to_owned(), None);
    }
}

impl Print for Task {
    fn print(&self) -> Value {
        let mut map = Map::new();
        self.kind.print_into(&mut map);
        self.common.print_into(&mut map);
        Value::Object(map)
    }
}

impl Read for TaskList {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Kind::List(items) = &tree.kind else {
            let hint = matches!(tree.kind, Kind::Map(_)).then(|| "start each task with `- `".to_owned());
            let message = format!("expected a list of tasks, found {}", tree.noun());
            reader.report(Code::WrongType, tree.at, path, message, hint);
            return Self::gap();
        };
        let read =
            items.iter().enumerate().map(|(index, item)| named(reader, item, &path.index(index), "task"));
        Self(read.collect())
    }

    fn gap() -> Self {
        Self(Vec::new())
    }
}

impl Print for TaskList {
    fn print(&self) -> Value {
        print_named(&self.0)
    }
}

/// An item of a list of named things: a map with one key.
fn named<T: Read>(reader: &mut Reader<'_>, tree: &Tree, path: &Path, what: &str) -> (String, T) {
    let Kind::Map(entries) = &tree.kind else {
        reader.wrong_type(tree, path, &format!("a map with the {what}'s name as its key"));
        return (String::new(), T::gap());
    };
    let [entry] = entries.as_slice() else {
        let message =
            format!("a {what} in a list is a map with one key, its name; this one has {}", entries.len());
        let hint = Some(format!("indent what belongs to the {what} under its name"));
        reader.report(Code::NotNamed, tree.at, path, message, hint);
        return (String::new(), T::gap());
    };
    let path = path.key(&entry.key);
    name_is_usable(reader, &entry.key, entry.key_at, &path);
    if what == "task" && matches!(entry.key.as_str(), "continue" | "exit" | "end") {
        let message = format!("a task cannot be called `{}`", entry.key);
        let hint = Some("it is a word of `then`".to_owned());
        reader.report(Code::InvalidName, entry.key_at, &path, message, hint);
    }
    (entry.key.clone(), T::read(reader, &entry.value, &path))
}

fn print_named<T: Print>(items: &[(String, T)]) -> Value {
    let item = |(name, value): &(String, T)| Value::Object(Map::from_iter([(name.clone(), value.print())]));
    Value::Array(items.iter().map(item).collect())
}

record! {
    /// `for`, with `while` and `do`
    For {
        /// `for`
        each: "for" required ForLoop,
        /// `while`
        condition: "while" optional Expression,
        /// `do`
        tasks: "do" required TaskList,
    }
}

record! {
    /// The map under `for`.
    ForLoop {
        /// `each`; `item` when absent
        item: "each" optional LoopVariable,
        /// `in`
        items: "in" required ForIn,
        /// `at`; `index` when absent
        index: "at" optional LoopVariable,
    }
}

/// What is iterated.
#[derive(Clone, Debug, PartialEq)]
pub enum ForIn {
    /// An expression.
    Expression(String),
    /// Objects.
    Items(Vec<Value>),
}

impl Read for ForIn {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::Text(_) => Self::Expression(Expression::read(reader, tree, path).0),
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    reader.entries(item, &path.index(index));
                }
                Self::Items(items.iter().map(Tree::to_value).collect())
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Map(_) => {
                reader.wrong_type(tree, path, "an expression or a list of maps");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Items(Vec::new())
    }
}

impl Print for ForIn {
    fn print(&self) -> Value {
        match self {
            Self::Expression(text) => text.print(),
            Self::Items(items) => items.print(),
        }
    }
}

record! {
    /// `fork`
    Fork {
        /// `branches`
        branches: "branches" required TaskList,
        /// `compete`; `false` when absent
        compete: "compete" optional bool,
    }
}

/// `set`
#[derive(Clone, Debug, PartialEq)]
pub enum SetValue {
    /// A map.
    Object(Map<String, Value>),
    /// An expression.
    Expression(String),
}

impl Read for SetValue {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::Text(text) => Self::Expression(text.value.clone()),
            Kind::Map(entries) => {
                if entries.is_empty() {
                    reader.report(Code::Empty, tree.at, path, "`set` sets nothing".to_owned(), None);
                }
                Self::Object(Read::read(reader, tree, path))
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) => {
                reader.wrong_type(tree, path, "a map or an expression");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Object(Map::new())
    }
}

impl Print for SetValue {
    fn print(&self) -> Value {
        match self {
            Self::Object(map) => map.print(),
            Self::Expression(text) => text.print(),
        }
    }
}

/// `switch`: named cases in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch(pub Vec<(String, SwitchCase)>);

record! {
    /// One case.
    SwitchCase {
        /// `when`; absent in the default case
        when: "when" optional Expression,
        /// `then`
        then: "then" required String,
    }
}

impl Read for Switch {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(items) = reader.items(tree, path) else { return Self::gap() };
        if items.is_empty() {
            reader.report(Code::Empty, tree.at, path, "a `switch` needs a case".to_owned(), None);
        }
        let read =
            items.iter().enumerate().map(|(index, item)| named(reader, item, &path.index(index), "case"));
        Self(read.collect())
    }

    fn gap() -> Self {
        Self(Vec::new())
    }
}

impl Print for Switch {
    fn print(&self) -> Value {
        print_named(&self.0)
    }
}

/// What a task list is to the task that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListRole {
    /// `do` of a `do`, a `for`, an iterator
    Body,
    /// `try`
    Guarded,
    /// `catch.do`
    Handler,
    /// `fork.branches`
    Branches,
    /// `metadata.compensate.do`
    Undo,
    /// `metadata.effect.probe.do`
    Probe,
}

/// A task list inside of a task.
#[derive(Clone, Debug)]
pub struct NestedList<'m> {
    /// What it is to the task.
    pub role: ListRole,
    /// Where it is.
    pub path: Path,
    /// The tasks.
    pub tasks: &'m TaskList,
}

impl Task {
    /// The task lists directly inside of the task at `path`.
    pub fn lists(&self, path: &Path) -> Vec<NestedList<'_>> {
        let mut lists = Vec::new();
        let mut add =
            |role, keys: &[&str], tasks| lists.push(NestedList { role, path: path.keys(keys), tasks });
        match &self.kind {
            TaskKind::Do(tasks) => add(ListRole::Body, &["do"], tasks),
            TaskKind::For(repeat) => add(ListRole::Body, &["do"], &repeat.tasks),
            TaskKind::Fork(fork) => add(ListRole::Branches, &["fork", "branches"], &fork.branches),
            TaskKind::Try(tasks, catch) => {
                add(ListRole::Guarded, &["try"], tasks);
                if let Some(handler) = &catch.tasks {
                    add(ListRole::Handler, &["catch", "do"], handler);
                }
            }
            TaskKind::Listen(_, Some(foreach)) => {
                if let Some(tasks) = &foreach.tasks {
                    add(ListRole::Body, &["foreach", "do"], tasks);
                }
            }
            TaskKind::Call(Call::AsyncApi(call)) => {
                let foreach =
                    call.subscription.as_ref().and_then(|subscription| subscription.foreach.as_ref());
                if let Some(tasks) = foreach.and_then(|foreach| foreach.tasks.as_ref()) {
                    add(ListRole::Body, &["with", "subscription", "foreach", "do"], tasks);
                }
            }
            TaskKind::Call(_)
            | TaskKind::Emit(_)
            | TaskKind::Listen(_, None)
            | TaskKind::Raise(_)
            | TaskKind::Run(_)
            | TaskKind::Set(_)
            | TaskKind::Switch(_)
            | TaskKind::Wait(_) => {}
        }
        let compensate = self.common.metadata.as_ref().and_then(|metadata| metadata.compensate.as_ref());
        if let Some(undo) = compensate.and_then(super::Compensate::tasks) {
            add(ListRole::Undo, &["metadata", "compensate", "do"], &undo.tasks);
        }
        let effect = self.common.metadata.as_ref().and_then(|metadata| metadata.effect.as_ref());
        if let Some(probe) = effect.and_then(|effect| effect.probe.as_ref()) {
            add(ListRole::Probe, &["metadata", "effect", "probe", "do"], &probe.tasks);
        }
        lists
    }
}

//! A generated definition before it is text: only what the grammar can say.

/// A whole definition.
#[derive(Clone, Debug)]
pub struct Tree {
    /// `document.name`
    pub name: String,
    /// Whether an uncaught fault unwinds.
    pub on_fault: bool,
    /// `onFailure`
    pub on_failure: &'static str,
    /// `order: sequential`
    pub sequential: bool,
    /// The budget of an unwinding.
    pub budget_ms: Option<u64>,
    /// The document's `timeout`.
    pub timeout_ms: Option<u64>,
    /// How many may run at once.
    pub limit: Option<Limit>,
    /// The document's `do`.
    pub tasks: Vec<Task>,
}

/// `metadata.limits`
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// `max`
    pub max: u64,
    /// `strategy: fault`
    pub faults: bool,
}

/// One task.
#[derive(Clone, Debug)]
pub struct Task {
    /// Unique in the definition.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// `if`
    pub guard: Option<&'static str>,
    /// `timeout`
    pub timeout_ms: Option<u64>,
    /// `then`
    pub then: Option<String>,
    /// `metadata.compensate`
    pub undo: Option<Undo>,
    /// The counter that `export` raises.
    pub counts: Option<String>,
}

/// What a task does.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `call: http`
    Call(Call),
    /// `set`
    Set(u64),
    /// `wait`
    Wait(u64),
    /// `raise` with this status
    Raise(u64),
    /// `switch`: an expression and where it leads
    Switch(Vec<(Option<String>, String)>),
    /// `do`
    Do(Vec<Task>),
    /// `for`
    For {
        /// How many items.
        items: u64,
        /// `while`
        condition: Option<String>,
        /// `do`
        body: Vec<Task>,
    },
    /// `fork`
    Fork {
        /// `compete`
        compete: bool,
        /// `metadata.concurrency`
        concurrency: Option<u64>,
        /// `branches`
        branches: Vec<Task>,
    },
    /// `try`
    Try(Box<Try>),
    /// `run.workflow`
    Child {
        /// The definition's name.
        name: String,
        /// Whether the version is `latest`.
        latest: bool,
        /// `await`
        awaited: bool,
    },
    /// `call: compensate`, of an earlier sibling or of the enclosing `try`
    Compensate(Option<String>),
    /// `emit` of an event of this type
    Emit(&'static str),
    /// `listen`
    Listen(Listen),
}

/// `listen`
#[derive(Clone, Debug)]
pub struct Listen {
    /// `one`, `any`, `all`; `until` stands for `any` until the event that stops it.
    pub to: &'static str,
    /// The types of its filters.
    pub kinds: Vec<&'static str>,
    /// `foreach.do`
    pub body: Option<Vec<Task>>,
}

/// `call: http`
#[derive(Clone, Debug)]
pub struct Call {
    /// `metadata.effect.mode`; without it the method decides.
    pub mode: Option<Mode>,
    /// `with.method`
    pub method: &'static str,
    /// `metadata.effect.key: attempt`
    pub key_per_attempt: bool,
    /// `metadata.effect.onUncertain`
    pub on_uncertain: Option<&'static str>,
}

/// How often an effect may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `at_most_once`
    AtMostOnce,
    /// `exactly_once_with_key`
    WithKey,
    /// `at_least_once`
    AtLeastOnce,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::AtMostOnce, Self::WithKey, Self::AtLeastOnce];

    /// Its word in a definition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtMostOnce => "at_most_once",
            Self::WithKey => "exactly_once_with_key",
            Self::AtLeastOnce => "at_least_once",
        }
    }
}

impl Call {
    /// The mode that holds, by declaration or by the method.
    pub fn effective_mode(&self) -> Mode {
        self.mode.unwrap_or(match self.method {
            "post" | "patch" => Mode::AtMostOnce,
            _ => Mode::AtLeastOnce,
        })
    }
}

/// `try`
#[derive(Clone, Debug)]
pub struct Try {
    /// The guarded list.
    pub body: Vec<Task>,
    /// `catch.errors.with.status`
    pub status: Option<u64>,
    /// `catch.when`
    pub when: Option<&'static str>,
    /// `catch.retry`
    pub retry: Option<Retry>,
    /// `catch.do`
    pub handler: Vec<Task>,
}

/// A retry policy.
#[derive(Clone, Debug)]
pub struct Retry {
    /// `limit.attempt.count`
    pub count: u64,
    /// `delay`
    pub delay_ms: u64,
    /// `backoff`
    pub backoff: &'static str,
    /// `limit.attempt.duration`
    pub attempt_ms: Option<u64>,
}

/// `metadata.compensate`
#[derive(Clone, Debug)]
pub struct Undo {
    /// `do`
    pub tasks: Vec<Task>,
    /// `on: attempted`
    pub attempted: bool,
    /// `when`
    pub guard: Option<bool>,
    /// `retry`
    pub retry: Option<Retry>,
}

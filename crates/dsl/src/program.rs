//! The compiled form of a definition: scopes of named nodes with jumps inside a scope, expressions compiled.
//!
//! The engine runs this and nothing else. It holds no text to be parsed later: whatever could be wrong was refused
//! before a `Program` existed. Deliberately absent: state of an execution, and any decision.

mod event;

pub use event::{Correlation, Emit, EventFilter, EventRead, Foreach, Listen, StartsOn, Strategy, Until};
mod grpc;
mod operation;
mod process;
mod rpc;

pub use grpc::GrpcCall;
pub use operation::{BodyForm, OpenApiCall, OperationBody, Parameter, ParameterPlace, ParameterStyle};
pub use process::{ProcessCall, ProcessProgram, ProcessReturn};
pub use rpc::{RpcCall, RpcProtocol};

use crate::expr::{Expr, Template, UriTemplate};
use crate::json::Json;
use crate::schema::Schema;
use crate::sensitive::Sensitive;
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_types::{DefinitionId, Digest, TaskRef};

/// One immutable, validated, compiled version of a workflow definition.
#[derive(Debug)]
pub struct Definition {
    /// Namespace, name and version.
    pub id: DefinitionId,
    /// SHA-256 of the canonical JSON (keys sorted, no white space) of the document, and of its resources when it has any.
    pub digest: Digest,
    /// The text as it was registered, byte for byte.
    pub text: Arc<str>,
    /// The document as JSON: `$workflow.definition`.
    pub document: Json,
    /// What the engine runs.
    pub program: Program,
    /// How many bytes of memory it takes, about.
    pub bytes: usize,
}

/// Index into [`Program::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Index into [`Program::scopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// A whole definition as flat tables.
#[derive(Debug)]
pub struct Program {
    /// Every task list of the document.
    pub scopes: Vec<Scope>,
    /// Every task of the document, in the order of the text.
    pub nodes: Vec<Node>,
    /// Each task's place in `nodes`, by its reference.
    pub by_task: BTreeMap<TaskRef, NodeId>,
    /// The document's own `do`.
    pub root: ScopeId,
    /// The document's `input`: schema, then `from`.
    pub input: Transform,
    /// The document's `output`: `as`, then schema.
    pub output: Transform,
    /// The document's `timeout.after`.
    pub timeout: Option<Span>,
    /// The document's `metadata.compensation`.
    pub compensation: CompensationPolicy,
    /// The document's `schedule.on`.
    pub starts_on: Option<StartsOn>,
    /// The document's `metadata.searchAttributes`, in the order of the text.
    pub attributes: Vec<(Arc<str>, Expr)>,
    /// The document's `metadata.sensitive`.
    pub sensitive: Sensitive,
    /// The document's `metadata.retention`, in milliseconds: how long an execution is kept after its end.
    pub retention_ms: Option<u64>,
    /// `use.secrets`: the secrets that its expressions see.
    pub secrets: Vec<Arc<str>>,
    /// The document's `metadata.limits`.
    pub limit: Option<Limit>,
}

/// How many executions of a definition's name run at once.
#[derive(Debug)]
pub struct Limit {
    /// What executions with the same value of share the limit; without it all of them do.
    pub key: Option<Expr>,
    /// How many.
    pub max: u32,
    /// Whether one that is too many faults; otherwise it waits for its turn.
    pub faults: bool,
}

impl Program {
    /// The node behind an id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The scope behind an id.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// The task of the text behind a node: the one inside when extensions are around it.
    pub fn task(&self, id: NodeId) -> &Node {
        let mut node = self.node(id);
        while let Kind::Extended(extended) = &node.kind {
            node = self.node(extended.inner);
        }
        node
    }

    /// The node with this reference; `None` when the definition has none such.
    pub fn find(&self, task: &str) -> Option<NodeId> {
        self.by_task.get(task).copied()
    }
}

/// A task list: `do`, `try`, `catch.do`, the branches of a `fork`, `compensate.do`.
#[derive(Debug)]
pub struct Scope {
    /// JSON pointer of the list, such as `/do/0/loop/do`.
    pub pointer: TaskRef,
    /// The node that the list belongs to; `None` for the document's own.
    pub owner: Option<NodeId>,
    /// The tasks in order.
    pub nodes: Vec<NodeId>,
}

/// One task.
#[derive(Debug)]
pub struct Node {
    /// The task's name, unique in its list.
    pub name: Arc<str>,
    /// JSON pointer such as `/do/2/charge`.
    pub task: TaskRef,
    /// The list that holds the task.
    pub scope: ScopeId,
    /// Position in that list.
    pub index: usize,
    /// The task as written, as JSON: `$task.definition`.
    pub definition: Json,
    /// `if`.
    pub guard: Option<Expr>,
    /// `input`: schema on the raw input, then `from`.
    pub input: Transform,
    /// `output`: `as`, then schema.
    pub output: Transform,
    /// `export`: `as`, then schema.
    pub export: Transform,
    /// `timeout.after`.
    pub timeout: Option<Span>,
    /// `then`.
    pub then: Flow,
    /// What the task does.
    pub kind: Kind,
    /// `metadata.compensate`.
    pub undo: Option<Undo>,
    /// Whether it is a task of an extension: `$task` is then the task that is extended.
    pub extension: bool,
    /// `metadata.effect.probe`.
    pub probe: Option<Box<Probe>>,
}

/// A schema and a mapping; each may be absent. Which of the two comes first depends on the place.
#[derive(Debug, Default)]
pub struct Transform {
    /// `schema`.
    pub schema: Option<Schema>,
    /// `from` or `as`.
    pub map: Option<Template>,
}

/// Where the flow goes after a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the next task of the list.
    Continue,
    /// Out of this list.
    Exit,
    /// To the end of the workflow.
    End,
    /// To the task at this position of the same list.
    Goto(usize),
}

/// A duration: fixed in the text, or computed.
#[derive(Debug)]
pub enum Span {
    /// Milliseconds.
    Fixed(u64),
    /// Gives an ISO 8601 duration or a map of units; see [`crate::duration::from_json`].
    Computed(Template),
}

/// What a task does. Kinds that are parsed but not run yet do not appear here: they are refused at registration.
#[derive(Debug)]
pub enum Kind {
    /// `do`
    Do(ScopeId),
    /// `set`
    Set(Template),
    /// `switch`
    Switch(Vec<Case>),
    /// `for`
    For(Box<For>),
    /// `fork`
    Fork(Fork),
    /// `raise`
    Raise(Box<Raise>),
    /// `try`
    Try(Box<Try>),
    /// `wait`
    Wait(Wait),
    /// `call: http`
    Http(Box<HttpCall>),
    /// `call: compensate`
    Compensate(CompensateCall),
    /// `emit`
    Emit(Emit),
    /// `listen`
    Listen(Box<Listen>),
    /// `call: openapi`
    OpenApi(Box<OpenApiCall>),
    /// `call: mcp` or `call: a2a`
    Rpc(Box<RpcCall>),
    /// `call` of a function
    Function(Box<FunctionCall>),
    /// A task with the tasks of an extension around it. No text has this kind: it is put in the task's place.
    Extended(Box<Extended>),
    /// `run.workflow`
    RunWorkflow(Box<RunWorkflow>),
    /// `call: grpc`
    Grpc(Box<GrpcCall>),
    /// `run.script` or `run.shell`
    Process(Box<ProcessCall>),
}

impl Kind {
    /// How often the effect of a call may happen; `None` for what calls nobody.
    pub fn effect(&self) -> Option<EffectPolicy> {
        match self {
            Self::Http(call) => Some(call.effect),
            Self::OpenApi(call) => Some(call.effect),
            Self::Rpc(call) => Some(call.effect),
            Self::Grpc(call) => Some(call.effect),
            Self::Process(call) => Some(call.effect),
            Self::Do(_)
            | Self::Set(_)
            | Self::Switch(_)
            | Self::For(_)
            | Self::Fork(_)
            | Self::Raise(_)
            | Self::Try(_)
            | Self::Wait(_)
            | Self::Compensate(_)
            | Self::Emit(_)
            | Self::Listen(_)
            | Self::Function(_)
            | Self::Extended(_)
            | Self::RunWorkflow(_) => None,
        }
    }
}

/// One case of a `switch`.
#[derive(Debug)]
pub struct Case {
    /// The case's name.
    pub name: Arc<str>,
    /// `when`; `None` for the default.
    pub when: Option<Expr>,
    /// `then`.
    pub then: Flow,
}

/// `for`
#[derive(Debug)]
pub struct For {
    /// Name of the item variable, without `$`.
    pub each: Arc<str>,
    /// Name of the index variable, without `$`.
    pub at: Arc<str>,
    /// What is iterated: gives an array.
    pub items: Template,
    /// `while`, evaluated before each iteration.
    pub condition: Option<Expr>,
    /// The body.
    pub body: ScopeId,
    /// `metadata.concurrency`: how many iterations run side by side; `None` for one after the other.
    pub concurrency: Option<usize>,
}

/// `fork`
#[derive(Debug)]
pub struct Fork {
    /// One task a branch.
    pub branches: ScopeId,
    /// Whether the first branch to complete ends the others.
    pub compete: bool,
    /// `metadata.concurrency`: how many branches run at once.
    pub concurrency: Option<usize>,
}

/// `raise`: the parts of the error.
#[derive(Debug)]
pub struct Raise {
    /// `type`
    pub kind: Template,
    /// `status`
    pub status: Template,
    /// `title`
    pub title: Option<Template>,
    /// `detail`
    pub detail: Option<Template>,
    /// `instance`; the task's reference when absent
    pub instance: Option<Template>,
}

/// `try`
#[derive(Debug)]
pub struct Try {
    /// The guarded list.
    pub body: ScopeId,
    /// `catch.errors.with`: fields that must be equal. Error types are compared in canonical form.
    pub filter: ErrorFilter,
    /// Name of the error variable, without `$`.
    pub variable: Arc<str>,
    /// `catch.when`
    pub when: Option<Expr>,
    /// `catch.exceptWhen`
    pub except_when: Option<Expr>,
    /// `catch.retry`
    pub retry: Option<RetryPolicy>,
    /// `catch.do`
    pub handler: Option<ScopeId>,
    /// `catch.then`, which then overrides the task's own `then`
    pub then: Option<Flow>,
}

/// `catch.errors.with`. An absent field matches everything.
#[derive(Debug, Default)]
pub struct ErrorFilter {
    /// `type`, in canonical form (see [`crate::error::canonical_type`]) when it is a literal
    pub kind: Option<Template>,
    /// `status`
    pub status: Option<Template>,
    /// `title`
    pub title: Option<Template>,
    /// `detail`
    pub detail: Option<Template>,
    /// `instance`
    pub instance: Option<Template>,
}

/// How a wait between tries grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// Always the delay.
    Constant,
    /// The delay times the number of the retry.
    Linear,
    /// The delay times two to the number of the retry less one.
    Exponential,
}

/// A retry policy, inline or from `use.retries`, resolved.
#[derive(Debug)]
pub struct RetryPolicy {
    /// `when`
    pub when: Option<Expr>,
    /// `exceptWhen`
    pub except_when: Option<Expr>,
    /// `delay`; none means at once
    pub delay: Option<Span>,
    /// `backoff`
    pub backoff: Backoff,
    /// `limit.attempt.count`: the number of *retries*
    pub retries_max: Option<u32>,
    /// `limit.attempt.duration`: how long one try may take
    pub attempt_duration: Option<Span>,
    /// `limit.duration`: how long all tries together may take
    pub duration: Option<Span>,
    /// `jitter.from`, `jitter.to`
    pub jitter: Option<(Span, Span)>,
}

/// `wait`
#[derive(Debug)]
pub enum Wait {
    /// `wait: <duration>`
    For(Span),
    /// `metadata.until`: an expression that gives an RFC 3339 instant
    Until(Expr),
}

/// How often a step's effect may happen when an attempt's outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Never sent again: the step becomes `uncertain`.
    AtMostOnce,
    /// Sent again with the same key: the receiver deduplicates.
    ExactlyOnceWithKey,
    /// Sent again once its send-by has passed.
    AtLeastOnce,
}

/// What becomes of an `uncertain` step that nothing resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUncertain {
    /// An incident for an operator.
    Wait,
    /// A fault that a `catch` can see.
    Fault,
    /// The execution faults and compensates, whatever surrounds the task.
    Compensate,
}

/// Whether all attempts of a step share one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// One key for the step: the default.
    Step,
    /// A new key for each retry that the author orders, for receivers that replay stored errors.
    Attempt,
}

/// `metadata.effect`, completed by the defaults of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectPolicy {
    /// `mode`
    pub mode: Mode,
    /// `key`
    pub key: KeyScope,
    /// `onUncertain`
    pub on_uncertain: OnUncertain,
}

/// What `call: http` yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpOutput {
    /// The body, parsed when it is JSON, text otherwise.
    Content,
    /// The body's bytes, base 64.
    Raw,
    /// `{request, statusCode, headers, content}`
    Response,
}

/// An authentication policy: what its properties will be.
#[derive(Debug)]
pub struct Authentication {
    /// The scheme.
    pub scheme: Scheme,
    /// Gives the scheme's properties, secrets as opaque leaves.
    pub properties: Template,
}

/// How an identity is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// `basic`
    Basic,
    /// `bearer`
    Bearer,
    /// `digest`
    Digest,
    /// `oauth2`
    OAuth2,
    /// `oidc`
    Oidc,
}

impl Scheme {
    /// Its key in a definition.
    pub fn key(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Bearer => "bearer",
            Self::Digest => "digest",
            Self::OAuth2 => "oauth2",
            Self::Oidc => "oidc",
        }
    }

    /// The scheme that the `Authorization` header names: `$authorization.scheme`.
    pub fn header(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Bearer | Self::OAuth2 | Self::Oidc => "Bearer",
            Self::Digest => "Digest",
        }
    }
}

/// `call: http`
#[derive(Debug)]
pub struct HttpCall {
    /// `with.method`, in capitals
    pub method: Arc<str>,
    /// `with.endpoint`
    pub endpoint: UriTemplate,
    /// `with.headers`: gives an object of strings
    pub headers: Option<Template>,
    /// `with.query`: gives an object
    pub query: Option<Template>,
    /// `with.body`
    pub body: Option<Template>,
    /// `with.output`
    pub output: HttpOutput,
    /// `with.redirect`: whether a redirect is followed or an answer (`true`), or an error (`false`)
    pub redirect: bool,
    /// `with.endpoint.authentication`
    pub authentication: Option<Authentication>,
    /// How often its effect may happen.
    pub effect: EffectPolicy,
}

/// `call` of a function. Its task is compiled for each call: the call's only child.
#[derive(Debug)]
pub struct FunctionCall {
    /// `with`: what the function gets as its input
    pub with: Template,
    /// The function's task, alone in its list.
    pub body: ScopeId,
}

/// A task with the tasks of an extension around it.
#[derive(Debug)]
pub struct Extended {
    /// `when`: whether the extension applies
    pub when: Option<Expr>,
    /// `before`
    pub before: Option<ScopeId>,
    /// What is extended: the task itself, or the task as another extension has extended it.
    pub inner: NodeId,
    /// `after`
    pub after: Option<ScopeId>,
}

/// `run.workflow`
#[derive(Debug)]
pub struct RunWorkflow {
    /// `namespace`
    pub namespace: Arc<str>,
    /// `name`
    pub name: Arc<str>,
    /// `version`; `None` for `latest`, which is resolved when the child starts
    pub version: Option<Arc<str>>,
    /// `input`; `{}` when absent
    pub input: Option<Template>,
    /// `await`
    pub awaited: bool,
}

/// `call: compensate`
#[derive(Debug)]
pub struct CompensateCall {
    /// What is unwound.
    pub target: CompensateTarget,
}

/// What `call: compensate` unwinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompensateTarget {
    /// The `try` whose `catch.do` holds the call.
    EnclosingTry,
    /// An earlier task of the same list.
    Sibling(NodeId),
}

/// `metadata.compensate`
#[derive(Debug)]
pub struct Undo {
    /// `do`
    pub body: ScopeId,
    /// `on`
    pub on: UndoOn,
    /// `when`
    pub when: Option<Expr>,
    /// `retry`
    pub retry: Option<RetryPolicy>,
}

/// `metadata.effect.probe`: asks whether an attempt without an answer was executed.
#[derive(Debug)]
pub struct Probe {
    /// `do`: the tasks that ask
    pub body: ScopeId,
    /// `executed`, on their output: `true`, `false`, or anything else for not known yet
    pub executed: Expr,
    /// `output`, on their output: the call's raw output when it was executed
    pub output: Template,
    /// `after`: how long after the outcome became unknown it is asked for
    pub after: Span,
    /// `every`: how long between two probes
    pub every: Span,
    /// `count`: how many probes
    pub count: u32,
}

/// Which tasks are undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoOn {
    /// Those that completed.
    Completed,
    /// Those that started, however they ended.
    Attempted,
}

/// The document's `metadata.compensation`.
#[derive(Debug)]
pub struct CompensationPolicy {
    /// Whether an uncaught fault unwinds (`on: [fault]`, the default) or not (`on: []`).
    pub on_fault: bool,
    /// `onFailure`
    pub on_failure: OnUndoFailure,
    /// `timeout`: the budget of one whole unwinding
    pub timeout: Option<Span>,
    /// `order`
    pub order: UndoOrder,
}

/// What happens when an undo fails for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUndoFailure {
    /// The execution is suspended with an incident.
    Suspend,
    /// It is recorded, and the unwinding goes on.
    Continue,
    /// The unwinding stops.
    Fault,
}

/// In which order undos run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoOrder {
    /// Reverse inside lists; the branches of a fork side by side.
    Structural,
    /// One global order, the reverse of the starts.
    Sequential,
}

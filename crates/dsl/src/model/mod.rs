//! The whole Open Workflow DSL 1.0.3 as types: the document and all twelve task kinds, and our metadata keys.
//!
//! A value of the model is well formed by itself: required keys are there, words are known, versions, labels and
//! durations are valid. What needs more than one place (references, jumps) is checked by `validate`. Each type prints as
//! JSON what was read, so that nothing of a text is lost. Deliberately absent: positions, which the tree has.

mod authentication;
mod call;
mod data;
mod document;
mod event;
mod metadata;
mod run;
mod task;
mod trying;
mod value;

pub use authentication::{
    Authentication, AuthenticationPolicy, Basic, Bearer, ClientAuthentication, Digest, Grant, OAuth2,
    OAuth2Client, OAuth2Encoding, OAuth2Endpoints, OAuth2Request, OAuth2Token, Oidc, SecretName, SecretOr,
};
pub use call::{
    A2aCall, A2aMethod, AsyncApiCall, AsyncApiMessage, AsyncApiServer, AsyncApiSubscription, Call,
    CompensateWith, Consumption, ConsumptionUntil, FunctionCall, GrpcCall, GrpcService, HttpCall, HttpOutput,
    McpCall, McpClient, McpHttp, McpMethod, McpStdio, McpTransport, McpTransportKind, OpenApiCall,
    ParametersOrExpression, Protocol, TextsOrExpression,
};
pub use data::{
    Endpoint, EndpointObject, Export, ExternalResource, Input, Mapping, Output, Schema, SchemaSource,
};
pub use document::{
    Catalog, Document, DocumentInfo, Evaluate, EvaluateMode, Extension, ExtensionTarget, Schedule, Timeout,
    Use,
};
pub use event::{
    Correlation, EmitEvent, EmittedEvent, EventFilter, EventProperties, EventRead, EventStrategy, Listen,
    SubscriptionIterator, Until,
};
pub use metadata::{
    Compensate, CompensateOn, CompensateTasks, CompensationOrder, CompensationPolicy, CompensationTrigger,
    Concurrency, Count, DocumentMetadata, Effect, EffectKey, EffectMode, LimitStrategy, Limits,
    OnCompensationFailure, OnUncertain, Probe, TaskMetadata,
};
pub use run::{
    Cleanup, Container, ContainerLifetime, Process, PullPolicy, Run, RunReturn, RunWorkflow, Script,
    ScriptSource, Shell,
};
pub(crate) use task::Names;
pub use task::{
    Common, For, ForIn, ForLoop, Fork, ListRole, NestedList, SetValue, Switch, SwitchCase, Task, TaskKind,
    TaskList,
};
pub use trying::{
    Backoff, Catch, CatchErrors, ErrorDefinition, ErrorFilter, Jitter, Limit, LimitAttempt, RaiseError,
    RetryPolicy,
};
pub use value::{
    DslVersion, DurationValue, ErrorVariable, Expression, Label, LoopVariable, Method, Named, Reference,
    Status, Uri, Version, VersionChoice,
};
pub(crate) use value::{is_expression, semantic_version};

//! The REST contract: request and response types, error codes, the route table, and the `OpenAPI` document made of them.
//!
//! The server builds its router from [`ROUTES`], clients use the same types, and `openapi.json` is generated from both,
//! so that the three cannot disagree. Deliberately absent: HTTP, the engine's types and every decision.

mod audit;
mod code;
mod definition;
mod event;
mod function;
mod history;
mod identity;
mod json;
mod limits;
mod openapi;
mod problem;
mod route;
mod routes;
mod schema;
mod secret;
mod task;
mod trial;
mod version;
mod workflow;

pub use audit::{AuditActor, AuditEvent, AuditEventList, AuditResource};
pub use code::Code;
pub use definition::{Definition, DefinitionList, DefinitionSummary, DefinitionVersionRef, Validation};
pub use event::{AcceptedEvents, CloudEvent, SignalWorkflow};
pub use function::{Function, FunctionList, FunctionSummary};
pub use history::{HistoryEvent, HistoryPage};
pub use identity::{Jwk, JwkSet, Tenant, TenantList, Whoami};
pub use json::{Json, Time};
pub use limits::Limits;
pub use openapi::{openapi, openapi_text, schema_document};
pub use problem::{Problem, ProblemItem};
pub use route::{Access, Body, Method, Operation, Parameter, Permission, Reply, Role, Route, Type, Value};
pub use routes::ROUTES;
pub use secret::{PutSecret, Secret, SecretList, SecretVersion};
pub use task::{Resolve, ResolveTask, Task, TaskList};
pub use trial::{CaseFailure, CaseReport, TestDefinition, TestReport};
pub use version::{DefinitionChange, DefinitionDiff, DefinitionImpact, VersionImpact};
pub use workflow::{
    CancelWorkflow, FaultedChild, OnConflict, PendingTask, StartWorkflow, StartedWorkflow, StatusCount,
    TerminateWorkflow, Workflow, WorkflowCount, WorkflowError, WorkflowList, WorkflowParent, WorkflowRef,
    WorkflowSummary,
};

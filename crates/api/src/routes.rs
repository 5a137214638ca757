//! Every route of the API. The server's router is built from this table and from nothing else.

use crate::limits::WAIT_SECONDS_MAX;
use crate::route::{Access, Body, Method, Operation, Parameter, Permission, Reply, Route, Type, Value};
use crate::{
    AcceptedEvents, AuditEventList, CancelWorkflow, Definition, DefinitionDiff, DefinitionImpact,
    DefinitionList, DefinitionSummary, Function, FunctionList, FunctionSummary, HistoryPage, JwkSet, Limits,
    PutSecret, ResolveTask, Secret, SecretList, SignalWorkflow, StartWorkflow, StartedWorkflow, Task,
    TaskList, TenantList, TerminateWorkflow, TestDefinition, TestReport, Validation, Whoami, Workflow,
    WorkflowCount, WorkflowList,
};
use tenure_types::limits::PAGE_ITEMS_MAX;

const fn ok<T: utoipa::ToSchema>(summary: &'static str) -> Reply {
    reply::<T>(200, summary)
}

const fn reply<T: utoipa::ToSchema>(status: u16, summary: &'static str) -> Reply {
    Reply { status, summary, body: Some(Type::of::<T>()), also: None }
}

const fn parameter(name: &'static str, value: Value, summary: &'static str) -> Parameter {
    Parameter { name, value, summary }
}

const PAGE_SIZE: Parameter =
    parameter("pageSize", Value::Number(1, PAGE_ITEMS_MAX as u64), "At most so many items; 50 when absent.");
const PAGE_TOKEN: Parameter = parameter(
    "pageToken",
    Value::Text,
    "`nextPageToken` of the page before, with the same filter and order.",
);
const DELETED: Parameter = parameter("deleted", Value::Flag, "Deleted versions too.");
const REVEAL: Parameter = parameter(
    "reveal",
    Value::Flag,
    "Shows sensitive values; needs the permission `workflow:reveal`, and is audited.",
);
const STATUS: Parameter = parameter("status", Value::Text, "Only these, as a comma list.");
const DEFINITION: Parameter = parameter(
    "definition",
    Value::Text,
    "Only this one: `name`, `namespace/name` or `namespace/name@version`.",
);
const KEY: Parameter = parameter("key", Value::Text, "Only with this business key.");
const CORRELATION_ID: Parameter = parameter("correlationId", Value::Text, "Only with this correlation id.");
const STARTED_AFTER: Parameter =
    parameter("startedAfter", Value::Time, "Only those that started after this instant.");
const STARTED_BEFORE: Parameter =
    parameter("startedBefore", Value::Time, "Only those that started before this instant.");
const FILTER: Parameter =
    parameter("filter", Value::Text, "A condition such as `status = faulted AND attr.orderId = \"A-17\"`.");
const ORDER_BY: Parameter = parameter(
    "orderBy",
    Value::Word(&["startedAt", "-startedAt"]),
    "Oldest or newest first; newest when absent.",
);

/// Every route of the API.
pub const ROUTES: &[Route] = &[
    Route {
        operation: Operation::RegisterDefinition,
        method: Method::Post,
        path: "/v1/workflow-definitions",
        aliases: &["/workflow-definitions"],
        access: Access::Tenant(Permission::DefinitionWrite),
        action: "definition.register",
        resource: "definition",
        summary: "Registers a version of a definition, in YAML or JSON.",
        query: &[],
        body: Body::Definition,
        replies: &[
            reply::<DefinitionSummary>(201, "Registered."),
            ok::<DefinitionSummary>("The same content was registered before."),
        ],
    },
    Route {
        operation: Operation::ListDefinitions,
        method: Method::Get,
        path: "/v1/workflow-definitions",
        aliases: &["/workflow-definitions"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.list",
        resource: "definition",
        summary: "Lists the registered versions of all definitions.",
        query: &[
            parameter("namespace", Value::Text, "Only of this namespace."),
            parameter("name", Value::Text, "Only of this name."),
            DELETED,
            PAGE_SIZE,
            PAGE_TOKEN,
        ],
        body: Body::None,
        replies: &[ok::<DefinitionList>("A page.")],
    },
    Route {
        operation: Operation::ValidateDefinition,
        method: Method::Post,
        path: "/v1/workflow-definitions/validate",
        aliases: &["/workflow-definitions/validate"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.validate",
        resource: "definition",
        summary: "Says whether a definition could be registered, and if not why.",
        query: &[],
        body: Body::Definition,
        replies: &[ok::<Validation>("The findings.")],
    },
    Route {
        operation: Operation::TestDefinition,
        method: Method::Post,
        path: "/v1/workflow-definitions/test",
        aliases: &["/workflow-definitions/test"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.test",
        resource: "definition",
        summary: "Runs test cases of a definition, with mocks and a clock of their own. Nothing is stored or called.",
        query: &[],
        body: Body::Json(Type::of::<TestDefinition>()),
        replies: &[ok::<TestReport>("What the cases came to.")],
    },
    Route {
        operation: Operation::ShowDefinition,
        method: Method::Get,
        path: "/v1/workflow-definitions/{namespace}/{name}",
        aliases: &["/workflow-definitions/{namespace}/{name}"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.show",
        resource: "definition",
        summary: "Shows the latest enabled version of a definition.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Definition>("The definition.")],
    },
    Route {
        operation: Operation::ListDefinitionVersions,
        method: Method::Get,
        path: "/v1/workflow-definitions/{namespace}/{name}/versions",
        aliases: &["/workflow-definitions/{namespace}/{name}/versions"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.list",
        resource: "definition",
        summary: "Lists the versions of a definition.",
        query: &[DELETED, PAGE_SIZE, PAGE_TOKEN],
        body: Body::None,
        replies: &[ok::<DefinitionList>("A page.")],
    },
    Route {
        operation: Operation::ShowDefinitionVersion,
        method: Method::Get,
        path: "/v1/workflow-definitions/{namespace}/{name}/versions/{version}",
        aliases: &["/workflow-definitions/{namespace}/{name}/versions/{version}"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.show",
        resource: "definition",
        summary: "Shows a version of a definition.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Definition>("The definition.")],
    },
    Route {
        operation: Operation::EnableDefinitionVersion,
        method: Method::Post,
        path: "/v1/workflow-definitions/{namespace}/{name}/versions/{version}/enable",
        aliases: &["/workflow-definitions/{namespace}/{name}/versions/{version}/enable"],
        access: Access::Tenant(Permission::DefinitionWrite),
        action: "definition.enable",
        resource: "definition",
        summary: "Lets a version take new starts.",
        query: &[],
        body: Body::None,
        replies: &[ok::<DefinitionSummary>("Enabled.")],
    },
    Route {
        operation: Operation::DisableDefinitionVersion,
        method: Method::Post,
        path: "/v1/workflow-definitions/{namespace}/{name}/versions/{version}/disable",
        aliases: &["/workflow-definitions/{namespace}/{name}/versions/{version}/disable"],
        access: Access::Tenant(Permission::DefinitionWrite),
        action: "definition.disable",
        resource: "definition",
        summary: "Lets a version take no new starts; what runs goes on.",
        query: &[],
        body: Body::None,
        replies: &[ok::<DefinitionSummary>("Disabled.")],
    },
    Route {
        operation: Operation::DeleteDefinitionVersion,
        method: Method::Delete,
        path: "/v1/workflow-definitions/{namespace}/{name}/versions/{version}",
        aliases: &["/workflow-definitions/{namespace}/{name}/versions/{version}"],
        access: Access::Tenant(Permission::DefinitionWrite),
        action: "definition.delete",
        resource: "definition",
        summary: "Hides a version, which takes no new starts then; what runs goes on.",
        query: &[],
        body: Body::None,
        replies: &[ok::<DefinitionSummary>("Deleted.")],
    },
    Route {
        operation: Operation::ShowDefinitionImpact,
        method: Method::Get,
        path: "/v1/workflow-definitions/{namespace}/{name}/impact",
        aliases: &["/workflow-definitions/{namespace}/{name}/impact"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.impact",
        resource: "definition",
        summary: "Shows how many executions run on which version.",
        query: &[],
        body: Body::None,
        replies: &[ok::<DefinitionImpact>("The counts.")],
    },
    Route {
        operation: Operation::DiffDefinition,
        method: Method::Get,
        path: "/v1/workflow-definitions/{namespace}/{name}/diff",
        aliases: &["/workflow-definitions/{namespace}/{name}/diff"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "definition.diff",
        resource: "definition",
        summary: "Shows what differs between two versions, and what it means for executions.",
        query: &[
            parameter("from", Value::Text, "The version that is compared; the one before `to` when absent."),
            parameter(
                "to",
                Value::Text,
                "The version that it is compared with; the latest enabled one when absent.",
            ),
        ],
        body: Body::None,
        replies: &[ok::<DefinitionDiff>("The differences.")],
    },
    Route {
        operation: Operation::ListFunctions,
        method: Method::Get,
        path: "/v1/functions",
        aliases: &["/functions"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "function.list",
        resource: "function",
        summary: "Lists the functions of the tenant's catalog.",
        query: &[parameter("name", Value::Text, "Only of this name."), PAGE_SIZE, PAGE_TOKEN],
        body: Body::None,
        replies: &[ok::<FunctionList>("A page.")],
    },
    Route {
        operation: Operation::PutFunction,
        method: Method::Put,
        path: "/v1/functions/{name}/{version}",
        aliases: &["/functions/{name}/{version}"],
        access: Access::Tenant(Permission::DefinitionWrite),
        action: "function.put",
        resource: "function",
        summary: "Puts a function, a task in YAML or JSON, into the tenant's catalog.",
        query: &[],
        body: Body::Definition,
        replies: &[
            reply::<FunctionSummary>(201, "It is in the catalog."),
            ok::<FunctionSummary>("The same content was there before."),
        ],
    },
    Route {
        operation: Operation::ShowFunction,
        method: Method::Get,
        path: "/v1/functions/{name}/{version}",
        aliases: &["/functions/{name}/{version}"],
        access: Access::Tenant(Permission::DefinitionRead),
        action: "function.show",
        resource: "function",
        summary: "Shows a function of the tenant's catalog.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Function>("The function.")],
    },
    Route {
        operation: Operation::DeleteFunction,
        method: Method::Delete,
        path: "/v1/functions/{name}/{version}",
        aliases: &["/functions/{name}/{version}"],
        access: Access::Tenant(Permission::DefinitionWrite),
        action: "function.delete",
        resource: "function",
        summary: "Hides a function; definitions that were registered with it keep it.",
        query: &[],
        body: Body::None,
        replies: &[ok::<FunctionSummary>("It is hidden.")],
    },
    Route {
        operation: Operation::StartWorkflow,
        method: Method::Post,
        path: "/v1/workflows/start",
        aliases: &["/workflows/start"],
        access: Access::Tenant(Permission::WorkflowStart),
        action: "workflow.start",
        resource: "workflow",
        summary: "Starts an execution; `Prefer: wait=30` waits for its end.",
        query: &[],
        body: Body::Json(Type::of::<StartWorkflow>()),
        replies: &[
            reply::<StartedWorkflow>(201, "Started."),
            ok::<StartedWorkflow>("Ended while it was waited for, or the open execution with the key."),
            reply::<StartedWorkflow>(202, "Started, and not ended while it was waited for."),
        ],
    },
    Route {
        operation: Operation::ListWorkflows,
        method: Method::Get,
        path: "/v1/workflows",
        aliases: &["/workflows"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.list",
        resource: "workflow",
        summary: "Lists executions.",
        query: &[
            STATUS,
            DEFINITION,
            KEY,
            CORRELATION_ID,
            STARTED_AFTER,
            STARTED_BEFORE,
            FILTER,
            ORDER_BY,
            PAGE_SIZE,
            PAGE_TOKEN,
        ],
        body: Body::None,
        replies: &[ok::<WorkflowList>("A page.")],
    },
    Route {
        operation: Operation::CountWorkflows,
        method: Method::Get,
        path: "/v1/workflows/count",
        aliases: &["/workflows/count"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.count",
        resource: "workflow",
        summary: "Counts executions by status.",
        query: &[
            parameter("groupBy", Value::Word(&["status"]), "What to group by."),
            STATUS,
            DEFINITION,
            KEY,
            CORRELATION_ID,
            STARTED_AFTER,
            STARTED_BEFORE,
            FILTER,
        ],
        body: Body::None,
        replies: &[ok::<WorkflowCount>("The counts.")],
    },
    Route {
        operation: Operation::ShowWorkflow,
        method: Method::Get,
        path: "/v1/workflows/{id}",
        aliases: &["/workflows/{id}"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.show",
        resource: "workflow",
        summary: "Shows an execution.",
        query: &[REVEAL],
        body: Body::None,
        replies: &[ok::<Workflow>("The execution.")],
    },
    Route {
        operation: Operation::ShowHistory,
        method: Method::Get,
        path: "/v1/workflows/{id}/history",
        aliases: &["/workflows/{id}/history"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.history",
        resource: "workflow",
        summary: "Shows the history of an execution, or streams it until the execution ends.",
        query: &[
            parameter("after", Value::Number(0, u64::MAX), "Only events beyond this `seq`."),
            parameter("limit", Value::Number(1, PAGE_ITEMS_MAX as u64), "At most so many; 1000 when absent."),
            parameter(
                "wait",
                Value::Number(0, WAIT_SECONDS_MAX),
                "Waits so many seconds for an event when there is none.",
            ),
            parameter("follow", Value::Flag, "Streams events as they are committed (`text/event-stream`)."),
            REVEAL,
        ],
        body: Body::None,
        replies: &[Reply {
            status: 200,
            summary: "A piece of the history; with `follow=true` a stream of events whose `id` is their `seq`.",
            body: Some(Type::of::<HistoryPage>()),
            also: Some("text/event-stream"),
        }],
    },
    Route {
        operation: Operation::ListTasks,
        method: Method::Get,
        path: "/v1/workflows/{id}/tasks",
        aliases: &["/workflows/{id}/tasks"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.tasks",
        resource: "workflow",
        summary: "Lists the tasks of an execution.",
        query: &[REVEAL],
        body: Body::None,
        replies: &[ok::<TaskList>("The tasks, in the order of their starts.")],
    },
    Route {
        operation: Operation::ShowTask,
        method: Method::Get,
        path: "/v1/workflows/{id}/tasks/{reference}",
        aliases: &["/workflows/{id}/tasks/{reference}"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.tasks",
        resource: "workflow",
        summary: "Shows a task of an execution: its latest activation. The reference is a URL-encoded JSON pointer.",
        query: &[parameter("iteration", Value::Text, "Which iteration of the loops around it."), REVEAL],
        body: Body::None,
        replies: &[ok::<Task>("The task.")],
    },
    Route {
        operation: Operation::ListChildren,
        method: Method::Get,
        path: "/v1/workflows/{id}/children",
        aliases: &["/workflows/{id}/children"],
        access: Access::Tenant(Permission::WorkflowRead),
        action: "workflow.children",
        resource: "workflow",
        summary: "Lists the children of an execution, the oldest first.",
        query: &[PAGE_SIZE, PAGE_TOKEN],
        body: Body::None,
        replies: &[ok::<WorkflowList>("A page.")],
    },
    Route {
        operation: Operation::CancelWorkflow,
        method: Method::Post,
        path: "/v1/workflows/{id}/cancel",
        aliases: &["/workflows/{id}/cancel"],
        access: Access::Tenant(Permission::WorkflowOperate),
        action: "workflow.cancel",
        resource: "workflow",
        summary: "Cancels an execution, undoing what it did if asked to.",
        query: &[],
        body: Body::OptionalJson(Type::of::<CancelWorkflow>()),
        replies: &[ok::<Workflow>("The cancel is recorded; `status` says how far it is.")],
    },
    Route {
        operation: Operation::TerminateWorkflow,
        method: Method::Post,
        path: "/v1/workflows/{id}/terminate",
        aliases: &["/workflows/{id}/terminate"],
        access: Access::Tenant(Permission::WorkflowOperate),
        action: "workflow.terminate",
        resource: "workflow",
        summary: "Ends an execution at once; nothing is cleaned up.",
        query: &[],
        body: Body::OptionalJson(Type::of::<TerminateWorkflow>()),
        replies: &[ok::<Workflow>("Terminated.")],
    },
    Route {
        operation: Operation::SignalWorkflow,
        method: Method::Post,
        path: "/v1/workflows/{id}/signal",
        aliases: &["/workflows/{id}/signal"],
        access: Access::Tenant(Permission::WorkflowOperate),
        action: "workflow.signal",
        resource: "workflow",
        summary: "Tells an execution something; it is kept until the execution wants it.",
        query: &[],
        body: Body::OptionalJson(Type::of::<SignalWorkflow>()),
        replies: &[ok::<Workflow>("The signal is recorded, or was before under the same `id`.")],
    },
    Route {
        operation: Operation::PublishEvents,
        method: Method::Post,
        path: "/v1/events",
        aliases: &[],
        access: Access::Tenant(Permission::EventPublish),
        action: "event.publish",
        resource: "event",
        summary: "Publishes CloudEvents to the executions that listen and to the definitions that they start.",
        query: &[],
        body: Body::CloudEvents,
        replies: &[reply::<AcceptedEvents>(202, "Accepted: durable wherever they were wanted.")],
    },
    Route {
        operation: Operation::ResolveTask,
        method: Method::Post,
        path: "/v1/workflows/{id}/tasks/{reference}/resolve",
        aliases: &["/workflows/{id}/tasks/{reference}/resolve"],
        access: Access::Tenant(Permission::WorkflowOperate),
        action: "workflow.resolve",
        resource: "workflow",
        summary: "Settles an uncertain task or a failed undo.",
        query: &[],
        body: Body::Json(Type::of::<ResolveTask>()),
        replies: &[ok::<Workflow>("Settled.")],
    },
    Route {
        operation: Operation::PutSecret,
        method: Method::Put,
        path: "/v1/secrets/{name}",
        aliases: &[],
        access: Access::Tenant(Permission::SecretManage),
        action: "secret.write",
        resource: "secret",
        summary: "Writes the next version of a secret. Its value is never shown again.",
        query: &[],
        body: Body::Json(Type::of::<PutSecret>()),
        replies: &[
            reply::<Secret>(201, "The secret is new."),
            ok::<Secret>("The secret was there; this is its newest version."),
        ],
    },
    Route {
        operation: Operation::ListSecrets,
        method: Method::Get,
        path: "/v1/secrets",
        aliases: &[],
        access: Access::Tenant(Permission::SecretManage),
        action: "secret.list",
        resource: "secret",
        summary: "Lists the tenant's secrets without their values.",
        query: &[PAGE_SIZE, PAGE_TOKEN],
        body: Body::None,
        replies: &[ok::<SecretList>("A page.")],
    },
    Route {
        operation: Operation::ShowSecret,
        method: Method::Get,
        path: "/v1/secrets/{name}",
        aliases: &[],
        access: Access::Tenant(Permission::SecretManage),
        action: "secret.show",
        resource: "secret",
        summary: "Shows a secret without its value.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Secret>("The secret.")],
    },
    Route {
        operation: Operation::DeleteSecret,
        method: Method::Delete,
        path: "/v1/secrets/{name}",
        aliases: &[],
        access: Access::Tenant(Permission::SecretManage),
        action: "secret.delete",
        resource: "secret",
        summary: "Deletes a secret with all its versions.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Secret>("What was deleted, without its value.")],
    },
    Route {
        operation: Operation::ListAuditEvents,
        method: Method::Get,
        path: "/v1/audit-events",
        aliases: &[],
        access: Access::Tenant(Permission::AuditRead),
        action: "audit.list",
        resource: "audit",
        summary: "Lists the tenant's audit events in the order of their chain.",
        query: &[PAGE_SIZE, PAGE_TOKEN],
        body: Body::None,
        replies: &[ok::<AuditEventList>("A page.")],
    },
    Route {
        operation: Operation::ListTenants,
        method: Method::Get,
        path: "/v1/tenants",
        aliases: &[],
        access: Access::Platform(Permission::TenantRead),
        action: "tenant.list",
        resource: "tenant",
        summary: "Lists the tenants.",
        query: &[],
        body: Body::None,
        replies: &[ok::<TenantList>("The tenants.")],
    },
    Route {
        operation: Operation::ShowLimits,
        method: Method::Get,
        path: "/v1/limits",
        aliases: &[],
        access: Access::Authenticated,
        action: "limits.show",
        resource: "limits",
        summary: "Shows the limits that a client can run into.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Limits>("The limits.")],
    },
    Route {
        operation: Operation::Whoami,
        method: Method::Get,
        path: "/v1/whoami",
        aliases: &[],
        access: Access::Authenticated,
        action: "identity.show",
        resource: "identity",
        summary: "Shows what the server knows of the caller.",
        query: &[],
        body: Body::None,
        replies: &[ok::<Whoami>("The caller.")],
    },
    Route {
        operation: Operation::ShowOpenapi,
        method: Method::Get,
        path: "/openapi.json",
        aliases: &[],
        access: Access::Public,
        action: "contract.show",
        resource: "contract",
        summary: "This document.",
        query: &[],
        body: Body::None,
        replies: &[Reply { status: 200, summary: "OpenAPI 3.1.", body: None, also: None }],
    },
    Route {
        operation: Operation::ShowSchema,
        method: Method::Get,
        path: "/schemas/{name}",
        aliases: &[],
        access: Access::Public,
        action: "contract.show",
        resource: "contract",
        summary: "The JSON Schema of a type of this document, of a definition (`workflow-1.0.json`) or of a test file (`workflow-test-1.0.json`).",
        query: &[],
        body: Body::None,
        replies: &[Reply { status: 200, summary: "JSON Schema 2020-12.", body: None, also: None }],
    },
    Route {
        operation: Operation::ShowKeys,
        method: Method::Get,
        path: "/.well-known/jwks.json",
        aliases: &[],
        access: Access::Public,
        action: "keys.show",
        resource: "keys",
        summary: "The public keys of the built-in issuer.",
        query: &[],
        body: Body::None,
        replies: &[ok::<JwkSet>("The keys.")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_routes_answer_the_same_request() {
        let mut seen = BTreeSet::new();
        for route in ROUTES {
            for path in route.paths() {
                assert!(seen.insert((route.method, path)), "{:?} {path}", route.method);
            }
        }
    }

    #[test]
    fn each_operation_has_one_route() {
        let operations: BTreeSet<Operation> = ROUTES.iter().map(|route| route.operation).collect();
        assert_eq!(operations.len(), ROUTES.len());
    }

    /// FR-035: the list of what needs no credential is short and written down here.
    #[test]
    fn only_the_contract_and_the_keys_are_public() {
        let public: Vec<&str> = ROUTES.iter().filter(|r| r.access.public()).map(|r| r.path).collect();
        assert_eq!(public, ["/openapi.json", "/schemas/{name}", "/.well-known/jwks.json"]);
    }

    /// FR-028: no route that changes something is open to a role that only reads.
    #[test]
    fn no_post_but_validate_and_test_is_open_to_viewers() {
        for route in ROUTES.iter().filter(|route| route.method == Method::Post) {
            let Access::Tenant(permission) = route.access else { panic!("{} acts in no tenant", route.path) };
            let viewer = crate::Role::Viewer.permits(permission);
            let harmless =
                matches!(route.operation, Operation::ValidateDefinition | Operation::TestDefinition);
            assert_eq!(viewer, harmless, "{}", route.path);
        }
    }

    #[test]
    fn aliases_have_the_same_parameters_as_their_path() {
        for route in ROUTES {
            for alias in route.aliases {
                assert_eq!(Some(*alias), route.path.strip_prefix("/v1"), "{}", route.path);
            }
        }
    }
}

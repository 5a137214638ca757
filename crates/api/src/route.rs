//! What a route is: method, path, who may use it, what it takes and gives.
//!
//! `access` is not optional: a route that does not say who may use it does not compile. Deliberately absent: handlers.

use std::borrow::Cow;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// The methods that routes use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Writes what the path names, whether it is there or not.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// In capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A named bundle of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads definitions and executions.
    Viewer,
    /// Also starts, cancels, terminates, signals and resolves executions, and publishes events.
    Operator,
    /// Also registers definitions and reads the audit trail.
    Admin,
    /// Everything, in every tenant.
    PlatformAdmin,
}

impl Role {
    /// Every role, the smallest first.
    pub const ALL: &[Self] = &[Self::Viewer, Self::Operator, Self::Admin, Self::PlatformAdmin];

    /// The word in a credential.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::PlatformAdmin => "platform-admin",
        }
    }

    /// The role that a word names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }

    /// Whether the role holds a permission.
    pub fn permits(self, permission: Permission) -> bool {
        self >= permission.role()
    }
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// List and show definitions and functions, validate a text.
    DefinitionRead,
    /// Register definitions, enable, disable and delete their versions; put and delete functions.
    DefinitionWrite,
    /// List and show executions, their histories and tasks.
    WorkflowRead,
    /// Start executions.
    WorkflowStart,
    /// Cancel, terminate, signal and resolve.
    WorkflowOperate,
    /// Publish events to whoever listens, and so start what they start.
    EventPublish,
    /// See sensitive values of executions.
    WorkflowReveal,
    /// Read the audit trail.
    AuditRead,
    /// List, write and delete secrets; nobody may read a value.
    SecretManage,
    /// List tenants.
    TenantRead,
}

impl Permission {
    /// Every permission.
    pub const ALL: &[Self] = &[
        Self::DefinitionRead,
        Self::DefinitionWrite,
        Self::WorkflowRead,
        Self::WorkflowStart,
        Self::WorkflowOperate,
        Self::EventPublish,
        Self::WorkflowReveal,
        Self::AuditRead,
        Self::SecretManage,
        Self::TenantRead,
    ];

    /// Such as `workflow:start`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DefinitionRead => "definition:read",
            Self::DefinitionWrite => "definition:write",
            Self::WorkflowRead => "workflow:read",
            Self::WorkflowStart => "workflow:start",
            Self::WorkflowOperate => "workflow:operate",
            Self::EventPublish => "event:publish",
            Self::WorkflowReveal => "workflow:reveal",
            Self::AuditRead => "audit:read",
            Self::SecretManage => "secret:manage",
            Self::TenantRead => "tenant:read",
        }
    }

    /// The smallest role that holds it.
    pub fn role(self) -> Role {
        match self {
            Self::DefinitionRead | Self::WorkflowRead => Role::Viewer,
            Self::WorkflowStart | Self::WorkflowOperate | Self::EventPublish => Role::Operator,
            Self::DefinitionWrite | Self::WorkflowReveal | Self::AuditRead | Self::SecretManage => {
                Role::Admin
            }
            Self::TenantRead => Role::PlatformAdmin,
        }
    }
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without a credential.
    Public,
    /// Anyone with a valid credential.
    Authenticated,
    /// Who holds the permission in the tenant of the request.
    Tenant(Permission),
    /// Who holds the permission on the platform as a whole.
    Platform(Permission),
}

impl Access {
    /// Whether the route needs no credential.
    pub fn public(self) -> bool {
        self == Self::Public
    }
}

/// What a route is for. The server matches on this without a wildcard: a route without a handler does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is described by its route's summary")]
pub enum Operation {
    RegisterDefinition,
    ValidateDefinition,
    TestDefinition,
    ListDefinitions,
    ShowDefinition,
    ListDefinitionVersions,
    ShowDefinitionVersion,
    EnableDefinitionVersion,
    DisableDefinitionVersion,
    DeleteDefinitionVersion,
    ShowDefinitionImpact,
    DiffDefinition,
    PutFunction,
    ListFunctions,
    ShowFunction,
    DeleteFunction,
    StartWorkflow,
    ListWorkflows,
    CountWorkflows,
    ShowWorkflow,
    ShowHistory,
    ListTasks,
    ShowTask,
    ListChildren,
    CancelWorkflow,
    TerminateWorkflow,
    SignalWorkflow,
    ResolveTask,
    PublishEvents,
    PutSecret,
    ListSecrets,
    ShowSecret,
    DeleteSecret,
    ListAuditEvents,
    ListTenants,
    ShowLimits,
    Whoami,
    ShowOpenapi,
    ShowSchema,
    ShowKeys,
}

/// The shape of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number in this range.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// An instant in RFC 3339.
    Time,
}

/// A query parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// The shape of its value.
    pub value: Value,
    /// What it does.
    pub summary: &'static str,
}

/// A type of the contract, by its name and its schema.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// The name of its schema.
    pub name: fn() -> Cow<'static, str>,
    /// Adds its schema and those that it refers to.
    pub collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Type {
    /// The type `T`.
    pub const fn of<T: ToSchema>() -> Self {
        Self { name: T::name, collect: collect::<T> }
    }
}

fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// What a route takes as its body.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Nothing: a body is refused.
    None,
    /// JSON of this type.
    Json(Type),
    /// JSON of this type, or nothing at all.
    OptionalJson(Type),
    /// A definition, as `application/json` or `application/yaml`.
    Definition,
    /// `CloudEvents` over HTTP: one structured, a batch, or one in binary mode.
    CloudEvents,
}

/// A good answer.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What it means.
    pub summary: &'static str,
    /// The type of its JSON body; `None` for any JSON.
    pub body: Option<Type>,
    /// Another content type that the answer can have.
    pub also: Option<&'static str>,
}

/// One method of one path.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// What it is for.
    pub operation: Operation,
    /// The method.
    pub method: Method,
    /// The path, `{name}` for a parameter.
    pub path: &'static str,
    /// Other paths that answer the same.
    pub aliases: &'static [&'static str],
    /// Who may use it.
    pub access: Access,
    /// The audit trail's name for it, such as `workflow.start`.
    pub action: &'static str,
    /// The kind of thing that it acts on, for the audit trail.
    pub resource: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Every query parameter that it knows; others are refused.
    pub query: &'static [Parameter],
    /// What it takes.
    pub body: Body,
    /// What it gives when all is well.
    pub replies: &'static [Reply],
}

impl Route {
    /// The path and its aliases.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.path).chain(self.aliases.iter().copied())
    }

    /// The names of the path's parameters, in order.
    pub fn path_parameters(&self) -> Vec<&'static str> {
        let names = self.path.split('/').filter_map(|s| s.strip_prefix('{'));
        names.filter_map(|s| s.strip_suffix('}')).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_role_holds_all_that_a_smaller_one_holds() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(!pair[0].permits(*permission) || pair[1].permits(*permission), "{permission:?}");
            }
        }
    }

    #[test]
    fn a_viewer_changes_nothing() {
        use Permission::{DefinitionRead, WorkflowRead};
        for permission in Permission::ALL {
            let read = matches!(permission, DefinitionRead | WorkflowRead);
            assert_eq!(Role::Viewer.permits(*permission), read, "{permission:?}");
        }
    }

    #[test]
    fn only_a_platform_admin_sees_tenants() {
        assert!(!Role::Admin.permits(Permission::TenantRead));
        assert!(Role::PlatformAdmin.permits(Permission::TenantRead));
    }

    #[test]
    fn roles_are_named_as_in_credentials() {
        assert_eq!(Role::parse("operator"), Some(Role::Operator));
        assert_eq!(Role::parse("Operator"), None);
        assert_eq!(Role::parse("root"), None);
    }
}

//! One handler an operation, ten lines at most. The match is total: an operation without a handler does not compile.

mod about;
mod definitions;
mod events;
mod functions;
mod history;
mod secrets;
mod tasks;
mod versions;
mod workflows;

use super::Call;
use crate::app::{App, Error};
use crate::auth::{Caller, Grant, PlatformGrant};
use axum::response::Response;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use tenure_api::{Access, Operation};

/// What a handler gives.
pub(crate) type Answer = Result<Response, Error>;

type Pending = Pin<Box<dyn Future<Output = Answer> + Send>>;
type With<P> = Box<dyn Fn(Arc<App>, P, Call) -> Pending + Send + Sync>;

/// A handler, by the proof that it asks for.
pub(crate) enum Handler {
    /// Asks for nothing.
    Public(With<()>),
    /// Asks for a valid credential.
    Caller(With<Caller>),
    /// Asks for a grant in a tenant.
    Tenant(With<Grant>),
    /// Asks for a grant on the platform.
    Platform(With<PlatformGrant>),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public(_) => "Public",
            Self::Caller(_) => "Caller",
            Self::Tenant(_) => "Tenant",
            Self::Platform(_) => "Platform",
        })
    }
}

impl Handler {
    /// Whether the handler asks for the proof that a route's access yields.
    pub(crate) fn fits(&self, access: Access) -> bool {
        match access {
            Access::Public => matches!(self, Self::Public(_)),
            Access::Authenticated => matches!(self, Self::Caller(_)),
            Access::Tenant(_) => matches!(self, Self::Tenant(_)),
            Access::Platform(_) => matches!(self, Self::Platform(_)),
        }
    }
}

fn boxed<P, F, Fut>(handler: F) -> With<P>
where
    F: Fn(Arc<App>, P, Call) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    Box::new(move |app, proof, call| Box::pin(handler(app, proof, call)))
}

/// The handler of an operation.
pub(crate) fn of(operation: Operation) -> Handler {
    use Handler::{Caller, Platform, Public, Tenant};
    match operation {
        Operation::RegisterDefinition => Tenant(boxed(definitions::register)),
        Operation::ValidateDefinition => Tenant(boxed(definitions::validate)),
        Operation::TestDefinition => Tenant(boxed(definitions::test)),
        Operation::ListDefinitions => Tenant(boxed(definitions::list)),
        Operation::ShowDefinition => Tenant(boxed(definitions::show)),
        Operation::ListDefinitionVersions => Tenant(boxed(definitions::versions)),
        Operation::ShowDefinitionVersion => Tenant(boxed(definitions::version)),
        Operation::EnableDefinitionVersion => Tenant(boxed(versions::enable)),
        Operation::DisableDefinitionVersion => Tenant(boxed(versions::disable)),
        Operation::DeleteDefinitionVersion => Tenant(boxed(versions::delete)),
        Operation::ShowDefinitionImpact => Tenant(boxed(versions::impact)),
        Operation::DiffDefinition => Tenant(boxed(versions::diff)),
        Operation::PutFunction => Tenant(boxed(functions::put)),
        Operation::ListFunctions => Tenant(boxed(functions::list)),
        Operation::ShowFunction => Tenant(boxed(functions::show)),
        Operation::DeleteFunction => Tenant(boxed(functions::delete)),
        Operation::StartWorkflow => Tenant(boxed(workflows::start)),
        Operation::ListWorkflows => Tenant(boxed(workflows::list)),
        Operation::CountWorkflows => Tenant(boxed(workflows::count)),
        Operation::ShowWorkflow => Tenant(boxed(workflows::show)),
        Operation::CancelWorkflow => Tenant(boxed(workflows::cancel)),
        Operation::TerminateWorkflow => Tenant(boxed(workflows::terminate)),
        Operation::SignalWorkflow => Tenant(boxed(events::signal)),
        Operation::PublishEvents => Tenant(boxed(events::publish)),
        Operation::ShowHistory => Tenant(boxed(history::show)),
        Operation::ListTasks => Tenant(boxed(tasks::list)),
        Operation::ListChildren => Tenant(boxed(workflows::children)),
        Operation::ShowTask => Tenant(boxed(tasks::show)),
        Operation::ResolveTask => Tenant(boxed(tasks::resolve)),
        Operation::PutSecret => Tenant(boxed(secrets::put)),
        Operation::ListSecrets => Tenant(boxed(secrets::list)),
        Operation::ShowSecret => Tenant(boxed(secrets::show)),
        Operation::DeleteSecret => Tenant(boxed(secrets::delete)),
        Operation::ListAuditEvents => Tenant(boxed(about::audit)),
        Operation::ListTenants => Platform(boxed(about::tenants)),
        Operation::ShowLimits => Caller(boxed(about::limits)),
        Operation::Whoami => Caller(boxed(about::whoami)),
        Operation::ShowOpenapi => Public(boxed(about::openapi)),
        Operation::ShowSchema => Public(boxed(about::schema)),
        Operation::ShowKeys => Public(boxed(about::keys)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_api::ROUTES;

    /// FR-028: the proof that a handler asks for is the one that its route's access yields.
    #[test]
    fn each_handler_asks_for_the_proof_of_its_route() {
        for route in ROUTES {
            assert!(of(route.operation).fits(route.access), "{:?}", route.operation);
        }
    }
}

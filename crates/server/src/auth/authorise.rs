//! Credential, route and tenant in, grant out. The one place that decides who may do what.

use super::credential::{Credential, actor_of};
use std::sync::Arc;
use tenure_api::{Permission, Role};
use tenure_engine::execution::Actor;
use tenure_types::TenantId;

/// Proof that an actor may do what a route is for, in one tenant.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    tenant: TenantId,
    actor: Actor,
    correlation_id: Arc<str>,
    reveals: bool,
}

impl Grant {
    /// The tenant: the only source of a tenant's id in every use case.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Who.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether the actor may also see sensitive values.
    pub(crate) fn reveals(&self) -> bool {
        self.reveals
    }

    /// What ties everything that follows to the request.
    pub(crate) fn correlation_id(&self) -> &Arc<str> {
        &self.correlation_id
    }
}

/// Proof that an actor may do what a route is for, on the platform as a whole.
#[derive(Debug)]
pub(crate) struct PlatformGrant(());

/// Somebody with a valid credential, and the tenant that a request like this one acts in, if there is one.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) credential: Arc<Credential>,
    pub(crate) tenant: Option<TenantId>,
}

/// Why there is no grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The credential is good for several tenants, or for all, and the request names none.
    TenantRequired,
    /// The credential is not good for the tenant that the request names, or for any.
    Tenant,
    /// The tenant's roles do not hold the permission.
    Permission { tenant: Option<TenantId>, permission: Permission },
}

/// Decides whether `credential` may do what needs `permission`, in the tenant that `named` chooses among its own.
pub(crate) fn authorise(
    credential: &Credential,
    permission: Permission,
    named: Option<&str>,
    correlation_id: &Arc<str>,
) -> Result<Grant, Denied> {
    let tenant = choose(credential, named)?.ok_or(Denied::TenantRequired)?;
    if !credential.permits(&tenant, permission) {
        return Err(Denied::Permission { tenant: Some(tenant), permission });
    }
    let actor = actor_of(credential, &credential.roles_in(&tenant));
    let reveals = credential.permits(&tenant, Permission::WorkflowReveal);
    Ok(Grant { tenant, actor, correlation_id: correlation_id.clone(), reveals })
}

/// Decides whether `credential` may do what needs `permission` on the platform.
pub(crate) fn authorise_platform(
    credential: &Credential,
    permission: Permission,
) -> Result<PlatformGrant, Denied> {
    if credential.platform_admin && Role::PlatformAdmin.permits(permission) {
        return Ok(PlatformGrant(()));
    }
    Err(Denied::Permission { tenant: None, permission })
}

/// Somebody with a valid credential; a tenant that is named must be one of the credential's.
pub(crate) fn caller(credential: Arc<Credential>, named: Option<&str>) -> Result<Caller, Denied> {
    let tenant = choose(&credential, named)?;
    Ok(Caller { credential, tenant })
}

fn choose(credential: &Credential, named: Option<&str>) -> Result<Option<TenantId>, Denied> {
    if let Some(text) = named {
        let tenant = TenantId::new(text).map_err(|_| Denied::Tenant)?;
        return if credential.good_for(&tenant) { Ok(Some(tenant)) } else { Err(Denied::Tenant) };
    }
    let mut own = credential.tenants.keys();
    match (own.next(), own.next(), credential.platform_admin) {
        (Some(only), None, _) => Ok(Some(only.clone())),
        (None, _, false) => Err(Denied::Tenant),
        (None, _, true) | (Some(_), Some(_), _) => Ok(None),
    }
}

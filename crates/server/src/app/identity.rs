//! Who the caller is, and which tenants there are.

use super::{App, Error};
use crate::PLATFORM_TENANT;
use crate::auth::{Caller, PlatformGrant};
use tenure_api::{Permission, Role, Tenant, TenantList, Whoami};
use tenure_types::Timestamp;

/// What the server knows of the caller.
pub(crate) fn whoami(caller: &Caller) -> Whoami {
    let credential = &caller.credential;
    let words = |roles: &[Role]| roles.iter().map(|role| role.as_str().to_owned()).collect();
    let permitted = |permission: &&Permission| match &caller.tenant {
        Some(tenant) => credential.permits(tenant, **permission),
        None => credential.platform_admin,
    };
    Whoami {
        subject: credential.subject.to_string(),
        issuer: credential.issuer.to_string(),
        platform_admin: credential.platform_admin,
        tenants: credential
            .tenants
            .iter()
            .map(|(tenant, roles)| (tenant.to_string(), words(roles)))
            .collect(),
        tenant: caller.tenant.as_ref().map(ToString::to_string),
        permissions: Permission::ALL.iter().filter(permitted).map(|p| p.as_str().to_owned()).collect(),
        expires_at: Timestamp(credential.expires_at.saturating_mul(1_000)).into(),
    }
}

/// The tenants, without the platform's own.
pub(crate) async fn tenants(app: &App, _grant: &PlatformGrant) -> Result<TenantList, Error> {
    let tenants = app.handle.tenants().await?;
    let ids = tenants.into_iter().map(|tenant| tenant.id.to_string()).filter(|id| id != PLATFORM_TENANT);
    Ok(TenantList { items: ids.map(|id| Tenant { id }).collect() })
}

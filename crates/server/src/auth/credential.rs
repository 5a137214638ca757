//! What a verified token says: who, in which tenants, with which roles, until when.
//!
//! The claims that we read: `sub`; `tenants`, an object of tenant to list of roles, such as `{"demo": ["admin"]}`;
//! `roles`, of which only `platform-admin` counts, because it belongs to no tenant; `kind`, `user` (the default) or
//! `service`. Roles that we do not know are no roles of ours and give nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_api::{Permission, Role};
use tenure_engine::execution::Actor;
use tenure_types::TenantId;

/// A verified identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// `sub`
    pub subject: Arc<str>,
    /// `iss`
    pub issuer: Arc<str>,
    /// `user` or `service`.
    pub kind: Arc<str>,
    /// The roles in each tenant.
    pub tenants: BTreeMap<TenantId, Vec<Role>>,
    /// Whether it holds the platform's own role, which acts in every tenant.
    pub platform_admin: bool,
    /// `exp`, in seconds since 1970.
    pub expires_at: u64,
}

impl Credential {
    /// The roles that it acts under in a tenant; empty when it is not good for that tenant.
    pub fn roles_in(&self, tenant: &TenantId) -> Vec<Role> {
        let mut roles = self.tenants.get(tenant).cloned().unwrap_or_default();
        if self.platform_admin {
            roles.push(Role::PlatformAdmin);
        }
        roles
    }

    /// Whether it may act in a tenant at all.
    pub fn good_for(&self, tenant: &TenantId) -> bool {
        self.platform_admin || self.tenants.contains_key(tenant)
    }

    /// Whether it holds a permission in a tenant.
    pub fn permits(&self, tenant: &TenantId, permission: Permission) -> bool {
        let roles = self.tenants.get(tenant).map_or(&[][..], Vec::as_slice);
        let platform = self.platform_admin && Role::PlatformAdmin.permits(permission);
        platform || roles.iter().any(|role| role.permits(permission))
    }
}

/// As histories and audit events name it.
pub(crate) fn actor_of(credential: &Credential, roles: &[Role]) -> Actor {
    let roles = roles.iter().map(|role| Arc::from(role.as_str())).collect();
    Actor { subject: credential.subject.clone(), kind: credential.kind.clone(), roles }
}

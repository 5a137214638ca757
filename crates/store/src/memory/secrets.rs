//! Secrets.

use super::Core;
use crate::error::Error;
use crate::records::{Act, Sealed, SecretHead, SecretRecord};
use crate::traits::Result;
use std::sync::Arc;
use tenure_types::limits::{PAGE_ITEMS_MAX, SECRETS_MAX};
use tenure_types::{TenantId, Timestamp};

impl Core {
    /// Writes the next version of a secret.
    pub fn put_secret(
        &mut self,
        tenant: &TenantId,
        name: &str,
        value: Sealed,
        at: Timestamp,
        act: Act,
    ) -> Result<SecretHead> {
        self.check_act(&act)?;
        let key: (TenantId, Arc<str>) = (tenant.clone(), name.into());
        let stored = self.secrets.get(&key);
        if stored.is_none() && self.of_tenant(tenant).count() >= SECRETS_MAX {
            return Err(Error::Taken(format!("the tenant has {SECRETS_MAX} secrets")));
        }
        let record = SecretRecord::next(stored, tenant.clone(), key.1.clone(), value, at);
        let head = record.head.clone();
        self.secrets.insert(key, record);
        self.write_act(act);
        Ok(head)
    }

    /// A secret.
    pub fn secret(&self, tenant: &TenantId, name: &str) -> Option<&SecretRecord> {
        self.secrets.get(&(tenant.clone(), name.into()))
    }

    /// A tenant's secrets after a name.
    pub fn secrets(&self, tenant: &TenantId, after: Option<&str>, limit: usize) -> Vec<SecretHead> {
        let wanted = self.of_tenant(tenant).filter(|head| after.is_none_or(|after| &*head.name > after));
        wanted.take(limit.min(PAGE_ITEMS_MAX)).cloned().collect()
    }

    /// Deletes a secret.
    pub fn delete_secret(&mut self, tenant: &TenantId, name: &str, act: Act) -> Result<bool> {
        self.check_act(&act)?;
        if self.secrets.remove(&(tenant.clone(), name.into())).is_none() {
            return Ok(false);
        }
        self.write_act(act);
        Ok(true)
    }

    fn of_tenant<'s>(&'s self, tenant: &TenantId) -> impl Iterator<Item = &'s SecretHead> {
        let records = self.secrets.values().map(|record| &record.head);
        records.filter(move |head| head.tenant == *tenant)
    }
}

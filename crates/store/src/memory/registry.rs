//! Definitions, tenants, audit and kept answers.

use super::Core;
use crate::error::Error;
use crate::query::{AuditQuery, DefinitionPage, DefinitionQuery};
use crate::records::{
    Act, DefinitionHead, DefinitionName, DefinitionRecord, IdempotencyRecord, PutOutcome, StoredAudit,
    TenantRecord,
};
use crate::traits::Result;
use crate::version;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{DefinitionId, Digest, TenantId, Timestamp};

impl Core {
    pub(super) fn check_act(&self, act: &Act) -> Result<()> {
        self.check_idempotency(act.idempotency.as_slice())
    }

    pub(super) fn write_act(&mut self, act: Act) {
        self.write_audit(act.audits);
        if let Some(record) = act.idempotency {
            self.idempotency.insert((record.tenant.clone(), Arc::clone(&record.key)), record);
        }
    }

    /// Registers a definition.
    pub fn put_definition(&mut self, record: DefinitionRecord, act: Act) -> Result<PutOutcome> {
        self.check_act(&act)?;
        let key = (record.head.tenant.clone(), record.head.id.clone());
        let outcome = match self.definitions.get_mut(&key) {
            None => {
                self.definitions.insert(key, record);
                PutOutcome::Created
            }
            Some(stored) if stored.head.digest != record.head.digest => {
                return Err(Error::Taken(format!("version `{}`", record.head.id)));
            }
            Some(stored) if stored.head.deleted => {
                *stored = record;
                PutOutcome::Created
            }
            Some(_) => PutOutcome::Same,
        };
        self.write_act(act);
        Ok(outcome)
    }

    /// A definition that is not deleted.
    pub fn definition(&self, tenant: &TenantId, id: &DefinitionId) -> Option<&DefinitionRecord> {
        self.definitions.get(&(tenant.clone(), id.clone())).filter(|record| !record.head.deleted)
    }

    fn visible<'s>(&'s self, tenant: &TenantId) -> impl Iterator<Item = &'s DefinitionRecord> {
        self.definitions.values().filter(move |record| record.head.tenant == *tenant && !record.head.deleted)
    }

    /// The highest enabled version of a name.
    pub fn latest_definition(
        &self,
        tenant: &TenantId,
        namespace: &str,
        name: &str,
    ) -> Option<&DefinitionRecord> {
        self.visible(tenant)
            .filter(|record| &*record.head.id.namespace == namespace && &*record.head.id.name == name)
            .filter(|record| record.head.enabled)
            .max_by(|a, b| version::compare_for_latest(&a.head.id.version, &b.head.id.version))
    }

    /// A definition by its digest, deleted ones too.
    pub fn definition_by_digest(&self, tenant: &TenantId, digest: Digest) -> Option<&DefinitionRecord> {
        self.definitions.values().find(|record| record.head.tenant == *tenant && record.head.digest == digest)
    }

    /// A page of a tenant's definitions.
    pub fn definitions(&self, tenant: &TenantId, query: &DefinitionQuery) -> DefinitionPage {
        let wanted =
            |filter: &Option<Arc<str>>, value: &Arc<str>| filter.as_ref().is_none_or(|name| name == value);
        let mut items: Vec<DefinitionHead> = self
            .definitions
            .values()
            .map(|record| &record.head)
            .filter(|head| head.tenant == *tenant && (query.deleted || !head.deleted))
            .filter(|head| wanted(&query.namespace, &head.id.namespace) && wanted(&query.name, &head.id.name))
            .filter(|head| {
                query.after.as_ref().is_none_or(|after| version::compare_ids(after, &head.id).is_lt())
            })
            .cloned()
            .collect();
        items.sort_by(|a, b| version::compare_ids(&a.id, &b.id));
        let page_size = query.page_size.min(PAGE_ITEMS_MAX);
        let more = items.len() > page_size;
        items.truncate(page_size);
        let next = items.last().filter(|_| more).map(|head| head.id.clone());
        DefinitionPage { items, next }
    }

    /// The names of the definitions that events of a type start.
    pub fn started_by(
        &self,
        tenant: &TenantId,
        kind: &str,
        after: Option<&DefinitionName>,
        limit: usize,
    ) -> Vec<DefinitionName> {
        let starts = |record: &&DefinitionRecord| {
            record.starts_on.iter().any(|wanted| wanted.as_deref().is_none_or(|wanted| wanted == kind))
        };
        let names: BTreeSet<DefinitionName> = self
            .visible(tenant)
            .filter(starts)
            .map(|record| &record.head.id)
            .map(|id| DefinitionName { namespace: Arc::clone(&id.namespace), name: Arc::clone(&id.name) })
            .filter(|name| after.is_none_or(|after| name > after))
            .collect();
        names.into_iter().take(limit).collect()
    }

    /// Allows or forbids starts.
    pub fn set_definition_enabled(
        &mut self,
        tenant: &TenantId,
        id: &DefinitionId,
        enabled: bool,
        act: Act,
    ) -> Result<Option<DefinitionHead>> {
        self.check_act(&act)?;
        let Some(head) = self.visible_mut(tenant, id) else { return Ok(None) };
        head.enabled = enabled;
        let head = head.clone();
        self.write_act(act);
        Ok(Some(head))
    }

    /// Hides a definition.
    pub fn delete_definition(&mut self, tenant: &TenantId, id: &DefinitionId, act: Act) -> Result<bool> {
        self.check_act(&act)?;
        let Some(head) = self.visible_mut(tenant, id) else { return Ok(false) };
        head.deleted = true;
        self.write_act(act);
        Ok(true)
    }

    fn visible_mut(&mut self, tenant: &TenantId, id: &DefinitionId) -> Option<&mut DefinitionHead> {
        let record = self.definitions.get_mut(&(tenant.clone(), id.clone()))?;
        Some(&mut record.head).filter(|head| !head.deleted)
    }

    /// Writes a tenant.
    pub fn put_tenant(&mut self, record: TenantRecord, act: Act) -> Result<PutOutcome> {
        self.check_act(&act)?;
        let outcome = match self.tenants.get(&record.id) {
            None => PutOutcome::Created,
            Some(stored) if *stored == record => PutOutcome::Same,
            Some(_) => PutOutcome::Replaced,
        };
        self.tenants.insert(record.id.clone(), record);
        self.write_act(act);
        Ok(outcome)
    }

    /// A tenant.
    pub fn tenant(&self, id: &TenantId) -> Option<&TenantRecord> {
        self.tenants.get(id)
    }

    /// Tenants after an id, by id.
    pub fn tenants(&self, after: Option<&TenantId>, limit: usize) -> Vec<TenantRecord> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let tenants = self.tenants.range::<TenantId, _>((start, Bound::Unbounded));
        tenants.take(limit).map(|(_, record)| record.clone()).collect()
    }

    /// The answer kept under a key, unless it has expired.
    pub fn idempotency(&self, tenant: &TenantId, key: &str, now: Timestamp) -> Option<&IdempotencyRecord> {
        self.idempotency.get(&(tenant.clone(), key.into())).filter(|record| record.expires_at > now)
    }

    /// Deletes answers that have expired.
    pub fn sweep_idempotency(&mut self, now: Timestamp, limit: usize) -> u64 {
        let before = self.idempotency.len();
        let mut left = limit;
        let records: BTreeMap<_, _> = std::mem::take(&mut self.idempotency)
            .into_iter()
            .filter(|(_, record)| {
                let swept = record.expires_at <= now && left > 0;
                left -= usize::from(swept);
                !swept
            })
            .collect();
        self.idempotency = records;
        (before - self.idempotency.len()) as u64
    }

    /// A piece of a tenant's audit chain.
    pub fn audit_page(&self, tenant: &TenantId, query: &AuditQuery) -> Vec<StoredAudit> {
        let Some(chain) = self.audits.get(tenant) else { return Vec::new() };
        let records = chain.iter().filter(|stored| stored.seq > query.after_seq);
        records
            .filter(|stored| {
                query.resource.as_ref().is_none_or(|resource| *resource == stored.record.resource)
            })
            .take(query.limit.min(PAGE_ITEMS_MAX))
            .cloned()
            .collect()
    }
}

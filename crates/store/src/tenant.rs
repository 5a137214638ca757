//! A store as one tenant sees it: what use cases are given, so that they cannot name another tenant.

use crate::error::Error;
use crate::filter::Filter;
use crate::query::{
    AuditQuery, DefinitionPage, DefinitionQuery, FunctionPage, FunctionQuery, KeyHolders, Page, Query,
};
use crate::records::{
    Act, AuditRecord, DefinitionHead, DefinitionName, DefinitionRecord, ExecutionRow, FunctionRecord,
    HistoryBlob, IdempotencyRecord, PutOutcome, Sealed, SecretHead, SecretRecord, StoredAudit,
    SubscribedFilter,
};
use crate::traits::{BoxFuture, Result, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_types::{DefinitionId, Digest, ExecutionId, FunctionId, Status, TenantId, Timestamp};

/// One tenant's part of a store. Who holds it can see that tenant only.
#[derive(Clone, Debug)]
pub struct TenantStore {
    store: Arc<dyn Store>,
    tenant: TenantId,
}

impl TenantStore {
    /// The part of `store` that belongs to `tenant`, which must come from a verified credential.
    pub fn new(store: Arc<dyn Store>, tenant: TenantId) -> Self {
        Self { store, tenant }
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// [`Store::row`]
    pub fn row(&self, id: ExecutionId) -> BoxFuture<'_, Result<Option<Arc<ExecutionRow>>>> {
        self.store.row(&self.tenant, id)
    }

    /// [`Store::history`]
    pub fn history(
        &self,
        id: ExecutionId,
        after_seq: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Option<Vec<HistoryBlob>>>> {
        self.store.history(&self.tenant, id, after_seq, limit)
    }

    /// [`Store::list`]
    pub fn list<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Page>> {
        self.store.list(&self.tenant, query)
    }

    /// [`Store::count`]
    pub fn count<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<BTreeMap<Status, u64>>> {
        self.store.count(&self.tenant, filter)
    }

    /// [`Store::find_by_key`]
    pub fn find_by_key<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<KeyHolders>> {
        self.store.find_by_key(&self.tenant, namespace, name, key)
    }

    /// [`Store::subscribed_filters`]
    pub fn subscribed_filters<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a SubscribedFilter>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SubscribedFilter>>> {
        self.store.subscribed_filters(&self.tenant, kind, after, limit)
    }

    /// [`Store::subscribers`]
    pub fn subscribers<'a>(
        &'a self,
        filter: &'a SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ExecutionId>>> {
        self.store.subscribers(&self.tenant, filter, correlation, after, limit)
    }

    /// [`Store::delete_ended_before`]
    pub fn delete_ended_before(
        &self,
        before: Timestamp,
        limit: usize,
        act: Act,
    ) -> BoxFuture<'_, Result<u64>> {
        match self.check_act(&act) {
            Ok(()) => self.store.delete_ended_before(&self.tenant, before, limit, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::delete_ended`]
    pub fn delete_ended(&self, ids: Vec<ExecutionId>, act: Act) -> BoxFuture<'_, Result<u64>> {
        match self.check_act(&act) {
            Ok(()) => self.store.delete_ended(&self.tenant, ids, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::put_definition`]; a record of another tenant is refused.
    pub fn put_definition(&self, record: DefinitionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        match self.check(&record.head.tenant).and_then(|()| self.check_act(&act)) {
            Ok(()) => self.store.put_definition(record, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::definition`]
    pub fn definition<'a>(&'a self, id: &'a DefinitionId) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        self.store.definition(&self.tenant, id)
    }

    /// [`Store::latest_definition`]
    pub fn latest_definition<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        self.store.latest_definition(&self.tenant, namespace, name)
    }

    /// [`Store::definition_by_digest`]
    pub fn definition_by_digest(&self, digest: Digest) -> BoxFuture<'_, Result<Option<DefinitionRecord>>> {
        self.store.definition_by_digest(&self.tenant, digest)
    }

    /// [`Store::definitions`]
    pub fn definitions<'a>(&'a self, query: &'a DefinitionQuery) -> BoxFuture<'a, Result<DefinitionPage>> {
        self.store.definitions(&self.tenant, query)
    }

    /// [`Store::started_by`]
    pub fn started_by<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a DefinitionName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DefinitionName>>> {
        self.store.started_by(&self.tenant, kind, after, limit)
    }

    /// [`Store::set_definition_enabled`]
    pub fn set_definition_enabled<'a>(
        &'a self,
        id: &'a DefinitionId,
        enabled: bool,
        act: Act,
    ) -> BoxFuture<'a, Result<Option<DefinitionHead>>> {
        match self.check_act(&act) {
            Ok(()) => self.store.set_definition_enabled(&self.tenant, id, enabled, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::delete_definition`]
    pub fn delete_definition<'a>(&'a self, id: &'a DefinitionId, act: Act) -> BoxFuture<'a, Result<bool>> {
        match self.check_act(&act) {
            Ok(()) => self.store.delete_definition(&self.tenant, id, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::put_function`]; a record of another tenant is refused.
    pub fn put_function(&self, record: FunctionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        match self.check(&record.head.tenant).and_then(|()| self.check_act(&act)) {
            Ok(()) => self.store.put_function(record, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::function`]
    pub fn function<'a>(&'a self, id: &'a FunctionId) -> BoxFuture<'a, Result<Option<FunctionRecord>>> {
        self.store.function(&self.tenant, id)
    }

    /// [`Store::functions`]
    pub fn functions<'a>(&'a self, query: &'a FunctionQuery) -> BoxFuture<'a, Result<FunctionPage>> {
        self.store.functions(&self.tenant, query)
    }

    /// [`Store::delete_function`]
    pub fn delete_function<'a>(&'a self, id: &'a FunctionId, act: Act) -> BoxFuture<'a, Result<bool>> {
        match self.check_act(&act) {
            Ok(()) => self.store.delete_function(&self.tenant, id, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::put_secret`]
    pub fn put_secret<'a>(
        &'a self,
        name: &'a str,
        value: Sealed,
        at: Timestamp,
        act: Act,
    ) -> BoxFuture<'a, Result<SecretHead>> {
        match self.check_act(&act) {
            Ok(()) => self.store.put_secret(&self.tenant, name, value, at, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::secret`]
    pub fn secret<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<SecretRecord>>> {
        self.store.secret(&self.tenant, name)
    }

    /// [`Store::secrets`]
    pub fn secrets<'a>(
        &'a self,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SecretHead>>> {
        self.store.secrets(&self.tenant, after, limit)
    }

    /// [`Store::delete_secret`]
    pub fn delete_secret<'a>(&'a self, name: &'a str, act: Act) -> BoxFuture<'a, Result<bool>> {
        match self.check_act(&act) {
            Ok(()) => self.store.delete_secret(&self.tenant, name, act),
            Err(error) => refused(error),
        }
    }

    /// [`Store::idempotency`]
    pub fn idempotency<'a>(
        &'a self,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<IdempotencyRecord>>> {
        self.store.idempotency(&self.tenant, key, now)
    }

    /// [`Store::write_audit`]; records of another tenant are refused.
    pub fn write_audit(&self, records: Vec<AuditRecord>) -> BoxFuture<'_, Result<()>> {
        match records.iter().try_for_each(|record| self.check(&record.tenant)) {
            Ok(()) => self.store.write_audit(records),
            Err(error) => refused(error),
        }
    }

    /// [`Store::audit_page`]
    pub fn audit_page<'a>(&'a self, query: &'a AuditQuery) -> BoxFuture<'a, Result<Vec<StoredAudit>>> {
        self.store.audit_page(&self.tenant, query)
    }

    fn check(&self, tenant: &TenantId) -> Result<()> {
        if *tenant == self.tenant {
            return Ok(());
        }
        Err(Error::Permanent("the record belongs to another tenant".into()))
    }

    fn check_act(&self, act: &Act) -> Result<()> {
        act.audits.iter().try_for_each(|record| self.check(&record.tenant))?;
        act.idempotency.iter().try_for_each(|record| self.check(&record.tenant))
    }
}

fn refused<'a, T: Send + 'a>(error: Error) -> BoxFuture<'a, Result<T>> {
    Box::pin(std::future::ready(Err(error)))
}

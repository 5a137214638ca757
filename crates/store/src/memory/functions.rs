//! Functions of tenants' catalogs.

use super::Core;
use crate::error::Error;
use crate::query::{FunctionPage, FunctionQuery};
use crate::records::{Act, FunctionHead, FunctionRecord, PutOutcome};
use crate::traits::Result;
use crate::version;
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{FunctionId, TenantId};

impl Core {
    /// Puts a function into a catalog.
    pub fn put_function(&mut self, record: FunctionRecord, act: Act) -> Result<PutOutcome> {
        self.check_act(&act)?;
        let key = (record.head.tenant.clone(), record.head.id.clone());
        let outcome = match self.functions.get_mut(&key) {
            None => {
                self.functions.insert(key, record);
                PutOutcome::Created
            }
            Some(stored) if stored.head.digest != record.head.digest => {
                return Err(Error::Taken(format!("function `{}`", record.head.id)));
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

    /// A function that is not deleted.
    pub fn function(&self, tenant: &TenantId, id: &FunctionId) -> Option<&FunctionRecord> {
        self.functions.get(&(tenant.clone(), id.clone())).filter(|record| !record.head.deleted)
    }

    /// A page of a tenant's functions.
    pub fn functions(&self, tenant: &TenantId, query: &FunctionQuery) -> FunctionPage {
        let mut items: Vec<FunctionHead> = self
            .functions
            .values()
            .map(|record| &record.head)
            .filter(|head| head.tenant == *tenant && !head.deleted)
            .filter(|head| query.name.as_ref().is_none_or(|name| *name == head.id.name))
            .filter(|head| {
                query.after.as_ref().is_none_or(|after| version::compare_functions(after, &head.id).is_lt())
            })
            .cloned()
            .collect();
        items.sort_by(|a, b| version::compare_functions(&a.id, &b.id));
        let page_size = query.page_size.min(PAGE_ITEMS_MAX);
        let more = items.len() > page_size;
        items.truncate(page_size);
        let next = items.last().filter(|_| more).map(|head| head.id.clone());
        FunctionPage { items, next }
    }

    /// Hides a function.
    pub fn delete_function(&mut self, tenant: &TenantId, id: &FunctionId, act: Act) -> Result<bool> {
        self.check_act(&act)?;
        let record = self.functions.get_mut(&(tenant.clone(), id.clone()));
        let Some(record) = record.filter(|record| !record.head.deleted) else { return Ok(false) };
        record.head.deleted = true;
        self.write_act(act);
        Ok(true)
    }
}

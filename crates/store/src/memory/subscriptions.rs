//! What executions wait for.

use super::Core;
use crate::records::{SubscribedFilter, SubscriptionWrite};
use std::collections::BTreeSet;
use std::ops::Bound;
use tenure_types::{ExecutionId, TenantId};

impl Core {
    pub(super) fn write_subscriptions(&mut self, write: SubscriptionWrite) {
        let stored = self.executions.get_mut(&write.execution).expect("checked before anything was written");
        stored.subscriptions = (!write.subscriptions.is_empty()).then_some(write);
    }

    /// The filters that let events of type `kind` through and that executions of the tenant wait at, in order.
    pub fn subscribed_filters(
        &self,
        tenant: &TenantId,
        kind: &str,
        after: Option<&SubscribedFilter>,
        limit: usize,
    ) -> Vec<SubscribedFilter> {
        let writes = self.executions.values().filter_map(|stored| stored.subscriptions.as_ref());
        let filters: BTreeSet<SubscribedFilter> = writes
            .filter(|write| write.tenant == *tenant)
            .flat_map(|write| write.subscriptions.iter().map(|own| write.filter(own)))
            .filter(|filter| filter.kind.as_deref().is_none_or(|wanted| wanted == kind))
            .collect();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        filters.range((start, Bound::Unbounded)).take(limit).cloned().collect()
    }

    /// The executions of the tenant that wait at a filter under these correlation values, by id.
    pub fn subscribers(
        &self,
        tenant: &TenantId,
        filter: &SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Vec<ExecutionId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let writes = self.executions.range((start, Bound::Unbounded));
        let writes = writes.filter_map(|(_, stored)| stored.subscriptions.as_ref());
        writes
            .filter(|write| write.tenant == *tenant && write.wants(filter, correlation))
            .map(|write| write.execution)
            .take(limit)
            .collect()
    }
}

//! Who waits at which filter, for the part of the store that is in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use tenure_store::{SubscribedFilter, SubscriptionWrite};
use tenure_types::{Digest, ExecutionId, TenantId};

/// Under which correlation values an execution waits, and which it is.
type Waiting = (Option<[u8; 16]>, ExecutionId);

/// Executions by the filters that they wait at.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(BTreeMap<TenantId, BTreeMap<SubscribedFilter, BTreeSet<Waiting>>>);

impl Subscribers {
    /// Adds everything that an execution waits for.
    pub(crate) fn add(&mut self, write: &SubscriptionWrite) {
        if write.subscriptions.is_empty() {
            return;
        }
        let filters = self.0.entry(write.tenant.clone()).or_default();
        for own in &write.subscriptions {
            filters.entry(write.filter(own)).or_default().insert((own.correlation, write.execution));
        }
    }

    /// Removes everything that an execution waited for.
    pub(crate) fn remove(&mut self, write: &SubscriptionWrite) {
        let Some(filters) = self.0.get_mut(&write.tenant) else { return };
        for own in &write.subscriptions {
            let filter = write.filter(own);
            let Some(waiting) = filters.get_mut(&filter) else { continue };
            waiting.remove(&(own.correlation, write.execution));
            if waiting.is_empty() {
                filters.remove(&filter);
            }
        }
        if filters.is_empty() {
            self.0.remove(&write.tenant);
        }
    }

    /// The filters of one type, in order.
    pub(crate) fn filters(
        &self,
        tenant: &TenantId,
        kind: Option<&str>,
        after: Option<&SubscribedFilter>,
        limit: usize,
    ) -> Vec<SubscribedFilter> {
        let Some(filters) = self.0.get(tenant) else { return vec![] };
        let first = SubscribedFilter {
            kind: kind.map(Into::into),
            digest: Digest([0; 32]),
            task: Arc::default(),
            filter: 0,
        };
        let start = match after {
            Some(after) if *after >= first => Bound::Excluded(after),
            Some(_) | None => Bound::Included(&first),
        };
        let filters = filters.range((start, Bound::Unbounded)).map(|(filter, _)| filter);
        filters.take_while(|filter| filter.kind.as_deref() == kind).take(limit).cloned().collect()
    }

    /// The executions that wait at a filter, by id.
    pub(crate) fn page(
        &self,
        tenant: &TenantId,
        filter: &SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Vec<ExecutionId> {
        let Some(waiting) = self.0.get(tenant).and_then(|filters| filters.get(filter)) else { return vec![] };
        let start = match after {
            Some(after) => Bound::Excluded((correlation, after)),
            None => Bound::Included((correlation, ExecutionId(0))),
        };
        let waiting = waiting.range((start, Bound::Unbounded));
        waiting.take_while(|(own, _)| *own == correlation).take(limit).map(|(_, id)| *id).collect()
    }
}

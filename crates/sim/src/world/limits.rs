//! Limits of definitions: words between executions and the shard that looks after a limit, and what the store says of them.

use super::event::Event;
use super::{World, tenant};
use crate::mutant::Mutant;
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_engine::execution;
use tenure_engine::shard::{Input, LimitChange, LimitKey, Limited, Waiting};
use tenure_store::limit::{self, Waits};
use tenure_store::{ExecutionRow, Filter, Order, Query};

impl World {
    pub(super) fn limited(&mut self, limited: Limited) {
        let Limited { limit, waiting, change } = &limited;
        match (self.mutant, change) {
            (Some(Mutant::LimitIgnored), LimitChange::Waits) => {
                return self.deliver(waiting.id, execution::Input::Admitted { granted: true });
            }
            (Some(Mutant::PlaceKept), LimitChange::Ends) => return,
            _ => {}
        }
        let shard = self.shard_of_limit(limit);
        self.handle_at(shard, Input::Limited(limited));
    }

    /// Each limit of this world is looked after by the shard that its key would be on.
    pub(super) fn shard_of_limit(&self, limit: &LimitKey) -> usize {
        self.shard_of_key(&limit.key)
    }

    pub(super) fn read_limit(&mut self, life: u64, limit: LimitKey) {
        let LimitKey { tenant, namespace, name, key } = &limit;
        let filter = Filter::everything().limited(namespace, name, key);
        let query = Query { filter, order: Order::OldestFirst, page_size: usize::MAX, cursor: None };
        let rows = self.disk.core.list(tenant, &query).rows;
        let found = if self.fault(self.faults.read_fails) { Err(()) } else { Ok(rows) };
        let ms = self.rng.range(0, 3);
        self.after(ms, Event::LimitFound { life, limit, found });
    }

    pub(super) fn limit_found(
        &mut self,
        life: u64,
        limit: LimitKey,
        found: Result<Vec<Arc<ExecutionRow>>, ()>,
    ) {
        if self.stale(life) {
            return;
        }
        let Ok(rows) = found else { return self.start_over() };
        let waits = |row: &ExecutionRow| {
            let Waits { since, max, faults } = limit::waits(row)?;
            Some(Waiting { since, id: row.id, max, faults })
        };
        let waiting = rows.iter().filter_map(|row| waits(row)).collect();
        let mut running: Vec<_> = rows.iter().filter(|row| waits(row).is_none()).map(|row| row.id).collect();
        if self.planted(Mutant::RunnersForgotten) {
            running = vec![];
        }
        let shard = self.shard_of_limit(&limit);
        self.handle_at(shard, Input::LimitFound { limit, running, waiting });
        self.drain();
    }

    pub(super) fn attend_limits(&mut self, life: u64) {
        if self.planted(Mutant::LimitForgotten) {
            return;
        }
        let filter = Filter::everything().waits_for_a_place();
        let query = Query { filter, order: Order::OldestFirst, page_size: usize::MAX, cursor: None };
        for tenant in (0..self.faults.tenants).map(tenant) {
            let rows = self.disk.core.list(&tenant, &query).rows;
            let limits: BTreeSet<LimitKey> = rows.iter().filter_map(|row| limit_of(row)).collect();
            for limit in limits {
                let ms = self.rng.range(1, 10);
                self.after(ms, Event::AttendLimit { life, limit });
            }
        }
    }

    pub(super) fn attend_limit(&mut self, life: u64, limit: LimitKey) {
        if !self.stale(life) && !self.node.shards.is_empty() {
            let shard = self.shard_of_limit(&limit);
            self.handle_at(shard, Input::AttendLimit { limit });
            self.drain();
        }
    }
}

fn limit_of(row: &ExecutionRow) -> Option<LimitKey> {
    let (tenant, definition) = (row.tenant.clone(), &row.definition);
    let (namespace, name) = (definition.namespace.clone(), definition.name.clone());
    Some(LimitKey { tenant, namespace, name, key: limit::key(row)? })
}

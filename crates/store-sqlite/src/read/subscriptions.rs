//! Who waits for an event: seeks in one index, never a walk over those who wait.

use super::View;
use crate::error::from_sql;
use crate::overlay::Waits;
use crate::row::{self, id_bytes};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;
use tenure_store::{Error, SubscribedFilter};
use tenure_types::{Digest, ExecutionId, TenantId};

/// The first filter from a place on. The place is compared with "at least": for "beyond", the driver would seek to
/// the place itself and walk over everyone who waits there.
const NEXT_FILTER: &str = "SELECT digest, task, filter FROM subscriptions \
    WHERE tenant = ?1 AND kind = ?2 AND (digest, task, filter) >= (?3, ?4, ?5) \
    ORDER BY digest, task, filter LIMIT 1";

/// The column of a type; an event's type is never empty.
pub(crate) fn kind_column(kind: Option<&str>) -> &str {
    kind.unwrap_or_default()
}

/// The column of correlation values.
pub(crate) fn correlation_column(correlation: Option<&[u8; 16]>) -> &[u8] {
    correlation.map_or(&[], |hash| hash)
}

impl View<'_> {
    /// The filters that let a type through and that somebody waits at, those for any type first.
    pub(crate) fn subscribed_filters(
        &self,
        tenant: &TenantId,
        kind: &str,
        after: Option<&SubscribedFilter>,
        limit: usize,
    ) -> Result<Vec<SubscribedFilter>, Error> {
        let mut found = BTreeSet::new();
        for kind in [None, Some(kind)] {
            for generation in self.generations.each() {
                found.extend(generation.subscribed_filters(tenant, kind, after, limit));
            }
            self.table_filters(tenant, kind, after, limit, &mut found)?;
        }
        Ok(found.into_iter().take(limit).collect())
    }

    /// One seek for each filter, past all who wait at it.
    fn table_filters(
        &self,
        tenant: &TenantId,
        kind: Option<&str>,
        after: Option<&SubscribedFilter>,
        limit: usize,
        found: &mut BTreeSet<SubscribedFilter>,
    ) -> Result<(), Error> {
        if after.is_some_and(|after| after.kind.as_deref() > kind) {
            return Ok(());
        }
        let mut next = self.db.prepare_cached(NEXT_FILTER).map_err(from_sql)?;
        let mut last = after.filter(|after| after.kind.as_deref() == kind).cloned();
        for _ in 0..limit {
            // A digest has 32 bytes; the empty blob sorts before all.
            let from = match &last {
                Some(last) => (&last.digest.0[..], &*last.task, i64::from(last.filter) + 1),
                None => (&[][..], "", 0),
            };
            let values = params![tenant.as_str(), kind_column(kind), from.0, from.1, from.2];
            let row = next.query_row(values, |row| {
                let (digest, task): ([u8; 32], String) = (row.get(0)?, row.get(1)?);
                let kind = kind.map(Into::into);
                Ok(SubscribedFilter { kind, digest: Digest(digest), task: task.into(), filter: row.get(2)? })
            });
            let Some(filter) = row.optional().map_err(from_sql)? else { break };
            found.insert(filter.clone());
            last = Some(filter);
        }
        Ok(())
    }

    /// The executions that wait at a filter, by id.
    pub(crate) fn subscribers(
        &self,
        tenant: &TenantId,
        filter: &SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, Error> {
        let mut found: BTreeSet<ExecutionId> = self
            .generations
            .active
            .subscribers(tenant, filter, correlation, after, limit)
            .into_iter()
            .collect();
        // Of what is older, only what nothing newer contradicts.
        let still = |said: Waits| match said {
            Waits::Unsaid => true,
            Waits::For(write) => write.tenant == *tenant && write.wants(filter, correlation),
            Waits::Gone => false,
        };
        if let Some(frozen) = &self.generations.frozen {
            let (mut after, mut taken) = (after, 0);
            while taken < limit {
                let page = frozen.subscribers(tenant, filter, correlation, after, limit);
                let Some(last) = page.last() else { break };
                after = Some(*last);
                let newest = |id: &ExecutionId| still(self.generations.active.waits(*id));
                let before = found.len();
                found.extend(page.into_iter().filter(newest));
                taken += found.len() - before;
            }
        }
        self.table_subscribers(tenant, filter, correlation, after, limit, |id| {
            still(self.generations.waits(id)) && found.insert(id)
        })?;
        Ok(found.into_iter().take(limit).collect())
    }

    fn table_subscribers(
        &self,
        tenant: &TenantId,
        filter: &SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
        mut take: impl FnMut(ExecutionId) -> bool,
    ) -> Result<(), Error> {
        let sql = "SELECT execution FROM subscriptions WHERE tenant = ? AND kind = ? AND digest = ? AND task = ? \
                   AND filter = ? AND correlation = ? AND execution > ? ORDER BY execution";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let after = after.map_or_else(Vec::new, |id| id_bytes(id).to_vec());
        let SubscribedFilter { kind, digest, task, filter } = filter;
        let (kind, correlation) = (kind_column(kind.as_deref()), correlation_column(correlation.as_ref()));
        let values = params![tenant.as_str(), kind, digest.0, task, filter, correlation, after];
        let mut rows = statement.query(values).map_err(from_sql)?;
        let mut taken = 0;
        while taken < limit {
            let Some(stored) = rows.next().map_err(from_sql)? else { break };
            taken += usize::from(take(row::id(stored.get(0).map_err(from_sql)?)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    /// Looking for filters costs the same whoever waits at them.
    #[test]
    fn a_filter_is_passed_over_with_one_seek() {
        let dir = tempfile::tempdir().unwrap();
        let db = crate::schema::open_writer(&dir.path().join("tenure.db"), 1).unwrap();
        let mut insert =
            db.prepare("INSERT INTO subscriptions VALUES ('acme','paid',?,'/do/0',?,?,?)").unwrap();
        let digest = [7_u8; 32];
        for n in 0..5_000_i64 {
            insert.execute(params![digest, n % 2, n.to_be_bytes(), n.to_be_bytes()]).unwrap();
        }
        let mut next = db.prepare(NEXT_FILTER).unwrap();
        for (filter, found) in [(0, Some(0)), (1, Some(1)), (2, None)] {
            next.reset_status(StatementStatus::VmStep);
            let values = params!["acme", "paid", digest, "/do/0", filter];
            let answer: Option<i64> = next.query_row(values, |row| row.get(2)).optional().unwrap();
            assert_eq!(answer, found);
            let steps = next.get_status(StatementStatus::VmStep);
            assert!(steps < 200, "{steps} steps for filter {filter}");
        }
    }
}

//! Lists and counts: the tables' answer is streamed in order, what the overlay knows better is replaced, what it knows
//! alone is merged in.

use super::View;
use super::sql::{Sql, driver};
use crate::error::from_sql;
use crate::overlay::Said;
use crate::row::{self, COLUMNS, id_bytes, ms};
use rusqlite::params_from_iter;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use tenure_store::filter::{Condition, Filter};
use tenure_store::{Cursor, Error, ExecutionRow, Order, Page, Query};
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{ExecutionId, Status, TenantId};

impl View<'_> {
    /// A page of a tenant's executions.
    pub(crate) fn list(&self, tenant: &TenantId, query: &Query) -> Result<Page, Error> {
        let page_size = query.page_size.min(PAGE_ITEMS_MAX);
        // One more than the page shows whether there is a next one.
        let wanted = page_size + 1;
        let mut found =
            Found { rows: self.overlay_rows(tenant, query), order: query.order, ids: HashSet::new() };
        found.ids.extend(found.rows.iter().map(|row| row.id));
        found.keep_first(wanted);
        for filter in by_status(&query.filter) {
            self.table_rows(tenant, &filter, query, wanted, &mut found)?;
        }
        found.keep_first(wanted);
        let mut rows = found.rows;
        let more = rows.len() > page_size;
        rows.truncate(page_size);
        let next = rows.last().filter(|_| more).map(|row| Cursor::of(row));
        Ok(Page { rows, next })
    }

    fn overlay_rows(&self, tenant: &TenantId, query: &Query) -> Vec<Arc<ExecutionRow>> {
        self.generations
            .rows(|row| row.tenant == *tenant && query.includes(Cursor::of(row)) && query.filter.matches(row))
    }

    /// Adds the first `wanted` rows of the tables, each in its newest state.
    fn table_rows(
        &self,
        tenant: &TenantId,
        filter: &Filter,
        query: &Query,
        wanted: usize,
        found: &mut Found,
    ) -> Result<(), Error> {
        let sql = statement(tenant, filter, query);
        let mut statement = self.db.prepare_cached(&sql.text).map_err(from_sql)?;
        let mut rows = statement.query(params_from_iter(&sql.values)).map_err(from_sql)?;
        let shown = |row: &ExecutionRow| {
            row.tenant == *tenant && query.includes(Cursor::of(row)) && query.filter.matches(row)
        };
        let mut taken = 0;
        while taken < wanted {
            let Some(stored) = rows.next().map_err(from_sql)? else { break };
            let id = row::id(stored.get(0).map_err(from_sql)?);
            match self.generations.row(id) {
                Said::Nothing => {
                    found.push(Arc::new(row::decode(stored)?));
                    taken += 1;
                }
                Said::Row(newer) if shown(&newer) => {
                    // An id that lives again may stand elsewhere in the order.
                    let moved = ms(newer.started_at) != stored.get(9).map_err(from_sql)?;
                    taken += usize::from(!moved);
                    found.push(newer);
                }
                Said::Row(_) | Said::Deleted => {}
            }
        }
        Ok(())
    }

    /// How many of a tenant's executions match, by status, looking at each.
    pub(crate) fn count(&self, tenant: &TenantId, filter: &Filter) -> Result<BTreeMap<Status, u64>, Error> {
        let mut counts = BTreeMap::new();
        let mut counted = HashSet::new();
        let shown = |row: &ExecutionRow| row.tenant == *tenant && filter.matches(row);
        for row in self.generations.rows(shown) {
            counted.insert(row.id);
            *counts.entry(row.status).or_default() += 1;
        }
        let sql = Sql::select("e.id, e.status", tenant, &filter.all);
        let mut statement = self.db.prepare_cached(&sql.text).map_err(from_sql)?;
        let mut rows = statement.query(params_from_iter(&sql.values)).map_err(from_sql)?;
        while let Some(stored) = rows.next().map_err(from_sql)? {
            let id = row::id(stored.get(0).map_err(from_sql)?);
            let status = match self.generations.row(id) {
                Said::Nothing => row::status(stored.get(1).map_err(from_sql)?)?,
                Said::Row(newer) if shown(&newer) && !counted.contains(&id) => newer.status,
                Said::Row(_) | Said::Deleted => continue,
            };
            *counts.entry(status).or_default() += 1;
        }
        Ok(counts)
    }
}

/// Rows found so far, each once.
struct Found {
    rows: Vec<Arc<ExecutionRow>>,
    order: Order,
    ids: HashSet<ExecutionId>,
}

impl Found {
    fn push(&mut self, row: Arc<ExecutionRow>) {
        if self.ids.insert(row.id) {
            self.rows.push(row);
        }
    }

    fn keep_first(&mut self, wanted: usize) {
        self.rows.sort_unstable_by(|a, b| self.order.compare(&Cursor::of(a), &Cursor::of(b)));
        self.rows.truncate(wanted);
    }
}

/// A filter for each status that it allows, when it allows several but not all: each has its own ordered index scan.
fn by_status(filter: &Filter) -> Vec<Filter> {
    let several = filter.all.iter().position(|condition| match condition {
        Condition::Status(statuses) => statuses.len() > 1,
        _ => false,
    });
    let Some(Condition::Status(statuses)) = several.map(|at| &filter.all[at]) else {
        return vec![filter.clone()];
    };
    let all: BTreeSet<Status> = Status::ALL.iter().copied().collect();
    let mut rest = filter.clone();
    rest.all.remove(several.expect("it was found"));
    if *statuses == all {
        return vec![rest];
    }
    statuses.iter().map(|status| rest.clone().status([*status])).collect()
}

fn statement(tenant: &TenantId, filter: &Filter, query: &Query) -> Sql {
    let mut sql = Sql::select(COLUMNS, tenant, &filter.all);
    let at = if driver(&filter.all).is_some() { "l.started_at" } else { "e.started_at" };
    let (beyond, direction) = match query.order {
        Order::NewestFirst => ("<", "DESC"),
        Order::OldestFirst => (">", "ASC"),
    };
    if let Some(cursor) = query.cursor {
        sql.bind(&format!(" AND {at} {beyond}= ?"), ms(cursor.started_at));
        sql.bind(&format!(" AND ({at} {beyond} ?"), ms(cursor.started_at));
        sql.bind(&format!(" OR e.id {beyond} ?)"), id_bytes(cursor.id).to_vec());
    }
    sql.push(&format!(" ORDER BY {at} {direction}, e.id {direction}"));
    sql
}

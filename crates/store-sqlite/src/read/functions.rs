//! Functions of catalogs. They are small and rarely written, so they live in a table only.

use super::View;
use crate::error::from_sql;
use crate::row::from_ms;
use rusqlite::{OptionalExtension, Row, params};
use tenure_store::version;
use tenure_store::{Error, FunctionHead, FunctionPage, FunctionQuery, FunctionRecord, Sealed};
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{Digest, FunctionId, TenantId};

const HEAD: &str = "name, version, digest, created_at, deleted";

fn head(row: &Row<'_>, tenant: &TenantId) -> rusqlite::Result<FunctionHead> {
    let text = |column: usize| row.get::<_, String>(column);
    Ok(FunctionHead {
        id: FunctionId { name: text(0)?.into(), version: text(1)?.into() },
        tenant: tenant.clone(),
        digest: Digest(row.get(2)?),
        created_at: from_ms(row.get(3)?),
        deleted: row.get(4)?,
    })
}

impl View<'_> {
    /// A function, deleted or not.
    pub(crate) fn any_function(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
    ) -> Result<Option<FunctionRecord>, Error> {
        let sql = format!("SELECT {HEAD}, text FROM functions WHERE tenant = ? AND name = ? AND version = ?");
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        let record =
            |row: &Row<'_>| Ok(FunctionRecord { head: head(row, tenant)?, text: Sealed(row.get(5)?) });
        let key = params![tenant.as_str(), id.name, id.version];
        statement.query_row(key, record).optional().map_err(from_sql)
    }

    /// A function that is not deleted.
    pub(crate) fn function(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
    ) -> Result<Option<FunctionRecord>, Error> {
        Ok(self.any_function(tenant, id)?.filter(|record| !record.head.deleted))
    }

    /// A page of a tenant's functions.
    pub(crate) fn functions(&self, tenant: &TenantId, query: &FunctionQuery) -> Result<FunctionPage, Error> {
        // From the cursor's name on; within that name, versions have an order that SQL does not know.
        let sql = format!(
            "SELECT {HEAD} FROM functions WHERE tenant = ?1 AND NOT deleted \
             AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR name >= ?3) ORDER BY name"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        let after = query.after.as_ref();
        let parameters = params![tenant.as_str(), query.name, after.map(|id| &id.name)];
        let page_size = query.page_size.min(PAGE_ITEMS_MAX);
        let mut rows = statement.query(parameters).map_err(from_sql)?;
        let mut items: Vec<FunctionHead> = Vec::new();
        while let Some(row) = rows.next().map_err(from_sql)? {
            let head = head(row, tenant).map_err(from_sql)?;
            let same_name = items.last().is_some_and(|last| last.id.name == head.id.name);
            if items.len() > page_size && !same_name {
                break;
            }
            if after.is_none_or(|after| version::compare_functions(after, &head.id).is_lt()) {
                items.push(head);
            }
        }
        items.sort_by(|a, b| version::compare_functions(&a.id, &b.id));
        let more = items.len() > page_size;
        items.truncate(page_size);
        let next = items.last().filter(|_| more).map(|head| head.id.clone());
        Ok(FunctionPage { items, next })
    }
}

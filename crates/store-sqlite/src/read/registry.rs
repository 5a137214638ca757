//! Definitions and tenants. They are small and rarely written, so they live in tables only.

use super::View;
use crate::error::{from_sql, undecodable};
use crate::row::{from_ms, tenant as tenant_id};
use rusqlite::{OptionalExtension, Row, params};
use tenure_store::version;
use tenure_store::{
    DefinitionHead, DefinitionName, DefinitionPage, DefinitionQuery, DefinitionRecord, Error, Sealed,
    TenantRecord,
};
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{DefinitionId, Digest, TenantId};

const HEAD: &str = "namespace, name, version, digest, created_at, enabled, deleted";

fn head(row: &Row<'_>, tenant: &TenantId) -> rusqlite::Result<DefinitionHead> {
    let text = |column: usize| row.get::<_, String>(column);
    Ok(DefinitionHead {
        id: DefinitionId { namespace: text(0)?.into(), name: text(1)?.into(), version: text(2)?.into() },
        tenant: tenant.clone(),
        digest: Digest(row.get(3)?),
        created_at: from_ms(row.get(4)?),
        enabled: row.get(5)?,
        deleted: row.get(6)?,
    })
}

fn record(row: &Row<'_>, tenant: &TenantId) -> rusqlite::Result<(DefinitionRecord, Vec<u8>)> {
    let (text, starts_on) = (Sealed(row.get(7)?), row.get(8)?);
    Ok((DefinitionRecord { head: head(row, tenant)?, text, starts_on: vec![] }, starts_on))
}

fn whole((record, starts_on): (DefinitionRecord, Vec<u8>)) -> Result<DefinitionRecord, Error> {
    let starts_on = postcard::from_bytes(&starts_on).map_err(|error| undecodable("a definition", error))?;
    Ok(DefinitionRecord { starts_on, ..record })
}

impl View<'_> {
    /// A definition, deleted or not.
    pub(crate) fn any_definition(
        &self,
        tenant: &TenantId,
        id: &DefinitionId,
    ) -> Result<Option<DefinitionRecord>, Error> {
        let sql = format!(
            "SELECT {HEAD}, text, starts_on FROM definitions WHERE tenant = ? AND namespace = ? AND name = ? AND version = ?"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        let key = params![tenant.as_str(), id.namespace, id.name, id.version];
        let found = statement.query_row(key, |row| record(row, tenant)).optional().map_err(from_sql)?;
        found.map(whole).transpose()
    }

    /// A definition that is not deleted.
    pub(crate) fn definition(
        &self,
        tenant: &TenantId,
        id: &DefinitionId,
    ) -> Result<Option<DefinitionRecord>, Error> {
        Ok(self.any_definition(tenant, id)?.filter(|record| !record.head.deleted))
    }

    /// A definition by its digest, deleted ones too.
    pub(crate) fn definition_by_digest(
        &self,
        tenant: &TenantId,
        digest: Digest,
    ) -> Result<Option<DefinitionRecord>, Error> {
        let sql = format!(
            "SELECT {HEAD}, text, starts_on FROM definitions WHERE tenant = ? AND digest = ? LIMIT 1"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        let key = params![tenant.as_str(), digest.0];
        let found = statement.query_row(key, |row| record(row, tenant)).optional().map_err(from_sql)?;
        found.map(whole).transpose()
    }

    /// The highest enabled version of a name.
    pub(crate) fn latest_definition(
        &self,
        tenant: &TenantId,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DefinitionRecord>, Error> {
        let sql = "SELECT version FROM definitions WHERE tenant = ? AND namespace = ? AND name = ? \
                   AND enabled AND NOT deleted";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let mut rows = statement.query(params![tenant.as_str(), namespace, name]).map_err(from_sql)?;
        let mut latest: Option<String> = None;
        while let Some(row) = rows.next().map_err(from_sql)? {
            let found: String = row.get(0).map_err(from_sql)?;
            if latest.as_ref().is_none_or(|latest| version::compare_for_latest(latest, &found).is_lt()) {
                latest = Some(found);
            }
        }
        let Some(latest) = latest else { return Ok(None) };
        let id = DefinitionId { namespace: namespace.into(), name: name.into(), version: latest.into() };
        self.definition(tenant, &id)
    }

    /// A page of a tenant's definitions.
    pub(crate) fn definitions(
        &self,
        tenant: &TenantId,
        query: &DefinitionQuery,
    ) -> Result<DefinitionPage, Error> {
        // From the cursor's name on; within that name, versions have an order that SQL does not know.
        let sql = format!(
            "SELECT {HEAD} FROM definitions WHERE tenant = ?1 AND (?6 OR NOT deleted) \
             AND (?2 IS NULL OR namespace = ?2) AND (?3 IS NULL OR name = ?3) \
             AND (?4 IS NULL OR (namespace, name) >= (?4, ?5)) ORDER BY namespace, name"
        );
        let mut statement = self.db.prepare_cached(&sql).map_err(from_sql)?;
        let after = query.after.as_ref();
        let parameters = params![
            tenant.as_str(),
            query.namespace,
            query.name,
            after.map(|id| &id.namespace),
            after.map(|id| &id.name),
            query.deleted
        ];
        let page_size = query.page_size.min(PAGE_ITEMS_MAX);
        let mut rows = statement.query(parameters).map_err(from_sql)?;
        let mut items: Vec<DefinitionHead> = Vec::new();
        while let Some(row) = rows.next().map_err(from_sql)? {
            let head = head(row, tenant).map_err(from_sql)?;
            let same_name = |last: &DefinitionHead| {
                last.id.namespace == head.id.namespace && last.id.name == head.id.name
            };
            if items.len() > page_size && !items.last().is_some_and(same_name) {
                break;
            }
            if after.is_none_or(|after| version::compare_ids(after, &head.id).is_lt()) {
                items.push(head);
            }
        }
        items.sort_by(|a, b| version::compare_ids(&a.id, &b.id));
        let more = items.len() > page_size;
        items.truncate(page_size);
        let next = items.last().filter(|_| more).map(|head| head.id.clone());
        Ok(DefinitionPage { items, next })
    }

    /// The names of the definitions that events of a type start.
    pub(crate) fn started_by(
        &self,
        tenant: &TenantId,
        kind: &str,
        after: Option<&DefinitionName>,
        limit: usize,
    ) -> Result<Vec<DefinitionName>, Error> {
        let sql = "SELECT DISTINCT s.namespace, s.name FROM starts_on s \
                   JOIN definitions d ON d.tenant = s.tenant AND d.namespace = s.namespace AND d.name = s.name \
                   AND d.version = s.version \
                   WHERE s.tenant = ?1 AND s.kind IN ('', ?2) AND NOT d.deleted \
                   AND (?3 IS NULL OR (s.namespace, s.name) > (?3, ?4)) ORDER BY s.namespace, s.name LIMIT ?5";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let (namespace, name) = (after.map(|after| &after.namespace), after.map(|after| &after.name));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let columns = |row: &Row<'_>| {
            let (namespace, name): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(DefinitionName { namespace: namespace.into(), name: name.into() })
        };
        let names = statement.query_map(params![tenant.as_str(), kind, namespace, name, limit], columns);
        names.map_err(from_sql)?.collect::<rusqlite::Result<_>>().map_err(from_sql)
    }

    /// A tenant.
    pub(crate) fn tenant(&self, id: &TenantId) -> Result<Option<TenantRecord>, Error> {
        let mut statement =
            self.db.prepare_cached("SELECT record FROM tenants WHERE id = ?").map_err(from_sql)?;
        let bytes: Option<Vec<u8>> =
            statement.query_row([id.as_str()], |row| row.get(0)).optional().map_err(from_sql)?;
        bytes.map(|bytes| decode_tenant(&bytes)).transpose()
    }

    /// Tenants after an id, by id.
    pub(crate) fn tenants(&self, after: Option<&TenantId>, limit: usize) -> Result<Vec<TenantRecord>, Error> {
        let sql = "SELECT id, record FROM tenants WHERE id > ? ORDER BY id LIMIT ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let after = after.map_or("", TenantId::as_str);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![after, limit]).map_err(from_sql)?;
        let mut tenants = Vec::new();
        while let Some(row) = rows.next().map_err(from_sql)? {
            let text: String = row.get(0).map_err(from_sql)?;
            let bytes: Vec<u8> = row.get(1).map_err(from_sql)?;
            let record = decode_tenant(&bytes)?;
            if record.id != tenant_id(&text)? {
                return Err(Error::Corrupt(format!("tenant `{text}` has the record of `{}`", record.id)));
            }
            tenants.push(record);
        }
        Ok(tenants)
    }
}

fn decode_tenant(bytes: &[u8]) -> Result<TenantRecord, Error> {
    postcard::from_bytes(bytes).map_err(|error| undecodable("a tenant", error))
}

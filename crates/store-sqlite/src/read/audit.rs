//! The audit chains, of which the newest part is in the overlay, and the kept answers.

use super::View;
use crate::error::{from_sql, undecodable};
use crate::row::ms;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;
use tenure_store::audit::Head;
use tenure_store::{AuditQuery, Error, IdempotencyRecord, StoredAudit};
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{TenantId, Timestamp};

fn from_columns(row: &rusqlite::Row<'_>) -> Result<StoredAudit, Error> {
    let record = row.get_ref(2).map_err(from_sql)?.as_blob().map_err(|error| from_sql(error.into()))?;
    let record = postcard::from_bytes(record).map_err(|error| undecodable("an audit record", error))?;
    let seq: i64 = row.get(0).map_err(from_sql)?;
    Ok(StoredAudit { seq: seq.cast_unsigned(), hash: row.get(1).map_err(from_sql)?, record })
}

impl View<'_> {
    /// A piece of a tenant's chain.
    pub(crate) fn audit_page(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
    ) -> Result<Vec<StoredAudit>, Error> {
        let limit = query.limit.min(PAGE_ITEMS_MAX);
        let wanted = |audit: &StoredAudit| {
            query.resource.as_ref().is_none_or(|resource| *resource == audit.record.resource)
        };
        // Taken before the tables are read, see `overlay`; newest generation first.
        let newer: Vec<Vec<Arc<StoredAudit>>> = self
            .generations
            .each()
            .map(|generation| generation.audits(tenant, query.after_seq, limit, wanted))
            .collect();
        let mut page = self.table_audits(tenant, query, limit)?;
        for audit in newer.iter().rev().flatten() {
            let last = page.last().map_or(query.after_seq, |last| last.seq);
            if page.len() < limit && audit.seq > last {
                page.push(StoredAudit::clone(audit));
            }
        }
        Ok(page)
    }

    fn table_audits(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
        limit: usize,
    ) -> Result<Vec<StoredAudit>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after = i64::try_from(query.after_seq).unwrap_or(i64::MAX);
        let mut page = Vec::new();
        let mut take = |rows: rusqlite::Result<rusqlite::Rows<'_>>| -> Result<(), Error> {
            let mut rows = rows.map_err(from_sql)?;
            while let Some(row) = rows.next().map_err(from_sql)? {
                page.push(from_columns(row)?);
            }
            Ok(())
        };
        match &query.resource {
            None => {
                let sql =
                    "SELECT seq, hash, record FROM audit WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?";
                let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
                take(statement.query(params![tenant.as_str(), after, limit]))?;
            }
            Some(resource) => {
                let sql = "SELECT seq, hash, record FROM audit WHERE tenant = ? AND resource_id = ? \
                           AND resource_kind = ? AND seq > ? ORDER BY seq LIMIT ?";
                let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
                take(statement.query(params![tenant.as_str(), resource.id, resource.kind, after, limit]))?;
            }
        }
        Ok(page)
    }

    /// The end of a tenant's chain.
    pub(crate) fn audit_head(&self, tenant: &TenantId) -> Result<Head, Error> {
        for generation in self.generations.each() {
            if let Some(last) = generation.last_audit(tenant) {
                return Ok(Head { seq: last.seq, hash: last.hash });
            }
        }
        let sql = "SELECT seq, hash FROM audit WHERE tenant = ? ORDER BY seq DESC LIMIT 1";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let head = statement
            .query_row([tenant.as_str()], |row| {
                Ok(Head { seq: row.get::<_, i64>(0)?.cast_unsigned(), hash: row.get(1)? })
            })
            .optional()
            .map_err(from_sql)?;
        Ok(head.unwrap_or_default())
    }

    /// The answer kept under a key, unless it has expired.
    pub(crate) fn idempotency(
        &self,
        tenant: &TenantId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, Error> {
        let kept = self.generations.kept(tenant, key).map(|record| IdempotencyRecord::clone(&record));
        let record = match kept {
            Some(record) => Some(record),
            None => kept_in_table(self.db, tenant, key)?,
        };
        Ok(record.filter(|record| record.expires_at > now))
    }

    /// Tenants and keys of answers that have expired, at most `limit`.
    pub(crate) fn expired(&self, now: Timestamp, limit: usize) -> Result<Vec<(TenantId, Arc<str>)>, Error> {
        let mut keys = std::collections::BTreeSet::new();
        for generation in self.generations.each() {
            let records = generation.all_kept(|record| record.expires_at <= now);
            keys.extend(records.iter().map(|record| (record.tenant.clone(), Arc::clone(&record.key))));
        }
        let sql = "SELECT tenant, key FROM idempotency WHERE expires_at <= ? ORDER BY expires_at LIMIT ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let limit_rows = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![ms(now), limit_rows]).map_err(from_sql)?;
        while let Some(row) = rows.next().map_err(from_sql)? {
            let tenant = crate::row::tenant(&row.get::<_, String>(0).map_err(from_sql)?)?;
            let key: Arc<str> = row.get::<_, String>(1).map_err(from_sql)?.into();
            // The overlay may have the key's next record, which counts instead.
            if self.generations.kept(&tenant, &key).is_none_or(|record| record.expires_at <= now) {
                keys.insert((tenant, key));
            }
        }
        Ok(keys.into_iter().take(limit).collect())
    }
}

fn kept_in_table(db: &Connection, tenant: &TenantId, key: &str) -> Result<Option<IdempotencyRecord>, Error> {
    let sql = "SELECT record FROM idempotency WHERE tenant = ? AND key = ?";
    let mut statement = db.prepare_cached(sql).map_err(from_sql)?;
    let bytes: Option<Vec<u8>> =
        statement.query_row([tenant.as_str(), key], |row| row.get(0)).optional().map_err(from_sql)?;
    let decode =
        |bytes: Vec<u8>| postcard::from_bytes(&bytes).map_err(|e| undecodable("an idempotency record", e));
    bytes.map(decode).transpose()
}

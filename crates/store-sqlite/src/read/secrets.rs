//! Secrets. They live in tables only.

use super::View;
use crate::error::{from_sql, undecodable};
use rusqlite::{OptionalExtension, params};
use tenure_store::{Error, SecretHead, SecretRecord};
use tenure_types::TenantId;
use tenure_types::limits::PAGE_ITEMS_MAX;

impl View<'_> {
    /// A secret with its newest value.
    pub(crate) fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRecord>, Error> {
        let sql = "SELECT record FROM secrets WHERE tenant = ? AND name = ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let bytes: Option<Vec<u8>> = statement
            .query_row(params![tenant.as_str(), name], |row| row.get(0))
            .optional()
            .map_err(from_sql)?;
        bytes.map(|bytes| decode(&bytes)).transpose()
    }

    /// A tenant's secrets after a name, by name.
    pub(crate) fn secrets(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SecretHead>, Error> {
        let sql = "SELECT record FROM secrets WHERE tenant = ? AND name > ? ORDER BY name LIMIT ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let limit = i64::try_from(limit.min(PAGE_ITEMS_MAX)).unwrap_or(i64::MAX);
        let mut rows =
            statement.query(params![tenant.as_str(), after.unwrap_or_default(), limit]).map_err(from_sql)?;
        let mut heads = Vec::new();
        while let Some(row) = rows.next().map_err(from_sql)? {
            let bytes: Vec<u8> = row.get(0).map_err(from_sql)?;
            heads.push(decode(&bytes)?.head);
        }
        Ok(heads)
    }

    /// How many secrets a tenant has.
    pub(crate) fn secret_count(&self, tenant: &TenantId) -> Result<usize, Error> {
        let sql = "SELECT count(*) FROM secrets WHERE tenant = ?";
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        let count: i64 = statement.query_row([tenant.as_str()], |row| row.get(0)).map_err(from_sql)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

fn decode(bytes: &[u8]) -> Result<SecretRecord, Error> {
    postcard::from_bytes(bytes).map_err(|error| undecodable("a secret", error))
}

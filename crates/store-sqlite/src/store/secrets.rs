//! Writes of secrets.

use super::Written;
use crate::error::from_sql;
use crate::writer::Tx;
use rusqlite::params;
use std::sync::Arc;
use tenure_store::{Error, Result, Sealed, SecretHead, SecretRecord};
use tenure_types::limits::SECRETS_MAX;
use tenure_types::{TenantId, Timestamp};

/// Writes the next version of a secret. The version before is overwritten.
pub(super) fn put(
    tx: &mut Tx<'_>,
    tenant: &TenantId,
    name: &Arc<str>,
    value: &Sealed,
    at: Timestamp,
) -> Result<Written<SecretHead>> {
    let stored = tx.view().secret(tenant, name)?;
    if stored.is_none() && tx.view().secret_count(tenant)? >= SECRETS_MAX {
        return Err(Error::Taken(format!("the tenant has {SECRETS_MAX} secrets")));
    }
    let record = SecretRecord::next(stored.as_ref(), tenant.clone(), Arc::clone(name), value.clone(), at);
    let bytes = postcard::to_stdvec(&record).expect("a vector takes every byte");
    let sql = "INSERT OR REPLACE INTO secrets VALUES (?, ?, ?)";
    let mut statement = tx.db().prepare_cached(sql).map_err(from_sql)?;
    statement.execute(params![tenant.as_str(), name, bytes]).map_err(from_sql)?;
    Ok(Written::changed(record.head))
}

/// Deletes a secret.
pub(super) fn delete(tx: &mut Tx<'_>, tenant: &TenantId, name: &str) -> Result<Written<bool>> {
    let sql = "DELETE FROM secrets WHERE tenant = ? AND name = ?";
    let mut statement = tx.db().prepare_cached(sql).map_err(from_sql)?;
    let deleted = statement.execute(params![tenant.as_str(), name]).map_err(from_sql)? > 0;
    Ok(if deleted { Written::changed(true) } else { Written::nothing(false) })
}

//! Writes of functions, inside the writer's transaction.

use super::Written;
use crate::error::from_sql;
use crate::row::ms;
use crate::writer::Tx;
use rusqlite::params;
use tenure_store::{Error, FunctionRecord, PutOutcome, Result};
use tenure_types::{FunctionId, TenantId};

/// Puts a function into a catalog.
pub(super) fn put(tx: &mut Tx<'_>, record: &FunctionRecord) -> Result<Written<PutOutcome>> {
    let head = &record.head;
    match tx.view().any_function(&head.tenant, &head.id)? {
        Some(stored) if stored.head.digest != head.digest => {
            return Err(Error::Taken(format!("function `{}`", head.id)));
        }
        Some(stored) if !stored.head.deleted => return Ok(Written::changed(PutOutcome::Same)),
        Some(_) | None => {}
    }
    let sql = "INSERT OR REPLACE INTO functions VALUES (?, ?, ?, ?, ?, ?, ?)";
    let mut statement = tx.db().prepare_cached(sql).map_err(from_sql)?;
    let values = params![
        head.tenant.as_str(),
        head.id.name,
        head.id.version,
        head.digest.0,
        ms(head.created_at),
        head.deleted,
        record.text.as_bytes(),
    ];
    statement.execute(values).map_err(from_sql)?;
    Ok(Written::changed(PutOutcome::Created))
}

/// Hides a function.
pub(super) fn delete(tx: &mut Tx<'_>, tenant: &TenantId, id: &FunctionId) -> Result<Written<bool>> {
    if tx.view().function(tenant, id)?.is_none() {
        return Ok(Written::nothing(false));
    }
    let sql = "UPDATE functions SET deleted = 1 WHERE tenant = ? AND name = ? AND version = ?";
    let mut statement = tx.db().prepare_cached(sql).map_err(from_sql)?;
    statement.execute(params![tenant.as_str(), id.name, id.version]).map_err(from_sql)?;
    Ok(Written::changed(true))
}

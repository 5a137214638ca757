//! Writes of definitions and tenants, inside the writer's transaction.

use super::Written;
use crate::error::from_sql;
use crate::read::subscriptions::kind_column;
use crate::row::ms;
use crate::writer::Tx;
use rusqlite::params;
use tenure_store::{DefinitionHead, DefinitionRecord, Error, PutOutcome, Result, TenantRecord};
use tenure_types::{DefinitionId, TenantId};

/// Registers a definition.
pub(super) fn put_definition(tx: &mut Tx<'_>, record: &DefinitionRecord) -> Result<Written<PutOutcome>> {
    let head = &record.head;
    let stored = tx.view().any_definition(&head.tenant, &head.id)?;
    match stored {
        Some(stored) if stored.head.digest != head.digest => {
            return Err(Error::Taken(format!("version `{}`", head.id)));
        }
        Some(stored) if !stored.head.deleted => return Ok(Written::changed(PutOutcome::Same)),
        Some(_) | None => {}
    }
    let sql = "INSERT OR REPLACE INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut statement = tx.db().prepare_cached(sql).map_err(from_sql)?;
    let values = params![
        head.tenant.as_str(),
        head.id.namespace,
        head.id.name,
        head.id.version,
        head.digest.0,
        ms(head.created_at),
        head.enabled,
        head.deleted,
        record.text.as_bytes(),
        postcard::to_stdvec(&record.starts_on).expect("a vector takes every byte"),
    ];
    statement.execute(values).map_err(from_sql)?;
    for kind in &record.starts_on {
        let sql = "INSERT OR IGNORE INTO starts_on VALUES (?, ?, ?, ?, ?)";
        let mut statement = tx.db().prepare_cached(sql).map_err(from_sql)?;
        let DefinitionId { namespace, name, version } = &head.id;
        let kind = kind_column(kind.as_deref());
        statement.execute(params![head.tenant.as_str(), kind, namespace, name, version]).map_err(from_sql)?;
    }
    Ok(Written::changed(PutOutcome::Created))
}

/// Allows or forbids starts.
pub(super) fn set_enabled(
    tx: &mut Tx<'_>,
    tenant: &TenantId,
    id: &DefinitionId,
    enabled: bool,
) -> Result<Written<Option<DefinitionHead>>> {
    let Some(record) = tx.view().definition(tenant, id)? else { return Ok(Written::nothing(None)) };
    update(tx, "UPDATE definitions SET enabled = ?5", tenant, id, enabled)?;
    Ok(Written::changed(Some(DefinitionHead { enabled, ..record.head })))
}

/// Hides a definition.
pub(super) fn delete_definition(
    tx: &mut Tx<'_>,
    tenant: &TenantId,
    id: &DefinitionId,
) -> Result<Written<bool>> {
    if tx.view().definition(tenant, id)?.is_none() {
        return Ok(Written::nothing(false));
    }
    update(tx, "UPDATE definitions SET deleted = ?5", tenant, id, true)?;
    Ok(Written::changed(true))
}

fn update(tx: &Tx<'_>, set: &str, tenant: &TenantId, id: &DefinitionId, value: bool) -> Result<()> {
    let sql = format!("{set} WHERE tenant = ?1 AND namespace = ?2 AND name = ?3 AND version = ?4");
    let mut statement = tx.db().prepare_cached(&sql).map_err(from_sql)?;
    let values = params![tenant.as_str(), id.namespace, id.name, id.version, value];
    statement.execute(values).map(drop).map_err(from_sql)
}

/// Writes a tenant.
pub(super) fn put_tenant(tx: &mut Tx<'_>, record: &TenantRecord) -> Result<Written<PutOutcome>> {
    let outcome = match tx.view().tenant(&record.id)? {
        None => PutOutcome::Created,
        Some(stored) if stored == *record => PutOutcome::Same,
        Some(_) => PutOutcome::Replaced,
    };
    let bytes = postcard::to_stdvec(record).expect("a vector takes every byte");
    let mut statement =
        tx.db().prepare_cached("INSERT OR REPLACE INTO tenants VALUES (?, ?)").map_err(from_sql)?;
    statement.execute(params![record.id.as_str(), bytes]).map_err(from_sql)?;
    Ok(Written::changed(outcome))
}

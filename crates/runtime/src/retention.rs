//! Deletes executions whose own retention (`metadata.retention`) is over.
//!
//! In pieces, so that nothing else waits for long. Each deletion is in the audit trail, in its own transaction.
//! Deliberately absent: the tenants' policies, and what a retention is (the engine says when an execution expires).

use crate::error::Error;
use crate::node;
use std::sync::Arc;
use tenure_engine::execution::Actor;
use tenure_store::{Act, AuditRecord, Filter, Order, Outcome, Query, Store};
use tenure_types::{TenantId, Timestamp};

/// Executions deleted in one transaction.
const DELETED_AT_ONCE: usize = 100;

/// Deletes what has expired by `now`, of every tenant.
pub(crate) async fn sweep(store: &dyn Store, now: Timestamp) {
    let tenants = match node::tenants(store).await {
        Ok(tenants) => tenants,
        Err(error) => return tracing::warn!(%error, "tenants cannot be listed; what has expired is kept"),
    };
    for tenant in tenants {
        if let Err(error) = sweep_tenant(store, &tenant.id, now).await {
            tracing::warn!(%error, tenant_id = %tenant.id, "expired executions cannot be deleted");
        }
    }
}

async fn sweep_tenant(store: &dyn Store, tenant: &TenantId, now: Timestamp) -> Result<(), Error> {
    let query = Query {
        filter: Filter::everything().expired(now),
        order: Order::OldestFirst,
        page_size: DELETED_AT_ONCE,
        cursor: None,
    };
    loop {
        let page = store.list(tenant, &query).await?;
        if page.rows.is_empty() {
            return Ok(());
        }
        let ids = page.rows.iter().map(|row| row.id).collect();
        let audits: Vec<AuditRecord> = page
            .rows
            .iter()
            .map(|row| {
                let act = node::Act {
                    actor: Actor::engine(),
                    correlation_id: Arc::clone(&row.correlation_id),
                    idempotency: None,
                };
                let id = row.id.to_string();
                act.audit(tenant, "workflow.deleted", ("workflow", &id), Outcome::Allowed, now)
            })
            .collect();
        let deleted = store.delete_ended(tenant, ids, Act { audits, idempotency: None }).await?;
        tracing::info!(tenant_id = %tenant, deleted, "expired executions deleted");
        if deleted == 0 || page.next.is_none() {
            return Ok(());
        }
    }
}

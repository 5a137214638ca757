//! Reading back who runs and who waits under limits of definitions (`metadata.limits`).
//!
//! Deliberately absent: who gets a place, which the shard that looks after a limit decides.

use crate::error::Error;
use crate::lane::Message;
use crate::node;
use crate::recovery::ASK_AGAIN;
use std::collections::BTreeSet;
use tenure_engine::shard::{LimitKey, Waiting};
use tenure_store::{Cursor, ExecutionRow, Filter, Order, Page, Query, Store, limit};
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{ExecutionId, TenantId};
use tokio::sync::mpsc;

/// The open executions under one limit.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Those that have begun.
    pub(crate) running: Vec<ExecutionId>,
    /// Those that wait for a place.
    pub(crate) waiting: Vec<Waiting>,
}

/// Looks for the open executions under a limit.
pub(crate) async fn find(store: &dyn Store, limit: &LimitKey) -> Result<Found, Error> {
    let LimitKey { tenant, namespace, name, key } = limit;
    let filter = Filter::everything().limited(namespace, name, key);
    let mut found = Found::default();
    let mut cursor = None;
    loop {
        let page = page(store, tenant, &filter, cursor).await?;
        for row in &page.rows {
            match limit::waits(row) {
                Some(waits) => found.waiting.push(waiting(row.id, waits)),
                None => found.running.push(row.id),
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

fn waiting(id: ExecutionId, waits: limit::Waits) -> Waiting {
    let limit::Waits { since, max, faults } = waits;
    Waiting { since, id, max, faults }
}

/// Names every limit under which somebody waits: the word that a place is free may have been lost with the process.
pub(crate) async fn attend(store: &dyn Store, messages: &mpsc::WeakSender<Message>) {
    while messages.strong_count() > 0 {
        match waited_for(store).await {
            Ok(limits) => return name(messages, limits).await,
            Err(error) => {
                tracing::error!(%error, "who waits under a limit cannot be listed; asking again");
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
}

/// Whoever reads for the lane does not keep it: it ends with its node.
async fn name(messages: &mpsc::WeakSender<Message>, limits: Vec<LimitKey>) {
    if let Some(messages) = messages.upgrade().filter(|_| !limits.is_empty()) {
        // A lane that is gone attends to nothing.
        let _ = messages.send(Message::AttendLimits { limits }).await;
    }
}

async fn waited_for(store: &dyn Store) -> Result<Vec<LimitKey>, Error> {
    let filter = Filter::everything().waits_for_a_place();
    let mut limits = BTreeSet::new();
    for tenant in node::tenants(store).await? {
        let mut cursor = None;
        loop {
            let page = page(store, &tenant.id, &filter, cursor).await?;
            limits.extend(page.rows.iter().filter_map(|row| limit_of(row)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(limits.into_iter().collect())
}

fn limit_of(row: &ExecutionRow) -> Option<LimitKey> {
    let (tenant, definition) = (row.tenant.clone(), &row.definition);
    let (namespace, name) = (definition.namespace.clone(), definition.name.clone());
    Some(LimitKey { tenant, namespace, name, key: limit::key(row)? })
}

async fn page(
    store: &dyn Store,
    tenant: &TenantId,
    filter: &Filter,
    cursor: Option<Cursor>,
) -> Result<Page, Error> {
    let query =
        Query { filter: filter.clone(), order: Order::OldestFirst, page_size: PAGE_ITEMS_MAX, cursor };
    Ok(store.list(tenant, &query).await?)
}

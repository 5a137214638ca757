//! The audit trail of a tenant.

use super::definitions::page_size;
use super::{App, Error, view};
use crate::auth::Grant;
use crate::http::Query;
use tenure_api::AuditEventList;
use tenure_store::AuditQuery;

/// What a page token of this list is bound to.
const SCOPE: &str = "audit";

/// Lists audit events in the order of their chain.
pub(crate) async fn list(app: &App, grant: &Grant, query: &Query) -> Result<AuditEventList, Error> {
    let after =
        query.text("pageToken").map(|token| app.cursors.open(grant.tenant(), SCOPE, token)).transpose()?;
    let after_seq = after.and_then(|position| position.parse().ok()).unwrap_or(0);
    let limit = page_size(query);
    let page =
        app.handle.audit_page(grant.tenant(), &AuditQuery { after_seq, limit, resource: None }).await?;
    let full = page.len() >= limit;
    let last = page.last().filter(|_| full).map(|(audit, _)| audit.seq.to_string());
    let items = page.iter().map(|(audit, details)| view::audit(audit, details.as_deref())).collect();
    let next = last.map(|position| app.cursors.seal(grant.tenant(), SCOPE, &position));
    Ok(AuditEventList { items, next_page_token: next })
}

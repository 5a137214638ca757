//! Sensitive values: masked for everybody, shown to who may see them and asks to. Each look is in the audit trail.

use super::definitions::act;
use super::denials::Denial;
use super::{App, Error};
use crate::auth::Grant;
use crate::http::Query;
use tenure_api::{Code, Permission};
use tenure_dsl::sensitive::Masks;
use tenure_engine::execution::{Execution, HistoryEvent};
use tenure_store::Outcome;
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{ExecutionId, TenantId};

/// How payloads are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// With masks.
    Masked,
    /// As they are.
    Revealed,
}

/// How this request is shown payloads: as they are only if it asks to and may, which is audited before anything is shown.
pub(crate) async fn sight(app: &App, grant: &Grant, id: &str, query: &Query) -> Result<Sight, Error> {
    if !query.flag("reveal") {
        return Ok(Sight::Masked);
    }
    if !grant.reveals() {
        app.denials.note(app.clock.now(), denial(grant, id));
        let (permission, role) =
            (Permission::WorkflowReveal.as_str(), Permission::WorkflowReveal.role().as_str());
        let detail = format!("`reveal` needs the permission `{permission}`, which the role `{role}` holds");
        return Err(Error::refused(Code::Forbidden, detail));
    }
    // What does not exist is answered as such by whoever shows it; nothing of it is in the audit trail.
    if let Ok(known) = id.parse::<ExecutionId>()
        && app.handle.row(grant.tenant(), known).await?.is_some()
    {
        let resource = ("workflow", id);
        let now = app.clock.now();
        let record =
            act(grant, None).audit(grant.tenant(), "workflow.revealed", resource, Outcome::Allowed, now);
        app.handle.audit(vec![record]).await?;
    }
    Ok(Sight::Revealed)
}

fn denial(grant: &Grant, id: &str) -> Denial {
    let actor = grant.actor().clone();
    Denial {
        tenant: Some(grant.tenant().clone()),
        subject: actor.subject,
        kind: actor.kind,
        roles: actor.roles,
        action: "workflow.reveal",
        resource: "workflow",
        reason: "permission",
        path: format!("/v1/workflows/{id}").chars().take(256).collect(),
        correlation_id: grant.correlation_id().clone(),
    }
}

/// What one reader of one execution is shown masked: the places, and every value that stood in one of them at any time.
///
/// Only where a definition names sensitive places is anything read to know them.
#[derive(Debug)]
pub(crate) struct Veil {
    tenant: TenantId,
    id: ExecutionId,
    masks: Masks,
    /// The last event whose payloads are known.
    learned: u64,
}

impl Veil {
    /// Of an execution of which only the id is at hand.
    pub(crate) async fn of(app: &App, grant: &Grant, id: ExecutionId, sight: Sight) -> Result<Self, Error> {
        let mut veil = Self { tenant: grant.tenant().clone(), id, masks: Masks::default(), learned: 0 };
        if sight == Sight::Masked
            && let Some(row) = app.handle.row(grant.tenant(), id).await?
        {
            let definition = app.handle.pinned_to(grant.tenant(), row.digest).await?;
            veil.masks = definition.program.sensitive.masks([]);
        }
        veil.learn(app).await?;
        Ok(veil)
    }

    /// Of an execution whose state is at hand.
    pub(crate) async fn over(app: &App, execution: &Execution, sight: Sight) -> Result<Self, Error> {
        let (tenant, id) = (execution.tenant().clone(), execution.id());
        let mut veil = Self { tenant, id, masks: Masks::default(), learned: 0 };
        if sight == Sight::Masked {
            let definition = app.handle.pinned(execution).await?;
            let known = [Some(execution.input()), Some(execution.context()), execution.output()];
            veil.masks = definition.program.sensitive.masks(known.into_iter().flatten());
        }
        veil.learn(app).await?;
        Ok(veil)
    }

    /// Takes the sensitive values of what was committed since.
    pub(crate) async fn learn(&mut self, app: &App) -> Result<(), Error> {
        if self.masks.is_empty() {
            return Ok(());
        }
        loop {
            let piece = app.handle.history(&self.tenant, self.id, self.learned, PAGE_ITEMS_MAX).await?;
            let piece = piece.unwrap_or_default();
            for (_, event) in &piece {
                self.take(event);
            }
            match piece.last() {
                Some((seq, _)) => self.learned = *seq,
                None => return Ok(()),
            }
        }
    }

    fn take(&mut self, event: &HistoryEvent) {
        let view = event.view();
        for payload in [view.input.as_ref(), view.output.as_ref(), event.context()].into_iter().flatten() {
            self.masks.learn(payload);
        }
    }

    /// Whose.
    pub(crate) fn id(&self) -> ExecutionId {
        self.id
    }

    /// What is masked, as far as is known.
    pub(crate) fn masks(&self) -> &Masks {
        &self.masks
    }
}

//! Errands between executions: what a lane needs to know before it starts a child, and what the answer to an errand
//! means for whoever sent it.
//!
//! Deliberately absent: when an errand is open (the engine says so), and every decision about parents and children.

use crate::codec::Cipher;
use crate::error::Error;
use crate::registry::Registry;
use std::sync::Arc;
use std::time::Duration;
use tenure_dsl::program::Definition;
use tenure_engine::execution::{ChildRefusal, ChildStart, ErrandId, ErrandKind, Input, Rejected, Summary};
use tenure_engine::shard::{Answer, Mail, NewExecution, OnConflict, ReplyTo};
use tenure_store::Store;
use tenure_types::{DefinitionId, Digest, ExecutionId, TenantId};

/// How long until the store, or a shard that is busy, is asked again about a child.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// A child on its way to its start.
#[derive(Debug)]
pub struct Birth {
    /// Whose.
    pub tenant: TenantId,
    /// The parent.
    pub parent: ExecutionId,
    /// The parent's errand.
    pub errand: ErrandId,
    /// The child.
    pub child: ExecutionId,
    /// What the parent asks for.
    pub start: Box<ChildStart>,
}

/// What is known about a child before its start.
#[derive(Debug)]
pub enum Prepared {
    /// It has started already.
    There(DefinitionId, Digest),
    /// This is what it runs.
    Startable(Arc<Definition>),
    /// It cannot start.
    Refused(ChildRefusal),
}

/// An errand that waits for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// From which execution.
    pub from: ExecutionId,
    /// What.
    pub id: ErrandId,
    /// To which execution.
    pub to: ExecutionId,
}

/// Looks for the child, and when there is none yet for its definition. Asks until it is answered.
pub(crate) async fn prepare(
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    cipher: Arc<dyn Cipher>,
    birth: Birth,
    again: bool,
) -> (Birth, Prepared) {
    if again {
        tokio::time::sleep(ASK_AGAIN).await;
    }
    loop {
        match ask(&*store, &registry, &*cipher, &birth).await {
            Ok(prepared) => return (birth, prepared),
            Err(error) => {
                tracing::warn!(%error, child = %birth.child, "a child cannot be prepared; asking again");
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
}

async fn ask(
    store: &dyn Store,
    registry: &Registry,
    cipher: &dyn Cipher,
    birth: &Birth,
) -> Result<Prepared, Error> {
    // Before anything else: what runs already is not refused because its definition is disabled since.
    if let Some(row) = store.row(&birth.tenant, birth.child).await? {
        return Ok(Prepared::There(row.definition.clone(), row.digest));
    }
    let ChildStart { namespace, name, version, .. } = &*birth.start;
    let found = registry.named(&birth.tenant, namespace, name, version.as_deref(), cipher).await;
    match found {
        Ok(Some(found)) if found.enabled => Ok(Prepared::Startable(found.definition.clone())),
        Ok(Some(_)) => Ok(Prepared::Refused(ChildRefusal::Disabled)),
        Ok(None) => Ok(Prepared::Refused(ChildRefusal::Unknown)),
        // No repetition makes a stored text readable.
        Err(Error::Invalid(_) | Error::Codec(_)) => {
            Ok(Prepared::Refused(ChildRefusal::Unusable("its stored text cannot be read".into())))
        }
        Err(error) => Err(error),
    }
}

impl Birth {
    /// The start as the child's shard takes it.
    pub fn new_execution(&self, definition: Arc<Definition>, reply: ReplyTo) -> Box<NewExecution> {
        Box::new(NewExecution {
            id: self.child,
            tenant: self.tenant.clone(),
            definition,
            start: self.start.start.clone(),
            on_conflict: OnConflict::Fail,
            idempotency: None,
            reply,
        })
    }

    /// What the parent hears of a child that has started.
    pub fn started(&self, definition: DefinitionId, digest: Digest) -> Mail {
        mail(self.parent, Input::ChildStarted { frame: self.errand.frame, definition, digest })
    }

    /// What the parent hears of a child that will not start.
    pub fn refused(&self, why: ChildRefusal) -> Mail {
        mail(self.parent, Input::ChildRefused { frame: self.errand.frame, why })
    }

    /// What the parent hears of the answer to the start; `None` when the child is to be tried again.
    pub fn answered(&self, answer: Result<Answer, Rejected>) -> Option<Mail> {
        match answer {
            Ok(Answer::Done { summary, .. }) => {
                let Summary { definition, digest, .. } = *summary;
                Some(self.started(definition, digest))
            }
            // Its shard has too much to do, or holds the id in memory already.
            Ok(Answer::Existing(_)) | Err(Rejected::Busy | Rejected::TenantBusy | Rejected::Held) => None,
            Err(Rejected::InvalidInput(violations)) => {
                Some(self.refused(ChildRefusal::InvalidInput(violations)))
            }
            Err(
                error @ (Rejected::NotFound
                | Rejected::Ended(_)
                | Rejected::KeyTaken(_)
                | Rejected::Conflict(_)),
            ) => Some(self.refused(ChildRefusal::Unusable(error.to_string().into()))),
        }
    }
}

impl Sent {
    /// What the sender hears once its errand is answered.
    pub fn answered(&self, answer: &Result<Answer, Rejected>) -> Option<Mail> {
        let frame = self.id.frame;
        match self.id.kind {
            // Not taken: it is told again when the child is read again.
            ErrandKind::Report
                if matches!(answer, Err(Rejected::Busy | Rejected::TenantBusy | Rejected::Held)) =>
            {
                None
            }
            // Whatever else the parent said: it exists no more, has ended, or knows.
            ErrandKind::Report => Some(mail(self.from, Input::ParentTold { frame })),
            ErrandKind::End | ErrandKind::Undo if matches!(answer, Err(Rejected::NotFound)) => {
                Some(mail(self.from, Input::ChildGone { frame, child: self.to }))
            }
            ErrandKind::Start | ErrandKind::End | ErrandKind::Undo => None,
        }
    }
}

/// An input on nobody's behalf.
fn mail(id: ExecutionId, input: Input) -> Mail {
    Mail { id, tenant: None, input, idempotency: None, reply: None }
}

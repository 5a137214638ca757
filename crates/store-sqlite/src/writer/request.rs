//! What the writer is asked, and what becomes of it.

use super::Writer;
use super::stage::{Places, SUBSCRIPTION_BYTES, Staged};
use std::fmt;
use tenure_store::{Act, Commit, Error, Priority, ShardLease};

/// To the writer's thread.
#[derive(Debug)]
pub(crate) enum Message {
    /// Write this.
    Request(Box<Request>),
    /// Finish what waits in front of this, then end.
    Stop,
}

/// A write that is no commit of shards. It runs inside the transaction, again if that is repeated; `false` means that
/// it changed nothing, and then nothing is audited.
pub(crate) type Extra = Box<dyn FnMut(&mut Tx<'_>) -> Result<bool, Error> + Send>;

/// Called once, with the outcome.
type Reply = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// A request on its way through a transaction.
pub(crate) struct Request {
    pub(super) commit: Commit,
    pub(super) extra: Option<Extra>,
    pub(super) verdict: Verdict,
    reply: Reply,
}

/// What was decided about a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Nothing yet.
    Undecided,
    /// It is in the transaction.
    Accepted(Places),
    /// It is not.
    Refused(Error),
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("commit", &self.commit)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// A commit of shards.
    pub(crate) fn commit(commit: Commit, reply: impl FnOnce(Result<(), Error>) + Send + 'static) -> Self {
        Self { commit, extra: None, verdict: Verdict::Undecided, reply: Box::new(reply) }
    }

    /// Another write, with its audit.
    pub(crate) fn other(
        priority: Priority,
        act: Act,
        extra: Extra,
        reply: impl FnOnce(Result<(), Error>) + Send + 'static,
    ) -> Self {
        let idempotency = act.idempotency.into_iter().collect();
        let commit = Commit { audits: act.audits, idempotency, priority, ..Commit::default() };
        Self { commit, extra: Some(extra), verdict: Verdict::Undecided, reply: Box::new(reply) }
    }

    pub(super) fn payload_bytes(&self) -> usize {
        let appends = self.commit.appends.iter().map(|append| append.blob.as_bytes().len());
        let subscriptions = self.commit.subscriptions.iter();
        appends.sum::<usize>()
            + subscriptions.map(|write| write.subscriptions.len() * SUBSCRIPTION_BYTES).sum::<usize>()
    }

    pub(super) fn refuse(&mut self, error: &Error) {
        if !matches!(self.verdict, Verdict::Refused(_)) {
            self.verdict = Verdict::Refused(error.clone());
        }
    }

    pub(super) fn answer(self) {
        let outcome = match self.verdict {
            Verdict::Accepted(_) => Ok(()),
            Verdict::Refused(error) => Err(error),
            Verdict::Undecided => unreachable!("every request of a batch is decided"),
        };
        (self.reply)(outcome);
    }
}

/// What an [`Extra`] may use: the connection inside the transaction, and what else the writer keeps.
pub(crate) struct Tx<'a> {
    pub(super) writer: &'a mut Writer,
    pub(super) staged: &'a mut Staged,
    pub(super) places: &'a mut Places,
}

impl fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tx")
    }
}

impl Tx<'_> {
    /// The connection.
    pub(crate) fn db(&self) -> &rusqlite::Connection {
        &self.writer.db
    }

    /// What a reader would see, and what this transaction wrote into tables.
    pub(crate) fn view(&self) -> crate::read::View<'_> {
        self.writer.view(self.staged)
    }

    /// Raises every epoch.
    pub(crate) fn acquire_shards(&mut self) -> Result<Vec<ShardLease>, Error> {
        self.writer.execute("UPDATE shards SET epoch = epoch + 1")?;
        self.writer.epochs = super::recover::epochs(&self.writer.db)?;
        let shards = (0..).map(tenure_types::ShardId);
        Ok(shards
            .zip(&self.writer.epochs)
            .map(|(shard, epoch)| ShardLease { shard, epoch: *epoch })
            .collect())
    }

    /// Deletes an execution; returns whether it was there.
    pub(crate) fn delete(&mut self, id: tenure_types::ExecutionId) -> Result<bool, Error> {
        self.writer.delete(id, self.staged, self.places)
    }

    /// Deletes a kept answer, wherever it is.
    pub(crate) fn forget_answer(
        &mut self,
        tenant: &tenure_types::TenantId,
        key: &std::sync::Arc<str>,
    ) -> Result<(), Error> {
        let mut statement = self
            .db()
            .prepare_cached("DELETE FROM idempotency WHERE tenant = ? AND key = ?")
            .map_err(crate::error::from_sql)?;
        statement.execute([tenant.as_str(), key]).map_err(crate::error::from_sql)?;
        // An expired answer does not count, so it does not matter that memory forgets it before the commit.
        self.staged.generations.each().for_each(|generation| generation.forget(tenant, key));
        Ok(())
    }
}

//! The store's handle: it passes writes to the writer and questions to the readers.

mod functions;
mod registry;
mod secrets;

use crate::chunk::Wanted;
use crate::counts::Counts;
use crate::dir::DataDir;
use crate::error::from_sql;
use crate::options::Options;
use crate::pool::Pool;
use crate::read::View;
use crate::shared::Shared;
use crate::writer::{Extra, Message, Request, Writer};
use futures_channel::oneshot;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tenure_store::{
    Act, AuditQuery, AuditRecord, BoxFuture, Commit, DefinitionHead, DefinitionName, DefinitionPage,
    DefinitionQuery, DefinitionRecord, DueCursor, Error, ExecutionRow, Filter, FunctionPage, FunctionQuery,
    FunctionRecord, Health, HistoryBlob, IdempotencyRecord, KeyHolders, LoadedExecution, Page, Priority,
    PutOutcome, Query, Result, Sealed, SecretHead, SecretRecord, ShardLease, Stats, Store, StoredAudit,
    SubscribedFilter, TenantRecord,
};
use tenure_types::{DefinitionId, Digest, ExecutionId, FunctionId, ShardId, Status, TenantId, Timestamp};

/// Requests that wait for the writer: several for each shard of the largest store. Beyond it: `Contention`.
const QUEUE: usize = 4_096;

/// A store in a data directory of its own. Dropping it finishes what was asked and releases the directory.
#[derive(Debug)]
pub struct SqliteStore {
    requests: SyncSender<Message>,
    writer: Option<JoinHandle<()>>,
    pool: Pool,
    counts: Arc<Mutex<Counts>>,
    shared: Arc<Shared>,
    dir: Arc<DataDir>,
    shards: u16,
}

impl SqliteStore {
    /// Opens the store of a data directory, or makes one. It takes what the journal says into memory first, so that
    /// everything that was ever acknowledged is there when this returns.
    pub fn open(options: Options) -> Result<Self> {
        let dir = Arc::new(DataDir::lock(&options.dir, options.reserve_bytes)?);
        let shared = Arc::new(Shared::default());
        let readers = options.readers;
        let writer = Writer::open(options, Arc::clone(&dir), Arc::clone(&shared))?;
        let (overlay, counts, shards) = writer.parts();
        let pool = Pool::start(&dir.database(), readers, overlay, shards)?;
        let (requests, queue) = sync_channel(QUEUE);
        let flag = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("store-write".into()).spawn(move || {
            // Whether it ends or panics, nothing is written any more.
            let _stopped = StopFlag(flag);
            writer.run(&queue);
        });
        let writer =
            thread.map_err(|error| Error::Permanent(format!("no thread can be started: {error}")))?;
        Ok(Self { requests, writer: Some(writer), pool, counts, shared, dir, shards })
    }

    /// Writes a consistent copy of the whole store to a new file, while it goes on working.
    pub fn backup(&self, to: &Path) -> BoxFuture<'_, Result<()>> {
        let to: PathBuf = to.into();
        self.ask(move |view| back_up(view, &to))
    }

    /// Finishes what was asked, stops the threads and releases the data directory.
    pub fn shutdown(self) {
        drop(self);
    }

    /// Bytes that are free where the store is.
    pub fn free_bytes(&self) -> Option<u64> {
        self.dir.free_bytes()
    }

    fn send(&self, request: Request) -> Result<()> {
        self.shared.queue.fetch_add(1, Ordering::Relaxed);
        self.requests.try_send(Message::Request(Box::new(request))).map_err(|error| {
            self.shared.queue.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => Error::Contention(format!("{QUEUE} requests wait already")),
                TrySendError::Disconnected(_) => gone(),
            }
        })
    }

    /// A write that is no commit of shards: `write` runs inside the transaction and may run again if that is repeated.
    fn write<T: Send + 'static>(
        &self,
        priority: Priority,
        act: Act,
        mut write: impl FnMut(&mut crate::writer::Tx<'_>) -> Result<Written<T>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T>> {
        let (answer, answered) = oneshot::channel();
        let slot = Arc::new(Mutex::new(None));
        let filled = Arc::clone(&slot);
        let extra: Extra = Box::new(move |tx| {
            let Written { changed, answer } = write(tx)?;
            *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            Ok(changed)
        });
        let reply = move |outcome: Result<()>| {
            let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Whoever asked may have gone.
            drop(answer.send(outcome.map(|()| value.expect("an accepted write has answered"))));
        };
        let sent = self.send(Request::other(priority, act, extra, reply));
        wait(sent, answered)
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'_, Result<T>> {
        let (answer, answered) = oneshot::channel();
        let sent = self.pool.ask(question, move |outcome| drop(answer.send(outcome)));
        wait(sent, answered)
    }
}

/// What a write changed and what it answers.
struct Written<T> {
    changed: bool,
    answer: T,
}

impl<T> Written<T> {
    fn changed(answer: T) -> Self {
        Self { changed: true, answer }
    }

    fn nothing(answer: T) -> Self {
        Self { changed: false, answer }
    }
}

fn wait<'a, T: Send + 'a>(
    sent: Result<()>,
    answered: oneshot::Receiver<Result<T>>,
) -> BoxFuture<'a, Result<T>> {
    Box::pin(async move {
        sent?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    })
}

fn gone() -> Error {
    Error::Connection("the store has stopped".into())
}

struct StopFlag(Arc<Shared>);

impl Drop for StopFlag {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The readers first: whoever closes last moves the log into the main file, and readers cannot.
        self.pool.stop();
        // A blocking send: a full queue is emptied by the writer.
        let told = self.requests.send(Message::Stop);
        if let Some(writer) = self.writer.take()
            && (writer.join().is_err() || told.is_err())
        {
            tracing::error!("the writer had ended before it was told to");
        }
    }
}

fn back_up(view: &View<'_>, to: &Path) -> Result<()> {
    let text = to.to_str().ok_or_else(|| Error::Permanent("the path of a backup must be UTF-8".into()))?;
    if to.exists() {
        return Err(Error::Permanent(format!("`{text}` exists; a backup overwrites nothing")));
    }
    // The copy reads from one snapshot of its own and cannot run inside another transaction.
    view.db.execute_batch("COMMIT").map_err(from_sql)?;
    let copied = view.db.execute("VACUUM INTO ?", [text]);
    view.db.execute_batch("BEGIN").map_err(from_sql)?;
    copied.map_err(from_sql)?;
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| Error::Connection(format!("`{text}` cannot be synced: {error}")))
}

impl Store for SqliteStore {
    fn shard_count(&self) -> u16 {
        self.shards
    }

    fn acquire_shards(&self) -> BoxFuture<'_, Result<Vec<ShardLease>>> {
        self.write(Priority::RunningWork, Act::default(), |tx| Ok(Written::changed(tx.acquire_shards()?)))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<()>> {
        let (answer, answered) = oneshot::channel();
        let sent = self.send(Request::commit(commit, move |outcome| drop(answer.send(outcome))));
        wait(sent, answered)
    }

    fn load(&self, id: ExecutionId) -> BoxFuture<'_, Result<Option<LoadedExecution>>> {
        self.ask(move |view| view.load(id))
    }

    fn load_many(&self, ids: Vec<ExecutionId>) -> BoxFuture<'_, Result<Vec<LoadedExecution>>> {
        self.ask(move |view| ids.into_iter().filter_map(|id| view.load(id).transpose()).collect())
    }

    fn open_executions(
        &self,
        shard: ShardId,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Arc<ExecutionRow>>>> {
        self.ask(move |view| view.open_executions(shard, after, limit))
    }

    fn due(
        &self,
        shard: Option<ShardId>,
        until: Timestamp,
        after: Option<DueCursor>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<DueCursor>>> {
        self.ask(move |view| view.due(shard, until, after, limit))
    }

    fn row<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: ExecutionId,
    ) -> BoxFuture<'a, Result<Option<Arc<ExecutionRow>>>> {
        let tenant = tenant.clone();
        self.ask(move |view| Ok(view.row(id)?.filter(|row| row.tenant == tenant)))
    }

    fn history<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: ExecutionId,
        after_seq: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Option<Vec<HistoryBlob>>>> {
        let tenant = tenant.clone();
        let wanted = Wanted { after_seq, limit: limit as u64 };
        self.ask(move |view| view.history(&tenant, id, &wanted))
    }

    fn list<'a>(&'a self, tenant: &'a TenantId, query: &'a Query) -> BoxFuture<'a, Result<Page>> {
        let (tenant, query) = (tenant.clone(), query.clone());
        self.ask(move |view| view.list(&tenant, &query))
    }

    fn count<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a Filter,
    ) -> BoxFuture<'a, Result<BTreeMap<Status, u64>>> {
        let counted = self.counts.lock().unwrap_or_else(PoisonError::into_inner).count(tenant, filter);
        if let Some(counts) = counted {
            return Box::pin(std::future::ready(Ok(counts)));
        }
        let (tenant, filter) = (tenant.clone(), filter.clone());
        self.ask(move |view| view.count(&tenant, &filter))
    }

    fn find_by_key<'a>(
        &'a self,
        tenant: &'a TenantId,
        namespace: &'a str,
        name: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<KeyHolders>> {
        let (tenant, namespace) = (tenant.clone(), namespace.to_owned());
        let (name, key) = (name.to_owned(), key.to_owned());
        self.ask(move |view| view.find_by_key(&tenant, &namespace, &name, &key))
    }

    fn subscribed_filters<'a>(
        &'a self,
        tenant: &'a TenantId,
        kind: &'a str,
        after: Option<&'a SubscribedFilter>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SubscribedFilter>>> {
        let (tenant, kind, after) = (tenant.clone(), kind.to_owned(), after.cloned());
        self.ask(move |view| view.subscribed_filters(&tenant, &kind, after.as_ref(), limit))
    }

    fn subscribers<'a>(
        &'a self,
        tenant: &'a TenantId,
        filter: &'a SubscribedFilter,
        correlation: Option<[u8; 16]>,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ExecutionId>>> {
        let (tenant, filter) = (tenant.clone(), filter.clone());
        self.ask(move |view| view.subscribers(&tenant, &filter, correlation, after, limit))
    }

    fn delete_ended_before<'a>(
        &'a self,
        tenant: &'a TenantId,
        before: Timestamp,
        limit: usize,
        act: Act,
    ) -> BoxFuture<'a, Result<u64>> {
        let tenant = tenant.clone();
        self.write(Priority::RunningWork, act, move |tx| {
            let mut deleted = 0;
            for id in tx.view().ended_before(&tenant, before, limit)? {
                deleted += u64::from(tx.delete(id)?);
            }
            Ok(Written::changed(deleted))
        })
    }

    fn delete_ended<'a>(
        &'a self,
        tenant: &'a TenantId,
        ids: Vec<ExecutionId>,
        act: Act,
    ) -> BoxFuture<'a, Result<u64>> {
        let tenant = tenant.clone();
        self.write(Priority::RunningWork, act, move |tx| {
            let mut deleted = 0;
            for id in &ids {
                let row = tx.view().row(*id)?;
                if row.is_some_and(|row| row.tenant == tenant && row.status.ended()) {
                    deleted += u64::from(tx.delete(*id)?);
                }
            }
            Ok(Written::changed(deleted))
        })
    }

    fn put_definition(&self, record: DefinitionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        self.write(Priority::NewWork, act, move |tx| registry::put_definition(tx, &record))
    }

    fn definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.ask(move |view| view.definition(&tenant, &id))
    }

    fn latest_definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        let (tenant, namespace, name) = (tenant.clone(), namespace.to_owned(), name.to_owned());
        self.ask(move |view| view.latest_definition(&tenant, &namespace, &name))
    }

    fn definition_by_digest<'a>(
        &'a self,
        tenant: &'a TenantId,
        digest: Digest,
    ) -> BoxFuture<'a, Result<Option<DefinitionRecord>>> {
        let tenant = tenant.clone();
        self.ask(move |view| view.definition_by_digest(&tenant, digest))
    }

    fn definitions<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a DefinitionQuery,
    ) -> BoxFuture<'a, Result<DefinitionPage>> {
        let (tenant, query) = (tenant.clone(), query.clone());
        self.ask(move |view| view.definitions(&tenant, &query))
    }

    fn started_by<'a>(
        &'a self,
        tenant: &'a TenantId,
        kind: &'a str,
        after: Option<&'a DefinitionName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DefinitionName>>> {
        let (tenant, kind, after) = (tenant.clone(), kind.to_owned(), after.cloned());
        self.ask(move |view| view.started_by(&tenant, &kind, after.as_ref(), limit))
    }

    fn set_definition_enabled<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
        enabled: bool,
        act: Act,
    ) -> BoxFuture<'a, Result<Option<DefinitionHead>>> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.write(Priority::RunningWork, act, move |tx| registry::set_enabled(tx, &tenant, &id, enabled))
    }

    fn delete_definition<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a DefinitionId,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.write(Priority::RunningWork, act, move |tx| registry::delete_definition(tx, &tenant, &id))
    }

    fn put_function(&self, record: FunctionRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        self.write(Priority::NewWork, act, move |tx| functions::put(tx, &record))
    }

    fn function<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a FunctionId,
    ) -> BoxFuture<'a, Result<Option<FunctionRecord>>> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.ask(move |view| view.function(&tenant, &id))
    }

    fn functions<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a FunctionQuery,
    ) -> BoxFuture<'a, Result<FunctionPage>> {
        let (tenant, query) = (tenant.clone(), query.clone());
        self.ask(move |view| view.functions(&tenant, &query))
    }

    fn delete_function<'a>(
        &'a self,
        tenant: &'a TenantId,
        id: &'a FunctionId,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.write(Priority::RunningWork, act, move |tx| functions::delete(tx, &tenant, &id))
    }

    fn put_secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
        value: Sealed,
        at: Timestamp,
        act: Act,
    ) -> BoxFuture<'a, Result<SecretHead>> {
        let (tenant, name): (_, Arc<str>) = (tenant.clone(), name.into());
        self.write(Priority::NewWork, act, move |tx| secrets::put(tx, &tenant, &name, &value, at))
    }

    fn secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretRecord>>> {
        let (tenant, name) = (tenant.clone(), name.to_owned());
        self.ask(move |view| view.secret(&tenant, &name))
    }

    fn secrets<'a>(
        &'a self,
        tenant: &'a TenantId,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<SecretHead>>> {
        let (tenant, after) = (tenant.clone(), after.map(str::to_owned));
        self.ask(move |view| view.secrets(&tenant, after.as_deref(), limit))
    }

    fn delete_secret<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
        act: Act,
    ) -> BoxFuture<'a, Result<bool>> {
        let (tenant, name) = (tenant.clone(), name.to_owned());
        self.write(Priority::RunningWork, act, move |tx| secrets::delete(tx, &tenant, &name))
    }

    fn put_tenant(&self, record: TenantRecord, act: Act) -> BoxFuture<'_, Result<PutOutcome>> {
        self.write(Priority::NewWork, act, move |tx| registry::put_tenant(tx, &record))
    }

    fn tenant<'a>(&'a self, id: &'a TenantId) -> BoxFuture<'a, Result<Option<TenantRecord>>> {
        let id = id.clone();
        self.ask(move |view| view.tenant(&id))
    }

    fn tenants(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<Vec<TenantRecord>>> {
        self.ask(move |view| view.tenants(after.as_ref(), limit))
    }

    fn idempotency<'a>(
        &'a self,
        tenant: &'a TenantId,
        key: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<IdempotencyRecord>>> {
        let (tenant, key) = (tenant.clone(), key.to_owned());
        self.ask(move |view| view.idempotency(&tenant, &key, now))
    }

    fn sweep_idempotency(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<u64>> {
        self.write(Priority::RunningWork, Act::default(), move |tx| {
            let expired = tx.view().expired(now, limit)?;
            for (tenant, key) in &expired {
                tx.forget_answer(tenant, key)?;
            }
            Ok(Written::changed(expired.len() as u64))
        })
    }

    fn write_audit(&self, records: Vec<AuditRecord>) -> BoxFuture<'_, Result<()>> {
        self.commit(Commit { audits: records, ..Commit::default() })
    }

    fn audit_page<'a>(
        &'a self,
        tenant: &'a TenantId,
        query: &'a AuditQuery,
    ) -> BoxFuture<'a, Result<Vec<StoredAudit>>> {
        let (tenant, query) = (tenant.clone(), query.clone());
        self.ask(move |view| view.audit_page(&tenant, &query))
    }

    fn health(&self) -> Health {
        self.shared.health(self.dir.free_bytes())
    }

    fn stats(&self) -> Stats {
        self.shared.stats()
    }
}

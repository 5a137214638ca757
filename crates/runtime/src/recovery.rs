//! Reading executions back: those that are asked for, those that were open, those that are due.

use crate::codec::{self, Cipher};
use crate::error::Error;
use crate::lane::Message;
use crate::limits;
use crate::registry::Registry;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tenure_dsl::program::Definition;
use tenure_engine::execution::Execution;
use tenure_engine::shard::limits::TIMER_HORIZON_MS;
use tenure_store::{LoadedExecution, Store};
use tenure_types::{ExecutionId, ShardId, Timestamp};
use tokio::sync::mpsc;

/// Executions named to a lane in one message.
const ATTEND_AT_ONCE: usize = 256;

/// A loaded execution and what it runs.
pub(crate) type Found = (Box<Execution>, Arc<Definition>);

/// What became of the load of one execution; without success the reason, which is this execution's alone.
pub(crate) type Read = Result<Option<Found>, String>;

/// Loads and folds executions; those that do not exist are `None`.
pub(crate) async fn load(
    store: &dyn Store,
    registry: &Registry,
    cipher: &dyn Cipher,
    ids: Vec<ExecutionId>,
) -> Result<Vec<(ExecutionId, Read)>, Error> {
    let mut read: BTreeMap<ExecutionId, Read> = ids.iter().map(|id| (*id, Ok(None))).collect();
    for loaded in store.load_many(ids).await? {
        let found = match registry.pinned(&loaded.row.tenant, loaded.row.digest, cipher).await {
            Ok(definition) => fold(&loaded, cipher).map(|execution| Some((execution, definition))),
            // The store's trouble, not this execution's.
            Err(Error::Store(error)) if error.retryable() => return Err(Error::Store(error)),
            Err(error @ (Error::Unavailable(_) | Error::Busy | Error::Full)) => return Err(error),
            Err(error) => Err(error.to_string()),
        };
        read.insert(loaded.row.id, found);
    }
    Ok(read.into_iter().collect())
}

/// A history that cannot be opened, or that the state machine cannot follow, must not keep the others from going on.
fn fold(loaded: &LoadedExecution, cipher: &dyn Cipher) -> Result<Box<Execution>, String> {
    let folded = catch_unwind(AssertUnwindSafe(|| codec::execution(loaded, cipher)));
    let execution = folded.map_err(|_| "an assertion failed while its history was read".to_owned())?;
    Ok(Box::new(execution.map_err(|error| error.to_string())?))
}

/// How long until the store is asked again for what was open.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Names every execution that had something under way, and those that are due soon.
pub(crate) async fn attend_open(store: Arc<dyn Store>, messages: mpsc::WeakSender<Message>, now: Timestamp) {
    for shard in 0..store.shard_count() {
        attend_shard(&*store, &messages, ShardId(shard)).await;
    }
    attend_due(&*store, &messages, now).await;
    limits::attend(&*store, &messages).await;
}

/// Asks until it is answered: an execution that is forgotten here would stand still until the next start.
async fn attend_shard(store: &dyn Store, messages: &mpsc::WeakSender<Message>, shard: ShardId) {
    let mut after = None;
    loop {
        let rows = match store.open_executions(shard, after, ATTEND_AT_ONCE).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, shard = shard.0, "open executions cannot be listed; asking again");
                if messages.strong_count() == 0 {
                    return;
                }
                tokio::time::sleep(ASK_AGAIN).await;
                continue;
            }
        };
        let Some(last) = rows.last() else { return };
        after = Some(last.id);
        let ids = rows.iter().map(|row| row.id).collect();
        if !name(messages, ids).await {
            return;
        }
    }
}

/// Names the executions whose timers are due within the horizon: nearer timers are kept in memory.
pub(crate) async fn attend_due(store: &dyn Store, messages: &mpsc::WeakSender<Message>, now: Timestamp) {
    let until = now.plus_ms(TIMER_HORIZON_MS);
    let mut after = None;
    loop {
        let due = match store.due(None, until, after, ATTEND_AT_ONCE).await {
            Ok(due) => due,
            Err(error) => return tracing::error!(%error, "due executions cannot be listed"),
        };
        let Some(last) = due.last() else { return };
        after = Some(*last);
        let ids = due.iter().map(|due| due.id).collect();
        if !name(messages, ids).await {
            return;
        }
    }
}

/// `false`: the lane is gone. Whoever reads for it does not keep it: it ends with its node.
async fn name(messages: &mpsc::WeakSender<Message>, ids: Vec<ExecutionId>) -> bool {
    let Some(messages) = messages.upgrade() else { return false };
    messages.send(Message::Attend { ids }).await.is_ok()
}

//! Who waits for an execution to go on, and who for its end.
//!
//! A watch is registered before the state is read, so that nothing is missed between the two.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tenure_engine::execution::Execution;
use tenure_types::{ExecutionId, Status};
use tokio::sync::oneshot;

/// What a watch waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The next durable transition.
    Next,
    /// The end.
    Ended,
}

/// All watches of a node.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    waiting: Mutex<BTreeMap<ExecutionId, Vec<Waiting>>>,
    /// How many there are: read without the lock, because usually there are none.
    len: AtomicUsize,
}

#[derive(Debug)]
struct Waiting {
    until: Until,
    wake: oneshot::Sender<Option<Arc<Execution>>>,
}

/// Fires once. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    id: ExecutionId,
    fired: oneshot::Receiver<Option<Arc<Execution>>>,
    watches: Arc<Watches>,
}

impl Watch {
    /// Returns when what was waited for has happened, or when the node goes down. Gives the final state when the
    /// execution has ended and that state was at hand; without it the state is to be read.
    pub async fn fired(&mut self) -> Option<Arc<Execution>> {
        // An error means that the node is gone: there is nothing more to wait for.
        (&mut self.fired).await.ok().flatten()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.fired.close();
        self.watches.forget_closed(self.id);
    }
}

impl Watches {
    /// Begins to watch.
    pub(crate) fn watch(self: &Arc<Self>, id: ExecutionId, until: Until) -> Watch {
        let (wake, fired) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(id).or_default().push(Waiting { until, wake });
        self.len.fetch_add(1, Ordering::SeqCst);
        Watch { id, fired, watches: self.clone() }
    }

    /// Wakes whoever waits for this transition. It is durable.
    pub(crate) fn advanced(&self, id: ExecutionId, status: Status, ended: Option<Box<Execution>>) {
        if self.len.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = waiting.get_mut(&id) else { return };
        let before = list.len();
        let ended: Option<Arc<Execution>> = ended.map(Arc::from);
        for watch in list.extract_if(.., |watch| watch.until == Until::Next || status.ended()) {
            // Whoever waited may have gone; then there is nobody to wake.
            let _ = watch.wake.send(ended.clone());
        }
        self.len.fetch_sub(before - list.len(), Ordering::SeqCst);
        if list.is_empty() {
            waiting.remove(&id);
        }
    }

    fn forget_closed(&self, id: ExecutionId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = waiting.get_mut(&id) else { return };
        let before = list.len();
        list.retain(|watch| !watch.wake.is_closed());
        self.len.fetch_sub(before - list.len(), Ordering::SeqCst);
        if list.is_empty() {
            waiting.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const ID: ExecutionId = ExecutionId(7);

    #[test]
    fn next_fires_at_any_transition_and_ended_only_at_the_end() {
        let watches = Arc::new(Watches::default());
        let mut next = watches.watch(ID, Until::Next);
        let mut ended = watches.watch(ID, Until::Ended);
        watches.advanced(ID, Status::Running, None);
        assert!(next.fired().now_or_never().is_some());
        assert!(ended.fired().now_or_never().is_none());
        watches.advanced(ID, Status::Completed, None);
        assert!(ended.fired().now_or_never().is_some());
    }

    #[test]
    fn a_dropped_watch_leaves_no_trace() {
        let watches = Arc::new(Watches::default());
        drop(watches.watch(ID, Until::Next));
        assert_eq!(watches.len.load(Ordering::SeqCst), 0);
        assert!(watches.waiting.lock().unwrap().is_empty());
    }

    #[test]
    fn other_executions_wake_nobody() {
        let watches = Arc::new(Watches::default());
        let mut next = watches.watch(ID, Until::Next);
        watches.advanced(ExecutionId(8), Status::Completed, None);
        assert!(next.fired().now_or_never().is_none());
    }
}

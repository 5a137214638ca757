//! Idle connections, per tenant and target: what one tenant's policy let through is never lent to another.

use super::exchange::Http1;
use crate::egress::Target;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenure_types::TenantId;
use tokio::time::Instant;

/// How long a connection may be idle.
pub const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may have been idle for a request that is never sent twice: a server that closes an idle connection at
/// the moment the request leaves makes the outcome unknown.
pub const IDLE_AT_MOST_ONCE_MAX: Duration = Duration::from_secs(1);
/// Idle connections per tenant and target.
pub const IDLE_PER_TARGET_MAX: usize = 256;
/// Idle connections in all.
pub const IDLE_CONNECTIONS_MAX: usize = 2_048;
/// Servers close at the timeout that they announce; a request must be there well before.
const KEEP_ALIVE_MARGIN: Duration = Duration::from_secs(1);

/// Who may use a connection, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) tenant: TenantId,
    pub(super) target: Target,
}

#[derive(Debug, Default)]
pub(super) struct Pool {
    shelves: Mutex<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    idle: HashMap<Key, Vec<Idle>>,
    count: usize,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Http1>,
    since: Instant,
    until: Instant,
}

impl Pool {
    /// Takes the connection that was used last, if it has been idle for no longer than `idle_max`.
    pub(super) fn take(&self, key: &Key, idle_max: Duration, now: Instant) -> Option<Box<Http1>> {
        let mut shelves = self.lock();
        let shelf = shelves.idle.get_mut(key)?;
        let usable = |idle: &Idle| now < idle.until && now.duration_since(idle.since) <= idle_max;
        let at = shelf.iter().rposition(usable)?;
        let idle = shelf.remove(at);
        shelves.count -= 1;
        Some(idle.connection)
    }

    /// Keeps a connection for later, or drops it when there are enough.
    pub(super) fn put(&self, key: Key, connection: Box<Http1>, now: Instant) {
        let keep = connection
            .keep_alive()
            .map_or(IDLE_MAX, |told| told.saturating_sub(KEEP_ALIVE_MARGIN).min(IDLE_MAX));
        let mut shelves = self.lock();
        let room = shelves.count < IDLE_CONNECTIONS_MAX;
        let shelf = shelves.idle.entry(key).or_default();
        if room && !keep.is_zero() && shelf.len() < IDLE_PER_TARGET_MAX {
            shelf.push(Idle { connection, since: now, until: now + keep });
            shelves.count += 1;
        }
    }

    /// Drops what has been idle for too long.
    pub(super) fn sweep(&self, now: Instant) {
        let mut shelves = self.lock();
        shelves.idle.retain(|_, shelf| {
            shelf.retain(|idle| now < idle.until);
            !shelf.is_empty()
        });
        shelves.count = shelves.idle.values().map(Vec::len).sum();
    }

    /// Idle connections.
    pub(super) fn len(&self) -> usize {
        self.lock().count
    }

    /// No code panics while it holds the lock; if it did, connections would still be what they are.
    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

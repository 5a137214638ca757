//! What can go wrong with a store, grouped by what the caller does about it.

use std::path::PathBuf;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The store cannot be reached or has stopped. Whether the last write happened is unknown: acquire and read again.
    #[error("the store cannot be reached: {0}")]
    Connection(String),
    /// Too much is asked at once. Nothing was written; the same request may be sent again later.
    #[error("the store is busy: {0}")]
    Contention(String),
    /// The commit's lease is not the current one: another owner has the shard. Nothing was written; drop the shard.
    #[error("the shard has another owner")]
    Fenced,
    /// The commit does not continue what is stored. Nothing was written; load again before deciding anew.
    #[error("the stored state is another than expected: {0}")]
    Conflict(String),
    /// The name, key or version belongs to something else already. Nothing was written.
    #[error("{0} is taken")]
    Taken(String),
    /// The disk is full. Nothing of the request was written, nothing acknowledged is lost; refuse new work.
    #[error("the store's disk is full")]
    Full,
    /// Stored bytes are not what was written. Nothing is repaired or overwritten; restore a backup.
    #[error("the store is corrupt: {0}")]
    Corrupt(String),
    /// Another process uses the data directory.
    #[error("the data directory `{}` is in use by another process", .0.display())]
    Busy(PathBuf),
    /// The request can never succeed.
    #[error("the store refuses the request: {0}")]
    Permanent(String),
}

impl Error {
    /// Whether the same request may succeed later without any change.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Connection(_) | Self::Contention(_) | Self::Full => true,
            Self::Fenced
            | Self::Conflict(_)
            | Self::Taken(_)
            | Self::Corrupt(_)
            | Self::Busy(_)
            | Self::Permanent(_) => false,
        }
    }
}

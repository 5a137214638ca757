//! How a store is opened. Every default is safe, and no setting makes a commit less durable.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tenure_types::limits::SHARDS_DEFAULT;

/// What is done when the disk fails at a commit. It is told why; the default writes that down and aborts the process.
#[derive(Clone)]
pub struct FatalHandler(pub Arc<dyn Fn(&str) + Send + Sync>);

impl Default for FatalHandler {
    fn default() -> Self {
        Self(Arc::new(|reason| {
            // After a failed write or sync the file's state is unknown; a retried sync can report success for lost
            // pages. Only a restart reads what is really there.
            tracing::error!(
                reason,
                "the store cannot write; the process ends and recovers at its next start"
            );
            eprintln!(
                "tenure: the store cannot write: {reason}; the process ends and recovers at its next start"
            );
            std::process::abort();
        }))
    }
}

impl fmt::Debug for FatalHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FatalHandler")
    }
}

/// Where the store is and how large its buffers are.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory; made if it is absent.
    pub dir: PathBuf,
    /// Shards of a store that is made; a store that exists keeps its number.
    pub shards: u16,
    /// Threads that read.
    pub readers: usize,
    /// Appends in memory after which they are moved into tables.
    pub apply_appends: usize,
    /// Bytes in memory after which they are moved into tables.
    pub apply_bytes: usize,
    /// Age in memory after which they are moved into tables.
    pub apply_age_ms: u64,
    /// Pages of 4 KiB in the write-ahead log after which they are moved into the main file.
    pub checkpoint_pages: u32,
    /// Bytes of the write-ahead log that are written once when the store is opened: a sync of a file that does not grow
    /// is several times faster. 0 leaves the log to grow by itself.
    pub log_filled_bytes: u64,
    /// Free bytes on the disk below which new work is refused.
    pub free_bytes_min: u64,
    /// Bytes kept aside and given up when the disk is full, so that running work can finish.
    pub reserve_bytes: u64,
    /// The largest size of the main file in pages, if it has one; new work is refused at seven eighths.
    pub pages_max: Option<u32>,
    /// What is done when the disk fails.
    pub fatal: FatalHandler,
}

impl Options {
    /// The defaults, for a store in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            shards: SHARDS_DEFAULT,
            readers: 2,
            apply_appends: 32_768,
            apply_bytes: 16 << 20,
            apply_age_ms: 1_000,
            checkpoint_pages: (64 << 20) / 4096,
            log_filled_bytes: 0,
            free_bytes_min: 64 << 20,
            reserve_bytes: 16 << 20,
            pages_max: None,
            fatal: FatalHandler::default(),
        }
    }
}

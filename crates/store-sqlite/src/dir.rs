//! The data directory: its files, its lock, and the space that is left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tenure_store::Error;

/// How long a directory in use is waited for: whoever had it may just be going down.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// How long between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A data directory that no other process uses as long as this value lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    reserve_bytes: u64,
    _lock: File,
}

impl DataDir {
    /// Makes the directory if it is absent, and locks it.
    pub(crate) fn lock(path: &Path, reserve_bytes: u64) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(|error| unusable(path, &error))?;
        let lock_path = path.join("tenure.lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(|error| unusable(&lock_path, &error))?;
        let patience = Instant::now() + LOCK_WAIT;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path: path.into(), reserve_bytes, _lock: lock }),
                Err(TryLockError::WouldBlock) if Instant::now() < patience => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => return Err(Error::Busy(path.into())),
                Err(TryLockError::Error(error)) => return Err(unusable(&lock_path, &error)),
            }
        }
    }

    /// The database's main file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("tenure.db")
    }

    fn reserve(&self) -> PathBuf {
        self.path.join("tenure.reserve")
    }

    /// Lengthens the write-ahead log with zeros, which are no frames to whoever reads it: its first pages are then
    /// overwritten, not appended. Only while nobody writes to it. Without success the log grows by itself.
    pub(crate) fn fill_log(&self, bytes: u64) {
        let path = self.path.join("tenure.db-wal");
        if let Err(error) = lengthen(&path, bytes) {
            tracing::warn!(%error, "the log is not filled beforehand");
        }
    }

    /// Fills the reserve, unless it is there. Without success there is no reserve, which is no reason not to start.
    pub(crate) fn keep_reserve(&self) {
        let path = self.reserve();
        if self.reserve_bytes == 0 || path.exists() {
            return;
        }
        if let Err(error) = fill(&path, self.reserve_bytes) {
            tracing::warn!(%error, "no space is kept in reserve");
            drop(fs::remove_file(&path));
        }
    }

    /// Gives the reserve up; returns whether there was one.
    pub(crate) fn release_reserve(&self) -> bool {
        fs::remove_file(self.reserve()).is_ok()
    }

    /// Free bytes on the directory's file system.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&self.path).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn fill(path: &Path, bytes: u64) -> std::io::Result<()> {
    write_out(File::create(path)?, bytes, 0xA5)
}

/// Only a log that exists: one without its database would be taken for a stray file and deleted.
fn lengthen(path: &Path, bytes: u64) -> std::io::Result<()> {
    let file = OpenOptions::new().append(true).open(path)?;
    let before = file.metadata()?.len();
    let written = write_out(file, bytes.saturating_sub(before), 0);
    if written.is_err() {
        OpenOptions::new().write(true).open(path)?.set_len(before)?;
    }
    written
}

/// Real bytes: a hole would take no space.
fn write_out(mut file: File, bytes: u64, byte: u8) -> std::io::Result<()> {
    let block = vec![byte; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let size = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.write_all(&block[..size])?;
        left -= size as u64;
    }
    file.sync_all()
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::Permanent(format!("`{}` cannot be used: {error}", path.display()))
}

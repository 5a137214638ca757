//! The data directory: its files, its lock, and the space that is left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use tenure_store::Error;

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
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.into(), reserve_bytes, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy(path.into())),
            Err(TryLockError::Error(error)) => Err(unusable(&lock_path, &error)),
        }
    }

    /// The database's main file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("tenure.db")
    }

    fn reserve(&self) -> PathBuf {
        self.path.join("tenure.reserve")
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
    let mut file = File::create(path)?;
    // Real bytes: a hole would take no space and so keep none.
    let block = vec![0xA5; 1 << 16];
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

//! Moving the log into the main file: a thread with a connection of its own does nearly all of it while the writer goes
//! on; the writer does the rest, which is little, so that the log starts anew and stays short. The same thread frees
//! what was moved into tables: whatever takes long and that nobody waits for.
//!
//! Deliberately absent: waiting for readers. What one of them still needs stays in the log until a later time.

use super::Writer;
use crate::error::from_sql;
use crate::schema;
use crate::shared::add;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Instant;
use tenure_store::Error;

/// A page and its frame's header in the log.
const FRAME_BYTES: u64 = 4096 + 24;
/// A page in the main file.
const PAGE_BYTES: u64 = 4096;

/// The log: its length as the driver tells it after each transaction, and when to checkpoint next.
#[derive(Debug)]
pub(super) struct Wal {
    pages: Arc<AtomicU32>,
    pages_before: u32,
    checkpoint_at: u32,
    /// Pages after which a log that started anew is checkpointed.
    pages_max: u32,
    helper: Helper,
}

/// What one checkpoint moved.
#[derive(Clone, Copy, Debug)]
struct Moved {
    pages: u32,
    micros: u64,
}

impl Wal {
    /// `pages` is kept up to date by the driver.
    pub(super) fn new(path: &Path, pages: Arc<AtomicU32>, pages_max: u32) -> Result<Self, Error> {
        // It goes on growing while it is moved.
        let pages_max = pages_max / 4 * 3;
        let helper = Helper::start(path)?;
        Ok(Self { pages, pages_before: 0, checkpoint_at: pages_max, pages_max, helper })
    }

    /// Whether the thread is at work, so that the writer has to look again soon.
    pub(super) fn under_way(&self) -> bool {
        self.helper.under_way
    }

    /// Bytes that the last transaction wrote to the log.
    pub(super) fn note(&mut self) -> u64 {
        let pages = self.pages.load(Ordering::Relaxed);
        // The log starts anew once all of it is in the main file.
        let anew = pages < self.pages_before;
        let written = if anew { pages } else { pages - self.pages_before };
        if anew {
            self.checkpoint_at = self.pages_max;
        }
        self.pages_before = pages;
        u64::from(written) * FRAME_BYTES
    }

    /// Frees something large elsewhere.
    pub(super) fn free(&self, large: impl Send + 'static) {
        // Without the thread it is freed here.
        drop(self.helper.tell(Work::Free(Box::new(large))));
    }

    fn due(&self) -> bool {
        self.pages_before >= self.checkpoint_at
    }

    /// Until the log has started anew: only after it has grown by a third again.
    fn put_off(&mut self) {
        self.checkpoint_at = self.pages_before.saturating_add(self.pages_max / 3).max(1);
    }
}

impl Writer {
    /// Starts a checkpoint when the log is long enough, and ends the one that the thread has done its part of.
    pub(super) fn checkpoint_if_due(&mut self) {
        let outcome = match self.wal.helper.outcome() {
            Some(Ok(moved)) => {
                self.count_checkpoint(moved);
                checkpoint(&self.db)
                    .map(|all| Some(Moved { pages: all.pages.saturating_sub(moved.pages), ..all }))
            }
            Some(Err(error)) => Err(error),
            None if !self.wal.under_way() && self.wal.due() => self.wal.helper.ask().map(|()| None),
            None => return,
        };
        match outcome {
            Ok(Some(rest)) => {
                self.count_checkpoint(rest);
                add(&self.shared.checkpoints, 1);
                self.wal.put_off();
            }
            Ok(None) => {}
            Err(Error::Full) => {
                self.wal.put_off();
                self.shared.full.store(true, Ordering::Relaxed);
            }
            Err(error) => {
                self.shared.stopped.store(true, Ordering::Release);
                (self.options.fatal.0)(&error.to_string());
            }
        }
    }

    fn count_checkpoint(&self, moved: Moved) {
        add(&self.shared.written_bytes, u64::from(moved.pages) * PAGE_BYTES);
        add(&self.shared.fsyncs, 2);
        add(&self.shared.checkpoint_us, moved.micros);
    }
}

/// What the thread is told.
enum Work {
    Checkpoint,
    Free(Box<dyn Send>),
}

/// The thread, which sleeps until it is told something.
#[derive(Debug)]
struct Helper {
    work: Option<Sender<Work>>,
    done: Receiver<Result<Moved, Error>>,
    thread: Option<JoinHandle<()>>,
    under_way: bool,
}

impl Helper {
    fn start(path: &Path) -> Result<Self, Error> {
        let db = schema::open_checkpointer(path)?;
        let (work, told) = channel();
        let (answers, done) = channel();
        let thread = std::thread::Builder::new().name("store-log".into()).spawn(move || {
            for work in told {
                match work {
                    // The writer may have ended.
                    Work::Checkpoint => drop(answers.send(checkpoint(&db))),
                    Work::Free(large) => drop(large),
                }
            }
        });
        let thread =
            thread.map_err(|error| Error::Permanent(format!("no thread can be started: {error}")))?;
        Ok(Self { work: Some(work), done, thread: Some(thread), under_way: false })
    }

    fn tell(&self, work: Work) -> Result<(), Error> {
        let told = self.work.as_ref().expect("it is taken only when the writer ends");
        told.send(work).map_err(|_| gone())
    }

    fn ask(&mut self) -> Result<(), Error> {
        self.tell(Work::Checkpoint)?;
        self.under_way = true;
        Ok(())
    }

    /// What the thread did, once it has.
    fn outcome(&mut self) -> Option<Result<Moved, Error>> {
        if !self.under_way {
            return None;
        }
        let outcome = match self.done.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(gone()),
        };
        self.under_way = false;
        Some(outcome)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that checkpoints ended in a panic");
        }
    }
}

/// Passive: it moves what no reader still needs, and waits for nobody.
fn checkpoint(db: &Connection) -> Result<Moved, Error> {
    let started = Instant::now();
    let mut statement = db.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").map_err(from_sql)?;
    // Pages since the log's beginning, those that were moved earlier included.
    let pages = statement.query_row([], |row| row.get::<_, i64>(2)).map_err(from_sql)?;
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(Moved { pages: u32::try_from(pages).unwrap_or(0), micros })
}

fn gone() -> Error {
    Error::Connection("the thread that checkpoints has ended".into())
}

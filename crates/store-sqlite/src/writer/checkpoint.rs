//! Moving the log into the main file: a thread with a connection of its own does nearly all of it while the writer goes
//! on, in passes that each move what was written during the one before; the writer does the rest, which is little, so
//! that the log starts anew and stays short. The same thread frees what was moved into tables: whatever takes long and
//! that nobody waits for.
//!
//! Deliberately absent: waiting for readers. What one of them still needs stays in the log until a later time.

use super::Writer;
use crate::error::from_sql;
use crate::schema;
use crate::shared::add;
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Instant;
use tenure_store::Error;

/// Pages that the writer may move itself: what it writes meanwhile waits for them and for the sync of the main file.
const REST_PAGES: u32 = 64;
/// Passes of the thread after which the writer moves the rest however much it is: a reader may hold the thread back.
const PASSES_MAX: u32 = 5;
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
    /// Pages of the log, from its beginning, that are in the main file.
    pages_moved: u32,
    /// Passes of the thread since the checkpoint began, the one under way included; 0 between checkpoints.
    passes: u32,
    helper: Helper,
}

/// How far one pass came.
#[derive(Clone, Copy, Debug)]
struct Moved {
    /// From the log's beginning.
    pages: u32,
    micros: u64,
}

impl Wal {
    /// `pages` is kept up to date by the driver.
    pub(super) fn new(path: &Path, pages: Arc<AtomicU32>, pages_max: u32) -> Result<Self, Error> {
        // It goes on growing while it is moved.
        let pages_max = pages_max / 4 * 3;
        let helper = Helper::start(path)?;
        Ok(Self {
            pages,
            pages_before: 0,
            checkpoint_at: pages_max,
            pages_max,
            pages_moved: 0,
            passes: 0,
            helper,
        })
    }

    /// Whether the thread is at work, so that the writer has to look again soon.
    pub(super) fn under_way(&self) -> bool {
        self.helper.under_way
    }

    /// Whether the thread has moved most of the log and is after what came since: whatever can wait is not written now.
    pub(super) fn catching_up(&self) -> bool {
        self.passes > 1
    }

    /// Bytes that the last transaction wrote to the log.
    pub(super) fn note(&mut self) -> u64 {
        let pages = self.pages.load(Ordering::Relaxed);
        // The log starts anew once all of it is in the main file.
        let anew = pages < self.pages_before;
        let written = if anew { pages } else { pages - self.pages_before };
        if anew {
            self.checkpoint_at = self.pages_max;
            self.pages_moved = 0;
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

    /// Lets the thread make a pass.
    fn pass(&mut self) -> Result<(), Error> {
        self.helper.ask()?;
        self.passes += 1;
        Ok(())
    }

    /// Whether another pass leaves the writer less to do.
    fn worth_a_pass(&self) -> bool {
        self.passes < PASSES_MAX && self.pages_before.saturating_sub(self.pages_moved) > REST_PAGES
    }

    /// Until the log has started anew: only after it has grown by a third again.
    fn put_off(&mut self) {
        self.checkpoint_at = self.pages_before.saturating_add(self.pages_max / 3).max(1);
    }
}

impl Writer {
    /// Starts a checkpoint when the log is long enough, and ends the one that the thread has done its part of.
    pub(super) fn checkpoint_if_due(&mut self) {
        match self.checkpoint_step() {
            Ok(()) => {}
            Err(Error::Full) => {
                self.wal.put_off();
                self.wal.passes = 0;
                self.shared.full.store(true, Ordering::Relaxed);
            }
            Err(error) => {
                self.shared.stopped.store(true, Ordering::Release);
                (self.options.fatal.0)(&error.to_string());
            }
        }
    }

    fn checkpoint_step(&mut self) -> Result<(), Error> {
        let Some(moved) = self.wal.helper.outcome() else {
            return if !self.wal.under_way() && self.wal.due() { self.wal.pass() } else { Ok(()) };
        };
        self.count_pass(moved?);
        if self.wal.worth_a_pass() {
            return self.wal.pass();
        }
        let rest = checkpoint(&self.db)?;
        self.count_pass(rest);
        add(&self.shared.checkpoints, 1);
        self.wal.passes = 0;
        self.wal.put_off();
        Ok(())
    }

    fn count_pass(&mut self, moved: Moved) {
        let pages = moved.pages.saturating_sub(self.wal.pages_moved);
        self.wal.pages_moved = moved.pages;
        add(&self.shared.written_bytes, u64::from(pages) * PAGE_BYTES);
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
        // Closing any handle of a file gives up this process's locks on it: this one stays open as long as the thread
        // lives. What keeps other processes away is the lock on the directory.
        let main = File::open(path)
            .map_err(|error| Error::Permanent(format!("the main file cannot be opened: {error}")))?;
        let (work, told) = channel();
        let (answers, done) = channel();
        let thread = std::thread::Builder::new().name("store-log".into()).spawn(move || {
            for work in told {
                match work {
                    // The writer may have ended.
                    Work::Checkpoint => drop(answers.send(pass(&db, &main))),
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

/// A checkpoint, and a sync of the main file. The driver leaves the sync to the checkpoint that reaches the log's end,
/// which is the writer's: it would have to wait for everything that the thread has written.
fn pass(db: &Connection, main: &File) -> Result<Moved, Error> {
    let started = Instant::now();
    let moved = checkpoint(db)?;
    main.sync_data()
        .map_err(|error| Error::Connection(format!("the main file cannot be synced: {error}")))?;
    Ok(Moved { micros: micros_since(started), ..moved })
}

/// Passive: it moves what no reader still needs, and waits for nobody.
fn checkpoint(db: &Connection) -> Result<Moved, Error> {
    let started = Instant::now();
    let mut statement = db.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").map_err(from_sql)?;
    // Pages since the log's beginning, those that were moved earlier included.
    let pages = statement.query_row([], |row| row.get::<_, i64>(2)).map_err(from_sql)?;
    Ok(Moved { pages: u32::try_from(pages).unwrap_or(0), micros: micros_since(started) })
}

fn micros_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn gone() -> Error {
    Error::Connection("the thread that checkpoints has ended".into())
}

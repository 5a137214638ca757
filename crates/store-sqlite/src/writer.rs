//! The writer: one thread that owns the only connection that writes. It takes every request that waits, makes all of
//! them durable in one transaction, and answers them. Between transactions it moves what is in memory into tables and
//! checkpoints the log.
//!
//! Deliberately absent: retries of a failed write or sync. After one, the file's state is unknown; the process ends.

mod apply;
mod check;
mod checkpoint;
mod recover;
mod request;
mod stage;

pub(crate) use request::{Extra, Message, Request, Tx};

use crate::counts::Counts;
use crate::dir::DataDir;
use crate::error::from_sql;
use crate::journal;
use crate::known::Memory;
use crate::options::Options;
use crate::overlay::Overlay;
use crate::read::View;
use crate::shared::{Shared, add};
use apply::Moving;
use checkpoint::Wal;
use request::Verdict;
use rusqlite::Connection;
use stage::Staged;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tenure_store::audit::Head;
use tenure_store::{Error, Priority};
use tenure_types::{Epoch, TenantId};

/// Requests of one transaction: enough for the largest useful batch, few enough for a bounded wait.
const BATCH_REQUESTS: usize = 1_024;
/// Payload bytes after which a transaction takes no more requests.
const BATCH_BYTES: usize = 8 << 20;
/// How long the writer waits for requests before it uses the time to move things into tables.
const IDLE: Duration = Duration::from_millis(20);
/// How long it waits between two pieces of that work.
const BREATH: Duration = Duration::from_millis(1);
/// How often the free space is looked at.
const SPACE_LOOK: Duration = Duration::from_millis(250);

/// The writing half of a store.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Its connection is closed before the writer's, which moves what is left of the log.
    wal: Wal,
    db: Connection,
    dir: Arc<DataDir>,
    options: Options,
    overlay: Overlay,
    counts: Arc<Mutex<Counts>>,
    shared: Arc<Shared>,
    epochs: Vec<Epoch>,
    memory: Memory,
    heads: HashMap<TenantId, Head>,
    row: journal::Row,
    key_next: u64,
    journal_id: i64,
    /// The generation that is being moved into tables.
    moving: Option<Moving>,
    /// Journal rows up to this one are in tables and are to be deleted.
    purge_upto: i64,
    active: Active,
    space: Space,
    /// No request has come since a pause was used.
    pausing: bool,
}

/// How much the growing generation holds.
#[derive(Debug, Default)]
struct Active {
    appends: usize,
    bytes: usize,
    since: Option<Instant>,
}

/// What is known about the disk's free space.
#[derive(Debug)]
struct Space {
    looked_at: Option<Instant>,
    roomy: bool,
}

/// What a transaction may do.
#[derive(Clone, Copy, Debug)]
struct How {
    new_work: bool,
    moves: bool,
}

impl Writer {
    /// Serves requests until told to stop, or until every sender is gone.
    pub(crate) fn run(mut self, requests: &Receiver<Message>) {
        let mut batch = Vec::new();
        loop {
            match requests.recv_timeout(self.patience()) {
                Ok(Message::Request(first)) => {
                    self.pausing = false;
                    let stop = gather(*first, requests, &mut batch);
                    self.shared.queue.fetch_sub(batch.len() as u64, Ordering::Relaxed);
                    self.serve(&mut batch);
                    if stop {
                        return;
                    }
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    self.pausing = true;
                    self.tidy();
                }
            }
        }
    }

    fn patience(&self) -> Duration {
        let unmoved = self.moving.is_some() || !self.purged();
        if self.pausing && unmoved {
            BREATH
        } else if unmoved || self.active.since.is_some() || self.wal.under_way() {
            IDLE
        } else {
            Duration::from_secs(1)
        }
    }

    /// Makes a batch durable and answers it.
    fn serve(&mut self, batch: &mut Vec<Request>) {
        if self.shared.stopped.load(Ordering::Acquire) {
            for request in batch.iter_mut() {
                request.verdict = Verdict::Refused(stopped());
            }
        } else {
            let how = How { new_work: self.roomy(), moves: true };
            self.transact(batch, how);
        }
        let refused = batch.iter().filter(|request| matches!(request.verdict, Verdict::Refused(_))).count();
        add(&self.shared.refused, refused as u64);
        for request in batch.drain(..) {
            request.answer();
        }
        self.checkpoint_if_due();
    }

    /// One transaction; if the disk is full, once more with the reserve and for running work only.
    fn transact(&mut self, batch: &mut [Request], how: How) {
        match self.attempt(batch, how) {
            Ok(()) => self.absorb(batch),
            Err(Error::Full) if how.new_work || how.moves => {
                self.roll_back();
                self.shared.full.store(true, Ordering::Relaxed);
                self.space.roomy = false;
                let released = self.dir.release_reserve();
                tracing::warn!(released, "the disk is full: new work is refused");
                self.transact(batch, How { new_work: false, moves: false });
            }
            Err(Error::Full) => {
                self.roll_back();
                for request in batch.iter_mut() {
                    request.refuse(&Error::Full);
                }
            }
            Err(error) => {
                self.shared.stopped.store(true, Ordering::Release);
                (self.options.fatal.0)(&error.to_string());
                for request in batch.iter_mut() {
                    request.verdict = Verdict::Refused(stopped());
                }
            }
        }
    }

    /// Everything up to and including the commit. An error is the whole transaction's.
    fn attempt(&mut self, batch: &mut [Request], how: How) -> Result<(), Error> {
        self.execute("BEGIN IMMEDIATE")?;
        self.row.clear();
        let mut staged = Staged::new(self.overlay.now());
        for request in batch.iter_mut() {
            if request.commit.priority == Priority::NewWork && !how.new_work {
                request.verdict = Verdict::Refused(Error::Full);
                continue;
            }
            request.verdict = match self.accept(request, &mut staged) {
                Ok(accepted) => Verdict::Accepted(accepted),
                Err(error @ (Error::Full | Error::Connection(_))) => return Err(error),
                Err(error) => Verdict::Refused(error),
            };
        }
        if !self.row.is_empty() {
            let id = self.journal_id + 1;
            let mut statement =
                self.db.prepare_cached("INSERT INTO journal VALUES (?, ?)").map_err(from_sql)?;
            statement.execute(rusqlite::params![id, self.row.seal()]).map_err(from_sql)?;
        }
        if how.moves && !self.wal.catching_up() {
            self.move_some(staged.appends)?;
        }
        self.execute("COMMIT")
    }

    /// The transaction is durable: what it decided becomes visible.
    fn absorb(&mut self, batch: &mut [Request]) {
        let journaled = !self.row.is_empty();
        if journaled {
            self.journal_id += 1;
            add(&self.shared.journal_rows, 1);
        }
        self.moved();
        let (mut accepted, mut appends) = (0, 0);
        for request in batch.iter_mut() {
            if let Verdict::Accepted(places) = &mut request.verdict {
                appends += request.commit.appends.len();
                accepted += 1;
                let places = std::mem::take(places);
                let commit = std::mem::take(&mut request.commit);
                self.active.bytes += self.show(commit, places);
            }
        }
        self.active.appends += appends;
        if journaled {
            self.active.since.get_or_insert_with(Instant::now);
        }
        self.memory.age();
        add(&self.shared.commits, accepted);
        add(&self.shared.appends, appends as u64);
        add(&self.shared.transactions, 1);
        add(&self.shared.fsyncs, 1);
        self.shared.batch_max.fetch_max(accepted, Ordering::Relaxed);
        self.note_log();
        self.freeze_if_due();
    }

    /// Undoes a transaction in memory, too: what was learnt in it may be wrong.
    fn roll_back(&mut self) {
        if !self.db.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::warn!(%error, "the transaction cannot be rolled back");
        }
        self.memory.clear();
        self.heads.clear();
        if let Some(moving) = &mut self.moving {
            moving.forget_step();
        }
        if let Ok(epochs) = recover::epochs(&self.db) {
            self.epochs = epochs;
        }
    }

    fn execute(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.db.prepare_cached(sql).map_err(from_sql)?;
        statement.execute([]).map(drop).map_err(from_sql)
    }

    fn view<'a>(&'a self, staged: &Staged) -> View<'a> {
        View { db: &self.db, generations: staged.generations.clone(), shards: self.shards() }
    }

    fn shards(&self) -> u16 {
        u16::try_from(self.epochs.len()).expect("made from a u16")
    }

    /// Counts what the transaction wrote to the log.
    fn note_log(&mut self) {
        let bytes = self.wal.note();
        add(&self.shared.written_bytes, bytes);
    }

    /// Whether there is room for new work; looks at the disk only now and then.
    fn roomy(&mut self) -> bool {
        if self.space.looked_at.is_none_or(|at| at.elapsed() >= SPACE_LOOK) {
            let free = self.dir.free_bytes().unwrap_or(u64::MAX);
            let roomy = free >= self.options.free_bytes_min;
            if roomy && !self.space.roomy {
                self.dir.keep_reserve();
            }
            self.space = Space { looked_at: Some(Instant::now()), roomy };
        }
        let roomy = self.space.roomy && self.pages_left();
        self.shared.full.store(!roomy, Ordering::Relaxed);
        roomy
    }

    fn pages_left(&self) -> bool {
        let Some(pages_max) = self.options.pages_max.map(i64::from) else { return true };
        let pragma = |name: &str| self.db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        match (pragma("page_count"), pragma("freelist_count")) {
            (Ok(pages), Ok(free)) => pages - free < pages_max / 8 * 7,
            (Err(_), _) | (_, Err(_)) => true,
        }
    }
}

/// Takes what waits into the batch, up to its limits; returns whether to stop afterwards.
fn gather(first: Request, requests: &Receiver<Message>, batch: &mut Vec<Request>) -> bool {
    let mut bytes = first.payload_bytes();
    batch.push(first);
    while batch.len() < BATCH_REQUESTS && bytes < BATCH_BYTES {
        match requests.try_recv() {
            Ok(Message::Request(request)) => {
                bytes += request.payload_bytes();
                batch.push(*request);
            }
            Ok(Message::Stop) => return true,
            Err(_) => return false,
        }
    }
    false
}

fn stopped() -> Error {
    Error::Connection("the writer has stopped after the disk failed".into())
}

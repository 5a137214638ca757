//! The readers: a few threads, each with its own connection that cannot write. A question waits for none of the writer.

use crate::error::from_sql;
use crate::overlay::Overlay;
use crate::read::View;
use crate::schema;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tenure_store::Error;

/// Questions that wait. Beyond it the asker is told to come back.
const QUEUE: usize = 1_024;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The threads that read.
#[derive(Debug)]
pub(crate) struct Pool {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
    overlay: Overlay,
    shards: u16,
}

impl Pool {
    /// Starts the threads.
    pub(crate) fn start(path: &Path, readers: usize, overlay: Overlay, shards: u16) -> Result<Self, Error> {
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for number in 0..readers.max(1) {
            let db = schema::open_reader(path)?;
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("store-read-{number}"));
            let spawned = thread.spawn(move || serve(&db, &queue));
            threads.push(
                spawned.map_err(|error| Error::Permanent(format!("no thread can be started: {error}")))?,
            );
        }
        Ok(Self { jobs: Some(jobs), threads, overlay, shards })
    }

    /// Asks a question on one of the threads; `answer` is called there.
    pub(crate) fn ask<T: 'static>(
        &self,
        question: impl FnOnce(&View<'_>) -> Result<T, Error> + Send + 'static,
        answer: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let (overlay, shards) = (self.overlay.clone(), self.shards);
        let job: Job = Box::new(move |db| answer(look(db, &overlay, shards, question)));
        let jobs = self.jobs.as_ref().expect("it is taken only when the pool stops for good");
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Contention(format!("{QUEUE} questions wait already")),
            TrySendError::Disconnected(_) => Error::Connection("the readers have stopped".into()),
        })
    }
}

impl Pool {
    /// Answers what was asked, then closes every connection.
    pub(crate) fn stop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader ended in a panic");
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(db: &Connection, queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        job(db);
    }
}

/// Answers from one snapshot, which is opened after the generations were taken.
fn look<T>(
    db: &Connection,
    overlay: &Overlay,
    shards: u16,
    question: impl FnOnce(&View<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let generations = overlay.now();
    let snapshot = db.unchecked_transaction().map_err(from_sql)?;
    let answer = question(&View { db, generations, shards });
    // Nothing was written: the end of the snapshot can lose nothing.
    drop(snapshot.finish());
    answer
}

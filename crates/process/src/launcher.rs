//! The server's side: a supervisor is prepared, given its work, listened to, and stopped.

use crate::SUPERVISE;
use crate::output::Output;
use crate::work::{Limits, Order, Report, Work};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a thread that waits for a supervisor looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(200);
/// How long a supervisor that was stopped may take to end what it has started.
const STOPPING: Duration = Duration::from_secs(3);

/// Starts processes.
#[derive(Clone, Debug)]
pub struct Launcher {
    binary: PathBuf,
    limits: Limits,
}

/// A supervisor that has no work yet: nothing has happened.
#[derive(Debug)]
pub struct Prepared {
    supervisor: Child,
    /// The worker, once there is one, until it has ended.
    worker: Option<Pid>,
    line: Arc<Line>,
    limits: Limits,
}

/// Ends a process when it is dropped. Whoever runs it learns of it as of any other end.
#[derive(Debug)]
pub struct Stopper(Arc<Line>);

/// The socket to a supervisor.
#[derive(Debug)]
struct Line {
    socket: UnixStream,
    stopped: Mutex<Option<Instant>>,
}

/// What became of the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No worker was started, and why.
    NotStarted(String),
    /// It ended by itself, or by a limit.
    Ended(Ended),
    /// It was stopped, or nobody saw its end.
    Lost(String),
}

/// How a worker ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; 128 and the signal's number when a signal ended it.
    pub code: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote.
    pub stdout: String,
    /// What it wrote as errors.
    pub stderr: String,
    /// It was ended because it wrote more than it may.
    pub overflowed: bool,
}

impl Launcher {
    /// Starts processes by way of this binary, whose `main` asks [`crate::child`].
    pub fn new(limits: Limits) -> Self {
        // Not the path of the binary: an upgrade may have put another one there.
        Self { binary: "/proc/self/exe".into(), limits }
    }

    /// Starts a supervisor without work.
    pub fn prepare(&self) -> io::Result<Prepared> {
        let (own, other) = UnixStream::pair()?;
        let mut command = Command::new(&self.binary);
        command.arg(SUPERVISE).process_group(0).env_clear();
        if let Some(directory) = std::env::var_os("TMPDIR") {
            command.env("TMPDIR", directory);
        }
        command.stdin(Stdio::from(OwnedFd::from(other))).stdout(Stdio::piped()).stderr(Stdio::piped());
        let supervisor = command.spawn()?;
        let line = Arc::new(Line { socket: own, stopped: Mutex::default() });
        Ok(Prepared { supervisor, worker: None, line, limits: self.limits })
    }
}

impl Prepared {
    /// What ends the process from outside of the thread that runs it.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.line))
    }

    /// Gives the supervisor its work and waits until all is over. `started` is told when the worker runs.
    pub fn run(mut self, work: Work, started: impl FnOnce()) -> Outcome {
        let full = Arc::new(AtomicBool::new(false));
        let stdout = self.supervisor.stdout.take().map(|pipe| self.output(pipe, &full));
        let stderr = self.supervisor.stderr.take().map(|pipe| self.output(pipe, &full));
        let mut starting = false;
        let last = match self.give(work) {
            Ok(()) => self.listen(&mut starting, started),
            Err(error) => Some(Report::Refused(error.to_string())),
        };
        if matches!(last, Some(Report::Ended { .. })) {
            self.worker = None;
        }
        self.end();
        let read = |output: Option<Output>| output.map(Output::finish).unwrap_or_default();
        let (stdout, stderr) = (read(stdout), read(stderr));
        let (overflowed, stopped) = (full.load(Ordering::SeqCst), self.line.stopped().is_some());
        match last {
            Some(Report::Ended { code, signal }) if overflowed || !stopped => {
                Outcome::Ended(Ended { code, signal, stdout, stderr, overflowed })
            }
            Some(Report::Refused(why)) => Outcome::NotStarted(why),
            _ if !starting => Outcome::NotStarted("its supervisor ended".to_owned()),
            _ if stopped => Outcome::Lost("it was stopped".to_owned()),
            _ => Outcome::Lost("its supervisor ended".to_owned()),
        }
    }

    fn output(&self, pipe: impl io::Read + Send + 'static, full: &Arc<AtomicBool>) -> Output {
        let (line, full) = (Arc::clone(&self.line), Arc::clone(full));
        Output::read(pipe, self.limits.output_bytes, move || {
            full.store(true, Ordering::SeqCst);
            line.stop();
        })
    }

    fn give(&self, work: Work) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Order { work, limits: self.limits })?;
        line.push(b'\n');
        (&self.line.socket).write_all(&line)
    }

    /// The last report, if one came. `starting` says whether there may have been a worker.
    fn listen(&mut self, starting: &mut bool, started: impl FnOnce()) -> Option<Report> {
        let line = Arc::clone(&self.line);
        let _ = line.socket.set_read_timeout(Some(LOOK));
        let mut incoming = BufReader::new(&line.socket);
        let mut started = Some(started);
        let mut text = vec![];
        loop {
            match incoming.read_until(b'\n', &mut text) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if line.stopped().is_some_and(|at| at.elapsed() > STOPPING) {
                        return None;
                    }
                    continue;
                }
                Err(_) => return None,
            }
            match serde_json::from_slice(&text) {
                Ok(Report::Starting) => *starting = true,
                Ok(Report::Started(process)) => {
                    self.worker = Pid::from_raw(process);
                    if let Some(started) = started.take() {
                        started();
                    }
                }
                Ok(last @ (Report::Refused(_) | Report::Ended { .. })) => return Some(last),
                Err(_) => return None,
            }
            text.clear();
        }
    }

    /// Ends what is left. A supervisor has ended its worker by itself, unless it is the supervisor that failed.
    fn end(&mut self) {
        if let Some(worker) = self.worker.take() {
            let _ = kill_process_group(worker, Signal::KILL);
        }
        // Until it was waited for, nobody else has its number.
        if let Ok(None) = self.supervisor.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.supervisor), Signal::KILL);
            let _ = self.supervisor.wait();
        }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        self.end();
    }
}

impl Line {
    fn stop(&self) {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    fn stopped(&self) -> Option<Instant> {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        self.0.stop();
    }
}

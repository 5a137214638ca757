//! The supervisor: limits itself, starts the worker, and leaves nothing of it behind.

use crate::INTERPRET;
use crate::script::Script;
use crate::work::{Limits, Order, Program, Report, Work};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, getpid, kill_process, kill_process_group, setrlimit,
};
use std::fs::{self, DirBuilder};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// Where the shell is.
const SHELL: &str = "/bin/sh";
/// Where commands are looked for unless the environment says otherwise.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Rounds in which what has left the worker's group is looked for: each may make orphans of others.
const STRAY_ROUNDS: usize = 100;

pub(crate) fn main() -> ExitCode {
    match supervised() {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody is there to be told.
        Err(_) => ExitCode::FAILURE,
    }
}

fn supervised() -> io::Result<()> {
    let server = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut line = String::new();
    let mut incoming = BufReader::new(server.try_clone()?);
    // A line without an end is work that was never given.
    if incoming.read_line(&mut line)? == 0 || !line.ends_with('\n') {
        return Ok(());
    }
    let order: Order = serde_json::from_str(&line)?;
    let directory = directory()?;
    let report = perform(order, &directory, &server, incoming);
    let _ = fs::remove_dir_all(&directory);
    tell(&server, &report.unwrap_or_else(|error| Report::Refused(error.to_string())))
}

/// Runs the worker to its end, which comes early when the server goes.
fn perform(
    Order { work, limits }: Order,
    directory: &Path,
    server: &UnixStream,
    mut incoming: BufReader<UnixStream>,
) -> io::Result<Report> {
    restrict(limits)?;
    let (mut command, stdin) = command(work, limits, directory)?;
    // First, so that a worker is never there before the server knows that it may be.
    tell(server, &Report::Starting)?;
    let mut worker = command.spawn()?;
    let group = Pid::from_child(&worker);
    tell(server, &Report::Started(group.as_raw_nonzero().get()))?;
    if let Some(mut pipe) = worker.stdin.take() {
        // A worker need not read what it is given.
        thread::spawn(move || pipe.write_all(stdin.as_bytes()));
    }
    thread::spawn(move || {
        // The server never says more: whatever comes is its end.
        let _ = incoming.read(&mut [0]);
        let _ = kill_process_group(group, Signal::KILL);
    });
    let status = worker.wait()?;
    let _ = kill_process_group(group, Signal::KILL);
    end_strays();
    let signal = status.signal();
    Ok(Report::Ended { code: code(status), signal })
}

/// As a shell says it.
fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

fn tell(server: &UnixStream, report: &Report) -> io::Result<()> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    let mut server = server;
    server.write_all(&line)
}

/// The worker inherits these.
fn restrict(limits: Limits) -> io::Result<()> {
    let both = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    // The first signal can be told from others; a worker that goes on in spite of it is killed a second later.
    let cpu = Rlimit { current: Some(limits.cpu_seconds), maximum: Some(limits.cpu_seconds + 1) };
    setrlimit(Resource::Cpu, cpu)?;
    setrlimit(Resource::As, both(limits.memory_bytes))?;
    setrlimit(Resource::Fsize, both(limits.file_bytes))?;
    setrlimit(Resource::Nofile, both(limits.open_files))?;
    setrlimit(Resource::Core, both(0))?;
    rustix::thread::set_no_new_privs(true)?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // What a worker leaves behind becomes a child of this process, however far it has gone.
    rustix::process::set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// The worker, and what it reads.
fn command(work: Work, limits: Limits, directory: &Path) -> io::Result<(Command, String)> {
    let Work { program, arguments, environment, stdin } = work;
    let (mut command, stdin) = match program {
        Program::Shell { command: text } => {
            let mut command = Command::new(SHELL);
            command.args(["-c", &text, "sh"]).args(arguments);
            command.env_clear().env("PATH", PATH).env("LANG", "C.UTF-8");
            command.env("HOME", directory).env("TMPDIR", directory).envs(environment);
            (command, stdin)
        }
        Program::Script { code } => {
            let mut command = Command::new("/proc/self/exe");
            command.arg(INTERPRET).env_clear();
            let memory_bytes = usize::try_from(limits.memory_bytes / 2).unwrap_or(usize::MAX);
            let script = Script { code, arguments, environment, stdin, memory_bytes };
            (command, serde_json::to_string(&script)?)
        }
    };
    command.current_dir(directory).process_group(0).stdin(Stdio::piped());
    Ok((command, stdin))
}

/// A directory for this process alone.
fn directory() -> io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("tenure-run-{}", std::process::id()));
    // What has this name belongs to a process that is gone.
    let _ = fs::remove_dir_all(&path);
    DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

/// Ends what has left the worker's group.
fn end_strays() {
    for _ in 0..STRAY_ROUNDS {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill_process(child, Signal::KILL);
        }
        while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
        thread::sleep(Duration::from_millis(1));
    }
}

fn children() -> Vec<Pid> {
    let mut found = vec![];
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)));
    }
    found
}

//! One process of a definition: a command for the shell, or a script, under limits.
//!
//! Three processes take part. The server starts a *supervisor*, which is its own binary over again; the supervisor limits
//! itself, starts the *worker* (the shell, or this binary once more as the interpreter of scripts) in a group of its own,
//! and ends whatever is left of it. The two talk over a socket: the work one way, `started` and `ended` the other. The end
//! of the socket is the end of the worker, whoever closed it and why, so nothing outlives a server that was killed.
//!
//! Deliberately absent: tokio (a process holds three threads, and there are few), an opinion on what an outcome means,
//! and protection from a command that is hostile to the machine: a shell does what its user may do.

mod launcher;
mod output;
mod script;
mod supervisor;
mod work;

pub use launcher::{Ended, Launcher, Outcome, Prepared, Stopper};
pub use work::{
    CPU_SECONDS_MAX, FILE_BYTES_MAX, Limits, MEMORY_BYTES_MAX, OPEN_FILES_MAX, OUTPUT_BYTES_MAX, Program,
    Work,
};

use std::process::ExitCode;

/// The argument that makes a binary a supervisor.
const SUPERVISE: &str = "__supervise-process";
/// The argument that makes a binary an interpreter of scripts.
const INTERPRET: &str = "__interpret-script";

/// What `main` does before anything else: `None` when this process is to be what its user asked for.
pub fn child() -> Option<ExitCode> {
    let role = std::env::args_os().nth(1)?;
    if role == SUPERVISE {
        Some(supervisor::main())
    } else if role == INTERPRET {
        Some(script::main())
    } else {
        None
    }
}

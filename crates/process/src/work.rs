//! What a process is asked to do, as it travels from the server to the supervisor: one line of JSON.

use serde::{Deserialize, Serialize};

/// What a process is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// What is run.
    pub program: Program,
    /// What it sees as its arguments.
    pub arguments: Vec<String>,
    /// All that it sees as its environment, besides `PATH`, `HOME`, `TMPDIR` and `LANG`.
    pub environment: Vec<(String, String)>,
    /// What it can read.
    pub stdin: String,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// A command for `/bin/sh`.
    Shell {
        /// The command.
        command: String,
    },
    /// A JavaScript module.
    Script {
        /// Its text.
        code: String,
    },
}

/// What a process may use. Reaching a limit ends it, or makes what it asked for fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds of the processor, for each process of its own.
    pub cpu_seconds: u64,
    /// Bytes of address space, for each process of its own; a script may hold half of it.
    pub memory_bytes: u64,
    /// Bytes of one file that it writes.
    pub file_bytes: u64,
    /// Files that it has open at once.
    pub open_files: u64,
    /// Bytes of each of its two outputs.
    pub output_bytes: usize,
}

impl Limits {
    /// What a server allows.
    pub const DEFAULT: Self = Self {
        cpu_seconds: CPU_SECONDS_MAX,
        memory_bytes: MEMORY_BYTES_MAX,
        file_bytes: FILE_BYTES_MAX,
        open_files: OPEN_FILES_MAX,
        output_bytes: OUTPUT_BYTES_MAX,
    };
}

/// Seconds of the processor that one process of a `run` may use.
pub const CPU_SECONDS_MAX: u64 = 60;
/// Bytes of address space of one process of a `run`; a script may hold half of it.
pub const MEMORY_BYTES_MAX: u64 = 512 << 20;
/// Bytes of one file that a `run` writes into its directory, which is removed when it ends.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Files that one process of a `run` has open at once.
pub const OPEN_FILES_MAX: u64 = 256;
/// Bytes of the standard output of a `run`, and of its standard error: both fit a payload.
pub const OUTPUT_BYTES_MAX: usize = 256 << 10;

/// The line that the server sends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) work: Work,
    pub(crate) limits: Limits,
}

/// A line that the supervisor sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// From here on there may be a worker.
    Starting,
    /// There is no worker, and why.
    Refused(String),
    /// The worker runs: its process, which leads its group.
    Started(i32),
    /// The worker has ended, and what was left of its group with it.
    Ended {
        /// 128 and the signal's number when a signal ended it.
        code: i32,
        signal: Option<i32>,
    },
}

//! The append-only log of the effect server: one line of JSON a call, synced before the call is answered.

use super::script::{Decision, decide};
use super::wire::Received;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// How often a step's effect may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    AtMostOnce,
    ExactlyOnceWithKey,
    AtLeastOnce,
}

impl Mode {
    fn of(text: &str) -> Self {
        match text {
            "at_most_once" => Self::AtMostOnce,
            "exactly_once_with_key" => Self::ExactlyOnceWithKey,
            "at_least_once" => Self::AtLeastOnce,
            other => panic!("`{other}` is no mode"),
        }
    }
}

/// A logical step: a task of a run in one iteration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) run: String,
    pub(crate) task: String,
    pub(crate) iteration: String,
}

/// One call as the world saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) at_ms: u64,
    pub(crate) tenant: String,
    pub(crate) step: Step,
    pub(crate) mode: Mode,
    pub(crate) key: String,
    pub(crate) body_digest: String,
    pub(crate) decision: Decision,
}

#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    count: usize,
    /// Calls of a step so far, and whether one was executed.
    steps: BTreeMap<Step, (usize, bool)>,
}

impl Log {
    pub(crate) fn create(path: &Path) -> Self {
        let file = File::options().create_new(true).append(true).open(path).unwrap();
        Self { path: path.into(), state: Mutex::new(State { file, count: 0, steps: BTreeMap::new() }) }
    }

    /// Decides what becomes of a call, and makes that durable.
    pub(crate) fn record(&self, request: &Received) -> Decision {
        let mode = Mode::of(&request.header("x-mode"));
        let step = request.step();
        let script = request.path.rsplit('/').next().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        let (earlier, executed) = state.steps.get(&step).copied().unwrap_or_default();
        let decision = decide(script, mode, earlier, executed);
        state.steps.insert(step.clone(), (earlier + 1, executed || decision.executes()));
        let call = Call {
            at_ms: now_ms(),
            tenant: request.header("x-tenant-id"),
            step,
            mode,
            key: request.header("idempotency-key"),
            body_digest: format!("{:x}", Sha256::digest(&request.body)),
            decision,
        };
        let line = serde_json::to_string(&call).unwrap();
        writeln!(state.file, "{line}").unwrap();
        state.file.sync_data().unwrap();
        state.count += 1;
        decision
    }

    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap().count
    }

    pub(crate) fn read(&self) -> Vec<Call> {
        let text = std::fs::read_to_string(&self.path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

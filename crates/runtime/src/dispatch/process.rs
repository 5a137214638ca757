//! Runs `run.script` and `run.shell`: a few processes at once, each stopped with its call.
//!
//! The work leaves for its supervisor only after the guard's word; what is lost from then on may have done anything.
//! Deliberately absent: what an end means, and the processes themselves, which are `tenure-process`'s.

use super::Times;
use super::outcome::{not_sent, unknown};
use std::sync::Arc;
use std::{io, thread};
use tenure_dsl::switches::Switches;
use tenure_engine::execution::{Answer, CallOutcome, ProcessRequest, Program};
use tenure_process::{Ended, Launcher, Limits, Outcome, Prepared, Stopper, Work};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

/// Processes at once, of all tenants: each may use a core and its share of memory.
pub const PROCESSES_MAX: usize = 8;

/// Runs processes.
#[derive(Debug)]
pub(super) struct Runner {
    switches: Switches,
    launcher: Launcher,
    room: Arc<Semaphore>,
}

impl Runner {
    pub(super) fn new(switches: Switches) -> Self {
        let room = Arc::new(Semaphore::new(PROCESSES_MAX));
        Self { switches, launcher: Launcher::new(Limits::DEFAULT), room }
    }

    /// Performs the attempt. `may_send` is asked at the last instant before the work can leave.
    pub(super) async fn perform(
        &self,
        recorded: &ProcessRequest,
        times: &Times,
        may_send: &impl Fn() -> bool,
    ) -> CallOutcome {
        // A definition may have been registered before the operator changed his mind.
        let on = match recorded.program {
            Program::Script(_) => self.switches.script,
            Program::Shell(_) => self.switches.shell,
        };
        if !on {
            let detail = format!("the operator of this server has not switched `{}` on", recorded.kind());
            return not_sent("switched_off", &detail);
        }
        let Ok(room) = timeout_at(times.send_by(), Arc::clone(&self.room).acquire_owned()).await else {
            return not_sent("guard", "the send-by passed while the process waited for others");
        };
        let room = room.expect("the semaphore is never closed");
        let prepared = match self.launcher.prepare() {
            Ok(prepared) => prepared,
            Err(error) => return not_sent("spawn", &format!("no process can be started: {error}")),
        };
        if Instant::now() >= times.send_by() || !may_send() {
            return not_sent("guard", "the send-by has passed, or the right to send is gone");
        }
        let running = match Running::start(prepared, work(recorded), room) {
            Ok(running) => running,
            Err(error) => return not_sent("spawn", &format!("no process can be started: {error}")),
        };
        if recorded.awaited { running.end(times.deadline).await } else { running.leave(times.deadline).await }
    }
}

/// A process under way. Dropping it stops the process, and all that it has started.
struct Running {
    started: oneshot::Receiver<()>,
    outcome: oneshot::Receiver<Outcome>,
    _stopper: Stopper,
}

impl Running {
    /// Gives the work away, to a thread that holds its place until the process is gone.
    fn start(prepared: Prepared, work: Work, room: OwnedSemaphorePermit) -> io::Result<Self> {
        let stopper = prepared.stopper();
        let (tell_started, started) = oneshot::channel();
        let (tell, outcome) = oneshot::channel();
        thread::Builder::new().name("process".to_owned()).spawn(move || {
            let ended = prepared.run(work, || {
                let _ = tell_started.send(());
            });
            drop(room);
            let _ = tell.send(ended);
        })?;
        Ok(Self { started, outcome, _stopper: stopper })
    }

    /// Waits for the end, and no longer than until the deadline.
    async fn end(mut self, deadline: Instant) -> CallOutcome {
        match timeout_at(deadline, &mut self.outcome).await {
            Ok(Ok(outcome)) => reported(outcome),
            Ok(Err(_)) => unknown("process_lost", "nobody saw the process end"),
            Err(_) => unknown("timeout", "the process had not ended before the deadline, and was ended"),
        }
    }

    /// Waits until it runs, and leaves it alone until the deadline.
    async fn leave(mut self, deadline: Instant) -> CallOutcome {
        match timeout_at(deadline, &mut self.started).await {
            Ok(Ok(())) => {
                tokio::spawn(self.end(deadline));
                answered(&Ended::default())
            }
            // It never ran, or was so quick that its end came first.
            Ok(Err(_)) | Err(_) => self.end(deadline).await,
        }
    }
}

fn work(recorded: &ProcessRequest) -> Work {
    let program = match &recorded.program {
        Program::Script(code) => tenure_process::Program::Script { code: code.to_string() },
        Program::Shell(command) => tenure_process::Program::Shell { command: command.clone() },
    };
    Work {
        program,
        arguments: recorded.arguments.clone(),
        environment: recorded.environment.clone(),
        stdin: recorded.stdin.clone(),
    }
}

fn reported(outcome: Outcome) -> CallOutcome {
    match outcome {
        Outcome::NotStarted(why) => not_sent("spawn", &format!("the process was not started: {why}")),
        Outcome::Ended(ended) => answered(&ended),
        Outcome::Lost(why) => unknown("process_lost", &why),
    }
}

/// How the engine is told of an end.
fn answered(ended: &Ended) -> CallOutcome {
    let body = serde_json::json!({
        "code": ended.code,
        "signal": ended.signal,
        "overflowed": ended.overflowed,
        "stdout": ended.stdout,
        "stderr": ended.stderr,
    });
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    CallOutcome::Answered(Answer {
        status: 200,
        headers,
        body: body.to_string().into_bytes(),
        truncated: false,
    })
}

//! The effect server: the world outside, with a log of its own that outlives every kill.

mod log;
mod script;
mod wire;

pub(crate) use log::{Call, Mode, Step};

use log::Log;
use script::Decision;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use wire::Received;

/// How long a slow receiver takes.
const SLOW: Duration = Duration::from_millis(150);

/// The running server. Its threads end with the test's process.
#[derive(Debug)]
pub(crate) struct Effects {
    url: String,
    log: Arc<Log>,
}

impl Effects {
    /// Starts it with a log at `path`.
    pub(crate) fn start(path: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Log::create(path));
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &log));
            }
        });
        Self { url, log }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many calls have arrived.
    pub(crate) fn count(&self) -> usize {
        self.log.count()
    }

    /// What is in the log's file, not in memory.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.log.read()
    }
}

/// One connection, request after request, until somebody ends it.
fn serve(mut stream: TcpStream, log: &Log) {
    let _ = stream.set_nodelay(true);
    while let Some(request) = wire::receive(&mut stream) {
        // Logged and synced before anything is answered.
        let decision = log.record(&request);
        match decision {
            Decision::Drop | Decision::Reset => return wire::reset(&stream),
            Decision::Slow => {
                thread::sleep(SLOW);
                wire::answer(&mut stream, 200, &request);
            }
            Decision::Ok | Decision::Known => wire::answer(&mut stream, 200, &request),
            Decision::Busy => wire::answer(&mut stream, 503, &request),
            Decision::Refuse => wire::answer(&mut stream, 409, &request),
            Decision::Twice => wire::answer_twice(&mut stream, 200, &request),
        }
    }
}

impl Received {
    /// The step that the request belongs to.
    fn step(&self) -> Step {
        Step { run: self.header("x-run"), task: self.header("x-task"), iteration: self.header("x-iteration") }
    }
}

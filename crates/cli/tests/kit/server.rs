//! A `tenure dev` process on a directory of its own.

use kit::Target;
use serde_json::Value;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server that is not ready after this long will not be.
const READY_MAX: Duration = Duration::from_mins(1);

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    data: TempDir,
    dev: Value,
}

impl Server {
    /// Starts one without the demonstration, which may call this machine.
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_tenure"))
            .args(["dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--no-demo"])
            .args(["--run", "script,shell", "--data"])
            .arg(data.path())
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(data.path().join("stderr.log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { child, data, dev: Value::Null };
        server.await_ready();
        server
    }

    fn await_ready(&mut self) {
        let begun = Instant::now();
        while self.dev["pid"] != self.child.id() {
            let text = std::fs::read_to_string(self.data.path().join("dev.json")).unwrap_or_default();
            self.dev = serde_json::from_str(&text).unwrap_or_default();
            let ended = self.child.try_wait().unwrap();
            let log = || std::fs::read_to_string(self.data.path().join("stderr.log")).unwrap_or_default();
            assert!(ended.is_none(), "the server has ended:\n{}", log());
            assert!(begun.elapsed() < READY_MAX, "the server is not ready:\n{}", log());
            sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn target(&self) -> Target {
        let api = self.dev["api"].as_str().unwrap();
        Target {
            api: api.trim_start_matches("http://").parse().unwrap(),
            token: self.dev["tokens"]["demo-admin"].as_str().unwrap().into(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

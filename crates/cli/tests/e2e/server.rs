//! A `tenure dev` process on a data directory, and the command line beside it.

use crate::http::Http;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A server that is not ready after this long will not be.
const READY_MAX: Duration = Duration::from_mins(1);
/// Between two looks at something that another process does.
const LOOK: Duration = Duration::from_millis(5);

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) data: PathBuf,
    pub(crate) dev: Value,
}

impl Server {
    /// Starts one without the demonstration and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &["--no-demo"])
    }

    pub(crate) fn start_with(data: &Path, args: &[&str]) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let log =
            |name: &str| std::fs::File::options().create(true).append(true).open(data.join(name)).unwrap();
        let child = tenure()
            .args(["dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(args)
            .arg("--data")
            .arg(data)
            .stdin(Stdio::null())
            .stdout(log("stdout.log"))
            .stderr(log("stderr.log"))
            .spawn()
            .unwrap();
        let mut server = Self { child, data: data.into(), dev: Value::Null };
        server.await_ready();
        server
    }

    /// The file of an earlier process may still be there: its process tells them apart.
    fn await_ready(&mut self) {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(self.data.join("dev.json")).unwrap_or_default();
            let dev: Value = serde_json::from_str(&text).unwrap_or_default();
            if dev["pid"] == self.child.id() {
                self.dev = dev;
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            assert!(begun.elapsed() < READY_MAX, "the server is not ready:\n{}", self.log());
            sleep(LOOK);
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("stderr.log")).unwrap_or_default()
    }

    pub(crate) fn http(&self) -> Http {
        self.http_as("demo-admin")
    }

    pub(crate) fn http_as(&self, token: &str) -> Http {
        let api = self.dev["api"].as_str().unwrap();
        Http {
            address: api.trim_start_matches("http://").trim_end_matches('/').parse().unwrap(),
            token: self.dev["tokens"][token].as_str().unwrap().into(),
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not end:\n{}", self.log());
            sleep(LOOK);
        }
    }

    /// Runs the command line against this server.
    pub(crate) fn cli(&self, args: &[&str]) -> Ran {
        self.cli_as(args, &[])
    }

    pub(crate) fn cli_as(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        Ran::of(
            &tenure().args(args).arg("--data").arg(&self.data).envs(env.iter().copied()).output().unwrap(),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The data as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The binary, without anything from the environment that would change what it does.
pub(crate) fn tenure() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    command
        .env_remove("TENURE_URL")
        .env_remove("TENURE_TOKEN")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("NO_COLOR", "1");
    command
}

/// Waits for something that another process does.
pub(crate) fn eventually<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < limit, "{what}: not within {limit:?}");
        sleep(LOOK * 10);
    }
}

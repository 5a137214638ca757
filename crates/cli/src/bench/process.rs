//! The measured server and the step server as processes of their own.

use super::steps::Seen;
use crate::client::{Body, Client};
use crate::context::{Context, read_dev_file};
use crate::error::{Code, Error};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tenure_server::dev::DevFile;
use url::Url;

/// A server that is not ready after this long will not be.
const READY_MS_MAX: u64 = 120_000;
/// Between two looks whether it is.
const LOOK_MS: u64 = 1;

/// A `tenure dev` on a data directory of its own.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    dev: DevFile,
    data: PathBuf,
    /// From its spawning to its being ready.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts one and waits until it is ready. Its log goes to `server.log` beside its data.
    pub(crate) fn start(data: &Path) -> Result<Self, Error> {
        let failed = |cause: String| {
            Error::new(Code::Bench, format!("the measured server does not start: {cause}"))
                .next(format!("`tenure dev --data {}` shows why", data.display()))
        };
        let log = std::fs::File::options().create(true).append(true).open(data.join("server.log"));
        let log = log.map_err(|error| failed(error.to_string()))?;
        let begun = Instant::now();
        let child = Command::new(own_program()?)
            .args([
                "dev",
                "--no-demo",
                "--egress",
                "open",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
            ])
            .arg("--data")
            .arg(data)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut guard = Guard(Some(child));
        loop {
            let child = guard.0.as_mut().ok_or_else(|| failed("it is gone".into()))?;
            if let Some(status) = child.try_wait().map_err(|error| failed(error.to_string()))? {
                let log = std::fs::read_to_string(data.join("server.log")).unwrap_or_default();
                return Err(failed(format!("{status}\n{log}")));
            }
            let pid = child.id();
            // The file of an earlier process may still be there: its process tells them apart.
            if let Some(dev) = read_dev_file(&data.join("dev.json")).ok().filter(|dev| dev.pid == pid) {
                let child = guard.0.take().ok_or_else(|| failed("it is gone".into()))?;
                return Ok(Self { child, dev, data: data.into(), ready_after: begun.elapsed() });
            }
            if begun.elapsed() > Duration::from_millis(READY_MS_MAX) {
                return Err(failed("it is not ready after two minutes".into()));
            }
            std::thread::sleep(Duration::from_millis(LOOK_MS));
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The API's `host:port`.
    pub(crate) fn authority(&self) -> &str {
        self.dev.api.trim_start_matches("http://").trim_end_matches('/')
    }

    /// The admin listener's `host:port`.
    pub(crate) fn admin_authority(&self) -> &str {
        self.dev.admin.trim_start_matches("http://").trim_end_matches('/')
    }

    /// The value of `Authorization` that has one of the development tokens.
    pub(crate) fn authorization_of(&self, token: &str) -> String {
        let token = self.dev.tokens.get(token).map(String::as_str).unwrap_or_default();
        format!("Bearer {token}")
    }

    /// A client of the API for the tenant that is measured.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        self.client_of("demo-admin")
    }

    /// A client of the API with one of the development tokens.
    pub(crate) fn client_of(&self, token: &str) -> Result<Client, Error> {
        let url = Url::parse(&self.dev.api)
            .map_err(|error| Error::new(Code::Bench, format!("the server's address is none: {error}")))?;
        let token = self.dev.tokens.get(token).cloned();
        Ok(Client::new(Context { url, token, tenant: None, origin: "bench".into() }, "bench"))
    }

    /// Ends it without any warning.
    pub(crate) fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a process that nobody took over.
#[derive(Debug)]
struct Guard(Option<Child>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The step server's process; it ends when its stdin does.
#[derive(Debug)]
pub(crate) struct Steps {
    child: Child,
    url: String,
}

impl Steps {
    /// Starts it.
    pub(crate) fn start() -> Result<Self, Error> {
        let failed =
            |cause: String| Error::new(Code::Bench, format!("the step server does not start: {cause}"));
        let mut child = Command::new(own_program()?)
            .args(["bench", "step-server"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let stdout = child.stdout.take().ok_or_else(|| failed("it has no stdout".into()))?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).map_err(|error| failed(error.to_string()))?;
        Ok(Self { child, url: url.trim().into() })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Forgets what it has seen.
    pub(crate) async fn reset(&self) -> Result<(), Error> {
        self.client()?.post("/reset", Body::Empty).await.map(drop)
    }

    /// What it has seen.
    pub(crate) async fn seen(&self) -> Result<Seen, Error> {
        let body = self.client()?.get("/seen").await?.body;
        serde_json::from_value(body).map_err(|error| {
            Error::new(Code::Bench, format!("the step server's answer makes no sense: {error}"))
        })
    }

    fn client(&self) -> Result<Client, Error> {
        let url = Url::parse(&self.url).map_err(|error| {
            Error::new(Code::Bench, format!("the step server's address is none: {error}"))
        })?;
        Ok(Client::new(Context { url, token: None, tenant: None, origin: "step server".into() }, "bench"))
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn own_program() -> Result<PathBuf, Error> {
    std::env::current_exe()
        .map_err(|error| Error::new(Code::Bench, format!("cannot find this program: {error}")))
}

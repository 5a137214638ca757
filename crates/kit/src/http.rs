//! The smallest HTTP client: one request on one connection, with one credential.

use crate::wire;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer of a healthy server takes.
const TIMEOUT: Duration = Duration::from_secs(40);

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// Whether the server repeats an earlier answer.
    pub(crate) replayed: bool,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    /// The media type and the text.
    pub(crate) body: Option<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Request {
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), body: None, headers: vec![] }
    }

    pub(crate) fn post(target: impl Into<String>, body: &Value) -> Self {
        let body = Some(("application/json", body.to_string()));
        Self { method: "POST", target: target.into(), body, headers: vec![] }
    }

    pub(crate) fn yaml(target: impl Into<String>, text: &str) -> Self {
        let body = Some(("application/yaml", text.to_owned()));
        Self { method: "POST", target: target.into(), body, headers: vec![] }
    }
}

/// Sends a request and reads its answer.
pub(crate) fn send(address: SocketAddr, token: &str, request: &Request) -> Result<Answer, String> {
    let what = format!("{} {}", request.method, request.target);
    exchange(address, token, request).map_err(|error| format!("{what}: {error}"))
}

fn exchange(address: SocketAddr, token: &str, request: &Request) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let Request { method, target, .. } = request;
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    );
    for (name, value) in &request.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let text = request.body.as_ref().map_or("", |(kind, text)| {
        let _ = write!(head, "Content-Type: {kind}\r\nContent-Length: {}\r\n", text.len());
        text
    });
    stream.write_all(format!("{head}\r\n{text}").as_bytes())?;
    let message = wire::read(&mut BufReader::new(stream))?;
    let message = message.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    let status = message.first.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let replayed = message.header("idempotency-replayed") == Some("true");
    Ok(Answer { status, body: serde_json::from_slice(&message.body).unwrap_or(Value::Null), replayed })
}

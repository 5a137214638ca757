//! The smallest HTTP client: one request on one connection.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer of a healthy server takes.
const TIMEOUT: Duration = Duration::from_secs(40);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Speaks to one server with one credential.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl Http {
    pub(crate) fn get(&self, target: &str) -> io::Result<Answer> {
        self.send("GET", target, None, &[])
    }

    pub(crate) fn post(&self, target: &str, body: &Value, headers: &[(&str, &str)]) -> io::Result<Answer> {
        self.send("POST", target, Some(("application/json", body.to_string())), headers)
    }

    pub(crate) fn post_yaml(&self, target: &str, text: &str) -> io::Result<Answer> {
        self.send("POST", target, Some(("application/yaml", text.into())), &[])
    }

    fn send(
        &self,
        method: &str,
        target: &str,
        body: Option<(&str, String)>,
        headers: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
            self.address, self.token
        );
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let text = body.map_or_else(String::new, |(kind, text)| {
            let _ = write!(head, "Content-Type: {kind}\r\nContent-Length: {}\r\n", text.len());
            text
        });
        stream.write_all(format!("{head}\r\n{text}").as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        parse(&bytes)
    }
}

fn parse(bytes: &[u8]) -> io::Result<Answer> {
    let broken = |what: &str| io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned());
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(|| broken("no head"))?;
    let head = String::from_utf8_lossy(&bytes[..split]).to_ascii_lowercase();
    let status = head.split_ascii_whitespace().nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| broken("no status"))?;
    let mut body = bytes[split + 4..].to_vec();
    if head.contains("transfer-encoding: chunked") {
        body = unchunked(&body).ok_or_else(|| broken("cut off"))?;
    } else if let Some(line) = head.lines().find_map(|line| line.strip_prefix("content-length:")) {
        let length: usize = line.trim().parse().map_err(|_| broken("no length"))?;
        if body.len() < length {
            return Err(broken("cut off"));
        }
    }
    Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

#[test]
fn a_chunked_answer_is_put_together_and_a_cut_one_is_an_error() {
    let whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
    assert_eq!(parse(whole).unwrap().body, serde_json::json!({ "a": 1 }));
    assert!(parse(&whole[..whole.len() - 8]).is_err());
    assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}").is_err());
}

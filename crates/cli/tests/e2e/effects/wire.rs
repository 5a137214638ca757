//! HTTP/1.1 by hand, so that the receiver can misbehave exactly as its script says.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// A request.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    head: String,
}

impl Received {
    /// A header's value; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.head.lines().skip(1).find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        value.unwrap_or_default()
    }
}

/// The next request; `None` when the connection ends.
pub(crate) fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let split = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let path = head.split_ascii_whitespace().nth(1)?.to_owned();
    let mut received = Received { path, body: bytes[split + 4..].to_vec(), head };
    let length: usize = received.header("content-length").parse().unwrap_or(0);
    while received.body.len() < length {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(read) => received.body.extend_from_slice(&chunk[..read]),
        }
    }
    Some(received)
}

/// Answers; a caller that is gone does not matter.
pub(crate) fn answer(stream: &mut TcpStream, status: u16, request: &Received) {
    let _ = stream.write_all(text(status, request).as_bytes());
}

/// Answers with two answers in one piece, as a broken proxy does. In one piece, because HTTP/1.1 gives a client nothing
/// to tell an answer that comes after its next request from the answer to that request.
pub(crate) fn answer_twice(stream: &mut TcpStream, status: u16, request: &Received) {
    let _ = stream.write_all(text(status, request).repeat(2).as_bytes());
}

fn text(status: u16, request: &Received) -> String {
    let body = serde_json::json!({ "path": request.path, "status": status }).to_string();
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Ends the connection without an answer.
pub(crate) fn reset(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

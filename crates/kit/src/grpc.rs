//! The service as gRPC: HTTP/2 in the clear, on the port where it also speaks HTTP/1.1.
//!
//! Messages are maps by the numbers of their fields, so that nothing needs to know their types: whole numbers, booleans
//! and texts, which is what bytes are read as too. Deliberately absent: streams, compression, TLS.

use crate::service::{Answer, Call};
use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use serde_json::{Map, Value};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

/// How every connection of HTTP/2 begins, and none of HTTP/1.1.
const PREFACE: &[u8] = b"PRI";
/// Bytes before a message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// Whether a peer speaks HTTP/2. Nothing is read.
pub(crate) fn spoken(stream: &TcpStream) -> bool {
    let mut first = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut first) {
            Ok(length) if length == first.len() => return first == *PREFACE,
            Ok(1..) if PREFACE.starts_with(&first[..1]) => {}
            _ => return false,
        }
    }
}

/// One connection, until somebody ends it. `decide` remembers a call and says how it is answered.
pub(crate) fn serve(
    stream: TcpStream,
    decide: impl Fn(Call) -> Answer + Clone + Send + 'static,
) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let ending = Arc::new(stream.try_clone()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
        while let Some(request) = connection.accept().await {
            let (request, respond) = request.map_err(io::Error::other)?;
            let (decide, ending) = (decide.clone(), Arc::clone(&ending));
            tokio::spawn(async move {
                let answer = match read(request).await {
                    Ok(call) => decide(call),
                    Err(_) => return,
                };
                tokio::time::sleep(answer.delay).await;
                if answer.drop {
                    let _ = ending.shutdown(Shutdown::Both);
                } else if answer.hang {
                    std::future::pending::<()>().await;
                } else {
                    let _ = write(respond, &answer);
                }
            });
        }
        Ok(())
    })
}

async fn read(request: Request<RecvStream>) -> Result<Call, h2::Error> {
    let (head, mut incoming) = request.into_parts();
    let mut body = vec![];
    while let Some(data) = incoming.data().await {
        let data = data?;
        incoming.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let message = body.get(PREFIX_BYTES..).and_then(fields).map(Value::Object);
    Ok(Call {
        route: format!("{} {}", head.method, head.uri.path()),
        query: String::new(),
        headers,
        body: message.unwrap_or_else(|| Value::from("this is no message")),
    })
}

/// What an answer says, with its headers as trailers. Without a message there are only headers.
fn write(mut respond: SendResponse<Bytes>, answer: &Answer) -> Result<(), h2::Error> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(answer.grpc_status));
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            trailers.insert(name, value);
        }
    }
    trailers.remove(CONTENT_TYPE);
    let mut response = Response::new(());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    let Some(message) = &answer.message else {
        response.headers_mut().extend(trailers);
        return respond.send_response(response, true).map(|_| ());
    };
    let mut stream = respond.send_response(response, false)?;
    stream.send_data(framed(&encoded(message)).into(), false)?;
    stream.send_trailers(trailers)
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("messages of scenarios are small");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

/// The fields of a message by number; `None` when it is none, or has fields of other kinds.
fn fields(mut message: &[u8]) -> Option<Map<String, Value>> {
    let mut found = Map::new();
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        let value = match tag & 7 {
            0 => Value::from(varint(&mut message)?),
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                let (text, rest) = message.split_at_checked(length)?;
                message = rest;
                Value::from(String::from_utf8_lossy(text))
            }
            _ => return None,
        };
        found.insert((tag >> 3).to_string(), value);
    }
    Some(found)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7F) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn encoded(message: &Map<String, Value>) -> Vec<u8> {
    let mut bytes = vec![];
    for (number, value) in message {
        let tag = number.parse::<u64>().unwrap_or_default() << 3;
        match value {
            Value::String(text) => {
                put(&mut bytes, tag | 2);
                put(&mut bytes, text.len() as u64);
                bytes.extend(text.as_bytes());
            }
            other => {
                put(&mut bytes, tag);
                put(&mut bytes, other.as_u64().unwrap_or_else(|| u64::from(other == &Value::Bool(true))));
            }
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7F {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_are_maps_by_the_numbers_of_their_fields() {
        let Value::Object(message) = json!({ "1": "A", "2": 300 }) else { unreachable!() };
        let bytes = encoded(&message);
        assert_eq!(bytes, [10, 1, b'A', 16, 0xAC, 2]);
        assert_eq!(fields(&bytes), Some(message));
        assert_eq!(fields(&[10, 9, b'A']), None);
        assert_eq!(framed(&[8, 7]), [0, 0, 0, 0, 2, 8, 7]);
    }
}

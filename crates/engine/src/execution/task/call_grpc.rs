//! `call: grpc`: the message is encoded once, when the task starts, and the answer's decoded with the same method.
//!
//! Deliberately absent: HTTP/2, and streams, which are refused when the definition is registered.

use super::super::dataflow;
use super::super::effect::Protection;
use super::super::empty_object;
use super::super::history::Begun;
use super::super::input::Answer;
use super::super::limits::EXCERPT_BYTES_MAX;
use super::super::request::{GrpcRequest, Request};
use super::super::step::Turn;
use super::call_http::{authentication, begin, too_large};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::GrpcCall;
use tenure_types::limits::PAYLOAD_BYTES_MAX;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &GrpcCall,
) -> Result<(Begun, Next), Error> {
    let arguments = match &call.arguments {
        Some(template) => {
            dataflow::eval_opaque(template, entering.input(), &entering.scope(turn), "with.arguments")?
        }
        None => empty_object(),
    };
    if arguments.is_opaque() {
        let why = "`with.arguments` holds a secret, and a message is recorded as it is sent";
        return Err(Error::configuration(why));
    }
    let message = call.method.encode(&arguments);
    let message = message.map_err(|why| Error::validation(format!("`with.arguments`: {why}")))?;
    if message.len() > PAYLOAD_BYTES_MAX {
        let detail = format!(
            "`with.arguments` has {} bytes: the limit `payload_bytes_max` is {PAYLOAD_BYTES_MAX}",
            message.len()
        );
        return Err(Error::runtime(detail));
    }
    let request = GrpcRequest { server: call.server.to_string(), path: call.method.path(), message };
    let authentication = authentication(turn, entering, call.authentication.as_ref())?;
    let protection = Protection { authentication, ..Protection::default() };
    Ok(begin(turn, entering, (Request::Grpc(Arc::new(request)), protection), call.effect, None))
}

/// Whether the receiver says that it has done what it was asked.
pub(in super::super) fn good(answer: &Answer) -> bool {
    code(answer) == Some(0)
}

/// What an answer means: the task's raw output, or its error.
pub(in super::super) fn read(call: &GrpcCall, request: &GrpcRequest, answer: &Answer) -> Result<Json, Error> {
    match code(answer) {
        None | Some(0) if answer.truncated => Err(too_large()),
        Some(0) => call.method.decode(&answer.body).map_err(|why| {
            Error::communication(502, format!("the answer of {} cannot be read: {why}", request.path))
        }),
        Some(code) => Err(fault(request, code, answer)),
        None => {
            let detail = format!(
                "{} was answered with HTTP status {} and no gRPC status",
                request.path, answer.status
            );
            let status = if (400..=599).contains(&answer.status) { answer.status } else { 502 };
            Err(Error::communication(status, detail))
        }
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().rev().find(|(own, _)| own == name).map(|(_, value)| &**value)
}

fn code(answer: &Answer) -> Option<u32> {
    header(answer, "grpc-status")?.trim().parse().ok()
}

/// The status codes of gRPC as errors of the DSL.
fn fault(request: &GrpcRequest, code: u32, answer: &Answer) -> Error {
    let said = decoded(header(answer, "grpc-message").unwrap_or_default());
    let text = |name: &str| {
        let mut detail = format!("{} was answered with {name}", request.path);
        if !said.is_empty() {
            detail.push_str(": ");
            detail.push_str(&said);
        }
        detail
    };
    match code {
        1 => Error::communication(499, text("CANCELLED")),
        3 => Error::validation(text("INVALID_ARGUMENT")),
        4 => Error::timeout(text("DEADLINE_EXCEEDED")),
        5 => Error::communication(404, text("NOT_FOUND")),
        6 => Error::communication(409, text("ALREADY_EXISTS")),
        7 => Error::authorization(text("PERMISSION_DENIED")),
        8 => Error::communication(429, text("RESOURCE_EXHAUSTED")),
        9 => Error::communication(400, text("FAILED_PRECONDITION")),
        10 => Error::communication(409, text("ABORTED")),
        11 => Error::communication(400, text("OUT_OF_RANGE")),
        12 => Error::communication(501, text("UNIMPLEMENTED")),
        13 => Error::communication(500, text("INTERNAL")),
        14 => Error::communication(503, text("UNAVAILABLE")),
        15 => Error::communication(500, text("DATA_LOSS")),
        16 => Error::authentication(text("UNAUTHENTICATED")),
        2 => Error::communication(500, text("UNKNOWN")),
        other => Error::communication(500, text(&format!("the unknown status {other}"))),
    }
}

/// `grpc-message` is percent-encoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match text.char_indices().find(|(at, c)| at + c.len_utf8() > EXCERPT_BYTES_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

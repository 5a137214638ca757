//! One request and its answer over one HTTP/1.1 connection, and what is known when that breaks.
//!
//! The connection is driven by whoever uses it, not by a task of its own: a request, its answer and the clock are one
//! task's business, so that an answer costs one wake-up. An idle connection is therefore looked at when it is taken
//! again, not before. Whether anything was sent is not guessed from the kind of error: the bytes that the system has
//! taken are counted.

use super::outcome::chain;
use super::request::Outgoing;
use crate::egress::{BytesWritten, Connection, Silence};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::response::Parts;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tenure_engine::execution::{Answer, rpc};
use tenure_types::limits::PAYLOAD_BYTES_MAX;
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes of an answer's header section, and of the buffer that reads it.
pub const ANSWER_HEADER_BYTES_MAX: usize = 64 * 1024;
/// Headers of an answer.
pub const ANSWER_HEADERS_MAX: usize = 100;

/// How an exchange ended.
#[derive(Debug)]
pub(super) enum Exchange {
    /// The whole answer.
    Answered(Answer),
    /// No byte of the request left.
    NotSent(String),
    /// Something left and no whole answer came. The word is one of `timeout`, `reset`, `protocol`.
    Unknown(&'static str, String),
}

/// Where an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// With its body.
    End,
    /// With the reply of this id, when it is a stream of events, which need not end.
    Reply(i64),
}

impl Until {
    fn reached(self, headers: &HeaderMap, body: &[u8]) -> bool {
        let Self::Reply(id) = self else { return false };
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        body.ends_with(b"\n") && kind.is_some_and(|kind| rpc::replied(kind, body, id))
    }
}

/// An HTTP/1.1 connection.
#[derive(Debug)]
pub(super) struct Http1 {
    sender: SendRequest<Full<Bytes>>,
    connection: http1::Connection<TokioIo<Connection>, Full<Bytes>>,
    written: BytesWritten,
    silence: Silence,
    /// Set when the connection's future has ended: it may not be polled again.
    ended: bool,
    /// How long the other side keeps an idle connection, if it said so.
    keep_alive: Option<Duration>,
}

impl Http1 {
    /// Puts HTTP/1.1 on a connection. Nothing is sent.
    pub(super) async fn open(stream: Connection) -> Result<Self, hyper::Error> {
        let (written, silence) = (stream.written(), stream.silence());
        let (sender, connection) = http1::Builder::new()
            .max_headers(ANSWER_HEADERS_MAX)
            .max_header_size(ANSWER_HEADER_BYTES_MAX)
            .max_buf_size(ANSWER_HEADER_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Self { sender, connection, written, silence, ended: false, keep_alive: None })
    }

    /// Looks whether the connection is still open and takes a request.
    pub(super) async fn ready(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(!self.ended && self.sender.is_ready())
        })
        .await
    }

    /// Whether nothing has come that nobody asked for: a stray answer must not be taken for the next request's. One that
    /// comes after that request cannot be told apart; HTTP/1.1 has no way to.
    pub(super) fn silent(&self) -> bool {
        self.silence.holds()
    }

    /// How long the other side said it keeps the connection when idle.
    pub(super) fn keep_alive(&self) -> Option<Duration> {
        self.keep_alive
    }

    /// Sends the request and reads the whole answer. The first byte leaves before `send_by` or not at all; the answer
    /// has ended before `deadline` or is unknown.
    pub(super) async fn exchange(
        &mut self,
        request: Outgoing,
        send_by: Instant,
        deadline: Instant,
        until: Until,
    ) -> Exchange {
        let before = self.written.count();
        let mut timer = pin!(sleep_until(deadline));
        let mut response = pin!(self.sender.try_send_request(request));
        let head = poll_fn(|cx| {
            self.drive(cx);
            if let Poll::Ready(response) = response.as_mut().poll(cx) {
                return Poll::Ready(Some(response));
            }
            let sent = self.written.count() != before;
            let limit = if sent { deadline } else { send_by.min(deadline) };
            ready!(expire(timer.as_mut(), limit, cx));
            Poll::Ready(None)
        })
        .await;
        let sent = self.written.count() != before;
        match head {
            Some(Ok(response)) => self.answer(response.into_parts(), timer, deadline, until).await,
            Some(Err(error)) if error.message().is_some() || !sent => Exchange::NotSent(chain(error.error())),
            Some(Err(error)) => Exchange::Unknown(class(error.error()), chain(error.error())),
            None if sent => Exchange::Unknown("timeout", "no answer before the deadline".into()),
            None => Exchange::NotSent("the connection took no byte before the send-by".into()),
        }
    }

    async fn answer(
        &mut self,
        (head, mut incoming): (Parts, Incoming),
        mut timer: Pin<&mut Sleep>,
        deadline: Instant,
        until: Until,
    ) -> Exchange {
        self.keep_alive = keep_alive(&head.headers);
        let expected = usize::try_from(incoming.size_hint().lower()).unwrap_or(PAYLOAD_BYTES_MAX);
        let mut body = Vec::with_capacity(expected.min(PAYLOAD_BYTES_MAX));
        loop {
            let frame = poll_fn(|cx| {
                self.drive(cx);
                if let Poll::Ready(frame) = Pin::new(&mut incoming).poll_frame(cx) {
                    return Poll::Ready(Some(frame));
                }
                ready!(expire(timer.as_mut(), deadline, cx));
                Poll::Ready(None)
            });
            match frame.await {
                None => {
                    return Exchange::Unknown("timeout", "the answer had not ended at the deadline".into());
                }
                Some(None) => return Exchange::Answered(answer(&head, body, false)),
                Some(Some(Err(error))) => return Exchange::Unknown(class(&error), chain(&error)),
                Some(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    let room = PAYLOAD_BYTES_MAX - body.len();
                    body.extend_from_slice(&data[..data.len().min(room)]);
                    if data.len() > room {
                        return Exchange::Answered(answer(&head, body, true));
                    }
                    if until.reached(&head.headers, &body) {
                        return Exchange::Answered(answer(&head, body, false));
                    }
                }
            }
        }
    }

    /// Errors of the connection reach the request that is under way; the connection itself only ends.
    fn drive(&mut self, cx: &mut Context<'_>) {
        self.ended = self.ended || Pin::new(&mut self.connection).poll(cx).is_ready();
    }
}

/// The timer is armed when something is first waited for, and moved only when the limit changes.
fn expire(mut timer: Pin<&mut Sleep>, limit: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if timer.deadline() != limit {
        timer.as_mut().reset(limit);
    }
    timer.poll(cx)
}

fn answer(head: &Parts, body: Vec<u8>, truncated: bool) -> Answer {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers =
        head.headers.iter().map(|(name, value)| (name.as_str().into(), text(value.as_bytes()))).collect();
    Answer { status: head.status.as_u16(), headers, body, truncated }
}

/// `Keep-Alive: timeout=5`
fn keep_alive(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("keep-alive")?.to_str().ok()?;
    let seconds = value.split(',').find_map(|part| part.trim().strip_prefix("timeout="))?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

fn class(error: &hyper::Error) -> &'static str {
    let broken = error.is_incomplete_message() || error.is_closed() || error.is_canceled();
    if broken || io_error(error) { "reset" } else { "protocol" }
}

/// A body whose framing is wrong is an `io::Error` too, of these kinds; what the system reports is of others.
fn io_error(error: &hyper::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other};
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return !matches!(error.kind(), InvalidData | InvalidInput | Other);
        }
        cause = error.source();
    }
    false
}

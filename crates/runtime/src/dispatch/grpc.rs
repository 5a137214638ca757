//! Performs unary gRPC requests: one HTTP/2 connection for one request.
//!
//! Before the request leaves, a ping has to come back: a peer that does not speak HTTP/2 is found out while nothing was
//! sent that anybody could execute (ADR 0014). The connection is driven by whoever uses it, as for HTTP/1.1. Deliberately absent:
//! connections that are kept, streams, compression, and what messages mean.

use super::http::Client;
use super::journey::{Identity, Memory};
use super::outcome::{chain, not_connected, not_sent, unknown, unsendable};
use super::request;
use super::reveal::Values;
use super::{Call, Times};
use crate::egress::{BytesWritten, Connection, Target};
use bytes::Bytes;
use h2::client::{self, SendRequest};
use h2::{Ping, Reason, RecvStream};
use http::header::HeaderMap;
use http::{Request, Response};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use tenure_engine::execution::{Answer, CallOutcome, GrpcRequest};
use tenure_types::limits::PAYLOAD_BYTES_MAX;
use tokio::time::{Instant, timeout_at};

/// Bytes before the message of an answer: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;
/// The status of a receiver that does not believe who is asking.
const UNAUTHENTICATED: &str = "16";
/// Bytes of an answer that are on their way before somebody reads them.
const WINDOW_BYTES: u32 = 1 << 20;
/// Bytes of an answer's headers and of its trailers.
const HEADER_BYTES_MAX: u32 = 64 * 1024;

/// Performs the attempt. `may_send` is asked at the last instant before the request can leave.
pub(super) async fn perform(
    client: &Client,
    memory: &Memory,
    call: &Call,
    recorded: &GrpcRequest,
    times: &Times,
    may_send: &impl Fn() -> bool,
) -> CallOutcome {
    let mut values = match Values::read(call, &*memory.secrets).await {
        Ok(values) => values,
        Err(outcome) => return outcome,
    };
    let identity = match Identity::of(client, memory, call, times, &mut values).await {
        Ok(identity) => identity,
        Err(outcome) => return values.redactor.outcome(outcome),
    };
    let authorization = identity.as_ref().map(|identity| &*identity.header);
    let outcome = send(client, call, recorded, authorization, times, may_send).await;
    if let (Some(identity), CallOutcome::Answered(answer)) = (&identity, &outcome)
        && answer.headers.iter().any(|(name, value)| name == "grpc-status" && value == UNAUTHENTICATED)
    {
        identity.refused(memory, &call.tenant).await;
    }
    values.redactor.outcome(outcome)
}

async fn send(
    client: &Client,
    call: &Call,
    recorded: &GrpcRequest,
    authorization: Option<&str>,
    times: &Times,
    may_send: &impl Fn() -> bool,
) -> CallOutcome {
    let (target, request) = match request::grpc(call, recorded, authorization, times) {
        Ok(prepared) => prepared,
        Err(why) => return unsendable(&why),
    };
    if Instant::now() >= times.send_by() {
        return not_sent("guard", "the send-by has passed");
    }
    let mut connection = match Http2::open(client, call, &target, times).await {
        Ok(connection) => connection,
        Err(outcome) => return outcome,
    };
    if Instant::now() >= times.send_by() || !may_send() {
        return not_sent("guard", "the send-by has passed, or the right to send is gone");
    }
    connection.exchange(request, Bytes::from(recorded.message.clone()), times.deadline).await
}

struct Http2 {
    sender: SendRequest<Bytes>,
    connection: client::Connection<Connection, Bytes>,
    written: BytesWritten,
    ended: bool,
}

impl Http2 {
    /// Connects and waits until the peer has answered a ping. Nothing that could be executed is sent.
    async fn open(client: &Client, call: &Call, target: &Target, times: &Times) -> Result<Self, CallOutcome> {
        let connecting = Box::pin(client.egress().connect_http2(&call.tenant, target, times.send_by()));
        let stream = connecting.await.map_err(|error| not_connected(&error))?;
        let written = stream.written();
        let opening = async {
            let mut builder = client::Builder::new();
            builder
                .initial_window_size(WINDOW_BYTES)
                .initial_connection_window_size(WINDOW_BYTES)
                .max_header_list_size(HEADER_BYTES_MAX)
                .enable_push(false);
            let (sender, mut connection) = builder.handshake(stream).await?;
            let mut pings = connection.ping_pong().expect("it is taken once");
            let mut opened = Self { sender, connection, written, ended: false };
            opened.drive(pings.ping(Ping::opaque())).await?;
            Ok::<_, h2::Error>(opened)
        };
        match timeout_at(times.send_by(), opening).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => {
                Err(not_sent("connect", &format!("the peer does not speak HTTP/2: {}", chain(&error))))
            }
            Err(_) => Err(not_sent("connect", "the peer did not answer over HTTP/2 in time")),
        }
    }

    async fn exchange(&mut self, request: Request<()>, message: Bytes, deadline: Instant) -> CallOutcome {
        let before = self.written.count();
        let mut sender = self.sender.clone();
        let answered = async {
            let (response, mut body) = sender.send_request(request, false)?;
            body.send_data(message, true)?;
            answer(response.await?).await
        };
        let outcome = timeout_at(deadline, self.drive(answered)).await;
        let sent = self.written.count() != before;
        match outcome {
            Ok(Ok(answer)) => CallOutcome::Answered(answer),
            Ok(Err(error)) if !sent => not_sent("connect", &chain(&error)),
            Ok(Err(error)) if refused(&error) => CallOutcome::Refused { detail: chain(&error).into() },
            Ok(Err(error)) if error.is_io() || error.is_go_away() => unknown("reset", &chain(&error)),
            Ok(Err(error)) if error.is_reset() => unknown("reset", &chain(&error)),
            Ok(Err(error)) => unknown("protocol", &chain(&error)),
            Err(_) if sent => unknown("timeout", "no answer before the deadline"),
            Err(_) => not_sent("connect", "the connection took no byte before the deadline"),
        }
    }

    /// Runs the connection beside a future of one of its streams.
    async fn drive<T>(&mut self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(done) = future.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            self.ended = self.ended || Pin::new(&mut self.connection).poll(cx).is_ready();
            // What the connection has read, or its end, may be what the stream waits for.
            future.as_mut().poll(cx)
        })
        .await
    }
}

/// The server says that it has not looked at the request.
fn refused(error: &h2::Error) -> bool {
    error.is_remote() && error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM)
}

/// The whole answer: the trailers follow the headers, and win over them.
async fn answer(response: Response<RecvStream>) -> Result<Answer, h2::Error> {
    let (head, mut incoming) = response.into_parts();
    let mut headers = fields(&head.headers);
    let mut body = Vec::new();
    let status = head.status.as_u16();
    while let Some(data) = incoming.data().await {
        let data = data?;
        let room = (PAYLOAD_BYTES_MAX + PREFIX_BYTES).saturating_sub(body.len());
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok(Answer { status, headers, body, truncated: true });
        }
        incoming.flow_control().release_capacity(data.len())?;
    }
    if let Some(trailers) = incoming.trailers().await? {
        headers.extend(fields(&trailers));
    }
    Ok(Answer { status, headers, body, truncated: false })
}

fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().into(), text(value.as_bytes()))).collect()
}

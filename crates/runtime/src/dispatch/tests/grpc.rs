//! Unary gRPC against a server of HTTP/2: what is sent, and what is known when it breaks.

use super::lab::{Book, Lab, Server, answered, authenticate, class, ok};
use super::tls::{certificate, lab, server_config};
use crate::dispatch::Call;
use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use http::{HeaderMap, Request as HttpHead, Response};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Mode, Scheme};
use tenure_engine::execution::{CallOutcome, GrpcRequest, Request};
use tenure_types::limits::PAYLOAD_BYTES_MAX;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

const MESSAGE: &[u8] = &[0, 0, 0, 0, 2, 8, 7];

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Script {
    Answer,
    /// So many bytes.
    Large(usize),
    /// Only headers, with this status.
    Status(&'static str),
    Reset(Reason),
    /// Ends the connection without a word.
    HangUp,
    Silence,
}

struct Peer {
    server: String,
    seen: UnboundedReceiver<(HttpHead<()>, Vec<u8>)>,
}

async fn serve(script: Script) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let (tell, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, script, tell.clone()));
        }
    });
    Peer { server, seen }
}

/// The same behind TLS.
async fn serve_tls(config: Arc<rustls::ServerConfig>) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("https://{}", listener.local_addr().unwrap());
    let (tell, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&config));
            let tell = tell.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    connection(stream, Script::Answer, tell).await;
                }
            });
        }
    });
    Peer { server, seen }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
    tell: UnboundedSender<(HttpHead<()>, Vec<u8>)>,
) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (head, mut incoming) = request.into_parts();
        let tell = tell.clone();
        if matches!(script, Script::HangUp) {
            return;
        }
        tokio::spawn(async move {
            let mut body = vec![];
            while let Some(Ok(data)) = incoming.data().await {
                let _ = incoming.flow_control().release_capacity(data.len());
                body.extend_from_slice(&data);
            }
            let _ = tell.send((HttpHead::from_parts(head, ()), body));
            respond_as(script, respond).await;
        });
    }
}

async fn respond_as(script: Script, mut respond: SendResponse<Bytes>) {
    let head = || Response::builder().status(200).header("content-type", "application/grpc");
    match script {
        Script::Answer => answer_with(respond, MESSAGE.to_vec()),
        Script::Large(bytes) => answer_with(respond, vec![7; bytes]),
        Script::Status(status) => {
            let head = head().header("grpc-status", status).header("grpc-message", "no%20such");
            respond.send_response(head.body(()).unwrap(), true).unwrap();
        }
        Script::Reset(reason) => respond.send_reset(reason),
        Script::Silence => std::future::pending().await,
        Script::HangUp => {}
    }
}

fn call(lab: &Lab, server: &str) -> Call {
    let mut call = lab.call("http://unused");
    call.effect.mode = Mode::AtMostOnce;
    let path = "/demo.v1.Orders/Get".to_owned();
    let request = GrpcRequest { server: server.to_owned(), path, message: MESSAGE.to_vec() };
    call.effect.request = Request::Grpc(Arc::new(request));
    call
}

/// The answer has a message of so many bytes, and the status that it was understood.
fn answer_with(mut respond: SendResponse<Bytes>, body: Vec<u8>) {
    let head = Response::builder().status(200).header("content-type", "application/grpc").body(()).unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    stream.send_data(body.into(), false).unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    stream.send_trailers(trailers).unwrap();
}

async fn outcome(script: Script) -> CallOutcome {
    let peer = serve(script).await;
    let mut lab = Lab::new();
    let call = call(&lab, &peer.server);
    lab.outcome(call).await
}

#[tokio::test]
async fn a_message_is_sent_with_the_engines_headers_and_the_answer_has_its_trailers() {
    let mut peer = serve(Script::Answer).await;
    let mut lab = Lab::new();
    let call = call(&lab, &peer.server);
    let answer = answered(lab.outcome(call).await);
    assert_eq!((answer.status, answer.body.as_slice()), (200, MESSAGE));
    assert!(answer.headers.contains(&("grpc-status".into(), "0".into())));
    let (request, body) = peer.seen.recv().await.unwrap();
    assert_eq!(body, MESSAGE);
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/demo.v1.Orders/Get"));
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("application/grpc"));
    assert_eq!(header("te"), Some("trailers"));
    assert_eq!(header("idempotency-key"), Some("key-1"));
    assert_eq!(header("x-tenant-id"), Some("acme"));
    assert!(header("grpc-timeout").unwrap().ends_with('m'), "{request:?}");
}

#[tokio::test]
async fn a_status_without_a_message_is_an_answer() {
    let answer = answered(outcome(Script::Status("5")).await);
    assert!(answer.headers.contains(&("grpc-status".into(), "5".into())));
    assert!(answer.body.is_empty());
}

/// P3: a refused stream was not looked at; anything else that breaks may have been executed.
#[tokio::test]
async fn resets_are_told_apart() {
    assert_eq!(class(&outcome(Script::Reset(Reason::REFUSED_STREAM)).await), "refused");
    assert_eq!(class(&outcome(Script::Reset(Reason::CANCEL)).await), "unknown reset");
    assert_eq!(class(&outcome(Script::HangUp).await), "unknown reset");
}

#[tokio::test]
async fn a_peer_that_does_not_speak_http_2_was_sent_nothing() {
    let server = Server::answering(ok("hello"));
    let mut lab = Lab::new();
    let call = call(&lab, server.url().trim_end_matches('/'));
    assert_eq!(class(&lab.outcome(call).await), "not_sent connect");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_in_time_is_unknown() {
    let mut peer = serve(Script::Silence).await;
    let mut lab = Lab::new();
    let call = call(&lab, &peer.server);
    lab.perform(call);
    peer.seen.recv().await.unwrap();
    assert_eq!(class(&lab.finished().await.outcome), "unknown timeout");
}

#[tokio::test]
async fn the_guard_has_the_last_word() {
    let mut peer = serve(Script::Answer).await;
    let mut lab = Lab::new();
    let mut call = call(&lab, &peer.server);
    call.guard = Arc::new(super::lab::Always(false));
    assert_eq!(class(&lab.outcome(call).await), "not_sent guard");
    assert!(peer.seen.try_recv().is_err());
}

/// Larger than what HTTP/2 lets through unasked; an answer that is too large is cut, and says so.
#[tokio::test]
async fn messages_have_a_limit_and_use_all_of_it() {
    let mut peer = serve(Script::Large(PAYLOAD_BYTES_MAX)).await;
    let mut lab = Lab::new();
    let mut call = call(&lab, &peer.server);
    let Request::Grpc(request) = &call.effect.request else { panic!("a gRPC request") };
    let request = GrpcRequest { message: vec![7; 300_000], ..GrpcRequest::clone(request) };
    call.effect.request = Request::Grpc(Arc::new(request));
    let answer = answered(lab.outcome(call).await);
    assert_eq!((answer.body.len(), answer.truncated), (PAYLOAD_BYTES_MAX, false));
    assert!(answer.headers.contains(&("grpc-status".into(), "0".into())));
    assert_eq!(peer.seen.recv().await.unwrap().1.len(), 300_000);
    let answer = answered(outcome(Script::Large(2 * PAYLOAD_BYTES_MAX)).await);
    assert!(answer.truncated && answer.body.len() <= PAYLOAD_BYTES_MAX + 5);
}

/// FR-038
#[tokio::test]
async fn a_server_behind_tls_is_asked_for_http_2_and_must_be_known() {
    let key = certificate(&["127.0.0.1"]);
    let mut peer = serve_tls(server_config(&key)).await;
    let mut known = lab(vec![key.cert.der().clone()]);
    let first = call(&known, &peer.server);
    assert_eq!(answered(known.outcome(first).await).body, MESSAGE);
    assert_eq!(peer.seen.recv().await.unwrap().0.uri().scheme_str(), Some("https"));
    let mut unknown = lab(vec![]);
    let second = call(&unknown, &peer.server);
    assert_eq!(class(&unknown.outcome(second).await), "not_sent tls");
    assert!(peer.seen.try_recv().is_err());
}

/// FR-027
#[tokio::test]
async fn an_identity_is_one_header() {
    let book = Book::of(&[("token", "\"hunter2\"")]);
    let mut peer = serve(Script::Status("16")).await;
    let mut lab = Lab::knowing(&book);
    let mut call = call(&lab, &peer.server);
    authenticate(&mut call, Scheme::Bearer, Json::secret("token"));
    let answer = answered(lab.outcome(call).await);
    assert!(answer.headers.contains(&("grpc-status".into(), "16".into())));
    let (request, _) = peer.seen.recv().await.unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer hunter2");
}

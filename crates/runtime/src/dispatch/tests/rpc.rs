//! JSON-RPC over HTTP: sessions of MCP, single requests of A2A, and what is known when they break.

use super::lab::{
    Book, Lab, Peer, Seen, Server, answer, answered, authenticate, class, header, hidden, json, json_ok, ok,
    protect,
};
use crate::dispatch::{Call, Guard};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tenure_dsl::json::Json;
use tenure_dsl::program::{Mode, Scheme};
use tenure_engine::execution::rpc::{Reply, replies};
use tenure_engine::execution::{Protection, Request, RpcProtocol, RpcRequest};
use tenure_types::Timestamp;

const OPENED: &str = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}"#;

fn mcp(lab: &Lab, server: &Server) -> Call {
    let protocol = RpcProtocol::Mcp {
        version: "2025-06-18".into(),
        client: "tenure".into(),
        client_version: "1".into(),
    };
    rpc(lab, server, protocol, "tools/call")
}

fn rpc(lab: &Lab, server: &Server, protocol: RpcProtocol, method: &str) -> Call {
    let mut call = lab.call("http://unused");
    call.effect.mode = Mode::AtMostOnce;
    call.effect.request = Request::Rpc(Arc::new(RpcRequest {
        uri: format!("{}rpc", server.url()),
        headers: vec![("X-Api-Key".into(), "k".into())],
        protocol,
        method: method.into(),
        params: Some(json(r#"{"name":"add","arguments":{"a":1}}"#)),
    }));
    call
}

fn opened() -> String {
    let length = OPENED.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nmcp-session-id: s-7\r\ncontent-length: {length}\r\n\r\n{OPENED}"
    )
}

const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

/// Plays a server: answers the opening and its confirmation, gives everything else to the function.
fn session(call: impl Fn(&mut Peer, &str) + Send + Sync + 'static) -> Server {
    Server::run(move |mut peer| {
        while let Some(request) = peer.request() {
            if request.contains("\"initialize\"") {
                peer.send(opened());
            } else if request.contains("notifications/initialized") || request.starts_with("DELETE") {
                peer.send(ACCEPTED);
            } else {
                call(&mut peer, &request);
            }
        }
    })
}

async fn requests(server: &mut Server, count: usize) -> Vec<String> {
    let mut all = vec![];
    while all.len() < count {
        all.push(server.wait_for_request().await);
    }
    all
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn a_session_is_opened_for_the_request_and_closed_after_it() {
    let mut server = session(|peer, _| {
        peer.send(
            ok(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#)
                .replace("OK\r\n", "OK\r\ncontent-type: application/json\r\n"),
        );
    });
    let mut lab = Lab::new();
    let call = mcp(&lab, &server);
    let answer = answered(lab.outcome(call).await);
    assert_eq!(replies(&answer, 1), [Reply::Result(json(r#"{"content":[]}"#))]);
    let seen = requests(&mut server, 4).await;
    assert_eq!(
        body(&seen[0]),
        r#"{"jsonrpc":"2.0","method":"initialize","id":0,"params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"tenure","version":"1"}}}"#
    );
    assert_eq!(body(&seen[1]), r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(
        body(&seen[2]),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":1}}}"#
    );
    assert!(seen[3].starts_with("DELETE /rpc HTTP/1.1\r\n"));
    assert!(!seen[0].contains("mcp-session-id"));
    for (at, request) in seen.iter().enumerate() {
        assert!(request.contains("\r\nx-api-key: k\r\n"), "{request}");
        assert!(request.contains("\r\nidempotency-key: key-1\r\n"), "{request}");
        assert!(request.contains("\r\naccept: application/json, text/event-stream\r\n"), "{request}");
        assert!(at == 0 || request.contains("\r\nmcp-session-id: s-7\r\n"), "{request}");
        assert!(at == 0 || request.contains("\r\nmcp-protocol-version: 2025-06-18\r\n"), "{request}");
    }
}

/// A server may leave its stream of events open; the reply is what is waited for.
#[tokio::test]
async fn a_reply_in_a_stream_is_taken_though_the_stream_goes_on() {
    let mut server = session(|peer, _| {
        let events = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"sum\":3}}\n\n";
        peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
        peer.send(format!("{:x}\r\n{events}\r\n", events.len()));
        peer.until_closed();
    });
    let mut lab = Lab::new();
    let call = mcp(&lab, &server);
    let answer = answered(lab.outcome(call).await);
    assert_eq!(replies(&answer, 1), [Reply::Result(json(r#"{"sum":3}"#))]);
    server.wait_for(|seen| *seen == Seen::Closed).await;
}

/// P3: what breaks before the request has left is known not to have been executed.
#[tokio::test]
async fn a_session_that_is_not_opened_means_that_nothing_was_executed() {
    let broken = Server::run(|mut peer| {
        peer.request();
        peer.reset();
    });
    let mut lab = Lab::new();
    let call = mcp(&lab, &broken);
    assert_eq!(class(&lab.outcome(call).await), "not_sent handshake");
    let odd = Server::answering(ok("hello"));
    let call = mcp(&lab, &odd);
    assert_eq!(class(&lab.outcome(call).await), "not_sent handshake");
    let refusing = Server::answering("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    let call = mcp(&lab, &refusing);
    assert_eq!(class(&lab.outcome(call).await), "answered 401");
}

/// P3: once the request has left, a lost answer is an unknown outcome.
#[tokio::test]
async fn a_request_whose_answer_is_lost_is_unknown() {
    let server = session(|peer, _| {
        let _ = peer.stream.shutdown(std::net::Shutdown::Both);
    });
    let mut lab = Lab::new();
    let call = mcp(&lab, &server);
    assert_eq!(class(&lab.outcome(call).await), "unknown reset");
}

/// Says yes a number of times, then no.
#[derive(Debug)]
struct Times(AtomicU32);

impl Guard for Times {
    fn may_send(&self, _: Timestamp) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

#[tokio::test]
async fn the_guard_is_asked_again_before_the_request_itself() {
    let mut server = session(|_, request| panic!("{request}"));
    let mut lab = Lab::new();
    let mut call = mcp(&lab, &server);
    call.guard = Arc::new(Times(AtomicU32::new(2)));
    assert_eq!(class(&lab.outcome(call).await), "not_sent guard");
    let seen = requests(&mut server, 2).await;
    assert!(seen.iter().all(|request| !request.contains("tools/call")));
}

#[tokio::test]
async fn a_request_of_a2a_stands_for_itself() {
    let mut server = Server::answering(ok(r#"{"jsonrpc":"2.0","id":1,"result":{"kind":"task"}}"#));
    let mut lab = Lab::new();
    let call = rpc(&lab, &server, RpcProtocol::A2a, "message/send");
    let answer = answered(lab.outcome(call).await);
    assert_eq!(replies(&answer, 1), [Reply::Result(json(r#"{"kind":"task"}"#))]);
    let request = server.wait_for_request().await;
    assert!(request.starts_with("POST /rpc HTTP/1.1\r\n"));
    assert_eq!(server.counts().1, 0);
}

#[tokio::test]
async fn a_stream_of_a2a_is_read_to_its_end() {
    let events = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":2}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
    let server = Server::answering(format!("{head}content-length: {}\r\n\r\n{events}", events.len()));
    let mut lab = Lab::new();
    let call = rpc(&lab, &server, RpcProtocol::A2a, "message/stream");
    let answer = answered(lab.outcome(call).await);
    assert_eq!(replies(&answer, 1), [Reply::Result(json("1")), Reply::Result(json("2"))]);
}

const DONE: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

/// Every message of a session says who is asking, with secrets in their places; what comes back has none.
#[tokio::test]
async fn each_message_of_a_session_proves_the_identity() {
    let book = Book::of(&[("key", "\"hunter2\""), ("token", "\"tok-tok\"")]);
    let mut server = session(|peer, request| {
        let key = header(request, "x-api-key")[0];
        peer.send(json_ok(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"you":"{key}"}}}}"#)));
    });
    let mut lab = Lab::knowing(&book);
    let mut call = mcp(&lab, &server);
    let Request::Rpc(recorded) = &call.effect.request else { unreachable!("made so") };
    let params = Some(Json::object([("secret", Json::secret("key"))]));
    call.effect.request = Request::Rpc(Arc::new(RpcRequest { params, ..RpcRequest::clone(recorded) }));
    authenticate(&mut call, Scheme::Bearer, Json::secret("token"));
    let authentication = call.effect.protection.as_ref().unwrap().authentication.clone();
    let uri = Some(hidden(&server.url(), &Json::secret("key"), ""));
    protect(&mut call, Protection { uri, headers: vec![(0, Json::secret("key"))], authentication });
    let answer = answered(lab.outcome(call).await);
    assert_eq!(replies(&answer, 1), [Reply::Result(json(r#"{"you":"***"}"#))]);
    let seen = requests(&mut server, 4).await;
    for request in &seen {
        assert!(request.split(' ').nth(1) == Some("/hunter2"), "{request}");
        assert_eq!(header(request, "authorization"), ["Bearer tok-tok"]);
        assert_eq!(header(request, "x-api-key"), ["hunter2"]);
    }
    assert!(body(&seen[2]).ends_with(r#""params":{"secret":"hunter2"}}"#), "{}", seen[2]);
}

/// Opening a session has no effect of its own: a token that is refused there is replaced in every mode. The request
/// itself is sent twice only where its mode allows it.
#[tokio::test]
async fn a_refused_token_is_replaced_before_the_request_in_every_mode() {
    let number = AtomicU32::new(0);
    let authority = Server::speaking(move |_| {
        let number = number.fetch_add(1, Ordering::SeqCst) + 1;
        json_ok(&format!(r#"{{"access_token":"t-{number}","expires_in":3600}}"#))
    });
    let good = Arc::new(AtomicU32::new(1));
    let wanted = Arc::clone(&good);
    let mut server = Server::speaking(move |request| {
        let token = format!("Bearer t-{}", wanted.load(Ordering::SeqCst));
        if header(request, "authorization") != [token.as_str()] {
            return answer("401 Unauthorized", "", "");
        }
        if request.contains("\"initialize\"") {
            return opened();
        }
        if request.contains("tools/call") { json_ok(DONE) } else { ACCEPTED.to_owned() }
    });
    let mut lab = Lab::new();
    let policy = json(&format!(
        r#"{{"authority":"{}","grant":"client_credentials","client":{{"id":"me"}}}}"#,
        authority.url()
    ));
    for (token, messages) in [(1, 4), (2, 5)] {
        good.store(token, Ordering::SeqCst);
        let mut call = mcp(&lab, &server);
        authenticate(&mut call, Scheme::OAuth2, policy.clone());
        assert_eq!(class(&lab.outcome(call).await), "answered 200");
        assert_eq!(requests(&mut server, messages).await.len(), messages);
    }
    good.store(3, Ordering::SeqCst);
    let mut call = rpc(&lab, &server, RpcProtocol::A2a, "message/send");
    authenticate(&mut call, Scheme::OAuth2, policy);
    assert_eq!(class(&lab.outcome(call).await), "answered 401", "it might have an effect");
}

#[tokio::test]
async fn a_challenge_to_a_json_rpc_request_is_answered() {
    let mut challenging = Server::speaking(|request| {
        if header(request, "authorization").is_empty() {
            return answer(
                "401 Unauthorized",
                "www-authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"\r\n",
                "",
            );
        }
        json_ok(DONE)
    });
    let mut lab = Lab::new();
    let mut call = rpc(&lab, &challenging, RpcProtocol::A2a, "message/send");
    authenticate(&mut call, Scheme::Digest, json(r#"{"username":"u","password":"pass"}"#));
    assert_eq!(class(&lab.outcome(call).await), "answered 200");
    let proof = requests(&mut challenging, 2).await.pop().unwrap();
    assert!(header(&proof, "authorization")[0].contains("qop=auth-int, nc=00000001"), "{proof}");
}

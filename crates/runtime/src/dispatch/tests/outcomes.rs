//! Which class of outcome follows from what a server does (P3, and the table of the attempt protocol).

use super::lab::{DEADLINE_MS, Lab, Peer, SEND_BY_MS, Seen, Server, answered, class, edit, ok};
use std::time::Duration;
use tenure_types::limits::PAYLOAD_BYTES_MAX;

async fn class_of(server: &Server) -> String {
    class(&Lab::new().get(server).await)
}

#[tokio::test]
async fn an_answer_is_given_whole() {
    let server = Server::answering(
        "HTTP/1.1 201 Created\r\nX-Thing: One\r\nx-thing: Two\r\nContent-Length: 5\r\n\r\nhello",
    );
    let answer = Lab::new().answer(&server).await;
    assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (201, &b"hello"[..], false));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(answer.headers, [pair("x-thing", "One"), pair("x-thing", "Two"), pair("content-length", "5")]);
}

#[tokio::test]
async fn a_chunked_answer_is_put_together() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\nx-trailer: 1\r\n\r\n",
    );
    assert_eq!(Lab::new().answer(&server).await.body, b"hello world");
}

#[tokio::test]
async fn an_http_1_0_answer_ends_with_its_connection() {
    let server = Server::answering_once("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    let mut lab = Lab::new();
    assert_eq!(lab.answer(&server).await.body, b"until the end");
    assert_eq!(lab.handle.idle_connections(), 0);
}

#[tokio::test]
async fn interim_answers_are_skipped() {
    let server = Server::answering(format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{}",
        ok("done")
    ));
    let answer = Lab::new().answer(&server).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"done"[..]));
}

#[tokio::test]
async fn an_answer_that_drips_is_whole() {
    let server = Server::run(|mut peer| {
        peer.stream.set_nodelay(true).unwrap();
        while peer.request().is_some() {
            ok("drip").as_bytes().chunks(1).for_each(|byte| peer.send(byte));
        }
    });
    assert_eq!(Lab::new().answer(&server).await.body, b"drip");
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [200, 204, 304, 400, 404, 409, 429, 500, 503, 599] {
        let server = Server::answering(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"));
        assert_eq!(class_of(&server).await, format!("answered {status}"));
    }
}

/// S3
#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let mut elsewhere = Server::answering(ok("followed"));
    let location = elsewhere.url();
    for status in [301, 302, 303, 307, 308] {
        let mut server = Server::answering(format!(
            "HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ));
        assert_eq!(class_of(&server).await, format!("answered {status}"));
        assert_eq!(server.counts(), (1, 1));
    }
    assert_eq!(elsewhere.counts(), (0, 0));
}

#[tokio::test]
async fn answers_without_a_body_need_no_length() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| request.method = "HEAD".into());
    assert!(answered(lab.outcome(call).await).body.is_empty());
    let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(class(&lab.get(&server).await), "answered 204");
}

#[tokio::test]
async fn a_body_at_the_limit_is_whole_and_one_beyond_is_cut() {
    let server = Server::answering(ok(&"x".repeat(PAYLOAD_BYTES_MAX)));
    let whole = Lab::new().answer(&server).await;
    assert_eq!((whole.body.len(), whole.truncated), (PAYLOAD_BYTES_MAX, false));
    let server = Server::answering(ok(&"x".repeat(PAYLOAD_BYTES_MAX + 1)));
    let mut lab = Lab::new();
    let cut = lab.answer(&server).await;
    assert_eq!((cut.body.len(), cut.truncated), (PAYLOAD_BYTES_MAX, true));
    assert_eq!(lab.handle.idle_connections(), 0, "the rest of the body is still on its way");
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let server = Server::run(|mut peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        while std::io::Write::write_all(&mut peer.stream, chunk.as_bytes()).is_ok() {}
    });
    let answer = Lab::new().answer(&server).await;
    assert_eq!((answer.body.len(), answer.truncated), (PAYLOAD_BYTES_MAX, true));
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_was_read_counts() {
    let server = Server::run(|mut peer| {
        std::io::Read::read_exact(&mut peer.stream, &mut [0]).unwrap();
        peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        peer.until_closed();
    });
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| request.body = Some(super::lab::json(&format!("\"{}\"", "x".repeat(900_000)))));
    assert_eq!(class(&lab.outcome(call).await), "answered 413");
}

#[tokio::test]
async fn a_close_before_the_answer_is_unknown_and_nothing_is_sent_twice() {
    let mut server = Server::answering_once("");
    assert_eq!(class_of(&server).await, "unknown reset");
    assert_eq!(server.counts(), (1, 1));
}

#[tokio::test]
async fn a_reset_after_part_of_the_request_is_unknown() {
    let server = Server::run(|mut peer: Peer| {
        let mut byte = [0];
        std::io::Read::read_exact(&mut peer.stream, &mut byte).unwrap();
        peer.reset();
    });
    assert_eq!(class_of(&server).await, "unknown reset");
}

#[tokio::test]
async fn a_close_within_the_head_is_unknown() {
    assert_eq!(class_of(&Server::answering_once("HTTP/1.1 200 OK\r\ncontent-le")).await, "unknown reset");
}

#[tokio::test]
async fn a_close_within_the_body_is_unknown() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    assert_eq!(class_of(&Server::answering_once(cut)).await, "unknown reset");
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    assert_eq!(class_of(&Server::answering_once(chunks)).await, "unknown reset");
}

#[tokio::test]
async fn what_is_not_http_is_unknown() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "\0\0\0\0\0\0\0\0\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    ] {
        assert_eq!(class_of(&Server::answering_once(garbage)).await, "unknown protocol", "{garbage:?}");
    }
}

/// P2
#[tokio::test]
async fn a_head_that_is_too_large_is_unknown() {
    let large =
        format!("HTTP/1.1 200 OK\r\nx-large: {}\r\n\r\n", "x".repeat(super::super::ANSWER_HEADER_BYTES_MAX));
    assert_eq!(class_of(&Server::answering_once(large)).await, "unknown protocol");
    let many = "x-many: 1\r\n".repeat(super::super::ANSWER_HEADERS_MAX + 1);
    assert_eq!(
        class_of(&Server::answering_once(format!("HTTP/1.1 200 OK\r\n{many}\r\n"))).await,
        "unknown protocol"
    );
}

/// A server that never answers; the clock is moved once the request has arrived.
#[tokio::test]
async fn silence_until_the_deadline_is_unknown() {
    let mut server = Server::run(|mut peer| {
        peer.request();
        peer.until_closed();
    });
    let mut lab = Lab::new();
    lab.perform(lab.call(&server.url()));
    server.wait_for_request().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(SEND_BY_MS + 1)).await;
    assert!(lab.results.try_recv().is_err(), "send-by concerns the first byte only");
    tokio::time::advance(Duration::from_millis(DEADLINE_MS)).await;
    assert_eq!(class(&lab.finished().await.outcome), "unknown timeout");
    server.wait_for(|seen| *seen == Seen::Closed).await;
}

#[tokio::test]
async fn a_body_that_does_not_end_by_the_deadline_is_unknown() {
    let mut server = Server::run(|mut peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        peer.until_closed();
    });
    let mut lab = Lab::new();
    lab.perform(lab.call(&server.url()));
    server.wait_for_request().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(DEADLINE_MS + 1)).await;
    assert_eq!(class(&lab.finished().await.outcome), "unknown timeout");
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let mut lab = Lab::new();
    let call = lab.call(&format!("http://127.0.0.1:{port}/"));
    assert_eq!(class(&lab.outcome(call).await), "not_sent connect");
}

#[tokio::test]
async fn a_name_without_address_is_not_sent() {
    let mut lab = Lab::new();
    let call = lab.call("http://nothing.localhost.:1/");
    let outcome = class(&lab.outcome(call).await);
    assert!(outcome == "not_sent dns" || outcome == "not_sent connect", "some systems resolve it: {outcome}");
}

/// S1
#[tokio::test]
async fn a_denied_target_is_not_sent_and_not_reached() {
    let mut server = Server::answering(ok(""));
    let mut lab = Lab::with(crate::egress::Policy::strict(), |_| {});
    for url in [
        server.url(),
        "http://169.254.169.254/".into(),
        "file:///etc/passwd".into(),
        "http://a@b.example/".into(),
        String::new(),
    ] {
        let call = lab.call(&url);
        assert_eq!(class(&lab.outcome(call).await), "not_sent egress_denied", "{url}");
    }
    assert_eq!(server.counts(), (0, 0));
}

#[tokio::test]
async fn every_outcome_is_counted() {
    let server = Server::answering(ok("x"));
    let broken = Server::answering_once("");
    let mut lab = Lab::new();
    lab.get(&server).await;
    lab.get(&server).await;
    lab.get(&broken).await;
    let call = lab.call("http://10.0.0.1/");
    lab.outcome(call).await;
    let counters = lab.handle.counters();
    assert_eq!((counters.started, counters.answered, counters.unknown, counters.not_sent), (4, 2, 1, 1));
    assert_eq!((counters.connections_opened, counters.connections_reused), (2, 1));
}

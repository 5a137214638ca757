//! When a connection is used again, and that a stale one loses and repeats nothing.

use super::lab::{Lab, Peer, Seen, Server, answered, class, ok, tenant};
use std::time::Duration;
use tenure_dsl::program::Mode;

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    for _ in 0..5 {
        assert_eq!(class(&lab.get(&server).await), "answered 200");
    }
    assert_eq!(server.counts(), (1, 5));
    let counters = lab.handle.counters();
    assert_eq!((counters.connections_opened, counters.connections_reused), (1, 4));
}

#[tokio::test]
async fn calls_at_the_same_time_have_connections_of_their_own() {
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(3));
    let mut server = Server::run(move |mut peer| {
        peer.request();
        barrier.wait();
        peer.send(ok("x"));
        peer.until_closed();
    });
    let mut lab = Lab::new();
    (0..3).for_each(|_| lab.perform(lab.call(&server.url())));
    for _ in 0..3 {
        answered(lab.finished().await.outcome);
    }
    assert_eq!((server.counts(), lab.handle.idle_connections()), ((3, 3), 3));
}

#[tokio::test]
async fn a_connection_that_the_server_closes_is_not_kept() {
    for answer in [
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx",
    ] {
        let mut server = Server::answering(answer);
        let mut lab = Lab::new();
        answered(lab.get(&server).await);
        assert_eq!(lab.handle.idle_connections(), 0, "{answer:?}");
        answered(lab.get(&server).await);
        assert_eq!(server.counts(), (2, 2));
    }
}

/// The server closes the idle connection; the next call finds that out before it sends, and opens another.
#[tokio::test]
async fn a_stale_connection_costs_nothing_but_a_new_one() {
    let mut server = Server::run(|mut peer: Peer| {
        peer.request();
        peer.send(ok(&peer.number.to_string()));
    });
    let mut lab = Lab::new();
    for number in ["0", "1", "2"] {
        assert_eq!(lab.answer(&server).await.body, number.as_bytes());
        server.wait_for(|seen| *seen == Seen::Done).await;
        let_the_system_tell().await;
    }
    assert_eq!(lab.handle.counters().connections_opened, 3);
}

/// The runtime looks at its sockets when it has nothing else to do.
async fn let_the_system_tell() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

/// A stray answer that came while the connection was idle, and that the runtime has not noticed yet.
#[tokio::test]
async fn an_answer_that_nobody_asked_for_ends_the_connection() {
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(2));
    let told = barrier.clone();
    let mut server = Server::run(move |mut peer| {
        peer.request();
        peer.send(ok(&peer.number.to_string()));
        if peer.number == 0 {
            told.wait();
            peer.send(ok("stray"));
            told.wait();
        }
        peer.until_closed();
    });
    let mut lab = Lab::new();
    assert_eq!(lab.answer(&server).await.body, b"0");
    barrier.wait();
    barrier.wait();
    assert_eq!(lab.answer(&server).await.body, b"1");
    assert_eq!(server.counts(), (2, 2));
}

/// Response splitting: what follows an answer belongs to nobody.
#[tokio::test]
async fn a_second_answer_is_not_taken_for_the_next_call() {
    let mut server = Server::run(|mut peer| {
        peer.request();
        peer.send(format!("{}{}", ok("mine"), ok("forged")));
        peer.until_closed();
    });
    let mut lab = Lab::new();
    assert_eq!(lab.answer(&server).await.body, b"mine");
    assert_eq!(lab.answer(&server).await.body, b"mine");
    assert_eq!(server.counts(), (2, 2));
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_closes_the_idle_connection() {
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let mut server = Server::run(move |mut peer| {
        peer.request();
        peer.send(ok("mine"));
        if peer.number == 0 {
            gate.lock().unwrap().recv().unwrap();
            peer.send(ok("forged"));
            return;
        }
        peer.until_closed();
    });
    let mut lab = Lab::new();
    assert_eq!(lab.answer(&server).await.body, b"mine");
    go.send(()).unwrap();
    server.wait_for(|seen| *seen == Seen::Done).await;
    let_the_system_tell().await;
    assert_eq!(lab.answer(&server).await.body, b"mine");
    assert_eq!(lab.handle.counters().connections_opened, 2);
}

/// S2: what one tenant's policy let through is never lent to another.
#[tokio::test]
async fn tenants_do_not_share_connections() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    for name in ["acme", "demo", "acme", "demo"] {
        let mut call = lab.call(&server.url());
        call.tenant = tenant(name);
        answered(lab.outcome(call).await);
    }
    assert_eq!(server.counts(), (2, 4));
}

/// A request that is never sent twice does not go over a connection that may be closing.
#[tokio::test]
async fn an_at_most_once_call_takes_only_a_connection_that_was_just_used() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let post = |lab: &Lab, mode| {
        let mut call = lab.call(&server.url());
        call.effect.mode = mode;
        call
    };
    for (mode, idle_ms) in
        [(Mode::AtMostOnce, 0), (Mode::AtMostOnce, 0), (Mode::AtMostOnce, 1_500), (Mode::AtLeastOnce, 1_500)]
    {
        tokio::time::pause();
        tokio::time::advance(Duration::from_millis(idle_ms)).await;
        tokio::time::resume();
        let call = post(&lab, mode);
        answered(lab.outcome(call).await);
    }
    let counters = lab.handle.counters();
    assert_eq!((counters.connections_opened, counters.connections_reused), (2, 2));
    assert_eq!(server.counts(), (2, 4));
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    answered(lab.get(&server).await);
    assert_eq!(lab.handle.idle_connections(), 1);
    tokio::time::pause();
    tokio::time::advance(super::super::IDLE_MAX + Duration::from_secs(2)).await;
    tokio::time::resume();
    server.wait_for(|seen| *seen == Seen::Closed).await;
    assert_eq!(lab.handle.idle_connections(), 0);
}

#[tokio::test]
async fn the_servers_own_timeout_is_respected() {
    let mut server =
        Server::answering("HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100\r\ncontent-length: 0\r\n\r\n");
    let mut lab = Lab::new();
    answered(lab.get(&server).await);
    for (idle_s, opened) in [(3, 1), (4, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(idle_s)).await;
        tokio::time::resume();
        answered(lab.get(&server).await);
        assert_eq!(lab.handle.counters().connections_opened, opened);
    }
    let brief = Server::answering("HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n");
    let mut lab = Lab::new();
    answered(lab.get(&brief).await);
    assert_eq!(lab.handle.idle_connections(), 0);
    assert_eq!(server.counts(), (2, 3));
}

//! Digest: the challenge is not the answer, and a nonce is used again.

use super::lab::{Lab, Peer, Server, answer, answered, authenticate, class, header, json, ok};
use crate::dispatch::digest::{self, Asked};
use crate::dispatch::{Call, Guard};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tenure_dsl::authentication::Login;
use tenure_dsl::program::{Mode, Scheme};
use tenure_types::Timestamp;

const CHALLENGES: &str = "www-authenticate: Digest realm=\"r\", nonce=\"n-md5\", qop=\"auth\"\r\nwww-authenticate: Digest realm=\"r\", nonce=\"NONCE\", qop=\"auth\", algorithm=SHA-256, opaque=\"o\"\r\n";

fn challenge(nonce: &str, more: &str) -> String {
    let headers = CHALLENGES.replace("NONCE", nonce).replace("opaque=\"o\"", &format!("opaque=\"o\"{more}"));
    answer("401 Unauthorized", &headers, "prove it")
}

/// Whether a request proves that its sender knows the password, for this nonce and this count.
fn proves(request: &str, nonce: &str, count: u32) -> bool {
    let Some(sent) = header(request, "authorization").first().and_then(|v| v.strip_prefix("Digest ")) else {
        return false;
    };
    let field = |name: &str| {
        let start = sent.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        sent[start..].split('"').next().unwrap().to_owned()
    };
    let offered =
        format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\", algorithm=SHA-256, opaque=\"o\"");
    let offered = digest::challenge([offered.as_str()].into_iter()).unwrap();
    let login = Login { username: "ada".into(), password: "lovelace".into() };
    let mut words = request.split(' ');
    let (method, uri) = (words.next().unwrap(), words.next().unwrap());
    let asked = Asked { method, uri, count, cnonce: &field("cnonce"), body: b"" };
    sent == digest::answer(&offered, &login, asked)
}

fn call(lab: &Lab, server: &Server, password: &str) -> Call {
    let mut call = lab.call(&format!("{}x?a=1", server.url()));
    authenticate(
        &mut call,
        Scheme::Digest,
        json(&format!(r#"{{"username":"ada","password":"{password}"}}"#)),
    );
    call
}

/// Wants each request to prove itself, with the next count of one nonce.
fn strict() -> Server {
    let count = AtomicUsize::new(0);
    Server::speaking(move |request| {
        let next = count.load(Ordering::SeqCst) + 1;
        if proves(request, "n-1", u32::try_from(next).unwrap()) {
            count.store(next, Ordering::SeqCst);
            return ok("in");
        }
        challenge("n-1", "")
    })
}

#[tokio::test]
async fn the_challenge_is_answered_and_its_nonce_is_used_again() {
    let mut server = strict();
    let mut lab = Lab::new();
    for mode in [Mode::AtMostOnce, Mode::ExactlyOnceWithKey, Mode::AtLeastOnce] {
        let mut call = call(&lab, &server, "lovelace");
        call.effect.mode = mode;
        assert_eq!(answered(lab.outcome(call).await).body, b"in");
    }
    assert_eq!(server.counts().1, 4, "one challenge for three calls");
}

#[tokio::test]
async fn wrong_credentials_are_sent_once_and_the_401_is_the_answer() {
    let mut server = strict();
    let mut lab = Lab::new();
    let wrong = call(&lab, &server, "wrong");
    assert_eq!(class(&lab.outcome(wrong).await), "answered 401");
    assert_eq!(server.counts().1, 2);
    let wrong = call(&lab, &server, "wrong");
    assert_eq!(class(&lab.outcome(wrong).await), "answered 401");
    assert_eq!(
        server.counts().1,
        1,
        "the same nonce was refused again: nothing is gained by another request"
    );
    let right = call(&lab, &server, "lovelace");
    assert_eq!(answered(lab.outcome(right).await).body, b"in", "another login has a session of its own");
}

#[tokio::test]
async fn a_nonce_that_is_too_old_is_replaced() {
    let mut server = Server::speaking(|request| {
        if proves(request, "n-2", 1) || proves(request, "n-1", 1) && header(request, "x-first") == ["1"] {
            return ok("in");
        }
        let old = header(request, "authorization").first().is_some_and(|value| value.contains("n-1"));
        let first = header(request, "x-first") == ["1"];
        challenge(if first { "n-1" } else { "n-2" }, if old { ", stale=true" } else { "" })
    });
    let mut lab = Lab::new();
    let mut first = call(&lab, &server, "lovelace");
    super::lab::edit(&mut first, |request| request.headers.push(("x-first".into(), "1".into())));
    answered(lab.outcome(first).await);
    let second = call(&lab, &server, "lovelace");
    assert_eq!(answered(lab.outcome(second).await).body, b"in");
    assert_eq!(server.counts().1, 4);
}

#[tokio::test]
async fn a_server_that_calls_every_nonce_stale_is_not_asked_for_ever() {
    let number = AtomicUsize::new(0);
    let mut server = Server::speaking(move |_| {
        challenge(&format!("n-{}", number.fetch_add(1, Ordering::SeqCst)), ", stale=true")
    });
    let mut lab = Lab::new();
    let call = call(&lab, &server, "lovelace");
    assert_eq!(class(&lab.outcome(call).await), "answered 401");
    assert_eq!(server.counts().1, 3);
}

#[tokio::test]
async fn a_challenge_that_cannot_be_answered_is_the_answer() {
    let other = "www-authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256, qop=\"auth\"\r\n";
    let mut server = Server::answering(answer("401 Unauthorized", other, ""));
    let mut lab = Lab::new();
    let call = call(&lab, &server, "lovelace");
    assert_eq!(class(&lab.outcome(call).await), "answered 401");
    assert_eq!(server.counts().1, 1);
}

#[derive(Debug, Default)]
struct Asks(AtomicUsize);

impl Guard for Asks {
    fn may_send(&self, _: Timestamp) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) == 0
    }
}

/// The first request was provably not processed, so what holds the second one back is "not sent" in every mode.
#[tokio::test]
async fn the_guard_is_asked_for_each_request() {
    let mut server = strict();
    let mut lab = Lab::new();
    let mut call = call(&lab, &server, "lovelace");
    let guard = Arc::new(Asks::default());
    (call.guard, call.effect.mode) = (guard.clone(), Mode::AtMostOnce);
    assert_eq!(class(&lab.outcome(call).await), "not_sent guard");
    assert_eq!((guard.0.load(Ordering::SeqCst), server.counts().1), (2, 1));
}

#[tokio::test]
async fn what_breaks_after_the_challenge_may_have_been_executed() {
    let server = Server::run(|mut peer: Peer| {
        peer.request();
        peer.send(challenge("n-1", ""));
        peer.request();
        peer.reset();
    });
    let mut lab = Lab::new();
    let call = call(&lab, &server, "lovelace");
    assert_eq!(class(&lab.outcome(call).await), "unknown reset");
}

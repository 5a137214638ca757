//! What may be connected to, and that nothing else is.

use super::corpus::{BY_ANSWER, BY_TEXT};
use super::{Allow, Connection, Egress, Error, Options, Policy, Resolve, Resolving, Rule, Target};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenure_types::TenantId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

/// Answers each question with the next of its answers, the last one for ever.
#[derive(Debug)]
struct Script {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Script {
    fn resolve<'a>(&'a self, _host: &'a str, port: u16) -> Resolving<'a> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len().saturating_sub(1));
        let answer = self.answers.get(turn).cloned();
        Box::pin(async move {
            let answer = answer.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            Ok(answer.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
        })
    }
}

fn tenant() -> TenantId {
    TenantId::new("acme").unwrap()
}

fn egress(policy: Policy, resolver: Arc<dyn Resolve>) -> Egress {
    Egress::new(Options { resolver, ..Options::new(policy) }).unwrap()
}

fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

async fn connect(egress: &Egress, url: &str) -> Result<Connection, Error> {
    let (target, _) = Target::parse(url)?;
    egress.connect(&tenant(), &target, in_a_minute()).await
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn untouched(listener: &TcpListener) -> bool {
    matches!(listener.accept(), Err(e) if e.kind() == io::ErrorKind::WouldBlock)
}

/// S1
#[tokio::test]
async fn hostile_urls_are_denied_without_a_question_or_a_packet() {
    assert!(BY_TEXT.len() + BY_ANSWER.len() >= 120, "{}", BY_TEXT.len() + BY_ANSWER.len());
    let (listener, port) = listener();
    let resolver = Script::new(&[&["127.0.0.1"]]);
    let egress = egress(Policy::strict(), resolver.clone());
    for url in BY_TEXT {
        let url = url.replace("{port}", &port.to_string());
        let result = connect(&egress, &url).await;
        assert!(matches!(result, Err(Error::Denied { .. })), "{url:?}: {result:?}");
    }
    assert_eq!(resolver.asked(), 0);
    assert!(untouched(&listener));
}

/// S2
#[tokio::test]
async fn one_bad_answer_denies_the_name() {
    let (listener, port) = listener();
    for answer in BY_ANSWER {
        let egress = egress(Policy::strict(), Script::new(&[answer]));
        let result = connect(&egress, &format!("http://rebind.example:{port}/")).await;
        assert!(matches!(result, Err(Error::Denied { rule: Rule::Class(..), .. })), "{answer:?}: {result:?}");
    }
    assert!(untouched(&listener));
}

/// S2: a name that gives a good answer first and a bad one next is connected to at the good one, and denied next.
#[tokio::test]
async fn a_name_is_resolved_once_and_never_again_for_the_same_connection() {
    let (listener, port) = listener();
    let resolver = Script::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let egress = egress(Policy::open(vec![]), resolver.clone());
    let url = format!("http://rebind.example:{port}/");
    assert!(connect(&egress, &url).await.is_ok());
    assert_eq!(resolver.asked(), 1);
    assert!(listener.accept().is_ok());
    assert!(matches!(connect(&egress, &url).await, Err(Error::Denied { .. })));
    assert!(untouched(&listener));
}

#[tokio::test]
async fn open_reaches_loopback_and_counts_bytes() {
    let (listener, port) = listener();
    let egress = egress(Policy::open(vec![]), Script::new(&[]));
    let mut connection = connect(&egress, &format!("http://127.0.0.1:{port}/")).await.unwrap();
    let written = connection.written();
    assert_eq!(written.count(), 0);
    connection.write_all(b"hello").await.unwrap();
    assert_eq!(written.count(), 5);
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_nonblocking(false).unwrap();
    io::Write::write_all(&mut peer, b"hi").unwrap();
    let mut answer = [0; 2];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!((&answer, written.count()), (b"hi", 5));
}

/// S5
#[tokio::test]
async fn open_does_not_reach_the_own_listener_under_any_alias() {
    let (listener, port) = listener();
    let own = listener.local_addr().unwrap();
    let egress = egress(Policy::open(vec![own]), Script::new(&[&["127.0.0.1"], &["::1"], &["127.0.0.9"]]));
    for host in [
        "127.0.0.1",
        "127.0.0.2",
        "localhost",
        "a.localhost",
        "rebind.example",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
    ] {
        let result = connect(&egress, &format!("http://{host}:{port}/")).await;
        assert!(matches!(result, Err(Error::Denied { .. })), "{host}: {result:?}");
    }
    assert!(untouched(&listener));
}

#[tokio::test]
async fn the_operator_opens_a_name_and_a_network() {
    let (listener, port) = listener();
    let allowed: Vec<Allow> = vec![format!("orders.internal:{port}").parse().unwrap()];
    let named = egress(Policy::Strict { allowed, denied: vec![] }, Script::new(&[&["127.0.0.1"]]));
    assert!(connect(&named, &format!("http://orders.internal:{port}/")).await.is_ok());
    assert!(listener.accept().is_ok());
    assert!(connect(&named, &format!("http://127.0.0.1:{port}/")).await.is_err());
    let allowed: Vec<Allow> = vec![format!("127.0.0.0/8:{port}").parse().unwrap()];
    let network = egress(Policy::Strict { allowed, denied: vec![] }, Script::new(&[]));
    assert!(connect(&network, &format!("http://127.0.0.1:{port}/")).await.is_ok());
}

#[tokio::test]
async fn a_name_without_an_address_is_a_dns_error() {
    let none = egress(Policy::strict(), Script::new(&[]));
    assert!(matches!(connect(&none, "http://nothing.example/").await, Err(Error::Dns { .. })));
    let empty = egress(Policy::strict(), Script::new(&[&[]]));
    assert!(matches!(connect(&empty, "http://nothing.example/").await, Err(Error::Dns { .. })));
}

#[tokio::test]
async fn a_closed_port_is_a_connect_error_and_the_next_address_is_tried() {
    let (listener, port) = listener();
    let url = format!("http://two.example:{port}/");
    let both = egress(Policy::open(vec![]), Script::new(&[&["127.0.0.2", "127.0.0.1"]]));
    assert!(connect(&both, &url).await.is_ok());
    drop(listener);
    assert!(matches!(connect(&both, &url).await, Err(Error::Connect { .. })));
}

#[derive(Debug)]
struct Silent;

impl Resolve for Silent {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> Resolving<'a> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_resolver_is_a_timeout() {
    let silent = egress(Policy::strict(), Arc::new(Silent));
    let result = connect(&silent, "http://silent.example/").await;
    assert!(matches!(result, Err(Error::Timeout { phase: "dns", .. })), "{result:?}");
}

#[test]
fn roots_are_read_from_pem_and_refused_when_they_are_none() {
    assert!(super::roots_from_pem(b"").unwrap().is_empty());
    assert!(super::roots_from_pem(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_err());
    let options = Options { extra_roots: vec![vec![1, 2, 3].into()], ..Options::new(Policy::strict()) };
    assert!(Egress::new(options).is_err());
}

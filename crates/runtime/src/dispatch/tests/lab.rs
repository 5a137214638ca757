//! A dispatcher, a scripted server, and the channels by which tests wait for both.

use crate::dispatch::{self, Call, Finished, Guard, Handle, Options, SecretValue, Secrets, Share};
use crate::egress::{Egress, Policy};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::Text;
use tenure_dsl::program::{Mode, Scheme};
use tenure_engine::execution::{
    Answer, Authentication, CallEffect, CallOutcome, FrameId, HttpRequest, Output, Protection, Request,
};
use tenure_types::{Epoch, ExecutionId, TenantId, Timestamp};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

pub(super) const NOW: Timestamp = Timestamp(1_000_000);
pub(super) const SEND_BY_MS: u64 = 30_000;
pub(super) const DEADLINE_MS: u64 = 600_000;

/// What a server saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Connection(usize),
    Request(String),
    /// The client closed the connection.
    Closed,
    /// The script is through with a connection and has closed it.
    Done,
}

/// One accepted connection, in the hands of a script.
pub(super) struct Peer {
    pub(super) stream: TcpStream,
    /// From 0.
    pub(super) number: usize,
    seen: UnboundedSender<Seen>,
}

impl Peer {
    /// Reads one request, its body by its length. `None` when the client closes first.
    pub(super) fn request(&mut self) -> Option<String> {
        let mut bytes = vec![];
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if !matches!(self.stream.read(&mut byte), Ok(1)) {
                self.tell(Seen::Closed);
                return None;
            }
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes.clone()).unwrap();
        let length =
            head.lines().find_map(|l| l.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        bytes.extend(body);
        let request = String::from_utf8_lossy(&bytes).into_owned();
        self.tell(Seen::Request(request.clone()));
        Some(request)
    }

    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Waits until the client closes.
    pub(super) fn until_closed(&mut self) {
        let mut rest = [0; 1024];
        while matches!(self.stream.read(&mut rest), Ok(1..)) {}
        self.tell(Seen::Closed);
    }

    /// Closing with unread bytes makes the system send a reset.
    pub(super) fn reset(self) {
        drop(self);
    }

    pub(super) fn tell(&self, seen: Seen) {
        let _ = self.seen.send(seen);
    }
}

/// Listens on loopback; a script runs once a connection, each on a thread of its own.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) seen: UnboundedReceiver<Seen>,
}

impl Server {
    pub(super) fn run(script: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (tell, seen) = mpsc::unbounded_channel();
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (stream, script, tell) = (stream.unwrap(), Arc::clone(&script), tell.clone());
                let _ = tell.send(Seen::Connection(number));
                std::thread::spawn(move || {
                    script(Peer { stream, number, seen: tell.clone() });
                    let _ = tell.send(Seen::Done);
                });
            }
        });
        Self { addr, seen }
    }

    /// Answers each request of each connection with the same bytes.
    pub(super) fn answering(answer: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::run(move |mut peer| {
            while peer.request().is_some() {
                peer.send(&answer);
            }
        })
    }

    /// Answers each request of each connection with what `answer` makes of it.
    pub(super) fn speaking(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::run(move |mut peer| {
            while let Some(request) = peer.request() {
                peer.send(answer(&request));
            }
        })
    }

    /// Reads one request, sends these bytes, closes.
    pub(super) fn answering_once(answer: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::run(move |mut peer| {
            peer.request();
            peer.send(&answer);
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// Waits until the server has seen this.
    pub(super) async fn wait_for(&mut self, wanted: impl Fn(&Seen) -> bool) -> Seen {
        loop {
            let seen = self.seen.recv().await.expect("the server runs as long as the test");
            if wanted(&seen) {
                return seen;
            }
        }
    }

    pub(super) async fn wait_for_request(&mut self) -> String {
        match self.wait_for(|seen| matches!(seen, Seen::Request(_))).await {
            Seen::Request(text) => text,
            other => panic!("{other:?}"),
        }
    }

    /// What it has seen so far: connections, requests.
    pub(super) fn counts(&mut self) -> (usize, usize) {
        let (mut connections, mut requests) = (0, 0);
        while let Ok(seen) = self.seen.try_recv() {
            connections += usize::from(matches!(seen, Seen::Connection(_)));
            requests += usize::from(matches!(seen, Seen::Request(_)));
        }
        (connections, requests)
    }
}

/// An answer with this status, these header lines (each with its line end) and this body.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

pub(super) fn json_ok(body: &str) -> String {
    answer("200 OK", "content-type: application/json\r\n", body)
}

/// The values of a header of a request, in order.
pub(super) fn header<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    request.lines().filter_map(|line| line.strip_prefix(&format!("{name}: "))).collect()
}

pub(super) fn body_of(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// Secrets of the tenant `acme`.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<BTreeMap<String, String>>);

impl Book {
    pub(super) fn of(secrets: &[(&str, &str)]) -> Arc<Self> {
        let book = Self::default();
        for (name, value) in secrets {
            book.set(name, value);
        }
        Arc::new(book)
    }

    /// Writes a value as JSON text.
    pub(super) fn set(&self, name: &str, value: &str) {
        self.0.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
}

impl Secrets for Book {
    fn value<'a>(
        &'a self,
        of: &'a TenantId,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Arc<SecretValue>>, String>> {
        let value = self.0.lock().unwrap().get(name).filter(|_| *of == tenant("acme")).cloned();
        Box::pin(std::future::ready(Ok(value.map(|value| Arc::new(SecretValue::new(value))))))
    }
}

/// A text with one reference: `before`, the value of the secret, `after`.
pub(super) fn hidden(before: &str, source: &Json, after: &str) -> Json {
    let mut text = Text::default();
    text.push_str(before);
    text.push(source);
    text.push_str(after);
    text.into_json()
}

pub(super) fn protect(call: &mut Call, protection: Protection) {
    call.effect.protection = Some(Arc::new(protection));
}

/// Gives a call this policy.
pub(super) fn authenticate(call: &mut Call, scheme: Scheme, properties: Json) {
    let authentication = Some(Authentication { scheme, properties });
    protect(call, Protection { authentication, ..Protection::default() });
}

pub(super) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[derive(Debug)]
pub(super) struct Always(pub(super) bool);

impl Guard for Always {
    fn may_send(&self, _: Timestamp) -> bool {
        self.0
    }
}

/// A running dispatcher and its results.
pub(super) struct Lab {
    pub(super) handle: Handle,
    pub(super) results: mpsc::Receiver<Finished>,
    frames: AtomicU32,
}

impl Lab {
    pub(super) fn new() -> Self {
        Self::with(Policy::open(vec![]), |_| {})
    }

    pub(super) fn with(policy: Policy, change: impl FnOnce(&mut Options)) -> Self {
        Self::over(Egress::new(crate::egress::Options::new(policy)).unwrap(), 64, change)
    }

    /// With these secrets.
    pub(super) fn knowing(secrets: &Arc<Book>) -> Self {
        Self::with(Policy::open(vec![]), |options| options.secrets = secrets.clone())
    }

    pub(super) fn over(egress: Egress, results_max: usize, change: impl FnOnce(&mut Options)) -> Self {
        let (sender, results) = mpsc::channel(results_max);
        let mut options = Options::new(Arc::new(egress), Arc::new(sender));
        change(&mut options);
        Self { handle: dispatch::run(options), results, frames: AtomicU32::new(0) }
    }

    /// A keyed `POST` without headers or body.
    pub(super) fn call(&self, url: &str) -> Call {
        let frame = FrameId(self.frames.fetch_add(1, Ordering::Relaxed));
        Call {
            tenant: tenant("acme"),
            execution: ExecutionId(0x0193_5F6B_0000_7000_8000_0000_0000_0001),
            correlation_id: "cor-1".into(),
            effect: CallEffect {
                frame,
                task: "/do/0/charge".into(),
                attempt: 1,
                epoch: Epoch(1),
                request: Request::Http(Arc::new(HttpRequest {
                    method: "POST".into(),
                    uri: url.into(),
                    headers: vec![],
                    body: None,
                    output: Output::Content,
                    redirect: false,
                })),
                protection: None,
                key: "key-1".into(),
                mode: Mode::ExactlyOnceWithKey,
                send_by: NOW.plus_ms(SEND_BY_MS),
                deadline: NOW.plus_ms(DEADLINE_MS),
            },
            guard: Arc::new(Always(true)),
        }
    }

    pub(super) fn perform(&self, call: Call) {
        self.handle.perform(call, NOW).expect("the queue has room");
    }

    pub(super) async fn finished(&mut self) -> Finished {
        self.results.recv().await.expect("the dispatcher runs")
    }

    pub(super) async fn outcome(&mut self, call: Call) -> CallOutcome {
        let frame = call.effect.frame;
        self.perform(call);
        let finished = self.finished().await;
        assert_eq!(finished.frame, frame);
        finished.outcome
    }

    pub(super) async fn get(&mut self, server: &Server) -> CallOutcome {
        let call = self.call(&server.url());
        self.outcome(call).await
    }

    pub(super) async fn answer(&mut self, server: &Server) -> Answer {
        answered(self.get(server).await)
    }
}

pub(super) fn share(slots_max: usize, queue_max: usize) -> Share {
    Share { weight: 1, slots_max, queue_max }
}

pub(super) fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

pub(super) fn edit(call: &mut Call, change: impl FnOnce(&mut HttpRequest)) {
    let Request::Http(request) = &call.effect.request else { panic!("an HTTP request") };
    let mut request = HttpRequest::clone(request);
    change(&mut request);
    call.effect.request = Request::Http(Arc::new(request));
}

pub(super) fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

pub(super) fn answered(outcome: CallOutcome) -> Answer {
    match outcome {
        CallOutcome::Answered(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// `not_sent connect`, `unknown reset`, `answered 200`.
pub(super) fn class(outcome: &CallOutcome) -> String {
    match outcome {
        CallOutcome::Answered(answer) => format!("answered {}", answer.status),
        CallOutcome::NotSent { cause, .. } => format!("not_sent {cause}"),
        CallOutcome::Refused { .. } => "refused".into(),
        CallOutcome::Unknown { cause, .. } => format!("unknown {cause}"),
    }
}

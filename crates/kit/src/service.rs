//! The services that a scenario's workflows call: one listener for each scenario, which answers as the scenario says and
//! remembers every call in the order of their arrival.

use crate::digest::{Login, Nonce};
use crate::grpc;
use crate::outside;
use crate::wire::{self, Message};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// Hosts that features name, for which the listener stands in.
const HOSTS: &[&str] = &["https://kit.example", "https://petstore.swagger.io", "https://httpbin.org"];
/// The same listener under another name, for what depends on the origin.
const ELSEWHERE: &str = "https://elsewhere.example";
/// The same listener where host and port are apart, as for gRPC.
const GRPC: (&str, u16) = ("grpc.kit.example", 50051);
/// A host on which nobody listens.
const NOBODY: &str = "https://nobody.example";

/// A call as the service saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `POST /charge`, without the query.
    pub(crate) route: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    /// JSON, or a text when it is none; null when there is none.
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// How a call is answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The fields of a gRPC message.
    pub(crate) message: Option<Map<String, Value>>,
    pub(crate) grpc_status: u32,
    /// The service takes this long before it answers.
    pub(crate) delay: Duration,
    /// The connection ends without an answer.
    pub(crate) drop: bool,
    /// The answer never comes: the connection stays open until the caller ends it.
    pub(crate) hang: bool,
    /// Who is answered this way; anybody else is asked for a proof.
    digest: Option<Login>,
    /// How many calls are answered this way before the next answer's turn comes.
    times: usize,
}

impl Answer {
    /// A status with a JSON body.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes(), times: 1, ..Self::default() }
    }

    /// From the text below a step: a map, see `kit/README.md`.
    fn of(value: &Value) -> Result<Self, String> {
        let Value::Object(map) = value else { return Err("an answer is a map".into()) };
        let mut answer = Self::json(200, &json!({}));
        for (key, value) in map {
            answer.set(key, value)?;
        }
        Ok(answer)
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        let wrong = || format!("`{key}` of an answer cannot be {value}");
        let number = || value.as_u64().ok_or_else(wrong);
        match key {
            "status" => self.status = u16::try_from(number()?).map_err(|_| wrong())?,
            "headers" => self.set_headers(value.as_object().ok_or_else(wrong)?),
            "body" => self.body = value.to_string().into_bytes(),
            "text" => {
                self.body = value.as_str().ok_or_else(wrong)?.as_bytes().to_vec();
                self.set_header("Content-Type", "text/plain");
            }
            "message" => self.message = Some(value.as_object().ok_or_else(wrong)?.clone()),
            "grpcStatus" => self.grpc_status = u32::try_from(number()?).map_err(|_| wrong())?,
            "delay" => self.delay = Duration::from_millis(number()?),
            "drop" => self.drop = value == true,
            "hang" => self.hang = value == true,
            "digest" => self.digest = Some(Login::of(value).ok_or_else(wrong)?),
            "times" => self.times = usize::try_from(number()?).map_err(|_| wrong())?,
            _ => return Err(format!("an answer has no `{key}`")),
        }
        Ok(())
    }

    fn set_headers(&mut self, headers: &Map<String, Value>) {
        for (name, value) in headers {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.set_header(name, &value);
        }
    }

    fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// Answers in their order; the last stays.
#[derive(Debug)]
struct Route {
    answers: Vec<Answer>,
    given: usize,
}

impl Route {
    fn next(&mut self) -> Answer {
        let mut before = 0;
        let turn = self.given;
        self.given += 1;
        let found = self.answers.iter().find(|answer| {
            before += answer.times;
            turn < before
        });
        found.or_else(|| self.answers.last()).cloned().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Shared {
    base: String,
    routes: Mutex<BTreeMap<String, Route>>,
    calls: Mutex<Vec<Call>>,
    nonce: Mutex<Nonce>,
    connections: Mutex<Vec<TcpStream>>,
    closed: AtomicBool,
}

/// A running service. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Service {
    port: u16,
    shared: Arc<Shared>,
}

impl Service {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { base: format!("http://127.0.0.1:{port}"), ..Shared::default() });
        let listening = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if listening.closed.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(clone) = stream.try_clone() {
                    lock(&listening.connections).push(clone);
                }
                let shared = Arc::clone(&listening);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Ok(Self { port, shared })
    }

    /// Puts the addresses of this service in the place of those that features name.
    pub(crate) fn local(&self, text: &str) -> String {
        let mut text = text.replace(ELSEWHERE, &format!("http://localhost:{}", self.port));
        text = text.replace(NOBODY, "http://127.0.0.1:1");
        for between in [":", ", port: "] {
            let there = format!("{}{between}{}", GRPC.0, GRPC.1);
            text = text.replace(&there, &format!("127.0.0.1{between}{}", self.port));
        }
        for host in HOSTS {
            text = text.replace(host, &self.shared.base);
        }
        text
    }

    /// Decides the answers of a route such as `POST /charge`: one, or a list of them.
    pub(crate) fn answer(&self, route: &str, answers: &Value) -> Result<(), String> {
        let answers = match answers {
            Value::Array(list) => list.iter().map(Answer::of).collect::<Result<_, _>>()?,
            one => vec![Answer::of(one)?],
        };
        lock(&self.shared.routes).insert(route.to_owned(), Route { answers, given: 0 });
        Ok(())
    }

    /// What has arrived so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        for stream in lock(&self.shared.connections).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread of a service panics while it holds this")
}

/// One connection, request after request, until somebody ends it.
fn serve(mut stream: TcpStream, shared: &Arc<Shared>) {
    if grpc::spoken(&stream) {
        let shared = Arc::clone(shared);
        let _ = grpc::serve(stream, move |call| shared.take(call));
        return;
    }
    let Ok(clone) = stream.try_clone() else { return };
    let mut reader = BufReader::new(clone);
    while let Ok(Some(message)) = wire::read(&mut reader) {
        let call = call(&message);
        let head = call.route.starts_with("HEAD ");
        let answer = shared.take(call);
        thread::sleep(answer.delay);
        if answer.hang {
            let _ = reader.read(&mut [0]);
        }
        if answer.hang || answer.drop || write(&mut stream, &answer, head).is_err() {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

impl Shared {
    fn take(&self, call: Call) -> Answer {
        let answer = self.decide(&call);
        lock(&self.calls).push(call);
        answer
    }

    /// As the scenario says, then as the specification's kit expects it, then `{}`.
    fn decide(&self, call: &Call) -> Answer {
        let mut routes = lock(&self.routes);
        if let Some(route) = routes.get_mut(&call.route) {
            let answer = route.next();
            return match &answer.digest {
                Some(login) if !lock(&self.nonce).proves(call, login) => {
                    let mut refusal = Answer::json(401, &json!({}));
                    refusal.set_header("WWW-Authenticate", Nonce::CHALLENGE);
                    refusal
                }
                _ => answer,
            };
        }
        outside::answer(call, &self.base).unwrap_or_else(|| Answer::json(200, &json!({})))
    }
}

fn call(message: &Message) -> Call {
    let mut words = message.first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = || Value::from(String::from_utf8_lossy(&message.body).into_owned());
    let body = if message.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&message.body).unwrap_or_else(|_| text())
    };
    Call {
        route: format!("{method} {path}"),
        query: query.to_owned(),
        headers: message.headers.clone(),
        body,
    }
}

fn write(stream: &mut TcpStream, answer: &Answer, head: bool) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {} X\r\n", answer.status);
    for (name, value) in &answer.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let empty = head || answer.status == 204 || answer.status == 304;
    if !empty || head {
        let _ = write!(text, "Content-Length: {}\r\n", answer.body.len());
    }
    let mut bytes = format!("{text}\r\n").into_bytes();
    if !empty {
        bytes.extend(&answer.body);
    }
    stream.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(service: &Service, target: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, service.port)).unwrap();
        stream
            .write_all(format!("POST {target} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes())
            .unwrap();
        let message = wire::read(&mut BufReader::new(stream)).unwrap().unwrap_or_default();
        (message.first.split(' ').nth(1).unwrap_or("0").parse().unwrap(), message.body)
    }

    #[test]
    fn answers_come_in_their_order_and_the_last_stays() {
        let service = Service::start().unwrap();
        let answers = json!([{ "status": 503, "times": 2 }, { "body": { "ok": true } }]);
        service.answer("POST /a", &answers).unwrap();
        let statuses = [1, 2, 3, 4].map(|_| ask(&service, "/a?x=1").0);
        assert_eq!(statuses, [503, 503, 200, 200]);
        assert_eq!(ask(&service, "/other").1, b"{}");
        let calls = service.calls();
        assert_eq!((calls.len(), calls[0].route.as_str(), calls[0].query.as_str()), (5, "POST /a", "x=1"));
    }

    #[test]
    fn a_dropped_call_has_no_answer() {
        let service = Service::start().unwrap();
        service.answer("POST /a", &json!({ "drop": true })).unwrap();
        assert_eq!(ask(&service, "/a").0, 0);
        assert_eq!(service.calls().len(), 1);
    }

    #[test]
    fn unknown_keys_of_an_answer_are_refused() {
        let service = Service::start().unwrap();
        assert!(service.answer("POST /a", &json!({ "state": 200 })).is_err());
    }
}

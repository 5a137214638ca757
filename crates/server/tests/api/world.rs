//! A server of its own for each test, and a client that can send anything.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tenure_dsl::switches::Switches;
use tenure_server::dev::{self, EgressMode, Options, Running};
use tokio::net::TcpStream;
use url::Url;

/// Completes at once with `{"answer": 42}`.
pub(crate) const ECHO: &str = "
document: { dsl: '1.0.3', namespace: test, name: echo, version: '1.0.0' }
do:
  - reply:
      set: { answer: 42 }
";

/// Waits for an hour.
pub(crate) const SLEEP: &str = "
document: { dsl: '1.0.3', namespace: test, name: sleep, version: '1.0.0' }
do:
  - pause:
      wait: PT1H
";

/// Wants a number, and gives it back.
pub(crate) const TYPED: &str = "
document: { dsl: '1.0.3', namespace: test, name: typed, version: '1.0.0' }
input:
  schema:
    document: { type: object, required: [amount], properties: { amount: { type: number } } }
do:
  - double:
      set: { twice: '${ .amount * 2 }' }
";

/// Faults.
pub(crate) const FAIL: &str = "
document: { dsl: '1.0.3', namespace: test, name: fail, version: '1.0.0' }
do:
  - refuse:
      raise:
        error: { type: 'https://shop.example/errors/no-stock', status: 409, title: No stock, detail: nothing left }
";

pub(crate) struct World {
    pub(crate) running: Running,
    dir: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { running: open(dir.path(), None).await, dir }
    }

    /// Whose store may not grow beyond so many bytes.
    pub(crate) async fn on_small_disk(bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { running: open(dir.path(), Some(bytes)).await, dir }
    }

    /// With these definitions registered for `demo`.
    pub(crate) async fn with(definitions: &[&str]) -> Self {
        let world = Self::start().await;
        for text in definitions {
            let answer = world.post("/v1/workflow-definitions").yaml(text).send().await;
            assert_eq!(answer.status, 201, "{}", answer.text);
        }
        world
    }

    /// Stops the server and starts another one on the same data.
    pub(crate) async fn restart(self) -> Self {
        self.running.shutdown().await;
        Self { running: open(self.dir.path(), None).await, dir: self.dir }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub(crate) fn token(&self, name: &str) -> String {
        self.running.tokens[name].clone()
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call("POST", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }

    /// A request of `demo-admin`, until told otherwise.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call {
        let headers = vec![("authorization".to_owned(), format!("Bearer {}", self.token("demo-admin")))];
        let (method, path) = (method.to_owned(), path.to_owned());
        Call {
            to: self.running.api.clone(),
            method,
            path,
            headers,
            body: Vec::new(),
            tokens: self.running.tokens.clone(),
        }
    }

    pub(crate) fn admin(&self, path: &str) -> Call {
        let call = self.get(path).anonymous();
        Call { to: self.running.admin.clone(), ..call }
    }

    /// Starts an execution and gives its id.
    pub(crate) async fn run(&self, name: &str, input: &Value) -> String {
        let answer = self.post("/v1/workflows/start").json(&start_of(name, input)).send().await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of an execution by its history and gives the execution.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        let mut after = 0;
        loop {
            let path = format!("/v1/workflows/{id}/history?after={after}&wait=20");
            let page = self.get(&path).send().await.ok();
            if page["ended"] == true {
                return self.get(&format!("/v1/workflows/{id}")).send().await.ok();
            }
            after = page["nextAfter"].as_u64().unwrap();
        }
    }

    /// Waits until the history has an event of a kind.
    pub(crate) async fn happened(&self, id: &str, kind: &str) {
        let mut after = 0;
        loop {
            let path = format!("/v1/workflows/{id}/history?after={after}&wait=20");
            let page = self.get(&path).send().await.ok();
            if page["items"].as_array().unwrap().iter().any(|event| event["type"] == kind) {
                return;
            }
            assert_eq!(page["ended"], false, "{kind} did not happen");
            after = page["nextAfter"].as_u64().unwrap();
        }
    }
}

pub(crate) fn start_of(name: &str, input: &Value) -> Value {
    serde_json::json!({ "workflow": { "namespace": "test", "name": name }, "input": input })
}

async fn open(data: &Path, store_bytes_max: Option<u64>) -> Running {
    let any = "127.0.0.1:0".parse().unwrap();
    let options = Options {
        data: data.to_owned(),
        listen: any,
        admin_listen: any,
        ephemeral: false,
        egress: EgressMode::Open,
        allow: vec![],
        switches: Switches::default(),
        store_bytes_max,
    };
    dev::start(options).await.unwrap()
}

pub(crate) struct Call {
    to: Url,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    tokens: std::collections::BTreeMap<String, String>,
}

impl Call {
    /// Sends another of the development tokens.
    pub(crate) fn token(self, name: &str) -> Self {
        let text = self.tokens[name].clone();
        self.bearer(&text)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.anonymous().header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "authorization");
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string().as_bytes())
    }

    pub(crate) fn yaml(self, body: &str) -> Self {
        self.raw("application/yaml", body.as_bytes())
    }

    pub(crate) fn raw(mut self, content_type: &str, body: &[u8]) -> Self {
        self.headers.push(("content-type".into(), content_type.into()));
        self.body = body.to_vec();
        self
    }

    /// Sends the request and leaves the answer's body unread.
    pub(crate) async fn open(self) -> Response<Incoming> {
        let address = format!("{}:{}", self.to.host_str().unwrap(), self.to.port().unwrap());
        let stream = TcpStream::connect(&address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(&*self.method).uri(&self.path).header("host", address);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        sender.send_request(request.body(Full::new(Bytes::from(self.body))).unwrap()).await.unwrap()
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.open().await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body, text }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The body of a good answer.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.text);
        self.body
    }

    /// Checks that it is a whole problem with this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["code"], code, "{}", self.text);
        assert_eq!(self.body["status"], status);
        for field in ["type", "title", "detail", "instance", "correlationId"] {
            assert!(self.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", self.text);
        }
        assert!(self.body["retryable"].is_boolean());
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

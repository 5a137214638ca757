//! Secrets: written, listed by name, used by calls, and seen nowhere. E3, L1, FR-037.

use crate::world::{Answer, World};
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn put(world: &World, name: &str, value: Value) -> Answer {
    world.call("PUT", &format!("/v1/secrets/{name}")).json(&json!({ "value": value })).send().await
}

#[tokio::test]
async fn each_write_is_a_version_and_no_answer_has_the_value() {
    let world = World::start().await;
    let first = put(&world, "db.prod", json!("hunter2")).await;
    assert_eq!((first.status, first.header("location")), (201, "/v1/secrets/db.prod"));
    let second = put(&world, "db.prod", json!({ "user": "ada", "password": "hunter2" })).await;
    assert_eq!(second.status, 200);
    let versions: Vec<u64> =
        second.body["versions"].as_array().unwrap().iter().map(|v| v["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2]);
    let shown = world.get("/v1/secrets/db.prod").send().await.ok();
    assert_eq!(shown, second.body);
    put(&world, "api", json!("x")).await.ok();
    let list = world.get("/v1/secrets").send().await;
    for answer in [&first, &second, &list] {
        assert!(!answer.text.contains("hunter2") && !answer.text.contains("value"), "{}", answer.text);
    }
    let names: Vec<&str> =
        list.body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["api", "db.prod"]);
    let world = world.restart().await;
    assert_eq!(world.get("/v1/secrets/db.prod").send().await.ok(), shown);
}

#[tokio::test]
async fn secrets_are_listed_in_pages() {
    let world = World::start().await;
    for name in ["c", "a", "b"] {
        put(&world, name, json!("x")).await.ok();
    }
    let first = world.get("/v1/secrets?pageSize=2").send().await.ok();
    let token = first["nextPageToken"].as_str().unwrap();
    let second = world.get(&format!("/v1/secrets?pageSize=2&pageToken={token}")).send().await.ok();
    assert_eq!((&first["items"][1]["name"], &second["items"][0]["name"]), (&json!("b"), &json!("c")));
    assert_eq!(second["nextPageToken"], Value::Null);
    let foreign = world.get(&format!("/v1/secrets?pageToken={token}")).token("acme-admin").send().await;
    foreign.problem(400, "API-0003");
}

#[tokio::test]
async fn a_deleted_secret_is_gone() {
    let world = World::start().await;
    put(&world, "db", json!("hunter2")).await.ok();
    let deleted = world.call("DELETE", "/v1/secrets/db").send().await;
    assert_eq!(deleted.body["name"], "db");
    assert!(!deleted.text.contains("hunter2"));
    world.get("/v1/secrets/db").send().await.problem(404, "API-0020");
    world.call("DELETE", "/v1/secrets/db").send().await.problem(404, "API-0020");
    assert_eq!(put(&world, "db", json!("x")).await.status, 201);
}

/// FR-025, FR-028
#[tokio::test]
async fn secrets_belong_to_their_tenant_and_to_admins() {
    let world = World::start().await;
    put(&world, "db", json!("hunter2")).await.ok();
    world.get("/v1/secrets/db").token("acme-admin").send().await.problem(404, "API-0020");
    assert_eq!(world.get("/v1/secrets").token("acme-admin").send().await.ok()["items"], json!([]));
    world.get("/v1/secrets").token("demo-operator").send().await.problem(403, "API-0011");
    let write = world.call("PUT", "/v1/secrets/db").token("demo-operator").json(&json!({ "value": "x" }));
    write.send().await.problem(403, "API-0011");
}

#[tokio::test]
async fn what_is_no_secret_is_refused_without_being_quoted() {
    let world = World::start().await;
    let bodies = [
        json!({ "value": 71_077_345 }),
        json!({ "value": ["hunter2"] }),
        json!({ "value": null }),
        json!({ "value": "hunter2", "extra": "hunter2" }),
        json!({ "secret": "hunter2" }),
        json!("hunter2"),
        json!({ "hunter2": "x" }),
    ];
    for body in bodies {
        let answer = world.call("PUT", "/v1/secrets/db").json(&body).send().await;
        answer.problem(400, "API-0002");
        assert!(!answer.text.contains("hunter2") && !answer.text.contains("71077345"), "{}", answer.text);
    }
    for name in ["a%20b", "a%2Fb", ".."] {
        let answer = put(&world, name, json!("x")).await;
        assert!(matches!(answer.status, 400 | 404), "{name}: {}", answer.text);
    }
    put(&world, "db", json!("x".repeat(64 << 10))).await.problem(413, "API-0040");
    assert_eq!(put(&world, "db", json!("x".repeat((64 << 10) - 2))).await.status, 201);
}

#[tokio::test]
async fn acts_on_secrets_are_audited_by_name() {
    let world = World::start().await;
    put(&world, "db", json!("hunter2")).await.ok();
    world.call("DELETE", "/v1/secrets/db").send().await.ok();
    let page = world.get("/v1/audit-events?pageSize=1000").send().await;
    let items = page.body["items"].as_array().unwrap().clone();
    let actions: Vec<&str> = items
        .iter()
        .filter(|item| item["resource"] == json!({ "kind": "secret", "id": "db" }))
        .map(|item| item["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["secret.written", "secret.deleted"]);
    assert!(!page.text.contains("hunter2"));
}

/// Repeats every request in its answer: the worst service for a secret. `/fail` with status 500, `/digest` with a
/// challenge until it is answered; `/oauth2/token` gives a token, `/api.json` describes `/operation`, `/rpc` speaks JSON-RPC.
async fn parrot(token: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let request = whole(&mut stream).await;
                let path = request.split(' ').nth(1).unwrap_or_default();
                let challenge = path.starts_with("/digest") && !request.contains("authorization: ");
                let status = match path {
                    path if path.starts_with("/fail") => "500 Failed",
                    _ if challenge => {
                        "401 Unauthorized\r\nwww-authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\""
                    }
                    _ => "200 OK",
                };
                let you = json!({ "you": request, "lines": request.lines().collect::<Vec<_>>() });
                let body = match path {
                    "/oauth2/token" => json!({ "access_token": token, "expires_in": 3_600 }),
                    "/api.json" => json!({
                        "openapi": "3.1.0", "servers": [{ "url": format!("http://{address}") }],
                        "paths": { "/operation": { "get": { "operationId": "o", "parameters": [{ "name": "k", "in": "query" }] } } },
                    }),
                    "/rpc" if request.contains("initialize\"") => {
                        json!({ "jsonrpc": "2.0", "id": 0, "result": { "protocolVersion": "1" } })
                    }
                    "/rpc" => json!({ "jsonrpc": "2.0", "id": 1, "result": you }),
                    _ => you,
                };
                let body = body.to_string();
                let key =
                    request.lines().find_map(|l| l.strip_prefix("x-key: ")).unwrap_or("none").to_owned();
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-echo: {key}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            });
        }
    });
    address
}

fn definition(to: SocketAddr) -> String {
    format!(
        "
document: {{ dsl: '1.0.3', namespace: test, name: leaky, version: '1.0.0' }}
use:
  secrets: [ canary, login ]
  authentications:
    token: {{ oauth2: {{ authority: 'http://{to}', grant: client_credentials, client: {{ id: me, secret: '${{ $secrets.canary }}' }} }} }}
input: {{ from: '${{ {{ kept: $secrets.canary }} }}' }}
do:
  - keep: {{ set: {{ a: '${{ $secrets.canary }}', b: 'x${{ $secrets.login.password }}', c: '${{ . }}' }}, export: {{ as: '${{ . }}' }} }}
  - echo:
      input: {{ from: {{ token: '${{ $secrets.canary }}' }} }}
      call: http
      with:
        method: post
        endpoint: 'http://{to}/echo/${{ $secrets.canary | @uri }}'
        query: {{ q: '${{ $secrets.canary }}' }}
        headers: {{ X-Key: '${{ .token }}' }}
        body: {{ all: '${{ $secrets.login }}', text: 'is ${{ $secrets.canary }}!' }}
        output: response
  - login: {{ call: http, with: {{ method: get, endpoint: {{ uri: 'http://{to}/login', authentication: {{ basic: {{ use: login }} }} }} }} }}
  - token: {{ call: http, with: {{ method: get, endpoint: {{ uri: 'http://{to}/token', authentication: {{ use: token }} }} }} }}
  - digest: {{ call: http, with: {{ method: get, endpoint: {{ uri: 'http://{to}/digest', authentication: {{ digest: {{ use: login }} }} }} }} }}
  - operation: {{ call: openapi, with: {{ document: {{ endpoint: 'http://{to}/api.json' }}, operationId: o, parameters: {{ k: '${{ $secrets.canary }}' }}, authentication: {{ use: token }} }} }}
  - tool: {{ call: mcp, with: {{ method: tools/call, parameters: {{ k: '${{ $secrets.canary }}' }}, transport: {{ http: {{ endpoint: {{ uri: 'http://{to}/rpc', authentication: {{ bearer: {{ token: '${{ $secrets.canary | @base64 }}' }} }} }}, headers: {{ X-Key: '${{ $secrets.canary }}' }} }} }} }} }}
  - agent: {{ call: a2a, with: {{ method: message/send, parameters: {{ k: '${{ $secrets.login }}' }}, server: {{ uri: 'http://{to}/rpc', authentication: {{ basic: {{ use: login }} }} }} }} }}
  - publish: {{ emit: {{ event: {{ with: {{ source: 'https://example.com', type: leaky, data: {{ k: '${{ . }}', c: '${{ $context }}' }} }} }} }} }}
  - failing:
      try:
        - fail: {{ call: http, with: {{ method: get, endpoint: 'http://{to}/fail', headers: {{ X-Key: '${{ $secrets.canary }}' }} }} }}
      catch:
        do:
          - told: {{ set: {{ error: '${{ $error }}', context: '${{ $context }}' }} }}
  - unreachable:
      try:
        - odd: {{ call: http, with: {{ method: get, endpoint: '${{ $secrets.canary }}' }}, timeout: {{ after: {{ milliseconds: 200 }} }} }}
      catch: {{ do: [ {{ told: {{ set: {{ error: '${{ $error }}', before: '${{ . }}' }} }} }} ] }}
  - give-up: {{ raise: {{ error: {{ type: 'https://example.com/x', status: 400, title: t, detail: 'because of ${{ $secrets.canary }}' }} }} }}
"
    )
}

/// One request, its body by its length.
async fn whole(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut bytes = vec![0; 64 << 10];
    loop {
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return request;
            }
        }
        match stream.read(&mut bytes).await {
            Ok(length @ 1..) => request.push_str(std::str::from_utf8(&bytes[..length]).unwrap()),
            Ok(0) | Err(_) => return request,
        }
    }
}

/// Takes what the other one publishes.
const LISTENER: &str = "
document: { dsl: '1.0.3', namespace: test, name: listener, version: '1.0.0' }
do: [ { hear: { listen: { to: { one: { with: { type: leaky } } } } } } ]
";

/// Where the server's log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Every file below a directory.
fn files(dir: &Path) -> Vec<Vec<u8>> {
    let mut all = vec![];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(std::fs::read(path).unwrap());
        }
    }
    all
}

/// A value is sent to a service that repeats everything; it is then looked for in every answer of the API, in the log and
/// in the files, as it is and in the usual writings.
#[tokio::test]
async fn a_value_is_found_nowhere() {
    const CANARY: &str = "ca/na ry-8d1f6c52e0b7";
    const PASSWORD: &str = "pass-f00dfacecafe";
    const TOKEN: &str = "token-0123456789abcdef";
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);

    let to = parrot(TOKEN).await;
    let world = World::with(&[LISTENER, &definition(to)]).await;
    put(&world, "canary", json!(CANARY)).await.ok();
    put(&world, "login", json!({ "username": "ada", "password": PASSWORD })).await.ok();
    let listener = world.run("listener", &json!({})).await;
    let id = world.run("leaky", &json!({ "mine": "***" })).await;
    let workflow = world.ended(&id).await;
    assert_eq!(workflow["status"], "faulted", "{workflow}");
    assert_eq!(workflow["error"]["detail"], "because of ***", "{workflow}");

    let heard = world.ended(&listener).await;
    assert_eq!(heard["status"], "completed", "{heard}");
    assert!(heard.to_string().contains("***"), "{heard}");
    let mut seen = vec![workflow.to_string()];
    for path in [
        format!("/v1/workflows/{id}/history?limit=1000"),
        format!("/v1/workflows/{id}/tasks"),
        format!("/v1/workflows/{id}/tasks/%2Fdo%2F1%2Fecho"),
        format!("/v1/workflows/{id}/tasks/%2Fdo%2F6%2Ftool"),
        format!("/v1/workflows/{id}/history?follow=true"),
        format!("/v1/workflows/{listener}/history?limit=1000"),
        "/v1/workflows".to_owned(),
        "/v1/audit-events?pageSize=1000".to_owned(),
        "/v1/secrets".to_owned(),
        "/v1/secrets/canary".to_owned(),
        "/v1/workflow-definitions/test/leaky".to_owned(),
    ] {
        let answer = world.get(&path).send().await;
        assert_eq!(answer.status, 200, "{path} {}", answer.text);
        seen.push(answer.text);
    }
    let history = &seen[1];
    for expected in ["/echo/***?q=***", "\"X-Key\":\"***\"", "is ***!"] {
        assert!(
            history.contains(expected) || history.contains(&expected.replace('"', "\\\"")),
            "{expected}: {history}"
        );
    }
    seen.push(heard.to_string());
    seen.push(world.admin("/metrics").send().await.text);
    let data = world.data();
    let world = world.restart().await;
    seen.push(world.get(&format!("/v1/workflows/{id}/history?limit=1000")).send().await.text);

    let mut places: Vec<Vec<u8>> = seen.into_iter().map(String::into_bytes).collect();
    places.push(log.0.lock().unwrap().clone());
    places.extend(files(&data));
    let base = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let needles = [
        CANARY.to_owned(),
        CANARY.replace('/', "%2F").replace(' ', "%20"),
        base(CANARY),
        PASSWORD.to_owned(),
        base(PASSWORD),
        base(&format!("ada:{PASSWORD}")),
        TOKEN.to_owned(),
        base(&base(CANARY)),
    ];
    for needle in &needles {
        for (at, place) in places.iter().enumerate() {
            let found = place.windows(needle.len()).position(|part| part == needle.as_bytes());
            assert_eq!(found, None, "`{needle}` is in place {at} of {}", places.len());
        }
    }
}

#[tokio::test]
async fn a_secret_that_is_missing_is_an_authorization_error() {
    let to = parrot("t").await;
    let text = format!(
        "
document: {{ dsl: '1.0.3', namespace: test, name: missing, version: '1.0.0' }}
use: {{ secrets: [ nothing ] }}
do:
  - call: {{ call: http, with: {{ method: get, endpoint: 'http://{to}/x', headers: {{ X-Key: '${{ $secrets.nothing }}' }} }} }}
"
    );
    let world = World::with(&[&text]).await;
    let id = world.run("missing", &json!({})).await;
    let error = world.ended(&id).await["error"].clone();
    assert_eq!(error["status"], 403, "{error}");
    assert_eq!(error["type"], "https://open-workflow-specification.org/spec/1.0.0/errors/authorization");
    assert_eq!(error["detail"], "there is no secret `nothing`");
}

//! What every answer has in common: headers, problems, methods, bodies, the public contract.

use crate::world::{ECHO, World, start_of};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const START: &str = "/v1/workflows/start";

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let world = World::start().await;
    for call in [
        world.get("/v1/whoami"),
        world.get("/v1/whoami").anonymous(),
        world.get("/openapi.json").anonymous(),
        world.get("/nothing"),
        world.call("DELETE", "/v1/workflows"),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", answer.text);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert!(!answer.header("x-correlation-id").is_empty());
    }
}

/// FR-033: one id through answer, problem and log.
#[tokio::test]
async fn the_correlation_id_is_taken_over_or_made() {
    let world = World::start().await;
    let given = world.get("/v1/workflows/exe_x").header("x-correlation-id", "order-17").send().await;
    assert_eq!(
        (given.header("x-correlation-id"), &given.body["correlationId"]),
        ("order-17", &json!("order-17"))
    );
    let made = world.get("/v1/workflows/exe_x").header("x-correlation-id", "a b").send().await;
    assert_eq!(made.header("x-correlation-id").len(), 32);
    assert_eq!(made.body["correlationId"], made.header("x-correlation-id"));
}

#[tokio::test]
async fn what_is_not_in_the_table_is_404() {
    let world = World::start().await;
    for path in [
        "/",
        "/v1",
        "/v2/workflows",
        "/v1/workflows/",
        "/v1/workflows/x/y",
        "/V1/workflows",
        "/v1//workflows",
    ] {
        world.get(path).send().await.problem(404, "API-0021");
        world.get(path).anonymous().send().await.problem(404, "API-0021");
    }
}

#[tokio::test]
async fn a_method_that_the_path_does_not_take_is_405_with_those_that_it_takes() {
    let world = World::start().await;
    let answer = world.call("DELETE", "/v1/workflow-definitions").send().await;
    answer.problem(405, "API-0022");
    let allowed = answer.header("allow");
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    world.get("/v1/workflows/start").send().await.problem(405, "API-0022");
}

#[tokio::test]
async fn options_and_head_are_answered() {
    let world = World::start().await;
    let options = world.call("OPTIONS", "/v1/workflows").anonymous().send().await;
    assert_eq!(options.status, 204);
    assert!(options.header("allow").contains("GET"));
    assert_eq!(options.header("access-control-allow-origin"), "", "no other origin is let in");
    let head = world.call("HEAD", "/v1/workflows").send().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(world.call("HEAD", "/v1/workflows").anonymous().send().await.status, 401);
}

#[tokio::test]
async fn bodies_must_be_what_they_say() {
    let world = World::with(&[ECHO]).await;
    let body = start_of("echo", &json!({})).to_string();
    for content_type in
        ["text/plain", "application/yaml", "application/jsonx", "application/json; charset=latin1", ""]
    {
        let answer = world.post(START).raw(content_type, body.as_bytes()).send().await;
        answer.problem(415, "API-0041");
    }
    let utf8 = world.post(START).raw("application/json; charset=UTF-8", body.as_bytes()).send().await;
    assert_eq!(utf8.status, 201, "{}", utf8.text);
    let packed =
        world.post(START).header("content-encoding", "gzip").raw("application/json", body.as_bytes());
    packed.send().await.problem(415, "API-0041");
    world.post(START).send().await.problem(415, "API-0041");
    world.post("/v1/workflow-definitions").raw("text/html", b"x").send().await.problem(415, "API-0041");
}

#[tokio::test]
async fn malformed_json_is_refused_with_its_place() {
    let world = World::start().await;
    let answer = world.post(START).raw("application/json", b"{\n  \"workflow\": nope\n}").send().await;
    answer.problem(400, "API-0001");
    assert_eq!((&answer.body["errors"][0]["line"], &answer.body["instance"]), (&json!(2), &json!(START)));
    assert!(answer.body["errors"][0]["column"].as_u64().unwrap() > 10);
    world.post(START).raw("application/json", &[b'"', 0xFF, b'"']).send().await.problem(400, "API-0001");
}

#[tokio::test]
async fn an_unknown_field_is_refused_with_its_place() {
    let world = World::start().await;
    let body = json!({ "workflow": { "namespace": "a", "name": "b" }, "inputs": 1 });
    let answer = world.post(START).json(&body).send().await;
    answer.problem(400, "API-0002");
    assert_eq!(answer.body["errors"][0]["pointer"], "/inputs");
}

#[tokio::test]
async fn a_get_takes_no_body_and_no_unknown_parameter() {
    let world = World::start().await;
    world.get("/v1/workflows").raw("application/json", b"{}").send().await.problem(413, "API-0040");
    let answer = world.get("/v1/whoami?verbose=1").send().await;
    answer.problem(400, "API-0003");
    assert!(answer.body["detail"].as_str().unwrap().contains("`verbose`"));
}

/// P2: an answer is given before a body that is announced too large is sent.
#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_is_read() {
    let world = World::start().await;
    let address = format!("{}:{}", world.running.api.host_str().unwrap(), world.running.api.port().unwrap());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let token = world.token("demo-admin");
    let head = format!(
        "POST {START} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// A1: a request is authenticated before anything of its body is read.
#[tokio::test]
async fn a_request_without_credential_is_refused_before_its_body_is_read() {
    let world = World::start().await;
    let address = format!("{}:{}", world.running.api.host_str().unwrap(), world.running.api.port().unwrap());
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {START} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let world = World::start().await;
    let large = world.get("/v1/whoami").header("x-large", &"x".repeat(40 << 10)).send().await;
    assert_eq!(large.status, 431);
    assert_eq!(world.get("/v1/whoami").send().await.status, 200, "the server goes on");
}

#[tokio::test]
async fn the_contract_is_public() {
    let world = World::start().await;
    let document = world.get("/openapi.json").anonymous().send().await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let schema = world.get("/schemas/Problem").anonymous().send().await.ok();
    assert_eq!(schema["$id"], "/schemas/Problem");
    assert_eq!(world.get("/schemas/Problem.json").anonymous().send().await.status, 200);
    world.get("/schemas/Nothing").anonymous().send().await.problem(404, "API-0020");
    let keys = world.get("/.well-known/jwks.json").anonymous().send().await.ok();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["crv"]), (&json!("OKP"), &json!("Ed25519")));
    assert_eq!(keys["keys"][0].get("d"), None, "only the public half");
}

/// The answers of a server have the fields that its own document describes.
#[tokio::test]
async fn answers_have_only_the_fields_of_their_schemas() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    for (path, schema) in [
        ("/v1/whoami".to_owned(), "Whoami"),
        ("/v1/limits".to_owned(), "Limits"),
        ("/v1/workflows".to_owned(), "WorkflowList"),
        (format!("/v1/workflows/{id}"), "Workflow"),
        (format!("/v1/workflows/{id}/history"), "HistoryPage"),
        (format!("/v1/workflows/{id}/tasks"), "TaskList"),
        ("/v1/workflow-definitions/test/echo".to_owned(), "Definition"),
        ("/v1/audit-events".to_owned(), "AuditEventList"),
    ] {
        let body = world.get(&path).send().await.ok();
        let schema = world.get(&format!("/schemas/{schema}")).send().await.ok();
        let known = schema["properties"].as_object().unwrap();
        for field in body.as_object().unwrap().keys() {
            assert!(known.contains_key(field), "{path}: {field}");
        }
        for field in schema["required"].as_array().unwrap_or(&Vec::<Value>::new()) {
            assert!(body.get(field.as_str().unwrap()).is_some(), "{path} lacks {field}");
        }
    }
}

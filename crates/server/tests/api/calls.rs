//! Definitions that call services by their documents, from the registration to the answer. FR-010.

use crate::world::World;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const PATH: &str = "/v1/workflow-definitions";

/// What a service answers by the first line of the request, and which lines it saw.
struct Service {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(answer: impl Fn(&str, &str) -> Option<Value> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(vec![]));
        let (own, lines) = (url.clone(), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = vec![];
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                    head.push(byte[0]);
                }
                let head = String::from_utf8(head).unwrap();
                let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                let (status, body) = match answer(&line, &own) {
                    Some(body) => ("200 OK", body.to_string()),
                    None => ("404 Not Found", String::new()),
                };
                lines.lock().unwrap().push(line);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// A pet store with a Swagger 2.0 document, as the specification's conformance kit expects it.
fn petstore() -> Service {
    Service::start(|line, url| match line {
        "GET /v2/swagger.json" => Some(json!({
            "swagger": "2.0", "host": url.trim_start_matches("http://"), "basePath": "/v2", "schemes": ["https", "http"],
            "paths": {
                "/pet/findByStatus": { "get": { "operationId": "findPetsByStatus", "parameters": [
                    { "name": "status", "in": "query", "required": true, "type": "array", "collectionFormat": "multi" }] } },
                "/pet/{petId}": { "get": { "operationId": "getPetById", "parameters": [
                    { "name": "petId", "in": "path", "required": true, "type": "integer" }] } }
            }
        })),
        "GET /v2/pet/findByStatus?status=available" => {
            Some(json!([{ "id": 1, "name": "Milou", "status": "available" }]))
        }
        "GET /v2/pet/1" => Some(json!({ "id": 1, "name": "Milou", "status": "available" })),
        _ => None,
    })
}

fn definition(service: &Service, with: &str) -> String {
    format!(
        "document: {{ dsl: '1.0.3', namespace: test, name: pets, version: '1.0.0' }}\ndo:\n  - call:\n      call: openapi\n      with:\n        document: {{ endpoint: '{}/v2/swagger.json' }}\n        {with}\n",
        service.url
    )
}

#[tokio::test]
async fn an_operation_of_a_swagger_document_is_called_and_the_document_is_read_once() {
    let (world, service) = (World::start().await, petstore());
    let text = definition(
        &service,
        "operationId: getPetById\n        parameters: { petId: '${ .petId }' }\n        output: response",
    );
    let registered = world.post(PATH).yaml(&text).send().await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    let world = world.restart().await;
    let id = world.run("pets", &json!({ "petId": 1 })).await;
    let ended = world.ended(&id).await;
    assert_eq!(ended["output"]["content"]["name"], "Milou", "{ended}");
    assert_eq!(ended["output"]["statusCode"], 200);
    assert!(ended["output"]["request"]["uri"].as_str().unwrap().ends_with("/v2/pet/1"));
    assert_eq!(service.seen(), ["GET /v2/swagger.json", "GET /v2/pet/1"]);
}

#[tokio::test]
async fn a_registered_version_keeps_its_document() {
    let versions = Arc::new(Mutex::new(0));
    let served = Arc::clone(&versions);
    let service = Service::start(move |line, url| {
        let mut served = served.lock().unwrap();
        *served += usize::from(line == "GET /v2/swagger.json");
        (line == "GET /v2/swagger.json").then(|| json!({
            "swagger": "2.0", "host": url.trim_start_matches("http://"), "schemes": ["http"], "info": { "version": *served },
            "paths": { "/a": { "get": { "operationId": "a" } } }
        }))
    });
    let world = World::start().await;
    let text = definition(&service, "operationId: a");
    let first = world.post(PATH).yaml(&text).send().await;
    let again = world.post(PATH).yaml(&text).send().await;
    assert_eq!((first.status, again.status), (201, 200), "{}", again.text);
    assert_eq!(first.body["digest"], again.body["digest"]);
    assert_eq!(*versions.lock().unwrap(), 1, "the document is read for the first registration alone");
    let next = world.post(PATH).yaml(&text.replace("1.0.0", "1.0.1")).send().await;
    assert_eq!(next.status, 201);
    assert_eq!(*versions.lock().unwrap(), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_document_is_said_at_registration_and_by_validate() {
    let (world, service) = (World::start().await, petstore());
    let text = definition(&service, "operationId: getPetByld");
    let refused = world.post(PATH).yaml(&text).send().await;
    refused.problem(400, "API-0005");
    let item = &refused.body["errors"][0];
    assert_eq!(
        (&item["code"], &item["pointer"]),
        (&json!("DEF-0134"), &json!("/do/0/call/with/operationId"))
    );
    assert_eq!(item["line"], 7);
    let validated = world.post(&format!("{PATH}/validate")).yaml(&text).send().await.ok();
    assert_eq!(validated["errors"][0]["code"], "DEF-0134");
    let gone = definition(&service, "operationId: a").replace("swagger.json", "gone.json");
    let refused = world.post(PATH).yaml(&gone).send().await;
    let detail = refused.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.ends_with("cannot be read: it was answered with status 404"), "{detail}");
}

/// S5: the engine reads nothing from itself, nor from where calls may not go.
#[tokio::test]
async fn a_document_at_a_closed_address_is_refused() {
    let world = World::start().await;
    for address in ["http://169.254.169.254/a.json", world.running.api.as_str()] {
        let text = format!(
            "document: {{ dsl: '1.0.3', namespace: test, name: a, version: '1.0.0' }}\ndo:\n  - a: {{ call: openapi, with: {{ document: {{ endpoint: '{address}' }}, operationId: a }} }}\n"
        );
        let refused = world.post(PATH).yaml(&text).send().await;
        let item = &refused.body["errors"][0];
        assert_eq!(item["code"], "DEF-0132", "{}", refused.text);
        assert!(item["detail"].as_str().unwrap().contains("is denied"), "{item}");
    }
}

//! Definitions that refer to documents outside of themselves. FR-010, FR-013.

use super::HEADER;
use expect_test::{Expect, expect};
use std::fmt::Write;
use tenure_dsl::Draft;
use tenure_dsl::program::{Definition, Kind, Mode};
use tenure_dsl::resource::Resources;

const PETSTORE: &str = r#"{
  "swagger": "2.0", "host": "petstore.example", "basePath": "/v2", "schemes": ["https"],
  "paths": {
    "/pet/{petId}": { "get": { "operationId": "getPetById",
      "parameters": [{ "name": "petId", "in": "path", "required": true, "type": "integer" }, { "name": "verbose", "in": "query", "type": "boolean" }] } },
    "/pet": { "post": { "operationId": "addPet", "consumes": ["application/json"],
      "parameters": [{ "in": "body", "name": "pet", "required": true, "schema": {} }] } },
    "/image": { "post": { "operationId": "upload", "consumes": ["multipart/form-data"],
      "parameters": [{ "name": "file", "in": "formData", "type": "file" }] } }
  }
}"#;

fn compile(resources: &[(&str, &str)], body: &str) -> Result<Definition, String> {
    let mut read = Resources::default();
    for (address, content) in resources {
        read.insert(*address, content.as_bytes());
    }
    let text = format!("{HEADER}\n{body}");
    let definition = Draft::read(&text).compile(&read);
    definition
        .map_err(|found| found.iter().fold(String::new(), |text, found| text + &found.to_string() + "\n"))
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a test writes `expect!` in place, without `&`")]
fn refused(resources: &[(&str, &str)], body: &str, expected: Expect) {
    let Err(refused) = compile(resources, body) else { panic!("it was accepted") };
    expected.assert_eq(&refused);
}

fn call(rest: &str) -> String {
    format!(
        "do:\n  - a: {{ call: openapi, with: {{ document: {{ endpoint: 'http://x/p.json' }}, {rest} }} }}\n"
    )
}

#[test]
fn a_draft_names_each_resource_once_in_the_order_of_the_text() {
    let text = format!(
        "{HEADER}\ndo:\n  - a: {{ do: [ {{ b: {{ call: openapi, with: {{ document: {{ endpoint: 'http://x/2' }}, operationId: o }} }} }} ] }}\n\
         \x20 - c: {{ call: openapi, with: {{ document: {{ endpoint: 'http://x/1' }}, operationId: o }} }}\n\
         \x20 - d: {{ call: openapi, with: {{ document: {{ endpoint: {{ uri: 'http://x/2' }} }}, operationId: p }} }}\n"
    );
    let draft = Draft::read(&text);
    let wanted: Vec<&str> = draft.wanted().iter().map(|wanted| wanted.address.as_str()).collect();
    assert_eq!(wanted, ["http://x/2", "http://x/1"]);
    assert_eq!(draft.id().map(|id| id.to_string()).as_deref(), Some("test/test@1.0.0"));
}

#[test]
fn an_operation_is_compiled_with_the_mode_of_its_method() {
    let pets = [("http://x/p.json", PETSTORE)];
    let mode = |rest: &str| match &compile(&pets, &call(rest)).unwrap().program.nodes[0].kind {
        Kind::OpenApi(call) => (call.method.to_string(), call.effect.mode),
        other => panic!("{other:?}"),
    };
    let get = mode("operationId: getPetById, parameters: { petId: 1 }");
    assert_eq!(get, ("GET".to_owned(), Mode::AtLeastOnce));
    let post = mode("operationId: addPet, parameters: { pet: { name: Milou } }");
    assert_eq!(post, ("POST".to_owned(), Mode::AtMostOnce));
}

#[test]
fn the_digest_changes_with_the_document() {
    let digest = |content: &str| {
        let body = call("operationId: getPetById, parameters: { petId: 1 }");
        compile(&[("http://x/p.json", content)], &body).unwrap().digest
    };
    assert_eq!(digest(PETSTORE), digest(PETSTORE));
    assert_ne!(digest(PETSTORE), digest(&PETSTORE.replace("/v2", "/v3")));
}

#[test]
fn operations_and_parameters_that_do_not_exist_are_refused() {
    let pets = [("http://x/p.json", PETSTORE)];
    refused(
        &pets,
        &call("operationId: getPetByld, parameters: { petId: 1 }"),
        expect![[r#"
            DEF-0134 3:89 /do/0/a/with/operationId the document has no operation `getPetByld` (did you mean `getPetById`?)
        "#]],
    );
    refused(
        &pets,
        &call("operationId: getPetById, parameters: { petID: 1, colour: red }"),
        expect![[r#"
            DEF-0135 3:113 /do/0/a/with/parameters the operation `getPetById` needs the parameter `petId`
            DEF-0135 3:115 /do/0/a/with/parameters/petID the operation `getPetById` has no parameter `petID` (did you mean `petId`?)
            DEF-0135 3:125 /do/0/a/with/parameters/colour the operation `getPetById` has no parameter `colour` (it has petId, verbose)
        "#]],
    );
    refused(
        &pets,
        &call("operationId: addPet"),
        expect![[r#"
            DEF-0135 3:31 /do/0/a/with the operation `addPet` needs the parameter `pet`
        "#]],
    );
    refused(
        &pets,
        &call("operationId: upload, parameters: { file: x }"),
        expect![[r#"
            DEF-0136 3:89 /do/0/a/with/operationId the operation `upload` cannot be called: the parameter `file` is a file
        "#]],
    );
}

#[test]
fn documents_that_are_none_are_refused_where_they_are_named() {
    refused(
        &[("http://x/p.json", "[1")],
        &call("operationId: a"),
        expect![[r#"
            DEF-0133 3:55 /do/0/a/with/document/endpoint `http://x/p.json` cannot be used: it is neither JSON nor YAML: error: line 1 column 1: unclosed bracket '['
        "#]],
    );
    refused(
        &[("http://x/p.json", "{\"asyncapi\": \"3.0.0\"}")],
        &call("operationId: a"),
        expect![[r#"
            DEF-0133 3:55 /do/0/a/with/document/endpoint `http://x/p.json` cannot be used: it is neither OpenAPI 3 (`openapi: 3.…`) nor Swagger 2.0 (`swagger: '2.0'`)
        "#]],
    );
}

#[test]
fn resources_that_were_not_read_are_reported_with_everything_else() {
    refused(
        &[],
        &call("operationId: a, parameters: { x: '${ .a + }' }"),
        expect![[r#"
            DEF-0132 3:55 /do/0/a/with/document/endpoint `http://x/p.json` cannot be read: only a server reads resources
            DEF-0040 3:118 /do/0/a/with/parameters/x syntax error: expected term, found the end
        "#]],
    );
    let mut resources = Resources::default();
    resources.refuse("http://x/p.json", "it was answered with status 404");
    let text = format!("{HEADER}\n{}", call("operationId: a"));
    let found = Draft::read(&text).compile(&resources).unwrap_err();
    assert_eq!(found[0].message, "`http://x/p.json` cannot be read: it was answered with status 404");
}

#[test]
fn the_address_of_a_resource_is_fixed_and_its_credentials_are_not_supported_yet() {
    refused(
        &[],
        "do:\n  - a: { call: openapi, with: { document: { endpoint: 'http://x/{id}' }, operationId: a } }\n",
        expect![[r#"
            DEF-0130 3:55 /do/0/a/with/document/endpoint a resource is read when the definition is registered: its address cannot be computed (write a whole URI such as `https://example.com/openapi.yaml`)
        "#]],
    );
    refused(
        &[("http://x/p.json", PETSTORE)],
        "do:\n  - a: { call: openapi, with: { document: { endpoint: { uri: 'http://x/p.json', authentication: { bearer: { token: t } } } }, operationId: getPetById, parameters: { petId: 1 } } }\n",
        expect![[r#"
            DEF-0111 3:81 /do/0/a/with/document/endpoint/authentication the authentication of a resource is not supported yet
        "#]],
    );
}

#[test]
fn a_service_and_its_method_are_found_in_the_proto_file() {
    let proto = [(
        "http://x/a.proto",
        "syntax = \"proto3\"; package p; message M {} service Orders { rpc Get(M) returns (M); rpc Watch(M) returns (stream M); }",
    )];
    let call = |service: &str, method: &str| {
        format!(
            "do:\n  - a: {{ call: grpc, with: {{ proto: {{ endpoint: 'http://x/a.proto' }}, service: {{ name: {service}, host: h }}, method: {method} }} }}\n"
        )
    };
    assert!(compile(&proto, &call("Orders", "Get")).is_ok());
    refused(
        &proto,
        &call("Order", "Get"),
        expect![[r#"
            DEF-0134 3:88 /do/0/a/with/service/name the file has no service `Order` (did you mean `Orders`?)
        "#]],
    );
    refused(
        &proto,
        &call("p.Orders", "Got"),
        expect![[r#"
            DEF-0134 3:117 /do/0/a/with/method the service `p.Orders` has no method `Got` (did you mean `Get`?)
        "#]],
    );
    refused(
        &proto,
        &call("Orders", "Watch"),
        expect![[r#"
            DEF-0136 3:115 /do/0/a/with/method the method `Watch` cannot be called: it answers with a stream of messages (only methods with one message each way are called)
        "#]],
    );
    refused(
        &[("http://x/a.proto", "import \"other.proto\";")],
        &call("Orders", "Get"),
        expect![[r#"
            DEF-0133 3:49 /do/0/a/with/proto/endpoint `http://x/a.proto` cannot be used: import 'other.proto' not found: only files of `google/protobuf` can be imported
        "#]],
    );
}

#[test]
fn a_message_is_published_over_http_and_nothing_is_subscribed_to() {
    let events = [(
        "http://x/e.json",
        r#"{"asyncapi":"2.6.0","servers":{"web":{"url":"https://e.example","protocol":"https"}},"channels":{"orders":{"publish":{}}}}"#,
    )];
    let call = |rest: &str| {
        format!(
            "do:\n  - a: {{ call: asyncapi, with: {{ document: {{ endpoint: 'http://x/e.json' }}, {rest} }} }}\n"
        )
    };
    let definition =
        compile(&events, &call("channel: orders, message: { payload: { id: 1 }, headers: { X-A: b } }"))
            .unwrap();
    let Kind::OpenApi(publish) = &definition.program.nodes[0].kind else { panic!("a request") };
    assert_eq!(
        (&*publish.method, &*publish.server, &*publish.path),
        ("POST", "https://e.example", "/orders")
    );
    assert_eq!(publish.effect.mode, Mode::AtMostOnce);
    refused(
        &events,
        &call("channel: order, message: {}"),
        expect![[r#"
            DEF-0134 3:86 /do/0/a/with/channel the document has no channel `order` (did you mean `orders`?)
        "#]],
    );
    refused(
        &events,
        &call("channel: orders, protocol: kafka, message: {}"),
        expect![[r#"
            DEF-0137 3:104 /do/0/a/with/protocol messages are published over HTTP: `kafka` is not supported (use `http`, for a server that speaks it)
        "#]],
    );
    refused(
        &events,
        &call("channel: orders, subscription: { consume: { amount: 1 } }"),
        expect![[r#"
            DEF-0137 3:94 /do/0/a/with/subscription subscribing over HTTP is not possible: nothing would come in (use `listen`, and let the service send events to the engine)
        "#]],
    );
}

#[test]
fn a_definition_has_no_more_than_32_resources() {
    let mut tasks = String::new();
    for n in 0..33 {
        let document = format!("{{ endpoint: 'http://x/{n}' }}");
        writeln!(tasks, "  - a{n}: {{ call: openapi, with: {{ document: {document}, operationId: a }} }}")
            .unwrap();
    }
    let found = compile(&[], &format!("do:\n{tasks}")).unwrap_err();
    assert!(
        found.contains("/do/32/a32/with/document the definition needs more than 32 resources"),
        "{found}"
    );
}

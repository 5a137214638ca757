//! What is read of documents, and why operations are refused.

use super::*;
use crate::program::ParameterStyle;
use serde_json::json;

const AT: &str = "http://docs.example/api/openapi.json";

fn read(document: &Value, id: &str) -> Operation {
    operation(document, AT, id).unwrap()
}

fn refused(document: &Value, id: &str) -> String {
    match operation(document, AT, id).unwrap_err() {
        Refusal::Unknown(known) => format!("unknown: {}", known.join(" ")),
        Refusal::Invalid(why) => format!("invalid: {why}"),
        Refusal::Unsupported(why) => format!("unsupported: {why}"),
    }
}

fn placed(operation: &Operation) -> Vec<String> {
    let one = |p: &Parameter| {
        format!(
            "{} {:?} {:?}{}{}",
            p.name,
            p.place,
            p.style,
            if p.explode { " exploded" } else { "" },
            if p.required { " required" } else { "" }
        )
    };
    operation.parameters.iter().map(one).collect()
}

fn petstore() -> Value {
    json!({
        "swagger": "2.0", "host": "petstore.example", "basePath": "/v2", "schemes": ["https", "http"],
        "paths": {
            "/pet/findByStatus": { "get": {
                "operationId": "findPetsByStatus",
                "parameters": [{ "name": "status", "in": "query", "required": true, "type": "array", "collectionFormat": "multi" }]
            } },
            "/pet/{petId}": {
                "parameters": [{ "name": "petId", "in": "path", "required": true, "type": "integer" }],
                "get": { "operationId": "getPetById" },
                "post": { "operationId": "updatePet", "consumes": ["application/x-www-form-urlencoded"],
                    "parameters": [{ "name": "name", "in": "formData", "type": "string" }, { "name": "api_key", "in": "header", "type": "string" }] }
            },
            "/pet": { "post": { "operationId": "addPet", "consumes": ["application/json", "application/xml"],
                "parameters": [{ "in": "body", "name": "pet", "required": true, "schema": {} }] } },
            "/pet/{petId}/image": { "post": { "operationId": "upload", "consumes": ["multipart/form-data"],
                "parameters": [{ "name": "petId", "in": "path", "type": "integer", "required": true }, { "name": "file", "in": "formData", "type": "file" }] } },
            "/shout": { "get": { "operationId": "shout", "schemes": ["ws"] } }
        }
    })
}

#[test]
fn swagger_parameters_travel_in_path_query_header_form_and_body() {
    let find = read(&petstore(), "findPetsByStatus");
    assert_eq!(
        (&*find.method, &*find.server, &*find.path),
        ("GET", "http://petstore.example/v2", "/pet/findByStatus")
    );
    assert_eq!(placed(&find), ["status Query Form exploded required"]);
    assert_eq!(placed(&read(&petstore(), "getPetById")), ["petId Path Simple required"]);
    assert_eq!(
        placed(&read(&petstore(), "updatePet")),
        ["name Form Form", "api_key Header Simple", "petId Path Simple required"]
    );
    let body = read(&petstore(), "addPet").body.unwrap();
    assert_eq!(
        (&*body.name, &*body.content_type, body.form, body.required),
        ("pet", "application/json", BodyForm::Json, true)
    );
}

#[test]
fn swagger_falls_back_to_the_address_of_the_document() {
    let document = json!({ "swagger": "2.0", "paths": { "/a": { "get": { "operationId": "a" } } } });
    assert_eq!(read(&document, "a").server, "http://docs.example");
    let https = operation(&document, "https://docs.example:8443/x/y.json", "a").unwrap();
    assert_eq!(https.server, "https://docs.example:8443");
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_reason() {
    assert_eq!(refused(&petstore(), "upload"), "unsupported: the parameter `file` is a file");
    assert_eq!(
        refused(&petstore(), "shout"),
        "unsupported: it is called over ws: only http and https are supported"
    );
    assert!(
        refused(&petstore(), "getPet").starts_with("unknown: findPetsByStatus getPetById updatePet addPet")
    );
    assert!(refused(&json!({ "asyncapi": "3.0.0" }), "a").starts_with("invalid: it is neither OpenAPI 3"));
    let twice = json!({ "openapi": "3.1.0", "paths": { "/a": { "get": { "operationId": "x" }, "put": { "operationId": "x" } } } });
    assert_eq!(refused(&twice, "x"), "invalid: it has several operations with the id `x`");
    let open = json!({ "openapi": "3.1.0", "paths": { "/a/{b}": { "get": { "operationId": "x" } } } });
    assert_eq!(refused(&open, "x"), "invalid: its path `/a/{b}` names a parameter `b` that is not declared");
}

fn orders() -> Value {
    json!({
        "openapi": "3.0.3",
        "servers": [{ "url": "https://{region}.example.com/{base}/", "variables": { "region": { "default": "eu" }, "base": { "default": "v1" } } }],
        "paths": {
            "/orders/{id}": { "$ref": "#/components/pathItems/Order" },
            "/search": { "get": { "operationId": "search", "servers": [{ "url": "../v2" }], "parameters": [
                { "$ref": "#/components/parameters/Tags" },
                { "name": "filter", "in": "query", "style": "deepObject", "explode": true },
                { "name": "page", "in": "query", "content": { "application/json": {} } },
                { "name": "ids", "in": "query", "style": "pipeDelimited", "explode": false },
                { "name": "session", "in": "cookie" },
                { "name": "Accept", "in": "header" }
            ] } },
            "/matrix/{m}": { "get": { "operationId": "matrix", "parameters": [{ "name": "m", "in": "path", "required": true, "style": "matrix" }] } },
            "/away": { "get": { "operationId": "away", "parameters": [{ "$ref": "https://other.example/p.json" }] } },
            "/xml": { "post": { "operationId": "xml", "requestBody": { "content": { "application/xml": {} } } } },
            "/form": { "post": { "operationId": "form", "requestBody": { "required": true, "content": { "application/x-www-form-urlencoded": {} } } } }
        },
        "components": {
            "parameters": { "Tags": { "name": "tags", "in": "query", "explode": false } },
            "pathItems": { "Order": { "put": { "operationId": "putOrder",
                "parameters": [{ "name": "id", "in": "path", "required": true }],
                "requestBody": { "$ref": "#/components/requestBodies/Order" } } } },
            "requestBodies": { "Order": { "content": { "text/plain": {}, "application/vnd.order+json": {} } } }
        }
    })
}

#[test]
fn openapi_parameters_follow_their_styles_and_references() {
    let search = read(&orders(), "search");
    assert_eq!(search.server, "http://docs.example/v2");
    assert_eq!(
        placed(&search),
        [
            "tags Query Form",
            "filter Query Deep exploded",
            "page Query Json",
            "ids Query Pipes",
            "session Cookie Form exploded"
        ]
    );
    let put = read(&orders(), "putOrder");
    assert_eq!(
        (&*put.method, &*put.server, &*put.path),
        ("PUT", "https://eu.example.com/v1", "/orders/{id}")
    );
    let body = put.body.unwrap();
    assert_eq!(
        (&*body.name, &*body.content_type, body.form),
        ("body", "application/vnd.order+json", BodyForm::Json)
    );
    let form = read(&orders(), "form").body.unwrap();
    assert_eq!((form.form, form.required), (BodyForm::Form, true));
    assert_eq!(search.parameters[0].style, ParameterStyle::Form);
}

#[test]
fn styles_bodies_and_references_that_are_not_supported_are_refused() {
    assert_eq!(
        refused(&orders(), "matrix"),
        "unsupported: the parameter `m` has the style `matrix`, which is not supported here"
    );
    assert_eq!(
        refused(&orders(), "away"),
        "unsupported: `https://other.example/p.json` refers to another document: only references inside of the document are followed"
    );
    assert_eq!(
        refused(&orders(), "xml"),
        "unsupported: its body is sent as application/xml: only JSON, `application/x-www-form-urlencoded` and text are supported"
    );
    let mut broken = orders();
    broken["servers"][0]["variables"] = json!({});
    assert_eq!(
        refused(&broken, "putOrder"),
        "unsupported: its server `https://{region}.example.com/{base}/` has a variable without a default"
    );
}

/// What goes into `Authorization` is the business of `authentication`; a key in another place has to be given by name.
#[test]
fn api_keys_are_parameters_that_may_be_given() {
    let mut document = json!({
        "openapi": "3.0.3", "servers": [{ "url": "https://x" }],
        "security": [{ "header": [], "user": [] }, { "query": ["scope"] }, { "header": [] }, { "nowhere": [] }],
        "components": { "securitySchemes": {
            "header": { "type": "apiKey", "in": "header", "name": "X-Key" },
            "query": { "$ref": "#/components/securitySchemes/other" },
            "other": { "type": "apiKey", "in": "query", "name": "key" },
            "cookie": { "type": "apiKey", "in": "cookie", "name": "sid" },
            "user": { "type": "http", "scheme": "basic" }
        } },
        "paths": {
            "/a": { "get": { "operationId": "a" } },
            "/b": { "get": { "operationId": "b", "security": [] } },
            "/c": { "get": { "operationId": "c", "security": [{ "cookie": [] }] } },
            "/d": { "get": { "operationId": "d", "parameters": [{ "name": "X-Key", "in": "header", "required": true }] } }
        }
    });
    assert_eq!(placed(&read(&document, "a")), ["X-Key Header Simple", "key Query Form"]);
    assert_eq!(placed(&read(&document, "b")), [""; 0]);
    assert_eq!(placed(&read(&document, "c")), ["sid Cookie Form"]);
    assert_eq!(placed(&read(&document, "d")), ["X-Key Header Simple required", "key Query Form"]);
    document["swagger"] = "2.0".into();
    document["host"] = "x".into();
    let schemes = document["components"]["securitySchemes"].take();
    document["securityDefinitions"] = schemes;
    document["securityDefinitions"]["query"]["$ref"] = "#/securityDefinitions/other".into();
    assert_eq!(placed(&read(&document, "a")), ["X-Key Header Simple", "key Query Form"]);
}

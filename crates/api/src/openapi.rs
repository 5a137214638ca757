//! The `OpenAPI` 3.1 document, made from the route table and the types' schemas.
//!
//! It is a function of this crate's source alone, so that the committed file can be compared with it.

use crate::event::CloudEvent;
use crate::limits::Limits;
use crate::problem::Problem;
use crate::route::{Body, Method, Parameter, Reply, Route, Type, Value};
use crate::routes::ROUTES;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// The document.
pub fn openapi() -> Json {
    let mut paths: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for route in ROUTES {
        for (index, path) in route.paths().enumerate() {
            let method = route.method.as_str().to_ascii_lowercase();
            paths.entry(path).or_default().insert(method, operation(route, index > 0));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tenure",
            "summary": "A durable, multi-tenant workflow engine.",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
            "schemas": schemas(),
        },
    })
}

/// The document as it is committed: indented, with a newline at its end.
pub fn openapi_text() -> String {
    let mut text = serde_json::to_string_pretty(&openapi()).expect("texts, numbers and maps are JSON");
    text.push('\n');
    text
}

/// The JSON Schema of a type of the contract; `None` when there is no such type.
pub fn schema_document(name: &str) -> Option<Json> {
    let mut schema = schemas().remove(name)?;
    relink(&mut schema);
    let fields = schema.as_object_mut()?;
    fields.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    fields.insert("$id".into(), format!("/schemas/{name}").into());
    Some(schema)
}

fn relink(value: &mut Json) {
    match value {
        Json::Object(fields) => {
            if let Some(Json::String(link)) = fields.get_mut("$ref") {
                *link = link.replace("#/components/schemas/", "/schemas/");
            }
            fields.values_mut().for_each(relink);
        }
        Json::Array(items) => items.iter_mut().for_each(relink),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn schemas() -> BTreeMap<String, Json> {
    let mut found = Vec::new();
    (Type::of::<Problem>().collect)(&mut found);
    for route in ROUTES {
        match route.body {
            Body::Json(body) | Body::OptionalJson(body) => (body.collect)(&mut found),
            Body::CloudEvents => (Type::of::<CloudEvent>().collect)(&mut found),
            Body::None | Body::Definition => {}
        }
        for reply in route.replies.iter().filter_map(|reply| reply.body) {
            (reply.collect)(&mut found);
        }
    }
    let written = |schema| serde_json::to_value(schema).expect("a schema is JSON");
    found.into_iter().map(|(name, schema)| (name, written(schema))).collect()
}

fn operation(route: &Route, alias: bool) -> Json {
    let mut fields = Map::new();
    let name = format!("{:?}", route.operation);
    let id = name[..1].to_ascii_lowercase() + &name[1..] + if alias { "Alias" } else { "" };
    fields.insert("operationId".into(), id.into());
    fields.insert("summary".into(), route.summary.into());
    fields.insert("tags".into(), json!([route.resource]));
    fields.insert("x-access".into(), access(route));
    if route.access.public() {
        fields.insert("security".into(), json!([]));
    }
    fields.insert("parameters".into(), parameters(route));
    if let Some(body) = request_body(route) {
        fields.insert("requestBody".into(), body);
    }
    fields.insert("responses".into(), responses(route));
    Json::Object(fields)
}

fn access(route: &Route) -> Json {
    use crate::route::Access;
    match route.access {
        Access::Public => "public".into(),
        Access::Authenticated => "authenticated".into(),
        Access::Tenant(permission) => permission.as_str().into(),
        Access::Platform(permission) => format!("platform {}", permission.as_str()).into(),
    }
}

fn parameters(route: &Route) -> Json {
    let mut all: Vec<Json> = route.path_parameters().into_iter().map(path_parameter).collect();
    all.extend(route.query.iter().map(query_parameter));
    if !route.access.public() {
        all.push(header("X-Tenant-Id", "Which tenant to act in, for credentials that are good for several."));
    }
    all.push(header("X-Correlation-Id", "Taken over into logs, audit events and the answer."));
    if route.method == Method::Post {
        all.push(header(
            "Idempotency-Key",
            "The same key and request again replays the answer, for 24 hours.",
        ));
    }
    if conditional(route) {
        all.push(header("If-Match", "Only if the version is as the `ETag` of an earlier answer says."));
    }
    if route.operation == crate::Operation::StartWorkflow {
        all.push(header("Prefer", "`wait=30` waits so many seconds for the end of the execution."));
    }
    if route.operation == crate::Operation::ShowHistory {
        all.push(header("Last-Event-ID", "Where a stream goes on; the same as `after`."));
    }
    Json::Array(all)
}

/// Whether the route changes something that has an `ETag`.
fn conditional(route: &Route) -> bool {
    use crate::Operation as O;
    matches!(
        route.operation,
        O::EnableDefinitionVersion | O::DisableDefinitionVersion | O::DeleteDefinitionVersion
    )
}

fn path_parameter(name: &str) -> Json {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

fn header(name: &str, summary: &str) -> Json {
    json!({ "name": name, "in": "header", "description": summary, "schema": { "type": "string" } })
}

fn query_parameter(parameter: &Parameter) -> Json {
    let schema = match parameter.value {
        Value::Text => json!({ "type": "string" }),
        Value::Word(words) => json!({ "type": "string", "enum": words }),
        Value::Number(min, u64::MAX) => json!({ "type": "integer", "minimum": min }),
        Value::Number(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Value::Flag => json!({ "type": "boolean" }),
        Value::Time => json!({ "type": "string", "format": "date-time" }),
    };
    json!({ "name": parameter.name, "in": "query", "description": parameter.summary, "schema": schema })
}

fn link(body: Type) -> Json {
    json!({ "schema": { "$ref": format!("#/components/schemas/{}", (body.name)()) } })
}

fn request_body(route: &Route) -> Option<Json> {
    match route.body {
        Body::None => None,
        Body::Json(body) => Some(json!({ "required": true, "content": { JSON: link(body) } })),
        Body::OptionalJson(body) => Some(json!({ "required": false, "content": { JSON: link(body) } })),
        Body::Definition => Some(json!({
            "required": true,
            "content": {
                "application/yaml": { "schema": { "type": "string" } },
                JSON: { "schema": { "type": "object" } },
            },
        })),
        Body::CloudEvents => Some(cloud_events()),
    }
}

fn cloud_events() -> Json {
    let one = link(Type::of::<CloudEvent>());
    json!({
        "required": true,
        "description": "One event, a batch, or the data of one event whose attributes are `ce-` headers.",
        "content": {
            "application/cloudevents+json": one,
            "application/cloudevents-batch+json":
                { "schema": { "type": "array", "items": one["schema"], "maxItems": Limits::CURRENT.batch_events_max } },
            "*/*": { "schema": { "description": "The data; attributes are in `ce-` headers." } },
        },
    })
}

fn responses(route: &Route) -> Json {
    let mut all: BTreeMap<String, Json> = BTreeMap::new();
    for reply in route.replies {
        all.insert(reply.status.to_string(), response(reply));
    }
    for (status, summary) in failures(route) {
        all.insert(status.to_string(), problem(summary));
    }
    all.insert("default".into(), problem("Any other problem."));
    json!(all)
}

fn response(reply: &Reply) -> Json {
    let mut content = Map::new();
    content.insert(JSON.into(), reply.body.map_or_else(|| json!({ "schema": {} }), link));
    if let Some(also) = reply.also {
        content.insert(also.into(), json!({ "schema": { "type": "string" } }));
    }
    json!({ "description": reply.summary, "content": content })
}

fn failures(route: &Route) -> Vec<(u16, &'static str)> {
    let mut all = vec![(400, "The request is not valid.")];
    if !route.access.public() {
        all.push((401, "The request does not prove who sends it."));
        all.push((403, "The sender may not do this."));
    }
    if route.path.contains('{') || route.operation == crate::Operation::StartWorkflow {
        all.push((404, "There is no such thing, or it belongs to another tenant."));
    }
    if matches!(route.method, Method::Post | Method::Put) {
        all.push((409, "The request conflicts with what is there."));
        all.push((413, "The body is larger than its limit."));
        all.push((415, "The body's content type is not one that the path takes."));
    }
    if route.method == Method::Post {
        all.push((422, "The idempotency key was used with another request."));
    }
    if !route.access.public() {
        all.push((429, "The tenant has too much under way."));
        all.push((503, "The server cannot take this now; `Retry-After` says when."));
    }
    all
}

fn problem(summary: &str) -> Json {
    let mut body = Map::new();
    body.insert(PROBLEM.into(), link(Type::of::<Problem>()));
    json!({ "description": summary, "content": body })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The committed file is what clients generate their code from.
    #[test]
    fn the_committed_document_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
        if std::env::var_os("TENURE_UPDATE_OPENAPI").is_some() {
            std::fs::write(path, openapi_text()).expect("the checkout is writable");
        }
        let committed = std::fs::read_to_string(path).expect("openapi.json is committed");
        assert!(committed == openapi_text(), "openapi.json is stale: run `cargo xtask openapi`");
    }

    #[test]
    fn every_link_leads_somewhere() {
        fn links(value: &Json, found: &mut Vec<String>) {
            match value {
                Json::Object(fields) => fields.iter().for_each(|(name, field)| match field {
                    Json::String(link) if name == "$ref" => found.push(link.clone()),
                    other => links(other, found),
                }),
                Json::Array(items) => items.iter().for_each(|item| links(item, found)),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
            }
        }
        let document = openapi();
        let mut found = Vec::new();
        links(&document, &mut found);
        assert!(found.len() > 50, "{}", found.len());
        for link in found {
            let pointer = link.strip_prefix('#').expect("links stay in the document");
            assert!(document.pointer(pointer).is_some(), "{link}");
        }
    }

    #[test]
    fn every_route_is_described_under_each_of_its_paths() {
        let document = openapi();
        for route in ROUTES {
            for path in route.paths() {
                let operation = &document["paths"][path][route.method.as_str().to_ascii_lowercase()];
                assert_eq!(operation["summary"], route.summary, "{path}");
            }
        }
    }

    #[test]
    fn requests_refuse_unknown_fields_in_their_schemas_too() {
        for name in [
            "StartWorkflow",
            "CancelWorkflow",
            "TerminateWorkflow",
            "SignalWorkflow",
            "ResolveTask",
            "WorkflowRef",
        ] {
            let schema = schema_document(name).expect("it is a type of the contract");
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
    }

    #[test]
    fn schemas_link_to_each_other_by_path() {
        let schema = schema_document("WorkflowList").expect("it is a type of the contract");
        assert_eq!(schema["properties"]["items"]["items"]["$ref"], "/schemas/WorkflowSummary");
        assert!(schema_document("Nothing").is_none());
    }

    #[test]
    fn every_property_is_described() {
        for (name, schema) in schemas() {
            let Some(properties) = schema["properties"].as_object() else { continue };
            for (property, value) in properties {
                let described = ["description", "$ref", "oneOf"].iter().any(|key| value.get(key).is_some());
                assert!(described, "{name}.{property}");
            }
        }
    }
}

//! What the services on the public internet answer that the specification's kit calls: five routes.

use crate::service::{Answer, Call};
use serde_json::{Value, json};

/// The answer of a route of theirs.
pub(crate) fn answer(call: &Call, base: &str) -> Option<Answer> {
    let (method, path) = call.route.split_once(' ')?;
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, segments.as_slice()) {
        ("GET", ["v2", "swagger.json"]) => Some(Answer::json(200, &petstore(base))),
        ("GET", ["v2", "pet", "findByStatus"]) => {
            let pets = if call.query == "status=available" { json!([pet(1)]) } else { json!([]) };
            Some(Answer::json(200, &pets))
        }
        ("GET", ["v2", "pet", "getPetByName", _]) => {
            Some(Answer::json(404, &json!({ "message": "no such pet" })))
        }
        ("GET", ["v2", "pet", id]) => Some(match id.parse() {
            Ok(id @ 1..=2) => Answer::json(200, &pet(id)),
            _ => Answer::json(404, &json!({ "message": "no such pet" })),
        }),
        ("GET", ["basic-auth", user, password]) => {
            let wanted = format!("Basic {}", base64(format!("{user}:{password}").as_bytes()));
            let known = call.header("authorization") == Some(&wanted);
            let answer = if known {
                Answer::json(200, &json!({ "authenticated": true, "user": user }))
            } else {
                Answer::json(401, &json!({}))
            };
            Some(answer)
        }
        _ => None,
    }
}

fn pet(id: u32) -> Value {
    json!({ "id": id, "name": format!("pet {id}"), "status": "available" })
}

/// A Swagger 2.0 description of the two operations that are called by it.
fn petstore(base: &str) -> Value {
    let host = base.trim_start_matches("http://");
    let ok = json!({ "200": { "description": "found" } });
    json!({
        "swagger": "2.0", "info": { "title": "Pets", "version": "1.0.0" },
        "host": host, "basePath": "/v2", "schemes": ["http"],
        "paths": {
            "/pet/findByStatus": { "get": { "operationId": "findPetsByStatus", "produces": ["application/json"],
                "parameters": [{ "name": "status", "in": "query", "required": true, "type": "string" }], "responses": ok } },
            "/pet/{petId}": { "get": { "operationId": "getPetById", "produces": ["application/json"],
                "parameters": [{ "name": "petId", "in": "path", "required": true, "type": "integer" }], "responses": ok } },
        },
    })
}

/// RFC 4648, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) & 63;
            let letter = if place > chunk.len() { '=' } else { char::from(LETTERS[index as usize]) };
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let found = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(found, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn a_wrong_password_is_refused() {
        let call = |headers| Call {
            route: "GET /basic-auth/a/b".into(),
            query: String::new(),
            headers,
            body: Value::Null,
        };
        let header = ("authorization".to_owned(), "Basic YTpi".to_owned());
        assert_eq!(answer(&call(vec![header]), "").map(|answer| answer.status), Some(200));
        assert_eq!(answer(&call(vec![]), "").map(|answer| answer.status), Some(401));
    }
}

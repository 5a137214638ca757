//! Our metadata keys of a document, as outsiders see them: search attributes, sensitive values, retention.

use crate::world::{World, start_of};
use serde_json::{Value, json};

const ORDER: &str = "
document:
  dsl: '1.0.3'
  namespace: test
  name: order
  version: '1.0.0'
  metadata:
    searchAttributes: { orderId: .orderId, total: '${ $context.total }', paidAt: .paidAt }
do:
  - sum: { set: { total: '${ .total }' }, export: { as: '${ $context + { total: .total } }' } }
  - pause: { wait: PT1H }
";

const CARD: &str = "
document:
  dsl: '1.0.3'
  namespace: test
  name: card
  version: '1.0.0'
  metadata:
    sensitive: [ /card/number, /token ]
do:
  - note: { set: { token: 'token-8472', note: '${ \"paid with \" + .card.number }' }, export: { as: '${ $context + { seen: .note } }' } }
  - refuse:
      raise:
        error: { type: 'urn:x', status: 409, title: Refused, detail: '${ \"the bank refuses \" + $workflow.input.card.number + \" \" + .token }' }
";

async fn ids(world: &World, filter: &str) -> Vec<String> {
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
    let list = world.get(&format!("/v1/workflows?{query}")).send().await.ok();
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["attributes"]["orderId"].as_str().unwrap().into())
        .collect()
}

#[tokio::test]
async fn executions_are_found_by_their_search_attributes() {
    let world = World::with(&[ORDER]).await;
    for (order, total, paid) in [
        ("A-1", 5.0, "2027-01-01T00:00:00Z"),
        ("A-2", 50.5, "2027-02-01T01:00:00+01:00"),
        ("B-1", 500.0, "never"),
    ] {
        let input = json!({ "orderId": order, "total": total, "paidAt": paid });
        assert_eq!(
            world.post("/v1/workflows/start").json(&start_of("order", &input)).send().await.status,
            201
        );
    }
    let world = world.restart().await;
    for (filter, expected) in [
        ("attr.orderId = \"A-2\"", vec!["A-2"]),
        ("attr.total > 5", vec!["B-1", "A-2"]),
        ("attr.total <= 50.5 AND attr.orderId != \"A-1\"", vec!["A-2"]),
        ("attr.paidAt < \"2027-02-01T00:00:00.001Z\"", vec!["A-2", "A-1"]),
        ("attr.paidAt = never AND status = waiting", vec!["B-1"]),
        ("attr.none = 1", vec![]),
        ("attr.total = \"5\"", vec![]),
    ] {
        assert_eq!(ids(&world, filter).await, expected, "{filter}");
    }
    let one = world.get("/v1/workflows?filter=attr.orderId%20%3D%20%22A-2%22").send().await.ok();
    let item = &one["items"][0];
    assert_eq!(
        item["attributes"],
        json!({ "orderId": "A-2", "total": 50.5, "paidAt": "2027-02-01T00:00:00.000Z" })
    );
    assert_eq!(item["labels"], json!({}), "attributes are no labels");
    let shown = world.get(&format!("/v1/workflows/{}", item["id"].as_str().unwrap())).send().await.ok();
    assert_eq!(shown["attributes"]["total"], 50.5);
}

async fn everything_shown(world: &World, id: &str, query: &str, token: &str) -> String {
    let mut all = String::new();
    for path in ["", "/history", "/tasks", "/tasks/%2Fdo%2F0%2Fnote"] {
        let answer = world.get(&format!("/v1/workflows/{id}{path}{query}")).token(token).send().await;
        assert_eq!(answer.status, 200, "{path} {}", answer.text);
        all += &answer.text;
    }
    all
}

#[tokio::test]
async fn sensitive_values_are_masked_wherever_they_are_shown() {
    let world = World::with(&[CARD]).await;
    let input = json!({ "card": { "number": "4111-2222", "holder": "Ada" } });
    let start = world
        .post("/v1/workflows/start")
        .header("prefer", "wait=20")
        .json(&start_of("card", &input))
        .send()
        .await;
    assert_eq!(start.body["error"]["detail"], "the bank refuses *** ***", "{}", start.text);
    let id = start.body["id"].as_str().unwrap();
    let follow = world.get(&format!("/v1/workflows/{id}/history?follow=true")).send().await;
    let last = world.get(&format!("/v1/workflows/{id}/history?after=4")).send().await;
    assert!(
        last.text.contains("the bank refuses *** ***"),
        "what an earlier page showed is known: {}",
        last.text
    );
    let list = world.get("/v1/workflows").send().await;
    for text in [
        everything_shown(&world, id, "", "demo-admin").await,
        start.text.clone(),
        follow.text,
        last.text,
        list.text,
    ] {
        assert!(!text.contains("4111-2222") && !text.contains("token-8472"), "{text}");
    }
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    assert_eq!(shown["input"], json!({ "card": { "number": "***", "holder": "Ada" } }));
    assert_eq!(shown["context"], json!({ "seen": "paid with ***" }));
    let tasks = world.get(&format!("/v1/workflows/{id}/tasks")).send().await.ok();
    assert_eq!(tasks["items"][0]["output"], json!({ "token": "***", "note": "paid with ***" }));
}

#[tokio::test]
async fn revealing_is_a_permission_and_an_audit_event() {
    let world = World::with(&[CARD]).await;
    let input = json!({ "card": { "number": "4111-2222" } });
    let id = world.run("card", &input).await;
    world.ended(&id).await;
    for token in ["demo-viewer", "demo-operator"] {
        for path in ["", "/history", "/tasks", "/tasks/%2Fdo%2F0%2Fnote"] {
            let answer =
                world.get(&format!("/v1/workflows/{id}{path}?reveal=true")).token(token).send().await;
            answer.problem(403, "API-0011");
        }
    }
    let shown = everything_shown(&world, &id, "?reveal=true", "demo-admin").await;
    assert!(shown.contains("4111-2222") && shown.contains("token-8472"), "{shown}");
    world
        .get(&format!("/v1/workflows/{id}?reveal=true"))
        .token("acme-admin")
        .send()
        .await
        .problem(404, "API-0020");
    let world = world.restart().await;
    let trail = world.get("/v1/audit-events?pageSize=1000").send().await.ok();
    let of = |action: &str, outcome: &str| {
        let items = trail["items"].as_array().unwrap().iter();
        items
            .filter(|item| item["action"] == action && item["outcome"] == outcome)
            .cloned()
            .collect::<Vec<Value>>()
    };
    let revealed = of("workflow.revealed", "allowed");
    assert_eq!(revealed.len(), 4);
    assert!(
        revealed
            .iter()
            .all(|item| item["resource"]["id"] == id.as_str() && item["actor"]["subject"] == "demo-admin")
    );
    assert_eq!(of("workflow.reveal", "denied").len(), 8);
}

/// FR-041: what has expired is deleted, with everything that belongs to it, and the deletion is audited.
#[tokio::test]
async fn an_execution_is_deleted_when_its_retention_is_over() {
    let text = |name: &str, retention: &str| {
        format!("
document: {{ dsl: '1.0.3', namespace: test, name: {name}, version: '1.0.0', metadata: {{ retention: {retention} }} }}
do: [ {{ a: {{ set: {{ x: 1 }} }} }} ]
")
    };
    let world = World::with(&[&text("short", "PT0S"), &text("long", "P1D")]).await;
    let (short, long) = (world.run("short", &json!({})).await, world.run("long", &json!({})).await);
    world.ended(&long).await;
    // Housekeeping begins with the server.
    let world = world.restart().await;
    let gone = async || world.get(&format!("/v1/workflows/{short}")).send().await.status == 404;
    for _ in 0..2_000 {
        if gone().await {
            break;
        }
    }
    assert!(gone().await, "it is still there");
    assert_eq!(world.get(&format!("/v1/workflows/{long}")).send().await.status, 200);
    world.get(&format!("/v1/workflows/{short}/history")).send().await.problem(404, "API-0020");
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 1);
    let trail = world.get("/v1/audit-events?pageSize=1000").send().await.ok();
    let deleted =
        trail["items"].as_array().unwrap().iter().find(|item| item["action"] == "workflow.deleted").unwrap();
    assert_eq!((&deleted["resource"]["id"], &deleted["actor"]["kind"]), (&json!(short), &json!("engine")));
}

const ONE_AT_A_TIME: &str = "
document:
  dsl: '1.0.3'
  namespace: test
  name: one
  version: '1.0.0'
  metadata: { limits: { key: .who, max: 1 } }
do: [ { nap: { wait: PT1H } } ]
";

async fn shown(world: &World, id: &str) -> serde_json::Value {
    world.get(&format!("/v1/workflows/{id}")).send().await.ok()
}

async fn end(world: &World, id: &str) {
    let ended = world.post(&format!("/v1/workflows/{id}/terminate")).json(&json!({})).send().await;
    assert_eq!(ended.status, 200, "{}", ended.text);
}

/// Places under a limit outlive the process, and so does the order of those that wait.
#[tokio::test]
async fn executions_wait_for_a_place_also_after_a_restart() {
    let world = World::with(&[ONE_AT_A_TIME]).await;
    let runs = world.run("one", &json!({ "who": "ada" })).await;
    world.happened(&runs, "taskStarted").await;
    let mut waiting = vec![];
    for _ in 0..2 {
        let id = world.run("one", &json!({ "who": "ada" })).await;
        let place = shown(&world, &id).await["pending"][0].clone();
        assert_eq!((&place["task"], &place["state"]), (&json!("/"), &json!("queued")));
        assert_eq!(place["detail"], json!("1 at once for \"ada\""));
        waiting.push((place["since"].as_str().unwrap().to_owned(), id));
    }
    // Both may have come within a millisecond.
    waiting.sort();
    let [(_, first), (_, second)] = <[_; 2]>::try_from(waiting).unwrap();
    let world = world.restart().await;
    end(&world, &runs).await;
    world.happened(&first, "started").await;
    let status = async |id: &str| shown(&world, id).await["status"].clone();
    assert_eq!((status(&first).await, status(&second).await), (json!("waiting"), json!("pending")));
    end(&world, &second).await;
    end(&world, &first).await;
    let other = world.run("one", &json!({ "who": "ada" })).await;
    world.happened(&other, "started").await;
    let listed = world.get("/v1/workflows").send().await.ok();
    assert!(listed["items"].as_array().unwrap().iter().all(|item| item["labels"] == json!({})));
}

/// What a limit is counted by is kept readable, so it is nothing that must not be shown.
#[tokio::test]
async fn a_sensitive_value_is_no_key_of_a_limit() {
    let text = ONE_AT_A_TIME.replace("metadata: {", "metadata: { sensitive: [ /who ],");
    let world = World::with(&[&text]).await;
    let id = world.run("one", &json!({ "who": "ada-lovelace" })).await;
    let ended = world.ended(&id).await;
    assert_eq!(ended["status"], "faulted");
    assert_eq!(ended["error"]["detail"], "`limits.key`: the value is sensitive");
}

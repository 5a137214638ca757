//! `Idempotency-Key`: FR-005 at the door.

use crate::steps::{Behaviour, charge, serve};
use crate::world::{ECHO, SLEEP, World, start_of};
use serde_json::json;

const START: &str = "/v1/workflows/start";

#[tokio::test]
async fn the_same_key_and_body_replays_the_answer() {
    let world = World::with(&[SLEEP]).await;
    let send =
        || world.post(START).header("idempotency-key", "k").json(&start_of("sleep", &json!({}))).send();
    let first = send().await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    let again = send().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!((&again.text, again.header("location")), (&first.text, first.header("location")));
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 1);
}

#[tokio::test]
async fn another_body_under_the_key_is_422() {
    let world = World::with(&[SLEEP]).await;
    let send = |body| world.post(START).header("idempotency-key", "k").json(&body).send();
    send(start_of("sleep", &json!({}))).await.ok();
    send(start_of("sleep", &json!({ "a": 1 }))).await.problem(422, "API-0035");
    let other = world.post("/v1/workflow-definitions").header("idempotency-key", "k").yaml(ECHO).send().await;
    other.problem(422, "API-0035");
}

/// The promise is durable: it holds after a restart, when no answer is in memory any more.
#[tokio::test]
async fn a_replay_survives_a_restart() {
    let world = World::with(&[SLEEP]).await;
    let body = start_of("sleep", &json!({}));
    let first = world.post(START).header("idempotency-key", "k").json(&body).send().await;
    let world = world.restart().await;
    let again = world.post(START).header("idempotency-key", "k").json(&body).send().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{}", again.text);
    assert_eq!(again.text, first.text);
    let other = start_of("sleep", &json!([]));
    world.post(START).header("idempotency-key", "k").json(&other).send().await.problem(422, "API-0035");
}

#[tokio::test]
async fn a_registration_is_replayed_as_what_it_was() {
    let world = World::start().await;
    let path = "/v1/workflow-definitions";
    let first = world.post(path).header("idempotency-key", "r").yaml(ECHO).send().await;
    let again = world.post(path).header("idempotency-key", "r").yaml(ECHO).send().await;
    assert_eq!((first.status, again.status, &again.text), (201, 201, &first.text));
    let world = world.restart().await;
    let later = world.post(path).header("idempotency-key", "r").yaml(ECHO).send().await;
    assert_eq!((later.status, &later.text), (201, &first.text));
    assert_eq!(later.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_command_is_replayed_and_not_refused() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let send = || world.post(&format!("/v1/workflows/{id}/terminate")).header("idempotency-key", "t").send();
    let first = send().await;
    assert_eq!(first.status, 200, "{}", first.text);
    let again = send().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(again.text, first.text);
}

#[tokio::test]
async fn keys_belong_to_their_tenant() {
    let world = World::with(&[ECHO]).await;
    world.post("/v1/workflow-definitions").token("acme-admin").yaml(ECHO).send().await.ok();
    let body = start_of("echo", &json!({}));
    let demo = world.post(START).header("idempotency-key", "k").json(&body).send().await.ok();
    let acme = world.post(START).token("acme-admin").header("idempotency-key", "k").json(&body).send().await;
    assert_eq!((acme.status, acme.header("idempotency-replayed")), (201, ""));
    assert_ne!(acme.body["id"], demo["id"]);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::start().await;
    let send = || world.post(START).header("idempotency-key", "k").json(&start_of("echo", &json!({}))).send();
    send().await.problem(404, "API-0020");
    world.post("/v1/workflow-definitions").yaml(ECHO).send().await.ok();
    assert_eq!(send().await.status, 201);
}

/// One is answered, the others are told to wait, and nothing starts twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_under_one_key_start_once() {
    let service = serve(Behaviour::Hangs).await;
    let world = World::with(&[&charge(service)]).await;
    let call = || world.post(START).header("idempotency-key", "k").json(&start_of("charge", &json!({})));
    let calls: Vec<_> =
        (0..30).map(|_| call()).map(|call| tokio::spawn(async move { call.send().await })).collect();
    let mut ids = std::collections::BTreeSet::new();
    for call in calls {
        let answer = call.await.unwrap();
        match answer.status {
            201 => _ = ids.insert(answer.body["id"].as_str().unwrap().to_owned()),
            _ => answer.problem(409, "API-0034"),
        }
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 1);
}

#[tokio::test]
async fn a_key_that_waits_is_in_flight() {
    let world = World::with(&[SLEEP]).await;
    let body = start_of("sleep", &json!({}));
    let call = world.post(START).header("idempotency-key", "k").header("prefer", "wait=60").json(&body);
    let waiting = tokio::spawn(async move { call.send().await });
    let id = loop {
        let page = world.get("/v1/workflows").send().await.ok();
        if let Some(id) = page["items"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    let second = world.post(START).header("idempotency-key", "k").json(&body).send().await;
    second.problem(409, "API-0034");
    assert_eq!(second.body["retryable"], true);
    world.post(&format!("/v1/workflows/{id}/terminate")).send().await.ok();
    let first = waiting.await.unwrap();
    assert_eq!((first.status, &first.body["status"]), (200, &json!("terminated")));
}

#[tokio::test]
async fn keys_have_a_shape() {
    let world = World::with(&[ECHO]).await;
    let body = start_of("echo", &json!({}));
    for key in ["", &"x".repeat(256)] {
        let answer = world.post(START).header("idempotency-key", key).json(&body).send().await;
        answer.problem(400, "API-0003");
    }
    let twice = world.post(START).header("idempotency-key", "a").header("idempotency-key", "b").json(&body);
    twice.send().await.problem(400, "API-0003");
}

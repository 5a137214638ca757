//! `/v1/workflows/start`: FR-001, FR-005, P4.

use crate::steps::{Behaviour, charge, serve};
use crate::world::{ECHO, FAIL, SLEEP, TYPED, World, start_of};
use serde_json::json;

const PATH: &str = "/v1/workflows/start";

#[tokio::test]
async fn a_start_is_answered_with_the_execution() {
    let world = World::with(&[ECHO]).await;
    let answer = world.post(PATH).json(&start_of("echo", &json!({}))).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.body["id"].as_str().unwrap();
    assert!(id.starts_with("exe_"));
    assert_eq!(answer.header("location"), format!("/v1/workflows/{id}"));
    assert_eq!(answer.body["workflow"], json!({ "namespace": "test", "name": "echo", "version": "1.0.0" }));
    assert_eq!(answer.body["correlationId"], answer.header("x-correlation-id"));
}

#[tokio::test]
async fn the_unprefixed_path_starts_too() {
    let world = World::with(&[ECHO]).await;
    assert_eq!(world.post("/workflows/start").json(&start_of("echo", &json!({}))).send().await.status, 201);
}

/// FR-001: typed output.
#[tokio::test]
async fn prefer_wait_answers_with_the_output() {
    let world = World::with(&[TYPED]).await;
    let call =
        world.post(PATH).header("prefer", "wait=30").json(&start_of("typed", &json!({ "amount": 21 })));
    let answer = call.send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("preference-applied"), "wait=30");
    assert_eq!(
        (&answer.body["status"], &answer.body["output"]),
        (&json!("completed"), &json!({ "twice": 42 }))
    );
    assert!(answer.body["endedAt"].is_string());
}

#[tokio::test]
async fn prefer_wait_answers_with_the_error() {
    let world = World::with(&[FAIL]).await;
    let answer =
        world.post(PATH).header("prefer", "wait=30").json(&start_of("fail", &json!({}))).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["status"], "faulted");
    assert_eq!(answer.body["error"]["type"], "https://shop.example/errors/no-stock");
    assert_eq!(answer.body["error"]["instance"], "/do/0/refuse");
}

#[tokio::test]
async fn prefer_wait_answers_202_when_the_end_does_not_come() {
    let world = World::with(&[SLEEP]).await;
    let answer =
        world.post(PATH).header("prefer", "wait=0").json(&start_of("sleep", &json!({}))).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(answer.body["status"], "waiting");
    assert_eq!(answer.body.get("output"), None);
}

/// FR-001: typed input.
#[tokio::test]
async fn an_input_that_does_not_fit_the_schema_is_refused() {
    let world = World::with(&[TYPED]).await;
    let answer = world.post(PATH).json(&start_of("typed", &json!({ "amount": "x" }))).send().await;
    answer.problem(400, "API-0006");
    assert!(answer.body["errors"][0]["pointer"].as_str().unwrap().starts_with("/input"), "{}", answer.text);
    assert_eq!(world.get("/v1/workflows").send().await.ok()["items"], json!([]), "nothing was started");
}

#[tokio::test]
async fn a_definition_that_is_not_there_is_404_for_everyone() {
    let world = World::with(&[ECHO]).await;
    let mut body = start_of("none", &json!({}));
    let unknown = world.post(PATH).json(&body).send().await;
    unknown.problem(404, "API-0020");
    body["workflow"] = json!({ "namespace": "test", "name": "echo" });
    let foreign = world.post(PATH).token("acme-admin").json(&body).send().await;
    foreign.problem(404, "API-0020");
    assert_eq!(unknown.body["detail"], foreign.body["detail"]);
    body["workflow"]["version"] = json!("2.0.0");
    world.post(PATH).json(&body).send().await.problem(404, "API-0020");
}

#[tokio::test]
async fn a_key_is_held_by_one_open_execution() {
    let world = World::with(&[SLEEP, ECHO]).await;
    let mut body = start_of("sleep", &json!({}));
    body["key"] = json!("order-17");
    let first = world.post(PATH).json(&body).send().await.ok();
    assert_eq!(first["key"], "order-17");
    let second = world.post(PATH).json(&body).send().await;
    second.problem(409, "API-0031");
    assert!(second.body["detail"].as_str().unwrap().contains(first["id"].as_str().unwrap()));
    body["onConflict"] = json!("useExisting");
    let existing = world.post(PATH).json(&body).send().await;
    assert_eq!((existing.status, &existing.body["id"]), (200, &first["id"]));
    body["onConflict"] = json!("terminateExisting");
    let replaced = world.post(PATH).json(&body).send().await;
    assert_eq!(replaced.status, 201, "{}", replaced.text);
    let id = first["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("/v1/workflows/{id}")).send().await.ok()["status"], "terminated");
}

#[tokio::test]
async fn a_key_is_free_again_after_the_end() {
    let world = World::with(&[ECHO]).await;
    let mut body = start_of("echo", &json!({}));
    body["key"] = json!("k");
    let first = world.post(PATH).header("prefer", "wait=30").json(&body).send().await;
    assert_eq!((first.status, &first.body["status"]), (200, &json!("completed")));
    assert_eq!(world.post(PATH).json(&body).send().await.status, 201);
}

/// Of many starts under one key at the same time, one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_starts_under_one_key_start_once() {
    let world = World::with(&[SLEEP]).await;
    let mut body = start_of("sleep", &json!({}));
    body["key"] = json!("k");
    let calls: Vec<_> = (0..20)
        .map(|_| {
            tokio::spawn({
                let call = world.post(PATH).json(&body);
                async move { call.send().await.status }
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
}

#[tokio::test]
async fn a_start_carries_labels_and_correlation_id() {
    let world = World::with(&[ECHO]).await;
    let mut body = start_of("echo", &json!({}));
    body["labels"] = json!({ "team": "billing" });
    body["correlationId"] = json!("order-17");
    let id = world.post(PATH).json(&body).send().await.ok()["id"].as_str().unwrap().to_owned();
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    assert_eq!((&shown["labels"]["team"], &shown["correlationId"]), (&json!("billing"), &json!("order-17")));
}

#[tokio::test]
async fn a_delayed_start_is_pending() {
    let world = World::with(&[ECHO]).await;
    let mut body = start_of("echo", &json!({}));
    body["startAt"] = json!("2099-01-01T00:00:00Z");
    let answer = world.post(PATH).json(&body).send().await.ok();
    assert_eq!(answer["status"], "pending");
}

#[tokio::test]
async fn fields_beyond_their_limits_are_refused() {
    let world = World::with(&[ECHO]).await;
    let cases = [
        ("key", json!("")),
        ("key", json!("x".repeat(256))),
        ("key", json!("a\u{0}b")),
        ("correlationId", json!("a b")),
        ("labels", json!({ "": "x" })),
        ("labels", (0..33).map(|n| (n.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>().into()),
        ("startAt", json!("tomorrow")),
        ("onConflict", json!("ignore")),
        ("signal", json!({ "payload": 1 })),
    ];
    for (field, value) in cases {
        let mut body = start_of("echo", &json!({}));
        body[field] = value;
        let answer = world.post(PATH).json(&body).send().await;
        answer.problem(400, "API-0002");
        assert!(!answer.body["errors"].as_array().unwrap().is_empty(), "{field}");
    }
}

#[tokio::test]
async fn a_payload_beyond_its_limit_is_413_and_names_it() {
    let world = World::with(&[ECHO]).await;
    for size in [(1 << 20) + 1, 3 << 20] {
        let answer = world.post(PATH).json(&start_of("echo", &json!("x".repeat(size)))).send().await;
        answer.problem(413, "API-0040");
    }
    let fits = world.post(PATH).json(&start_of("echo", &json!("x".repeat((1 << 20) - 2)))).send().await;
    assert_eq!(fits.status, 201, "{}", fits.text);
}

#[tokio::test]
async fn a_payload_that_nests_too_deep_is_refused() {
    let world = World::with(&[ECHO]).await;
    for levels in [65, 100_000] {
        let input = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let body = format!(r#"{{"workflow":{{"namespace":"test","name":"echo"}},"input":{input}}}"#);
        let answer = world.post(PATH).raw("application/json", body.as_bytes()).send().await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_step_calls_a_service() {
    let service = serve(Behaviour::Answers).await;
    let world = World::with(&[&charge(service)]).await;
    let answer =
        world.post(PATH).header("prefer", "wait=30").json(&start_of("charge", &json!({}))).send().await;
    assert_eq!(
        (answer.status, &answer.body["output"]),
        (200, &json!({ "charged": true })),
        "{}",
        answer.text
    );
}

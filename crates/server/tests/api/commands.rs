//! Cancel, terminate, resolve: FR-040, P3.

use crate::steps::{Behaviour, charge, serve};
use crate::world::{ECHO, SLEEP, World};
use serde_json::json;

const CHARGE: &str = "%2Fdo%2F0%2Fcharge";

#[tokio::test]
async fn an_execution_is_cancelled() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let answer =
        world.post(&format!("/v1/workflows/{id}/cancel")).json(&json!({ "reason": "enough" })).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(world.ended(&id).await["status"], "cancelled");
    let history = world.get(&format!("/v1/workflows/{id}/history")).send().await.ok();
    let events = history["items"].as_array().unwrap();
    let requested = events.iter().find(|event| event["type"] == "cancelRequested").unwrap();
    assert_eq!((&requested["by"], &requested["detail"]), (&json!("demo-admin"), &json!("enough")));
}

#[tokio::test]
async fn a_command_needs_no_body() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let answer = world.post(&format!("/v1/workflows/{id}/terminate")).token("demo-operator").send().await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("terminated")), "{}", answer.text);
}

#[tokio::test]
async fn an_ended_execution_takes_no_command() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    for verb in ["cancel", "terminate"] {
        let answer = world.post(&format!("/v1/workflows/{id}/{verb}")).send().await;
        answer.problem(409, "API-0032");
        assert!(answer.body["detail"].as_str().unwrap().contains("completed"));
    }
    let answer = world.post(&format!("/v1/workflows/{id}/tasks/%2Fdo%2F0%2Freply/resolve"));
    answer.json(&json!({ "action": "retry" })).send().await.problem(409, "API-0032");
}

#[tokio::test]
async fn bodies_of_commands_are_checked() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let path = format!("/v1/workflows/{id}/cancel");
    world.post(&path).json(&json!({ "compensat": true })).send().await.problem(400, "API-0002");
    world.post(&path).json(&json!({ "compensate": "yes" })).send().await.problem(400, "API-0002");
    world.post(&path).json(&json!({ "reason": "x".repeat(1_025) })).send().await.problem(400, "API-0002");
    world.post(&path).raw("application/json", b"{").send().await.problem(400, "API-0001");
    world.post(&path).raw("text/plain", b"{}").send().await.problem(415, "API-0041");
    world.post(&path).json(&json!({ "reason": "x".repeat(100_000) })).send().await.problem(413, "API-0040");
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    assert_eq!(shown["status"], "waiting", "nothing was cancelled");
}

/// T1: commands at another tenant's execution are 404 and do nothing.
#[tokio::test]
async fn commands_do_not_reach_another_tenants_execution() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    for (path, body) in [
        ("cancel", json!({})),
        ("terminate", json!({})),
        ("tasks/%2Fdo%2F0%2Fpause/resolve", json!({ "action": "retry" })),
        ("tasks/%2Fdo%2F0%2Fpause/resolve", json!({ "action": "retry", "frame": 1 })),
    ] {
        let answer =
            world.post(&format!("/v1/workflows/{id}/{path}")).token("acme-admin").json(&body).send().await;
        answer.problem(404, "API-0020");
    }
    assert_eq!(world.get(&format!("/v1/workflows/{id}")).send().await.ok()["status"], "waiting");
}

/// P3: nobody knows whether the charge happened, so an operator says so.
#[tokio::test]
async fn an_uncertain_task_is_completed_by_an_operator() {
    let service = serve(Behaviour::HangsUp).await;
    let world = World::with(&[&charge(service)]).await;
    let id = world.run("charge", &json!({})).await;
    world.happened(&id, "taskUncertain").await;
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    assert_eq!((&shown["status"], &shown["pending"][0]["state"]), (&json!("suspended"), &json!("uncertain")));
    let body = json!({ "action": "complete", "output": { "charged": "by hand" } });
    let path = format!("/v1/workflows/{id}/tasks/{CHARGE}/resolve");
    world.post(&path).token("demo-operator").json(&body).send().await.ok();
    let ended = world.ended(&id).await;
    assert_eq!((&ended["status"], &ended["output"]), (&json!("completed"), &json!({ "charged": "by hand" })));
}

#[tokio::test]
async fn an_uncertain_task_is_failed_by_an_operator() {
    let service = serve(Behaviour::HangsUp).await;
    let world = World::with(&[&charge(service)]).await;
    let id = world.run("charge", &json!({})).await;
    world.happened(&id, "taskUncertain").await;
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    let body = json!({ "action": "fail", "reason": "never arrived", "frame": shown["pending"][0]["frame"] });
    world.post(&format!("/v1/workflows/{id}/tasks/{CHARGE}/resolve")).json(&body).send().await.ok();
    assert_eq!(world.ended(&id).await["status"], "faulted");
}

#[tokio::test]
async fn a_task_that_waits_for_nobody_is_not_resolved() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let path = format!("/v1/workflows/{id}/tasks/%2Fdo%2F0%2Fpause/resolve");
    world.post(&path).json(&json!({ "action": "retry" })).send().await.problem(409, "API-0033");
    world.post(&path).json(&json!({ "action": "guess" })).send().await.problem(400, "API-0002");
    world.post(&path).json(&json!({ "action": "retry", "output": 1 })).send().await.problem(400, "API-0002");
    world.post(&path).json(&json!({ "action": "retry", "frame": 9 })).send().await.problem(409, "API-0033");
    world.post(&path).send().await.problem(415, "API-0041");
}

#[tokio::test]
async fn a_hanging_call_is_pending_and_can_be_terminated() {
    let service = serve(Behaviour::Hangs).await;
    let world = World::with(&[&charge(service)]).await;
    let id = world.run("charge", &json!({})).await;
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    assert_eq!((&shown["status"], &shown["pending"][0]["state"]), (&json!("running"), &json!("calling")));
    world.post(&format!("/v1/workflows/{id}/terminate")).send().await.ok();
    assert_eq!(world.ended(&id).await["status"], "terminated");
}

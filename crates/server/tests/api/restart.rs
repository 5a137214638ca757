//! The development server over its restarts: FR-002, P4.

use crate::world::{ECHO, SLEEP, World};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use tenure_dsl::switches::Switches;
use tenure_server::dev::{self, EgressMode, Options};

#[tokio::test]
async fn executions_definitions_and_tokens_survive_a_restart() {
    let world = World::with(&[SLEEP, ECHO]).await;
    let sleeping = world.run("sleep", &json!({})).await;
    let echo = world.run("echo", &json!({})).await;
    let ended = world.ended(&echo).await;
    let token = world.token("demo-admin");
    let world = world.restart().await;
    assert_eq!(world.token("demo-admin"), token);
    assert_eq!(world.get(&format!("/v1/workflows/{sleeping}")).send().await.ok()["status"], "waiting");
    assert_eq!(world.get(&format!("/v1/workflows/{echo}")).send().await.ok(), ended);
    assert_eq!(world.get("/v1/workflow-definitions").send().await.ok()["items"].as_array().unwrap().len(), 2);
    world.post(&format!("/v1/workflows/{sleeping}/terminate")).send().await.ok();
    assert_eq!(world.ended(&sleeping).await["status"], "terminated");
}

#[tokio::test]
async fn a_page_token_survives_a_restart() {
    let world = World::with(&[SLEEP]).await;
    for _ in 0..2 {
        world.run("sleep", &json!({})).await;
    }
    let first = world.get("/v1/workflows?pageSize=1").send().await.ok();
    let token = first["nextPageToken"].as_str().unwrap().to_owned();
    let world = world.restart().await;
    let second = world.get(&format!("/v1/workflows?pageSize=1&pageToken={token}")).send().await.ok();
    assert_ne!(second["items"][0]["id"], first["items"][0]["id"]);
}

#[tokio::test]
async fn dev_json_tells_where_and_with_what() {
    let world = World::start().await;
    let path = world.data().join("dev.json");
    let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(file["api"], world.running.api.as_str().trim_end_matches('/'));
    assert_eq!(file["admin"], world.running.admin.as_str().trim_end_matches('/'));
    assert_eq!(file["pid"], std::process::id());
    for name in ["platform-admin", "demo-admin", "demo-operator", "demo-viewer", "acme-admin"] {
        assert_eq!(file["tokens"][name], world.token(name));
    }
    for name in ["dev.json", "root.key", "dev-issuer.key"] {
        let mode = std::fs::metadata(world.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

fn options(data: &std::path::Path, listen: &str) -> Options {
    Options {
        data: data.to_owned(),
        listen: listen.parse().unwrap(),
        admin_listen: "127.0.0.1:0".parse().unwrap(),
        ephemeral: false,
        egress: EgressMode::Open,
        allow: vec![],
        switches: Switches::default(),
        store_bytes_max: None,
    }
}

/// O1: nothing but loopback without TLS.
#[tokio::test]
async fn a_development_server_listens_on_loopback_alone() {
    let dir = tempfile::tempdir().unwrap();
    let error = dev::start(options(dir.path(), "0.0.0.0:0")).await.unwrap_err();
    assert!(matches!(error, dev::Error::NotLoopback(_)), "{error}");
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing was written");
}

#[tokio::test]
async fn a_data_directory_in_use_is_refused() {
    let world = World::start().await;
    let error = dev::start(options(&world.data(), "127.0.0.1:0")).await.unwrap_err();
    let dev::Error::Store { source: tenure_store::Error::Busy(_), .. } = &error else { panic!("{error}") };
    assert!(error.to_string().contains("in use by another process"), "{error}");
    assert_eq!(world.get("/v1/whoami").send().await.status, 200, "the first one goes on");
}

#[tokio::test]
async fn an_ephemeral_server_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let running =
        dev::start(Options { ephemeral: true, ..options(dir.path(), "127.0.0.1:0") }).await.unwrap();
    let data = running.data.clone();
    assert!(data.join("dev.json").exists());
    running.shutdown().await;
    assert!(!data.exists());
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none());
}

/// A drain ends streams and long polls instead of waiting for them.
#[tokio::test]
async fn a_drain_ends_those_who_wait() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let stream = world.get(&format!("/v1/workflows/{id}/history?follow=true")).open().await;
    let body = crate::world::start_of("sleep", &json!({}));
    let waiting = world.post("/v1/workflows/start").header("prefer", "wait=60").json(&body);
    let waiting = tokio::spawn(async move { waiting.send().await });
    while world.get("/v1/workflows/count").send().await.ok()["total"] != 2 {}
    let (world, answer) = tokio::join!(world.restart(), waiting);
    assert_eq!(answer.unwrap().status, 202);
    let text = http_body_util::BodyExt::collect(stream.into_body()).await.unwrap().to_bytes();
    assert!(String::from_utf8(text.to_vec()).unwrap().contains("event: taskStarted"));
    assert_eq!(
        world.get("/v1/workflows/count").send().await.ok()["total"],
        2,
        "what was acknowledged is there"
    );
}

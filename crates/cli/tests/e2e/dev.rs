//! The life of `tenure dev`: start, stop, start again, and the demonstration.

use crate::server::{Server, eventually};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_restart_keeps_tokens_and_data() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut server = Server::start(&data);
    let tokens = server.dev["tokens"].clone();
    assert_eq!(server.cli(&["definition", "apply", "tests/e2e/hello.yaml"]).code, 0);
    let started = server.cli(&["start", "hello", "--wait", "-o", "json"]);
    assert_eq!(started.code, 0, "{started:?}");
    let id = started.json()["id"].as_str().unwrap().to_owned();
    let before = server.cli(&["workflow", "history", &id, "-o", "json"]).json();
    let old_token = server.http();
    assert!(server.terminate().success());

    let server = Server::start(&data);
    assert_eq!(server.dev["tokens"], tokens);
    assert_eq!(server.cli(&["workflow", "history", &id, "-o", "json"]).json(), before);
    let mut http = server.http();
    http.token = old_token.token;
    assert_eq!(http.get(&format!("/v1/workflows/{id}")).unwrap().body["status"], "completed");
}

#[test]
fn dev_json_is_private_and_complete() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    for file in ["dev.json", "root.key", "dev-issuer.key"] {
        let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    for token in ["platform-admin", "demo-admin", "demo-operator", "demo-viewer", "acme-admin"] {
        assert!(server.dev["tokens"][token].is_string(), "{token}");
    }
    assert_eq!(server.dev["pid"], server.child.id());
}

#[test]
fn sigterm_ends_the_server_well_and_work_goes_on_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    let text = "document: { dsl: '1.0.3', namespace: e2e, name: nap, version: '1.0.0' }\ndo:\n  - nap: { wait: { seconds: 1 } }\n  - done: { set: { slept: true } }\n";
    assert_eq!(server.http().post_yaml("/v1/workflow-definitions", text).unwrap().status, 201);
    let started = server.cli(&["start", "nap", "-o", "name"]);
    let id = started.stdout.trim().to_owned();
    assert!(server.terminate().success());

    let server = Server::start(dir.path());
    let watched = server.cli(&["workflow", "watch", &id, "-o", "name"]);
    assert_eq!(watched.code, 0, "{watched:?}");
    let shown = server.cli(&["workflow", "show", &id, "-o", "json"]).json();
    assert_eq!(shown["output"], json!({ "slept": true }));
}

#[test]
fn the_demonstration_fails_retries_and_is_undone() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_with(dir.path(), &[]);
    let printed = eventually(Duration::from_secs(30), "the demonstration is printed", || {
        let text = std::fs::read_to_string(dir.path().join("stdout.log")).unwrap_or_default();
        text.contains("Try next").then_some(text)
    });
    for part in [
        "faulted",
        "compensation completed",
        "✓ reserveStock",
        "↺",
        "✗ bookCourier",
        "↩ refundPayment",
        "↩ releaseStock",
        "first step:",
    ] {
        assert!(printed.contains(part), "`{part}` is missing in\n{printed}");
    }
    let suggestions: Vec<&str> = printed
        .lines()
        .skip_while(|line| *line != "Try next:")
        .skip(1)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(suggestions.len(), 3, "{printed}");
    for suggestion in suggestions {
        let ran = std::process::Command::new("sh").args(["-c", suggestion]).output().unwrap();
        assert!(ran.status.success(), "`{suggestion}`: {ran:?}");
    }
    assert_eq!(
        server.cli(&["workflow", "list", "--status", "completed", "-o", "name"]).stdout.lines().count(),
        1
    );
}

#[test]
fn a_restart_does_not_run_the_demonstration_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    assert!(server.terminate().success());
    let server = Server::start_with(dir.path(), &[]);
    assert_eq!(server.cli(&["workflow", "list", "-o", "json"]).json(), json!([]));
    assert_eq!(std::fs::read_to_string(dir.path().join("stdout.log")).unwrap(), "");
}

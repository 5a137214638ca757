//! What the README tells a newcomer to type, with the exit codes and the data that come out.

use crate::server::{Ran, Server, tenure};
use serde_json::json;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A server with the definitions of all walks. Each walk uses keys of its own.
struct Shared {
    server: Server,
    // After the server: what it works in goes when it has gone.
    _data: tempfile::TempDir,
}

impl Deref for Shared {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// The server of the walks that run at the moment: it ends with the last of them.
fn server() -> Arc<Shared> {
    static SERVER: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut known = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = known.upgrade() {
        return server;
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    for file in ["hello", "fault", "sleep"] {
        let ran = server.cli(&["definition", "apply", &format!("tests/e2e/{file}.yaml")]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let shared = Arc::new(Shared { server, _data: dir });
    *known = Arc::downgrade(&shared);
    shared
}

#[test]
fn a_definition_is_created_once() {
    let server = server();
    let again = server.cli(&["definition", "apply", "tests/e2e/hello.yaml", "-o", "json"]);
    assert_eq!(again.code, 0);
    let expected =
        json!([{ "definition": "e2e/hello@1.0.0", "result": "unchanged", "file": "tests/e2e/hello.yaml" }]);
    assert_eq!(again.json(), expected);
    let names = server.cli(&["definition", "list", "-o", "name"]).stdout;
    assert!(names.lines().any(|line| line == "e2e/hello@1.0.0"), "{names}");
    let text = std::fs::read_to_string("tests/e2e/hello.yaml").unwrap();
    assert_eq!(server.cli(&["definition", "show", "hello"]).stdout, text);
}

#[test]
fn a_taken_version_is_a_conflict() {
    let server = server();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("other.yaml");
    let text = std::fs::read_to_string("tests/e2e/hello.yaml").unwrap().replace("Hello", "Goodbye");
    std::fs::write(&file, text).unwrap();
    let ran = server.cli(&["definition", "apply", file.to_str().unwrap()]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_is_explained(&ran);
}

#[test]
fn a_broken_definition_is_shown_with_its_place_without_a_server() {
    let ran = Ran::of(&tenure().args(["definition", "validate", "tests/e2e/broken.yaml"]).output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in
        ["tests/e2e/broken.yaml:8:7", "8 |       sett: { greeting: hello }", "^^^^", "help: ", "CLI-0003"]
    {
        assert!(ran.stderr.contains(part), "`{part}` is missing in\n{}", ran.stderr);
    }
    let good = Ran::of(
        &tenure().args(["definition", "validate", "tests/e2e/hello.yaml", "-o", "name"]).output().unwrap(),
    );
    assert_eq!((good.code, good.stdout.as_str()), (0, "e2e/hello@1.0.0\n"));
}

#[test]
fn the_server_shows_a_broken_definition_like_the_command_line_does() {
    let server = server();
    let ran = server.cli(&["definition", "apply", "tests/e2e/broken.yaml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("tests/e2e/broken.yaml:8:7"), "{}", ran.stderr);
    assert_is_explained(&ran);
}

#[test]
fn a_start_that_is_waited_for_prints_the_output() {
    let server = server();
    let ran =
        server.cli(&["start", "e2e/hello@1.0.0", "--input", "{\"name\": \"Ada\"}", "--wait", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["output"], json!({ "greeting": "Hello, Ada" }));
    let id = ran.json()["id"].as_str().unwrap().to_owned();
    let shown = server.cli(&["workflow", "show", &id]).stdout;
    assert!(shown.starts_with(&format!("{id} hello@1.0.0  completed in ")), "{shown}");
    assert!(shown.contains("✓ greet"), "{shown}");
    let types: Vec<String> = server
        .cli(&["workflow", "history", &id, "-o", "jsonl"])
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(types.first().map(String::as_str), Some("started"));
    assert_eq!(types.last().map(String::as_str), Some("completed"));
}

#[test]
fn a_workflow_that_faults_exits_with_7() {
    let server = server();
    let ran = server.cli(&["start", "fault", "--wait"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.stderr.contains("Out of stock 409 at /do/0/fail, no lamp is left"), "{}", ran.stderr);
    assert_is_explained(&ran);
}

#[test]
fn a_wait_that_is_too_short_exits_with_6_and_cancel_ends_it() {
    let server = server();
    let ran = server.cli(&["start", "sleep", "--key", "too-short", "--wait=1s", "-o", "name"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert_is_explained(&ran);
    let id = server.cli(&["workflow", "list", "--key", "too-short", "-o", "name"]).stdout.trim().to_owned();
    assert_eq!(server.cli(&["workflow", "cancel", &id, "--reason", "enough"]).code, 0);
    let watched = server.cli(&["workflow", "watch", &id]);
    assert_eq!(watched.code, 1, "a cancelled execution is no success: {watched:?}");
    assert!(
        watched.stdout.contains("cancelRequested") && watched.stdout.contains("cancelled"),
        "{}",
        watched.stdout
    );
    assert_eq!(server.cli(&["workflow", "cancel", &id]).code, 0, "the same cancel again changes nothing");
}

#[test]
fn what_has_completed_cannot_be_cancelled() {
    let server = server();
    let id = server.cli(&["start", "hello", "--wait", "-o", "name"]).stdout.trim().to_owned();
    let ran = server.cli(&["workflow", "cancel", &id]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_is_explained(&ran);
}

#[test]
fn a_key_that_is_in_use_is_a_conflict_unless_asked_otherwise() {
    let server = server();
    let first = server.cli(&["start", "sleep", "--key", "mine", "-o", "name"]);
    assert_eq!(first.code, 0, "{first:?}");
    let second = server.cli(&["start", "sleep", "--key", "mine"]);
    assert_eq!(second.code, 5, "{second:?}");
    assert_is_explained(&second);
    let same =
        server.cli(&["start", "sleep", "--key", "mine", "--on-conflict", "use-existing", "-o", "name"]);
    assert_eq!((same.code, same.stdout), (0, first.stdout.clone()));
    let id = first.stdout.trim();
    assert_eq!(server.cli(&["workflow", "terminate", id, "--reason", "test"]).code, 0);
    assert_eq!(server.cli(&["workflow", "show", id, "-o", "json"]).json()["status"], "terminated");
}

#[test]
fn what_does_not_exist_exits_with_3() {
    let server = server();
    for args in [
        &["workflow", "show", "exe_00000000000000000000000000"][..],
        &["start", "nothing"],
        &["definition", "show", "e2e/nothing"],
    ] {
        let ran = server.cli(args);
        assert_eq!(ran.code, 3, "{args:?}: {ran:?}");
        assert_is_explained(&ran);
    }
}

#[test]
fn another_tenants_execution_does_not_exist() {
    let server = server();
    let id = server.cli(&["start", "hello", "-o", "name"]).stdout.trim().to_owned();
    let ran = server.cli(&["-t", "acme", "workflow", "show", &id]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn a_viewer_may_look_and_not_start() {
    let server = server();
    let token = server.dev["tokens"]["demo-viewer"].as_str().unwrap();
    let as_viewer = [("TENURE_TOKEN", token)];
    assert_eq!(server.cli_as(&["workflow", "list"], &as_viewer).code, 0);
    let ran = server.cli_as(&["start", "e2e/hello"], &as_viewer);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_is_explained(&ran);
    let forged = server.cli_as(&["workflow", "list"], &[("TENURE_TOKEN", "forged")]);
    assert_eq!(forged.code, 4, "{forged:?}");
}

#[test]
fn who_did_what_is_in_the_audit_trail() {
    let server = server();
    let id = server.cli(&["start", "hello", "--wait", "-o", "name"]).stdout.trim().to_owned();
    let events = server.cli(&["audit", "tail", "-n", "1000", "-o", "json"]).json();
    let of_run = |event: &&serde_json::Value| event["resource"]["id"] == id.as_str();
    let actions: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(of_run)
        .filter_map(|event| event["action"].as_str())
        .collect();
    assert!(actions.contains(&"workflow.started"), "{actions:?}");
    assert!(actions.contains(&"workflow.completed"), "{actions:?}");
}

#[test]
fn lists_come_in_every_format() {
    let server = server();
    assert_eq!(server.cli(&["start", "hello", "--key", "formats", "--wait"]).code, 0);
    let list = |format: &str| server.cli(&["workflow", "list", "--key", "formats", "-o", format]).stdout;
    assert!(list("table").starts_with("ID "), "{}", list("table"));
    assert!(list("yaml").starts_with("- id: exe_"), "{}", list("yaml"));
    assert!(list("name").starts_with("exe_") && list("name").lines().count() == 1);
    assert_eq!(list("jsonl").lines().count(), 1);
    let filtered = server.cli(&[
        "workflow",
        "list",
        "--filter",
        "status = completed AND key = \"formats\"",
        "-o",
        "name",
    ]);
    assert_eq!(filtered.stdout, list("name"));
}

#[test]
fn a_server_that_is_not_there_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let ran = Ran::of(&tenure().args(["workflow", "list", "--data"]).arg(dir.path()).output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_is_explained(&ran);
}

#[test]
fn serve_lists_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tenure.toml");
    std::fs::write(&file, "").unwrap();
    let ran = Ran::of(&tenure().args(["serve", "--config"]).arg(&file).output().unwrap());
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in ["tls", "root"] {
        assert!(ran.stderr.to_lowercase().contains(part), "`{part}` is missing in\n{}", ran.stderr);
    }
    std::fs::write(&file, "unknown = 1\n").unwrap();
    let ran = Ran::of(&tenure().args(["config", "check", "--config"]).arg(&file).output().unwrap());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("unknown"), "{}", ran.stderr);
}

/// Every error prints its code, its correlation id and what to do next, and nothing of it is data.
fn assert_is_explained(ran: &Ran) {
    assert!(ran.stderr.contains("error["), "{ran:?}");
    assert!(ran.stderr.contains("\n  correlation id: "), "{ran:?}");
    assert!(ran.stderr.contains("\n  next: "), "{ran:?}");
    assert!(!ran.stdout.contains("error["), "{ran:?}");
}

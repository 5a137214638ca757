//! Processes of `run`: switched off unless said, and never left behind by a server that is killed (P3).

use crate::server::{Server, eventually};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
/// Writes down its process and waits.
const DEFINITION: &str = "document: { dsl: '1.0.3', namespace: e2e, name: shell, version: '1.0.0' }
do:
  - wait: { run: { shell: { command: 'echo $$ >> \"$1\"; sleep 1000', arguments: [ '${ .file }' ] } } }
";

fn register(server: &Server) -> crate::http::Answer {
    server.http().post_yaml("/v1/workflow-definitions", DEFINITION).unwrap()
}

fn runs(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn processes(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_server_that_was_told_nothing_runs_no_process() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let refused = register(&server);
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("API-0012")), "{:?}", refused.body);
    let item = &refused.body["errors"][0];
    assert_eq!((&item["code"], &item["pointer"]), (&json!("DEF-0138"), &json!("/do/0/wait/run/shell")));
    assert!(item["hint"].as_str().unwrap().contains("`run.shell = true`"), "{item}");
}

#[test]
fn a_process_ends_with_its_server_and_is_uncertain_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("processes"));
    let mut server = Server::start_with(&data, &["--no-demo", "--run", "shell"]);
    assert_eq!(register(&server).status, 201);
    let body = json!({ "workflow": { "namespace": "e2e", "name": "shell" }, "input": { "file": file } });
    let started = server.http().post("/v1/workflows/start", &body, &[]).unwrap();
    let id = started.body["id"].as_str().unwrap().to_owned();
    let process = eventually(PATIENCE, "the process runs", || processes(&file).pop());
    assert!(runs(&process));
    server.kill();
    eventually(PATIENCE, "the process ends with its server", || (!runs(&process)).then_some(()));

    // Nobody knows how far it came, and it is not started again.
    let server = Server::start(&data);
    let show = || server.http().get(&format!("/v1/workflows/{id}")).unwrap().body;
    let uncertain = |workflow: &Value| workflow["status"] == "suspended";
    eventually(PATIENCE, "the process is uncertain", || Some(show()).filter(uncertain));
    assert_eq!(processes(&file).len(), 1);

    // The operator has switched it off since: whoever orders another attempt does not get around that.
    let resolve = format!("/v1/workflows/{id}/tasks/%2Fdo%2F0%2Fwait/resolve");
    let ordered = server.http().post(&resolve, &json!({ "action": "retry" }), &[]).unwrap();
    assert!(matches!(ordered.status, 200 | 202), "{:?}", ordered.body);
    let ended = |workflow: &Value| workflow["endedAt"].is_string();
    let workflow = eventually(PATIENCE, "the attempt is refused", || Some(show()).filter(ended));
    assert_eq!((&workflow["status"], &workflow["error"]["status"]), (&json!("faulted"), &json!(403)));
    assert_eq!(processes(&file).len(), 1);
}

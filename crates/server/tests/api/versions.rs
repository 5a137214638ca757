//! Versions of a definition: FR-007, FR-019, acceptance 13.

use crate::world::{ECHO, SLEEP, World, start_of};
use serde_json::{Value, json};

const SLEEPS: &str = "/v1/workflow-definitions/test/sleep";
const ECHOES: &str = "/v1/workflow-definitions/test/echo";

fn version(text: &str, version: &str) -> String {
    text.replace("1.0.0", version)
}

async fn started(world: &World, name: &str, version: Option<&str>) -> crate::world::Answer {
    let mut body = start_of(name, &json!({}));
    if let Some(version) = version {
        body["workflow"]["version"] = version.into();
    }
    world.post("/v1/workflows/start").json(&body).send().await
}

fn versions(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["version"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_disabled_version_takes_no_starts_until_it_is_enabled() {
    let world = World::with(&[ECHO]).await;
    assert_eq!(started(&world, "echo", Some("1.0.0")).await.status, 201);
    let disabled = world.post(&format!("{ECHOES}/versions/1.0.0/disable")).send().await.ok();
    assert_eq!((&disabled["version"], &disabled["enabled"]), (&json!("1.0.0"), &json!(false)));
    started(&world, "echo", Some("1.0.0")).await.problem(409, "API-0036");
    started(&world, "echo", None).await.problem(404, "API-0020");
    assert_eq!(world.get(&format!("{ECHOES}/versions/1.0.0")).send().await.ok()["enabled"], false);
    let enabled = world.post(&format!("{ECHOES}/versions/1.0.0/enable")).send().await.ok();
    assert_eq!(enabled["enabled"], true);
    assert_eq!(started(&world, "echo", None).await.status, 201);
}

/// The latest is by semantic order, of what is enabled, releases before pre-releases.
#[tokio::test]
async fn the_latest_is_the_highest_enabled_release() {
    let world = World::with(&[ECHO, &version(ECHO, "1.9.0"), &version(ECHO, "1.10.0")]).await;
    assert_eq!(
        world.post("/v1/workflow-definitions").yaml(&version(ECHO, "2.0.0-rc.1")).send().await.status,
        201
    );
    let latest = async || started(&world, "echo", None).await.ok()["workflow"]["version"].clone();
    assert_eq!(latest().await, "1.10.0");
    world.post(&format!("{ECHOES}/versions/1.10.0/disable")).send().await.ok();
    assert_eq!(latest().await, "1.9.0");
    world.delete(&format!("{ECHOES}/versions/1.9.0")).send().await.ok();
    assert_eq!(latest().await, "1.0.0");
    world.post(&format!("{ECHOES}/versions/1.10.0/enable")).send().await.ok();
    assert_eq!(latest().await, "1.10.0");
}

/// What runs goes on, on its own version, also after a restart.
#[tokio::test]
async fn a_deleted_version_is_hidden_and_its_executions_go_on() {
    let short = SLEEP.replace("PT1H", "PT3S");
    let world = World::with(&[&short, &version(SLEEP, "2.0.0")]).await;
    let id = started(&world, "sleep", Some("1.0.0")).await.ok()["id"].as_str().unwrap().to_owned();
    let deleted = world.delete(&format!("{SLEEPS}/versions/1.0.0")).send().await.ok();
    assert_eq!((&deleted["version"], &deleted["deleted"]), (&json!("1.0.0"), &json!(true)));
    started(&world, "sleep", Some("1.0.0")).await.problem(404, "API-0020");
    world.get(&format!("{SLEEPS}/versions/1.0.0")).send().await.problem(404, "API-0020");
    world.delete(&format!("{SLEEPS}/versions/1.0.0")).send().await.problem(404, "API-0020");
    assert_eq!(versions(&world.get(&format!("{SLEEPS}/versions")).send().await.ok()), ["2.0.0"]);
    let all = world.get(&format!("{SLEEPS}/versions?deleted=true")).send().await.ok();
    assert_eq!(versions(&all), ["1.0.0", "2.0.0"]);
    assert_eq!((&all["items"][0]["deleted"], all["items"][1].get("deleted")), (&json!(true), None));
    let world = world.restart().await;
    let ended = world.ended(&id).await;
    assert_eq!((&ended["status"], &ended["workflow"]["version"]), (&json!("completed"), &json!("1.0.0")));
}

#[tokio::test]
async fn the_same_content_brings_a_deleted_version_back() {
    let world = World::with(&[ECHO]).await;
    world.delete(&format!("{ECHOES}/versions/1.0.0")).send().await.ok();
    let other = world.post("/v1/workflow-definitions").yaml(&ECHO.replace("42", "43")).send().await;
    other.problem(409, "API-0030");
    assert_eq!(world.post("/v1/workflow-definitions").yaml(ECHO).send().await.status, 201);
    assert_eq!(started(&world, "echo", None).await.status, 201);
}

#[tokio::test]
async fn a_change_is_made_only_if_the_version_is_as_it_was_seen() {
    let world = World::with(&[ECHO]).await;
    let path = format!("{ECHOES}/versions/1.0.0");
    let seen = world.get(&path).send().await.header("etag").to_owned();
    assert!(seen.starts_with('"') && seen.ends_with('"'), "{seen}");
    let disable = || world.post(&format!("{path}/disable"));
    let changed = disable().header("if-match", &seen).send().await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let now = changed.header("etag").to_owned();
    assert_ne!(seen, now);
    assert_eq!(world.get(&path).send().await.header("etag"), now);
    disable().header("if-match", &seen).send().await.problem(412, "API-0038");
    world.delete(&path).header("if-match", &seen).send().await.problem(412, "API-0038");
    world.delete(&path).header("if-match", "junk").send().await.problem(400, "API-0003");
    let deleted = world.delete(&path).header("if-match", &format!("\"x\", {now}")).send().await;
    assert_eq!(deleted.status, 200, "{}", deleted.text);
}

#[tokio::test]
async fn a_repeated_request_under_its_key_is_answered_as_the_first() {
    let world = World::with(&[ECHO]).await;
    let disable = || world.post(&format!("{ECHOES}/versions/1.0.0/disable")).header("idempotency-key", "k");
    let first = disable().send().await;
    let again = disable().send().await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(again.body, first.body);
    let other =
        world.post(&format!("{ECHOES}/versions/1.0.0/enable")).header("idempotency-key", "k").send().await;
    other.problem(422, "API-0035");
}

/// Only administrators change versions, and each change is in the audit trail with who made it: P7.
#[tokio::test]
async fn changes_of_versions_are_audited() {
    let world = World::with(&[ECHO]).await;
    let path = format!("{ECHOES}/versions/1.0.0");
    world.post(&format!("{path}/disable")).token("demo-operator").send().await.problem(403, "API-0011");
    world.post(&format!("{path}/disable")).send().await.ok();
    world.post(&format!("{path}/enable")).send().await.ok();
    world.delete(&path).send().await.ok();
    let trail = world.get("/v1/audit-events?pageSize=1000").send().await.ok();
    let of_version = |item: &&Value| item["resource"]["id"] == "test/echo@1.0.0";
    let items = trail["items"].as_array().unwrap().iter().filter(of_version);
    let actions: Vec<_> = items.map(|item| (&item["action"], &item["actor"]["subject"])).collect();
    let by = json!("demo-admin");
    let done = ["definition.registered", "definition.disabled", "definition.enabled", "definition.deleted"];
    assert_eq!(actions, done.map(Value::from).iter().map(|action| (action, &by)).collect::<Vec<_>>());
}

#[tokio::test]
async fn impact_says_how_many_run_on_which_version() {
    let world =
        World::with(&[SLEEP, &version(ECHO, "1.0.0"), &version(SLEEP, "1.1.0"), &version(SLEEP, "1.2.0")])
            .await;
    for of in ["1.0.0", "1.0.0", "1.1.0"] {
        assert_eq!(started(&world, "sleep", Some(of)).await.status, 201);
    }
    let id = started(&world, "sleep", Some("1.0.0")).await.ok()["id"].as_str().unwrap().to_owned();
    world.post(&format!("/v1/workflows/{id}/terminate")).send().await.ok();
    world.delete(&format!("{SLEEPS}/versions/1.1.0")).send().await.ok();
    let impact = world.get(&format!("{SLEEPS}/impact")).send().await.ok();
    assert_eq!((&impact["open"], &impact["ended"]), (&json!(3), &json!(1)));
    let shown: Vec<_> = impact["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["version"].as_str().unwrap(),
                v["open"].as_u64().unwrap(),
                v["ended"].as_u64().unwrap(),
                v["deleted"] == true,
                v["latest"] == true,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [("1.0.0", 2, 1, false, false), ("1.1.0", 1, 0, true, false), ("1.2.0", 0, 0, false, true)]
    );
    world.get("/v1/workflow-definitions/test/none/impact").send().await.problem(404, "API-0020");
}

#[tokio::test]
async fn diff_shows_what_changed_and_that_executions_stay() {
    let next = version(SLEEP, "1.1.0").replace("PT1H", "PT2H");
    let world = World::with(&[SLEEP, &next]).await;
    assert_eq!(started(&world, "sleep", Some("1.0.0")).await.status, 201);
    let diff = world.get(&format!("{SLEEPS}/diff?from=1.0.0&to=1.1.0")).send().await.ok();
    assert_eq!(diff["same"], false);
    assert_eq!(
        diff["changes"],
        json!([
            { "change": "changed", "pointer": "/document/version", "from": "1.0.0", "to": "1.1.0" },
            { "task": "/do/0/pause", "change": "changed", "pointer": "/do/0/pause/wait", "from": "PT1H", "to": "PT2H" },
        ])
    );
    assert_eq!(
        diff["effect"],
        json!([
            "1 open execution of 1.0.0 stays on it until it ends",
            "no execution of 1.1.0 is open",
            "a start that names no version takes 1.1.0",
        ])
    );
    let implied = world.get(&format!("{SLEEPS}/diff")).send().await.ok();
    assert_eq!(implied["changes"], diff["changes"], "the latest is compared with the one before it");
    world.get(&format!("{SLEEPS}/diff?from=9.9.9")).send().await.problem(404, "API-0020");
}

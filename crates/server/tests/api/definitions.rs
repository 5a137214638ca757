//! `/v1/workflow-definitions`: FR-007, FR-010, FR-013, FR-016, FR-017.

use crate::world::{ECHO, SLEEP, World};
use serde_json::json;

const PATH: &str = "/v1/workflow-definitions";

#[tokio::test]
async fn a_definition_in_yaml_is_registered() {
    let world = World::start().await;
    let answer = world.post(PATH).yaml(ECHO).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("location"), "/v1/workflow-definitions/test/echo/versions/1.0.0");
    assert_eq!(answer.body["namespace"], "test");
    assert_eq!((&answer.body["name"], &answer.body["version"]), (&json!("echo"), &json!("1.0.0")));
    assert!(answer.body["digest"].as_str().unwrap().starts_with("sha256:"));
}

#[tokio::test]
async fn a_definition_in_json_is_registered() {
    let world = World::start().await;
    let document = json!({
        "document": { "dsl": "1.0.3", "namespace": "test", "name": "echo", "version": "1.0.0" },
        "do": [{ "reply": { "set": { "answer": 42 } } }],
    });
    let first = world.post(PATH).json(&document).send().await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = world.post(PATH).yaml(ECHO).send().await;
    assert_eq!(
        (again.status, &again.body["digest"]),
        (200, &first.body["digest"]),
        "the same content in YAML"
    );
}

#[tokio::test]
async fn the_same_content_again_is_200_and_other_content_is_409() {
    let world = World::with(&[ECHO]).await;
    assert_eq!(world.post(PATH).yaml(ECHO).send().await.status, 200);
    let other = ECHO.replace("42", "43");
    world.post(PATH).yaml(&other).send().await.problem(409, "API-0030");
    let next = other.replace("version: '1.0.0'", "version: '1.0.1'");
    assert_eq!(world.post(PATH).yaml(&next).send().await.status, 201);
}

#[tokio::test]
async fn a_definition_that_is_not_valid_is_refused_with_every_place() {
    let world = World::start().await;
    let wrong = ECHO.replace("set:", "sett:");
    let answer = world.post(PATH).yaml(&wrong).send().await;
    answer.problem(400, "API-0005");
    let item = &answer.body["errors"][0];
    assert!(item["line"].as_u64().unwrap() > 1, "{item}");
    assert!(item["column"].is_u64() && item["pointer"].is_string() && item["detail"].is_string(), "{item}");
    assert!(item["code"].as_str().unwrap().starts_with("DEF-"), "{item}");
}

#[tokio::test]
async fn validate_says_what_a_registration_would_say_and_stores_nothing() {
    let world = World::start().await;
    let path = format!("{PATH}/validate");
    let good = world.post(&path).token("demo-viewer").yaml(ECHO).send().await.ok();
    assert_eq!((&good["valid"], &good["definition"]["name"]), (&json!(true), &json!("echo")));
    let bad = world.post(&path).yaml(&ECHO.replace("set:", "sett:")).send().await.ok();
    assert_eq!(bad["valid"], false);
    assert!(!bad["errors"].as_array().unwrap().is_empty());
    assert_eq!(world.get(PATH).send().await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_definition_is_shown_by_name_and_by_version() {
    let world = World::with(&[ECHO, &ECHO.replace("1.0.0", "1.2.0"), &ECHO.replace("1.0.0", "1.10.0")]).await;
    let latest = world.get(&format!("{PATH}/test/echo")).send().await.ok();
    assert_eq!(latest["version"], "1.10.0");
    let one = world.get(&format!("{PATH}/test/echo/versions/1.0.0")).send().await.ok();
    assert_eq!(one["text"], ECHO);
    assert_eq!(one["document"]["do"][0]["reply"]["set"]["answer"], 42);
    let versions = world.get(&format!("{PATH}/test/echo/versions")).send().await.ok();
    let versions: Vec<&str> =
        versions["items"].as_array().unwrap().iter().map(|item| item["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1.0.0", "1.2.0", "1.10.0"]);
}

#[tokio::test]
async fn what_is_not_registered_is_404() {
    let world = World::with(&[ECHO]).await;
    for path in ["/test/none", "/none/echo", "/test/echo/versions/9.9.9", "/test/none/versions"] {
        world.get(&format!("{PATH}{path}")).send().await.problem(404, "API-0020");
    }
}

/// FR-016: a tenant's definitions are its own.
#[tokio::test]
async fn definitions_of_another_tenant_do_not_exist() {
    let world = World::with(&[ECHO]).await;
    let acme = |path: &str| world.get(&format!("{PATH}{path}")).token("acme-admin").send();
    assert_eq!(acme("").await.ok()["items"], json!([]));
    for path in ["/test/echo", "/test/echo/versions", "/test/echo/versions/1.0.0"] {
        acme(path).await.problem(404, "API-0020");
    }
    let other = ECHO.replace("42", "7");
    let registered = world.post(PATH).token("acme-admin").yaml(&other).send().await;
    assert_eq!(registered.status, 201, "the version is taken in `demo` alone: {}", registered.text);
}

#[tokio::test]
async fn lists_of_definitions_have_pages() {
    let world = World::with(&[ECHO, SLEEP, &ECHO.replace("1.0.0", "2.0.0")]).await;
    let first = world.get(&format!("{PATH}?pageSize=2")).send().await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let token = first["nextPageToken"].as_str().unwrap();
    let second = world.get(&format!("{PATH}?pageSize=2&pageToken={token}")).send().await.ok();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second.get("nextPageToken"), None);
    let filtered = world.get(&format!("{PATH}?pageToken={token}&name=echo")).send().await;
    filtered.problem(400, "API-0003");
}

#[tokio::test]
async fn the_unprefixed_path_answers_too() {
    let world = World::start().await;
    assert_eq!(world.post("/workflow-definitions").yaml(ECHO).send().await.status, 201);
    assert_eq!(world.get("/workflow-definitions/test/echo").send().await.status, 200);
}

/// P1 and P2 of the attack table.
#[tokio::test]
async fn a_definition_has_limits() {
    let world = World::start().await;
    let large = format!("{ECHO}# {}", "x".repeat(1 << 20));
    let answer = world.post(PATH).yaml(&large).send().await;
    answer.problem(413, "API-0040");
    assert!(answer.body["detail"].as_str().unwrap().contains("1048576"));
    let bomb = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    world.post(PATH).yaml(&bomb).send().await.problem(400, "API-0005");
    let alias = "a: &a [1]\nb: [*a, *a]\n";
    world.post(PATH).yaml(alias).send().await.problem(400, "API-0005");
}

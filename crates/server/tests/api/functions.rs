//! `/v1/functions`: the tenant's catalog (FR-004, FR-025, FR-030).

use crate::world::{ECHO, World};
use serde_json::{Value, json};

const PATH: &str = "/v1/functions/add-one/1.0.0";
const ADD: &str = "input: { schema: { document: { type: object, required: [ n ] } } }\nset: '${ .n + 1 }'\n";
const CALLER: &str = "
document: { dsl: '1.0.3', namespace: test, name: caller, version: '1.0.0' }
do: [ { add: { call: 'add-one:1.0.0@default', with: { n: '${ .n }' } } } ]
";

async fn put(world: &World, path: &str, text: &str) -> crate::world::Answer {
    world.call("PUT", path).yaml(text).send().await
}

#[tokio::test]
async fn a_function_is_put_shown_and_listed() {
    let world = World::start().await;
    let answer = put(&world, PATH, ADD).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("location"), PATH);
    let shown = world.get(PATH).token("demo-viewer").send().await.ok();
    assert_eq!((&shown["name"], &shown["version"]), (&json!("add-one"), &json!("1.0.0")));
    assert_eq!((&shown["text"], &shown["document"]["set"]), (&json!(ADD), &json!("${ .n + 1 }")));
    let list = world.get("/v1/functions?name=add-one").token("demo-viewer").send().await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["digest"], shown["digest"]);
    assert_eq!(world.get("/v1/functions?name=other").send().await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_version_never_changes() {
    let world = World::start().await;
    put(&world, PATH, ADD).await;
    assert_eq!(put(&world, PATH, ADD).await.status, 200);
    let other = ADD.replace("+ 1", "+ 2");
    put(&world, PATH, &other).await.problem(409, "API-0030");
    assert_eq!(put(&world, "/v1/functions/add-one/1.0.1", &other).await.status, 201);
    assert_eq!(world.call("DELETE", PATH).send().await.status, 200);
    world.get(PATH).send().await.problem(404, "API-0020");
    world.call("DELETE", PATH).send().await.problem(404, "API-0020");
    put(&world, PATH, &other).await.problem(409, "API-0030");
    assert_eq!(put(&world, PATH, ADD).await.status, 201, "the same content comes back");
}

#[tokio::test]
async fn a_function_that_is_not_valid_is_refused_with_every_place() {
    let world = World::start().await;
    let answer = put(&world, PATH, "sett: { x: 1 }\n").await;
    answer.problem(400, "API-0005");
    assert_eq!(answer.body["errors"][0]["line"], 1);
    put(&world, PATH, "call: 'missing:1.0.0@default'\n").await.problem(400, "API-0005");
    put(&world, "/v1/functions/Add_One/1.0.0", ADD).await.problem(400, "API-0003");
    put(&world, "/v1/functions/add-one/latest", ADD).await.problem(400, "API-0003");
}

/// The document of a definition holds what it calls: neither a delete nor a restart takes it away.
#[tokio::test]
async fn a_definition_keeps_the_functions_that_it_was_registered_with() {
    let world = World::start().await;
    world.post("/v1/workflow-definitions").yaml(CALLER).send().await.problem(400, "API-0005");
    put(&world, PATH, ADD).await;
    let registered = world.post("/v1/workflow-definitions").yaml(CALLER).send().await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    assert_eq!(run(&world, 1).await, json!(2));
    assert_eq!(world.call("DELETE", PATH).send().await.status, 200);
    let again = world.post("/v1/workflow-definitions").yaml(CALLER).send().await;
    assert_eq!((again.status, &again.body["digest"]), (200, &registered.body["digest"]), "{}", again.text);
    let world = world.restart().await;
    assert_eq!(run(&world, 4).await, json!(5));
}

async fn run(world: &World, n: u32) -> Value {
    let start = json!({ "workflow": { "namespace": "test", "name": "caller" }, "input": { "n": n } });
    let answer = world.post("/v1/workflows/start").header("prefer", "wait=10").json(&start).send().await;
    answer.body["output"].clone()
}

#[tokio::test]
async fn functions_belong_to_their_tenant() {
    let world = World::start().await;
    put(&world, PATH, ADD).await;
    world.get(PATH).token("acme-admin").send().await.problem(404, "API-0020");
    world.call("DELETE", PATH).token("acme-admin").send().await.problem(404, "API-0020");
    assert_eq!(world.get("/v1/functions").token("acme-admin").send().await.ok()["items"], json!([]));
    let other = world.post("/v1/workflow-definitions").token("acme-admin").yaml(CALLER).send().await;
    other.problem(400, "API-0005");
    assert_eq!(world.get(PATH).send().await.status, 200);
}

#[tokio::test]
async fn puts_and_deletes_are_audited() {
    let world = World::with(&[ECHO]).await;
    put(&world, PATH, ADD).await;
    world.call("DELETE", PATH).send().await;
    let page = world.get("/v1/audit-events?pageSize=1000").send().await.ok();
    let actions: Vec<&str> =
        page["items"].as_array().unwrap().iter().filter_map(|item| item["action"].as_str()).collect();
    for action in ["function.put", "function.deleted"] {
        assert_eq!(actions.iter().filter(|found| **found == action).count(), 1, "{actions:?}");
    }
}

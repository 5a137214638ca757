//! Parents and children over HTTP: each shows the other, an error says which child it came from.

use crate::world::World;
use serde_json::{Value, json};

const CHILD: &str = "
document: { dsl: '1.0.3', namespace: test, name: child, version: '1.0.0' }
input: { schema: { document: { type: object, required: [ n ] } } }
do:
  - check: { switch: [ { bad: { when: '${ .n < 0 }', then: fail } }, { nap: { when: '${ .n > 9 }', then: nap } }, { good: { then: exit } } ] }
  - nap: { wait: { days: 1 }, then: exit }
  - fail: { raise: { error: { type: 'https://test/negative', status: 422, title: negative } } }
";

const CHILD_TWO: &str = "
document: { dsl: '1.0.3', namespace: test, name: child, version: '2.0.0' }
do: [ { two: { set: { version: 2 } } } ]
";

const PARENT: &str = "
document: { dsl: '1.0.3', namespace: test, name: parent, version: '1.0.0' }
do:
  - ship: { run: { workflow: { namespace: test, name: child, version: '1.0.0', input: { n: '${ .n }' } } } }
";

const LATEST: &str = "
document: { dsl: '1.0.3', namespace: test, name: latest, version: '1.0.0' }
do:
  - ship: { run: { workflow: { namespace: test, name: child, version: latest } } }
";

async fn children(world: &World, id: &str) -> Vec<Value> {
    let page = world.get(&format!("/v1/workflows/{id}/children")).send().await.ok();
    page["items"].as_array().unwrap().clone()
}

async fn show(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/workflows/{id}")).send().await.ok()
}

async fn kinds(world: &World, id: &str) -> Vec<String> {
    let page = world.get(&format!("/v1/workflows/{id}/history")).send().await.ok();
    page["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn parent_and_child_show_each_other() {
    let world = World::with(&[CHILD, PARENT]).await;
    let id = world.run("parent", &json!({ "n": 10 })).await;
    world.happened(&id, "childStarted").await;
    let parent = show(&world, &id).await;
    assert_eq!(parent["status"], "waiting");
    assert_eq!(parent["parent"], Value::Null);
    assert_eq!(parent["pending"][0]["state"], "child");
    let found = children(&world, &id).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["parent"], id.as_str());
    let child_id = found[0]["id"].as_str().unwrap();
    assert_eq!(parent["pending"][0]["child"], child_id);
    let child = show(&world, child_id).await;
    assert_eq!(child["parent"], json!({ "id": id, "task": "/do/0/ship", "awaited": true }));
    assert_eq!(child["correlationId"], parent["correlationId"]);
    assert!(children(&world, child_id).await.is_empty());
    world.post(&format!("/v1/workflows/{id}/cancel")).json(&json!({})).send().await.ok();
    assert_eq!(world.ended(&id).await["status"], "cancelled");
    assert_eq!(world.ended(child_id).await["status"], "cancelled");
}

#[tokio::test]
async fn the_history_of_both_tells_of_start_and_end() {
    let world = World::with(&[CHILD, PARENT]).await;
    let id = world.run("parent", &json!({ "n": 1 })).await;
    let ended = world.ended(&id).await;
    assert_eq!((&ended["status"], &ended["output"]), (&json!("completed"), &json!({ "n": 1 })));
    assert_eq!(
        kinds(&world, &id).await,
        ["started", "taskStarted", "childStarted", "childEnded", "taskCompleted", "completed"]
    );
    let child = children(&world, &id).await[0]["id"].as_str().unwrap().to_owned();
    world.ended(&child).await;
    let kinds = kinds(&world, &child).await;
    assert_eq!(kinds[..2], ["started", "becameChild"]);
    assert_eq!(kinds[kinds.len() - 2..], ["completed", "parentTold"]);
    let page = world.get(&format!("/v1/workflows/{id}/history")).send().await.ok();
    assert_eq!(page["items"][2]["child"], child.as_str());
    assert_eq!(page["items"][2]["detail"], "test/child@1.0.0");
    assert_eq!(page["items"][3]["detail"], "completed");
}

#[tokio::test]
async fn an_error_says_which_child_it_came_from() {
    let world = World::with(&[CHILD, PARENT]).await;
    let id = world.run("parent", &json!({ "n": -1 })).await;
    let error = world.ended(&id).await["error"].clone();
    let child = children(&world, &id).await[0]["id"].clone();
    assert_eq!((&error["status"], &error["title"]), (&json!(422), &json!("negative")));
    assert_eq!(error["instance"], "/do/0/ship");
    assert_eq!(error["child"], json!({ "id": child, "task": "/do/2/fail" }));
}

#[tokio::test]
async fn the_latest_version_is_the_one_when_the_child_starts() {
    let world = World::with(&[CHILD, LATEST, CHILD_TWO]).await;
    let id = world.run("latest", &json!({})).await;
    assert_eq!(world.ended(&id).await["output"], json!({ "version": 2 }));
    assert_eq!(children(&world, &id).await[0]["workflow"]["version"], "2.0.0");
}

#[tokio::test]
async fn children_come_in_pages_the_oldest_first() {
    const MANY: &str = "
document: { dsl: '1.0.3', namespace: test, name: many, version: '1.0.0' }
do:
  - each: { for: { in: '${ [1, 2, 3] }' }, do: [ { one: { run: { workflow: { namespace: test, name: child, version: '1.0.0', input: { n: '${ $item }' } } } } } ] }
";
    let world = World::with(&[CHILD, MANY]).await;
    let id = world.run("many", &json!({})).await;
    assert_eq!(world.ended(&id).await["status"], "completed");
    let (mut found, mut token) = (vec![], String::new());
    loop {
        let path = format!("/v1/workflows/{id}/children?pageSize=2{token}");
        let page = world.get(&path).send().await.ok();
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["nextPageToken"].as_str() else { break };
        token = format!("&pageToken={next}");
    }
    let mut inputs = vec![];
    for child in &found {
        inputs.push(show(&world, child["id"].as_str().unwrap()).await["input"]["n"].clone());
    }
    assert_eq!(inputs, [1, 2, 3]);
}

/// FR-025: another tenant's execution has no children.
#[tokio::test]
async fn the_children_of_what_belongs_to_another_tenant_are_not_found() {
    let world = World::with(&[CHILD, PARENT]).await;
    let id = world.run("parent", &json!({ "n": 1 })).await;
    world.ended(&id).await;
    let path = format!("/v1/workflows/{id}/children");
    world.get(&path).token("acme-admin").send().await.problem(404, "API-0020");
    world.get("/v1/workflows/exe_0000000000000000000000000A/children").send().await.problem(404, "API-0020");
}

#[tokio::test]
async fn a_child_that_waits_survives_a_restart_of_the_server() {
    let world = World::with(&[CHILD, PARENT]).await;
    let id = world.run("parent", &json!({ "n": 10 })).await;
    world.happened(&id, "childStarted").await;
    let child = children(&world, &id).await[0]["id"].as_str().unwrap().to_owned();
    let world = world.restart().await;
    world.post(&format!("/v1/workflows/{child}/terminate")).json(&json!({})).send().await.ok();
    let error = world.ended(&id).await["error"].clone();
    assert!(error["detail"].as_str().unwrap().ends_with("was terminated"), "{error}");
}

//! A full disk: new work is refused, what was acknowledged is kept, and what runs goes on.

use crate::world::{World, start_of};
use serde_json::json;

const LARGE: &str = "
document: { dsl: '1.0.3', namespace: test, name: large, version: '1.0.0' }
do:
  - fill: { set: { list: '${ [range(3000)] }' } }
";

const SLEEP: &str = "
document: { dsl: '1.0.3', namespace: test, name: sleep, version: '1.0.0' }
do:
  - nap: { wait: { days: 1 } }
";

/// P4, and what the limits page says about a full disk.
#[tokio::test]
async fn a_full_disk_refuses_new_starts_with_503_and_loses_nothing() {
    let world = World::on_small_disk(2_400_000).await;
    for text in [LARGE, SLEEP] {
        assert_eq!(world.post("/v1/workflow-definitions").yaml(text).send().await.status, 201);
    }
    let sleeping = world.run("sleep", &json!({})).await;
    let mut accepted = vec![];
    let refused = loop {
        let answer = world.post("/v1/workflows/start").json(&start_of("large", &json!({}))).send().await;
        if answer.status != 201 {
            break answer;
        }
        accepted.push(answer.ok()["id"].as_str().unwrap().to_owned());
        assert!(accepted.len() < 10_000, "the file has an end");
    };
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert_ne!(refused.header("retry-after"), "");
    let problem: serde_json::Value = serde_json::from_str(&refused.text).unwrap();
    assert_eq!((problem["code"].as_str(), problem["retryable"].as_bool()), (Some("API-0061"), Some(true)));
    let ended = world.post(&format!("/v1/workflows/{sleeping}/terminate")).send().await.ok();
    assert_eq!(ended["status"], "terminated");
    // On a larger disk everything that was acknowledged is there.
    let world = world.restart().await;
    for id in &accepted {
        let found = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
        assert_eq!(found["status"], "completed");
        assert_eq!(found["output"]["list"].as_array().unwrap().len(), 3_000);
    }
    assert!(!accepted.is_empty());
    assert_eq!(world.get(&format!("/v1/workflows/{sleeping}")).send().await.ok()["status"], "terminated");
}

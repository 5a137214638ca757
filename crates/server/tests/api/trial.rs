//! `POST /v1/workflow-definitions/test`: FR-013.

use crate::world::{ECHO, World};
use serde_json::{Value, json};

const PATH: &str = "/v1/workflow-definitions/test";

const CHARGE: &str = "
document: { dsl: '1.0.3', namespace: test, name: charge, version: '1.0.0' }
do:
  - pay:
      call: http
      with: { method: post, endpoint: 'http://bank.test/charges' }
      metadata: { compensate: { do: [ { refund: { call: http, with: { method: delete, endpoint: 'http://bank.test/charges' } } } ] } }
  - pause: { wait: P30D }
  - ship: { call: http, with: { method: post, endpoint: 'http://courier.test/' } }
";

#[tokio::test]
async fn cases_run_without_a_registration_and_without_a_call() {
    let world = World::start().await;
    let cases = json!([
        { "name": "paid", "mocks": { "pay": { "body": { "id": 1 } }, "ship": { "body": "sent" } },
          "expect": { "status": "completed", "output": "sent", "duration": "P30D" } },
        { "name": "not shipped", "mocks": { "pay": { "body": {} }, "ship": { "status": 409 }, "refund": { "status": 204 } },
          "expect": { "status": "faulted", "compensation": [ "pay" ], "path": [ "pay", "ship" ] } },
    ]);
    let body = json!({ "definition": CHARGE, "cases": cases });
    let report = world.post(PATH).token("demo-viewer").json(&body).send().await.ok();
    assert_eq!(report["passed"], false);
    let shown = |index: usize| (&report["cases"][index]["passed"], &report["cases"][index]["status"]);
    assert_eq!(shown(0), (&json!(true), &json!("completed")));
    assert_eq!(shown(1), (&json!(false), &json!("faulted")));
    assert_eq!(report["cases"][0]["durationMs"], json!(2_592_000_000_u64));
    let failure = &report["cases"][1]["failures"][0];
    assert_eq!(
        (&failure["pointer"], &failure["actual"]),
        (&json!("/expect/path/1"), &json!(["pay", "pause", "ship"]))
    );
    assert_eq!(report["cases"][1]["compensation"], json!(["/do/0/pay"]));
    assert_eq!(world.get("/v1/workflow-definitions").send().await.ok()["items"], json!([]));
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 0);
}

#[tokio::test]
async fn a_definition_may_be_a_document() {
    let world = World::start().await;
    let document: Value = json!({
        "document": { "dsl": "1.0.3", "namespace": "test", "name": "echo", "version": "1.0.0" },
        "do": [{ "reply": { "set": { "answer": 42 } } }],
    });
    let cases = json!([{ "name": "a", "expect": { "status": "completed", "output": { "answer": 42 } } }]);
    let report = world.post(PATH).json(&json!({ "definition": document, "cases": cases })).send().await.ok();
    assert_eq!(report["passed"], true, "{report}");
}

#[tokio::test]
async fn a_wrong_definition_and_wrong_cases_are_refused_with_every_place() {
    let world = World::start().await;
    let send = |definition: String, cases: Value| {
        world.post(PATH).json(&json!({ "definition": definition, "cases": cases })).send()
    };
    let answer = send(ECHO.replace("set:", "sett:"), json!([])).await;
    answer.problem(400, "API-0005");
    assert!(answer.body["errors"][0]["code"].as_str().unwrap().starts_with("DEF-"));
    let answer = send(ECHO.into(), json!([{ "name": "a", "expect": { "status": "done" } }, {}])).await;
    answer.problem(400, "API-0002");
    let places: Vec<&str> =
        answer.body["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    assert!(places.contains(&"/cases/0/expect/status") && places.contains(&"/cases/1"), "{places:?}");
    world.post(PATH).json(&json!({ "definition": ECHO })).send().await.problem(400, "API-0002");
}

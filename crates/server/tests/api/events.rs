//! Events: published to whoever listens, to what they start, and signals to one execution. Semantics: accepted is
//! committed, taken once, kept until consumed when it is addressed; FR-025 between tenants.

use crate::world::{ECHO, SLEEP, World};
use serde_json::{Value, json};

/// Waits for the payment of its order.
const ORDER: &str = "
document: { dsl: '1.0.3', namespace: test, name: order, version: '1.0.0' }
do:
  - paid:
      listen:
        to:
          one:
            with: { type: shop.paid }
            correlate:
              order: { from: '${ .data.order }', expect: '${ $input.order }' }
";

/// Waits for two payments, one after the other, of any order.
const TWICE: &str = "
document: { dsl: '1.0.3', namespace: test, name: twice, version: '1.0.0' }
do:
  - first: { listen: { to: { one: { with: { type: shop.paid } } } }, output: { as: '${ .[0].order }' }, export: { as: '${ { first: . } }' } }
  - second: { listen: { to: { one: { with: { type: shop.paid } } } }, output: { as: '${ [$context.first, .[0].order] }' } }
";

/// Waits for an approval.
const APPROVAL: &str = "
document: { dsl: '1.0.3', namespace: test, name: approval, version: '1.0.0' }
do:
  - approved: { listen: { to: { one: { with: { type: approve } } } } }
";

/// Is started by a payment.
const STARTED: &str = "
document: { dsl: '1.0.3', namespace: test, name: started, version: '1.0.0' }
schedule:
  on: { one: { with: { type: shop.paid } } }
do:
  - reply: { set: { orders: '${ [$workflow.input[].order] }' } }
";

/// Emits a payment.
const PAY: &str = "
document: { dsl: '1.0.3', namespace: test, name: pay, version: '1.0.0' }
do:
  - tell:
      emit:
        event:
          with:
            source: https://shop.example/pay
            type: shop.paid
            data: { order: '${ $input.order }' }
";

fn paid(id: &str, order: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "https://shop.example", "type": "shop.paid",
        "data": { "order": order },
    })
}

async fn publish(world: &World, event: &Value) -> Value {
    let answer = world.post("/v1/events").raw(ONE, event.to_string().as_bytes()).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    answer.body
}

const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

async fn status(world: &World, id: &str) -> String {
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    shown["status"].as_str().unwrap().to_owned()
}

fn accepted(deliveries: u64, started: u64) -> Value {
    json!({ "accepted": 1, "deliveries": deliveries, "started": started })
}

#[tokio::test]
async fn an_event_finds_the_one_execution_that_waits_for_it() {
    let world = World::with(&[ORDER]).await;
    let mut ids = vec![];
    for n in 0..20 {
        ids.push(world.run("order", &json!({ "order": format!("A-{n}") })).await);
    }
    assert_eq!(publish(&world, &paid("1", "A-7")).await, accepted(1, 0));
    let ended = world.ended(&ids[7]).await;
    assert_eq!((&ended["status"], &ended["output"]), (&json!("completed"), &json!([{ "order": "A-7" }])));
    for (n, id) in ids.iter().enumerate().filter(|(n, _)| *n != 7) {
        assert_eq!(status(&world, id).await, "waiting", "A-{n}");
    }
    assert_eq!(publish(&world, &paid("2", "A-99")).await, accepted(0, 0), "nobody waits for it");
}

#[tokio::test]
async fn a_repeated_event_is_taken_once() {
    let world = World::with(&[TWICE]).await;
    let id = world.run("twice", &json!({})).await;
    publish(&world, &paid("1", "A")).await;
    publish(&world, &paid("1", "A")).await;
    assert_eq!(status(&world, &id).await, "waiting", "the second payment has not come");
    publish(&world, &paid("2", "B")).await;
    assert_eq!(world.ended(&id).await["output"], json!(["A", "B"]));
}

#[tokio::test]
async fn who_listens_is_found_after_a_restart() {
    let world = World::with(&[ORDER]).await;
    let id = world.run("order", &json!({ "order": "A-1" })).await;
    let world = world.restart().await;
    assert_eq!(publish(&world, &paid("1", "A-1")).await, accepted(1, 0));
    // What was accepted is there after the next restart.
    let world = world.restart().await;
    assert_eq!(world.ended(&id).await["output"], json!([{ "order": "A-1" }]));
}

#[tokio::test]
async fn a_broadcast_reaches_everybody() {
    let world = World::with(&[APPROVAL]).await;
    let mut ids = vec![];
    for _ in 0..60 {
        ids.push(world.run("approval", &json!({})).await);
    }
    let event =
        json!({ "specversion": "1.0", "id": "1", "source": "/all", "type": "approve", "data": "yes" });
    assert_eq!(publish(&world, &event).await, accepted(60, 0));
    for id in &ids {
        assert_eq!(world.ended(id).await["output"], json!(["yes"]));
    }
}

/// FR-025: an event of one tenant is nobody's in another.
#[tokio::test]
async fn an_event_stays_in_its_tenant() {
    let world = World::with(&[ORDER, STARTED]).await;
    let id = world.run("order", &json!({ "order": "A-1" })).await;
    let event = paid("1", "A-1").to_string();
    let foreign = world.post("/v1/events").token("acme-admin").raw(ONE, event.as_bytes()).send().await;
    assert_eq!(foreign.ok(), accepted(0, 0));
    assert_eq!(status(&world, &id).await, "waiting");
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 1);
    assert_eq!(publish(&world, &paid("1", "A-1")).await, accepted(1, 1), "the same event of its own tenant");
}

#[tokio::test]
async fn an_event_starts_an_execution_once() {
    let world = World::with(&[STARTED]).await;
    assert_eq!(publish(&world, &paid("1", "A")).await, accepted(0, 1));
    let listed = world.get("/v1/workflows?definition=started").send().await.ok();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let ended = world.ended(&id).await;
    assert_eq!(ended["output"], json!({ "orders": ["A"] }));
    // Whether the first one still runs or not, now or after a restart.
    assert_eq!(publish(&world, &paid("1", "A")).await, accepted(0, 0));
    let world = world.restart().await;
    assert_eq!(publish(&world, &paid("1", "A")).await, accepted(0, 0));
    assert_eq!(publish(&world, &paid("2", "B")).await, accepted(0, 1));
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 2);
}

#[tokio::test]
async fn the_same_event_at_once_starts_one_execution() {
    let world = World::with(&[STARTED]).await;
    let event = paid("1", "A").to_string();
    let post = || world.post("/v1/events").raw(ONE, event.as_bytes()).send();
    let answers = tokio::join!(post(), post(), post(), post());
    let started = [answers.0, answers.1, answers.2, answers.3].map(|answer| answer.ok()["started"].clone());
    assert_eq!(started.iter().filter_map(Value::as_u64).sum::<u64>(), 1, "{started:?}");
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 1);
}

#[tokio::test]
async fn what_an_execution_emits_reaches_another() {
    let world = World::with(&[ORDER, PAY, STARTED]).await;
    let waiting = world.run("order", &json!({ "order": "A-1" })).await;
    let pay = world.run("pay", &json!({ "order": "A-1" })).await;
    assert_eq!(world.ended(&pay).await["status"], "completed");
    assert_eq!(world.ended(&waiting).await["output"], json!([{ "order": "A-1" }]));
    let started = world.get("/v1/workflows?definition=started").send().await.ok();
    assert_eq!(started["items"].as_array().unwrap().len(), 1, "{started}");
}

#[tokio::test]
async fn a_signal_reaches_its_execution() {
    let world = World::with(&[APPROVAL]).await;
    let id = world.run("approval", &json!({})).await;
    let other = world.run("approval", &json!({})).await;
    let signal = json!({ "name": "approve", "data": { "by": "ada" } });
    let answer = world.post(&format!("/v1/workflows/{id}/signal")).json(&signal).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(world.ended(&id).await["output"], json!([{ "by": "ada" }]));
    assert_eq!(status(&world, &other).await, "waiting");
}

#[tokio::test]
async fn a_signal_is_kept_until_it_is_wanted() {
    let world = World::with(&["
document: { dsl: '1.0.3', namespace: test, name: later, version: '1.0.0' }
do:
  - first: { listen: { to: { one: { with: { type: go } } } } }
  - second: { listen: { to: { one: { with: { type: approve } } } } }
"])
    .await;
    let id = world.run("later", &json!({})).await;
    let path = format!("/v1/workflows/{id}/signal");
    let approve = json!({ "name": "approve", "id": "1", "data": 7 });
    world.post(&path).json(&approve).send().await.ok();
    world.post(&path).json(&approve).send().await.ok();
    assert_eq!(status(&world, &id).await, "waiting");
    let world = world.restart().await;
    world.post(&path).json(&json!({ "name": "go" })).send().await.ok();
    assert_eq!(world.ended(&id).await["output"], json!([7]));
}

#[tokio::test]
async fn an_ended_execution_takes_no_signal() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    let path = format!("/v1/workflows/{id}/signal");
    world.post(&path).json(&json!({ "name": "approve" })).send().await.problem(409, "API-0032");
}

#[tokio::test]
async fn an_execution_starts_with_its_signal() {
    let world = World::with(&[APPROVAL]).await;
    let start = json!({
        "workflow": { "namespace": "test", "name": "approval" },
        "signal": { "name": "approve", "data": "at once" },
    });
    let answer = world.post("/v1/workflows/start").header("prefer", "wait=20").json(&start).send().await;
    assert_eq!((answer.status, &answer.body["output"]), (200, &json!(["at once"])), "{}", answer.text);
}

#[tokio::test]
async fn a_signal_is_checked() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let path = format!("/v1/workflows/{id}/signal");
    world.post(&path).json(&json!({ "nam": "x" })).send().await.problem(400, "API-0002");
    world.post(&path).json(&json!({ "name": "" })).send().await.problem(400, "API-0002");
    world.post(&path).token("demo-viewer").json(&json!({})).send().await.problem(403, "API-0011");
    world.post(&path).token("acme-admin").json(&json!({})).send().await.problem(404, "API-0020");
    let start = json!({ "workflow": { "namespace": "test", "name": "sleep" }, "signal": { "id": "" } });
    let answer = world.post("/v1/workflows/start").json(&start).send().await;
    answer.problem(400, "API-0002");
    assert_eq!(answer.body["errors"][0]["pointer"], "/signal/id");
}

#[tokio::test]
async fn a_batch_is_published_in_its_order() {
    let world = World::with(&[TWICE]).await;
    let id = world.run("twice", &json!({})).await;
    let events = json!([paid("1", "A"), paid("2", "B")]).to_string();
    let answer = world.post("/v1/events").raw(BATCH, events.as_bytes()).send().await;
    assert_eq!((answer.status, &answer.body["accepted"]), (202, &json!(2)), "{}", answer.text);
    assert_eq!(world.ended(&id).await["output"], json!(["A", "B"]));
    assert_eq!(world.post("/v1/events").raw(BATCH, b"[]").send().await.ok()["accepted"], 0);
}

#[tokio::test]
async fn an_event_comes_in_binary_mode() {
    let world = World::with(&[ORDER]).await;
    let id = world.run("order", &json!({ "order": "A-1" })).await;
    let binary = |order: &str| {
        world
            .post("/v1/events")
            .header("ce-specversion", "1.0")
            .header("ce-id", "1")
            .header("ce-source", "https://shop.example/%C3%BC")
            .header("ce-type", "shop.paid")
            .raw("application/json", json!({ "order": order }).to_string().as_bytes())
    };
    assert_eq!(binary("A-1").send().await.ok(), accepted(1, 0));
    assert_eq!(world.ended(&id).await["status"], "completed");
}

#[tokio::test]
async fn what_is_no_event_is_refused_with_its_place() {
    let world = World::start().await;
    let post =
        |kind: &str, body: &Value| world.post("/v1/events").raw(kind, body.to_string().as_bytes()).send();
    let mut nameless = paid("1", "A");
    nameless["type"] = json!("");
    let answer = post(ONE, &nameless).await;
    answer.problem(400, "API-0002");
    assert_eq!(answer.body["errors"][0]["pointer"], "/type");
    let answer = post(BATCH, &json!([paid("1", "A"), nameless])).await;
    answer.problem(400, "API-0002");
    assert_eq!(answer.body["errors"][0]["pointer"], "/1/type");
    post(BATCH, &paid("1", "A")).await.problem(400, "API-0002");
    post("application/json", &paid("1", "A")).await.problem(415, "API-0041");
    post("application/cloudevents+avro", &json!({})).await.problem(415, "API-0041");
    world.post("/v1/events").raw(ONE, b"{").send().await.problem(400, "API-0001");
    let many: Vec<Value> = (0..101).map(|n| paid(&n.to_string(), "A")).collect();
    post(BATCH, &json!(many)).await.problem(413, "API-0040");
    let large = paid("1", &"x".repeat(1 << 20));
    post(ONE, &large).await.problem(413, "API-0040");
    let viewer =
        world.post("/v1/events").token("demo-viewer").raw(ONE, paid("1", "A").to_string().as_bytes());
    viewer.send().await.problem(403, "API-0011");
}

/// FR-005: the same key and request again gets the same answer; another request under it is refused.
#[tokio::test]
async fn a_repeated_post_replays_its_answer() {
    let world = World::with(&[ORDER]).await;
    world.run("order", &json!({ "order": "A-1" })).await;
    let post = |world: &World, event: Value| {
        let call = world.post("/v1/events").header("idempotency-key", "k-1");
        call.raw(ONE, event.to_string().as_bytes())
    };
    assert_eq!(post(&world, paid("1", "A-1")).send().await.ok(), accepted(1, 0));
    let again = post(&world, paid("1", "A-1")).send().await;
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &accepted(1, 0)));
    let world = world.restart().await;
    let again = post(&world, paid("1", "A-1")).send().await;
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &accepted(1, 0)));
    post(&world, paid("2", "A-1")).send().await.problem(422, "API-0035");
}

/// P7: who published what, and who signalled whom.
#[tokio::test]
async fn publishing_and_signalling_are_audited() {
    let world = World::with(&[APPROVAL]).await;
    let id = world.run("approval", &json!({})).await;
    publish(&world, &paid("evt-1", "A")).await;
    let path = format!("/v1/workflows/{id}/signal");
    world.post(&path).token("demo-operator").json(&json!({ "name": "approve" })).send().await.ok();
    let page = world.get("/v1/audit-events?pageSize=1000").send().await.ok();
    let found = |action: &str| {
        let events = page["items"].as_array().unwrap();
        events.iter().find(|event| event["action"] == action).cloned().unwrap_or_default()
    };
    let published = found("event.published");
    assert_eq!(
        (&published["resource"]["id"], &published["actor"]["subject"]),
        (&json!("evt-1"), &json!("demo-admin"))
    );
    let signalled = found("workflow.signalled");
    assert_eq!(
        (&signalled["resource"]["id"], &signalled["actor"]["subject"]),
        (&json!(id), &json!("demo-operator"))
    );
}

//! Lists, counts, histories, tasks, streams: FR-025, FR-031.

use crate::world::{ECHO, FAIL, SLEEP, World, start_of};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_execution_is_shown_whole() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({ "a": 1 })).await;
    let shown = world.ended(&id).await;
    assert_eq!(shown["id"], id);
    assert_eq!((&shown["tenant"], &shown["status"]), (&json!("demo"), &json!("completed")));
    assert_eq!((&shown["input"], &shown["output"]), (&json!({ "a": 1 }), &json!({ "answer": 42 })));
    assert_eq!((&shown["compensation"], &shown["pending"]), (&json!("none"), &json!([])));
    assert!(shown["startedAt"].is_string() && shown["endedAt"].is_string() && shown["updatedAt"].is_string());
    assert_eq!(shown.get("error"), None);
}

#[tokio::test]
async fn what_an_execution_waits_for_is_pending() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let shown = world.get(&format!("/v1/workflows/{id}")).send().await.ok();
    assert_eq!(shown["status"], "waiting");
    assert_eq!(
        (&shown["pending"][0]["task"], &shown["pending"][0]["state"]),
        (&json!("/do/0/pause"), &json!("waiting"))
    );
    assert_eq!(shown["pending"][0]["due"], shown["due"]);
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::with(&[ECHO, SLEEP, FAIL]).await;
    let echo = world.run("echo", &json!({})).await;
    let sleep = world.run("sleep", &json!({})).await;
    let fail = world.run("fail", &json!({})).await;
    world.ended(&echo).await;
    world.ended(&fail).await;
    let list = async |query: &str| ids(&world.get(&format!("/v1/workflows?{query}")).send().await.ok());
    assert_eq!(list("status=waiting").await, std::slice::from_ref(&sleep));
    assert_eq!(list("status=faulted").await, std::slice::from_ref(&fail));
    assert_eq!(list("status=faulted,waiting&orderBy=startedAt").await, [sleep.clone(), fail.clone()]);
    assert_eq!(list("definition=echo").await, std::slice::from_ref(&echo));
    assert_eq!(list("definition=test/echo@1.0.0").await, std::slice::from_ref(&echo));
    assert_eq!(list("definition=test/echo@2.0.0").await, Vec::<String>::new());
    assert_eq!(list("filter=status%20%3D%20faulted").await, std::slice::from_ref(&fail));
    assert_eq!(list("startedAfter=2099-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(list("startedBefore=2099-01-01T00:00:00Z&orderBy=startedAt").await, [echo, sleep, fail]);
}

#[tokio::test]
async fn lists_are_filtered_by_key_correlation_and_label() {
    let world = World::with(&[SLEEP]).await;
    let mut body = start_of("sleep", &json!({}));
    body["key"] = json!("k-1");
    body["correlationId"] = json!("c-1");
    body["labels"] = json!({ "team": "billing" });
    let id =
        world.post("/v1/workflows/start").json(&body).send().await.ok()["id"].as_str().unwrap().to_owned();
    world.run("sleep", &json!({})).await;
    for query in ["key=k-1", "correlationId=c-1", "filter=label.team%20%3D%20%22billing%22"] {
        let page = world.get(&format!("/v1/workflows?{query}")).send().await.ok();
        assert_eq!(ids(&page), std::slice::from_ref(&id), "{query}");
    }
}

#[tokio::test]
async fn lists_have_pages_in_both_orders() {
    let world = World::with(&[ECHO]).await;
    let mut started = Vec::new();
    for _ in 0..5 {
        started.push(world.run("echo", &json!({})).await);
    }
    for (order, reverse) in [("startedAt", false), ("-startedAt", true)] {
        let mut expected = started.clone();
        if reverse {
            expected.reverse();
        }
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let page =
                world.get(&format!("/v1/workflows?pageSize=2&orderBy={order}{token}")).send().await.ok();
            found.extend(ids(&page));
            let Some(next) = page["nextPageToken"].as_str() else { break };
            token = format!("&pageToken={next}");
        }
        assert_eq!(found, expected, "{order}");
    }
}

/// FR-025: a cursor is worth nothing to another tenant, filter or order.
#[tokio::test]
async fn a_page_token_is_bound_to_tenant_filter_and_order() {
    let world = World::with(&[ECHO]).await;
    for _ in 0..3 {
        world.run("echo", &json!({})).await;
    }
    let page = world.get("/v1/workflows?pageSize=1&definition=echo").send().await.ok();
    let token = page["nextPageToken"].as_str().unwrap();
    let with = |query: &str| world.get(&format!("/v1/workflows?pageSize=1&pageToken={token}{query}"));
    assert_eq!(with("&definition=echo").send().await.status, 200);
    with("").send().await.problem(400, "API-0003");
    with("&definition=other").send().await.problem(400, "API-0003");
    with("&definition=echo&orderBy=startedAt").send().await.problem(400, "API-0003");
    with("&definition=echo").token("acme-admin").send().await.problem(400, "API-0003");
    world.get("/v1/workflows?pageToken=AAAA").send().await.problem(400, "API-0003");
}

#[tokio::test]
async fn counts_are_grouped_by_status() {
    let world = World::with(&[ECHO, SLEEP]).await;
    for name in ["echo", "echo", "sleep"] {
        let id = world.run(name, &json!({})).await;
        if name == "echo" {
            world.ended(&id).await;
        }
    }
    let counted = world.get("/v1/workflows/count?groupBy=status").send().await.ok();
    let groups = json!([{ "status": "waiting", "count": 1 }, { "status": "completed", "count": 2 }]);
    assert_eq!((&counted["total"], &counted["groups"]), (&json!(3), &groups));
    let echo = world.get("/v1/workflows/count?definition=echo").send().await.ok();
    assert_eq!(echo["total"], 2);
}

#[tokio::test]
async fn wrong_queries_are_refused() {
    let world = World::start().await;
    for query in [
        "status=failed",
        "pageSize=0",
        "pageSize=1001",
        "pageSize=x",
        "orderBy=name",
        "startedAfter=now",
        "state=x",
        "filter=status%20LIKE%20x",
        "filter=",
        "pageSize=1&pageSize=2",
    ] {
        let answer = world.get(&format!("/v1/workflows?{query}")).send().await;
        answer.problem(400, "API-0003");
    }
}

#[tokio::test]
async fn a_history_has_every_event_once_and_in_order() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    let path = format!("/v1/workflows/{id}/history");
    let page = world.get(&path).send().await.ok();
    let kinds: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["started", "taskStarted", "taskCompleted", "completed"]);
    let seqs: Vec<u64> =
        page["items"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    assert_eq!((&page["ended"], &page["nextAfter"]), (&json!(true), &json!(4)));
    let rest = world.get(&format!("{path}?after=2&limit=1")).send().await.ok();
    assert_eq!((&rest["items"][0]["seq"], &rest["ended"]), (&json!(3), &json!(false)));
    let beyond = world.get(&format!("{path}?after=4&wait=20")).send().await.ok();
    assert_eq!(
        (&beyond["items"], &beyond["ended"]),
        (&json!([]), &json!(true)),
        "nothing is waited for after the end"
    );
}

#[tokio::test]
async fn a_long_poll_returns_when_something_happens() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let now = world.get(&format!("/v1/workflows/{id}/history")).send().await.ok();
    let after = now["nextAfter"].as_u64().unwrap();
    let poll = world.get(&format!("/v1/workflows/{id}/history?after={after}&wait=30"));
    let poll = tokio::spawn(async move { poll.send().await.ok() });
    world.post(&format!("/v1/workflows/{id}/terminate")).send().await.ok();
    let page = poll.await.unwrap();
    assert_eq!(page["items"][0]["type"], "terminated");
    assert_eq!(page["ended"], true);
}

async fn stream(world: &World, path: &str, last: Option<&str>) -> String {
    let call = world.get(path);
    let call = match last {
        Some(last) => call.header("last-event-id", last),
        None => call,
    };
    let response = call.open().await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_stream_follows_a_history_to_its_end() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let path = format!("/v1/workflows/{id}/history?follow=true");
    let (text, _) = tokio::join!(stream(&world, &path, None), async {
        world
            .post(&format!("/v1/workflows/{id}/terminate"))
            .json(&json!({ "reason": "enough" }))
            .send()
            .await
            .ok()
    });
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids.first(), Some(&"1"), "{text}");
    assert!(
        ids.windows(2).all(|pair| pair[0].parse::<u64>().unwrap() + 1 == pair[1].parse::<u64>().unwrap())
    );
    let last = text.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    let event: Value = serde_json::from_str(&last["data: ".len()..]).unwrap();
    assert_eq!((&event["type"], &event["detail"]), (&json!("terminated"), &json!("enough")));
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_that_the_client_saw() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    let path = format!("/v1/workflows/{id}/history?follow=true");
    let text = stream(&world, &path, Some("3")).await;
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["4"]);
    let answer = world.get(&path).header("last-event-id", "x").send().await;
    answer.problem(400, "API-0003");
}

#[tokio::test]
async fn tasks_are_listed_and_shown_by_reference() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    let tasks = world.get(&format!("/v1/workflows/{id}/tasks")).send().await.ok();
    assert_eq!(tasks["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&tasks["items"][0]["task"], &tasks["items"][0]["name"]),
        (&json!("/do/0/reply"), &json!("reply"))
    );
    let task = world.get(&format!("/v1/workflows/{id}/tasks/%2Fdo%2F0%2Freply")).send().await.ok();
    assert_eq!((&task["status"], &task["output"]), (&json!("completed"), &json!({ "answer": 42 })));
    for reference in ["%2Fdo%2F9%2Fnone", "reply", "%2Fdo%2F0%2Freply?iteration=3"] {
        world.get(&format!("/v1/workflows/{id}/tasks/{reference}")).send().await.problem(404, "API-0020");
    }
}

/// FR-025 and T1: what belongs to another tenant is the same 404 as what does not exist.
#[tokio::test]
async fn another_tenants_execution_looks_like_none() {
    let world = World::with(&[SLEEP]).await;
    let theirs = world.run("sleep", &json!({})).await;
    let nobodys = "exe_01J00000000000000000000000";
    let malformed = "exe_x";
    let paths = |id: &str| {
        let of = |rest: &str| format!("/v1/workflows/{id}{rest}");
        [
            of(""),
            of("/history"),
            of("/history?follow=true"),
            of("/history?wait=1"),
            of("/tasks"),
            of("/tasks/%2Fdo%2F0%2Fpause"),
        ]
    };
    let same = |text: &str, id: &str, correlation: &str| text.replace(id, "ID").replace(correlation, "C");
    for index in 0..paths("x").len() {
        let mut bodies = Vec::new();
        for id in [theirs.as_str(), nobodys, malformed] {
            let answer = world.get(&paths(id)[index]).token("acme-admin").send().await;
            answer.problem(404, "API-0020");
            bodies.push(same(&answer.text, id, answer.header("x-correlation-id")));
        }
        assert_eq!(bodies[0], bodies[1]);
        assert_eq!(bodies[0], bodies[2]);
    }
    assert_eq!(world.get("/v1/workflows").token("acme-admin").send().await.ok()["items"], json!([]));
    assert_eq!(world.get("/v1/workflows/count").token("acme-admin").send().await.ok()["total"], 0);
}

#[tokio::test]
async fn the_audit_trail_names_who_did_what() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    let page = world.get("/v1/audit-events").send().await.ok();
    let items = page["items"].as_array().unwrap();
    let find = |action: &str| {
        items.iter().find(|item| item["action"] == action).unwrap_or_else(|| panic!("{action}"))
    };
    assert_eq!(find("definition.registered")["actor"]["subject"], "demo-admin");
    let started = find("workflow.started");
    assert_eq!((&started["resource"]["id"], &started["outcome"]), (&json!(id), &json!("allowed")));
    assert_eq!(started["actor"]["roles"], json!(["admin"]));
    assert_eq!(find("workflow.completed")["actor"]["kind"], "engine");
    let seqs: Vec<u64> = items.iter().map(|item| item["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=items.len() as u64).collect::<Vec<_>>(), "a chain without gaps");
    let first = world.get("/v1/audit-events?pageSize=1").send().await.ok();
    let token = first["nextPageToken"].as_str().unwrap();
    let second = world.get(&format!("/v1/audit-events?pageSize=1&pageToken={token}")).send().await.ok();
    assert_eq!(second["items"][0]["seq"], 2);
}

#[tokio::test]
async fn the_caller_learns_who_it_is() {
    let world = World::start().await;
    let me = world.get("/v1/whoami").token("demo-viewer").send().await.ok();
    assert_eq!((&me["subject"], &me["tenant"]), (&json!("demo-viewer"), &json!("demo")));
    assert_eq!(me["tenants"], json!({ "demo": ["viewer"] }));
    assert_eq!(me["permissions"], json!(["definition:read", "workflow:read"]));
    let platform = world.get("/v1/whoami").token("platform-admin").send().await.ok();
    assert_eq!((&platform["platformAdmin"], platform.get("tenant")), (&json!(true), None));
}

#[tokio::test]
async fn limits_and_tenants_are_shown() {
    let world = World::start().await;
    assert_eq!(world.get("/v1/limits").send().await.ok()["payloadBytesMax"], 1_048_576);
    let tenants = world.get("/v1/tenants").token("platform-admin").send().await.ok();
    assert_eq!(tenants["items"], json!([{ "id": "acme" }, { "id": "demo" }]));
    world.get("/v1/tenants").send().await.problem(403, "API-0011");
}

#[tokio::test]
async fn a_platform_admin_acts_in_the_tenant_that_it_names() {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    let path = format!("/v1/workflows/{id}");
    let get = || world.get(&path).token("platform-admin");
    assert_eq!(get().header("x-tenant-id", "demo").send().await.status, 200);
    get().header("x-tenant-id", "acme").send().await.problem(404, "API-0020");
    get().send().await.problem(400, "API-0007");
    get().header("x-tenant-id", "ghost").send().await.problem(404, "API-0020");
}

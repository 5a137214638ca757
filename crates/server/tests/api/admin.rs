//! The admin listener: FR-032.

use crate::world::{ECHO, World};
use serde_json::json;

#[tokio::test]
async fn a_running_server_is_alive_and_ready() {
    let world = World::start().await;
    assert_eq!(world.admin("/livez").send().await.text, "ok\n");
    let ready = world.admin("/readyz?verbose").send().await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.text, "[+] store-writable\n[+] disk-space\n[+] serving\nready\n");
    assert_eq!(world.admin("/readyz").send().await.text, "ready\n");
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_tenant() {
    let world = World::with(&[ECHO]).await;
    let id = world.run("echo", &json!({})).await;
    world.ended(&id).await;
    world.get("/v1/workflows/exe_x").send().await;
    world.get("/v1/whoami").anonymous().send().await;
    let answer = world.admin("/metrics").send().await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        r#"tenure_http_requests_total{method="POST",route="/v1/workflows/start",status="2xx"} 1"#,
        r#"tenure_http_requests_total{method="GET",route="/v1/whoami",status="4xx"} 1"#,
        r#"tenure_http_credentials_refused_total{reason="missing"} 1"#,
        "tenure_executions_started_total 1",
        "tenure_executions_ended_total 1",
        "# TYPE tenure_commit_duration_seconds histogram",
        "# TYPE tenure_store_fsyncs counter",
        "# EOF",
    ] {
        assert!(answer.text.contains(line), "{line}\n{}", answer.text);
    }
    assert!(answer.text.contains(r#"tenure_tenant_requests_total{tenant="demo",status="2xx"}"#));
    assert!(!answer.text.contains(&id), "no id is a label");
}

#[tokio::test]
async fn the_admin_listener_serves_nothing_else() {
    let world = World::start().await;
    for path in ["/", "/v1/workflows", "/openapi.json"] {
        assert_eq!(world.admin(path).send().await.status, 404);
    }
    world.get("/metrics").send().await.problem(404, "API-0021");
    world.get("/livez").send().await.problem(404, "API-0021");
}

//! Every route against every kind of wrong credential: FR-028, FR-035, FR-036, A1, T1.
//!
//! The routes come from the table, so that a new one is tested the day it appears.

use crate::world::{Answer, Call, SLEEP, World};
use serde_json::{Value, json};
use tenure_api::{Access, Method, Operation, Permission, ROUTES, Role, Route};
use tenure_server::auth::DevIssuer;

/// A function that is in the catalog of `demo`.
const FUNCTION: &str = "set: { a: 1 }\n";

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({
        "iss": "urn:tenure:dev", "aud": "tenure", "sub": "mallory", "iat": now() - 600, "exp": now() + 600,
        "tenants": { "demo": ["admin"] },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// A request to a route with a body that would be good.
fn call(world: &World, route: &Route, path: &str, id: &str) -> Call {
    let path = path
        .replace("{id}", id)
        .replace("{reference}", "%2Fdo%2F0%2Fpause")
        .replace("{namespace}/{name}", "test/sleep")
        .replace("functions/{name}", "functions/matrix")
        .replace("{version}", "1.0.0")
        .replace("{name}", "Problem");
    let call = world.call(route.method.as_str(), &path);
    match route.operation {
        Operation::RegisterDefinition | Operation::ValidateDefinition => call.yaml(SLEEP),
        Operation::TestDefinition => call.json(&json!({ "definition": SLEEP, "cases": [] })),
        Operation::StartWorkflow => {
            call.json(&json!({ "workflow": { "namespace": "test", "name": "sleep" } }))
        }
        Operation::PublishEvents => call.raw(
            "application/cloudevents+json",
            br#"{"specversion":"1.0","id":"1","source":"/matrix","type":"nobody.waits"}"#,
        ),
        Operation::PutFunction => call.yaml(FUNCTION),
        Operation::PutSecret => call.json(&json!({ "value": "x" })),
        Operation::ResolveTask => call.json(&json!({ "action": "retry" })),
        _ => call,
    }
}

async fn world_with_execution() -> (World, String) {
    let world = World::with(&[SLEEP]).await;
    let id = world.run("sleep", &json!({})).await;
    assert_eq!(world.call("PUT", "/v1/functions/matrix/1.0.0").yaml(FUNCTION).send().await.status, 201);
    (world, id)
}

fn protected() -> impl Iterator<Item = (&'static Route, &'static str)> {
    let routes = ROUTES.iter().filter(|route| route.access != Access::Public);
    routes.flat_map(|route| route.paths().map(move |path| (route, path)))
}

async fn unchanged(world: &World, id: &str) {
    assert_eq!(world.get("/v1/workflows/count").send().await.ok()["total"], 1);
    assert_eq!(world.get(&format!("/v1/workflows/{id}")).send().await.ok()["status"], "waiting");
}

fn refused(answer: &Answer, what: &str, route: &Route) {
    assert_eq!(answer.status, 401, "{what} {} {}", route.path, answer.text);
    answer.problem(401, "API-0010");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn no_route_lets_a_request_without_credential_in() {
    let (world, id) = world_with_execution().await;
    for (route, path) in protected() {
        refused(&call(&world, route, path, &id).anonymous().send().await, "none", route);
    }
    unchanged(&world, &id).await;
}

#[tokio::test]
async fn no_route_lets_a_wrong_token_in() {
    let (world, id) = world_with_execution().await;
    let issuer = DevIssuer::open(&world.data().join("dev-issuer.key")).unwrap();
    let stranger = DevIssuer::ephemeral().unwrap();
    let good = issuer.sign(&claims());
    assert_eq!(
        world.get("/v1/whoami").bearer(&good).send().await.status,
        200,
        "the others differ in one thing"
    );
    let (_, rest) = good.split_once('.').unwrap();
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{rest}");
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    let tokens = [
        ("expired", issuer.sign(&with("exp", json!(now() - 60)))),
        ("wrong audience", issuer.sign(&with("aud", json!("other")))),
        ("wrong issuer", issuer.sign(&with("iss", json!("https://evil.example")))),
        ("text as time", issuer.sign(&with("exp", json!((now() + 600).to_string())))),
        ("not yet", issuer.sign(&with("nbf", json!(now() + 600)))),
        ("another key", stranger.sign(&claims())),
        ("alg none", none),
        ("no signature", unsigned),
        ("junk", "junk".into()),
    ];
    for (route, path) in protected() {
        for (what, token) in &tokens {
            refused(&call(&world, route, path, &id).bearer(token).send().await, what, route);
        }
    }
    unchanged(&world, &id).await;
}

#[tokio::test]
async fn other_ways_to_send_a_credential_are_refused() {
    let world = World::start().await;
    let token = world.token("demo-admin");
    let get = || world.get("/v1/whoami").anonymous();
    for value in [
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer  {token}"),
        "Bearer".into(),
        "Bearer ".into(),
    ] {
        get().header("authorization", &value).send().await.problem(401, "API-0010");
    }
    let twice = world.get("/v1/whoami").header("authorization", &format!("Bearer {token}"));
    twice.send().await.problem(401, "API-0010");
    let query = world.get(&format!("/v1/whoami?access_token={token}")).anonymous();
    query.send().await.problem(401, "API-0010");
    assert_eq!(get().header("authorization", &format!("bearer {token}")).send().await.status, 200);
}

fn needed(route: &Route) -> Option<Permission> {
    match route.access {
        Access::Tenant(permission) | Access::Platform(permission) => Some(permission),
        Access::Authenticated | Access::Public => None,
    }
}

/// FR-028: too small a role is 403 on each route that needs more, and nothing happens.
#[tokio::test]
async fn a_role_that_is_too_small_is_refused() {
    let (world, id) = world_with_execution().await;
    let mut denied = 0;
    for (route, path) in protected() {
        for (token, role) in
            [("demo-viewer", Role::Viewer), ("demo-operator", Role::Operator), ("demo-admin", Role::Admin)]
        {
            if needed(route).is_none_or(|permission| role.permits(permission)) {
                continue;
            }
            let answer = call(&world, route, path, &id).token(token).send().await;
            answer.problem(403, "API-0011");
            denied += 1;
        }
    }
    assert!(denied > 15, "{denied}");
    unchanged(&world, &id).await;
}

/// A role that is large enough gets past authorization on each reading route.
#[tokio::test]
async fn a_viewer_reads_everything_that_a_viewer_may() {
    let (world, id) = world_with_execution().await;
    for (route, path) in protected() {
        let reads = route.method == Method::Get && route.operation != Operation::ShowTask;
        if !reads || needed(route).is_some_and(|permission| !Role::Viewer.permits(permission)) {
            continue;
        }
        let answer = call(&world, route, path, &id).token("demo-viewer").send().await;
        assert_eq!(answer.status, 200, "{path} {}", answer.text);
    }
}

/// T1: the id of another tenant's execution or definition is 404 on each route that takes one.
#[tokio::test]
async fn ids_of_another_tenant_are_404_everywhere() {
    let (world, id) = world_with_execution().await;
    // A `PUT` makes what is not there, in the tenant of whoever asks.
    let looks_up = |route: &Route, path: &str| path.contains('{') && route.method != Method::Put;
    for (route, path) in protected().filter(|(route, path)| looks_up(route, path)) {
        let answer = call(&world, route, path, &id).token("acme-admin").send().await;
        answer.problem(404, "API-0020");
    }
    unchanged(&world, &id).await;
}

/// FR-025: the header cannot reach a tenant that the credential is not good for.
#[tokio::test]
async fn a_header_that_names_another_tenant_is_refused_everywhere() {
    let (world, id) = world_with_execution().await;
    for (route, path) in protected().filter(|(route, _)| !matches!(route.access, Access::Platform(_))) {
        for tenant in ["acme", "platform", "DEMO", "", "demo,acme"] {
            let answer = call(&world, route, path, &id).header("x-tenant-id", tenant).send().await;
            answer.problem(403, "API-0011");
        }
        let twice =
            call(&world, route, path, &id).header("x-tenant-id", "demo").header("x-tenant-id", "acme");
        twice.send().await.problem(403, "API-0011");
    }
    unchanged(&world, &id).await;
}

/// FR-030: refusals are audited, in the tenant when it is known and in the platform's chain otherwise.
#[tokio::test]
async fn refusals_are_audited() {
    let (world, id) = world_with_execution().await;
    let path = format!("/v1/workflows/{id}/cancel");
    world
        .post(&path)
        .token("demo-viewer")
        .header("x-correlation-id", "denied-1")
        .send()
        .await
        .problem(403, "API-0011");
    world
        .post(&path)
        .anonymous()
        .header("x-correlation-id", "denied-2")
        .send()
        .await
        .problem(401, "API-0010");
    // A drained server has written everything.
    let world = world.restart().await;
    let items = |page: Value| page["items"].as_array().unwrap().clone();
    let demo = items(world.get("/v1/audit-events?pageSize=1000").send().await.ok());
    let denied = demo.iter().find(|item| item["correlationId"] == "denied-1").unwrap();
    assert_eq!((&denied["outcome"], &denied["action"]), (&json!("denied"), &json!("workflow.cancel")));
    assert_eq!(denied["actor"]["subject"], "demo-viewer");
    let platform = world.get("/v1/audit-events").token("platform-admin").header("x-tenant-id", "platform");
    let platform = items(platform.send().await.ok());
    let denied = platform.iter().find(|item| item["correlationId"] == "denied-2").unwrap();
    assert_eq!((&denied["outcome"], &denied["actor"]["kind"]), (&json!("denied"), &json!("anonymous")));
    assert!(denied["resource"]["id"].as_str().unwrap().contains("reason=missing"), "{denied}");
}

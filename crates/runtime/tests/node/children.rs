//! Parents and children on a whole node over `SQLite`: every step survives a crash before and after it.

use super::{Answer, Service, World, act};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_engine::execution::{Execution, Fact, Input, PendingState};
use tenure_engine::shard::OnConflict;
use tenure_store::filter::Condition;
use tenure_store::{Act, Filter, Order, Query};
use tenure_store_sqlite::{Options, SqliteStore};
use tenure_types::{CompensationStatus, DefinitionId, ExecutionId, Status};

/// A world over `SQLite`, and the directory that it lives in.
async fn world() -> (World, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(Options::new(dir.path())).unwrap();
    (World::on(Arc::new(store)).await, dir)
}

fn parent(rest: &str) -> String {
    format!(
        "
document: {{ dsl: '1.0.3', namespace: test, name: parent, version: '1.0.0' }}
do:
  - ship: {{ run: {{ workflow: {{ namespace: test, name: child, version: latest, input: {{ n: '${{ .n }}' }} }} }} }}
{rest}"
    )
}

/// Its calls may be sent again at once when their node is gone: their receiver knows them by their keys.
fn child(service: &Service) -> String {
    let address = service.address;
    format!(
        "
document: {{ dsl: '1.0.3', namespace: test, name: child, version: '1.0.0' }}
input: {{ schema: {{ document: {{ type: object, required: [ n ] }} }} }}
do:
  - book:
      call: http
      with: {{ method: put, endpoint: 'http://{address}/book' }}
      metadata:
        effect: {{ mode: exactly_once_with_key }}
        compensate:
          do:
            - unbook:
                call: http
                with: {{ method: put, endpoint: 'http://{address}/unbook' }}
                metadata: {{ effect: {{ mode: exactly_once_with_key }} }}
"
    )
}

const SLEEPING: &str = "
document: { dsl: '1.0.3', namespace: test, name: child, version: '1.0.0' }
do: [ { nap: { wait: { days: 1 } } } ]
";

const FAIL: &str = "  - fail: { raise: { error: { type: 'https://x/y', status: 500, title: no } } }\n";

impl World {
    async fn register(&self, text: &str) {
        self.handle().register(&self.acme, text, &act()).await.unwrap();
    }

    async fn children(&self, id: ExecutionId) -> Vec<ExecutionId> {
        let filter = Filter::everything().and(Condition::Parent(id));
        let query = Query { filter, order: Order::OldestFirst, page_size: 10, cursor: None };
        let page = self.handle().list(&self.acme, &query).await.unwrap();
        page.rows.iter().map(|row| row.id).collect()
    }

    /// The only child, once there is one.
    async fn child(&self, id: ExecutionId) -> ExecutionId {
        let started =
            |e: &Execution| e.pending().iter().any(|p| p.state == PendingState::Child) || e.status().ended();
        self.until(id, started).await;
        let children = self.children(id).await;
        assert_eq!(children.len(), 1);
        children[0]
    }

    async fn facts(&self, id: ExecutionId) -> Vec<Fact> {
        let history = self.handle().history(&self.acme, id, 0, 1_000).await.unwrap().unwrap();
        history.into_iter().map(|(_, event)| event.fact).collect()
    }
}

fn count(facts: &[Fact], wanted: impl Fn(&Fact) -> bool) -> usize {
    facts.iter().filter(|fact| wanted(fact)).count()
}

/// Invariant 11: one child, its result once, whenever the process dies.
#[tokio::test]
async fn a_result_reaches_the_parent_once_whichever_step_of_the_parent_is_the_last() {
    for seq in 1..=5 {
        let service = Service::start(|_, _| Answer::Ok).await;
        let (mut world, _dir) = world().await;
        world.register(&child(&service)).await;
        let id = world.start(&parent(""), None, OnConflict::Fail).await.unwrap().id;
        world.until(id, |e| e.seq() >= seq).await;
        world.crash().await;
        let ended = world.until(id, |e| e.status().ended()).await;
        assert_eq!(ended.status(), Status::Completed, "after {seq}");
        assert!(ended.output().is_some_and(|output| output.text().contains("at")));
        let facts = world.facts(id).await;
        assert_eq!(count(&facts, |fact| matches!(fact, Fact::ChildEnded { .. })), 1);
        let child = world.child(id).await;
        world.until(child, |e| e.open_effects().is_empty()).await;
    }
}

#[tokio::test]
async fn a_result_reaches_the_parent_once_whichever_step_of_the_child_is_the_last() {
    for seq in 1..=6 {
        let service = Service::start(|_, _| Answer::Ok).await;
        let (mut world, _dir) = world().await;
        world.register(&child(&service)).await;
        let id = world.start(&parent(""), None, OnConflict::Fail).await.unwrap().id;
        let child = world.child(id).await;
        world.until(child, |e| e.seq() >= seq || e.status().ended()).await;
        world.crash().await;
        let ended = world.until(id, |e| e.status().ended()).await;
        assert_eq!(ended.status(), Status::Completed, "after {seq}");
        assert_eq!(world.children(id).await, [child]);
        let facts = world.facts(child).await;
        assert_eq!(count(&facts, |fact| matches!(fact, Fact::Started(_))), 1);
        let told = world.until(child, |e| e.open_effects().is_empty()).await;
        assert_eq!(told.status(), Status::Completed);
    }
}

/// FR-006: a completed child is undone when its parent is, whenever the process dies.
#[tokio::test]
async fn a_child_is_undone_through_crashes() {
    for seq in [3, 5, 7, 9] {
        let service = Service::start(|_, _| Answer::Ok).await;
        let (mut world, _dir) = world().await;
        world.register(&child(&service)).await;
        let id = world.start(&parent(FAIL), None, OnConflict::Fail).await.unwrap().id;
        world.until(id, |e| e.seq() >= seq).await;
        world.crash().await;
        let ended = world.until(id, |e| e.status().ended()).await;
        assert_eq!((ended.status(), ended.compensation()), (Status::Faulted, CompensationStatus::Completed));
        let child = world.child(id).await;
        let undone = world.until(child, |e| e.open_effects().is_empty()).await;
        assert_eq!(
            (undone.status(), undone.compensation()),
            (Status::Completed, CompensationStatus::Completed)
        );
        let lines: Vec<String> = service.requests().into_iter().map(|request| request.line).collect();
        assert!(lines.iter().any(|line| line.contains("/unbook")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_cancel_reaches_the_child_through_a_crash() {
    let (mut world, _dir) = world().await;
    world.register(SLEEPING).await;
    let id = world.start(&parent(""), None, OnConflict::Fail).await.unwrap().id;
    let child = world.child(id).await;
    let input = Input::Cancel { compensate: false, reason: None, by: act().actor };
    world.handle().command(&world.acme, id, input, act()).await.unwrap();
    world.crash().await;
    assert_eq!(world.until(id, |e| e.status().ended()).await.status(), Status::Cancelled);
    assert_eq!(world.until(child, |e| e.status().ended()).await.status(), Status::Cancelled);
}

#[tokio::test]
async fn a_terminate_reaches_the_child_through_a_crash() {
    let (mut world, _dir) = world().await;
    world.register(SLEEPING).await;
    let id = world.start(&parent(""), None, OnConflict::Fail).await.unwrap().id;
    let child = world.child(id).await;
    let input = Input::Terminate { reason: None, by: act().actor };
    world.handle().command(&world.acme, id, input, act()).await.unwrap();
    world.crash().await;
    assert_eq!(world.until(child, |e| e.status().ended()).await.status(), Status::Terminated);
    world.until(id, |e| e.open_effects().is_empty()).await;
}

#[tokio::test]
async fn a_child_that_nobody_waits_for_lives_on_by_itself() {
    let (world, _dir) = world().await;
    world.register(SLEEPING).await;
    let text = parent("").replace("} } } }\n", "} }, await: false } }\n");
    let id = world.start(&text, None, OnConflict::Fail).await.unwrap().id;
    let ended = world.until(id, |e| e.status().ended()).await;
    assert_eq!(ended.output().map(Json::text), Some("{\"n\":1}"));
    let child = world.child(id).await;
    assert_eq!(world.until(child, Execution::exists).await.status(), Status::Waiting);
}

#[tokio::test]
async fn what_cannot_be_started_faults_the_task() {
    let (world, _dir) = world().await;
    let id = world.start(&parent(""), None, OnConflict::Fail).await.unwrap().id;
    let error = world.until(id, |e| e.status().ended()).await.error().cloned().unwrap();
    assert_eq!((error.status, error.instance.as_deref()), (400, Some("/do/0/ship")));
    assert!(error.detail.unwrap().contains("no definition `test/child@latest`"));
    assert!(world.children(id).await.is_empty());
}

#[tokio::test]
async fn a_disabled_definition_and_input_that_does_not_fit_fault_the_task() {
    let service = Service::start(|_, _| Answer::Ok).await;
    let (world, _dir) = world().await;
    world.register(&child(&service)).await;
    let text = parent("").replace("input: { n: '${ .n }' }", "input: { m: 1 }");
    let id = world.start(&text, None, OnConflict::Fail).await.unwrap().id;
    let error = world.until(id, |e| e.status().ended()).await.error().cloned().unwrap();
    assert!(error.kind.ends_with("/validation"), "{error:?}");
    let version = DefinitionId { namespace: "test".into(), name: "child".into(), version: "1.0.0".into() };
    world.store.set_definition_enabled(&world.acme, &version, false, Act::default()).await.unwrap();
    let text =
        parent("").replace("version: latest", "version: '1.0.0'").replace("name: parent", "name: other");
    let id = world.start(&text, None, OnConflict::Fail).await.unwrap().id;
    let error = world.until(id, |e| e.status().ended()).await.error().cloned().unwrap();
    assert!(error.detail.unwrap().contains("takes no new starts"));
}

/// FR-025: a child runs definitions of its own tenant only.
#[tokio::test]
async fn a_definition_of_another_tenant_does_not_exist_for_a_child() {
    let (world, _dir) = world().await;
    let evil = tenure_types::TenantId::new("evil").unwrap();
    world.handle().provision_tenant(&evil, "Evil", &act()).await.unwrap();
    world.handle().register(&evil, SLEEPING, &act()).await.unwrap();
    let id = world.start(&parent(""), None, OnConflict::Fail).await.unwrap().id;
    let error = world.until(id, |e| e.status().ended()).await.error().cloned().unwrap();
    assert!(error.detail.unwrap().contains("no definition"));
}

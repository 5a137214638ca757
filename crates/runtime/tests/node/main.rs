//! A whole node: real store, real dispatcher, real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod children;
mod limits;
mod service;

use service::{Answer, Service};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::switches::Switches;
use tenure_engine::execution::{Actor, Execution, Fact, Input, Rejected, Start};
use tenure_engine::shard::{Idempotency, OnConflict};
use tenure_runtime::egress::{self, Egress, Policy};
use tenure_runtime::seal::{Keyring, RootKey};
use tenure_runtime::{Act, Clock, Error, Handle, Node, Options, StartExecution, Started, Until};
use tenure_store::{self as store, Filter, MemoryStore, Store};
use tenure_store_sqlite as store_sqlite;
use tenure_types::{ExecutionId, Status, TenantId};

struct World {
    /// None while it is dead.
    node: Option<Node>,
    store: Arc<dyn Store>,
    acme: TenantId,
}

fn act() -> Act {
    let actor = Actor { subject: "ada".into(), kind: "user".into(), roles: vec!["admin".into()] };
    Act { actor, correlation_id: "c-1".into(), idempotency: None }
}

async fn node(store: &Arc<dyn Store>) -> Node {
    let keyring = Arc::new(Keyring::new(RootKey::from_bytes([7; 32]).unwrap()));
    let egress = Arc::new(Egress::new(egress::Options::new(Policy::open(vec![]))).unwrap());
    Node::start(Options {
        store: store.clone(),
        keyring,
        egress,
        switches: Switches::default(),
        clock: Clock::system(),
    })
    .await
    .unwrap()
}

impl World {
    async fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new(4))).await
    }

    async fn on(store: Arc<dyn Store>) -> Self {
        let node = node(&store).await;
        let acme = TenantId::new("acme").unwrap();
        node.handle().provision_tenant(&acme, "Acme", &act()).await.unwrap();
        Self { node: Some(node), store, acme }
    }

    fn handle(&self) -> Handle {
        self.node.as_ref().expect("it lives").handle()
    }

    /// The process dies and comes back: nothing is drained, everything is read from the store.
    async fn crash(&mut self) {
        self.node = None;
        self.node = Some(node(&self.store).await);
    }

    async fn start(&self, text: &str, key: Option<&str>, on_conflict: OnConflict) -> Result<Started, Error> {
        self.start_with(text, key, on_conflict, act()).await
    }

    async fn start_with(
        &self,
        text: &str,
        key: Option<&str>,
        on_conflict: OnConflict,
        act: Act,
    ) -> Result<Started, Error> {
        let registered = self.handle().register(&self.acme, text, &self::act()).await?;
        let start = Start {
            input: Json::parse("{\"n\":1}").unwrap(),
            key: key.map(Into::into),
            correlation_id: act.correlation_id.clone(),
            labels: vec![],
            start_at: None,
            signal: None,
            by: act.actor.clone(),
            parent: None,
        };
        let definition = registered.definition;
        let start = StartExecution { definition, start, on_conflict, watch: true };
        self.handle().start(&self.acme, start, act).await
    }

    async fn execution(&self, id: ExecutionId) -> Execution {
        self.handle().execution(&self.acme, id).await.unwrap().unwrap()
    }

    /// Waits until the stored state is as wanted.
    async fn until(&self, id: ExecutionId, wanted: impl Fn(&Execution) -> bool) -> Execution {
        loop {
            let mut next = self.handle().watch(id, Until::Next);
            let execution = self.execution(id).await;
            if wanted(&execution) {
                return execution;
            }
            next.fired().await;
        }
    }
}

fn two_calls(service: &Service, effect: &str) -> String {
    let address = service.address;
    format!(
        "
document: {{ dsl: '1.0.3', namespace: test, name: two, version: '1.0.0' }}
do:
  - charge:
      call: http
      with: {{ method: post, endpoint: 'http://{address}/charge', body: {{ n: '${{ .n }}' }} }}
      metadata: {{ effect: {{ mode: {effect} }} }}
  - ship:
      call: http
      with: {{ method: post, endpoint: 'http://{address}/ship' }}
      metadata: {{ effect: {{ mode: {effect} }} }}
"
    )
}

/// FR-001, FR-012.
#[tokio::test]
async fn a_run_calls_its_services_in_order_and_ends() {
    let service = Service::start(|_, _| Answer::Ok).await;
    let world = World::new().await;
    let started = world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    assert!(started.created);
    started.ended.unwrap().fired().await;
    let execution = world.execution(started.id).await;
    assert_eq!(execution.status(), Status::Completed);
    assert_eq!(execution.output().map(Json::text), Some("{\"at\":2}"));
    let requests = service.requests();
    let lines: Vec<&str> = requests.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(lines, ["POST /charge HTTP/1.1", "POST /ship HTTP/1.1"]);
    assert_eq!(requests[0].body, "{\"n\":1}");
    assert_ne!(requests[0].key, requests[1].key);
}

/// P3: killed with an at-most-once call under way, the run does not send it again and says so.
#[tokio::test]
async fn after_a_crash_an_at_most_once_call_is_uncertain_and_not_repeated() {
    let service = Service::start(|_, _| Answer::Never).await;
    let mut world = World::new().await;
    let started = world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    service.asked(1).await;
    world.crash().await;
    let execution = world.until(started.id, |e| e.status() == Status::Suspended).await;
    assert_eq!(execution.status(), Status::Suspended);
    assert_eq!(service.requests().len(), 1);
}

/// FR-002, FR-005: acceptance 2.
#[tokio::test]
async fn after_a_crash_a_keyed_call_is_repeated_with_its_key() {
    let service = Service::start(|_, at| if at == 1 { Answer::Never } else { Answer::Ok }).await;
    let mut world = World::new().await;
    let started =
        world.start(&two_calls(&service, "exactly_once_with_key"), None, OnConflict::Fail).await.unwrap();
    service.asked(1).await;
    world.crash().await;
    world.until(started.id, |e| e.status() == Status::Completed).await;
    let requests = service.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].key, requests[1].key);
}

/// FR-040.
#[tokio::test]
async fn a_terminated_run_ends_at_once() {
    let service = Service::start(|_, _| Answer::Never).await;
    let world = World::new().await;
    let started = world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    service.asked(1).await;
    let input = Input::Terminate { reason: Some("enough".into()), by: act().actor };
    let summary = world.handle().command(&world.acme, started.id, input.clone(), act()).await.unwrap();
    assert_eq!(summary.status, Status::Terminated);
    started.ended.unwrap().fired().await;
}

/// FR-025.
#[tokio::test]
async fn another_tenant_sees_nothing() {
    let service = Service::start(|_, _| Answer::Never).await;
    let world = World::new().await;
    let evil = TenantId::new("evil").unwrap();
    world.handle().provision_tenant(&evil, "Evil", &act()).await.unwrap();
    let started = world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    let handle = world.handle();
    assert!(handle.execution(&evil, started.id).await.unwrap().is_none());
    assert!(handle.history(&evil, started.id, 0, 10).await.unwrap().is_none());
    assert!(handle.definition(&evil, "test", "two", None).await.unwrap().is_none());
    let input = Input::Cancel { compensate: false, reason: None, by: act().actor };
    let refused = handle.command(&evil, started.id, input, act()).await;
    assert!(matches!(refused, Err(Error::Rejected(Rejected::NotFound))));
    assert_eq!(handle.count(&evil, &Filter::default()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_key_is_taken_while_its_execution_is_open() {
    let service = Service::start(|_, _| Answer::Never).await;
    let world = World::new().await;
    let text = two_calls(&service, "at_most_once");
    let first = world.start(&text, Some("k"), OnConflict::Fail).await.unwrap();
    let second = world.start(&text, Some("k"), OnConflict::Fail).await;
    assert!(matches!(second, Err(Error::Rejected(Rejected::KeyTaken(id))) if id == first.id));
    let third = world.start(&text, Some("k"), OnConflict::UseExisting).await.unwrap();
    assert_eq!((third.id, third.created), (first.id, false));
    let fourth = world.start(&text, Some("k"), OnConflict::TerminateExisting).await.unwrap();
    assert!(fourth.created);
    assert_eq!(world.execution(first.id).await.status(), Status::Terminated);
}

#[tokio::test]
async fn the_answer_to_an_idempotent_start_is_kept() {
    let service = Service::start(|_, _| Answer::Ok).await;
    let world = World::new().await;
    let idempotency = Some(Idempotency { key: "once".into(), fingerprint: [3; 32] });
    let act = Act { idempotency, ..act() };
    let text = two_calls(&service, "at_most_once");
    let started = world.start_with(&text, None, OnConflict::Fail, act).await.unwrap();
    let kept = world.handle().idempotent(&world.acme, "once").await.unwrap().unwrap();
    let response = tenure_runtime::codec::Response::from_bytes(&kept.response).unwrap();
    assert_eq!((kept.fingerprint, response.id, response.created), ([3; 32], started.id, true));
    assert!(world.handle().idempotent(&world.acme, "other").await.unwrap().is_none());
}

/// FR-003: an error answer faults the step, and without a policy nothing tries again.
#[tokio::test]
async fn an_error_answer_faults_the_run() {
    let service = Service::start(|_, _| Answer::Status(500)).await;
    let world = World::new().await;
    let started = world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    started.ended.unwrap().fired().await;
    let execution = world.execution(started.id).await;
    assert_eq!(execution.status(), Status::Faulted);
    assert_eq!(service.requests().len(), 1);
}

#[tokio::test]
async fn history_is_numbered_without_gaps_and_read_in_pieces() {
    let service = Service::start(|_, _| Answer::Ok).await;
    let world = World::new().await;
    let started = world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    started.ended.unwrap().fired().await;
    let handle = world.handle();
    let whole = handle.history(&world.acme, started.id, 0, 1_000).await.unwrap().unwrap();
    assert!(whole.iter().map(|(seq, _)| *seq).eq(1..=whole.len() as u64));
    assert!(matches!(whole[0].1.fact, Fact::Started(_)));
    let piece = handle.history(&world.acme, started.id, 3, 2).await.unwrap().unwrap();
    assert_eq!(piece, whole[3..5]);
}

#[tokio::test]
async fn a_drained_node_has_answered_everything_and_takes_nothing_more() {
    let service = Service::start(|_, _| Answer::Ok).await;
    let mut world = World::new().await;
    let text = two_calls(&service, "at_most_once");
    let started = world.start(&text, None, OnConflict::Fail).await.unwrap();
    started.ended.unwrap().fired().await;
    let (handle, acme) = (world.handle(), world.acme.clone());
    world.node.take().unwrap().drain().await;
    let input = Input::Terminate { reason: None, by: act().actor };
    let refused = handle.command(&acme, started.id, input, act()).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
}

/// A full disk refuses new work, loses nothing, and lets what runs go on.
#[tokio::test]
async fn a_full_disk_refuses_starts_and_finishes_what_runs() {
    const LARGE: &str = "
document: { dsl: '1.0.3', namespace: test, name: large, version: '1.0.0' }
do:
  - fill: { set: { list: '${ [range(3000)] }' } }
";
    const LONG: &str = "
document: { dsl: '1.0.3', namespace: test, name: long, version: '1.0.0' }
do:
  - nap: { wait: { days: 1 } }
";
    let dir = tempfile::tempdir().unwrap();
    let options = store_sqlite::Options { pages_max: Some(600), ..store_sqlite::Options::new(dir.path()) };
    let world = World::on(Arc::new(store_sqlite::SqliteStore::open(options).unwrap())).await;
    let running = world.start(LONG, None, OnConflict::Fail).await.unwrap().id;
    let mut accepted = vec![];
    let refused = loop {
        match world.start(LARGE, None, OnConflict::Fail).await {
            Ok(started) => accepted.push(started.id),
            Err(error) => break error,
        }
        assert!(accepted.len() < 10_000, "the file has an end");
    };
    assert!(matches!(refused, Error::Full), "{refused:?}");
    for id in &accepted {
        assert_eq!(world.execution(*id).await.status(), Status::Completed);
    }
    let input = Input::Terminate { reason: None, by: act().actor };
    let summary = world.handle().command(&world.acme, running, input, act()).await.unwrap();
    assert_eq!(summary.status, Status::Terminated);
}

/// A history that cannot be read stops its own execution only.
#[tokio::test]
async fn an_execution_that_cannot_be_read_is_held_and_others_go_on() {
    const LONG: &str = "
document: { dsl: '1.0.3', namespace: test, name: long, version: '1.0.0' }
do:
  - nap: { wait: { days: 1 } }
";
    let mut world = World::new().await;
    let broken = world.start(LONG, None, OnConflict::Fail).await.unwrap().id;
    let whole = world.start(LONG, None, OnConflict::Fail).await.unwrap().id;
    let leases = world.store.acquire_shards().await.unwrap();
    let append = store::HistoryAppend {
        execution: broken,
        tenant: world.acme.clone(),
        first_seq: world.execution(broken).await.seq() + 1,
        events: 1,
        blob: store::Sealed(vec![0xC3; 100]),
    };
    let commit = store::Commit { leases, appends: vec![append], ..store::Commit::default() };
    world.store.commit(commit).await.unwrap();
    world.crash().await;
    let terminate = || Input::Terminate { reason: None, by: act().actor };
    for _ in 0..2 {
        let refused = world.handle().command(&world.acme, broken, terminate(), act()).await;
        assert!(matches!(refused, Err(Error::Rejected(Rejected::Held))), "{refused:?}");
    }
    let ended = world.handle().command(&world.acme, whole, terminate(), act()).await.unwrap();
    assert_eq!(ended.status, Status::Terminated);
    assert_eq!(world.handle().metrics().held.get(), 1);
}

/// FR-037: what is stored is not readable without the key.
#[tokio::test]
async fn another_root_key_opens_nothing() {
    let service = Service::start(|_, _| Answer::Ok).await;
    let world = World::new().await;
    world.start(&two_calls(&service, "at_most_once"), None, OnConflict::Fail).await.unwrap();
    let keyring = Arc::new(Keyring::new(RootKey::from_bytes([8; 32]).unwrap()));
    let egress = Arc::new(Egress::new(egress::Options::new(Policy::open(vec![]))).unwrap());
    let options = Options {
        store: world.store.clone(),
        keyring,
        egress,
        switches: Switches::default(),
        clock: Clock::system(),
    };
    assert!(matches!(Node::start(options).await, Err(Error::Codec(_))));
}

//! A publisher with a store and without a lane: what it sends, how much of it at once, and what it makes of the answers.

use super::*;
use crate::egress::{self, Egress};
use crate::node::Act;
use crate::seal::{Keyring, RootKey};
use tenure_dsl::json::Json;
use tenure_dsl::program::Definition;
use tenure_dsl::switches::Switches;
use tenure_store::{Commit, ExecutionRow, MemoryStore, RowWrite, Sealed, Subscription, SubscriptionWrite};
use tenure_types::{CompensationStatus, Status, Timestamp};

const LISTENER: &str = "
document: { dsl: '1.0.3', namespace: test, name: listener, version: '1.0.0' }
do:
  - hear: { listen: { to: { one: { with: { type: t } } } } }
";

const STARTED: &str = "
document: { dsl: '1.0.3', namespace: test, name: started, version: '1.0.0' }
schedule: { on: { one: { with: { type: t } } } }
do:
  - nothing: { set: { a: 1 } }
";

fn acme() -> TenantId {
    TenantId::new("acme").unwrap()
}

fn event(source: &str, id: &str) -> Arc<Event> {
    let text = format!(r#"{{"specversion":"1.0","source":"{source}","id":"{id}","type":"t"}}"#);
    Arc::new(Event::parse(Json::parse(&text).unwrap()).unwrap())
}

fn origin() -> Origin {
    Origin { tenant: acme(), by: Actor::engine(), correlation_id: "c".into() }
}

fn row(id: ExecutionId, definition: &Definition) -> ExecutionRow {
    ExecutionRow {
        id,
        tenant: acme(),
        definition: definition.id.clone(),
        digest: definition.digest,
        key: None,
        correlation_id: "c".into(),
        status: Status::Waiting,
        compensation: CompensationStatus::None,
        started_at: Timestamp(1),
        updated_at: Timestamp(1),
        ended_at: None,
        due: None,
        labels: vec![],
        summary: Sealed::EMPTY,
        events: 0,
        parent: None,
        owing: false,
    }
}

/// A publisher whose messages are read by the test.
struct Lab {
    publisher: Arc<Publisher>,
    inbox: mpsc::Receiver<Message>,
    _messages: mpsc::Sender<Message>,
    store: Arc<MemoryStore>,
}

impl Lab {
    async fn with(definition: &str, waiting: u64) -> Self {
        let store = Arc::new(MemoryStore::new(1));
        let keyring = Arc::new(Keyring::new(RootKey::from_bytes([1; 32]).unwrap()));
        let wrapped = keyring.draw(&acme()).unwrap();
        keyring.insert(&acme(), &wrapped).unwrap();
        let egress = Egress::new(egress::Options::new(egress::Policy::open(vec![]))).unwrap();
        let registry = Arc::new(Registry::new(store.clone(), Arc::new(egress), Switches::default()));
        let act = Act { actor: Actor::engine(), correlation_id: "c".into(), idempotency: None };
        let registered = registry.register(&acme(), definition, &act, Timestamp(1), &*keyring).await.unwrap();
        let leases = store.acquire_shards().await.unwrap();
        for n in 0..waiting {
            let row = row(ExecutionId(u128::from(n) + 1), &registered.definition);
            let wait = Subscription {
                kind: Some("t".into()),
                task: "/do/0/hear".into(),
                filter: 0,
                correlation: None,
            };
            let write = SubscriptionWrite {
                execution: row.id,
                tenant: acme(),
                digest: row.digest,
                subscriptions: vec![wait],
            };
            let commit = Commit {
                leases: leases.clone(),
                rows: vec![RowWrite { row, before: None }],
                subscriptions: vec![write],
                ..Commit::default()
            };
            store.commit(commit).await.unwrap();
        }
        let (messages, inbox) = mpsc::channel(1_000);
        let publisher = Arc::new(Publisher::new(Parts {
            store: store.clone(),
            registry,
            cipher: keyring,
            metrics: Metrics::default(),
            messages: messages.downgrade(),
            spawner: tokio::runtime::Handle::current(),
        }));
        Self { publisher, inbox, _messages: messages, store }
    }

    fn publish(&self) -> tokio::task::JoinHandle<Result<Published, Error>> {
        let publisher = self.publisher.clone();
        tokio::spawn(async move { publisher.publish_all(&origin(), &[event("/a", "1")]).await })
    }

    /// The next delivery: to whom, and how to answer it.
    async fn delivery(&mut self) -> (ExecutionId, oneshot::Sender<Result<Answer, Error>>) {
        match self.inbox.recv().await.unwrap() {
            Message::Deliver { mail, reply: Some(reply) } => (mail.id, reply),
            other => panic!("{other:?}"),
        }
    }
}

fn gone() -> Result<Answer, Error> {
    Err(Error::Rejected(Rejected::Ended(Status::Completed)))
}

fn taken(id: ExecutionId) -> Answer {
    Answer::Existing(id)
}

#[test]
fn what_an_event_starts_has_an_id_of_its_own() {
    let demo = TenantId::new("demo").unwrap();
    let one = started_id(&acme(), "shop", "order", &event("/a", "1"));
    assert_eq!(one, started_id(&acme(), "shop", "order", &event("/a", "1")));
    let others = [
        started_id(&demo, "shop", "order", &event("/a", "1")),
        started_id(&acme(), "shop", "refund", &event("/a", "1")),
        started_id(&acme(), "shop", "order", &event("/b", "1")),
        started_id(&acme(), "shop", "order", &event("/a", "2")),
        started_id(&acme(), "shop", "order", &event("/", "a1")),
    ];
    assert!(others.iter().all(|other| *other != one), "{others:?}");
}

#[test]
fn numbers_of_an_answer_come_back() {
    let published = Published { events: 3, deliveries: 1 << 40, started: 0 };
    assert_eq!(Published::from_bytes(&published.to_bytes()), Some(published));
    assert_eq!(Published::from_bytes(&[1]), None);
    assert_eq!(Published::from_bytes(&[0; 32]), None);
}

/// A broadcast leaves the shards to others: the next delivery waits until one of those before it is answered.
#[tokio::test]
async fn a_broadcast_has_a_bounded_number_of_deliveries_under_way() {
    let mut lab = Lab::with(LISTENER, 300).await;
    let publishing = lab.publish();
    let mut under_way = vec![];
    for _ in 0..DELIVERIES_AT_ONCE {
        under_way.push(lab.delivery().await);
    }
    for answered in 0..300 - DELIVERIES_AT_ONCE {
        // Everything else waits: nothing is sent however often the publisher has its turn.
        tokio::task::yield_now().await;
        assert!(lab.inbox.try_recv().is_err(), "after {answered} answers");
        let (id, reply) = under_way.remove(0);
        reply.send(Ok(taken(id))).unwrap();
        under_way.push(lab.delivery().await);
    }
    for (id, reply) in under_way {
        reply.send(Ok(taken(id))).unwrap();
    }
    let published = publishing.await.unwrap().unwrap();
    assert_eq!(published, Published { events: 1, deliveries: 300, started: 0 });
}

#[tokio::test]
async fn several_broadcasts_of_one_tenant_share_its_bound() {
    let mut lab = Lab::with(LISTENER, 100).await;
    let publishing = [lab.publish(), lab.publish(), lab.publish()];
    let mut under_way = vec![];
    for _ in 0..DELIVERIES_AT_ONCE {
        under_way.push(lab.delivery().await);
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(lab.inbox.try_recv().is_err());
    drop((publishing, under_way));
}

#[tokio::test]
async fn who_has_ended_meanwhile_is_no_failure() {
    let mut lab = Lab::with(LISTENER, 2).await;
    let publishing = lab.publish();
    for answer in [gone(), Ok(taken(ExecutionId(2)))] {
        lab.delivery().await.1.send(answer).unwrap();
    }
    assert_eq!(publishing.await.unwrap().unwrap().deliveries, 1);
}

/// What the engine leaves alone for now keeps an event from being done, and from nobody else.
#[tokio::test]
async fn a_held_execution_fails_the_publication_after_the_others_have_it() {
    let mut lab = Lab::with(LISTENER, 3).await;
    let publishing = lab.publish();
    for answer in [Err(Error::Rejected(Rejected::Held)), Ok(taken(ExecutionId(2))), Ok(taken(ExecutionId(3)))]
    {
        lab.delivery().await.1.send(answer).unwrap();
    }
    let outcome = publishing.await.unwrap();
    assert!(matches!(outcome, Err(Error::Rejected(Rejected::Held))), "{outcome:?}");
}

/// A delivery whose outcome is unknown is made again: executions recognise a repetition.
#[tokio::test(start_paused = true)]
async fn what_is_busy_or_unknown_is_delivered_again() {
    let mut lab = Lab::with(LISTENER, 1).await;
    let publishing = lab.publish();
    for answer in [Error::Busy, Error::Unavailable("lost".into()), Error::Rejected(Rejected::Busy)] {
        lab.delivery().await.1.send(Err(answer)).unwrap();
    }
    let (id, reply) = lab.delivery().await;
    reply.send(Ok(taken(id))).unwrap();
    assert_eq!(publishing.await.unwrap().unwrap().deliveries, 1);
}

#[tokio::test]
async fn a_delivery_that_fails_for_good_fails_the_publication() {
    let mut lab = Lab::with(LISTENER, 1).await;
    let publishing = lab.publish();
    lab.delivery().await.1.send(Err(Error::Full)).unwrap();
    assert!(matches!(publishing.await.unwrap(), Err(Error::Full)));
}

#[tokio::test(start_paused = true)]
async fn an_event_starts_what_is_not_there_yet() {
    let mut lab = Lab::with(STARTED, 0).await;
    let publishing = lab.publish();
    let Message::Start { new, reply, .. } = lab.inbox.recv().await.unwrap() else { panic!("no start") };
    assert_eq!(new.id, started_id(&acme(), "test", "started", &event("/a", "1")));
    assert_eq!((new.start.input.text(), &*new.start.correlation_id), ("[null]", "c"));
    // It becomes durable, though the answer is lost: the publisher looks before it starts anything again.
    let row = row(new.id, &new.definition);
    let leases = lab.store.acquire_shards().await.unwrap();
    let commit = Commit { leases, rows: vec![RowWrite { row, before: None }], ..Commit::default() };
    lab.store.commit(commit).await.unwrap();
    reply.send(Err(Error::Unavailable("lost".into()))).unwrap();
    assert_eq!(publishing.await.unwrap().unwrap(), Published { events: 1, deliveries: 0, started: 0 });
    assert!(lab.inbox.try_recv().is_err());
}

#[tokio::test]
async fn an_emitted_event_is_reported_once_it_is_published() {
    let mut lab = Lab::with(LISTENER, 1).await;
    lab.publisher.emit(ExecutionId(9), FrameId(3), origin(), event("/a", "1"));
    let (id, reply) = lab.delivery().await;
    assert!(lab.inbox.try_recv().is_err(), "it is not published yet");
    reply.send(Ok(taken(id))).unwrap();
    let Message::Deliver { mail, reply: None } = lab.inbox.recv().await.unwrap() else { panic!("no report") };
    assert_eq!(mail.id, ExecutionId(9));
    assert_eq!(mail.input, execution::Input::Published { frame: FrameId(3) });
}

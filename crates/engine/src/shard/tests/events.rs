//! Events, signals and publications of a shard driven by hand.

use super::*;
use crate::execution::Subscription;

const LISTEN: &str = "
document: { dsl: '1.0.3', namespace: test, name: hear, version: '1.0.0' }
do:
  - hear: { listen: { to: { one: { with: { type: go } } } } }
  - nap: { wait: { days: 30 } }
";

const EMIT: &str = "
document: { dsl: '1.0.3', namespace: test, name: tell, version: '1.0.0' }
do:
  - tell: { emit: { event: { with: { type: done } } } }
";

fn event(id: &str) -> Arc<Event> {
    let text = format!(r#"{{"specversion":"1.0","id":"{id}","source":"/s","type":"go"}}"#);
    Arc::new(Event::parse(Json::parse(&text).unwrap()).unwrap())
}

impl World {
    fn event(&mut self, id: u128, event: &Arc<Event>, addressed: bool, reply: u64) {
        let input = execution::Input::Event { event: event.clone(), addressed, by: actor() };
        let (id, tenant, reply) = (ExecutionId(id), Some(tenant("acme")), Some(ReplyTo(reply)));
        self.give(Input::Deliver(Mail { id, tenant, input, idempotency: None, reply }));
    }

    fn publish_all(&mut self) {
        for (id, frame, _) in std::mem::take(&mut self.published) {
            let input = execution::Input::Published { frame };
            self.give(Input::Deliver(Mail { id, tenant: None, input, idempotency: None, reply: None }));
        }
    }

    fn subscriptions(&self) -> Option<Vec<Subscription>> {
        self.commits[0].writes[0].subscriptions.clone()
    }
}

#[test]
fn a_listening_execution_is_written_with_its_subscriptions_and_leaves_memory() {
    let mut world = World::new();
    world.start(1, LISTEN);
    let written = world.subscriptions().unwrap();
    assert_eq!(written.len(), 1);
    assert_eq!((written[0].kind.as_deref(), &*written[0].task), (Some("go"), "/do/0/hear"));
    world.commit();
    assert_eq!((world.status(1), world.shard.resident()), (Status::Waiting, 0));
}

#[test]
fn an_event_is_answered_when_it_is_durable_and_the_subscriptions_go_with_it() {
    let mut world = World::new();
    world.start(1, LISTEN);
    world.commit();
    world.event(1, &event("1"), false, 90);
    assert!(!world.replies.contains_key(&90));
    assert_eq!(world.subscriptions(), Some(vec![]));
    world.commit();
    assert!(world.is_done(90));
}

#[test]
fn subscriptions_are_written_only_when_they_differ() {
    let mut world = World::new();
    world.start(1, CALL);
    assert_eq!(world.subscriptions(), None);
    world.commit();
    world.start(2, LISTEN);
    world.commit();
    // The signal is of another type: nothing that events find it by has changed.
    let text = r#"{"specversion":"1.0","id":"9","source":"/s","type":"other"}"#;
    let other = Arc::new(Event::parse(Json::parse(text).unwrap()).unwrap());
    world.event(2, &other, true, 90);
    assert_eq!(world.subscriptions(), None);
}

#[test]
fn subscriptions_are_known_again_after_a_crash() {
    let mut world = World::new();
    world.start(1, LISTEN);
    world.commit();
    world.crash();
    world.terminate(1, "acme", 90);
    assert_eq!(world.subscriptions(), Some(vec![]));
}

#[test]
fn an_event_that_nobody_wants_is_answered_without_a_write() {
    let mut world = World::new();
    world.start(1, LISTEN);
    world.commit();
    world.event(1, &event("1"), false, 90);
    world.commit();
    world.event(1, &event("2"), false, 91);
    assert!(world.commits.is_empty());
    assert!(world.is_done(91));
}

/// P4: what is answered as taken is durable, also when it was taken a moment ago by somebody else's request.
#[test]
fn a_repetition_is_answered_when_the_first_one_is_durable() {
    let mut world = World::new();
    world.start(1, LISTEN);
    world.commit();
    world.event(1, &event("1"), true, 90);
    world.event(1, &event("1"), true, 91);
    assert!(!world.replies.contains_key(&91));
    world.commit_all();
    assert!(world.is_done(90) && world.is_done(91));
}

#[test]
fn a_signal_for_nothing_finds_nothing() {
    let mut world = World::new();
    world.event(7, &event("1"), true, 90);
    assert_eq!(world.replies[&90], Err(Rejected::NotFound));
}

#[test]
fn an_event_is_published_only_when_its_emission_is_durable() {
    let mut world = World::new();
    world.start(1, EMIT);
    assert!(world.published.is_empty());
    world.commit();
    assert_eq!(world.published.len(), 1);
    world.publish_all();
    world.commit();
    assert_eq!((world.status(1), world.shard.resident()), (Status::Completed, 0));
}

#[test]
fn a_publication_that_is_not_reported_is_begun_anew_after_a_crash_with_the_same_event() {
    let mut world = World::new();
    world.start(1, EMIT);
    world.commit();
    let before = world.published.clone();
    world.crash();
    world.published.clear();
    world.give(Input::Attend { id: ExecutionId(1) });
    assert_eq!(world.published, before);
    world.publish_all();
    world.commit();
    assert_eq!(world.status(1), Status::Completed);
}

#[test]
fn a_publication_closed_before_it_is_durable_is_never_begun() {
    let mut world = World::new();
    world.start(1, EMIT);
    world.terminate(1, "acme", 90);
    world.commit_all();
    assert!(world.published.is_empty());
    assert_eq!(world.abandoned, 0);
}

//! Limits of a shard driven by hand: who has a place, who waits.

use super::*;
use crate::shard::limits::LIMITS_MAX;

const NAP_KEYED: &str = "
document: { dsl: '1.0.3', namespace: test, name: nap, version: '1.0.0', metadata: { limits: { key: .who, max: 1 } } }
do:
  - nap: { wait: { days: 30 } }
";

fn limited(limits: &str) -> String {
    format!(
        "document: {{ dsl: '1.0.3', namespace: test, name: nap, version: '1.0.0', metadata: {{ limits: {{ {limits} }} }} }}\ndo:\n  - nap: {{ wait: {{ days: 30 }} }}\n"
    )
}

impl World {
    /// The store says who runs and who waits under the limit that it was asked about first.
    fn find_limit(&mut self) {
        let limit = self.limits.pop_front().expect("the store was asked");
        let (mut running, mut waiting) = (vec![], vec![]);
        for id in self.stored.keys().copied().collect::<Vec<_>>() {
            let execution = self.folded(id);
            let Some(own) = execution.limit().filter(|own| own.key == limit.key) else { continue };
            if execution.queued() {
                waiting.push(Waiting { since: own.since, id, max: own.max, faults: own.faults });
            } else if !execution.status().ended() {
                running.push(id);
            }
        }
        self.give(Input::LimitFound { limit, running, waiting });
    }

    /// The store is asked about a limit under which one runs.
    fn found(&mut self, key: &str, running: ExecutionId) {
        self.give(Input::AttendLimit { limit: nap_limit(key) });
        let limit = self.limits.pop_front().expect("the store was asked");
        self.give(Input::LimitFound { limit, running: vec![running], waiting: vec![] });
    }

    fn folded(&self, id: ExecutionId) -> Execution {
        let mut execution = Execution::new(id, tenant("acme"));
        for event in &self.stored[&id].0 {
            execution.apply(event);
        }
        execution
    }

    /// Lets everything become durable and every question be answered.
    fn settle(&mut self) {
        while !self.commits.is_empty() || !self.limits.is_empty() {
            self.commit_all();
            if !self.limits.is_empty() {
                self.find_limit();
            }
        }
    }

    fn start_for(&mut self, id: u128, text: &str, input: &str) {
        self.now += 1;
        let mut new = self.new_execution(id, text, "acme", None);
        new.start.input = Json::parse(input).unwrap();
        self.give(Input::Start(new));
    }

    fn terminated(&mut self, id: u128) {
        let input = execution::Input::Terminate { reason: None, by: actor() };
        let tenant = Some(tenant("acme"));
        self.give(Input::Deliver(Mail {
            id: ExecutionId(id),
            tenant,
            input,
            idempotency: None,
            reply: None,
        }));
        self.settle();
    }

    fn statuses(&self) -> String {
        let status = |id: &ExecutionId| format!("{}:{}", id.0, self.folded(*id).status().as_str());
        self.stored.keys().map(status).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn so_many_run_and_the_others_wait_for_their_turn() {
    let mut world = World::new();
    let text = limited("max: 2");
    for id in 1..=4 {
        world.start_for(id, &text, "{}");
    }
    world.settle();
    assert_eq!(world.statuses(), "1:waiting 2:waiting 3:pending 4:pending");
    world.terminated(2);
    assert_eq!(world.statuses(), "1:waiting 2:terminated 3:waiting 4:pending");
    world.terminated(1);
    assert_eq!(world.statuses(), "1:terminated 2:terminated 3:waiting 4:waiting");
}

#[test]
fn each_value_of_the_key_has_places_of_its_own() {
    let mut world = World::new();
    for (id, who) in
        [(1, r#"{"who":"ada"}"#), (2, r#"{"who":"ada"}"#), (3, r#"{"who":"bob"}"#), (4, "{}"), (5, "{}")]
    {
        world.start_for(id, NAP_KEYED, who);
    }
    world.settle();
    assert_eq!(world.statuses(), "1:waiting 2:pending 3:waiting 4:waiting 5:pending");
}

/// Whoever waits longest goes first, also before one that would find a place at once.
#[test]
fn a_later_start_does_not_overtake() {
    let mut world = World::new();
    world.start_for(9, &limited("max: 1"), "{}");
    world.settle();
    world.start_for(8, &limited("max: 1"), "{}");
    world.settle();
    world.start_for(7, &limited("max: 2"), "{}");
    world.settle();
    assert_eq!(world.statuses(), "7:pending 8:pending 9:waiting");
    world.terminated(9);
    assert_eq!(world.statuses(), "7:waiting 8:waiting 9:terminated", "each is measured by its own version");
}

#[test]
fn one_that_is_too_many_faults_when_its_definition_says_so() {
    let mut world = World::new();
    let text = limited("max: 1, strategy: fault");
    world.start_for(1, &text, "{}");
    world.start_for(2, &text, "{}");
    world.settle();
    assert_eq!(world.statuses(), "1:waiting 2:faulted");
    world.terminated(1);
    world.start_for(3, &text, "{}");
    world.settle();
    assert_eq!(world.statuses(), "1:terminated 2:faulted 3:waiting");
}

#[test]
fn one_that_waits_can_be_ended_and_gives_its_turn_to_the_next() {
    let mut world = World::new();
    let text = limited("max: 1");
    for id in 1..=3 {
        world.start_for(id, &text, "{}");
    }
    world.settle();
    world.terminated(2);
    world.terminated(1);
    assert_eq!(world.statuses(), "1:terminated 2:terminated 3:waiting");
}

#[test]
fn nobody_has_a_place_before_the_wait_is_durable() {
    let mut world = World::new();
    world.start_for(1, &limited("max: 1"), "{}");
    assert!(world.limits.is_empty(), "nothing was said to whoever looks after the limit");
    world.commit();
    assert_eq!(world.limits.len(), 1);
}

/// What a crash has lost is read back: who runs, who waits, and in which order.
#[test]
fn after_a_crash_the_turns_go_on() {
    let mut world = World::new();
    let text = limited("max: 1");
    for id in [3, 2, 1] {
        world.start_for(id, &text, "{}");
    }
    world.settle();
    assert_eq!(world.statuses(), "1:pending 2:pending 3:waiting");
    world.terminated(3);
    assert_eq!(world.statuses(), "1:pending 2:waiting 3:terminated");
    let input = execution::Input::Terminate { reason: None, by: actor() };
    world.give(Input::Deliver(Mail {
        id: ExecutionId(2),
        tenant: None,
        input,
        idempotency: None,
        reply: None,
    }));
    // Its end is durable, and the process is gone before the next one is told.
    let batch = world.commits.pop_front().unwrap();
    for write in batch.writes {
        world.stored.get_mut(&write.id).unwrap().0.extend(write.events);
    }
    world.crash();
    world.give(Input::AttendLimit { limit: nap_limit("") });
    world.settle();
    assert_eq!(world.statuses(), "1:waiting 2:terminated 3:terminated");
}

/// An end that is told while the store is asked counts, though the store's answer is older.
#[test]
fn an_answer_of_the_store_may_be_older_than_what_was_told() {
    let mut world = World::new();
    let text = limited("max: 1");
    world.start_for(1, &text, "{}");
    world.settle();
    world.crash();
    world.start_for(2, &text, "{}");
    world.commit_all();
    let limit = world.limits.pop_front().expect("the store was asked");
    let waiting = Waiting { since: Timestamp::default(), id: ExecutionId(1), max: 1, faults: false };
    world.give(Input::Limited(Limited { limit: limit.clone(), waiting, change: LimitChange::Ends }));
    world.give(Input::LimitFound { limit, running: vec![ExecutionId(1)], waiting: vec![] });
    world.settle();
    assert_eq!(world.statuses(), "1:waiting 2:waiting", "the store had not heard of the end of 1");
}

#[test]
fn limits_that_nobody_runs_under_are_forgotten() {
    let mut world = World::new();
    world.start_for(1, NAP_KEYED, r#"{"who":"ada"}"#);
    world.settle();
    assert_eq!(world.shard.limits(), 1);
    world.terminated(1);
    assert_eq!(world.shard.limits(), 0);
}

/// What is forgotten is read from the store again.
#[test]
fn so_many_limits_are_remembered() {
    let mut world = World::new();
    for n in 0..=LIMITS_MAX as u128 {
        world.found(&format!("{n:04}"), ExecutionId(n));
    }
    assert_eq!(world.shard.limits(), LIMITS_MAX);
    for (key, asked) in [("0001", 0), ("0000", 1)] {
        world.give(Input::AttendLimit { limit: nap_limit(key) });
        assert_eq!(world.limits.len(), asked, "{key}");
    }
}

/// Who was told of a place and has not begun durably holds it, whatever else is remembered.
#[test]
fn a_limit_is_remembered_until_the_store_knows_who_has_begun() {
    let mut world = World::new();
    world.start_for(1, NAP_KEYED, r#"{"who":"ada"}"#);
    world.commit();
    world.find_limit();
    for n in 0..=LIMITS_MAX as u128 {
        world.found(&format!("{n:04}"), ExecutionId(10_000 + n));
    }
    assert_eq!(world.shard.limits(), LIMITS_MAX);
    world.start_for(9_999, NAP_KEYED, r#"{"who":"ada"}"#);
    world.settle();
    assert_eq!(world.statuses(), "1:waiting 9999:pending");
}

/// The limit of the definitions of these tests.
fn nap_limit(key: &str) -> LimitKey {
    LimitKey { tenant: tenant("acme"), namespace: "test".into(), name: "nap".into(), key: key.into() }
}

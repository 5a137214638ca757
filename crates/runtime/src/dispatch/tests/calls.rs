//! Slots, guards, abandoned calls, and the end of a node.

use super::lab::{
    Always, Lab, NOW, Peer, SEND_BY_MS, Seen, Server, answered, class, edit, ok, share, tenant,
};
use crate::dispatch::{Finished, Guard};
use crate::egress::{Egress, Options, Policy};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tenure_engine::execution::{EffectId, TimerId, TimerKind};
use tenure_types::{ExecutionId, Timestamp};

fn effect(call: &super::super::Call) -> EffectId {
    EffectId::Call { frame: call.effect.frame, attempt: call.effect.attempt }
}

/// Answers each request when the test says so.
fn gated() -> (Server, mpsc::Sender<()>) {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let server = Server::run(move |mut peer: Peer| {
        while peer.request().is_some() {
            if gate.lock().unwrap().recv().is_err() {
                return peer.until_closed();
            }
            peer.send(ok("x"));
        }
    });
    (server, open)
}

#[tokio::test]
async fn the_guard_has_the_last_word() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    call.guard = Arc::new(Always(false));
    assert_eq!(class(&lab.outcome(call).await), "not_sent guard");
    assert_eq!(server.counts().1, 0);
    assert_eq!(lab.handle.idle_connections(), 1, "the connection is as good as new");
    answered(lab.get(&server).await);
    assert_eq!(server.counts().1, 1);
}

#[derive(Debug, Default)]
struct Asked(AtomicUsize, Mutex<Option<Timestamp>>);

impl Guard for Asked {
    fn may_send(&self, now: Timestamp) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        *self.1.lock().unwrap() = Some(now);
        true
    }
}

/// The guard is asked after the connection is there: for a call that finds none it is not asked at all.
#[tokio::test]
async fn the_guard_is_asked_once_at_the_last_instant() {
    let server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let guard = Arc::new(Asked::default());
    let mut call = lab.call("http://10.0.0.1/");
    call.guard = guard.clone();
    lab.outcome(call).await;
    assert_eq!(guard.0.load(Ordering::SeqCst), 0);
    let mut call = lab.call(&server.url());
    call.guard = guard.clone();
    answered(lab.outcome(call).await);
    assert_eq!(guard.0.load(Ordering::SeqCst), 1);
    assert!(guard.1.lock().unwrap().is_some_and(|now| now >= NOW));
}

#[tokio::test]
async fn after_send_by_nothing_is_connected_to() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    call.effect.send_by = NOW;
    assert_eq!(class(&lab.outcome(call).await), "not_sent guard");
    answered(lab.get(&server).await);
    let mut call = lab.call(&server.url());
    call.effect.deadline = NOW;
    assert_eq!(class(&lab.outcome(call).await), "not_sent guard");
    assert_eq!(server.counts(), (1, 1));
}

#[tokio::test]
async fn an_outcome_bears_the_names_of_its_call() {
    let server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    (call.tenant, call.execution, call.effect.attempt) = (tenant("demo"), ExecutionId(42), 7);
    let frame = call.effect.frame;
    lab.perform(call);
    let Finished { tenant: by, execution, frame: of, attempt, .. } = lab.finished().await;
    assert_eq!((by, execution, of, attempt), (tenant("demo"), ExecutionId(42), frame, 7));
}

#[tokio::test]
async fn a_call_in_flight_that_is_abandoned_is_cut_off_and_not_reported() {
    let (mut server, _open) = gated();
    let mut lab = Lab::new();
    let call = lab.call(&server.url());
    let (execution, id) = (call.execution, effect(&call));
    lab.perform(call);
    server.wait_for_request().await;
    lab.handle.abandon(execution, id);
    lab.handle.abandon(execution, id);
    let other = Server::answering(ok("other"));
    assert_eq!(lab.answer(&other).await.body, b"other");
    assert!(lab.results.try_recv().is_err());
    let counters = lab.handle.counters();
    assert_eq!((counters.abandoned, counters.in_flight), (1, 0));
}

#[tokio::test]
async fn a_waiting_call_that_is_abandoned_is_never_sent() {
    let (mut server, open) = gated();
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 1);
    lab.perform(lab.call(&server.url()));
    server.wait_for_request().await;
    let abandoned = lab.call(&server.url());
    let (execution, id) = (abandoned.execution, effect(&abandoned));
    lab.perform(abandoned);
    let last = lab.call(&server.url());
    let last_frame = last.effect.frame;
    lab.perform(last);
    lab.handle.abandon(execution, id);
    (0..2).for_each(|_| open.send(()).unwrap());
    answered(lab.finished().await.outcome);
    assert_eq!(lab.finished().await.frame, last_frame);
    assert_eq!(server.counts().1, 1, "after the first: the last only");
}

#[tokio::test]
async fn the_slot_of_an_abandoned_call_goes_to_the_next() {
    let (mut stuck, _open) = gated();
    let server = Server::answering(ok("x"));
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 1);
    let call = lab.call(&stuck.url());
    let (execution, id) = (call.execution, effect(&call));
    lab.perform(call);
    stuck.wait_for_request().await;
    lab.perform(lab.call(&server.url()));
    lab.handle.abandon(execution, id);
    answered(lab.finished().await.outcome);
}

#[tokio::test]
async fn abandoning_what_is_not_a_call_or_has_ended_does_nothing() {
    let server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let call = lab.call(&server.url());
    let (execution, id) = (call.execution, effect(&call));
    answered(lab.outcome(call).await);
    lab.handle.abandon(execution, id);
    lab.handle.abandon(execution, EffectId::Timer(TimerId { frame: None, kind: TimerKind::Start }));
    assert_eq!(lab.handle.counters().abandoned, 0);
}

#[tokio::test]
async fn a_flood_of_one_tenant_does_not_stop_another() {
    let (mut stuck, _open) = gated();
    let server = Server::answering(ok("x"));
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.tenant_share = share(2, 100));
    (0..50).for_each(|_| lab.perform(lab.call(&stuck.url())));
    stuck.wait_for_request().await;
    stuck.wait_for_request().await;
    let mut call = lab.call(&server.url());
    call.tenant = tenant("demo");
    answered(lab.outcome(call).await);
    assert_eq!(stuck.counts().1, 0, "two slots, no more");
    let counters = lab.handle.counters();
    assert_eq!((counters.in_flight, counters.waiting), (2, 48));
}

#[tokio::test]
async fn waiting_calls_of_all_tenants_take_turns() {
    let server = Server::answering(ok("x"));
    let (mut stuck, open) = gated();
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 1);
    lab.perform(lab.call(&stuck.url()));
    stuck.wait_for_request().await;
    for name in ["acme", "acme", "acme", "demo", "other"] {
        let mut call = lab.call(&server.url());
        call.tenant = tenant(name);
        lab.perform(call);
    }
    open.send(()).unwrap();
    let mut order = vec![];
    for _ in 0..6 {
        order.push(lab.finished().await.tenant.to_string());
    }
    assert_eq!(order, ["acme", "acme", "demo", "other", "acme", "acme"]);
}

#[tokio::test]
async fn what_does_not_fit_the_queue_comes_back_as_not_sent() {
    let (mut stuck, _open) = gated();
    let lab = Lab::with(Policy::open(vec![]), |options| options.tenant_share = share(1, 2));
    lab.perform(lab.call(&stuck.url()));
    stuck.wait_for_request().await;
    (0..2).for_each(|_| lab.perform(lab.call(&stuck.url())));
    let refused = lab.handle.perform(lab.call(&stuck.url()), NOW).unwrap_err();
    assert_eq!(class(&refused.outcome), "not_sent guard");
    assert_eq!(lab.handle.counters().turned_away, 1);
    lab.handle.set_share(&tenant("acme"), share(3, 2));
    assert!(lab.handle.perform(lab.call(&stuck.url()), NOW).is_ok());
}

#[tokio::test]
async fn a_call_whose_send_by_passes_in_the_queue_is_reported_while_the_slot_is_still_taken() {
    let (mut stuck, _open) = gated();
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 1);
    lab.perform(lab.call(&stuck.url()));
    stuck.wait_for_request().await;
    let waiting = lab.call(&stuck.url());
    let frame = waiting.effect.frame;
    lab.perform(waiting);
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(SEND_BY_MS)).await;
    tokio::time::resume();
    let finished = lab.finished().await;
    assert_eq!((finished.frame, class(&finished.outcome).as_str()), (frame, "not_sent guard"));
    assert_eq!(lab.handle.counters().in_flight, 1);
}

/// Back-pressure: a shard that does not take its outcomes keeps its slots occupied.
#[tokio::test]
async fn a_slot_is_held_until_its_outcome_is_taken() {
    let mut server = Server::answering(ok("x"));
    let egress = Egress::new(Options::new(Policy::open(vec![]))).unwrap();
    let mut lab = Lab::over(egress, 1, |options| options.slots_max = 2);
    (0..6).for_each(|_| lab.perform(lab.call(&server.url())));
    for _ in 0..3 {
        server.wait_for_request().await;
    }
    for _ in 0..6 {
        answered(lab.finished().await.outcome);
    }
}

#[tokio::test]
async fn a_stopping_node_reports_what_waits_and_lets_calls_end() {
    let (mut server, open) = gated();
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 1);
    lab.perform(lab.call(&server.url()));
    server.wait_for_request().await;
    lab.perform(lab.call(&server.url()));
    let handle = lab.handle.clone();
    let stopping = tokio::spawn(async move { handle.stop(Duration::from_mins(1)).await });
    assert_eq!(class(&lab.finished().await.outcome), "not_sent guard");
    let refused = lab.handle.perform(lab.call(&server.url()), NOW).unwrap_err();
    assert_eq!(class(&refused.outcome), "not_sent guard");
    open.send(()).unwrap();
    assert_eq!(class(&lab.finished().await.outcome), "answered 200");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_stopped_node_cuts_off_what_has_not_ended_and_reports_nothing() {
    let (mut server, _open) = gated();
    let mut lab = Lab::new();
    lab.perform(lab.call(&server.url()));
    server.wait_for_request().await;
    lab.handle.stop(Duration::ZERO).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(lab.results.try_recv().is_err());
    assert_eq!(lab.handle.counters().in_flight, 0);
}

#[derive(Debug)]
struct Panics;

impl Guard for Panics {
    fn may_send(&self, _: Timestamp) -> bool {
        panic!("a failed assertion in the guard")
    }
}

#[tokio::test]
async fn a_failed_assertion_costs_its_own_call_only() {
    let server = Server::answering(ok("x"));
    let mut lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 1);
    let mut call = lab.call(&server.url());
    call.guard = Arc::new(Panics);
    assert_eq!(class(&lab.outcome(call).await), "unknown protocol");
    answered(lab.get(&server).await);
}

/// A runtime that ends with calls under way and waiting ends.
#[test]
fn a_runtime_can_be_dropped_with_calls_in_every_state() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (mut server, _open) = gated();
    let lab = runtime.block_on(async {
        let lab = Lab::with(Policy::open(vec![]), |options| options.slots_max = 2);
        (0..2_000).for_each(|_| lab.perform(lab.call(&server.url())));
        server.wait_for_request().await;
        lab
    });
    drop(runtime);
    let unknown = lab.handle.counters().unknown;
    assert!(unknown <= 2, "{unknown}");
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::new();
    let text = "x".repeat(1_000_000);
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| request.body = Some(super::lab::json(&format!("\"{text}\""))));
    answered(lab.outcome(call).await);
    assert!(server.wait_for_request().await.ends_with(&format!("\r\n\r\n\"{text}\"")));
    assert!(!matches!(server.seen.try_recv(), Ok(Seen::Request(_))));
}

//! Kills the server at random moments and compares the world's log with its history (P1 to P4, P6).
//!
//! `TENURE_KILLS` sets how often (5 unless it is set, 20 for the full profile), `TENURE_SEED` repeats the moments.

use crate::checker::{self, Run};
use crate::definitions::{MIXED, SAGA};
use crate::effects::Effects;
use crate::http::{Answer, Http};
use crate::rng::Rng;
use crate::server::{Server, eventually};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Executions for each kill: at least 60 steps each 10 of them.
const RUNS_PER_KILL: usize = 18;
/// Clients that start executions at the same time.
const CLIENTS: usize = 4;
/// From the last kill to the end of everything that can end.
const SETTLE_MAX: Duration = Duration::from_secs(150);
/// How the receivers of a run behave: keyed steps, unkeyed steps, repeatable steps.
const SCRIPTS: &[(&str, &str, &str)] = &[
    ("ok", "ok", "ok"),
    ("slow", "slow", "slow"),
    ("drop", "ok", "ok"),
    ("reset", "slow", "ok"),
    ("ok", "drop", "ok"),
    ("slow", "reset", "slow"),
    ("twice", "ok", "twice"),
    ("ok", "slow", "busy"),
    ("slow", "ok", "slow"),
];

/// What the clients and the killer share.
#[derive(Debug)]
struct Shared {
    /// Where the server is at present.
    http: RwLock<Http>,
    acknowledged: Mutex<BTreeSet<String>>,
    /// Histories as they were read while everything was under way.
    earlier: Mutex<BTreeMap<String, Vec<Vec<Value>>>>,
    next: AtomicUsize,
}

#[test]
fn nothing_is_lost_or_repeated_when_the_server_is_killed() {
    let kills: usize = std::env::var("TENURE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let seed = std::env::var("TENURE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(now_seed);
    println!("seed {seed}, {kills} kills");
    let dir = tempfile::tempdir().unwrap();
    let effects = Effects::start(&dir.path().join("effects.jsonl"));
    let begun = Instant::now();
    let mut server = Server::start(&dir.path().join("data"));
    let shared = Arc::new(Shared {
        http: RwLock::new(server.http()),
        acknowledged: Mutex::default(),
        earlier: Mutex::default(),
        next: AtomicUsize::new(0),
    });
    for text in [MIXED, SAGA] {
        let answer = server.http().post_yaml("/v1/workflow-definitions", text).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let runs = kills * RUNS_PER_KILL;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (shared, url) = (Arc::clone(&shared), effects.url().to_owned());
            thread::spawn(move || start_all(&shared, runs, &url))
        })
        .collect();
    let readies = kill_again_and_again(&mut server, &shared, kills, runs, &mut Rng::new(seed));
    for client in clients {
        client.join().unwrap();
    }
    settle(&server.http());
    let found = read_all(&server.http(), &shared);
    let calls = effects.calls();
    let acknowledged = shared.acknowledged.lock().unwrap().clone();
    report(&found, calls.len(), kills, begun, &readies);
    let violations = checker::check(&acknowledged, &found, &calls);
    assert!(violations.is_empty(), "seed {seed}: {} violations: {violations:#?}", violations.len());
    assert_eq!(acknowledged.len(), runs, "every start is acknowledged in the end");
    assert_eq!(found.len(), runs, "a start that is repeated after a kill starts nothing twice");
    assert_eq!(calls.len(), effects.count());
    assert!(calls.len() >= kills * 60, "only {} steps: too few to mean anything", calls.len());
}

/// Kills when a random part of the remaining work is done, so that kills fall into work on a fast machine and a slow one.
fn kill_again_and_again(
    server: &mut Server,
    shared: &Shared,
    kills: usize,
    runs: usize,
    rng: &mut Rng,
) -> Vec<Duration> {
    let mut readies = Vec::new();
    for kill in 1..=kills {
        let reached = runs * kill / (kills + 1);
        eventually(SETTLE_MAX, "starts go on", || {
            (shared.next.load(Ordering::SeqCst) >= reached).then_some(())
        });
        thread::sleep(Duration::from_millis(rng.below(250)));
        server.kill();
        let begun = Instant::now();
        *server = Server::start(&server.data.clone());
        readies.push(begun.elapsed());
        *shared.http.write().unwrap() = server.http();
    }
    readies
}

/// Starts executions until all are acknowledged, each with a key, so that repeating a start is harmless.
fn start_all(shared: &Shared, runs: usize, url: &str) {
    loop {
        let n = shared.next.fetch_add(1, Ordering::SeqCst);
        if n >= runs {
            return;
        }
        let id = start_one(shared, n, url);
        shared.acknowledged.lock().unwrap().insert(id);
        look_back(shared, n);
    }
}

fn start_one(shared: &Shared, n: usize, url: &str) -> String {
    let (keyed, once, repeatable) = SCRIPTS[n % SCRIPTS.len()];
    let name = if n % 3 == 2 { "saga" } else { "mixed" };
    let body = json!({
        "workflow": { "namespace": "kill", "name": name, "version": "1.0.0" },
        "input": { "n": n, "effects": url, "keyed": keyed, "once": once, "repeatable": repeatable },
        "labels": { "n": n.to_string() },
    });
    let key = format!("start-{n}");
    eventually(SETTLE_MAX, "a start is acknowledged", || {
        let http = shared.http.read().unwrap().clone();
        match http.post("/v1/workflows/start", &body, &[("Idempotency-Key", &key)]) {
            Ok(Answer { status: 201, body }) => Some(body["id"].as_str().unwrap().to_owned()),
            // Killed in the middle, restarting, or the same start is still being answered: once more.
            Err(_) | Ok(Answer { status: 409 | 429 | 503, .. }) => None,
            Ok(Answer { status, body }) => panic!("a start was answered with {status}: {body}"),
        }
    })
}

/// Reads the history of an earlier start, to be compared with the last one.
fn look_back(shared: &Shared, n: usize) {
    let Some(id) = shared.acknowledged.lock().unwrap().iter().nth(n / 2).cloned() else { return };
    let http = shared.http.read().unwrap().clone();
    if let Some(history) = history(&http, &id) {
        shared.earlier.lock().unwrap().entry(id).or_default().push(history);
    }
}

/// Waits until nothing goes on by itself any more.
fn settle(http: &Http) {
    eventually(SETTLE_MAX, "everything ends or is uncertain", || {
        let counted = http.get("/v1/workflows/count?groupBy=status&status=pending,running,waiting").ok()?;
        (counted.body["total"] == 0).then_some(())
    });
}

fn read_all(http: &Http, shared: &Shared) -> Vec<Run> {
    let mut ids = Vec::new();
    let mut token = String::new();
    loop {
        let page = http.get(&format!("/v1/workflows?pageSize=200{token}")).unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        ids.extend(
            page.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match page.body["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    let mut earlier = shared.earlier.lock().unwrap();
    let read = |id: String| {
        let execution = http.get(&format!("/v1/workflows/{id}")).unwrap();
        assert_eq!(execution.status, 200, "{}", execution.body);
        Run {
            status: execution.body["status"].as_str().unwrap().into(),
            compensation: execution.body["compensation"].as_str().unwrap().into(),
            pending: execution.body["pending"].as_array().cloned().unwrap_or_default(),
            history: history(http, &id).unwrap(),
            earlier: earlier.remove(&id).unwrap_or_default(),
            id,
        }
    };
    ids.into_iter().map(read).collect()
}

fn history(http: &Http, id: &str) -> Option<Vec<Value>> {
    let answer = http.get(&format!("/v1/workflows/{id}/history?limit=1000")).ok()?;
    (answer.status == 200).then(|| answer.body["items"].as_array().cloned().unwrap_or_default())
}

fn report(runs: &[Run], steps: usize, kills: usize, begun: Instant, readies: &[Duration]) {
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        *statuses.entry(&run.status).or_default() += 1;
    }
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    for task in runs.iter().flat_map(|run| &run.pending) {
        *causes.entry(task["detail"].as_str().unwrap_or("no cause")).or_default() += 1;
    }
    let slowest = readies.iter().max().copied().unwrap_or_default();
    println!(
        "{kills} kills, {} runs {statuses:?}, {steps} calls of steps, ready again after at most {} ms, {:.1} s",
        runs.len(),
        slowest.as_millis(),
        begun.elapsed().as_secs_f64()
    );
    println!("uncertain because: {causes:#?}");
}

fn now_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}
